//! What an act works with once the key was had: store, identity, relays, clock.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use a2a_proto::address::RelayAuthority;
use a2a_proto::time::Timestamp;
use rand_core::UnwrapErr;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::allowed_hosts::InStore;
use super::me::{Asker, Ctx, Me};
use super::session::Session;
use super::{AgentConfig, Trouble, device};
use crate::clock::Clock;
use crate::keys::{Marker, Vault};
use crate::relay_client::{OwnRelay, RelayClient};
use crate::store::leases::Reader;
use crate::store::{Store, StoreError, Tx, identity};

/// Clocks are corrected by so much all the time.
const MOST_DRIFT_MILLIS: u64 = 10_000;

/// The opened agent.
pub(super) struct Core {
    pub(super) store: Store,
    pub(super) me: Me,
    pub(super) clock: Arc<dyn Clock>,
    /// The relays, once one took us.
    net: Option<Net>,
    /// Names this process in leases.
    pub(super) holder: [u8; 16],
    /// As whom this process asks for acts.
    pub(super) asker: Asker,
    /// Rung when something waits to be sent.
    pub(super) nudge: Notify,
    /// Cancelled once the stored identity is newer than this one: whoever holds it opens the agent anew.
    pub(super) outdated: CancellationToken,
    /// Sealed copies of files that are being sent.
    pub(super) outgoing: PathBuf,
    /// Parts of files that are being fetched.
    pub(super) incoming: PathBuf,
    /// Where files of peers land.
    pub(super) quarantine: PathBuf,
    /// Held while a question is looked for among those put before, and put.
    pub(super) asking: tokio::sync::Mutex<()>,
    /// Keeps the audit log's head.
    pub(super) vault: Arc<dyn Vault>,
    /// When and which head was kept last.
    pub(super) head_kept: super::audit::head::Last,
    /// What a guess at a new PIN costs.
    pub(super) argon2_mib: u32,
    /// The latest moment that was seen, in milliseconds since the epoch.
    latest: AtomicU64,
    /// Messages handed to a face, to be marked as shown once it had time to show them.
    shown: Mutex<Vec<i64>>,
    /// Notices handed to a face, by key and moment, to be withdrawn once it had time to show them.
    told: Mutex<Vec<(String, Timestamp)>>,
    /// What this process was shown.
    pub(super) session: Session,
}

/// The relays.
pub(super) struct Net {
    pub(super) client: RelayClient,
    pub(super) own: OwnRelay,
    /// The mailbox that we moved away from.
    pub(super) left: Option<OwnRelay>,
}

impl Core {
    /// Opens the store of a home that has an identity. Blocks: keychains ask people.
    pub(super) fn open(config: &AgentConfig) -> Result<Self, Trouble> {
        let marker = Marker::read(&config.home)?;
        let path = config.home.store();
        match (marker, path.exists()) {
            (None, false) => Err(Trouble::NoIdentity),
            (None, true) => Err(Trouble::MarkerMissing),
            (Some(marker), false) => Err(Trouble::StoreMissing { agent_id: marker.agent_id.to_string() }),
            (Some(marker), true) => {
                let key = config.vault.load()?;
                let store = Store::open(&path, &key)?;
                let record = store.write_blocking(identity::load)?;
                let record = record.ok_or_else(|| Trouble::StoreMissing { agent_id: marker.agent_id.to_string() })?;
                let core = Self::new(store, &record, config)?;
                if *core.me.id() == marker.agent_id { Ok(core) } else { Err(Trouble::MarkerMismatch) }
            }
        }
    }

    fn new(store: Store, record: &identity::IdentityRecord, config: &AgentConfig) -> Result<Self, Trouble> {
        let me = Me::from_record(record)?;
        let session = store.write_blocking(Session::begin)?;
        let net = me.relay.as_ref().map(|relay| Net::new(relay, &me, &store, &config.clock)).transpose()?;
        Ok(Self {
            store,
            me,
            clock: Arc::clone(&config.clock),
            net,
            holder: random()?,
            asker: Asker::Sessions,
            nudge: Notify::new(),
            outdated: CancellationToken::new(),
            outgoing: config.home.outgoing(),
            incoming: config.home.incoming(),
            quarantine: config.home.quarantine(),
            asking: tokio::sync::Mutex::default(),
            vault: Arc::clone(&config.vault),
            head_kept: super::audit::head::Last::default(),
            argon2_mib: config.argon2_mib,
            latest: AtomicU64::default(),
            shown: Mutex::default(),
            told: Mutex::default(),
            session,
        })
    }

