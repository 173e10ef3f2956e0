//! The promises about records, as tests that every backend passes.

use a2a_proto::id::LaneId;
use bytes::Bytes;

use super::fixtures::{NOW, agent, invite, later, mailbox_with_lane, open_lane, registration};
use crate::store::{NewRecord, Put, Quotas, Shelf, Store};

fn record(shelf: Shelf, key: &[u8], value: &[u8]) -> NewRecord {
    let (key, value) = (Bytes::copy_from_slice(key), Bytes::copy_from_slice(value));
    NewRecord { shelf, key, lane: None, value, replaces: None, expires_at: None, now: NOW }
}

fn blob(lane: LaneId, name: u8, length: usize) -> NewRecord {
    NewRecord {
        lane: Some(lane),
        expires_at: Some(later(3600)),
        ..record(Shelf::Blob, &[name; 16], &vec![name; length])
    }
}

async fn read(store: &impl Store, owner: u8, shelf: Shelf, key: &[u8]) -> Option<Vec<u8>> {
    let value = store.record(agent(owner), shelf, Bytes::copy_from_slice(key)).await.unwrap();
    value.map(|value| value.to_vec())
}

/// A record on every shelf of an owner who has a lane, for tests of one backend.
pub(in crate::store) async fn a_record_of_each_kind(store: &impl Store) {
    let lane = LaneId::from_bytes([1; 16]);
    store.put_record(agent(1), blob(lane, 9, 10)).await.unwrap();
    store.put_record(agent(1), record(Shelf::Webhook, b"", b"x")).await.unwrap();
    store.stand_under(agent(1), Shelf::Listing, vec![Bytes::new()]).await.unwrap();
    store.put_record(agent(1), record(Shelf::Backup, &[9; 16], b"sealed")).await.unwrap();
}

pub(in crate::store) async fn an_owners_record_is_replaced_and_taken(store: &impl Store) {
    assert_eq!(store.put_record(agent(1), record(Shelf::Webhook, b"", b"x")).await.unwrap(), Put::Refused);
    store.register(registration(1)).await.unwrap();
    store.register(registration(2)).await.unwrap();
    for value in [&b"one"[..], b"two", b"two"] {
        assert_eq!(store.put_record(agent(1), record(Shelf::Webhook, b"", value)).await.unwrap(), Put::Done);
        assert_eq!(read(store, 1, Shelf::Webhook, b"").await.as_deref(), Some(value));
    }
    assert_eq!(read(store, 2, Shelf::Webhook, b"").await, None);
    assert_eq!(read(store, 1, Shelf::Blob, b"").await, None);
    // Whoever looked a while ago replaces only what it saw.
    for (known, put) in [(&b"one"[..], Put::Refused), (b"two", Put::Done), (b"two", Put::Refused)] {
        let replaces = Some(Bytes::copy_from_slice(known));
        let record = NewRecord { replaces, ..record(Shelf::Webhook, b"", b"three") };
        assert_eq!(store.put_record(agent(1), record).await.unwrap(), put);
    }
    store.take_record(agent(2), Shelf::Webhook, Bytes::new()).await.unwrap();
    assert!(read(store, 1, Shelf::Webhook, b"").await.is_some());
    for _ in 0..2 {
        store.take_record(agent(1), Shelf::Webhook, Bytes::new()).await.unwrap();
    }
    assert_eq!(read(store, 1, Shelf::Webhook, b"").await, None);
    let late = NewRecord { replaces: Some(Bytes::from_static(b"three")), ..record(Shelf::Webhook, b"", b"four") };
    assert_eq!(store.put_record(agent(1), late).await.unwrap(), Put::Refused);
    assert!(store.holders(Shelf::Webhook, Bytes::new(), None, 9).await.unwrap().is_empty());
}

