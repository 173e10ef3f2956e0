//! Lanes at our relay: opened for a peer, closed when it is over, and held against what the relay has.

use std::sync::Arc;
use std::time::Duration;

use a2a_proto::address::RelayAuthority;
use a2a_proto::api::{LaneDescription, OpenLane, OpenedLane};
use a2a_proto::id::LaneId;
use a2a_proto::lane::{LaneKey, LaneOffer};
use a2a_proto::time::Timestamp;

use super::again;
use crate::agent::core::Core;
use crate::agent::me::Ctx;
use crate::agent::{Trouble, relays};
use crate::store::lanes::{self, LaneRecord};
use crate::store::peers::{OfferRecord, PeerKey};
use crate::store::tasks::{self, Task};
use crate::store::{SecretBlob, StoreError, Tx, meta};

/// A lane that our relay has and we do not know may be one that a process of ours is about to note. A relay tells the hour
/// in which a lane was opened and no more, so one that is a moment old may be told as an hour old.
const UNKNOWN_LANE_GRACE: Duration = Duration::from_secs(2 * 60 * 60);

/// Opens a lane at our relay. It is ours to close again if it is not noted.
pub(in crate::agent) async fn open(core: &Core, kind: &OpenLane) -> Result<LaneOffer, Trouble> {
    let net = core.net()?;
    let relay = net.client.own_relay();
    let opened = net.own.open_lane(kind).await.map_err(|failure| relays::trouble(relay, &failure))?;
    offer(relay, &opened)
}

fn offer(relay: &RelayAuthority, opened: &OpenedLane) -> Result<LaneOffer, Trouble> {
    let key: [u8; 32] = opened.lane_key.0.as_slice().try_into().map_err(|_| Trouble::RelayGarbage {
        relay: relay.to_string(),
        what: "its lane key has a wrong size".into(),
    })?;
    Ok(LaneOffer { relay: relay.clone(), lane: opened.lane_id, key: LaneKey::from_bytes(key) })
}

/// A lane of ours as it rests.
pub(in crate::agent) fn record(offer: &LaneOffer) -> LaneRecord {
    LaneRecord { lane: offer.lane, key: SecretBlob::copy_of(offer.key.as_bytes()), relay: offer.relay.clone() }
}

/// A peer's lane as it rests.
pub(in crate::agent) fn offer_record(offer: &LaneOffer) -> OfferRecord {
    OfferRecord { relay: offer.relay.clone(), lane: offer.lane, key: SecretBlob::copy_of(offer.key.as_bytes()) }
}

/// A lane of ours, ready to be told.
pub(in crate::agent) fn own(record: &LaneRecord) -> Result<LaneOffer, Trouble> {
    let key = record.key.array().ok_or(Trouble::Internal("a stored lane key has a wrong size"))?;
    Ok(LaneOffer { relay: record.relay.clone(), lane: record.lane, key: LaneKey::from_bytes(*key) })
}

/// A peer's lane, ready to deposit through.
pub(in crate::agent) fn live(record: &OfferRecord) -> Result<LaneOffer, Trouble> {
    let key = record.key.array().ok_or(Trouble::Internal("a stored lane key has a wrong size"))?;
    Ok(LaneOffer { relay: record.relay.clone(), lane: record.lane, key: LaneKey::from_bytes(*key) })
}

/// The newest lane through which a peer writes to us.
pub(in crate::agent) fn newest(tx: &Tx<'_>, peer: PeerKey) -> Result<Option<LaneOffer>, Trouble> {
    lanes::newest_of_peer(tx, peer)?.as_ref().map(own).transpose()
}

/// Closes every lane of a peer here, and has our relay told.
pub(in crate::agent) fn close_all(tx: &Tx<'_>, ctx: Ctx<'_>, peer: PeerKey) -> Result<(), StoreError> {
    for lane in lanes::open_of_peer(tx, peer)? {
        lanes::close(tx, lane.lane)?;
        tasks::add(tx, &Task::CloseLane(lane.lane), ctx.now)?;
    }
    Ok(())
}

