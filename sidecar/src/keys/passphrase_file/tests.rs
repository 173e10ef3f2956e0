//! Tests of the passphrase file vault: what is said when it does not open, and that nothing is replaced.

use super::*;
use crate::keys::MINIMUM_MEMORY_MIB;
use std::fs;

struct Place {
    _folder: tempfile::TempDir,
    home: Home,
    passphrase: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path().join("home"));
        home.prepare().unwrap();
        let passphrase = folder.path().join("passphrase");
        fs::write(&passphrase, "correct horse battery\n").unwrap();
        Self { _folder: folder, home, passphrase }
    }

    fn vault(&self) -> PassphraseFileVault {
        let (home, passphrase) = (self.home.clone(), self.passphrase.clone());
        PassphraseFileVault::new(home, passphrase, MINIMUM_MEMORY_MIB)
    }

    fn edit_slots(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.home.keyslots()).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(self.home.keyslots(), text.replacen(from, to, 1)).unwrap();
    }
}

#[test]
fn what_was_created_is_loaded() {
    let place = Place::new();
    let key = place.vault().create().unwrap();
    assert_eq!(place.vault().load().unwrap(), key);
    // A second creation, as by a second process that came too late, gives the same key.
    assert_eq!(place.vault().create().unwrap(), key);
    // Editors differ in how they end a line.
    fs::write(&place.passphrase, "correct horse battery\r\n").unwrap();
    assert_eq!(place.vault().load().unwrap(), key);
}

#[test]
fn an_empty_home_is_absent_and_not_an_alarm() {
    assert!(matches!(Place::new().vault().load(), Err(VaultError::Absent)));
}

#[test]
fn a_wrong_passphrase_is_told_from_damage() {
    let place = Place::new();
    place.vault().create().unwrap();
    fs::write(&place.passphrase, "incorrect horse battery").unwrap();
    let wrong = place.vault().load();
    assert!(matches!(wrong, Err(VaultError::WrongPassphrase)));

    fs::write(&place.passphrase, "correct horse battery").unwrap();
    // One lowered number of the header: caught before a slower or cheaper guess is made for a forger.
    place.edit_slots("\"memory_mib\": 64", "\"memory_mib\": 65");
    assert!(matches!(place.vault().load(), Err(VaultError::Damaged { .. })));
    place.edit_slots("\"memory_mib\": 65", "\"memory_mib\": 1");
    assert!(matches!(place.vault().load(), Err(VaultError::Damaged { .. })));
    place.edit_slots("\"memory_mib\": 1", "\"memory_mib\": 4000000");
    assert!(matches!(place.vault().load(), Err(VaultError::Damaged { .. })));
}

#[test]
fn traces_of_an_identity_stop_a_new_key() {
    for trace in [Home::marker, Home::store] {
        let place = Place::new();
        fs::write(trace(&place.home), "").unwrap();
        for refused in [place.vault().create(), place.vault().load()] {
            assert!(matches!(refused, Err(VaultError::Missing { .. })));
        }
        assert!(!place.home.keyslots().exists());
    }
}

#[test]
fn damaged_slots_are_never_written_over() {
    let place = Place::new();
    fs::write(place.home.keyslots(), "not json").unwrap();
    assert!(matches!(place.vault().create(), Err(VaultError::Damaged { .. })));
    assert_eq!(fs::read_to_string(place.home.keyslots()).unwrap(), "not json");
}

#[test]
fn an_unusable_passphrase_file_makes_no_identity() {
    let place = Place::new();
    for bad in ["", "\n", "too short"] {
        fs::write(&place.passphrase, bad).unwrap();
        let refused = place.vault().create();
        assert!(matches!(refused, Err(VaultError::PassphraseFile { .. })));
    }
    fs::remove_file(&place.passphrase).unwrap();
    let refused = place.vault().create();
    assert!(matches!(refused, Err(VaultError::PassphraseFile { .. })));
    assert!(!place.home.keyslots().exists());
}

#[cfg(unix)]
#[test]
fn the_slots_are_closed_to_others() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    place.vault().create().unwrap();
    let mode = fs::metadata(place.home.keyslots()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn sidecars_started_at_once_end_up_with_one_key() {
    let place = Place::new();
    let keys: Vec<_> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..4).map(|_| scope.spawn(|| place.vault().create().unwrap())).collect();
        starts.into_iter().map(|s| s.join().unwrap()).collect()
    });
    assert!(keys.iter().all(|key| *key == keys[0]));
}