    /// The present moment.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whether the clock was set back since the last time this was asked.
    pub(super) fn was_set_back(&self) -> bool {
        let now = self.now().millis();
        now.saturating_add(MOST_DRIFT_MILLIS) < self.latest.swap(now, Ordering::Relaxed)
    }

    /// What rules need on a transaction.
    pub(super) fn ctx(&self) -> Ctx<'_> {
        Ctx { me: &self.me, now: self.now(), asker: self.asker }
    }

    /// The relays; an error before one took us.
    pub(super) fn net(&self) -> Result<&Net, Trouble> {
        self.net.as_ref().ok_or(Trouble::NotRegistered)
    }

    /// This process as a reader of mail.
    pub(super) fn reader(&self) -> Reader {
        Reader { holder: self.holder, now: self.now() }
    }

    /// Notes messages that a face is about to show.
    pub(super) fn note_shown(&self, ids: impl IntoIterator<Item = i64>) {
        let ids: Vec<i64> = ids.into_iter().collect();
        self.session.note(ids.iter().copied());
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).extend(ids);
    }

    /// How many messages a face was given that are not marked yet.
    pub(super) fn being_shown(&self) -> u64 {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.iter().collect::<BTreeSet<_>>().len() as u64
    }

    /// Takes the messages that a face was given.
    pub(super) fn take_shown(&self) -> Vec<i64> {
        std::mem::take(&mut *self.shown.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes notices that a face is about to show.
    pub(super) fn note_told(&self, notices: Vec<(String, Timestamp)>) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).extend(notices);
    }

    /// Takes the notices that a face was given.
    pub(super) fn take_told(&self) -> Vec<(String, Timestamp)> {
        std::mem::take(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// One transaction in which rules may change things.
    pub(super) async fn write<T, E>(
        self: &Arc<Self>,
        work: impl FnOnce(&Tx<'_>, Ctx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let core = Arc::clone(self);
        self.store
            .write(move |tx| {
                if device::is_retired(tx, &core.me)? {
                    core.outdated.cancel();
                    return Err(StoreError::Retired.into());
                }
                work(tx, core.ctx())
            })
            .await
    }

    /// Whether the stored identity has moved on from this opened agent.
    pub(super) async fn is_outdated(self: &Arc<Self>) -> bool {
        if !self.outdated.is_cancelled() {
            let retired = self.read(|tx, ctx| device::is_retired(tx, ctx.me).map_err(Trouble::from)).await;
            if retired.unwrap_or(false) {
                self.outdated.cancel();
            }
        }
        self.outdated.is_cancelled()
    }

    /// One consistent view.
    pub(super) async fn read<T, E>(
        self: &Arc<Self>,
        work: impl FnOnce(&Tx<'_>, Ctx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let core = Arc::clone(self);
        self.store.read(move |tx| work(tx, core.ctx())).await
    }
}

impl Net {
    /// The relays as seen by `me`, whose own is `relay`.
    pub(super) fn new(relay: &RelayAuthority, me: &Me, store: &Store, clock: &Arc<dyn Clock>) -> Result<Self, Trouble> {
        let allowed = Arc::new(InStore(store.clone()));
        let at = |place: &RelayAuthority| {
            RelayClient::new(place.clone(), allowed.clone(), Arc::clone(clock))
                .map_err(|failure| super::relays::trouble(place, &failure))
        };
        let client = at(relay)?;
        let left = me.left.as_ref().map(|left| at(&left.relay)).transpose()?;
        Ok(Self { own: client.sign_in(me.owner()), left: left.map(|left| left.sign_in(me.owner())), client })
    }
}

/// Random numbers of the operating system.
pub(super) fn rng() -> UnwrapErr<getrandom::SysRng> {
    UnwrapErr(getrandom::SysRng)
}

/// Random bytes.
pub(super) fn random<const N: usize>() -> Result<[u8; N], Trouble> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Trouble::NoRandomness)?;
    Ok(bytes)
}
