//! The operating system's keychain: it keeps 32 random bytes that open one slot of this home.

use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use data_encoding::HEXLOWER;
use keyring_core::{CredentialStore, Entry, Error as KeyringError};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::mint::{adopt, mint, random_key, without_slots};
use super::platform_store::open_platform_store;
use super::slots::{KeySlots, Slot, SlotError, SlotKind};
use super::switch::{forget, take_over};
use super::{DatabaseKey, Vault, VaultError};
use crate::paths::Home;

/// The vault's name, in the marker and in messages.
pub(super) const NAME: &str = "keychain";

/// Opens the database key by a secret in the operating system's keychain. The default.
pub struct KeychainVault {
    home: Home,
    open_store: OpenStore,
    deadline: Duration,
}

/// Reaches the keychain; a test gives another one.
type OpenStore = Arc<dyn Fn() -> Result<Arc<CredentialStore>, KeyringError> + Send + Sync>;

type Secret = Zeroizing<[u8; 32]>;

impl KeychainVault {
    /// The vault of `home` in this system's keychain. Nothing is asked yet.
    #[must_use]
    pub fn new(home: Home) -> Self {
        Self { home, open_store: Arc::new(open_platform_store), deadline: DEADLINE }
    }

    #[cfg(test)]
    fn with_store(home: Home, open_store: OpenStore, deadline: Duration) -> Self {
        Self { home, open_store, deadline }
    }

    fn wrap(&self, key: &DatabaseKey) -> Result<Slot, VaultError> {
        // A secret left by an earlier identity of this folder is used again, not replaced: that folder may have
        // been moved away, and will want it when it comes back.
        let secret = match self.read_secret()? {
            Some(secret) => secret,
            None => self.make_secret()?,
        };
        let salt = Slot::fresh_salt()?;
        Slot::wrap(SlotKind::Keychain, None, salt, &secret, key)
    }

    /// A slot for a log that begins here: what an earlier one at this place left would accuse it of being put back. It goes
    /// before the slot stands, so that a creation which is cut off leaves none of it either.
    fn wrap_anew(&self, key: &DatabaseKey) -> Result<Slot, VaultError> {
        let slot = self.wrap(key)?;
        self.keep(&[])?;
        Ok(slot)
    }

    fn make_secret(&self) -> Result<Secret, VaultError> {
        let secret = random_key()?;
        let copy = secret.clone();
        self.ask(KEY, move |entry| entry.set_secret(copy.as_ref()))?.map_err(|failed| explain(&failed))?;
        // Some keychains accept and forget; better to know before anything is sealed.
        match self.read_secret()? {
            Some(kept) if bool::from(kept.as_slice().ct_eq(secret.as_slice())) => Ok(secret),
            _ => Err(VaultError::Unavailable { reason: "it did not keep what was stored".into() }),
        }
    }

    /// The secret of this home; `None` when the keychain says that it has none, which a locked one may say too.
    fn read_secret(&self) -> Result<Option<Secret>, VaultError> {
        let answer = self.ask(KEY, |entry| entry.get_secret().map(Zeroizing::new))?;
        match answer {
            Ok(bytes) => exactly_32(&bytes).map(Some),
            Err(KeyringError::NoEntry) => Ok(None),
            Err(failed) => Err(explain(&failed)),
        }
    }

    /// Asks the keychain on a thread of its own: its prompt may stay open for ever, and the Linux store must never
    /// run on a thread of the async runtime.
    fn ask<T: Send + 'static>(
        &self,
        what: &'static str,
        question: impl FnOnce(&Entry) -> Result<T, KeyringError> + Send + 'static,
    ) -> Result<Result<T, KeyringError>, VaultError> {
        let account = format!("{}{what}", account_of(&self.home)?);
        let open_store = Arc::clone(&self.open_store);
        let (tell, answer) = mpsc::channel();
        let work = move || {
            let answered =
                open_store().and_then(|store| store.build(SERVICE, &account, None)).and_then(|entry| question(&entry));
            // Nobody listens any more after the deadline; the answer is dropped, and wiped where it is a secret.
            drop(tell.send(answered));
        };
        thread::Builder::new()
            .name("keychain".into())
            .spawn(work)
            .map_err(|_| VaultError::Machine("start a thread"))?;
        answer.recv_timeout(self.deadline).map_err(|late| match late {
            mpsc::RecvTimeoutError::Timeout => VaultError::NoAnswer { waited_secs: self.deadline.as_secs() },
            mpsc::RecvTimeoutError::Disconnected => VaultError::Unavailable { reason: "its library failed".into() },
        })
    }
}

