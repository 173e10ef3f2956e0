//! Counters that a stolen or restored device can not abuse: the device epoch counts first.

use serde::{Deserialize, Serialize};

use crate::codec::{DecodeError, Reader, Writer};

/// A number that may only grow, within the device epoch that chose it.
///
/// Counters compare by epoch first. So a stale backup starts below nobody after it raised its epoch, and a thief's largest
/// number at the old epoch locks nobody out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Counter {
    /// The device epoch.
    pub epoch: u32,
    /// The number within the epoch.
    pub number: u64,
}

impl Counter {
    /// The size in bytes: epoch u32 ‖ number u64.
    pub const SIZE: usize = 12;

    /// A counter at this place.
    pub const fn new(epoch: u32, number: u64) -> Self {
        Self { epoch, number }
    }

    /// The next number in the same epoch; saturates.
    #[must_use]
    pub const fn next(self) -> Self {
        Self { epoch: self.epoch, number: self.number.saturating_add(1) }
    }

    /// Appends epoch ‖ number.
    pub fn write(self, writer: &mut Writer) {
        writer.u32(self.epoch).u64(self.number);
    }

    /// Reads epoch ‖ number.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { epoch: reader.u32()?, number: reader.u64()? })
    }
}
