//! Key slots: the database key, wrapped once for each secret that may open it (as LUKS does).
//!
//! A slot commits to its secret: `commitment` and the wrapping key come from the same secret by HKDF, so a wrong
//! secret is told from damage, and no slot opens under two secrets. `check` is an unkeyed digest of the slot; it finds
//! accidents, the AEAD finds forgeries.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use data_encoding::BASE64URL_NOPAD;
use hkdf::Hkdf;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::mint::fill;
use super::stretch::Cost;
use super::{DatabaseKey, VaultError};
use crate::durable_file::{read_small, write_private};
use crate::paths::Home;

/// Which kind of secret opens a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum SlotKind {
    /// 32 bytes kept by the operating system's keychain.
    Keychain,
    /// A passphrase, stretched by Argon2id.
    Passphrase,
    /// The 24 recovery words.
    Recovery,
}

/// The file `keyslots.json`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KeySlots {
    version: u32,
    slots: Vec<Slot>,
}

/// The database key under one secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Slot {
    kind: SlotKind,
    /// How the passphrase was stretched; only in a passphrase slot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) argon2id: Option<Cost>,
    salt: Fixed<16>,
    nonce: Fixed<24>,
    commitment: Fixed<32>,
    wrapped: Fixed<48>,
    check: Fixed<8>,
}

/// Why a slot did not open.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum SlotError {
    /// The slot is whole, and this is not its secret.
    WrongSecret,
    /// The slot is not what was written.
    Damaged,
}

impl KeySlots {
    /// A file with one slot.
    pub(super) fn of(slot: Slot) -> Self {
        Self { version: VERSION, slots: vec![slot] }
    }

    /// The slots of this home; `None` only where there is no file.
    pub(super) fn read(home: &Home) -> Result<Option<Self>, VaultError> {
        let contents = read_small(&home.keyslots(), LIMIT_BYTES)
            .map_err(|source| VaultError::Io { doing: "read keyslots.json", source })?;
        contents.map(|bytes| Self::parse(&bytes)).transpose()
    }

    fn parse(contents: &[u8]) -> Result<Self, VaultError> {
        #[derive(Deserialize)]
        struct Envelope {
            version: u32,
        }
        let envelope: Envelope = serde_json::from_slice(contents).map_err(|_| DAMAGED)?;
        if envelope.version > VERSION {
            return Err(VaultError::Newer);
        }
        serde_json::from_slice(contents).map_err(|_| DAMAGED)
    }

    /// Writes the file; on disk when this returns.
    pub(super) fn write(&self, home: &Home) -> Result<(), VaultError> {
        let contents = serde_json::to_vec_pretty(self).map_err(|_| VaultError::Machine("write keyslots.json"))?;
        write_private(&home.keyslots(), &contents)
            .map_err(|source| VaultError::Io { doing: "write keyslots.json", source })
    }

    /// The slot of this kind, if there is one.
    pub(super) fn find(&self, kind: SlotKind) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.kind == kind)
    }

    /// The kinds of slots there are, in the order of the file.
    pub(super) fn kinds(&self) -> Vec<SlotKind> {
        self.slots.iter().map(|slot| slot.kind).collect()
    }

    /// Puts a slot in the place of the one of its kind, or beside the others.
    pub(super) fn put(&mut self, slot: Slot) {
        match self.slots.iter_mut().find(|old| old.kind == slot.kind) {
            Some(old) => *old = slot,
            None => self.slots.push(slot),
        }
    }

    /// Takes the slot of a kind away.
    pub(super) fn remove(&mut self, kind: SlotKind) {
        self.slots.retain(|slot| slot.kind != kind);
    }

    /// The slot of this kind, or an error that names the vault that can open this home.
    pub(super) fn of_kind(&self, kind: SlotKind) -> Result<&Slot, VaultError> {
        self.find(kind).ok_or_else(|| match self.slots.iter().find(|slot| slot.kind != SlotKind::Recovery) {
            Some(other) => VaultError::OtherVault { rests_in: other.kind.vault(), asked: kind.vault() },
            None => DAMAGED,
        })
    }
}

impl SlotKind {
    /// The vault that holds this kind of secret.
    pub(super) fn vault(self) -> &'static str {
        match self {
            Self::Keychain => super::keychain::NAME,
            Self::Passphrase => super::passphrase_file::NAME,
            Self::Recovery => super::recovery::NAME,
        }
    }

    fn byte(self) -> u8 {
        match self {
            Self::Keychain => 1,
            Self::Passphrase => 2,
            Self::Recovery => 3,
        }
    }
}

impl Slot {
    /// A fresh salt for a slot.
    pub(super) fn fresh_salt() -> Result<[u8; 16], VaultError> {
        let mut salt = [0; 16];
        fill(&mut salt)?;
        Ok(salt)
    }

    /// What kind of secret opens it.
    pub(super) fn kind(&self) -> SlotKind {
        self.kind
    }

