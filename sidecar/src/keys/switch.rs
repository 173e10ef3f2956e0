//! Moving a home's key from one vault to another, or under a new secret of the same.
//!
//! The new slot is written beside the old one before the old one goes, so a crash at any point leaves one that opens.

use super::mint::lock;
use super::slots::{KeySlots, Slot, SlotKind};
use super::{Marker, VaultError};
use crate::paths::Home;

/// The vaults' slots of a home, by the names of what opens them.
pub fn slot_names(home: &Home) -> Result<Vec<&'static str>, VaultError> {
    let slots = KeySlots::read(home)?;
    Ok(slots.map_or_else(Vec::new, |slots| slots.kinds().into_iter().map(SlotKind::vault).collect()))
}

/// One step of a switch; each leaves a home that opens.
type Step = fn(&Home, &Slot) -> Result<(), VaultError>;

/// In this order: before the old slots go, the new one is on disk, and the marker names it.
const STEPS: [Step; 3] = [add, name_in_marker, remove_others];

/// Gives the home a slot of this kind, made by `wrap`, and takes the other vaults' slots away. The words' slot stays.
pub(super) fn take_over(home: &Home, wrap: impl FnOnce() -> Result<Slot, VaultError>) -> Result<(), VaultError> {
    let _held_until_return = lock(home)?;
    let slot = wrap()?;
    STEPS.iter().try_for_each(|step| step(home, &slot))
}

/// Has a vault erase what opened its slot here, unless the home has such a slot (again).
pub(super) fn forget(
    home: &Home,
    kind: SlotKind,
    erase: impl FnOnce() -> Result<(), VaultError>,
) -> Result<(), VaultError> {
    let _held_until_return = lock(home)?;
    let is_in_use = KeySlots::read(home)?.is_none_or(|slots| slots.find(kind).is_some());
    if is_in_use { Ok(()) } else { erase() }
}

fn add(home: &Home, slot: &Slot) -> Result<(), VaultError> {
    let mut slots = KeySlots::read(home)?.ok_or(VaultError::Missing { vault: slot.kind().vault() })?;
    slots.put(slot.clone());
    slots.write(home)
}

fn name_in_marker(home: &Home, slot: &Slot) -> Result<(), VaultError> {
    match Marker::read(home)? {
        Some(marker) => Marker { vault: slot.kind().vault().into(), ..marker }.write(home),
        None => Ok(()),
    }
}

fn remove_others(home: &Home, slot: &Slot) -> Result<(), VaultError> {
    let mut slots = KeySlots::read(home)?.ok_or(VaultError::Missing { vault: slot.kind().vault() })?;
    for other in [SlotKind::Keychain, SlotKind::Passphrase].into_iter().filter(|other| *other != slot.kind()) {
        slots.remove(other);
    }
    slots.write(home)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::DatabaseKey;
    use crate::keys::mint::random_key;

    const OLD: [u8; 32] = [1; 32];
    const NEW: [u8; 32] = [2; 32];

    fn slot(kind: SlotKind, secret: &[u8; 32], key: &DatabaseKey) -> Slot {
        Slot::wrap(kind, None, [7; 16], secret, key).unwrap()
    }

    fn opens(home: &Home, kind: SlotKind, secret: &[u8; 32], key: &DatabaseKey) -> bool {
        let slots = KeySlots::read(home).unwrap().unwrap();
        slots.find(kind).and_then(|slot| slot.open(secret).ok()).is_some_and(|opened| opened == *key)
    }

    fn home() -> (tempfile::TempDir, Home, DatabaseKey) {
        let (folder, key) = (tempfile::tempdir().unwrap(), random_key().unwrap());
        let home = Home::at(folder.path());
        let mut slots = KeySlots::of(slot(SlotKind::Keychain, &OLD, &key));
        slots.put(slot(SlotKind::Recovery, &[3; 32], &key));
        slots.write(&home).unwrap();
        (folder, home, key)
    }

    #[test]
    fn a_switch_leaves_the_new_slot_and_that_of_the_words() {
        let (_folder, home, key) = home();
        take_over(&home, || Ok(slot(SlotKind::Passphrase, &NEW, &key))).unwrap();
        assert!(opens(&home, SlotKind::Passphrase, &NEW, &key));
        assert!(opens(&home, SlotKind::Recovery, &[3; 32], &key));
        assert!(!opens(&home, SlotKind::Keychain, &OLD, &key));
    }

    #[test]
    fn cut_off_anywhere_something_opens() {
        for done in 0..=STEPS.len() {
            let (_folder, home, key) = home();
            let made = slot(SlotKind::Passphrase, &NEW, &key);
            STEPS[..done].iter().for_each(|step| step(&home, &made).unwrap());
            let old = opens(&home, SlotKind::Keychain, &OLD, &key);
            let new = opens(&home, SlotKind::Passphrase, &NEW, &key);
            assert!(old || new, "nothing opens after {done} steps");
            assert!(opens(&home, SlotKind::Recovery, &[3; 32], &key), "not even the words after {done} steps");
            // Whoever switches again finishes it.
            take_over(&home, || Ok(made)).unwrap();
            assert!(opens(&home, SlotKind::Passphrase, &NEW, &key) && !opens(&home, SlotKind::Keychain, &OLD, &key));
        }
    }

    #[test]
    fn what_opened_the_old_slot_is_erased_and_nothing_while_there_is_such_a_slot() {
        let (_folder, home, key) = home();
        let erased = std::cell::Cell::new(0);
        let erase = || {
            erased.set(erased.get() + 1);
            Ok(())
        };
        forget(&home, SlotKind::Keychain, erase).unwrap();
        assert_eq!(erased.get(), 0, "the slot in use lost its secret");
        take_over(&home, || Ok(slot(SlotKind::Passphrase, &NEW, &key))).unwrap();
        forget(&home, SlotKind::Keychain, erase).unwrap();
        assert_eq!(erased.get(), 1);
        std::fs::remove_file(home.keyslots()).unwrap();
        forget(&home, SlotKind::Keychain, erase).unwrap();
        assert_eq!(erased.get(), 1, "a home whose key file is lost may get it back");
    }

    #[test]
    fn a_secret_that_cannot_be_made_changes_nothing() {
        let (_folder, home, key) = home();
        let failed = take_over(&home, || Err(VaultError::Locked));
        assert!(matches!(failed, Err(VaultError::Locked)));
        assert!(opens(&home, SlotKind::Keychain, &OLD, &key));
    }

    #[test]
    fn a_home_without_slots_gets_none() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let made = slot(SlotKind::Keychain, &OLD, &random_key().unwrap());
        assert!(matches!(take_over(&home, || Ok(made)), Err(VaultError::Missing { .. })));
        assert!(KeySlots::read(&home).unwrap().is_none());
    }
}
