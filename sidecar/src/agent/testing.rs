//! Two agents without a network: what one puts into its outbox is handed to the other by the test.

use a2a_proto::address::RelayAuthority;
use a2a_proto::api::mailbox::{BatchItem, Source};
use a2a_proto::certificate::Certificate;
use a2a_proto::id::{AgentId, InviteId, LaneId};
use a2a_proto::invite::{Invite, InviteSecret};
use a2a_proto::keys::{DeviceKeys, Entropy};
use a2a_proto::lane::{LaneKey, LaneOffer};
use a2a_proto::prekey::{OneTimeSecret, VerifiedBundle, VerifiedOneTime};
use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;
use std::cell::Cell;
use std::time::Duration;

use super::core::{random, rng};
use super::mail::view::{Names, view};
use super::mail::{receipts, send};
use super::me::{Asker, Ctx, Me};
use super::pairing::enrol::Introduction;
use super::pairing::{accept, again, knock, lanes, terms};
use super::receive::{self, Taken};
use super::{ApprovedBy, Bounds, Draft, InboxMessage, SendError, Trouble, prekeys};
use crate::store::identity::{self, IdentityRecord};
use crate::store::invites::{self, InviteRecord};
use crate::store::messages::{self, Message};
use crate::store::outbox::{self, Route};
use crate::store::peers::{self, Peer};
use crate::store::tasks::{self, Task};
use crate::store::{Blob, SecretBlob, Store, Tx, lanes as lane_rows, meta};

const NOON: u64 = 1_800_000_000_000;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// One agent with a store of its own and no network.
pub(super) struct Side {
    folder: tempfile::TempDir,
    pub(super) store: Store,
    pub(super) me: Me,
    pub(super) now: Timestamp,
    /// As whom it asks for acts.
    pub(super) asker: Asker,
    /// Lets the next transaction fail when nothing of it but the commit is left.
    pub(super) dies_at_commit: Cell<bool>,
    sequence: u64,
}

/// An envelope on its way: which door, and the bytes.
#[derive(Clone, Debug)]
pub(super) struct Parcel {
    pub(super) source: Source,
    pub(super) envelope: Vec<u8>,
}

