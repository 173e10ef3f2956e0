//! Accepting vectors of sections 10 and 11: one content of each kind, and those at their bounds.

use a2a_proto::attachment::{AttachmentKey, Cut};
use serde_json::{Value, json};

use super::people::lane;
use super::{DAY, NOW, Written};
use crate::contents::content_write;
use crate::files::{Fields, b64};
use crate::seeded::Seeded;

/// A content in the form that `content.write` takes.
pub(super) fn content(number: u64, kind: &str, body: &Value) -> Value {
    let mut random = Seeded::new(&format!("accept content {number} {kind}"));
    json!({
        "kind": kind,
        "message_id": b64(random.draw::<16>()),
        "position": [1, number],
        "previous": b64(if number == 1 { [0; 32] } else { random.draw::<32>() }),
        "sent_at": NOW,
        "body": body,
    })
}

/// The bytes of a content, as base64url.
pub(super) fn written(number: u64, kind: &str, body: &Value) -> Value {
    content_write(Fields(&content(number, kind, body))).unwrap()["content"].take()
}

pub(super) fn message(text: &str) -> Value {
    json!({ "scope": "message", "subject": "Thursday", "text": text, "reply_to": null })
}

pub(super) fn hello() -> Value {
    let head = json!({ "position": [0, 0], "digest": b64([0; 32]) });
    json!({
        "name": "Alice",
        "relay": "alice.example.org",
        "requested": ["message"],
        "granted": ["message", "scheduling"],
        "words": "May I write to you?",
        "sent": head,
        "received": head,
    })
}

fn receipts() -> Value {
    let receipt = |state: u8, reason: u8| json!({ "state": state, "reason": reason, "message_id": b64([state; 16]), "digest": b64([reason; 32]) });
    json!({ "receipts": [receipt(1, 0), receipt(2, 0), receipt(3, 1), receipt(3, 2), receipt(3, 3)] })
}

fn bodies() -> Vec<(&'static str, &'static str, Value)> {
    let mut reply = message("2pm \u{1f44d}");
    reply["reply_to"] = json!(b64([9; 16]));
    let longest = json!({ "scope": "s".repeat(64), "subject": "t".repeat(1024), "text": "u".repeat(59392), "reply_to": b64([9; 16]) });
    let mut restarted = hello();
    restarted["sent"] = json!({ "position": [2, 5], "digest": b64([5; 32]) });
    vec![
        ("message", "message", message("thursday 2pm?")),
        ("reply", "message", reply),
        ("empty-message", "message", json!({ "scope": "a", "subject": "", "text": "", "reply_to": null })),
        ("longest-message", "message", longest),
        ("receipts", "receipts", receipts()),
        ("no-receipts", "receipts", json!({ "receipts": [] })),
        ("hello", "hello", hello()),
        ("hello-with-heads", "hello", restarted),
        (
            "terms",
            "terms",
            json!({ "counter": [1, 4], "offer": lane("alice"), "granted": ["message"], "expires_at": NOW + DAY }),
        ),
        ("end-of-a-grant", "terms", json!({ "counter": [1, 5], "offer": null, "granted": [], "expires_at": null })),
        ("report", "report", json!({ "nonce": b64([7; 32]), "reason": 2 })),
        ("resend", "resend", json!({ "epoch": 1, "first": 4, "last": 4 })),
        ("ack", "ack", json!({})),
        ("request", "message-with-parts", parts(request(), &[])),
        ("attachments", "message-with-parts", parts(Value::Null, &[file("a.txt", 1), file("b", 1 << 27)])),
        ("request-with-attachment", "message-with-parts", parts(request(), &[file("report.pdf", 70_000)])),
    ]
}

fn request() -> Value {
    json!({ "intent": "question", "payload": "{\"question\":\"Which day?\"}" })
}

fn file(name: &str, size: u64) -> Value {
    json!({ "name": name, "size": size, "digest": b64([3; 32]), "key": b64([4; 32]) })
}

fn parts(request: Value, attachments: &[Value]) -> Value {
    let mut body = message("see what is with it");
    body["request"] = request;
    body["attachments"] = json!(attachments);
    body
}

fn attachments(out: &mut Written) {
    let mut random = Seeded::new("accept attachments");
    let key = AttachmentKey::random(&mut random);
    for size in [1, 65_496, 65_497, 262_105, 2_096_833] {
        let about = "How a file of some size is cut.";
        out.add(&format!("attachment-cut-{size}"), "10.1", about, "attachment.cut", &json!({ "size": size }));
    }
    let name = json!({ "key": b64(key.as_bytes()), "index": 7 });
    out.add("attachment-blob", "10.1", "What the relay calls a chunk.", "attachment.blob", &name);
    for (size, index) in [(11, 0), (262_104 + 4, 1)] {
        let cut = Cut::of(size).unwrap();
        let piece = vec![b'x'; cut.bytes_in(index)];
        let sealed = cut.seal(&mut random, &key, index, &piece).unwrap();
        let input = json!({ "key": b64(key.as_bytes()), "size": size, "index": index, "sealed": b64(sealed) });
        out.add(&format!("attachment-open-{size}"), "10.1", "A sealed chunk.", "attachment.open", &input);
    }
}

pub(super) fn write(out: &mut Written) {
    attachments(out);
    for (number, (name, kind, body)) in (1..).zip(bodies()) {
        let about = format!("A content of kind {kind}.");
        let made =
            out.add(&format!("content-write-{name}"), "10", &about, "content.write", &content(number, kind, &body));
        let input = json!({ "content": made["content"] });
        out.add(&format!("content-read-{name}"), "10, 11", &about, "content.read", &input);
    }
}
