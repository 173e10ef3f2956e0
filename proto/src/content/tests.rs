//! Every value has one form, every form one value, and no bytes make the parser panic.

use proptest::prelude::*;

use super::{
    Attachment, Body, Content, ContentError, Head, Heads, Parts, Receipt, ReceiptKind, RefusalReason, ReportReason,
    Request,
};
use crate::attachment::AttachmentKey;
use crate::card::Capability;
use crate::codec::DecodeError;
use crate::counter::Counter;
use crate::id::{LaneId, MessageId};
use crate::lane::{LaneKey, LaneOffer};
use crate::limits::{
    MAX_BODY_BYTES, MAX_CAPABILITIES, MAX_HELLO_TEXT_BYTES, MAX_RECEIPTS, MAX_SCOPES, MAX_SUBJECT_BYTES,
};
use crate::scope::Scope;
use crate::time::Timestamp;

fn scopes() -> impl Strategy<Value = Vec<Scope>> {
    proptest::collection::vec("[a-z0-9-]{1,64}", 0..4)
        .prop_map(|texts| texts.iter().map(|text| text.parse().unwrap()).collect())
}

fn counter() -> impl Strategy<Value = Counter> {
    any::<(u32, u64)>().prop_map(|(epoch, number)| Counter::new(epoch, number))
}

fn message_id() -> impl Strategy<Value = MessageId> {
    any::<[u8; 16]>().prop_map(MessageId::from_bytes)
}

fn receipt() -> impl Strategy<Value = Receipt> {
    let kind = prop_oneof![
        Just(ReceiptKind::Delivered),
        Just(ReceiptKind::Read),
        Just(ReceiptKind::Refused(RefusalReason::OutsideGrant)),
        Just(ReceiptKind::Refused(RefusalReason::GrantExpired)),
        Just(ReceiptKind::Refused(RefusalReason::Policy)),
    ];
    (kind, message_id(), any::<[u8; 32]>()).prop_map(|(kind, message_id, digest)| Receipt { kind, message_id, digest })
}

fn head() -> impl Strategy<Value = Head> {
    (counter(), any::<[u8; 32]>()).prop_map(|(position, digest)| Head { position, digest })
}

fn lane() -> impl Strategy<Value = LaneOffer> {
    any::<([u8; 16], [u8; 32])>().prop_map(|(lane, key)| LaneOffer {
        relay: "relay.example.org:8443".parse().unwrap(),
        lane: LaneId::from_bytes(lane),
        key: LaneKey::from_bytes(key),
    })
}

fn parts() -> impl Strategy<Value = Parts> {
    let request = ("[a-z0-9-]{1,64}", ".{0,80}")
        .prop_map(|(intent, payload)| Request { intent: intent.parse().unwrap(), payload });
    let attachment = ("[a-zA-Z0-9 ._-]{0,30}x", 1..1_000_000_u64, any::<([u8; 32], [u8; 32])>())
        .prop_map(|(name, size, (digest, key))| Attachment { name, size, digest, key: AttachmentKey::from_bytes(key) });
    (proptest::option::of(request), proptest::collection::vec(attachment, 0..3))
        .prop_map(|(request, attachments)| Parts { request, attachments })
}

fn body() -> impl Strategy<Value = Body> {
    let reason = prop_oneof![Just(ReportReason::Gap), Just(ReportReason::Fork), Just(ReportReason::Unopenable)];
    prop_oneof![
        ("[a-z0-9-]{1,64}", ".{0,40}", ".{0,400}", proptest::option::of(message_id()), parts()).prop_map(
            |(scope, subject, body, reply_to, parts)| {
                Body::Message { scope: scope.parse().unwrap(), subject, body, reply_to, parts }
            }
        ),
        proptest::collection::vec(receipt(), 0..5).prop_map(Body::Receipts),
        (".{0,20}", scopes(), scopes(), ".{0,100}", head(), head()).prop_map(
            |(display_name, requested, granted, text, sent, received)| Body::Hello {
                display_name,
                relay: "relay.example.org".parse().unwrap(),
                requested,
                granted,
                text,
                heads: Heads { sent, received },
            }
        ),
        (counter(), proptest::option::of(lane()), scopes(), proptest::option::of(any::<u64>())).prop_map(
            |(counter, lane, granted, expires_at)| Body::Terms {
                counter,
                lane,
                granted,
                expires_at: expires_at.map(Timestamp::from_millis),
            }
        ),
        (any::<[u8; 32]>(), reason).prop_map(|(nonce, reason)| Body::Report { nonce, reason }),
        any::<(u32, u64, u64)>().prop_map(|(epoch, a, b)| Body::Resend { epoch, from: a.min(b), to: a.max(b) }),
        Just(Body::Ack {}),
        (counter(), capabilities()).prop_map(|(counter, capabilities)| Body::Capabilities { counter, capabilities }),
    ]
}

