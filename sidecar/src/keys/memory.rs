//! A vault that forgets: for tests only, compiled into nothing else.

use std::sync::Mutex;

use super::{DatabaseKey, Vault, VaultError};

/// Keeps the key in this process.
#[derive(Default)]
pub(crate) struct MemoryVault(Mutex<Option<DatabaseKey>>, Mutex<Option<Vec<u8>>>);

impl Vault for MemoryVault {
    fn load(&self) -> Result<DatabaseKey, VaultError> {
        self.0.lock().unwrap().clone().ok_or(VaultError::Absent)
    }

    fn create(&self) -> Result<DatabaseKey, VaultError> {
        let mut kept = self.0.lock().unwrap();
        if kept.is_none() {
            *kept = Some(super::mint::random_key()?);
        }
        kept.clone().ok_or(VaultError::Absent)
    }

    fn adopt(&self, key: &DatabaseKey) -> Result<(), VaultError> {
        *self.0.lock().unwrap() = Some(key.clone());
        Ok(())
    }

    fn take_over(&self, key: &DatabaseKey) -> Result<(), VaultError> {
        self.adopt(key)
    }

    fn forget(&self) -> Result<(), VaultError> {
        *self.0.lock().unwrap() = None;
        Ok(())
    }

    fn keep(&self, bytes: &[u8]) -> Result<(), VaultError> {
        *self.1.lock().unwrap() = Some(bytes.to_vec());
        Ok(())
    }

    fn kept(&self) -> Result<Option<Vec<u8>>, VaultError> {
        Ok(self.1.lock().unwrap().clone())
    }

    fn describe(&self) -> &'static str {
        "memory (test)"
    }
}

#[test]
fn keeps_one_key_as_the_real_vaults_do() {
    let vault = MemoryVault::default();
    assert!(matches!(vault.load(), Err(VaultError::Absent)));
    let key = vault.create().unwrap();
    assert_eq!(vault.load().unwrap(), key);
    assert_eq!(vault.create().unwrap(), key);
    assert_eq!(vault.describe(), "memory (test)");
}