/// Closes lanes that our relay has and we do not: left by a crash, or brought back by a restored relay. Has those opened again
/// that we have and our relay lost.
pub(in crate::agent) async fn reconcile(core: &Arc<Core>) -> Result<(), Trouble> {
    let net = core.net()?;
    let relay = net.client.own_relay().clone();
    // Ours first: a lane that is opened while the relay is asked must not look lost.
    let (ours, invites) =
        core.read(|tx, ctx| Ok::<_, Trouble>((again::ours(tx, ctx)?, again::invites(tx, ctx)?))).await?;
    let list = net.own.lanes().await.map_err(|failure| relays::trouble(&relay, &failure))?;
    let there: Vec<LaneId> = list.lanes.iter().map(|lane| lane.lane_id).collect();
    let lost = core.write(move |tx, ctx| {
        again::note_lost_invites(tx, ctx, &invites, &there)?;
        let lost = again::note_lost(tx, ctx, &ours, &there)?;
        if lost {
            // Then it works with an older copy, whatever its count says.
            tasks::add(tx, &Task::RelayWentBack, ctx.now)?;
        }
        Ok::<_, Trouble>(lost)
    });
    if lost.await? {
        core.nudge.notify_one();
    }
    // By the relay's clock: ours may be hours ahead, and a lane opened this moment would look old.
    let offset = net.client.clock_offset().load(std::sync::atomic::Ordering::Relaxed);
    let now = Timestamp::from_millis(core.now().millis().saturating_add_signed(offset));
    for lane in list.lanes.into_iter().filter(|lane| is_settled(lane, now)) {
        let is_over = core.read(move |tx, ctx| is_over(tx, ctx, lane.lane_id).map_err(Trouble::from)).await?;
        if is_over {
            net.own.close_lane(&lane.lane_id).await.map_err(|failure| relays::trouble(&relay, &failure))?;
        }
    }
    Ok(())
}

/// Whether a lane was opened so long ago that whoever opened it has noted it, or never will.
fn is_settled(lane: &LaneDescription, now: Timestamp) -> bool {
    now.since(lane.created_at) >= UNKNOWN_LANE_GRACE
}

/// Whether nobody may write through a lane of ours any more. A restored store may be older than a lane that it does not
/// know: such a one stays for a while, since a peer whose mail is refused takes the pair for ended.
fn is_over(tx: &Tx<'_>, ctx: Ctx<'_>, lane: LaneId) -> Result<bool, StoreError> {
    match lanes::find(tx, lane)? {
        Some(known) => Ok(!known.open),
        None => Ok(ctx.now.millis() >= meta::number(tx, meta::STRANGE_LANES_UNTIL)?),
    }
}

#[cfg(test)]
mod tests {
    use a2a_proto::api::LaneKind;

    use super::*;
    use crate::agent::testing::Side;

    /// Closing it would refuse the peer that was just given it.
    #[test]
    fn a_lane_of_this_moment_is_not_taken_for_a_leftover() {
        let opened = Timestamp::from_secs(1_795_478_400 + 3_599);
        let hour = Timestamp::from_secs(opened.hours() * 3600);
        let lane = LaneDescription {
            lane_id: LaneId::from_bytes([1; 16]),
            kind: LaneKind::Pair,
            created_at: hour,
            expires_at: None,
        };
        assert!(!is_settled(&lane, opened));
        assert!(!is_settled(&lane, opened.plus(Duration::from_secs(30 * 60))));
        assert!(is_settled(&lane, opened.plus(Duration::from_secs(2 * 60 * 60))));
    }

    #[test]
    fn after_a_restore_lanes_that_the_store_does_not_know_stay_for_a_while() {
        let mut side = Side::new("Alice");
        let (strange, until) = (side.lane().lane, side.now.plus(Duration::from_secs(60)));
        let is_over = |side: &Side| side.act(|tx, ctx| is_over(tx, ctx, strange)).unwrap();
        assert!(is_over(&side), "a store that was never restored knows all that count");
        side.act(|tx, _| meta::set_number(tx, meta::STRANGE_LANES_UNTIL, until.millis())).unwrap();
        assert!(!is_over(&side));
        side.now = until;
        assert!(is_over(&side));
    }
}
