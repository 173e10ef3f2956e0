//! Operations on contents, with their bodies as JSON objects.

use a2a_proto::attachment::{AttachmentKey, Cut, blob_id};
use a2a_proto::content::{
    Attachment, Body, Content, Head, Heads, Parts, Receipt, ReceiptKind, RefusalReason, ReportReason, Request,
};
use a2a_proto::counter::Counter;
use a2a_proto::id::MessageId;
use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;
use serde_json::{Value, json};

use crate::documents::{capability, capability_fields, counter, offer, offer_fields, refused, scopes};
use crate::files::{Fields, Outcome, REFUSED, b64};

pub(crate) fn content_write(i: Fields<'_>) -> Outcome {
    let content = Content {
        message_id: MessageId::from_bytes(i.array("message_id")),
        position: counter(i.value("position")),
        previous: i.array("previous"),
        sent_at: Timestamp::from_millis(i.number("sent_at")),
        body: body(i.text("kind"), i.fields("body"))?,
    };
    content.check().map_err(refused)?;
    Ok(json!({ "content": b64(content.to_bytes()) }))
}

pub(crate) fn content_read(i: Fields<'_>) -> Outcome {
    let content = Content::parse(&i.bytes("content")).map_err(refused)?;
    let (kind, body) = body_fields(&content.body);
    Ok(json!({
        "kind": kind,
        "message_id": b64(content.message_id.as_bytes()),
        "position": pair(content.position),
        "previous": b64(content.previous),
        "sent_at": content.sent_at.millis(),
        "body": body,
        "digest": b64(content.digest()),
    }))
}

