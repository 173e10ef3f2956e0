//! The promises of the store as tests that every backend passes: each gets a fresh, empty store.

mod again;
mod at_once;
mod bounds;
mod fixtures;
mod records;

use std::time::Duration;

use a2a_proto::card::KnockPolicy;
use a2a_proto::counter::Counter;
use a2a_proto::id::LaneId;
use bytes::Bytes;

pub(super) use self::again::{
    a_lane_is_opened_again_under_its_old_key, a_lane_that_is_not_the_owners_is_not_opened_again,
};
pub(super) use self::at_once::{
    a_retry_beside_its_first_is_stored_once, closing_a_lane_ends_what_comes_in, many_deposits_at_once_are_all_there,
};
pub(super) use self::bounds::{
    a_clock_that_was_wrong_costs_no_mail, fresh_mail_of_one_keeps_none_of_another, lanes_are_counted,
    quotas_hold_and_are_given_back, remembered_names_are_bounded_and_given_back,
};
use self::fixtures::{
    NOW, agent, deposit, invite, knock, later, mailbox_with_lane, open_door, open_lane, registration,
};
pub(super) use self::records::{
    a_backup_is_bounded_replaced_and_ended, a_blob_stands_once_and_ends, a_record_of_each_kind,
    an_owners_record_is_replaced_and_taken, blobs_are_bounded_by_lane_and_by_mailbox, blobs_need_a_living_lane,
    holders_are_found_page_by_page, records_leave_with_their_account,
};
use super::{
    Admitted, Deposit, Deposited, Device, Fact, Publication, Published, Quotas, Registered, Registration,
    RegistrationToken, Store, TokenDemand,
};

/// Small, so that the tests reach them.
pub(super) const QUOTAS: Quotas = Quotas {
    mailbox_bytes: 100,
    mailbox_envelopes: 6,
    lane_pending: 4,
    lane_names: 10,
    mailbox_names: 15,
    knocks_pending: 2,
    lanes: 3,
    lane_blob_bytes: 3 * Quotas::LEAST_BLOB,
    mailbox_blob_bytes: 5 * Quotas::LEAST_BLOB,
    backup_bytes: 4 * Quotas::LEAST_BLOB,
    envelope_lifetime: Duration::from_secs(30 * 24 * 3600),
};

/// Runs every test of the suite against the stores that `$fresh` makes, all with [`QUOTAS`]; where it makes none, says so.
macro_rules! conforms {
    ($fresh:expr) => {
        crate::store::conformance::conforms!($fresh;
            an_account_is_made_whole_or_not_at_all, a_token_is_spent_as_often_as_it_says, tokens_are_listed_and_withdrawn, epochs_only_rise,
            publications_only_grow, deposits_are_numbered_and_kept_in_order, numbers_are_never_used_twice,
            acknowledging_is_cumulative, a_name_is_used_once, a_name_outlives_its_envelope,
            a_closed_lane_refuses_from_then_on, a_name_beside_a_lane_is_no_lane, an_expired_lane_refuses, a_spent_invite_takes_nothing_but_retries,
            an_invite_is_offered_until_it_is_used, quotas_hold_and_are_given_back, lanes_are_counted,
            knocks_are_few_and_counted_once, a_closed_account_leaves_nothing, what_expired_is_swept,
            a_clock_that_was_wrong_costs_no_mail, fresh_mail_of_one_keeps_none_of_another, remembered_names_are_bounded_and_given_back,
            mailboxes_are_strangers_to_one_another, many_deposits_at_once_are_all_there,
            an_owners_record_is_replaced_and_taken, a_blob_stands_once_and_ends, blobs_need_a_living_lane,
            blobs_are_bounded_by_lane_and_by_mailbox, a_backup_is_bounded_replaced_and_ended, holders_are_found_page_by_page,
            records_leave_with_their_account, facts_are_kept_and_settled_once, a_retry_beside_its_first_is_stored_once, closing_a_lane_ends_what_comes_in,
            a_lane_is_opened_again_under_its_old_key, a_lane_that_is_not_the_owners_is_not_opened_again
        );
    };
    ($fresh:expr; $($name:ident),*) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            let Some((_folder, store)) = $fresh else { return };
            crate::store::conformance::$name(&store).await;
        })*
    };
}
pub(super) use conforms;

/// A mailbox with a lane, for tests of one backend.
pub(super) async fn a_lane(store: &impl Store) -> LaneId {
    mailbox_with_lane(store, 1).await
}

