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

/// Gives the home a slot of this kind, made by `wrap`, and takes the other vaults' slots away. The words' slot stays.
pub(super) fn take_over(
    home: &Home,
    kind: SlotKind,
    wrap: impl FnOnce() -> Result<Slot, VaultError>,
) -> Result<(), VaultError> {
    let _held_until_return = lock(home)?;
    add(home, wrap()?)?;
    name_in_marker(home, kind)?;
    remove_others(home, kind)
}

fn add(home: &Home, slot: Slot) -> Result<(), VaultError> {
    let mut slots = KeySlots::read(home)?.ok_or(VaultError::Missing { vault: slot.kind().vault() })?;
    slots.put(slot);
    slots.write(home)
}

fn name_in_marker(home: &Home, kind: SlotKind) -> Result<(), VaultError> {
    match Marker::read(home)? {
        Some(marker) => Marker { vault: kind.vault().into(), ..marker }.write(home),
        None => Ok(()),
    }
}

fn remove_others(home: &Home, kind: SlotKind) -> Result<(), VaultError> {
    let mut slots = KeySlots::read(home)?.ok_or(VaultError::Missing { vault: kind.vault() })?;
    for other in [SlotKind::Keychain, SlotKind::Passphrase].into_iter().filter(|other| *other != kind) {
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
        take_over(&home, SlotKind::Passphrase, || Ok(slot(SlotKind::Passphrase, &NEW, &key))).unwrap();
        assert!(opens(&home, SlotKind::Passphrase, &NEW, &key));
        assert!(opens(&home, SlotKind::Recovery, &[3; 32], &key));
        assert!(!opens(&home, SlotKind::Keychain, &OLD, &key));
    }

    #[test]
    fn cut_off_anywhere_something_opens() {
        let (_folder, home, key) = home();
        add(&home, slot(SlotKind::Passphrase, &NEW, &key)).unwrap();
        for (kind, secret) in [(SlotKind::Keychain, &OLD), (SlotKind::Passphrase, &NEW)] {
            assert!(opens(&home, kind, secret, &key), "{kind:?} between the steps");
        }
        remove_others(&home, SlotKind::Passphrase).unwrap();
        assert!(opens(&home, SlotKind::Passphrase, &NEW, &key));
    }

    #[test]
    fn a_secret_that_cannot_be_made_changes_nothing() {
        let (_folder, home, key) = home();
        let failed = take_over(&home, SlotKind::Passphrase, || Err(VaultError::Locked));
        assert!(matches!(failed, Err(VaultError::Locked)));
        assert!(opens(&home, SlotKind::Keychain, &OLD, &key));
    }

    #[test]
    fn a_home_without_slots_gets_none() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let made = slot(SlotKind::Keychain, &OLD, &random_key().unwrap());
        assert!(matches!(take_over(&home, SlotKind::Keychain, || Ok(made)), Err(VaultError::Missing { .. })));
        assert!(KeySlots::read(&home).unwrap().is_none());
    }
}