pub(in crate::store) async fn a_blob_stands_once_and_ends(store: &impl Store) {
    let lane = mailbox_with_lane(store, 1).await;
    let other = open_lane(store, 1, 7, None).await;
    for _ in 0..2 {
        assert_eq!(store.put_record(agent(1), blob(lane, 5, 10)).await.unwrap(), Put::Done);
    }
    // The same by another lane is what a sender goes on with that got one meanwhile; other bytes find the name used.
    let elsewhere = NewRecord { lane: Some(other), ..blob(lane, 5, 10) };
    assert_eq!(store.put_record(agent(1), elsewhere).await.unwrap(), Put::Done);
    for by in [lane, other] {
        let changed = NewRecord { value: Bytes::from_static(b"other"), ..blob(by, 5, 10) };
        assert_eq!(store.put_record(agent(1), changed).await.unwrap(), Put::Refused);
    }
    assert_eq!(read(store, 1, Shelf::Blob, &[5; 16]).await, Some(vec![5; 10]));
    // What came by a lane is found by its owner alone.
    assert!(store.holders(Shelf::Blob, Bytes::from(vec![5; 16]), None, 9).await.unwrap().is_empty());
    assert_eq!(store.sweep(later(3599)).await.unwrap().rows, 0);
    while store.sweep(later(3600)).await.unwrap().more {}
    assert_eq!(read(store, 1, Shelf::Blob, &[5; 16]).await, None);
}

pub(in crate::store) async fn blobs_need_a_living_lane(store: &impl Store) {
    let lane = mailbox_with_lane(store, 1).await;
    store.register(registration(2)).await.unwrap();
    let ending = open_lane(store, 1, 9, Some(invite(1, 9))).await;
    assert_eq!(store.put_record(agent(2), blob(lane, 1, 1)).await.unwrap(), Put::Refused);
    let late = NewRecord { now: later(3600), ..blob(ending, 1, 1) };
    assert_eq!(store.put_record(agent(1), late).await.unwrap(), Put::Refused);
    assert_eq!(store.put_record(agent(1), blob(ending, 1, 1)).await.unwrap(), Put::Done);
    store.close_lane(agent(1), lane).await.unwrap();
    assert_eq!(store.put_record(agent(1), blob(lane, 2, 1)).await.unwrap(), Put::Refused);
}

pub(in crate::store) async fn blobs_are_bounded_by_lane_and_by_mailbox(store: &impl Store) {
    let first = mailbox_with_lane(store, 1).await;
    let second = open_lane(store, 1, 7, None).await;
    // A small one counts for the least; the lanes take three of that, the mailbox five.
    let least = usize::try_from(Quotas::LEAST_BLOB).unwrap();
    for (lane, name, length, put) in [
        (first, 1, 2 * least, Put::Done),
        (first, 2, least + 1, Put::LaneFull),
        (first, 3, 1, Put::Done),
        (first, 4, 1, Put::LaneFull),
        (second, 5, 2 * least + 1, Put::ShelfFull),
        (second, 6, 2 * least, Put::Done),
        (second, 7, 1, Put::ShelfFull),
    ] {
        assert_eq!(store.put_record(agent(1), blob(lane, name, length)).await.unwrap(), put, "blob {name}");
    }
    // A full lane still knows what it took; taking away makes room.
    assert_eq!(store.put_record(agent(1), blob(first, 1, 2 * least)).await.unwrap(), Put::Done);
    store.take_record(agent(1), Shelf::Blob, Bytes::from(vec![1; 16])).await.unwrap();
    assert_eq!(store.put_record(agent(1), blob(first, 2, least + 1)).await.unwrap(), Put::Done);
}

