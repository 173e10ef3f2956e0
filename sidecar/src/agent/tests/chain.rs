//! Gaps, late arrivals, duplicates and forks.

use crate::agent::receive::Taken;
use crate::agent::testing::pair;

#[test]
fn a_gap_is_announced_and_withdrawn_when_the_rest_arrives() {
    let (alice, mut bob) = pair(&["message"]);
    for body in ["one", "two", "three"] {
        alice.write("bob", body).unwrap();
    }
    let parcels = alice.post();
    bob.take(&parcels[0]);
    bob.take(&parcels[2]);
    assert!(bob.notices().contains(&"1 message from alice is missing.".into()));
    assert_eq!(bob.bodies("alice"), ["one", "three"]);

    assert_eq!(bob.take(&parcels[1]), Taken::Message);
    assert!(!bob.notices().iter().any(|text| text.contains("missing")));
    assert_eq!(bob.bodies("alice"), ["one", "two", "three"]);
}

#[test]
fn the_same_envelope_twice_is_one_message() {
    let (alice, mut bob) = pair(&["message"]);
    alice.write("bob", "once").unwrap();
    let parcels = alice.post();
    assert_eq!(bob.take_all(&[parcels[0].clone(), parcels[0].clone()]), [Taken::Message, Taken::Dropped]);
    assert_eq!(bob.bodies("alice"), ["once"]);
    bob.seal_receipts();
    assert_eq!(bob.post().len(), 1, "one receipt, no report");
}

#[test]
fn what_no_key_opens_is_kept_closed_and_never_answered() {
    let (alice, mut bob) = pair(&["message"]);
    alice.write("bob", "hi").unwrap();
    let mut parcel = alice.post().remove(0);
    parcel.envelope[100] ^= 1;
    assert_eq!(bob.take(&parcel), Taken::Held);
    assert_eq!(bob.take(&parcel), Taken::Held);
    bob.seal_receipts();
    assert!(bob.post().is_empty() && bob.bodies("alice").is_empty());
}

#[test]
fn what_does_not_open_fills_no_disk_and_goes_with_the_pair() {
    use crate::agent::pairing::revoke;
    use crate::agent::{Revoke, Trouble};
    use crate::store::held;

    let (alice, mut bob) = pair(&["message"]);
    alice.write("bob", "hi").unwrap();
    let parcel = alice.post().remove(0);
    let kept = |bob: &crate::agent::testing::Side| bob.act(|tx, _| held::len(tx).map_err(Trouble::from)).unwrap();
    for unknown in [false, true] {
        for number in 0..260u16 {
            let mut junk = parcel.clone();
            junk.envelope[100..102].copy_from_slice(&number.to_be_bytes());
            junk.envelope[102] = u8::from(unknown);
            if unknown {
                junk.source = a2a_proto::api::mailbox::Source::Lane(a2a_proto::id::LaneId::from_bytes([9; 16]));
            }
            bob.take(&junk);
        }
    }
    assert_eq!(kept(&bob), 2 * held::MOST_EACH as u64);
    let revoke = Revoke { peer: "alice".into(), ..Revoke::default() };
    bob.act(|tx, ctx| revoke::change(tx, ctx, &revoke).map(drop)).unwrap();
    assert_eq!(kept(&bob), held::MOST_EACH as u64);
}

#[test]
fn an_envelope_on_an_unknown_lane_is_kept_closed() {
    let (alice, mut bob) = pair(&["message"]);
    alice.write("bob", "hi").unwrap();
    let mut parcel = alice.post().remove(0);
    parcel.source = a2a_proto::api::mailbox::Source::Lane(a2a_proto::id::LaneId::from_bytes([9; 16]));
    assert_eq!(bob.take(&parcel), Taken::Held);
}

#[test]
fn garbage_moves_the_cursor_and_nothing_else() {
    let (_alice, mut bob) = pair(&["message"]);
    let before = bob.cursor();
    let parcel =
        crate::agent::testing::Parcel { source: a2a_proto::api::mailbox::Source::FrontDoor, envelope: vec![1; 100] };
    assert_eq!(bob.take(&parcel), Taken::Dropped);
    assert_eq!(bob.cursor(), before + 1);
}

#[test]
fn a_message_through_another_peers_lane_does_not_open() {
    let (alice, mut bob) = pair(&["message"]);
    let carol = crate::agent::testing::Side::new("Carol");
    carol.accept(&bob, bob.invite(&["message"]));
    bob.take_all(&carol.post());
    carol.write("bob", "for carol's lane").unwrap();
    alice.write("bob", "hi").unwrap();
    let mut parcel = carol.post().remove(0);
    parcel.source = alice.post().remove(0).source;
    assert_eq!(bob.take(&parcel), Taken::Held);
    assert!(bob.bodies("alice").is_empty());
}

#[test]
fn a_peer_that_jumps_again_and_again_fills_no_record() {
    let (alice, mut bob) = pair(&["message"]);
    for body in ["one", "two", "three"] {
        let mut peer = alice.peer("bob");
        peer.record.sent.number += 501;
        alice.act(|tx, _| crate::store::peers::update(tx, &peer)).unwrap();
        alice.write("bob", body).unwrap();
    }
    bob.take_all(&alice.post());
    assert_eq!(bob.bodies("alice"), ["one", "two", "three"]);
    assert_eq!(bob.peer("alice").record.missing.len(), 500);
}