/// Another lane into the mailbox of [`a_lane`].
pub(super) async fn second_lane(store: &impl Store) -> LaneId {
    open_lane(store, 1, 99, None).await
}

/// A deposit into it.
pub(super) fn a_deposit(lane: LaneId, byte: u8) -> Deposit {
    deposit(lane, byte)
}

pub(super) async fn an_account_is_made_whole_or_not_at_all(store: &impl Store) {
    assert_eq!(store.account(agent(1)).await.unwrap(), None);
    let bob = Registration { handle: Some("bob".parse().unwrap()), ..registration(1) };
    for _ in 0..2 {
        assert_eq!(store.register(bob.clone()).await.unwrap(), Registered::Done(bob.handle.clone()));
    }
    let thief = Registration { handle: bob.handle.clone(), ..registration(2) };
    assert_eq!(store.register(thief).await.unwrap(), Registered::HandleTaken);
    assert_eq!(store.account(agent(2)).await.unwrap(), None);
    assert_eq!(store.holder_of("bob".parse().unwrap()).await.unwrap(), Some(agent(1)));
}

pub(super) async fn a_token_is_spent_as_often_as_it_says(store: &impl Store) {
    let token = RegistrationToken { hash: [9; 32], uses: 2, expires_at: later(60) };
    store.issue_token(token).await.unwrap();
    let with = |agent, hash| Registration { demand: TokenDemand::Token(hash), ..registration(agent) };
    assert_eq!(store.register(with(1, None)).await.unwrap(), Registered::TokenNeeded);
    assert_eq!(store.register(with(1, Some([8; 32]))).await.unwrap(), Registered::TokenUsed);
    let too_late = Registration { now: later(60), ..with(1, Some([9; 32])) };
    assert_eq!(store.register(too_late).await.unwrap(), Registered::TokenUsed);
    // Who is registered spends nothing by registering again.
    for agent in [1, 1, 2] {
        assert_eq!(store.register(with(agent, Some([9; 32]))).await.unwrap(), Registered::Done(None));
    }
    assert_eq!(store.register(with(3, Some([9; 32]))).await.unwrap(), Registered::TokenUsed);
    let closed = Registration { demand: TokenDemand::Closed, ..registration(3) };
    assert_eq!(store.register(closed).await.unwrap(), Registered::Closed);
}

pub(super) async fn tokens_are_listed_and_withdrawn(store: &impl Store) {
    let token = |byte, uses, secs| RegistrationToken { hash: [byte; 32], uses, expires_at: later(secs) };
    for issued in [token(1, 3, 120), token(2, 1, 60)] {
        store.issue_token(issued).await.unwrap();
    }
    let spend = Registration { demand: TokenDemand::Token(Some([1; 32])), ..registration(1) };
    store.register(spend.clone()).await.unwrap();
    assert_eq!(store.tokens().await.unwrap(), [token(2, 1, 60), token(1, 2, 120)]);
    for _ in 0..2 {
        store.revoke_token([1; 32]).await.unwrap();
    }
    assert_eq!(store.tokens().await.unwrap(), [token(2, 1, 60)]);
    let late = Registration { device: registration(2).device, ..spend };
    assert_eq!(store.register(late).await.unwrap(), Registered::TokenUsed);
    assert!(store.account(agent(1)).await.unwrap().is_some());
}

pub(super) async fn epochs_only_rise(store: &impl Store) {
    let device = |epoch, key| Device { agent: agent(1), epoch, key: [key; 32] };
    assert_eq!(store.admit(device(1, 1)).await.unwrap(), Admitted::No);
    store.register(registration(1)).await.unwrap();
    for (epoch, key, admitted) in [
        (1, 1, Admitted::Yes),
        (1, 2, Admitted::No),
        (3, 3, Admitted::Yes),
        (1, 1, Admitted::No),
        (2, 2, Admitted::No),
        (3, 4, Admitted::No),
        (3, 3, Admitted::Yes),
    ] {
        assert_eq!(store.admit(device(epoch, key)).await.unwrap(), admitted, "epoch {epoch}, key {key}");
    }
    assert_eq!(store.account(agent(1)).await.unwrap().unwrap().epoch, 3);
    let old = store.register(registration(1)).await.unwrap();
    assert_eq!(old, Registered::EpochTooLow { highest: 3 });
}

