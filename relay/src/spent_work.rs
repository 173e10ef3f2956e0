//! Work that was paid with: a copy of a knock is recognised before it costs anybody anything.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use a2a_proto::id::AgentId;
use a2a_proto::time::Timestamp;
use sha2::{Digest, Sha256};

use crate::tickets::KNOCK_CHALLENGE_LIFETIME;

/// Of each of two generations: 4 MiB in all. A flood of more paid knocks has the oldest forgotten first.
const MOST: usize = 32 * 1024;

/// What one knock was paid for: challenge, door and envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Work([u8; 32]);

impl Work {
    /// The challenge comes first; what follows has a fixed length.
    pub(crate) fn of(challenge: &str, recipient: &AgentId, envelope_hash: &[u8; 32]) -> Self {
        let hash = Sha256::new_with_prefix(challenge).chain_update(recipient.as_bytes()).chain_update(envelope_hash);
        Self(hash.finalize().into())
    }
}

/// The work that was spent here, kept for longer than its challenges are good.
pub(crate) struct SpentWork(Mutex<Generations>);

/// The old ones go when the young ones have grown old.
struct Generations {
    young: HashSet<Work>,
    old: HashSet<Work>,
    since: Timestamp,
}

impl Default for SpentWork {
    fn default() -> Self {
        Self(Mutex::new(Generations { young: HashSet::new(), old: HashSet::new(), since: Timestamp::EPOCH }))
    }
}

impl SpentWork {
    /// Spends work; whether it was there to be spent.
    pub(crate) fn spend(&self, work: Work, now: Timestamp) -> bool {
        let mut spent = self.generations();
        if spent.young.len() >= MOST || now.since(spent.since) >= KNOCK_CHALLENGE_LIFETIME {
            spent.old = std::mem::take(&mut spent.young);
            spent.since = now;
        }
        !spent.old.contains(&work) && spent.young.insert(work)
    }

    /// The knock did not reach the store: the same work may be shown again.
    pub(crate) fn give_back(&self, work: &Work) {
        let mut spent = self.generations();
        spent.young.remove(work);
        spent.old.remove(work);
    }

    fn generations(&self) -> MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use a2a_proto::keys::Entropy;

    use super::*;

    const NOON: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn work(number: usize) -> Work {
        let recipient = Entropy::from_bytes([1; 32]).root_key().agent_id();
        Work::of(&number.to_string(), &recipient, &[2; 32])
    }

    #[test]
    fn work_is_spent_once_while_its_challenge_is_good() {
        let spent = SpentWork::default();
        for second in [0, 1, 599, 600, 601, 1199] {
            let now = NOON.plus(Duration::from_secs(second));
            // Each second's own, and then a copy of it as long as its challenge can be good.
            let number = usize::try_from(second).unwrap();
            assert!(spent.spend(work(number), now), "{second}");
            assert!(!spent.spend(work(number), now.plus(Duration::from_secs(599))), "{second}");
        }
        spent.give_back(&work(1199));
        assert!(spent.spend(work(1199), NOON.plus(Duration::from_secs(1200))));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let spent = SpentWork::default();
        (0..3 * MOST).for_each(|number| assert!(spent.spend(work(number), NOON)));
        let kept = spent.generations();
        assert!(kept.young.len() <= MOST && kept.old.len() <= MOST);
    }
}