impl Vault for KeychainVault {
    fn load(&self) -> Result<DatabaseKey, VaultError> {
        let slots = KeySlots::read(&self.home)?.ok_or_else(|| without_slots(&self.home, NAME))?;
        let slot = slots.of_kind(SlotKind::Keychain)?;
        let secret = self.read_secret()?.ok_or(VaultError::Missing { vault: NAME })?;
        slot.open(&secret).map_err(|failed| match failed {
            SlotError::WrongSecret => VaultError::WrongKey,
            SlotError::Damaged => VaultError::Damaged { what: "the key file keyslots.json" },
        })
    }

    fn create(&self) -> Result<DatabaseKey, VaultError> {
        match mint(&self.home, NAME, |key| self.wrap_anew(key))? {
            Some(key) => Ok(key),
            None => self.load(),
        }
    }

    fn adopt(&self, key: &DatabaseKey) -> Result<(), VaultError> {
        adopt(&self.home, NAME, || self.wrap_anew(key))
    }

    fn take_over(&self, key: &DatabaseKey) -> Result<(), VaultError> {
        take_over(&self.home, || self.wrap(key))
    }

    fn forget(&self) -> Result<(), VaultError> {
        forget(&self.home, SlotKind::Keychain, || match self.ask(KEY, Entry::delete_credential)? {
            Ok(()) | Err(KeyringError::NoEntry) => Ok(()),
            Err(failed) => Err(explain(&failed)),
        })
    }

    fn keep(&self, bytes: &[u8]) -> Result<(), VaultError> {
        let bytes = bytes.to_vec();
        self.ask(HEAD, move |entry| entry.set_secret(&bytes))?.map_err(|failed| explain(&failed))
    }

    fn kept(&self) -> Result<Option<Vec<u8>>, VaultError> {
        match self.ask(HEAD, Entry::get_secret)? {
            Ok(bytes) => Ok(Some(bytes)),
            Err(KeyringError::NoEntry) => Ok(None),
            Err(failed) => Err(explain(&failed)),
        }
    }

    fn describe(&self) -> &'static str {
        NAME
    }
}

/// The keychain's account of this home: of its place, so that a copied folder cannot be used beside the original
/// and repeat its message keys.
fn account_of(home: &Home) -> Result<String, VaultError> {
    let place =
        home.folder().canonicalize().map_err(|source| VaultError::Io { doing: "find the home folder", source })?;
    let digest = Sha256::new()
        .chain_update(b"a2a/1/keychain/home")
        .chain_update(place.as_os_str().as_encoded_bytes())
        .finalize();
    Ok(format!("home-{}", HEXLOWER.encode(&digest[..16])))
}

fn exactly_32(bytes: &[u8]) -> Result<Secret, VaultError> {
    let mut secret = Zeroizing::new([0; 32]);
    if bytes.len() != secret.len() {
        return Err(VaultError::Damaged { what: "the secret in the keychain" });
    }
    secret.copy_from_slice(bytes);
    Ok(secret)
}

/// The keychain's failure in our words; never with what it holds.
fn explain(failed: &KeyringError) -> VaultError {
    match failed {
        KeyringError::NoStorageAccess(_) => VaultError::Locked,
        KeyringError::PlatformFailure(reason) => VaultError::Unavailable { reason: one_line(&reason.to_string()) },
        KeyringError::Ambiguous(_) => VaultError::Unavailable { reason: "it holds two secrets for this home".into() },
        KeyringError::BadDataFormat(..) | KeyringError::BadEncoding(_) => {
            VaultError::Damaged { what: "the secret in the keychain" }
        }
        _ => VaultError::Unavailable { reason: "it refused".into() },
    }
}

fn one_line(reason: &str) -> String {
    let printable = reason.chars().map(|c| if c.is_control() { ' ' } else { c });
    printable.take(REASON_CHARS).collect()
}

const SERVICE: &str = "a2a";
/// The account that holds the key, and beside it the one that holds the audit log's head: public, but out of reach for
/// whoever puts old files back.
const KEY: &str = "";
const HEAD: &str = "-audit-head";
/// Long enough to type a password into a prompt, short enough that a client does not seem dead.
const DEADLINE: Duration = Duration::from_secs(60);
const REASON_CHARS: usize = 160;

#[cfg(test)]
#[path = "keychain/tests.rs"]
mod tests;
