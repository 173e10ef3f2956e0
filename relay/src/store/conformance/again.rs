//! Lanes that are opened again under their old key, after a restore that went back behind them.

use a2a_proto::id::LaneId;

use super::fixtures::{agent, deposit, invite, mailbox_with_lane, new_lane, open_lane, registration};
use crate::store::{Deposited, LaneOpening, NewLane, Store};

fn again(name: u8) -> NewLane {
    NewLane { salt: [5; 16], mask: [6; 32], secret_version: 2, again: true, ..new_lane(name, None) }
}

pub(in crate::store) async fn a_lane_is_opened_again_under_its_old_key(store: &impl Store) {
    let lane = mailbox_with_lane(store, 1).await;
    for byte in [1, 2] {
        store.deposit(deposit(lane, byte)).await.unwrap();
    }
    store.acknowledge(agent(1), 1).await.unwrap();
    // One that stands, twice; then ones that do not.
    for name in [1, 1, 2, 3] {
        let new = again(name);
        assert_eq!(store.open_lane(agent(1), new.clone()).await.unwrap(), LaneOpening::Open, "{name}");
        let record = store.lane(new.lane).await.unwrap().unwrap();
        assert!(record.mailbox == agent(1) && record.expires_at.is_none());
        assert!((record.secret_version, record.salt, record.mask) == (2, [5; 16], [6; 32]));
    }
    assert_eq!(store.lanes(agent(1)).await.unwrap().len(), 3);
    // As many as may be, whoever opens them; but what stands counts already.
    assert_eq!(store.open_lane(agent(1), again(4)).await.unwrap(), LaneOpening::TooMany);
    assert_eq!(store.open_lane(agent(1), again(1)).await.unwrap(), LaneOpening::Open);
    // It goes on where it was: names that were used, and what waits.
    for byte in [1, 2] {
        assert_eq!(store.deposit(deposit(lane, byte)).await.unwrap(), Deposited::Repeated);
    }
    for (byte, deposited) in [
        (3, Deposited::Stored(agent(1))),
        (4, Deposited::Stored(agent(1))),
        (5, Deposited::Stored(agent(1))),
        (6, Deposited::LaneFull),
    ] {
        assert_eq!(store.deposit(deposit(lane, byte)).await.unwrap(), deposited, "{byte}");
    }
    assert_eq!(store.deposit(deposit(LaneId::from_bytes([2; 16]), 7)).await.unwrap(), Deposited::Stored(agent(1)));
    assert_eq!(store.open_lane(agent(5), again(9)).await.unwrap(), LaneOpening::NoMailbox);
}

/// Nobody's lane is changed by who knows its name, and no invite's by anybody.
pub(in crate::store) async fn a_lane_that_is_not_the_owners_is_not_opened_again(store: &impl Store) {
    let lane = mailbox_with_lane(store, 1).await;
    let invites = open_lane(store, 1, 3, Some(invite(1, 9))).await;
    store.register(registration(2)).await.unwrap();
    for (owner, name) in [(2, 1), (2, 3), (1, 3)] {
        assert_eq!(store.open_lane(agent(owner), again(name)).await.unwrap(), LaneOpening::Taken, "{owner} {name}");
    }
    for lane in [lane, invites] {
        let record = store.lane(lane).await.unwrap().unwrap();
        assert!(record.mailbox == agent(1) && record.mask == [0; 32] && record.secret_version == 1);
    }
    assert!(store.lanes(agent(2)).await.unwrap().is_empty());
    assert_eq!(store.deposit(deposit(lane, 1)).await.unwrap(), Deposited::Stored(agent(1)));
    assert!(store.invite(agent(1), invite(1, 9).invite).await.unwrap().is_some());
}
