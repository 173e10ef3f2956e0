//! What bounds a mailbox, and that everything it counts is given back; and that the sweep takes only what has expired.

use std::time::Duration;

use a2a_proto::id::LaneId;
use bytes::Bytes;

use super::fixtures::{NOW, agent, deposit, later, mailbox_with_lane, new_lane, open_lane};
use crate::store::{Deposit, Deposited, LaneOpening, Store};

pub(in crate::store) async fn quotas_hold_and_are_given_back(store: &impl Store) {
    let first = mailbox_with_lane(store, 1).await;
    let second = open_lane(store, 1, 7, None).await;
    for byte in 1..=4 {
        store.deposit(deposit(first, byte)).await.unwrap();
    }
    assert_eq!(store.deposit(deposit(first, 5)).await.unwrap(), Deposited::LaneFull);
    for byte in 1..=2 {
        store.deposit(deposit(second, byte)).await.unwrap();
    }
    assert_eq!(store.deposit(deposit(second, 3)).await.unwrap(), Deposited::MailboxFull);
    store.acknowledge(agent(1), 6).await.unwrap();
    assert_eq!(store.deposit(deposit(first, 5)).await.unwrap(), Deposited::Stored(agent(1)));
    // Bytes count as well as envelopes.
    let large = Deposit { envelope: Bytes::from(vec![0; 95]), ..deposit(second, 9) };
    assert_eq!(store.deposit(large).await.unwrap(), Deposited::MailboxFull);
}

pub(in crate::store) async fn lanes_are_counted(store: &impl Store) {
    mailbox_with_lane(store, 1).await;
    open_lane(store, 1, 2, None).await;
    open_lane(store, 1, 3, None).await;
    assert_eq!(store.open_lane(agent(1), new_lane(4, None)).await.unwrap(), LaneOpening::TooMany);
    assert_eq!(store.lanes(agent(1)).await.unwrap().len(), 3);
    store.close_lane(agent(1), LaneId::from_bytes([2; 16])).await.unwrap();
    assert_eq!(store.open_lane(agent(1), new_lane(4, None)).await.unwrap(), LaneOpening::Open);
    assert_eq!(store.open_lane(agent(5), new_lane(9, None)).await.unwrap(), LaneOpening::NoMailbox);
}

/// A name outlives its envelope by weeks, so that acknowledging makes no room for more of them.
pub(in crate::store) async fn remembered_names_are_bounded_and_given_back(store: &impl Store) {
    let first = mailbox_with_lane(store, 1).await;
    let (second, third) = (open_lane(store, 1, 7, None).await, open_lane(store, 1, 8, None).await);
    let pass = async |lane, bytes: std::ops::RangeInclusive<u8>| {
        for byte in bytes {
            assert_eq!(store.deposit(deposit(lane, byte)).await.unwrap(), Deposited::Stored(agent(1)), "{byte}");
            store.acknowledge(agent(1), u64::MAX).await.unwrap();
        }
    };
    pass(first, 1..=10).await;
    assert_eq!(store.deposit(deposit(first, 11)).await.unwrap(), Deposited::LaneFull);
    assert_eq!(store.deposit(deposit(first, 1)).await.unwrap(), Deposited::Repeated);
    pass(second, 1..=5).await;
    assert_eq!(store.deposit(deposit(second, 6)).await.unwrap(), Deposited::MailboxFull);
    // A lane that is closed takes its names along; time takes the rest.
    store.close_lane(agent(1), second).await.unwrap();
    pass(third, 1..=5).await;
    assert_eq!(store.deposit(deposit(third, 6)).await.unwrap(), Deposited::MailboxFull);
    let late = later(61 * 24 * 3600);
    while store.sweep(late).await.unwrap().more {}
    for lane in [first, third] {
        let deposit = Deposit { now: late, ..deposit(lane, 11) };
        assert_eq!(store.deposit(deposit).await.unwrap(), Deposited::Stored(agent(1)));
    }
}

/// What came to one mailbox says nothing of when mail of another ends.
pub(in crate::store) async fn fresh_mail_of_one_keeps_none_of_another(store: &impl Store) {
    let (fresh, old) = (mailbox_with_lane(store, 1).await, mailbox_with_lane(store, 2).await);
    store.deposit(Deposit { now: later(30 * 24 * 3600), ..deposit(fresh, 1) }).await.unwrap();
    store.deposit(Deposit { mailbox: agent(2), ..deposit(old, 2) }).await.unwrap();
    while store.sweep(later(31 * 24 * 3600)).await.unwrap().more {}
    for (owner, kept) in [(1, 1), (2, 0)] {
        assert_eq!(store.collect(agent(owner), 0, 9).await.unwrap().envelopes.len(), kept, "of mailbox {owner}");
    }
}

/// What came in while a relay's clock was behind stands after what is not to be swept yet.
pub(in crate::store) async fn a_clock_that_was_wrong_costs_no_mail(store: &impl Store) {
    let lane = mailbox_with_lane(store, 1).await;
    store.deposit(deposit(lane, 1)).await.unwrap();
    store.deposit(Deposit { now: NOW.minus(Duration::from_secs(90 * 24 * 3600)), ..deposit(lane, 2) }).await.unwrap();
    store.deposit(deposit(lane, 3)).await.unwrap();
    // In front of what is fresh it goes; behind, it waits for its turn.
    for (at, kept) in [(0, &[1, 2, 3][..]), (31 * 24 * 3600, &[])] {
        while store.sweep(later(at)).await.unwrap().more {}
        let collected = store.collect(agent(1), 0, 9).await.unwrap();
        assert_eq!(collected.envelopes.iter().map(|envelope| envelope.seq).collect::<Vec<_>>(), kept);
    }
}
