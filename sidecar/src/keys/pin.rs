//! What a guess at the approval PIN costs: Argon2id, as for a passphrase.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::VaultError;
use super::stretch::Cost;

/// The price of one guess; it stands beside the stretched PIN, so that it can be raised for a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PinCost(Cost);

impl PinCost {
    /// The usual number of passes over `memory_mib` of memory.
    pub fn with_memory(memory_mib: u32) -> Result<Self, VaultError> {
        Cost::with_memory(memory_mib).map(Self)
    }

    /// The PIN stretched, 32 bytes. Takes up to a second: off the async threads.
    pub fn stretch(self, pin: &str, salt: &[u8; 16]) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        if !self.0.is_acceptable() {
            return Err(VaultError::Damaged { what: "the stored PIN" });
        }
        self.0.stretch(pin.as_bytes(), salt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands in the store decides how long we compute; it does not decide that without bounds.
    #[test]
    fn a_stored_price_out_of_bounds_is_damage_and_not_paid() {
        let usual = serde_json::to_value(PinCost::with_memory(crate::keys::MINIMUM_MEMORY_MIB).unwrap()).unwrap();
        for field in usual.as_object().unwrap().keys() {
            for price in [0_u32, u32::MAX] {
                let mut cost = usual.clone();
                cost[field] = price.into();
                let cost: PinCost = serde_json::from_value(cost).unwrap();
                let refused = cost.stretch("seven otters", &[1; 16]);
                assert!(matches!(refused, Err(VaultError::Damaged { .. })), "{field} at {price}");
            }
        }
    }
}