impl Side {
    /// A registered agent of that name.
    pub(super) fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder);
        let (now, entropy) = (Timestamp::from_millis(NOON), Entropy::generate(&mut rng()));
        let me = device(&entropy, name, 1, now);
        store.write_blocking(|tx| identity::save(tx, &record(&entropy, &me))).unwrap();
        Self { folder, store, me, now, asker: Asker::Commands, dies_at_commit: Cell::new(false), sequence: 0 }
    }

    /// Opens the store anew, as the next process does.
    pub(super) fn reopen(&mut self) {
        self.store = open(&self.folder);
    }

    /// Runs rules in one transaction.
    pub(super) fn act<T, E: From<crate::store::StoreError> + std::fmt::Debug>(
        &self,
        work: impl FnOnce(&Tx<'_>, Ctx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.store.write_blocking(|tx| {
            let done = work(tx, Ctx { me: &self.me, now: self.now, asker: self.asker })?;
            if self.dies_at_commit.take() { Err(crate::store::StoreError::Poisoned.into()) } else { Ok(done) }
        })
    }

    /// Our current bundle, as our relay would serve it.
    pub(super) fn bundle(&self) -> VerifiedBundle {
        let newest = self.act(prekeys::current).unwrap();
        VerifiedBundle::parse(&newest.record.bundle.0, self.me.id(), self.now).unwrap()
    }

    /// A lane into our mailbox.
    pub(super) fn lane(&self) -> LaneOffer {
        let (lane, key) = (LaneId::random(&mut rng()), LaneKey::from_bytes(random().unwrap()));
        LaneOffer { relay: self.me.relay().unwrap().clone(), lane, key }
    }

    /// An invite of ours, and the signed pair that our relay would hand out for it.
    pub(super) fn invite(&self, scopes: &[&str]) -> (Invite, VerifiedOneTime) {
        self.invite_for(scopes, None)
    }

    /// The same; with `mends` for that agent only, with whom a pair goes on.
    pub(super) fn invite_for(&self, scopes: &[&str], mends: Option<AgentId>) -> (Invite, VerifiedOneTime) {
        let bundle = self.bundle();
        let id = InviteId::random(&mut rng());
        let (secret, one_time) = (InviteSecret::generate(&mut rng()), OneTimeSecret::generate(&mut rng()));
        let signed = one_time.sign(&self.me.device, &self.me.certificate, &id);
        let (lane, expires_at) = (self.lane(), self.now.plus(DAY));
        let record = InviteRecord {
            secret: SecretBlob::copy_of(&*secret.to_bytes()),
            one_time: Some(SecretBlob::copy_of(&*one_time.to_bytes())),
            scopes: scoped(scopes),
            until: None,
            daily: None,
            mends,
        };
        self.act(|tx, _| {
            invites::insert(tx, id, expires_at, &record)?;
            lane_rows::insert(tx, &lanes::record(&lane), None, Some(id), Some(expires_at)).map_err(Trouble::from)
        })
        .unwrap();
        let invite = Invite {
            agent: *self.me.id(),
            name: self.me.display_name.clone(),
            relay: self.me.relay().unwrap().clone(),
            id,
            secret,
            lane,
            scopes: scoped(scopes),
            expires_at,
        };
        let pair = VerifiedOneTime::parse(&signed, bundle.certificate(), &id).unwrap();
        (invite, pair)
    }

    /// Accepts `other`'s invite; the first flight waits in the outbox.
    pub(super) fn accept(&self, other: &Self, (invite, one_time): (Invite, VerifiedOneTime)) -> Peer {
        let introduction = Introduction { handle: None, display_name: Some(invite.name.clone()) };
        let (keys, lane, granted) = ((other.bundle(), one_time), self.lane(), invite.scopes.clone());
        let taken = accept::Taken { invite, keys, introduction, lane, granted, bounds: Bounds::default() };
        self.act(|tx, ctx| accept::write_down(tx, ctx, taken, ApprovedBy::TERMINAL)).unwrap()
    }

    /// Knocks at `other`'s door, asked for by its handle; the first flight waits in the outbox.
    pub(super) fn knock(&self, other: &Self, text: &str) -> Peer {
        let handle = Some(other.me.display_name.to_lowercase());
        self.knock_at(other, text, Introduction { handle, display_name: None })
    }

    /// As [`Self::knock`], knowing of the other what `introduction` says.
    pub(super) fn knock_at(&self, other: &Self, text: &str, introduction: Introduction) -> Peer {
        let asked = knock::Asked {
            agent_id: *other.me.id(),
            relay: other.me.relay().unwrap().clone(),
            bundle: other.bundle(),
            introduction,
            lane: self.lane(),
            scopes: scoped(&["message"]),
            text: text.into(),
            bounds: Bounds::default(),
        };
        self.act(|tx, ctx| knock::write_down(tx, ctx, asked, ApprovedBy::TERMINAL)).unwrap()
    }

    /// Opens the lanes that tasks ask for, as our relay would, and tells the terms.
    pub(super) fn do_tasks(&self) {
        let waiting = self.act(|tx, ctx| tasks::lease(tx, ctx.now, ctx.now.plus(DAY)).map_err(Trouble::from)).unwrap();
        for task in waiting {
            match task.task {
                Task::OpenLane(key) => {
                    let lane = self.lane();
                    self.act(|tx, ctx| terms::opened(tx, ctx, key, lane)).unwrap();
                }
                Task::OpenAgain(lane) => self.act(|tx, ctx| again::opened(tx, ctx, lane)).unwrap(),
                _ => {}
            }
            self.act(|tx, _| tasks::done(tx, &task.task).map_err(Trouble::from)).unwrap();
        }
    }

    /// Takes everything out of the outbox, as relays that answer 202 would.
    pub(super) fn post(&self) -> Vec<Parcel> {
        let mut parcels = Vec::new();
        loop {
            let holder = [1; 16];
            let leased = self
                .act(|tx, ctx| outbox::lease(tx, &holder, ctx.now, ctx.now.plus(DAY), None).map_err(Trouble::from))
                .unwrap();
            if leased.is_empty() {
                return parcels;
            }
            for waiting in leased {
                self.act(|tx, ctx| super::mail::flush::taken(tx, ctx, &waiting, &holder).map_err(Trouble::from))
                    .unwrap();
                parcels.push(Parcel { source: self.door(&waiting), envelope: waiting.envelope });
            }
        }
    }

    /// The door that an envelope goes through.
    pub(super) fn door(&self, waiting: &outbox::Waiting) -> Source {
        match waiting.route {
            Route::Knock => Source::FrontDoor,
            Route::Lane => {
                let key = waiting.peer;
                let peer = self.act(|tx, _| peers::by_key(tx, key).map_err(Trouble::from)).unwrap().unwrap();
                Source::Lane(peer.record.deposit.unwrap().lane)
            }
        }
    }

    /// Takes one envelope in, as if it had just been collected.
    pub(super) fn take(&mut self, parcel: &Parcel) -> Taken {
        let item = BatchItem {
            sequence: self.sequence + 1,
            source: parcel.source,
            hour: self.now.hours(),
            envelope: parcel.envelope.clone(),
        };
        let taken = self.act(|tx, ctx| receive::take(tx, ctx, &item)).unwrap();
        self.sequence += 1;
        taken
    }

    /// Takes many in.
    pub(super) fn take_all(&mut self, parcels: &[Parcel]) -> Vec<Taken> {
        parcels.iter().map(|parcel| self.take(parcel)).collect()
    }

    /// Writes a message.
    pub(super) fn write(&self, to: &str, body: &str) -> Result<send::Written, SendError> {
        self.write_about(to, body, None)
    }

    /// Writes a message under a scope.
    pub(super) fn write_about(&self, to: &str, body: &str, scope: Option<&str>) -> Result<send::Written, SendError> {
        let draft = Draft {
            recipient: to.into(),
            body: body.into(),
            scope: scope.map(|scope| scope.parse().unwrap()),
            ..Draft::default()
        };
        self.act(|tx, ctx| send::write_down(tx, ctx, draft))
    }

    /// Seals every receipt that is owed.
    pub(super) fn seal_receipts(&mut self) {
        self.now = self.now.plus(Duration::from_secs(1));
        let due = self.act(|tx, ctx| crate::store::receipts::due_peers(tx, ctx.now).map_err(Trouble::from)).unwrap();
        for peer in due {
            self.act(|tx, ctx| receipts::seal_for(tx, ctx, peer)).unwrap();
        }
    }

    /// Asks a peer for what has been missing long enough.
    pub(super) fn ask_again(&self, name: &str) {
        let peer = self.peer(name);
        self.act(|tx, ctx| super::mail::resend::ask(tx, ctx, peer)).unwrap();
    }

    /// Has the peer's relay refuse a message of ours, as after the end of the pair.
    pub(super) fn refused_by(&self, name: &str) {
        self.write(name, "refused").unwrap();
        let peer = self.peer(name);
        self.act(|tx, ctx| super::mail::flush::refused(tx, ctx, peer).map_err(Trouble::from)).unwrap();
    }

    /// The peer of that name.
    pub(super) fn peer(&self, name: &str) -> Peer {
        self.act(|tx, _| peers::by_petname(tx, name).map_err(Trouble::from)).unwrap().unwrap()
    }

    /// The conversation with a peer, oldest first.
    pub(super) fn thread(&self, name: &str) -> Vec<Message> {
        let key = self.peer(name).key;
        let mut page = self.act(|tx, _| messages::thread(tx, key, None, 1000).map_err(Trouble::from)).unwrap();
        page.reverse();
        page
    }

    /// The conversation as faces see it, oldest first.
    pub(super) fn views(&self, name: &str) -> Vec<InboxMessage> {
        let thread = self.thread(name);
        self.act(|tx, ctx| {
            let mut names = Names::default();
            let views = thread.into_iter().map(|message| view(tx, ctx, &mut names, message));
            views.collect::<Result<Vec<_>, _>>().map_err(Trouble::from)
        })
        .unwrap()
    }

    /// The bodies of the conversation, oldest first.
    pub(super) fn bodies(&self, name: &str) -> Vec<String> {
        self.thread(name).into_iter().map(|message| message.record.body).collect()
    }

    /// The texts of the notices that wait.
    pub(super) fn notices(&self) -> Vec<String> {
        let waiting = self.act(|tx, _| super::notices::waiting(tx).map_err(Trouble::from)).unwrap();
        waiting.into_iter().map(|(_, notice)| notice.text).collect()
    }

    /// The events of the audit log.
    pub(super) fn events(&self) -> Vec<String> {
        let rows = self.act(|tx, _| crate::store::audit::page(tx, 0, 10_000).map_err(Trouble::from)).unwrap();
        let record = |row: &crate::store::audit::AuditRow| {
            serde_json::from_slice::<crate::store::audit::AuditRecord>(&row.plain).unwrap().open.event
        };
        rows.iter().map(record).collect()
    }

    /// How far the mailbox was taken in.
    pub(super) fn cursor(&self) -> u64 {
        self.act(|tx, _| meta::number(tx, meta::COLLECTED).map_err(Trouble::from)).unwrap()
    }
}