pub(super) async fn publications_only_grow(store: &impl Store) {
    store.register(registration(1)).await.unwrap();
    let card = |epoch, number, byte: u8| Publication::Card {
        bytes: Bytes::from(vec![byte; 8]),
        sequence: Counter::new(epoch, number),
    };
    for (publication, published) in [
        (card(1, 5, 1), Published::Done),
        (card(1, 5, 1), Published::Done),
        (card(1, 5, 2), Published::Stale),
        (card(1, 4, 2), Published::Stale),
        // Another epoch counts first: a thief's largest number locks nobody out.
        (card(1, u64::MAX, 3), Published::Done),
        (card(2, 1, 4), Published::Done),
        (Publication::WithdrawCard, Published::Done),
        (card(2, 1, 4), Published::Stale),
    ] {
        assert_eq!(store.publish(agent(1), publication).await.unwrap(), published);
    }
    let shown = store.shown(agent(1)).await.unwrap().unwrap();
    assert_eq!((shown.card, shown.bundle, shown.knocks), (None, None, KnockPolicy::Closed));
    assert!(store.shown(agent(2)).await.unwrap().is_none());
}

pub(super) async fn deposits_are_numbered_and_kept_in_order(store: &impl Store) {
    let lane = mailbox_with_lane(store, 1).await;
    for byte in 1..=4 {
        assert_eq!(store.deposit(deposit(lane, byte)).await.unwrap(), Deposited::Stored(agent(1)));
    }
    let collected = store.collect(agent(1), 1, 2).await.unwrap();
    let found: Vec<_> = collected.envelopes.iter().map(|envelope| (envelope.seq, envelope.envelope[0])).collect();
    assert_eq!(found, [(2, 2), (3, 3)]);
    assert_eq!(collected.envelopes[0].lane, Some(lane));
    assert_eq!(collected.envelopes[0].hour, NOW.hours());
}

pub(super) async fn numbers_are_never_used_twice(store: &impl Store) {
    let lane = mailbox_with_lane(store, 1).await;
    for byte in 1..=8 {
        store.deposit(deposit(lane, byte)).await.unwrap();
        let collected = store.collect(agent(1), 0, 9).await.unwrap();
        assert_eq!(collected.envelopes[0].seq, u64::from(byte));
        store.acknowledge(agent(1), u64::MAX).await.unwrap();
    }
}

pub(super) async fn acknowledging_is_cumulative(store: &impl Store) {
    let lane = mailbox_with_lane(store, 1).await;
    for byte in 1..=3 {
        store.deposit(deposit(lane, byte)).await.unwrap();
    }
    for (through, acknowledged, left) in [(2, 2, 1), (1, 2, 1), (99, 3, 0)] {
        store.acknowledge(agent(1), through).await.unwrap();
        let collected = store.collect(agent(1), 0, 9).await.unwrap();
        assert_eq!((collected.acknowledged_through, collected.envelopes.len()), (acknowledged, left));
    }
    // What arrives after an acknowledgement of everything is not acknowledged by it.
    store.deposit(deposit(lane, 4)).await.unwrap();
    assert_eq!(store.collect(agent(1), 0, 9).await.unwrap().envelopes.len(), 1);
}

pub(super) async fn a_name_is_used_once(store: &impl Store) {
    let lane = mailbox_with_lane(store, 1).await;
    store.deposit(deposit(lane, 1)).await.unwrap();
    assert_eq!(store.deposit(deposit(lane, 1)).await.unwrap(), Deposited::Repeated);
    let other_bytes = Deposit { envelope_id: deposit(lane, 1).envelope_id, ..deposit(lane, 2) };
    assert_eq!(store.deposit(other_bytes.clone()).await.unwrap(), Deposited::Refused);
    assert_eq!(store.collect(agent(1), 0, 9).await.unwrap().envelopes.len(), 1);
    // Names belong to a lane: the same one elsewhere is another.
    let elsewhere = open_lane(store, 1, 7, None).await;
    let elsewhere = Deposit { lane: elsewhere, ..other_bytes };
    assert_eq!(store.deposit(elsewhere).await.unwrap(), Deposited::Stored(agent(1)));
}

