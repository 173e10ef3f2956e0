//! What the suite's tests are made of: agents, lanes and envelopes by number, and a time that stands.

use std::time::Duration;

use a2a_proto::card::KnockPolicy;
use a2a_proto::counter::Counter;
use a2a_proto::id::{AgentId, EnvelopeId, InviteId, LaneId};
use a2a_proto::keys::Entropy;
use a2a_proto::time::Timestamp;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::store::{
    Deposit, Device, Knock, LaneOpening, NewInvite, NewLane, Publication, Published, Registration, Store, TokenDemand,
};

pub(super) const NOW: Timestamp = Timestamp::from_secs(1_700_000_000 / 3600 * 3600);

pub(super) fn agent(number: u8) -> AgentId {
    Entropy::from_bytes([number; 32]).root_key().agent_id()
}

pub(super) fn later(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

pub(super) fn registration(number: u8) -> Registration {
    let device = Device { agent: agent(number), epoch: 1, key: [number; 32] };
    Registration { device, handle: None, demand: TokenDemand::Nothing, now: NOW }
}

pub(super) async fn mailbox_with_lane(store: &impl Store, number: u8) -> LaneId {
    store.register(registration(number)).await.unwrap();
    open_lane(store, number, number, None).await
}

pub(super) fn new_lane(name: u8, invite: Option<NewInvite>) -> NewLane {
    let (lane, mask) = (LaneId::from_bytes([name; 16]), [0; 32]);
    NewLane { lane, secret_version: 1, salt: [3; 16], mask, again: false, invite, now: NOW }
}

pub(super) async fn open_lane(store: &impl Store, owner: u8, name: u8, invite: Option<NewInvite>) -> LaneId {
    let lane = new_lane(name, invite);
    assert_eq!(store.open_lane(agent(owner), lane.clone()).await.unwrap(), LaneOpening::Open);
    let record = store.lane(lane.lane).await.unwrap().unwrap();
    assert!(record.mailbox == agent(owner) && record.salt == lane.salt && record.mask == [0; 32]);
    lane.lane
}

pub(super) fn invite(name: u8, max_envelopes: u32) -> NewInvite {
    NewInvite {
        invite: InviteId::from_bytes([name; 16]),
        token_hash: [4; 32],
        one_time: Bytes::from_static(b"pair"),
        expires_at: later(3600),
        max_envelopes,
    }
}

/// Ten bytes for the first agent, all of them `byte`, under a name made of it.
pub(super) fn deposit(lane: LaneId, byte: u8) -> Deposit {
    let envelope = Bytes::from(vec![byte; 10]);
    Deposit {
        mailbox: agent(1),
        lane,
        envelope_id: EnvelopeId::from_bytes([byte; 16]),
        hash: Sha256::digest(&envelope).into(),
        envelope,
        now: NOW,
    }
}

pub(super) fn knock(recipient: u8, byte: u8) -> Knock {
    let envelope = Bytes::from(vec![byte; 10]);
    Knock { recipient: agent(recipient), hash: Sha256::digest(&envelope).into(), envelope, now: NOW }
}

pub(super) async fn open_door(store: &impl Store, owner: u8, number: u64, knocks: KnockPolicy) {
    let bytes = Bytes::from_static(b"bundle");
    let prekeys = Publication::Prekeys { bytes, sequence: Counter::new(1, number), knocks };
    assert_eq!(store.publish(agent(owner), prekeys).await.unwrap(), Published::Done);
}
