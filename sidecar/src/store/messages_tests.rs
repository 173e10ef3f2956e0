//! The order of threads, and that one message stands once.

use super::*;
use crate::store::peers::testing::peer;
use crate::store::testing::store;

fn add(tx: &Tx<'_>, peer: PeerKey, way: Way, name: u8, number: u64) -> Option<i64> {
    let record = MessageRecord {
        scope: Scope::message(),
        subject: None,
        body: format!("message {name}"),
        content: Blob::default(),
    };
    let new = NewMessage {
        peer,
        way,
        message_id: MessageId::from_bytes([name; 16]),
        position: Counter::new(1, number),
        state: State::Unread,
        sent_at: Timestamp::from_millis(1),
        stored_at: Timestamp::from_millis(2),
        reply_to: None,
        digest: [0; 32],
        record: &record,
    };
    insert(tx, &new).unwrap()
}

fn names(tx: &Tx<'_>, peer: PeerKey) -> Vec<u8> {
    let mut page = thread(tx, peer, None, 100).unwrap();
    page.reverse();
    page.iter().map(|message| message.message_id.as_bytes()[0]).collect()
}

#[test]
fn a_late_arrival_stands_where_its_sender_wrote_it() {
    let (_folder, store) = store();
    let order = store.write_blocking(|tx| {
        let peer = peer(tx, 1);
        add(tx, peer, Way::In, 1, 1);
        add(tx, peer, Way::Out, 20, 1);
        add(tx, peer, Way::In, 3, 3);
        add(tx, peer, Way::In, 2, 2);
        Ok::<_, StoreError>(names(tx, peer))
    });
    assert_eq!(order.unwrap(), [1, 20, 2, 3]);
}

#[test]
fn the_same_message_stands_once() {
    let (_folder, store) = store();
    store
        .write_blocking(|tx| {
            let peer = peer(tx, 1);
            assert!(add(tx, peer, Way::In, 1, 1).is_some());
            assert!(add(tx, peer, Way::In, 1, 1).is_none());
            assert_eq!(unread(tx, None)?, 1);
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

#[test]
fn pages_of_a_thread_join_without_gap_or_overlap() {
    let (_folder, store) = store();
    store
        .write_blocking(|tx| {
            let peer = peer(tx, 1);
            for name in 1..=7 {
                add(tx, peer, Way::In, name, name.into());
            }
            let first = thread(tx, peer, None, 4)?;
            let rest = thread(tx, peer, Some(first[3].place), 10)?;
            let names = |page: &[Message]| page.iter().map(|m| m.message_id.as_bytes()[0]).collect::<Vec<_>>();
            assert_eq!((names(&first), names(&rest)), (vec![7, 6, 5, 4], vec![3, 2, 1]));
            Ok::<_, StoreError>(())
        })
        .unwrap();
}