fn capabilities() -> impl Strategy<Value = Vec<Capability>> {
    let one = ("[a-z0-9-]{1,64}", "[a-zA-Z ]{0,20}x", ".{0,40}", proptest::option::of("[{}a-z]{1,40}"))
        .prop_map(|(id, title, description, schema)| Capability { id, title, description, schema });
    proptest::collection::vec(one, 0..3).prop_map(|mut list| {
        list.dedup_by(|one, other| one.id == other.id);
        list
    })
}

prop_compose! {
    fn content()(
        message_id in message_id(),
        position in counter(),
        previous in any::<[u8; 32]>(),
        sent_at in any::<u64>(),
        body in body(),
    ) -> Content {
        Content { message_id, position, previous, sent_at: Timestamp::from_millis(sent_at), body }
    }
}

proptest! {
    #[test]
    fn every_content_reads_back(content in content()) {
        prop_assert_eq!(content.check(), Ok(()));
        let bytes = content.to_bytes();
        prop_assert_eq!(Content::parse(&bytes), Ok(content));
    }

    #[test]
    fn changed_bytes_are_refused_or_another_content(content in content(), at in any::<usize>(), bit in 0..8_u32) {
        let mut bytes = content.to_bytes();
        let at = at % bytes.len();
        bytes[at] ^= 1_u8 << bit;
        if let Ok(other) = Content::parse(&bytes) {
            prop_assert_eq!(other.to_bytes(), bytes);
            prop_assert_ne!(other.digest(), content.digest());
        }
    }

    #[test]
    fn any_bytes_never_panic(kind in 0..11_u8, bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let mut whole = vec![1, kind];
        whole.extend(bytes);
        if let Ok(content) = Content::parse(&whole) {
            prop_assert_eq!(content.to_bytes(), whole);
        }
    }

    #[test]
    fn cut_and_extended_bytes_are_refused(content in content(), cut in any::<usize>()) {
        let bytes = content.to_bytes();
        prop_assert!(Content::parse(&bytes[..cut % bytes.len()]).is_err());
        let mut longer = bytes;
        longer.push(0);
        prop_assert_eq!(Content::parse(&longer), Err(DecodeError::TrailingBytes.into()));
    }
}

fn with(body: Body) -> Content {
    crate::testing::content(1, body)
}

/// What `check` refuses, `parse` refuses too, and at the limit both agree that it is fine.
#[test]
fn limits_hold_on_both_sides() {
    let text = |length: usize| "x".repeat(length);
    let mail = |subject: usize, body: usize| Body::Message {
        scope: Scope::message(),
        subject: text(subject),
        body: text(body),
        reply_to: None,
        parts: Parts::default(),
    };
    let terms = |count: usize| Body::Terms {
        counter: Counter::new(1, 1),
        lane: None,
        granted: vec![Scope::message(); count],
        expires_at: None,
    };
    let receipt = Receipt { kind: ReceiptKind::Read, message_id: MessageId::from_bytes([1; 16]), digest: [2; 32] };
    let hello = |length: usize| {
        let Body::Hello { display_name, relay, requested, granted, heads, .. } = crate::testing::hello(1).body else {
            unreachable!("it is a hello")
        };
        Body::Hello { display_name, relay, requested, granted, text: text(length), heads }
    };
    let capability = |id: String, length| Capability { id, title: "x".into(), description: text(length), schema: None };
    let takes = |count: usize, length: usize| Body::Capabilities {
        counter: Counter::new(1, 1),
        capabilities: (0..count).map(|at| capability(format!("a{at}"), length)).collect(),
    };
    let twice = Body::Capabilities { counter: Counter::new(1, 1), capabilities: vec![capability("a".into(), 1); 2] };
    let cases = [
        (mail(MAX_SUBJECT_BYTES, MAX_BODY_BYTES), true),
        (mail(MAX_SUBJECT_BYTES + 1, 1), false),
        (mail(1, MAX_BODY_BYTES + 1), false),
        (terms(MAX_SCOPES), true),
        (terms(MAX_SCOPES + 1), false),
        (Body::Receipts(vec![receipt; MAX_RECEIPTS]), true),
        (Body::Receipts(vec![receipt; MAX_RECEIPTS + 1]), false),
        (hello(MAX_HELLO_TEXT_BYTES), true),
        (hello(MAX_HELLO_TEXT_BYTES + 1), false),
        (takes(MAX_CAPABILITIES, 1), true),
        (takes(MAX_CAPABILITIES + 1, 1), false),
        (takes(16, 3000), true),
        (takes(16, 3700), false),
        (twice, false),
        (Body::Resend { epoch: 1, from: 3, to: 3 }, true),
        (Body::Resend { epoch: 1, from: 4, to: 3 }, false),
    ];
    for (at, (body, is_fine)) in cases.into_iter().enumerate() {
        let content = with(body);
        assert_eq!(content.check().is_ok(), is_fine, "case {at}");
        assert_eq!(Content::parse(&content.to_bytes()).is_ok(), is_fine, "case {at}");
    }
}

