//! Writing a new pair down, whichever way it came about.

use a2a_proto::address::RelayAuthority;
use a2a_proto::certificate::Certificate;
use a2a_proto::id::AgentId;
use a2a_proto::lane::LaneOffer;
use a2a_proto::scope::Scope;

use super::lanes;
use crate::agent::me::Ctx;
use crate::agent::{Bounds, notices, petname};
use crate::store::messages::{self, State};
use crate::store::peers::{self, ChainEnd, Peer, PeerRecord, PeerState};
use crate::store::{Blob, StoreError, Tx, held, outbox, sessions, undo};

/// What is known of somebody that we pair with.
pub(in crate::agent) struct Enrolment<'a> {
    /// Who it is.
    pub(in crate::agent) agent_id: AgentId,
    /// Its device, once proven.
    pub(in crate::agent) certificate: Option<&'a Certificate>,
    /// What it calls itself, once known.
    pub(in crate::agent) introduction: Introduction,
    /// Its home relay.
    pub(in crate::agent) relay: RelayAuthority,
    /// What it may write to us about.
    pub(in crate::agent) granted: Vec<Scope>,
    /// What bounds that.
    pub(in crate::agent) bounds: Bounds,
    /// What we may write to it about.
    pub(in crate::agent) granted_to_us: Vec<Scope>,
    /// Where we deposit.
    pub(in crate::agent) deposit: Option<&'a LaneOffer>,
    /// The end of its chain, when its first content is here.
    pub(in crate::agent) received: Option<ChainEnd>,
}

/// How somebody is called.
#[derive(Debug, Clone, Default)]
pub(in crate::agent) struct Introduction {
    /// The handle, when the card confirms it.
    pub(in crate::agent) handle: Option<String>,
    /// What it calls itself: untrusted.
    pub(in crate::agent) display_name: Option<String>,
}

impl Introduction {
    /// A name out of it, for a peer that has none here yet; after that only the owner renames it.
    pub(in crate::agent) fn petname(&self) -> Option<String> {
        let handle = self.handle.clone().filter(|handle| !petname::is_nobodys(handle));
        handle.or_else(|| self.display_name.as_deref().and_then(petname::slug))
    }
}

/// Writes the pair down. A peer that was known keeps its name and its thread; everything of an earlier pair ends.
pub(in crate::agent) fn enrol(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    state: PeerState,
    new: &Enrolment<'_>,
) -> Result<Peer, StoreError> {
    match peers::by_agent(tx, &new.agent_id)? {
        None => peers::insert(tx, state, fresh(tx, ctx, new)?),
        Some(known) => renew(tx, ctx, state, known, new),
    }
}

fn fresh(tx: &Tx<'_>, ctx: Ctx<'_>, new: &Enrolment<'_>) -> Result<PeerRecord, StoreError> {
    let known = new.introduction.petname();
    let wanted = known.clone().unwrap_or_else(|| petname::provisional(&new.agent_id));
    Ok(PeerRecord {
        agent_id: new.agent_id,
        petname: petname::free(tx, &wanted, None)?,
        is_provisional: known.is_none(),
        display_name: new.introduction.display_name.clone().unwrap_or_default(),
        relay: new.relay.clone(),
        certificate: new.certificate.map(|certificate| Blob(certificate.as_bytes().to_vec())),
        epoch: new.certificate.map_or(0, Certificate::epoch),
        granted: new.granted.clone(),
        granted_to_us: new.granted_to_us.clone(),
        granted_until: new.bounds.until,
        daily: new.bounds.daily,
        granted_to_us_until: None,
        deposit: new.deposit.map(lanes::offer_record),
        terms_sent: 0,
        terms_taken: None,
        sent: ChainEnd::START,
        received: new.received,
        missing: Vec::new(),
        gap: None,
        resent_at: Vec::new(),
        untold_of_reading: false,
        resets: 0,
        reset_taken: None,
        reported: None,
        reset_at: Vec::new(),
        verified_at: None,
        greeted: false,
        since: ctx.now,
    })
}

fn renew(tx: &Tx<'_>, ctx: Ctx<'_>, state: PeerState, known: Peer, new: &Enrolment<'_>) -> Result<Peer, StoreError> {
    // Two knocks that crossed each made a session; both ends keep both, and agree on which one sends.
    if known.state != PeerState::Requested {
        forget_pair(tx, ctx, &known, "the pair was made anew")?;
        undo::delete_of_peer(tx, known.key)?;
    }
    let old = known.record;
    let record = PeerRecord {
        petname: old.petname,
        is_provisional: old.is_provisional,
        terms_sent: old.terms_sent,
        sent: old.sent,
        untold_of_reading: old.untold_of_reading,
        resets: old.resets,
        reset_taken: old.reset_taken,
        epoch: old.epoch.max(new.certificate.map_or(0, Certificate::epoch)),
        ..fresh(tx, ctx, new)?
    };
    let peer = Peer { key: known.key, state, last_contact: known.last_contact, record };
    peers::update(tx, &peer)?;
    Ok(peer)
}

/// Ends what an earlier pair left: lanes, sessions, mail that waits, envelopes that did not open.
pub(in crate::agent) fn forget_pair(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &Peer, why: &str) -> Result<(), StoreError> {
    lanes::close_all(tx, ctx, peer.key)?;
    for what in ["refused", "paired", "gap", "broken", "reported"] {
        notices::withdraw(tx, &format!("{what} {}", peer.key.0))?;
    }
    sessions::delete_of_peer(tx, peer.key)?;
    held::delete_of_peer(tx, peer.key)?;
    for message in outbox::drop_of_peer(tx, peer.key)? {
        messages::set_state(tx, message, State::Refused, Some(why))?;
    }
    Ok(())
}