    /// The salt the secret is stretched with.
    pub(super) fn salt(&self) -> &[u8; 16] {
        &self.salt.0
    }

    /// Wraps `key` under `secret`, which has at least 256 bits of work in it (random, or out of Argon2id).
    pub(super) fn wrap(
        kind: SlotKind,
        argon2id: Option<Cost>,
        salt: [u8; 16],
        secret: &[u8; 32],
        key: &DatabaseKey,
    ) -> Result<Self, VaultError> {
        let mut nonce = [0; 24];
        fill(&mut nonce)?;
        let mut slot = Self {
            kind,
            argon2id,
            salt: Fixed(salt),
            nonce: Fixed(nonce),
            commitment: Fixed(*derive(secret, &salt, COMMITMENT_LABEL)?),
            wrapped: Fixed([0; 48]),
            check: Fixed([0; 8]),
        };
        slot.wrapped = slot.seal_key(secret, key)?;
        slot.check = slot.digest();
        Ok(slot)
    }

    fn seal_key(&self, secret: &[u8; 32], key: &DatabaseKey) -> Result<Fixed<48>, VaultError> {
        let payload = Payload { msg: key.as_ref(), aad: &self.header() };
        self.cipher(secret)?
            .encrypt(&XNonce::from(self.nonce.0), payload)
            .ok()
            .and_then(|sealed| sealed.try_into().ok())
            .map(Fixed)
            .ok_or(VaultError::Machine("wrap a key"))
    }

    /// The database key, when the slot is whole and `secret` is the one it was wrapped under.
    pub(super) fn open(&self, secret: &[u8; 32]) -> Result<DatabaseKey, SlotError> {
        if self.digest() != self.check {
            return Err(SlotError::Damaged);
        }
        let commitment = derive(secret, &self.salt.0, COMMITMENT_LABEL).map_err(|_| SlotError::Damaged)?;
        if !bool::from(commitment.ct_eq(&self.commitment.0)) {
            return Err(SlotError::WrongSecret);
        }
        self.open_key(secret).ok_or(SlotError::Damaged)
    }

    fn open_key(&self, secret: &[u8; 32]) -> Option<DatabaseKey> {
        let payload = Payload { msg: self.wrapped.0.as_slice(), aad: &self.header() };
        let cipher = self.cipher(secret).ok()?;
        let opened = cipher.decrypt(&XNonce::from(self.nonce.0), payload).ok()?;
        let opened = Zeroizing::new(opened);
        let mut key = Zeroizing::new([0; 32]);
        if opened.len() != key.len() {
            return None;
        }
        key.copy_from_slice(&opened);
        Some(key)
    }

    fn cipher(&self, secret: &[u8; 32]) -> Result<XChaCha20Poly1305, VaultError> {
        let wrapping_key = derive(secret, &self.salt.0, WRAP_LABEL)?;
        Ok(XChaCha20Poly1305::new(&Key::from(*wrapping_key)))
    }

    /// Everything of the slot that the wrapped key is bound to.
    fn header(&self) -> Vec<u8> {
        let cost = self.argon2id.unwrap_or_default();
        let mut header = HEADER_LABEL.to_vec();
        header.push(self.kind.byte());
        for number in [cost.memory_mib, cost.passes, cost.lanes] {
            header.extend(number.to_be_bytes());
        }
        header.extend(self.salt.0);
        header.extend(self.commitment.0);
        header
    }

    fn digest(&self) -> Fixed<8> {
        let mut hash = Sha256::new();
        hash.update(self.header());
        hash.update(self.nonce.0);
        hash.update(self.wrapped.0);
        let mut first = [0; 8];
        first.copy_from_slice(&hash.finalize()[..8]);
        Fixed(first)
    }
}

/// `HKDF-SHA-256[salt, label](secret, 32)`
fn derive(secret: &[u8; 32], salt: &[u8; 16], label: &[u8]) -> Result<Zeroizing<[u8; 32]>, VaultError> {
    let mut derived = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(salt), secret)
        .expand(label, derived.as_mut())
        .map_err(|_| VaultError::Machine("derive a key"))?;
    Ok(derived)
}

const VERSION: u32 = 1;
const LIMIT_BYTES: u64 = 64 * 1024;
const WRAP_LABEL: &[u8] = b"a2a/1/keyslot/wrap";
const COMMITMENT_LABEL: &[u8] = b"a2a/1/keyslot/commitment";
const HEADER_LABEL: &[u8] = b"a2a/1/keyslot/header";
const DAMAGED: VaultError = VaultError::Damaged { what: "the key file keyslots.json" };

/// Bytes of a known length, as base64url text in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fixed<const N: usize>([u8; N]);

impl<const N: usize> Serialize for Fixed<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl<'de, const N: usize> Deserialize<'de> for Fixed<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok();
        bytes
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("not the right number of bytes"))
    }
}

#[cfg(test)]
#[path = "slots/tests.rs"]
mod tests;
