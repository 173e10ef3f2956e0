//! A switch touches no slot before the key is proven, and the vault before it keeps nothing that opens this home.

use std::path::Path;

use super::*;
use crate::agent::register;
use crate::clock::SystemClock;
use crate::keys::{DatabaseKey, MINIMUM_MEMORY_MIB, Vault, VaultError};
use crate::paths::Home;

const MIB: u32 = MINIMUM_MEMORY_MIB;

struct Machine {
    folder: tempfile::TempDir,
    config: AgentConfig,
}

fn passphrase(folder: &Path, name: &str) -> VaultChoice {
    let path = folder.join(name);
    std::fs::write(&path, format!("the passphrase called {name}")).unwrap();
    VaultChoice::PassphraseFile { passphrase: path, memory_mib: MIB }
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path().join("home"));
        let vault = choose_vault(&home, &passphrase(folder.path(), "first"));
        let config = AgentConfig { home, vault, clock: Arc::new(SystemClock), default_relay: None, argon2_mib: MIB };
        register::create_identity(&config, "Alice").unwrap();
        Self { folder, config }
    }

    fn slots(&self) -> Vec<u8> {
        std::fs::read(self.config.home.keyslots()).unwrap()
    }

    fn opens_by(&self, name: &str) -> bool {
        choose_vault(&self.config.home, &passphrase(self.folder.path(), name)).load().is_ok()
    }
}

#[tokio::test]
async fn a_new_passphrase_opens_it_and_the_old_one_no_longer() {
    let machine = Machine::new();
    let to = passphrase(machine.folder.path(), "second");
    let view = switch(&machine.config, to, None).await.unwrap();
    assert_eq!((view.slots.len(), view.left_behind), (2, None));
    assert!(machine.opens_by("second") && !machine.opens_by("first"));
}

#[tokio::test]
async fn a_key_that_does_not_open_the_store_touches_no_slot() {
    let (machine, other) = (Machine::new(), Machine::new());
    std::fs::copy(other.config.home.keyslots(), machine.config.home.keyslots()).unwrap();
    let slots = machine.slots();
    let to = passphrase(machine.folder.path(), "second");
    assert!(switch(&machine.config, to, None).await.is_err());
    assert_eq!(machine.slots(), slots, "a slot was written for a key that opens nothing here");
}

#[tokio::test]
async fn other_words_switch_nothing() {
    let machine = Machine::new();
    let slots = machine.slots();
    let to = passphrase(machine.folder.path(), "second");
    let refused = switch(&machine.config, to, Some(Entropy::from_bytes([7; 32]))).await;
    assert!(refused.is_err());
    assert_eq!(machine.slots(), slots);
}

/// A vault of another kind, over the slots of a passphrase.
struct Old {
    slots: Arc<dyn Vault>,
    name: &'static str,
    /// What it says when it is told to forget; taken once it was.
    forgets: std::sync::Mutex<Option<Result<(), VaultError>>>,
    /// What it knows of the log, where it keeps that apart.
    knows: Option<&'static [u8]>,
}

impl Vault for Old {
    fn load(&self) -> Result<DatabaseKey, VaultError> {
        self.slots.load()
    }
    fn create(&self) -> Result<DatabaseKey, VaultError> {
        self.slots.create()
    }
    fn adopt(&self, key: &DatabaseKey) -> Result<(), VaultError> {
        self.slots.adopt(key)
    }
    fn take_over(&self, key: &DatabaseKey) -> Result<(), VaultError> {
        self.slots.take_over(key)
    }
    fn forget(&self) -> Result<(), VaultError> {
        self.forgets.lock().unwrap().take().unwrap_or(Ok(()))
    }
    fn keep(&self, bytes: &[u8]) -> Result<(), VaultError> {
        if self.knows.is_some() { Ok(()) } else { self.slots.keep(bytes) }
    }
    fn kept(&self) -> Result<Option<Vec<u8>>, VaultError> {
        if let Some(known) = self.knows { Ok(Some(known.to_vec())) } else { self.slots.kept() }
    }
    fn describe(&self) -> &'static str {
        self.name
    }
}

#[test]
fn the_vault_before_is_told_to_forget_and_its_failure_is_told() {
    let machine = Machine::new();
    let old = |says| {
        let (slots, forgets) = (Arc::clone(&machine.config.vault), std::sync::Mutex::new(Some(says)));
        Arc::new(Old { slots, name: "keychain", forgets, knows: None })
    };
    let ask = |vault: &Arc<Old>, before: &[&str], name| {
        let config = AgentConfig { vault: Arc::clone(vault) as Arc<dyn Vault>, ..machine.config.clone() };
        let told = left_behind(&config, before, name);
        (told, vault.forgets.lock().unwrap().is_none())
    };
    let locked = ask(&old(Err(VaultError::Locked)), &["keychain"], "passphrase file");
    assert!(locked.0.is_some() && locked.1, "{locked:?}");
    assert_eq!(ask(&old(Ok(())), &["keychain"], "passphrase file"), (None, true));
    assert_eq!(ask(&old(Ok(())), &["passphrase file"], "passphrase file"), (None, false), "it had no slot here");
}

#[tokio::test]
async fn what_the_vault_before_knows_of_the_log_goes_along() {
    let mut machine = Machine::new();
    let slots = Arc::clone(&machine.config.vault);
    let (name, forgets) = (slots.describe(), std::sync::Mutex::default());
    machine.config.vault = Arc::new(Old { slots, name, forgets, knows: Some(b"the newest entry") });
    let to = passphrase(machine.folder.path(), "second");
    switch(&machine.config, to, None).await.unwrap();
    let after = choose_vault(&machine.config.home, &passphrase(machine.folder.path(), "second"));
    assert_eq!(after.kept().unwrap().as_deref(), Some(b"the newest entry".as_slice()));
}
