//! Tests of the keychain vault on a stand-in, and (ignored) on the Secret Service of this session.

use super::*;
use crate::error::Explain;
use crate::keys::{MINIMUM_MEMORY_MIB, PassphraseFileVault};
use keyring_core::mock;
use std::fs;

struct Place {
    folder: tempfile::TempDir,
    home: Home,
    store: Arc<CredentialStore>,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path().join("home"));
        home.prepare().unwrap();
        let store = mock::Store::new().unwrap();
        Self { folder, home, store }
    }

    fn vault(&self) -> KeychainVault {
        let store = self.store.clone();
        let open: OpenStore = Arc::new(move || Ok(store.clone()));
        KeychainVault::with_store(self.home.clone(), open, Duration::from_secs(5))
    }

    fn entry(&self) -> Entry {
        let account = account_of(&self.home).unwrap();
        self.store.build(SERVICE, &account, None).unwrap()
    }

    fn fail_next(&self, with: KeyringError) {
        let entry = self.entry();
        let cred: &mock::Cred = entry.as_any().downcast_ref().unwrap();
        cred.set_error(with);
    }
}

#[test]
fn what_was_created_is_loaded() {
    let place = Place::new();
    let key = place.vault().create().unwrap();
    assert_eq!(place.vault().load().unwrap(), key);
    assert_eq!(place.vault().create().unwrap(), key);
    // The keychain holds what opens the slot, not the database key.
    assert_ne!(place.entry().get_secret().unwrap(), key.to_vec());
}

/// Invariant: a home that was deleted leaves its entries in the keychain, and they accuse no log but its own.
#[test]
fn what_was_kept_of_a_deleted_home_says_nothing_of_the_next_one() {
    let place = Place::new();
    let nothing = |place: &Place| place.vault().kept().unwrap().is_none_or(|kept| kept.is_empty());
    let key = place.vault().create().unwrap();
    for begin_anew in [&(|| place.vault().create().map(drop)) as &dyn Fn() -> _, &|| place.vault().adopt(&key)] {
        assert!(nothing(&place));
        place.vault().keep(b"entry 7").unwrap();
        assert_eq!(place.vault().create().unwrap(), place.vault().load().unwrap());
        assert_eq!(place.vault().kept().unwrap().as_deref(), Some(b"entry 7".as_slice()), "of a home that stands");
        fs::remove_file(place.home.keyslots()).unwrap();
        begin_anew().unwrap();
    }
    assert!(nothing(&place));
}

#[test]
fn an_empty_home_is_absent_and_not_an_alarm() {
    let absent = Place::new().vault().load();
    assert!(matches!(absent, Err(VaultError::Absent)));
}

/// Invariant: a missing key is never silently replaced.
#[test]
fn an_emptied_keychain_is_an_error_and_makes_nothing() {
    let place = Place::new();
    place.vault().create().unwrap();
    let slots = fs::read(place.home.keyslots()).unwrap();
    place.entry().delete_credential().unwrap();
    for refused in [place.vault().load(), place.vault().create()] {
        assert!(matches!(refused, Err(VaultError::Missing { .. })));
    }
    assert!(matches!(place.entry().get_secret(), Err(KeyringError::NoEntry)));
    assert_eq!(fs::read(place.home.keyslots()).unwrap(), slots);
}

#[test]
fn traces_of_an_identity_stop_a_new_key() {
    for trace in [Home::marker, Home::store] {
        let place = Place::new();
        fs::write(trace(&place.home), "").unwrap();
        for refused in [place.vault().create(), place.vault().load()] {
            assert!(matches!(refused, Err(VaultError::Missing { .. })));
        }
        assert!(matches!(place.entry().get_secret(), Err(KeyringError::NoEntry)));
    }
}

#[test]
fn a_locked_keychain_is_locked_and_makes_nothing() {
    let place = Place::new();
    place.fail_next(KeyringError::NoStorageAccess("locked".into()));
    assert!(matches!(place.vault().create(), Err(VaultError::Locked)));
    assert!(!place.home.keyslots().exists());
    place.vault().create().unwrap();
    place.fail_next(KeyringError::NoStorageAccess("locked".into()));
    assert!(matches!(place.vault().load(), Err(VaultError::Locked)));
}

#[test]
fn a_keychain_that_cannot_be_reached_says_why() {
    let place = Place::new();
    let open: OpenStore = Arc::new(|| Err(KeyringError::PlatformFailure("no bus\nhere".into())));
    let vault = KeychainVault::with_store(place.home.clone(), open, Duration::from_secs(5));
    let refused = vault.create().unwrap_err();
    assert_eq!(refused.to_string(), "no keychain can be reached (no bus here)");
    assert!(refused.next_step().contains("A2A_PASSPHRASE_FILE"));
}