pub(in crate::store) async fn a_backup_is_bounded_replaced_and_ended(store: &impl Store) {
    store.register(registration(1)).await.unwrap();
    store.register(registration(2)).await.unwrap();
    let least = usize::try_from(Quotas::LEAST_BLOB).unwrap();
    let part = |name: u8, length: usize| record(Shelf::Backup, &[name; 16], &vec![name; length]);
    // Four of the least are kept; what stands in the place of another counts once.
    for (name, length, put) in [
        (1, 1, Put::Done),
        (2, 2 * least, Put::Done),
        (3, least + 1, Put::ShelfFull),
        (3, 1, Put::Done),
        (4, 1, Put::ShelfFull),
        (2, 2 * least, Put::Done),
        (1, least, Put::Done),
        (1, least + 1, Put::ShelfFull),
    ] {
        assert_eq!(store.put_record(agent(1), part(name, length)).await.unwrap(), put, "part {name} of {length}");
    }
    assert_eq!(read(store, 1, Shelf::Backup, &[1; 16]).await, Some(vec![1; least]));
    // Another's is another's, and takes no room of this one's.
    assert_eq!(store.put_record(agent(2), part(1, 4 * least)).await.unwrap(), Put::Done);
    store.take_record(agent(1), Shelf::Backup, Bytes::from(vec![2; 16])).await.unwrap();
    assert_eq!(store.put_record(agent(1), part(4, 2 * least)).await.unwrap(), Put::Done);
    while store.sweep(later(10 * 365 * 24 * 3600)).await.unwrap().more {}
    assert!(read(store, 1, Shelf::Backup, &[4; 16]).await.is_some(), "a backup ended by itself");
    store.put_record(agent(1), record(Shelf::Webhook, b"", b"x")).await.unwrap();
    for _ in 0..2 {
        store.stand_under(agent(1), Shelf::Backup, Vec::new()).await.unwrap();
    }
    for name in [1, 3, 4] {
        assert_eq!(read(store, 1, Shelf::Backup, &[name; 16]).await, None, "part {name}");
    }
    assert!(read(store, 1, Shelf::Webhook, b"").await.is_some(), "another shelf was cleared");
    assert!(read(store, 2, Shelf::Backup, &[1; 16]).await.is_some(), "another's backup is gone");
    assert_eq!(store.put_record(agent(1), part(5, 4 * least)).await.unwrap(), Put::Done);
}

pub(in crate::store) async fn holders_are_found_page_by_page(store: &impl Store) {
    for owner in 1..=5 {
        store.register(registration(owner)).await.unwrap();
        let keys = if owner == 3 { vec![Bytes::new()] } else { vec![Bytes::new(), Bytes::from_static(b"review")] };
        store.stand_under(agent(owner), Shelf::Listing, keys).await.unwrap();
    }
    store.stand_under(agent(9), Shelf::Listing, vec![Bytes::new()]).await.unwrap();
    let all = async |key: &'static [u8]| {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = store.holders(Shelf::Listing, Bytes::from_static(key), after, 2).await.unwrap();
            found.extend(page.iter().map(|holder| holder.agent));
            after = found.last().copied();
            if page.len() < 2 {
                found.sort_unstable_by_key(|agent| *agent.as_bytes());
                return found;
            }
        }
    };
    let sorted = |owners: &[u8]| {
        let mut agents: Vec<_> = owners.iter().map(|owner| agent(*owner)).collect();
        agents.sort_unstable_by_key(|agent| *agent.as_bytes());
        agents
    };
    assert_eq!(all(b"").await, sorted(&[1, 2, 3, 4, 5]));
    assert_eq!(all(b"review").await, sorted(&[1, 2, 4, 5]));
    assert!(all(b"rev").await.is_empty() && all(b"review2").await.is_empty());
    // From now on under these keys and no others.
    store.stand_under(agent(1), Shelf::Listing, vec![]).await.unwrap();
    store.close_account(agent(2)).await.unwrap();
    assert_eq!(all(b"").await, sorted(&[3, 4, 5]));
}

pub(in crate::store) async fn records_leave_with_their_account(store: &impl Store) {
    let lane = mailbox_with_lane(store, 1).await;
    store.put_record(agent(1), blob(lane, 5, 10)).await.unwrap();
    store.put_record(agent(1), record(Shelf::Webhook, b"", b"x")).await.unwrap();
    store.put_record(agent(1), record(Shelf::Backup, &[5; 16], b"sealed")).await.unwrap();
    store.close_account(agent(1)).await.unwrap();
    store.register(registration(1)).await.unwrap();
    assert_eq!(read(store, 1, Shelf::Blob, &[5; 16]).await, None);
    assert_eq!(read(store, 1, Shelf::Backup, &[5; 16]).await, None);
    assert_eq!(read(store, 1, Shelf::Webhook, b"").await, None);
    assert!(store.holders(Shelf::Webhook, Bytes::new(), None, 9).await.unwrap().is_empty());
}