pub(super) async fn a_name_outlives_its_envelope(store: &impl Store) {
    let lane = mailbox_with_lane(store, 1).await;
    store.deposit(deposit(lane, 1)).await.unwrap();
    store.acknowledge(agent(1), 1).await.unwrap();
    let days = later(45 * 24 * 3600);
    while store.sweep(days).await.unwrap().more {}
    let retry = Deposit { now: days, ..deposit(lane, 1) };
    assert_eq!(store.deposit(retry).await.unwrap(), Deposited::Repeated);
    // A full mailbox does not hide that it was accepted.
    for byte in 2..=5 {
        store.deposit(deposit(lane, byte)).await.unwrap();
    }
    assert_eq!(store.deposit(deposit(lane, 6)).await.unwrap(), Deposited::LaneFull);
    assert_eq!(store.deposit(deposit(lane, 2)).await.unwrap(), Deposited::Repeated);
}

pub(super) async fn a_closed_lane_refuses_from_then_on(store: &impl Store) {
    let lane = mailbox_with_lane(store, 1).await;
    store.register(registration(2)).await.unwrap();
    store.deposit(deposit(lane, 1)).await.unwrap();
    store.close_lane(agent(2), lane).await.unwrap();
    assert_eq!(store.deposit(deposit(lane, 2)).await.unwrap(), Deposited::Stored(agent(1)));
    for _ in 0..2 {
        store.close_lane(agent(1), lane).await.unwrap();
    }
    assert!(store.lane(lane).await.unwrap().is_none());
    // New or a retry: the lane's end is the end.
    for byte in [1, 3] {
        assert_eq!(store.deposit(deposit(lane, byte)).await.unwrap(), Deposited::Refused);
    }
    assert_eq!(store.collect(agent(1), 0, 9).await.unwrap().envelopes.len(), 2);
}

pub(super) async fn a_name_beside_a_lane_is_no_lane(store: &impl Store) {
    store.register(registration(1)).await.unwrap();
    let lane = open_lane(store, 1, 5, None).await;
    assert!(store.lane(lane).await.unwrap().is_some());
    for beside in [0, 4, 6, 255] {
        assert!(store.lane(LaneId::from_bytes([beside; 16])).await.unwrap().is_none(), "{beside}");
    }
}

pub(super) async fn an_expired_lane_refuses(store: &impl Store) {
    store.register(registration(1)).await.unwrap();
    let lane = open_lane(store, 1, 1, Some(invite(1, 9))).await;
    let at = |seconds, byte| Deposit { now: later(seconds), ..deposit(lane, byte) };
    assert_eq!(store.deposit(at(3599, 1)).await.unwrap(), Deposited::Stored(agent(1)));
    assert_eq!(store.deposit(at(3600, 2)).await.unwrap(), Deposited::Refused);
    assert_eq!(store.deposit(at(3600, 1)).await.unwrap(), Deposited::Refused);
}

pub(super) async fn a_spent_invite_takes_nothing_but_retries(store: &impl Store) {
    store.register(registration(1)).await.unwrap();
    let lane = open_lane(store, 1, 1, Some(invite(1, 2))).await;
    for byte in [1, 2] {
        assert_eq!(store.deposit(deposit(lane, byte)).await.unwrap(), Deposited::Stored(agent(1)));
    }
    store.acknowledge(agent(1), 2).await.unwrap();
    assert_eq!(store.deposit(deposit(lane, 3)).await.unwrap(), Deposited::LaneFull);
    assert_eq!(store.deposit(deposit(lane, 1)).await.unwrap(), Deposited::Repeated);
}

pub(super) async fn an_invite_is_offered_until_it_is_used(store: &impl Store) {
    store.register(registration(1)).await.unwrap();
    store.register(registration(2)).await.unwrap();
    let new = invite(1, 9);
    let lane = open_lane(store, 1, 1, Some(new.clone())).await;
    let offer = store.invite(agent(1), new.invite).await.unwrap().unwrap();
    assert!(offer.token_hash == new.token_hash && offer.one_time == new.one_time);
    assert!(store.invite(agent(2), new.invite).await.unwrap().is_none());
    // Opened again, its first lane ends.
    let again = open_lane(store, 1, 2, Some(new.clone())).await;
    assert!(store.lane(lane).await.unwrap().is_none());
    store.deposit(deposit(again, 1)).await.unwrap();
    assert!(store.invite(agent(1), new.invite).await.unwrap().is_none());
}

