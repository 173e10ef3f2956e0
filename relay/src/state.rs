//! Everything a request may use.

use std::sync::Arc;

use a2a_proto::id::AgentId;
use a2a_proto::time::Timestamp;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::difficulty::Difficulty;
use crate::known_lanes::KnownLanes;
use crate::policy::Policy;
use crate::rates::Paces;
use crate::room::Room;
use crate::secret::MasterSecret;
use crate::spent_work::SpentWork;
use crate::store::Store;
use crate::unread::Answers;
use crate::wake::Wakers;
use crate::webhooks::{self, Webhooks};

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
    /// How hard strangers have to work.
    pub(crate) difficulty: Difficulty,
    /// Work that knocks were paid with.
    pub(crate) spent: SpentWork,
    /// How fast lanes and owners have been.
    pub(crate) paces: Paces,
    /// Lanes that were just used.
    pub(crate) lanes: KnownLanes,
    /// Owners' servers that are told of mail.
    pub(crate) webhooks: Webhooks,
    /// Collectors that wait for mail.
    pub(crate) wakers: Wakers,
    /// Work that outlives its request.
    pub(crate) tasks: TaskTracker,
    /// Room for knocks under way.
    pub(crate) knocks: Arc<Semaphore>,
    /// Room for requests at work.
    pub(crate) requests: Semaphore,
    /// Room for collectors that wait.
    pub(crate) collectors: Arc<Semaphore>,
    /// Room for batches on their way through streams, so that slow readers cost a bounded memory.
    pub(crate) pushes: Arc<Room>,
    /// Batches of mail that are not read yet.
    pub(crate) unread: Answers,
    /// Chunks that are not read yet.
    pub(crate) unread_blobs: Answers,
    /// Backup parts that are not read yet: anybody may ask for one, and takes no room from owners by it.
    pub(crate) unread_backups: Answers,
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
            difficulty: Difficulty::new(policy.knock_difficulty),
            spent: SpentWork::default(),
            paces: Paces::new(policy.rates),
            lanes: KnownLanes::default(),
            webhooks: Webhooks::new(policy.webhooks.clone()),
            wakers: Wakers::default(),
            tasks: TaskTracker::new(),
            knocks: Arc::new(Semaphore::new(KNOCKS_UNDER_WAY)),
            requests: Semaphore::new(policy.max_requests),
            collectors: Arc::new(Semaphore::new(policy.max_collectors)),
            pushes: Room::new(policy.max_pushes),
            unread: Answers::new(policy.max_unread),
            unread_blobs: Answers::new(policy.max_unread_files),
            unread_backups: Answers::new(policy.max_unread_files),
            shutdown: CancellationToken::new(),
            policy,
        })
    }

    /// The time now.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Mail arrived in a mailbox: its collectors are woken, its owner's server is told in its turn.
    pub(crate) fn arrived(&self, mailbox: &AgentId) {
        self.wakers.wake(mailbox);
        self.webhooks.mail(mailbox, self.now());
    }

    /// Knocks that were answered and have not reached the store yet.
    pub fn knocks_under_way(&self) -> usize {
        KNOCKS_UNDER_WAY.saturating_sub(self.knocks.available_permits())
    }

    /// Batches on their way to streams.
    pub fn pushes_under_way(&self) -> usize {
        self.pushes.taken()
    }

    /// Places of batches that are not read yet.
    pub fn unread(&self) -> usize {
        self.unread.taken()
    }

    /// Places of chunks that are not read yet.
    pub fn unread_blobs(&self) -> usize {
        self.unread_blobs.taken()
    }

    /// Ends the relay: waiting collectors are answered, [`crate::serve`] returns when the rest is done.
    pub fn shut_down(&self) {
        self.shutdown.cancel();
    }

    /// Calls every webhook whose time has come. [`crate::serve`] does so by itself, every second.
    pub async fn deliver_due_webhooks(self: &Arc<Self>) {
        webhooks::deliver_due(self).await;
    }
}
