//! Handshakes that go well, for each purpose.

use crate::counter::Counter;
use crate::handshake::{Purpose, initiate};
use crate::testing::{Person, SeededRng, TestInvite, hello, message};

#[test]
fn a_knock_makes_a_session_and_carries_its_content() {
    let (alice, bob, mut rng) = (Person::new("alice"), Person::new("bob"), SeededRng::new("knock"));
    let initiated = alice.initiate(&mut rng, &bob, Purpose::Knock);
    let (envelope, at_alice) = initiated.seal(&mut rng, &alice.device, &hello(1)).unwrap();
    assert_eq!(envelope.len(), 8192);
    let responded = bob.respond(&envelope).unwrap();
    assert_eq!(responded.peer, *alice.certificate.id());
    assert_eq!(responded.reply_lane, alice.lane);
    assert_eq!(responded.purpose, Purpose::Knock);
    assert_eq!(*responded.opened.content(), hello(1));
    assert_eq!(*responded.opened.digest(), hello(1).digest());
    assert_eq!(responded.session.id(), at_alice.id());
    let (answer, _) = responded.session.seal(&mut rng, &bob.device, &message(1, "welcome")).unwrap();
    let (opened, _) = at_alice.open(&answer, crate::testing::NOW).unwrap();
    assert_eq!(opened.sender(), bob.certificate.id());
}

#[test]
fn an_invite_makes_a_session() {
    let (alice, bob, mut rng) = (Person::new("alice"), Person::new("bob"), SeededRng::new("invite"));
    let invite = TestInvite::by(&bob, &mut rng);
    let (bundle, one_time) = (bob.verified_bundle(), invite.fetched(&bob));
    let mut initiation = alice.initiation(&bundle, Purpose::Invite);
    initiation.invite = Some(invite.keys(&one_time));
    let initiated = initiate(&mut rng, &initiation).unwrap();
    let (envelope, at_alice) = initiated.seal(&mut rng, &alice.device, &hello(1)).unwrap();
    let first = crate::handshake::FirstFlight::parse(&envelope).unwrap();
    assert_eq!(first.invite_id(), Some(&invite.id));
    let mut responder = bob.responder();
    responder.invite = Some(invite.secrets());
    let responded = crate::handshake::respond(&first, &responder, crate::testing::NOW).unwrap();
    assert_eq!(responded.purpose, Purpose::Invite);
    assert_eq!(responded.session.id(), at_alice.id());
}

#[test]
fn a_reset_carries_its_counter_and_quote() {
    let (alice, bob, mut rng) = (Person::at_epoch("alice", 3), Person::new("bob"), SeededRng::new("reset"));
    let purpose = Purpose::Reset { counter: Counter::new(3, 9), quoted: Some([5; 32]) };
    let initiated = alice.initiate(&mut rng, &bob, purpose);
    let (envelope, _) = initiated.seal(&mut rng, &alice.device, &hello(1)).unwrap();
    let responded = bob.respond(&envelope).unwrap();
    assert_eq!(responded.purpose, purpose);
    assert_eq!(responded.opened.sender_epoch(), 3, "of the certificate that signed");
}
