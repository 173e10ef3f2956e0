//! Everything a request may use.

use std::sync::Arc;

use a2a_proto::time::Timestamp;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::policy::Policy;
use crate::secret::MasterSecret;
use crate::store::Store;
use crate::wake::Wakers;

/// Knocks under way to the store; their senders have their answer already.
const KNOCKS_UNDER_WAY: usize = 256;

/// A running relay, shared by all its requests.
pub type RelayState = Arc<Relay>;

/// One relay.
pub struct Relay {
    /// Where everything is kept.
    pub(crate) store: Arc<dyn Store>,
    /// What lane keys and tokens come from.
    pub(crate) secret: MasterSecret,
    /// The time.
    pub(crate) clock: Clock,
    /// The operator's decisions.
    pub(crate) policy: Policy,
    /// Collectors that wait for mail.
    pub(crate) wakers: Wakers,
    /// Work that outlives its request.
    pub(crate) tasks: TaskTracker,
    /// Room for knocks under way.
    pub(crate) knocks: Arc<Semaphore>,
    /// Room for requests at work.
    pub(crate) requests: Semaphore,
    /// Room for collectors that wait.
    pub(crate) collectors: Semaphore,
    /// Set when the relay goes down.
    pub(crate) shutdown: CancellationToken,
}

impl Relay {
    /// Puts a relay together.
    pub fn new(store: Arc<dyn Store>, secret: MasterSecret, clock: Clock, policy: Policy) -> RelayState {
        Arc::new(Self {
            store,
            secret,
            clock,
            wakers: Wakers::default(),
            tasks: TaskTracker::new(),
            knocks: Arc::new(Semaphore::new(KNOCKS_UNDER_WAY)),
            requests: Semaphore::new(policy.max_requests),
            collectors: Semaphore::new(policy.max_collectors),
            shutdown: CancellationToken::new(),
            policy,
        })
    }

    /// The time now.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Knocks that were answered and have not reached the store yet.
    pub fn knocks_under_way(&self) -> usize {
        KNOCKS_UNDER_WAY.saturating_sub(self.knocks.available_permits())
    }

    /// Ends the relay: waiting collectors are answered, [`crate::serve`] returns when the rest is done.
    pub fn shut_down(&self) {
        self.shutdown.cancel();
    }
}
