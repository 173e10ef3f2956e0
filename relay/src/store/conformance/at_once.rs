//! What happens at the same moment: retries beside their first, closing beside deposits, many deposits together.

use super::fixtures::{agent, deposit, mailbox_with_lane};
use crate::store::{Deposit, Deposited, Store};

/// Two deposits of the same bytes under the same name at once are one envelope.
pub(in crate::store) async fn a_retry_beside_its_first_is_stored_once(store: &impl Store) {
    let lane = mailbox_with_lane(store, 1).await;
    let both = futures_util::join!(store.deposit(deposit(lane, 1)), store.deposit(deposit(lane, 1)));
    let (first, second) = (both.0.unwrap(), both.1.unwrap());
    assert!(first == Deposited::Repeated || second == Deposited::Repeated, "{first:?}, {second:?}");
    assert_eq!(store.collect(agent(1), 0, 9).await.unwrap().envelopes.len(), 1);
}

/// A lane that is closed while deposits come in: what was answered after the closing is refused.
pub(in crate::store) async fn closing_a_lane_ends_what_comes_in(store: &impl Store) {
    let lane = mailbox_with_lane(store, 1).await;
    let (_, closed) = futures_util::join!(store.deposit(deposit(lane, 1)), store.close_lane(agent(1), lane));
    closed.unwrap();
    let stored = store.collect(agent(1), 0, 9).await.unwrap().envelopes.len();
    assert_eq!(store.deposit(deposit(lane, 2)).await.unwrap(), Deposited::Refused);
    assert_eq!(store.collect(agent(1), 0, 9).await.unwrap().envelopes.len(), stored);
}

pub(in crate::store) async fn many_deposits_at_once_are_all_there(store: &impl Store) {
    let mut waiting = Vec::new();
    for owner in 1..=10 {
        let lane = mailbox_with_lane(store, owner).await;
        let into = |byte| Deposit { mailbox: agent(owner), ..deposit(lane, byte) };
        waiting.extend((1..=4).map(|byte| store.deposit(into(byte))));
    }
    let mut stored = 0;
    for deposited in waiting {
        stored += usize::from(matches!(deposited.await.unwrap(), Deposited::Stored(_)));
    }
    assert_eq!(stored, 40);
}
