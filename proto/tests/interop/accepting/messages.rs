//! Accepting vectors of sections 10 and 11: one content of each kind, and those at their bounds.

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
    ]
}

pub(super) fn write(out: &mut Written) {
    for (number, (name, kind, body)) in (1..).zip(bodies()) {
        let about = format!("A content of kind {kind}.");
        let made =
            out.add(&format!("content-write-{name}"), "10", &about, "content.write", &content(number, kind, &body));
        let input = json!({ "content": made["content"] });
        out.add(&format!("content-read-{name}"), "10, 11", &about, "content.read", &input);
    }
}
