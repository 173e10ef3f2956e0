//! How often the owner is asked: a model in a loop must not bury the owner in questions.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often one action is put to the owner.
const PER_ACTION: u32 = 3;

/// How many questions one process puts to the owner within [`WINDOW`].
const PER_WINDOW: usize = 20;
const WINDOW: Duration = Duration::from_secs(600);

/// Counts the questions of this process.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    asked: Mutex<Asked>,
}

#[derive(Debug, Default)]
struct Asked {
    per_action: HashMap<String, u32>,
    recent: VecDeque<Instant>,
}

impl Patience {
    /// Whether the owner may be asked about this action once more; counts it if so.
    pub(super) fn admits(&self, action_id: &str) -> bool {
        self.admits_at(action_id, Instant::now())
    }

    fn admits_at(&self, action_id: &str, now: Instant) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        while asked.recent.front().is_some_and(|then| now.duration_since(*then) > WINDOW) {
            asked.recent.pop_front();
        }
        let before = asked.per_action.get(action_id).copied().unwrap_or(0);
        if before >= PER_ACTION || asked.recent.len() >= PER_WINDOW {
            return false;
        }
        asked.per_action.insert(action_id.to_owned(), before + 1);
        asked.recent.push_back(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_put_to_the_owner_three_times() {
        let patience = Patience::default();
        let admitted = (0..10).filter(|_| patience.admits("ABC234")).count();
        assert_eq!(admitted, 3);
        assert!(patience.admits("XYZ234"));
    }

    #[test]
    fn many_actions_are_slowed_down_for_a_while() {
        let (patience, start) = (Patience::default(), Instant::now());
        let admitted = (0..100).filter(|number| patience.admits_at(&number.to_string(), start)).count();
        assert_eq!(admitted, PER_WINDOW);
        assert!(patience.admits_at("later", start + WINDOW + Duration::from_secs(1)));
    }
}
