//! What the vault knows of the audit log: an alarm when it forgot, and none when it only seems to have.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::agent::audit::{Note, head, note};
use crate::agent::core::Core;
use crate::agent::{AgentConfig, Trouble, notices, register};
use crate::clock::SystemClock;
use crate::keys::memory::MemoryVault;
use crate::keys::{DatabaseKey, Vault, VaultError};
use crate::paths::Home;
use crate::store::meta;

/// A keychain that, while it is locked, says that it has nothing.
#[derive(Default)]
struct Keychain {
    inside: MemoryVault,
    locked: AtomicBool,
    /// What happens once, right after it was asked what it kept.
    meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Vault for Keychain {
    fn load(&self) -> Result<DatabaseKey, VaultError> {
        match self.locked.load(Ordering::SeqCst) {
            true => Err(VaultError::Missing { vault: "test" }),
            false => self.inside.load(),
        }
    }
    fn create(&self) -> Result<DatabaseKey, VaultError> {
        self.inside.create()
    }
    fn adopt(&self, key: &DatabaseKey) -> Result<(), VaultError> {
        self.inside.adopt(key)
    }
    fn take_over(&self, key: &DatabaseKey) -> Result<(), VaultError> {
        self.inside.take_over(key)
    }
    fn forget(&self) -> Result<(), VaultError> {
        self.inside.forget()
    }
    fn keep(&self, bytes: &[u8]) -> Result<(), VaultError> {
        self.inside.keep(bytes)
    }
    fn kept(&self) -> Result<Option<Vec<u8>>, VaultError> {
        let kept = if self.locked.load(Ordering::SeqCst) { None } else { self.inside.kept()? };
        let meanwhile = self.meanwhile.lock().unwrap().take();
        meanwhile.into_iter().for_each(|happens| happens());
        Ok(kept)
    }
    fn describe(&self) -> &'static str {
        "test"
    }
}

struct Machine {
    _folder: tempfile::TempDir,
    keychain: Arc<Keychain>,
    config: AgentConfig,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keychain = Arc::new(Keychain::default());
        let config = AgentConfig {
            home: Home::at(folder.path().join("home")),
            vault: Arc::clone(&keychain) as Arc<dyn Vault>,
            clock: Arc::new(SystemClock),
            default_relay: None,
            argon2_mib: crate::keys::MINIMUM_MEMORY_MIB,
        };
        register::create_identity(&config, "Alice").unwrap();
        Self { _folder: folder, keychain, config }
    }

    /// A process with news in the log.
    async fn process(&self) -> Arc<Core> {
        let core = Arc::new(Core::open(&self.config).unwrap());
        let noted = core.write(|tx, ctx| note(tx, ctx, Note::new("other")).map_err(Trouble::from));
        noted.await.unwrap();
        core
    }
}

/// Whether the owner was told that the vault forgot.
async fn alarmed(core: &Arc<Core>) -> bool {
    let waiting = core.read(|tx, _| notices::waiting(tx).map_err(Trouble::from)).await.unwrap();
    waiting.iter().any(|(_, notice)| notice.text.contains("no longer knows the newest entry"))
}

async fn was_told(core: &Arc<Core>) -> u64 {
    core.read(|tx, _| meta::number(tx, meta::LOG_KEPT).map_err(Trouble::from)).await.unwrap()
}

#[tokio::test]
async fn a_locked_keychain_is_no_alarm_and_an_emptied_one_is() {
    let machine = Machine::new();
    let first = machine.process().await;
    head::keep(&first, true).await;
    let kept = machine.keychain.kept().unwrap();
    assert!(kept.is_some() && was_told(&first).await == 1);
    let second = machine.process().await;
    machine.keychain.locked.store(true, Ordering::SeqCst);
    head::keep(&second, true).await;
    assert!(!alarmed(&second).await && was_told(&second).await == 1);
    machine.keychain.locked.store(false, Ordering::SeqCst);
    assert_eq!(machine.keychain.kept().unwrap(), kept, "it was written to while it was locked");
    head::keep(&second, true).await;
    assert_ne!(machine.keychain.kept().unwrap(), kept, "it was not tried again without anything newer");
    machine.keychain.keep(&[]).unwrap();
    let third = machine.process().await;
    head::keep(&third, true).await;
    assert!(alarmed(&third).await && was_told(&third).await == 1);
}

#[tokio::test]
async fn what_another_process_keeps_meanwhile_is_no_alarm() {
    let machine = Machine::new();
    let (first, second) = (machine.process().await, machine.process().await);
    let runtime = tokio::runtime::Handle::current();
    let other = Arc::clone(&second);
    let keeps = move || runtime.block_on(head::keep(&other, true));
    *machine.keychain.meanwhile.lock().unwrap() = Some(Box::new(keeps));
    head::keep(&first, true).await;
    assert!(machine.keychain.kept().unwrap().is_some() && was_told(&first).await == 1);
    assert!(!alarmed(&first).await, "two processes at their first start");
}
