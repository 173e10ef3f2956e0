//! Which owners' servers are being asked whether they want to be called: so many at once, and one of each owner.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use a2a_proto::id::AgentId;

/// The owners whose servers are being asked.
#[derive(Debug, Default)]
pub(super) struct Asking(Mutex<HashSet<AgentId>>);

/// One server is being asked, until this is dropped.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    asking: &'a Asking,
    owner: AgentId,
}

impl Asking {
    /// Room for one more, unless `most` are being asked or this owner's is: a server that is slow on purpose must not take the
    /// room of others.
    pub(super) fn begin(&self, owner: AgentId, most: usize) -> Option<Asked<'_>> {
        let mut owners = self.owners();
        let has_room = owners.len() < most && owners.insert(owner);
        has_room.then(|| Asked { asking: self, owner })
    }

    fn owners(&self) -> MutexGuard<'_, HashSet<AgentId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.asking.owners().remove(&self.owner);
    }
}

#[cfg(test)]
mod tests {
    use a2a_proto::keys::Entropy;

    use super::*;

    fn owners() -> [AgentId; 3] {
        [1, 2, 3].map(|number| Entropy::from_bytes([number; 32]).root_key().agent_id())
    }

    #[test]
    fn an_owner_takes_one_place_and_gives_it_back() {
        let [one, two, three] = owners();
        let asking = Asking::default();
        let first = asking.begin(one, 2).unwrap();
        assert!(asking.begin(one, 2).is_none(), "an owner took a second place");
        let second = asking.begin(two, 2).unwrap();
        assert!(asking.begin(three, 2).is_none(), "there was room for a third");
        drop(first);
        assert!(asking.begin(three, 2).is_some());
        drop(second);
        assert!(asking.begin(one, 2).is_some());
    }
}