/// One value has one form: without anything beside the text it is kind 1, and only that.
#[test]
fn parts_stand_under_a_kind_of_their_own() {
    let plain = crate::testing::message(1, "abc").to_bytes();
    assert_eq!(plain[1], 1);
    let mut empty = plain.clone();
    empty[1] = 8;
    empty.extend([0, 0, 0, 0, 0]);
    assert_eq!(Content::parse(&empty), Err(DecodeError::InvalidValue.into()));
    let attachment = |name: &str, size| Attachment {
        name: name.to_owned(),
        size,
        digest: [1; 32],
        key: AttachmentKey::from_bytes([2; 32]),
    };
    let with = |attachments: Vec<Attachment>| {
        let Body::Message { scope, subject, body, reply_to, .. } = crate::testing::message(1, "abc").body else {
            unreachable!("it is a message")
        };
        with(Body::Message { scope, subject, body, reply_to, parts: Parts { request: None, attachments } })
    };
    assert_eq!(with(vec![attachment("a.txt", 1)]).to_bytes()[1], 8);
    for (at, (attachments, is_fine)) in [
        (vec![attachment("a.txt", 1); 8], true),
        (vec![attachment("a.txt", 1); 9], false),
        (vec![attachment("", 1)], false),
        (vec![attachment("a\nb", 1)], false),
        (vec![attachment(&"a".repeat(256), 1)], false),
        (vec![attachment("a", 0)], false),
        (vec![attachment("a", 128 * 1024 * 1024)], true),
        (vec![attachment("a", 128 * 1024 * 1024 + 1)], false),
    ]
    .into_iter()
    .enumerate()
    {
        let content = with(attachments);
        assert_eq!(content.check().is_ok(), is_fine, "case {at}");
        assert_eq!(Content::parse(&content.to_bytes()).is_ok(), is_fine, "case {at}");
    }
}

/// A model's text is under kind 1; nothing in it changes the kind byte, which is signed with it.
#[test]
fn words_never_read_as_a_statement() {
    let statement = with(Body::Resend { epoch: 1, from: 1, to: 2 }).to_bytes();
    let words = String::from_utf8_lossy(&statement).into_owned();
    let message = crate::testing::message(1, &words).to_bytes();
    assert!(matches!(Content::parse(&message).unwrap().body, Body::Message { .. }));
    assert_eq!(message[1], 1);
}

#[test]
fn unknown_versions_and_kinds_are_named_as_such() {
    let mut bytes = with(Body::Ack {}).to_bytes();
    assert_eq!(bytes.len(), 70);
    bytes[1] = 10;
    assert_eq!(Content::parse(&bytes), Err(ContentError::Decode(DecodeError::UnknownVersion)));
    bytes[..2].copy_from_slice(&[2, 7]);
    assert_eq!(Content::parse(&bytes), Err(ContentError::Decode(DecodeError::UnknownVersion)));
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    let mut bytes = crate::testing::message(1, "abc").to_bytes();
    *bytes.last_mut().unwrap() = 0xff;
    assert_eq!(Content::parse(&bytes), Err(ContentError::Decode(DecodeError::NotText)));
}
