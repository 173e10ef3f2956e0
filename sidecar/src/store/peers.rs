//! Peers: whom we are, were, or want to be paired with, and whom we block.

use a2a_proto::address::RelayAuthority;
use a2a_proto::counter::Counter;
use a2a_proto::id::{AgentId, LaneId};
use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::number::{moment, timestamp, uint};
use super::{Blob, Place, SecretBlob, StoreError, Tx};

const TABLE: &str = "peers";

/// The local number of a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct PeerKey(pub(crate) i64);

/// Where we stand with a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PeerState {
    /// We asked; the other owner has not answered.
    Requested,
    /// Both may write.
    Paired,
    /// Its relay refuses our mail.
    Refused,
    /// We ended the pair.
    Revoked,
    /// Whatever comes from this id is dropped.
    Blocked,
}

impl PeerState {
    fn word(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Paired => "paired",
            Self::Refused => "refused",
            Self::Revoked => "revoked",
            Self::Blocked => "blocked",
        }
    }

    fn from_word(word: &str) -> Result<Self, StoreError> {
        [Self::Requested, Self::Paired, Self::Refused, Self::Revoked, Self::Blocked]
            .into_iter()
            .find(|state| state.word() == word)
            .ok_or(StoreError::Unreadable { table: TABLE })
    }
}

/// A lane at the peer's relay through which we deposit.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OfferRecord {
    /// The peer's relay.
    pub(crate) relay: RelayAuthority,
    /// The lane.
    pub(crate) lane: LaneId,
    /// Its key.
    pub(crate) key: SecretBlob,
}

/// The end of one direction's hash chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChainEnd {
    /// The device epoch of the last position.
    pub(crate) epoch: u32,
    /// Its number; 0 before the first.
    pub(crate) number: u64,
    /// SHA-256 of the last content; zeros before the first.
    pub(crate) head: [u8; 32],
}

impl ChainEnd {
    /// Before the first content.
    pub(crate) const START: Self = Self { epoch: 0, number: 0, head: [0; 32] };

    /// The position as a counter.
    pub(crate) fn position(&self) -> Counter {
        Counter::new(self.epoch, self.number)
    }
}

/// A report that we made inside a working session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reported {
    /// What only its recipient knows.
    pub(crate) nonce: [u8; 32],
    /// When it was made.
    pub(crate) at: Timestamp,
}

/// What is missing of a peer's contents, and what we did about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Gap {
    /// When the first of it was missed.
    pub(crate) since: Timestamp,
    /// When the peer was last asked to send it again.
    pub(crate) asked: Option<Timestamp>,
    /// How often it was asked.
    pub(crate) times: u32,
}

/// A peer as it rests.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PeerRecord {
    /// Who it is.
    pub(crate) agent_id: AgentId,
    /// What we call it.
    pub(crate) petname: String,
    /// Whether we had nothing better to call it by than two of its safety words.
    pub(crate) is_provisional: bool,
    /// What it calls itself: untrusted.
    pub(crate) display_name: String,
    /// Its home relay.
    pub(crate) relay: RelayAuthority,
    /// Its device certificate as last proven.
    pub(crate) certificate: Option<Blob>,
    /// The highest device epoch it proved.
    pub(crate) epoch: u32,
    /// What it may write to us about.
    pub(crate) granted: Vec<Scope>,
    /// What we may write to it about.
    pub(crate) granted_to_us: Vec<Scope>,
    /// Until when that grant of ours holds.
    #[serde(default)]
    pub(crate) granted_until: Option<Timestamp>,
    /// How many messages of a day we take.
    #[serde(default)]
    pub(crate) daily: Option<u32>,
    /// Until when the peer's grant to us holds.
    #[serde(default)]
    pub(crate) granted_to_us_until: Option<Timestamp>,
    /// Where we deposit.
    pub(crate) deposit: Option<OfferRecord>,
    /// The number of the last terms that we sent.
    pub(crate) terms_sent: u64,
    /// The counter of the last terms that we took.
    pub(crate) terms_taken: Option<Counter>,
    /// The chain of what we sent.
    pub(crate) sent: ChainEnd,
    /// The chain of what we received; none until the first content of this pair came.
    pub(crate) received: Option<ChainEnd>,
    /// Positions before its end that never came.
    pub(crate) missing: Vec<Counter>,
    /// Since when something is missing, and how often it was asked for.
    #[serde(default)]
    pub(crate) gap: Option<Gap>,
    /// When we sent again what the peer asked for, within the last hour.
    #[serde(default)]
    pub(crate) resent_at: Vec<Timestamp>,
    /// Whether it is not told when its mail was shown.
    #[serde(default)]
    pub(crate) untold_of_reading: bool,
    /// The highest number of a new start, by either side.
    #[serde(default)]
    pub(crate) resets: u64,
    /// The counter of the last new start of its that we took; ours do not count, so two at once are both taken.
    #[serde(default)]
    pub(crate) reset_taken: Option<Counter>,
    /// The last report that we made to it, which a new start of its may quote.
    #[serde(default)]
    pub(crate) reported: Option<Reported>,
    /// When its new starts were accepted without the owner, of the last day.
    #[serde(default)]
    pub(crate) reset_at: Vec<Timestamp>,
    /// When the owner last compared its safety words; none since its device or its keys changed.
    #[serde(default)]
    pub(crate) verified_at: Option<Timestamp>,
    /// Whether we told it our name.
    pub(crate) greeted: bool,
    /// When the pair, request or block was made.
    pub(crate) since: Timestamp,
}

