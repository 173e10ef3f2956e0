//! Argon2id (RFC 9106): turns a passphrase into a key at a price for who guesses.

use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::VaultError;

/// What a new passphrase slot uses.
pub const USUAL_MEMORY_MIB: u32 = 256;

/// Below this, guessing on graphics cards is cheap (RFC 9106, second recommended option).
pub const MINIMUM_MEMORY_MIB: u32 = 64;

/// Above this, a forged file could stop the machine.
const MAXIMUM_MEMORY_MIB: u32 = 4096;
const MAXIMUM_PASSES: u32 = 64;
const MAXIMUM_LANES: u32 = 16;
const USUAL_PASSES: u32 = 3;
const USUAL_LANES: u32 = 1;

/// The price of one guess; stands in the slot, so it can be raised for new slots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cost {
    pub(super) memory_mib: u32,
    pub(super) passes: u32,
    pub(super) lanes: u32,
}

impl Cost {
    /// The usual number of passes over `memory_mib` of memory.
    pub(super) fn with_memory(memory_mib: u32) -> Result<Self, VaultError> {
        let cost = Self { memory_mib, passes: USUAL_PASSES, lanes: USUAL_LANES };
        if !cost.is_acceptable() {
            return Err(VaultError::BadCost {
                asked_mib: memory_mib,
                least_mib: MINIMUM_MEMORY_MIB,
                most_mib: MAXIMUM_MEMORY_MIB,
            });
        }
        Ok(cost)
    }

    /// Whether a slot may ask for this: not so little that it is cheap to guess, not so much that it stops the machine.
    pub(super) fn is_acceptable(self) -> bool {
        (MINIMUM_MEMORY_MIB..=MAXIMUM_MEMORY_MIB).contains(&self.memory_mib)
            && (USUAL_PASSES..=MAXIMUM_PASSES).contains(&self.passes)
            && (1..=MAXIMUM_LANES).contains(&self.lanes)
    }

    /// `Argon2id(passphrase, salt)`, 32 bytes. Takes about a second.
    pub(super) fn stretch(self, passphrase: &[u8], salt: &[u8; 16]) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        let failed = |_| VaultError::Machine("give the memory that Argon2id needs");
        let params = Params::new(self.memory_mib * 1024, self.passes, self.lanes, Some(32)).map_err(failed)?;
        let mut stretched = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase, salt, stretched.as_mut())
            .map_err(failed)?;
        Ok(stretched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_than_the_floor_is_refused() {
        assert!(Cost::with_memory(MINIMUM_MEMORY_MIB).is_ok());
        for bad in [0, MINIMUM_MEMORY_MIB - 1, MAXIMUM_MEMORY_MIB + 1, u32::MAX] {
            let refused = Cost::with_memory(bad);
            assert!(matches!(refused, Err(VaultError::BadCost { .. })), "{bad}");
        }
    }

    #[test]
    fn the_salt_and_the_passphrase_both_count() {
        let cost = Cost::with_memory(MINIMUM_MEMORY_MIB).unwrap();
        let one = cost.stretch(b"correct horse", &[1; 16]).unwrap();
        assert_ne!(one, cost.stretch(b"correct horse", &[2; 16]).unwrap());
        assert_ne!(one, cost.stretch(b"correct house", &[1; 16]).unwrap());
    }
}