pub(super) async fn knocks_are_few_and_counted_once(store: &impl Store) {
    store.register(registration(1)).await.unwrap();
    assert_eq!(store.knock(knock(1, 1)).await.unwrap(), None);
    open_door(store, 1, 1, KnockPolicy::Pow).await;
    assert_eq!(store.knock(knock(2, 1)).await.unwrap(), None);
    let expected = [(1, Some(agent(1))), (1, None), (2, Some(agent(1))), (3, None)];
    for (byte, taken) in expected {
        assert_eq!(store.knock(knock(1, byte)).await.unwrap(), taken, "knock {byte}");
    }
    let collected = store.collect(agent(1), 0, 9).await.unwrap();
    assert!(collected.envelopes.iter().all(|envelope| envelope.lane.is_none()));
    store.acknowledge(agent(1), 2).await.unwrap();
    assert_eq!(store.knock(knock(1, 1)).await.unwrap(), None);
    assert_eq!(store.knock(knock(1, 3)).await.unwrap(), Some(agent(1)));
    open_door(store, 1, 2, KnockPolicy::Closed).await;
    assert_eq!(store.knock(knock(1, 4)).await.unwrap(), None);
}

pub(super) async fn a_closed_account_leaves_nothing(store: &impl Store) {
    let lane = mailbox_with_lane(store, 1).await;
    store.deposit(deposit(lane, 1)).await.unwrap();
    open_door(store, 1, 1, KnockPolicy::Pow).await;
    for _ in 0..2 {
        store.close_account(agent(1)).await.unwrap();
    }
    assert_eq!(store.deposit(deposit(lane, 2)).await.unwrap(), Deposited::Refused);
    assert!(store.shown(agent(1)).await.unwrap().is_none());
    store.register(registration(1)).await.unwrap();
    assert!(store.lanes(agent(1)).await.unwrap().is_empty());
    assert!(store.collect(agent(1), 0, 9).await.unwrap().envelopes.is_empty());
    assert!(store.shown(agent(1)).await.unwrap().unwrap().bundle.is_none());
}

pub(super) async fn what_expired_is_swept(store: &impl Store) {
    let lane = mailbox_with_lane(store, 1).await;
    open_lane(store, 1, 2, Some(invite(1, 9))).await;
    store.issue_token(RegistrationToken { hash: [1; 32], uses: 1, expires_at: later(60) }).await.unwrap();
    store.deposit(deposit(lane, 1)).await.unwrap();
    assert_eq!(store.sweep(later(30)).await.unwrap().rows, 0);
    let day = 24 * 3600;
    let recent = Deposit { now: later(20 * day), ..deposit(lane, 2) };
    store.deposit(recent).await.unwrap();
    // The envelope, the invite's lane and the token; not the younger envelope, and no name yet.
    assert_eq!(store.sweep(later(31 * day)).await.unwrap().rows, 3);
    let collected = store.collect(agent(1), 0, 9).await.unwrap();
    assert_eq!(collected.envelopes.iter().map(|envelope| envelope.seq).collect::<Vec<_>>(), [2]);
    assert_eq!(store.lanes(agent(1)).await.unwrap().len(), 1);
    assert_eq!(store.sweep(later(61 * day)).await.unwrap().rows, 2);
}

pub(super) async fn mailboxes_are_strangers_to_one_another(store: &impl Store) {
    let lane = mailbox_with_lane(store, 1).await;
    store.register(registration(2)).await.unwrap();
    let astray = Deposit { mailbox: agent(2), ..deposit(lane, 1) };
    assert_eq!(store.deposit(astray).await.unwrap(), Deposited::Refused);
    store.deposit(deposit(lane, 1)).await.unwrap();
    assert!(store.collect(agent(2), 0, 9).await.unwrap().envelopes.is_empty());
    store.acknowledge(agent(2), 9).await.unwrap();
    assert_eq!(store.collect(agent(1), 0, 9).await.unwrap().envelopes.len(), 1);
}

pub(super) async fn facts_are_kept_and_settled_once(store: &impl Store) {
    assert!(!store.has_accounts().await.unwrap());
    store.register(registration(1)).await.unwrap();
    assert!(store.has_accounts().await.unwrap());
    assert_eq!(store.noted(Fact::PublicUrl).await.unwrap(), None);
    for url in ["https://one.example", "https://two.example"] {
        store.note(Fact::PublicUrl, url.to_owned()).await.unwrap();
        assert_eq!(store.noted(Fact::PublicUrl).await.unwrap().as_deref(), Some(url));
    }
    for (version, value, stands) in [(1, "a", "a"), (1, "b", "a"), (2, "b", "b")] {
        assert_eq!(store.settle(Fact::SecretMark(version), value.to_owned()).await.unwrap(), stands);
    }
    store.check().await.unwrap();
}
