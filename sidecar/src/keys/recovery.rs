//! The slot that the recovery words open: it stands beside the vault's, and outlives a lost keychain.

use a2a_proto::keys::BackupKey;

use super::mint::lock;
use super::slots::{KeySlots, Slot, SlotError, SlotKind};
use super::{DatabaseKey, VaultError};
use crate::paths::Home;

/// The slot's name in messages.
pub(super) const NAME: &str = "slot of the recovery words";

/// Lets the recovery words open this home too; nothing where a vault keeps its key in no slot. The other slots stay; a crash leaves the old file or the new one.
pub fn add_recovery_slot(home: &Home, key: &DatabaseKey, words: &BackupKey) -> Result<(), VaultError> {
    let _held_until_return = lock(home)?;
    let Some(mut slots) = KeySlots::read(home)? else { return Ok(()) };
    slots.put(Slot::wrap(SlotKind::Recovery, None, Slot::fresh_salt()?, words.as_bytes(), key)?);
    slots.write(home)
}

/// The database key of this home, by the recovery words alone.
pub fn open_by_words(home: &Home, words: &BackupKey) -> Result<DatabaseKey, VaultError> {
    let slots = KeySlots::read(home)?.ok_or(VaultError::Missing { vault: NAME })?;
    let slot = slots.find(SlotKind::Recovery).ok_or(VaultError::NoRecoverySlot)?;
    slot.open(words.as_bytes()).map_err(|failed| match failed {
        SlotError::WrongSecret => VaultError::WrongWords,
        SlotError::Damaged => VaultError::Damaged { what: "the key file keyslots.json" },
    })
}

#[cfg(test)]
mod tests {
    use a2a_proto::keys::Entropy;

    use super::*;
    use crate::keys::mint::random_key;

    fn words(byte: u8) -> BackupKey {
        Entropy::from_bytes([byte; 32]).backup_key()
    }

    fn home_with(slot: &Vaulted) -> (tempfile::TempDir, Home) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let wrapped = Slot::wrap(SlotKind::Keychain, None, [1; 16], &slot.secret, &slot.key).unwrap();
        KeySlots::of(wrapped).write(&home).unwrap();
        (folder, home)
    }

    struct Vaulted {
        secret: [u8; 32],
        key: DatabaseKey,
    }

    #[test]
    fn the_words_open_what_the_vault_opens_and_no_other_words_do() {
        let vault = Vaulted { secret: [5; 32], key: random_key().unwrap() };
        let (_folder, home) = home_with(&vault);
        assert!(matches!(open_by_words(&home, &words(1)), Err(VaultError::NoRecoverySlot)));
        add_recovery_slot(&home, &vault.key, &words(1)).unwrap();
        assert_eq!(open_by_words(&home, &words(1)).unwrap(), vault.key);
        assert!(matches!(open_by_words(&home, &words(2)), Err(VaultError::WrongWords)));
        let slots = KeySlots::read(&home).unwrap().unwrap();
        assert_eq!(slots.kinds(), [SlotKind::Keychain, SlotKind::Recovery]);
        assert_eq!(slots.of_kind(SlotKind::Keychain).unwrap().open(&vault.secret).unwrap(), vault.key);
    }

    #[test]
    fn adding_it_twice_leaves_one() {
        let vault = Vaulted { secret: [5; 32], key: random_key().unwrap() };
        let (_folder, home) = home_with(&vault);
        for _ in 0..2 {
            add_recovery_slot(&home, &vault.key, &words(1)).unwrap();
        }
        assert_eq!(KeySlots::read(&home).unwrap().unwrap().kinds().len(), 2);
    }
}
