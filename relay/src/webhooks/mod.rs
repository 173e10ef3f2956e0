//! Webhooks: owners' servers are told that mail is waiting: at most once a minute, and again for a day where it fails.

mod asking;
mod call;
mod delivering;
mod schedule;
mod setting;
mod standing;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use a2a_guard::Rules;
use a2a_proto::id::AgentId;
use a2a_proto::time::Timestamp;
use data_encoding::BASE64URL_NOPAD;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use self::asking::Asking;
use self::call::Caller;
pub(crate) use self::delivering::{deliver_due, run};
pub(crate) use self::setting::{NotSet, remove, set};
pub(crate) use self::standing::Standing;
use crate::entropy;

/// A server is told at most so often.
const APART: Duration = Duration::from_secs(60);
/// Calls under way at once, and as many challenges.
const AT_ONCE: usize = 64;

/// What this relay knows of webhooks that are called.
pub(crate) struct Webhooks {
    rules: Rules,
    active: Mutex<HashMap<AgentId, Turn>>,
    rung: Notify,
    /// Made when the first call is: most relays never call.
    caller: OnceLock<Option<Caller>>,
    /// Challenges under way: owners choose when those are sent.
    asking: Asking,
    /// Calls under way.
    calls: TaskTracker,
}

/// When an owner's server was and will be told.
#[derive(Debug, Clone, Copy, Default)]
struct Turn {
    last: Option<Timestamp>,
    /// The one before, for when there turns out to be nothing to tell.
    before: Option<Timestamp>,
    due: Option<Timestamp>,
}

impl Turn {
    /// The server is told as soon as it may be.
    fn next(&self, now: Timestamp) -> Timestamp {
        self.last.map_or(now, |last| last.plus(APART).max(now))
    }
}

impl Webhooks {
    /// None are called before they were read from the store.
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            active: Mutex::default(),
            rung: Notify::new(),
            caller: OnceLock::new(),
            asking: Asking::default(),
            calls: TaskTracker::new(),
        }
    }

    /// `None` when TLS cannot be set up on this machine.
    fn caller(&self) -> Option<&Caller> {
        self.caller.get_or_init(|| Caller::new(self.rules.clone())).as_ref()
    }

    /// Mail arrived. Cheap where there is no webhook.
    pub(crate) fn mail(&self, owner: &AgentId, now: Timestamp) {
        let mut active = self.active();
        let Some(turn) = active.get_mut(owner) else { return };
        // What waits already, or is tried again after a failure, tells of this mail too.
        if turn.due.is_none() {
            turn.due = Some(turn.next(now));
            self.rung.notify_one();
        }
    }

    fn active(&self) -> MutexGuard<'_, HashMap<AgentId, Turn>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Also for what waits already, or was due when another address stood here.
    fn call_from_now_on(&self, owner: AgentId, now: Timestamp) {
        self.active().insert(owner, Turn { due: Some(now), ..Turn::default() });
        self.rung.notify_one();
    }

    fn forget(&self, owner: &AgentId) {
        self.active().remove(owner);
    }

    fn call_at(&self, owner: &AgentId, due: Option<Timestamp>) {
        if let Some(turn) = self.active().get_mut(owner) {
            turn.due = due;
        }
    }

    /// A failure's next try counts before mail that came meanwhile.
    fn told(&self, owner: &AgentId, at: Timestamp, next_try_at: Option<Timestamp>) {
        if let Some(turn) = self.active().get_mut(owner) {
            turn.due = next_try_at.or(turn.due.map(|_| at.plus(APART)));
        }
    }

    /// There was nothing to tell: the turn was not used.
    fn untold(&self, owner: &AgentId, now: Timestamp) {
        if let Some(turn) = self.active().get_mut(owner) {
            turn.last = turn.before;
            turn.due = turn.due.map(|_| turn.next(now));
        }
    }

    /// At most so many that are due; each is nobody else's now.
    fn due(&self, now: Timestamp, most: usize) -> Vec<AgentId> {
        let mut active = self.active();
        let due = active.iter_mut().filter(|(_, turn)| turn.due.is_some_and(|due| due <= now));
        due.take(most)
            .map(|(owner, turn)| {
                turn.due = None;
                turn.before = turn.last.replace(now);
                *owner
            })
            .collect()
    }
}

fn fresh_id() -> String {
    format!("msg_{}", BASE64URL_NOPAD.encode(&entropy::bytes::<16>()))
}
