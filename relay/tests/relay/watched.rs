//! A store that counts what it is asked and can hold an answer back after the work is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use a2a_proto::address::Handle;
use a2a_proto::id::{AgentId, InviteId, LaneId};
use a2a_proto::time::Timestamp;
use a2a_relay::store::{
    Account, Admitted, Answer, Collected, Deposit, Deposited, Device, Fact, Holder, InviteOffer, Knock, LaneEntry,
    LaneOpening, LaneRecord, NewLane, NewRecord, Publication, Published, Put, Registered, Registration,
    RegistrationToken, Shelf, Shown, Store, StoreError, Swept,
};
use bytes::Bytes;
use tokio::sync::Semaphore;

/// What a test sees of the store, and what it does to it.
#[derive(Default)]
pub(crate) struct Watch {
    /// Look-ups of accounts that were answered.
    pub(crate) accounts: AtomicUsize,
    /// Look-ups of lanes.
    pub(crate) lanes: AtomicUsize,
    /// Deposits that reached the store.
    pub(crate) deposits: AtomicUsize,
    /// The store is away.
    pub(crate) away: AtomicBool,
    /// The next deposit is answered only when there is a permit.
    pub(crate) hold: AtomicBool,
    pub(crate) gate: Gate,
    /// The next look into a mailbox is answered only when there is a permit.
    pub(crate) hold_look: AtomicBool,
    pub(crate) look: Gate,
}

pub(crate) struct Gate {
    /// A permit for each deposit that is done and held back.
    pub(crate) reached: Semaphore,
    pub(crate) open: Semaphore,
}

impl Gate {
    /// Tells that the work is done, and waits for the permit to say so.
    async fn pass(&self) {
        self.reached.add_permits(1);
        self.open.acquire().await.unwrap().forget();
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self { reached: Semaphore::new(0), open: Semaphore::new(0) }
    }
}

pub(crate) struct Watched<S> {
    pub(crate) store: S,
    pub(crate) watch: Arc<Watch>,
}

macro_rules! passed_on {
    ($($act:ident($($name:ident: $type:ty),*) -> $answer:ty;)*) => {
        $(fn $act(&self, $($name: $type),*) -> Answer<'_, $answer> {
            if self.watch.away.load(Ordering::SeqCst) {
                return Box::pin(async { Err(StoreError::Unavailable) });
            }
            self.store.$act($($name),*)
        })*
    };
}

impl<S: Store> Store for Watched<S> {
    passed_on! {
        register(registration: Registration) -> Registered;
        admit(device: Device) -> Admitted;
        close_account(agent: AgentId) -> ();
        publish(owner: AgentId, publication: Publication) -> Published;
        shown(agent: AgentId) -> Option<Shown>;
        holder_of(handle: Handle) -> Option<AgentId>;
        open_lane(owner: AgentId, lane: NewLane) -> LaneOpening;
        close_lane(owner: AgentId, lane: LaneId) -> ();
        lanes(owner: AgentId) -> Vec<LaneEntry>;
        invite(owner: AgentId, invite: InviteId) -> Option<InviteOffer>;
        knock(knock: Knock) -> Option<AgentId>;
        acknowledge(owner: AgentId, through: u64) -> ();
        put_record(owner: AgentId, record: NewRecord) -> Put;
        record(owner: AgentId, shelf: Shelf, key: Bytes) -> Option<Bytes>;
        holders(shelf: Shelf, key: Bytes, after: Option<AgentId>, limit: usize) -> Vec<Holder>;
        take_record(owner: AgentId, shelf: Shelf, key: Bytes) -> ();
        stand_under(owner: AgentId, shelf: Shelf, keys: Vec<Bytes>) -> ();
        issue_token(token: RegistrationToken) -> ();
        tokens() -> Vec<RegistrationToken>;
        revoke_token(hash: [u8; 32]) -> ();
        sweep(now: Timestamp) -> Swept;
        check() -> ();
        has_accounts() -> bool;
        note(name: Fact, value: String) -> ();
        noted(name: Fact) -> Option<String>;
        settle(name: Fact, value: String) -> String;
    }

    fn account(&self, agent: AgentId) -> Answer<'_, Option<Account>> {
        Box::pin(async move {
            if self.watch.away.load(Ordering::SeqCst) {
                return Err(StoreError::Unavailable);
            }
            let account = self.store.account(agent).await;
            self.watch.accounts.fetch_add(1, Ordering::SeqCst);
            account
        })
    }

    fn lane(&self, lane: LaneId) -> Answer<'_, Option<LaneRecord>> {
        self.watch.lanes.fetch_add(1, Ordering::SeqCst);
        if self.watch.away.load(Ordering::SeqCst) {
            return Box::pin(async { Err(StoreError::Unavailable) });
        }
        self.store.lane(lane)
    }

    fn collect(&self, owner: AgentId, after: u64, limit: usize) -> Answer<'_, Collected> {
        Box::pin(async move {
            if self.watch.away.load(Ordering::SeqCst) {
                return Err(StoreError::Unavailable);
            }
            let collected = self.store.collect(owner, after, limit).await;
            if self.watch.hold_look.swap(false, Ordering::SeqCst) {
                self.watch.look.pass().await;
            }
            collected
        })
    }

    fn deposit(&self, deposit: Deposit) -> Answer<'_, Deposited> {
        Box::pin(async move {
            self.watch.deposits.fetch_add(1, Ordering::SeqCst);
            let deposited = self.store.deposit(deposit).await;
            if self.watch.hold.load(Ordering::SeqCst) {
                self.watch.gate.pass().await;
            }
            deposited
        })
    }
}