/// Bob and Alice, paired by an invite of Bob's that Alice accepted; every envelope delivered.
pub(super) fn pair(scopes: &[&str]) -> (Side, Side) {
    let (mut alice, mut bob) = (Side::new("Alice"), Side::new("Bob"));
    alice.accept(&bob, bob.invite(scopes));
    bob.take_all(&alice.post());
    bob.do_tasks();
    alice.take_all(&bob.post());
    (alice, bob)
}

/// Scopes from their names.
pub(super) fn scoped(names: &[&str]) -> Vec<Scope> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn record(entropy: &Entropy, me: &Me) -> IdentityRecord {
    IdentityRecord {
        entropy: SecretBlob::copy_of(&*entropy.to_bytes()),
        backup_key: None,
        device: SecretBlob::copy_of(&*me.device.to_bytes()),
        certificate: Blob(me.certificate.as_bytes().to_vec()),
        former: Vec::new(),
        generation: 0,
        left: None,
        display_name: me.display_name.clone(),
        relay: me.relay.clone(),
        handle: None,
        registered: true,
        card: None,
    }
}

fn open(folder: &tempfile::TempDir) -> Store {
    Store::open(&folder.path().join("store.sqlite"), &[3; 32]).unwrap()
}

fn device(entropy: &Entropy, name: &str, epoch: u32, now: Timestamp) -> Me {
    let device = DeviceKeys::generate(&mut rng());
    let root = entropy.root_key();
    let certificate = Certificate::issue(&root, &device, epoch, now.minus(DAY), now.plus(DAY * 300)).unwrap();
    let relay: RelayAuthority = format!("{}.example", name.to_lowercase()).parse().unwrap();
    Me {
        device,
        certificate,
        former: Vec::new(),
        generation: 0,
        left: None,
        display_name: name.into(),
        relay: Some(relay),
        handle: None,
    }
}
