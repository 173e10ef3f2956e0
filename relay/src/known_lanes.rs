//! Lanes that were just used: what is needed to check their proofs, without asking the store for every deposit.
//!
//! It only ever makes the good case cheap. Whoever is refused is looked up in the store, known here or not, and whether
//! a lane still lives is decided by the store, in the commit that stores. So a lane that another replica closed is
//! refused at its next deposit, and forgotten here.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use a2a_proto::id::LaneId;

use crate::store::LaneRecord;

/// A few MiB; beyond it everything is forgotten, and learned again at a look-up each.
const MOST: usize = 32 * 1024;

/// The lanes that were used through this relay.
#[derive(Default)]
pub(crate) struct KnownLanes(RwLock<HashMap<LaneId, LaneRecord>>);

impl KnownLanes {
    /// What is known of a lane.
    pub(crate) fn recall(&self, lane: &LaneId) -> Option<LaneRecord> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(lane).cloned()
    }

    /// Keeps what the store said about a lane whose proof held.
    pub(crate) fn remember(&self, lane: LaneId, record: LaneRecord) {
        let mut lanes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if lanes.len() >= MOST {
            lanes.clear();
        }
        lanes.insert(lane, record);
    }

    /// The lane was closed, or the store refused it.
    pub(crate) fn forget(&self, lane: &LaneId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(lane);
    }
}