/// A row of the table.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    /// Its local number.
    pub(crate) key: PeerKey,
    /// Where we stand.
    pub(crate) state: PeerState,
    /// When mail last went either way.
    pub(crate) last_contact: Option<Timestamp>,
    /// The rest.
    pub(crate) record: PeerRecord,
}

/// Adds a peer.
pub(crate) fn insert(tx: &Tx<'_>, state: PeerState, record: PeerRecord) -> Result<Peer, StoreError> {
    let tag = tag(tx, &record.agent_id);
    let sealed = tx.seal.seal_record(Place::record(TABLE, &tag), &record)?;
    tx.sql.execute(
        "INSERT INTO peers (tag, name_tag, state, record) VALUES (?1, ?2, ?3, ?4)",
        params![tag.as_slice(), name_tag(tx, &record.petname).as_slice(), state.word(), sealed],
    )?;
    Ok(Peer { key: PeerKey(tx.sql.last_insert_rowid()), state, last_contact: None, record })
}

/// Writes back a changed peer.
pub(crate) fn update(tx: &Tx<'_>, peer: &Peer) -> Result<(), StoreError> {
    let tag = tag(tx, &peer.record.agent_id);
    let sealed = tx.seal.seal_record(Place::record(TABLE, &tag), &peer.record)?;
    tx.sql.execute(
        "UPDATE peers SET name_tag = ?2, state = ?3, last_contact = ?4, record = ?5 WHERE id = ?1",
        params![
            peer.key.0,
            name_tag(tx, &peer.record.petname).as_slice(),
            peer.state.word(),
            peer.last_contact.map(moment),
            sealed
        ],
    )?;
    Ok(())
}

/// The peer of that local number.
pub(crate) fn by_key(tx: &Tx<'_>, key: PeerKey) -> Result<Option<Peer>, StoreError> {
    one(tx, "id = ?1", params![key.0])
}

/// The peer of that id.
pub(crate) fn by_agent(tx: &Tx<'_>, agent_id: &AgentId) -> Result<Option<Peer>, StoreError> {
    one(tx, "tag = ?1", params![tag(tx, agent_id).as_slice()])
}

/// The peer that we call so.
pub(crate) fn by_petname(tx: &Tx<'_>, petname: &str) -> Result<Option<Peer>, StoreError> {
    one(tx, "name_tag = ?1", params![name_tag(tx, petname).as_slice()])
}

/// Everybody, in the order in which they came.
pub(crate) fn all(tx: &Tx<'_>) -> Result<Vec<Peer>, StoreError> {
    let mut statement = tx.sql.prepare_cached(&select("1 ORDER BY id"))?;
    let rows = statement.query_map([], columns)?.collect::<Result<Vec<_>, _>>()?;
    rows.into_iter().map(|row| open(tx, row)).collect()
}

/// How many we are paired with.
pub(crate) fn paired(tx: &Tx<'_>) -> Result<u64, StoreError> {
    let paired = PeerState::Paired.word();
    Ok(uint(tx.sql.query_row("SELECT count(*) FROM peers WHERE state = ?1", [paired], |row| row.get(0))?))
}

fn one(tx: &Tx<'_>, condition: &str, params: impl rusqlite::Params) -> Result<Option<Peer>, StoreError> {
    let row = tx.sql.query_row(&select(condition), params, columns).optional()?;
    row.map(|row| open(tx, row)).transpose()
}

fn select(condition: &str) -> String {
    format!("SELECT id, tag, state, last_contact, record FROM peers WHERE {condition}")
}

type Columns = (i64, Vec<u8>, String, Option<i64>, Vec<u8>);

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
}

fn open(tx: &Tx<'_>, (id, tag, state, last_contact, sealed): Columns) -> Result<Peer, StoreError> {
    Ok(Peer {
        key: PeerKey(id),
        state: PeerState::from_word(&state)?,
        last_contact: last_contact.map(timestamp),
        record: tx.seal.open_record(Place::record(TABLE, &tag), &sealed)?,
    })
}

fn tag(tx: &Tx<'_>, agent_id: &AgentId) -> [u8; 16] {
    tx.seal.tag("agent", agent_id.as_bytes())
}

fn name_tag(tx: &Tx<'_>, petname: &str) -> [u8; 16] {
    tx.seal.tag("petname", petname.as_bytes())
}

#[cfg(test)]
pub(crate) mod testing {
    //! Peers to hang other rows on.

    use super::*;

    /// Adds a paired peer whose petname is `peer-<number>`.
    pub(crate) fn peer(tx: &Tx<'_>, number: u8) -> PeerKey {
        let root = a2a_proto::keys::Entropy::from_bytes([number; 32]).root_key();
        let record = PeerRecord {
            agent_id: root.agent_id(),
            petname: format!("peer-{number}"),
            is_provisional: false,
            display_name: "Peer".into(),
            relay: "relay.example".parse().unwrap(),
            certificate: None,
            epoch: 1,
            granted: vec![Scope::message()],
            granted_to_us: vec![Scope::message()],
            granted_until: None,
            daily: None,
            granted_to_us_until: None,
            deposit: None,
            terms_sent: 0,
            terms_taken: None,
            sent: ChainEnd::START,
            received: None,
            missing: Vec::new(),
            gap: None,
            resent_at: Vec::new(),
            untold_of_reading: false,
            resets: 0,
            reset_taken: None,
            reported: None,
            reset_at: Vec::new(),
            verified_at: None,
            greeted: true,
            since: Timestamp::from_millis(1),
        };
        insert(tx, PeerState::Paired, record).unwrap().key
    }
}
