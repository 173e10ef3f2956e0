//! Sizes: every envelope fills a bucket, and what the limits allow always fits.

use crate::attachment::AttachmentKey;
use crate::content::{Attachment, Body, ContentError, Parts, Request};
use crate::handshake::Purpose;
use crate::id::MessageId;
use crate::limits::{ENVELOPE_BUCKETS_BYTES, MAX_BODY_BYTES, MAX_SCOPE_BYTES, MAX_SUBJECT_BYTES};
use crate::ratchet::SealError;
use crate::testing::{Pair, Person, SeededRng, content, message};

fn largest() -> crate::content::Content {
    let body = Body::Message {
        scope: "s".repeat(MAX_SCOPE_BYTES).parse().unwrap(),
        subject: "s".repeat(MAX_SUBJECT_BYTES),
        body: "b".repeat(MAX_BODY_BYTES),
        reply_to: Some(MessageId::from_bytes([1; 16])),
        parts: Parts::default(),
    };
    content(1, body)
}

#[test]
fn envelopes_of_all_lengths_fill_buckets() {
    let mut pair = Pair::new("lengths");
    let mut seen = std::collections::BTreeSet::new();
    for length in (0..MAX_BODY_BYTES).step_by(1499) {
        let envelope = pair.bob_seals(&message(1, &"x".repeat(length)));
        assert!(ENVELOPE_BUCKETS_BYTES.contains(&envelope.len()));
        seen.insert(envelope.len());
        assert!(pair.alice_opens(&envelope).is_ok());
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ENVELOPE_BUCKETS_BYTES);
}

#[test]
fn texts_of_one_bucket_cannot_be_told_apart_by_length() {
    let mut pair = Pair::new("same length");
    let short = pair.bob_seals(&message(1, ""));
    let long = pair.bob_seals(&message(1, &"x".repeat(1300)));
    assert_eq!((short.len(), long.len()), (4096, 4096));
}

#[test]
fn the_largest_message_fits_also_in_a_first_flight() {
    let mut pair = Pair::new("largest");
    let envelope = pair.bob_seals(&largest());
    assert_eq!(pair.alice_opens(&envelope), Ok(largest()));
    let (alice, bob, mut rng) = (Person::new("alice"), Person::new("bob"), SeededRng::new("largest first"));
    let purpose = Purpose::Reset { counter: crate::counter::Counter::new(1, 1), quoted: None };
    let (envelope, _) = alice.initiate(&mut rng, &bob, purpose).seal(&mut rng, &alice.device, &largest()).unwrap();
    assert_eq!(*bob.respond(&envelope).unwrap().opened.content(), largest());
}

#[test]
fn the_largest_request_with_attachments_fits_too() {
    let attachment =
        Attachment { name: "n".repeat(255), size: 1, digest: [1; 32], key: AttachmentKey::from_bytes([2; 32]) };
    let request = Request { intent: "i".repeat(64).parse().unwrap(), payload: "p".repeat(32 * 1024) };
    let parts = Parts { request: Some(request), attachments: vec![attachment; 8] };
    let with = |text: usize| {
        let crate::content::Content { body: Body::Message { scope, subject, reply_to, .. }, .. } = largest() else {
            unreachable!("it is a message")
        };
        content(1, Body::Message { scope, subject, reply_to, body: "b".repeat(text), parts: parts.clone() })
    };
    // payload, intent, their lengths, the two counts, and eight attachments
    let taken = 32 * 1024 + 64 + 8 + 1 + 4 + 8 * (4 + 255 + 8 + 64);
    let most = with(MAX_BODY_BYTES - taken);
    assert_eq!(most.check(), Ok(()));
    assert_eq!(crate::content::Content::parse(&most.to_bytes()), Ok(most.clone()));
    let (alice, bob, mut rng) = (Person::new("alice"), Person::new("bob"), SeededRng::new("largest request"));
    let purpose = Purpose::Reset { counter: crate::counter::Counter::new(1, 1), quoted: None };
    let (envelope, _) = alice.initiate(&mut rng, &bob, purpose).seal(&mut rng, &alice.device, &most).unwrap();
    assert_eq!(*bob.respond(&envelope).unwrap().opened.content(), most);
    let over = with(MAX_BODY_BYTES - taken + 1);
    assert_eq!(over.check(), Err(ContentError::TooLong { limit: MAX_BODY_BYTES }));
    assert!(crate::content::Content::parse(&over.to_bytes()).is_err());
}

#[test]
fn a_text_beyond_its_limit_is_refused_by_name() {
    let pair = Pair::new("too long");
    let long = message(1, &"x".repeat(MAX_BODY_BYTES + 1));
    let mut rng = SeededRng::new("unused");
    let outcome = pair.at_bob.seal(&mut rng, &pair.bob.device, &long).err();
    assert_eq!(outcome, Some(SealError::Content(ContentError::TooLong { limit: MAX_BODY_BYTES })));
}

#[test]
fn a_knock_is_at_most_eight_kibibytes() {
    let (alice, bob, mut rng) = (Person::new("alice"), Person::new("bob"), SeededRng::new("knock size"));
    let mut knock = |text: usize| {
        let content = message(1, &"x".repeat(text));
        let initiated = alice.initiate(&mut rng, &bob, Purpose::Knock);
        initiated.seal(&mut rng, &alice.device, &content).map(|(envelope, _)| envelope.len())
    };
    assert_eq!(knock(3200), Ok(8192));
    assert!(matches!(knock(3400), Err(SealError::TooLarge { limit: 3377, .. })));
}
