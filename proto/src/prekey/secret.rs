//! The secret half of a signed prekey.

use std::fmt;

use rand_core::CryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::codec::{DecodeError, Reader, Writer};
use crate::keys::{AgreementSecret, KemSecret};
use crate::limits::{PREKEY_GRACE, PREKEY_LIFETIME, PREKEY_ROTATION};
use crate::time::Timestamp;

const VERSION: u8 = 1;

/// A signed prekey's secrets; kept until every bundle that named it has expired, and a week more.
#[derive(Clone)]
pub struct PrekeySecret {
    id: u32,
    agreement: AgreementSecret,
    kem: KemSecret,
    created: Timestamp,
}

impl PrekeySecret {
    /// The size of the stored form: version u8 ‖ id u32 ‖ X25519 32 ‖ ML-KEM seed 64 ‖ created u64.
    pub const SIZE: usize = 109;

    /// Draws a new prekey. The owner chooses ids so that none comes twice.
    pub fn generate(rng: &mut impl CryptoRng, id: u32, now: Timestamp) -> Self {
        Self { id, agreement: AgreementSecret::generate(rng), kem: KemSecret::generate(rng), created: now }
    }

    /// The prekey, for sealed storage.
    pub fn to_bytes(&self) -> Zeroizing<[u8; Self::SIZE]> {
        // Writing into the final array leaves no copy behind, as a growing buffer would.
        let mut bytes = Zeroizing::new([0; Self::SIZE]);
        bytes[0] = VERSION;
        bytes[1..5].copy_from_slice(&self.id.to_be_bytes());
        bytes[5..37].copy_from_slice(self.agreement.to_bytes().as_ref());
        bytes[37..101].copy_from_slice(self.kem.to_bytes().as_ref());
        bytes[101..].copy_from_slice(&self.created.millis().to_be_bytes());
        bytes
    }

    /// Takes a prekey out of sealed storage.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.version(VERSION)?;
        let prekey = Self {
            id: reader.u32()?,
            agreement: AgreementSecret::from_bytes(reader.array()?),
            kem: KemSecret::from_bytes(reader.array()?),
            created: Timestamp::from_millis(reader.u64()?),
        };
        reader.finish()?;
        Ok(prekey)
    }

    /// The prekey's number, as its bundle states it.
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// The X25519 half.
    pub const fn agreement(&self) -> &AgreementSecret {
        &self.agreement
    }

    /// The ML-KEM-768 half.
    pub const fn kem(&self) -> &KemSecret {
        &self.kem
    }

    /// When it was drawn.
    pub const fn created(&self) -> Timestamp {
        self.created
    }

    /// Whether it is time to publish a successor.
    pub fn is_due_for_rotation(&self, now: Timestamp) -> bool {
        now.since(self.created) >= PREKEY_ROTATION
    }

    /// Whether no mail sealed to it can still be under way, so that it must be deleted.
    pub fn is_past_use(&self, now: Timestamp) -> bool {
        now > self.created.plus(PREKEY_LIFETIME).plus(PREKEY_GRACE)
    }

    pub(super) fn write_public(&self, writer: &mut Writer) {
        writer.u32(self.id).fixed(self.agreement.public_key().as_bytes()).fixed(self.kem.public_key().as_bytes());
    }
}

// Every part is wiped when dropped.
impl ZeroizeOnDrop for PrekeySecret {}

impl fmt::Debug for PrekeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, agreement: _, kem: _, created } = self;
        f.debug_struct("PrekeySecret").field("id", id).field("created", created).finish_non_exhaustive()
    }
}