#[test]
fn a_keychain_that_forgets_is_noticed_before_anything_is_sealed() {
    let place = Place::new();
    let open: OpenStore = Arc::new(|| Ok(mock::Store::new()?));
    let vault = KeychainVault::with_store(place.home.clone(), open, Duration::from_secs(5));
    assert!(matches!(vault.create(), Err(VaultError::Unavailable { .. })));
    assert!(!place.home.keyslots().exists());
}

#[test]
fn an_unanswered_prompt_does_not_hang() {
    let place = Place::new();
    let (_never, wait) = mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let open: OpenStore = Arc::new(move || {
        assert!(wait.lock().unwrap().recv().is_err());
        Err(KeyringError::NoEntry)
    });
    let vault = KeychainVault::with_store(place.home.clone(), open, Duration::from_millis(10));
    assert!(matches!(vault.create(), Err(VaultError::NoAnswer { .. })));
}

#[test]
fn another_homes_key_is_said_to_be_wrong() {
    let place = Place::new();
    place.vault().create().unwrap();
    place.entry().set_secret(&[9; 32]).unwrap();
    assert!(matches!(place.vault().load(), Err(VaultError::WrongKey)));
    place.entry().set_secret(&[9; 31]).unwrap();
    let damaged = place.vault().load();
    assert!(matches!(damaged, Err(VaultError::Damaged { .. })));
}

#[test]
fn a_copied_home_does_not_open_beside_the_original() {
    let place = Place::new();
    place.vault().create().unwrap();
    let copy = Home::at(place.folder.path().join("copy"));
    copy.prepare().unwrap();
    fs::copy(place.home.keyslots(), copy.keyslots()).unwrap();
    let store = place.store.clone();
    let open: OpenStore = Arc::new(move || Ok(store.clone()));
    let vault = KeychainVault::with_store(copy, open, Duration::from_secs(5));
    assert!(matches!(vault.load(), Err(VaultError::Missing { .. })));
}

#[test]
fn a_new_identity_in_an_old_place_spares_the_old_secret() {
    let place = Place::new();
    let old = place.vault().create().unwrap();
    let old_slots = fs::read(place.home.keyslots()).unwrap();
    fs::remove_file(place.home.keyslots()).unwrap();
    assert_ne!(place.vault().create().unwrap(), old);
    // The old folder comes back.
    fs::write(place.home.keyslots(), old_slots).unwrap();
    assert_eq!(place.vault().load().unwrap(), old);
}

#[test]
fn a_passphrase_home_is_not_opened_by_the_keychain_and_says_so() {
    let place = Place::new();
    let passphrase = place.folder.path().join("passphrase");
    fs::write(&passphrase, "correct horse battery").unwrap();
    let other = PassphraseFileVault::new(place.home.clone(), passphrase, 64);
    other.create().unwrap();
    for refused in [place.vault().load(), place.vault().create()] {
        let refused = refused.unwrap_err();
        assert!(matches!(refused, VaultError::OtherVault { .. }));
        assert!(refused.next_step().contains("Set A2A_PASSPHRASE_FILE"));
    }
}

/// The secret would open an older copy of `keyslots.json`, so it goes with its slot.
#[test]
fn once_another_vault_took_over_the_keychain_holds_nothing_that_opens_this_home() {
    let place = Place::new();
    let key = place.vault().create().unwrap();
    let old_slots = fs::read(place.home.keyslots()).unwrap();
    place.vault().forget().unwrap();
    assert_eq!(place.vault().load().unwrap(), key, "the secret in use was erased");

    let passphrase = place.folder.path().join("passphrase");
    fs::write(&passphrase, "long enough to count").unwrap();
    let other = PassphraseFileVault::new(place.home.clone(), passphrase, MINIMUM_MEMORY_MIB);
    other.take_over(&key).unwrap();
    place.vault().forget().unwrap();
    assert!(matches!(place.entry().get_secret(), Err(KeyringError::NoEntry)));
    assert_eq!(other.load().unwrap(), key);
    fs::write(place.home.keyslots(), old_slots).unwrap();
    assert!(matches!(place.vault().load(), Err(VaultError::Missing { .. })));
}

/// The Linux store panics on a thread of the async runtime, and no stand-in does; so the real one is asked, in a process
/// whose session has no bus. The real keyring's other answers are checked by `tests/clients/keyring.sh`.
#[cfg(target_os = "linux")]
#[test]
fn the_real_keychain_is_asked_apart_from_the_runtime() {
    let nowhere = tempfile::tempdir().unwrap();
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "keys::keychain::tests::ask_the_real_keychain_on_the_runtime"])
        .env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}/bus", nowhere.path().display()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
}

#[ignore = "run by the_real_keychain_is_asked_apart_from_the_runtime"]
#[tokio::test]
async fn ask_the_real_keychain_on_the_runtime() {
    let place = Place::new();
    let refused = KeychainVault::new(place.home.clone()).create();
    assert!(matches!(refused, Err(VaultError::Unavailable { reason }) if reason.contains("connect")));
}
