//! Replays, several sessions with one peer, and which of them is newest.

use crate::counter::Counter;
use crate::handshake::{FirstFlight, Purpose, Responded};
use crate::ratchet::{OpenError, Session};
use crate::testing::{NOW, Pair, Person, SeededRng, hello, message};

fn handshake(from: &Person, to: &Person, rng: &mut SeededRng, purpose: Purpose) -> (Session, Responded) {
    let (envelope, session) = from.initiate(rng, to, purpose).seal(rng, &from.device, &hello(1)).unwrap();
    (session, to.respond(&envelope).unwrap())
}

fn reset(epoch: u32, number: u64) -> Purpose {
    Purpose::Reset { counter: Counter::new(epoch, number), quoted: None }
}

/// Nothing in the bytes tells a replayed knock from the first; the key that a receiver remembers does.
#[test]
fn a_replayed_first_flight_has_the_same_replay_key() {
    let pair = Pair::new("replay");
    let other = Pair::new("another flight");
    let key = |envelope: &[u8]| FirstFlight::parse(envelope).unwrap().replay_key();
    assert_eq!(key(&pair.first), key(&pair.first.clone()));
    assert_ne!(key(&pair.first), key(&other.first));
    assert_eq!(pair.at_bob.open(&pair.first, NOW).err(), Some(OpenError::NotForThisSession));
}

/// The message inside a first flight, cut out and sent as an envelope of its own, is not taken for a fork.
#[test]
fn the_message_of_a_first_flight_is_none_outside_of_it() {
    let pair = Pair::new("cut out");
    let mut cut = vec![1, 2];
    cut.extend(&pair.first[1171 + 1064..]);
    cut.resize(8192, 0);
    assert_eq!(pair.at_bob.open(&cut, NOW).err(), Some(OpenError::NotForThisSession));
}

#[test]
fn two_who_knock_at_once_agree_on_the_session_to_send_on() {
    let (alice, bob, mut rng) = (Person::new("alice"), Person::new("bob"), SeededRng::new("at once"));
    for _ in 0..4 {
        let (alice_first, bob_second) = handshake(&alice, &bob, &mut rng, Purpose::Knock);
        let (bob_first, alice_second) = handshake(&bob, &alice, &mut rng, Purpose::Knock);
        let alice_prefers_her_own = alice_first.outranks(&alice_second.session);
        assert_eq!(alice_prefers_her_own, bob_second.session.outranks(&bob_first));
        assert_eq!(alice_prefers_her_own, !alice_second.session.outranks(&alice_first));
        assert_eq!(alice_prefers_her_own, alice_first.id().as_bytes() < alice_second.session.id().as_bytes());
        // Both sessions work, whichever is preferred.
        for (from, device, to) in
            [(&alice_first, &alice.device, &bob_second.session), (&bob_first, &bob.device, &alice_second.session)]
        {
            let (envelope, _) = from.seal(&mut rng, device, &message(2, "both work")).unwrap();
            assert!(to.open(&envelope, NOW).is_ok());
        }
    }
}

#[test]
fn a_reset_outranks_what_came_before_it() {
    let (alice, bob, mut rng) = (Person::new("alice"), Person::new("bob"), SeededRng::new("rank"));
    let (knock, at_bob) = handshake(&alice, &bob, &mut rng, Purpose::Knock);
    let (first, first_at_bob) = handshake(&alice, &bob, &mut rng, reset(1, 1));
    // Bob lost his state in turn: his reset has the next number of the pair.
    let (second, second_at_alice) = handshake(&bob, &alice, &mut rng, reset(1, 2));
    assert!(first.outranks(&knock) && first_at_bob.session.outranks(&at_bob.session));
    assert!(second.outranks(&first_at_bob.session) && second_at_alice.session.outranks(&first));
    assert!(!knock.outranks(&first) && !first.outranks(&second_at_alice.session));
}

/// The side with the higher epoch must not hold on to a session that the other side has lost.
#[test]
fn epochs_of_both_sides_count_alike() {
    let (alice, bob, mut rng) = (Person::at_epoch("alice", 5), Person::new("bob"), SeededRng::new("epochs"));
    let (old, old_at_bob) = handshake(&alice, &bob, &mut rng, reset(5, 1));
    let (new, new_at_alice) = handshake(&bob, &alice, &mut rng, reset(1, 2));
    assert!(new.outranks(&old_at_bob.session) && new_at_alice.session.outranks(&old));
    // A restored device of either side outranks every number before it.
    let restored = Person::at_epoch("bob", 2);
    let (newest, newest_at_alice) = handshake(&restored, &alice, &mut rng, reset(2, 1));
    assert!(newest.outranks(&new) && newest_at_alice.session.outranks(&new_at_alice.session));
}

/// A rank survives its record.
#[test]
fn a_stored_session_keeps_its_rank() {
    let (alice, bob, mut rng) = (Person::new("alice"), Person::new("bob"), SeededRng::new("stored"));
    let (knock, _) = handshake(&alice, &bob, &mut rng, Purpose::Knock);
    let (reset, _) = handshake(&alice, &bob, &mut rng, reset(1, 1));
    let (knock, reset) =
        (Session::from_record(&knock.to_record()).unwrap(), Session::from_record(&reset.to_record()).unwrap());
    assert!(reset.outranks(&knock) && !knock.outranks(&reset));
}