fn cut(i: Fields<'_>) -> Result<Cut, &'static str> {
    Cut::of(i.number("size")).ok_or(REFUSED)
}

fn key(i: Fields<'_>) -> AttachmentKey {
    AttachmentKey::from_bytes(i.array("key"))
}

pub(crate) fn attachment_cut(i: Fields<'_>) -> Outcome {
    let cut = cut(i)?;
    let last = cut.bytes_before(cut.count() - 1) + cut.bytes_in(cut.count() - 1) as u64;
    assert_eq!(last, i.number("size"));
    Ok(json!({ "count": cut.count(), "room": cut.room() }))
}

pub(crate) fn attachment_blob(i: Fields<'_>) -> Outcome {
    Ok(json!({ "id": b64(blob_id(&key(i), i.u32("index")).as_bytes()) }))
}

pub(crate) fn attachment_open(i: Fields<'_>) -> Outcome {
    let opened = cut(i)?.open(&key(i), i.u32("index"), &i.bytes("sealed")).map_err(refused)?;
    Ok(json!({ "bytes": b64(&*opened) }))
}

pub(crate) fn pair(counter: Counter) -> Value {
    json!([counter.epoch, counter.number])
}

fn body(kind: &str, b: Fields<'_>) -> Result<Body, &'static str> {
    Ok(match kind {
        "message" => Body::Message {
            scope: b.text("scope").parse().map_err(refused)?,
            subject: b.text("subject").to_owned(),
            body: b.text("text").to_owned(),
            reply_to: b.has("reply_to").then(|| MessageId::from_bytes(b.array("reply_to"))),
            parts: Parts::default(),
        },
        "message-with-parts" => Body::Message {
            scope: b.text("scope").parse().map_err(refused)?,
            subject: b.text("subject").to_owned(),
            body: b.text("text").to_owned(),
            reply_to: b.has("reply_to").then(|| MessageId::from_bytes(b.array("reply_to"))),
            parts: Parts {
                request: b.has("request").then(|| request(b.fields("request"))).transpose()?,
                attachments: b.list("attachments").map(attachment).collect(),
            },
        },
        "receipts" => Body::Receipts(b.list("receipts").map(receipt).collect()),
        "hello" => Body::Hello {
            display_name: b.text("name").to_owned(),
            relay: b.text("relay").parse().map_err(refused)?,
            requested: scopes(b.value("requested"))?,
            granted: scopes(b.value("granted"))?,
            text: b.text("words").to_owned(),
            heads: Heads { sent: head(b.fields("sent")), received: head(b.fields("received")) },
        },
        "terms" => Body::Terms {
            counter: counter(b.value("counter")),
            lane: b.has("offer").then(|| offer(b.fields("offer"))).transpose()?,
            granted: scopes(b.value("granted"))?,
            expires_at: b.has("expires_at").then(|| Timestamp::from_millis(b.number("expires_at"))),
        },
        "report" => Body::Report { nonce: b.array("nonce"), reason: report_reason(b.number("reason")) },
        "resend" => Body::Resend { epoch: b.u32("epoch"), from: b.number("first"), to: b.number("last") },
        "ack" => Body::Ack {},
        "capabilities" => Body::Capabilities {
            counter: counter(b.value("counter")),
            capabilities: b.list("capabilities").map(capability).collect(),
        },
        other => panic!("no kind {other}"),
    })
}

fn request(r: Fields<'_>) -> Result<Request, &'static str> {
    Ok(Request { intent: r.text("intent").parse().map_err(refused)?, payload: r.text("payload").to_owned() })
}

fn attachment(a: Fields<'_>) -> Attachment {
    Attachment {
        name: a.text("name").to_owned(),
        size: a.number("size"),
        digest: a.array("digest"),
        key: AttachmentKey::from_bytes(a.array("key")),
    }
}

fn attachment_fields(a: &Attachment) -> Value {
    json!({ "name": a.name, "size": a.size, "digest": b64(a.digest), "key": b64(a.key.as_bytes()) })
}

fn receipt(r: Fields<'_>) -> Receipt {
    let kind = match (r.number("state"), r.number("reason")) {
        (1, 0) => ReceiptKind::Delivered,
        (2, 0) => ReceiptKind::Read,
        (3, 1) => ReceiptKind::Refused(RefusalReason::OutsideGrant),
        (3, 2) => ReceiptKind::Refused(RefusalReason::GrantExpired),
        (3, 3) => ReceiptKind::Refused(RefusalReason::Policy),
        other => panic!("no receipt {other:?}"),
    };
    Receipt { kind, message_id: MessageId::from_bytes(r.array("message_id")), digest: r.array("digest") }
}

fn receipt_fields(receipt: &Receipt) -> Value {
    let (state, reason) = match receipt.kind {
        ReceiptKind::Delivered => (1, 0),
        ReceiptKind::Read => (2, 0),
        ReceiptKind::Refused(RefusalReason::OutsideGrant) => (3, 1),
        ReceiptKind::Refused(RefusalReason::GrantExpired) => (3, 2),
        ReceiptKind::Refused(RefusalReason::Policy) => (3, 3),
        _ => panic!("a receipt that the vectors do not know"),
    };
    let (id, digest) = (b64(receipt.message_id.as_bytes()), b64(receipt.digest));
    json!({ "state": state, "reason": reason, "message_id": id, "digest": digest })
}

fn head(h: Fields<'_>) -> Head {
    Head { position: counter(h.value("position")), digest: h.array("digest") }
}

fn head_fields(head: &Head) -> Value {
    json!({ "position": pair(head.position), "digest": b64(head.digest) })
}

fn report_reason(code: u64) -> ReportReason {
    match code {
        1 => ReportReason::Gap,
        2 => ReportReason::Fork,
        3 => ReportReason::Unopenable,
        other => panic!("no reason {other}"),
    }
}

const fn report_code(reason: ReportReason) -> u8 {
    match reason {
        ReportReason::Gap => 1,
        ReportReason::Fork => 2,
        _ => 3,
    }
}

fn texts(scopes: &[Scope]) -> Vec<&str> {
    scopes.iter().map(Scope::as_str).collect()
}

fn body_fields(body: &Body) -> (&'static str, Value) {
    match body {
        Body::Message { scope, subject, body, reply_to, parts } => {
            let reply_to = reply_to.map(|id| b64(id.as_bytes()));
            let mut said = json!({ "scope": scope.as_str(), "subject": subject, "text": body, "reply_to": reply_to });
            if parts.is_empty() {
                return ("message", said);
            }
            let request = |r: &Request| json!({ "intent": r.intent.as_str(), "payload": r.payload });
            said["request"] = json!(parts.request.as_ref().map(request));
            said["attachments"] = parts.attachments.iter().map(attachment_fields).collect();
            ("message-with-parts", said)
        }
        Body::Receipts(receipts) => {
            ("receipts", json!({ "receipts": receipts.iter().map(receipt_fields).collect::<Vec<_>>() }))
        }
        Body::Hello { display_name, relay, requested, granted, text, heads } => (
            "hello",
            json!({
                "name": display_name,
                "relay": relay.as_str(),
                "requested": texts(requested),
                "granted": texts(granted),
                "words": text,
                "sent": head_fields(&heads.sent),
                "received": head_fields(&heads.received),
            }),
        ),
        Body::Terms { counter, lane, granted, expires_at } => (
            "terms",
            json!({
                "counter": pair(*counter),
                "offer": lane.as_ref().map(offer_fields),
                "granted": texts(granted),
                "expires_at": expires_at.map(Timestamp::millis),
            }),
        ),
        Body::Report { nonce, reason } => ("report", json!({ "nonce": b64(nonce), "reason": report_code(*reason) })),
        Body::Resend { epoch, from, to } => ("resend", json!({ "epoch": epoch, "first": from, "last": to })),
        Body::Ack {} => ("ack", json!({})),
        Body::Capabilities { counter, capabilities } => {
            let list: Vec<_> = capabilities.iter().map(capability_fields).collect();
            ("capabilities", json!({ "counter": pair(*counter), "capabilities": list }))
        }
        _ => panic!("a body that the vectors do not know"),
    }
}
