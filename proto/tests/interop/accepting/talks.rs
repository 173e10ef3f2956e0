//! Accepting vectors of sections 7, 8, 9 and 12: whole conversations, and what one envelope of them says.

use serde_json::{Value, json};

use super::messages::{hello, message, written};
use super::people::{invite, lane, person};
use super::{DAY, NOW, Written};
use crate::files::b64;

/// A conversation without events.
fn talk(name: &str, purpose: &str) -> Value {
    let (alice, bob) = (person("alice", 1), person("bob", 1));
    let psk = b64([0x42; 32]);
    json!({
        "now": NOW,
        "invite": if purpose == "invite" { invite(&bob, &psk) } else { Value::Null },
        "initiator": alice,
        "responder": bob,
        "reply_lane": lane("alice"),
        "purpose": purpose,
        "counter": if purpose == "reset" { [1, 3] } else { [0, 0] },
        "quoted": if purpose == "reset" { json!(b64([0x51; 32])) } else { Value::Null },
        "random": { "initiator": format!("{name} alice"), "responder": format!("{name} bob") },
        "events": [seal(true, &written(1, "hello", &hello())), open(0)],
    })
}

fn seal(by_initiator: bool, content: &Value) -> Value {
    json!({ "seal": if by_initiator { "initiator" } else { "responder" }, "content": content })
}

fn open(index: usize) -> Value {
    json!({ "open": index })
}

fn says(number: u64, text: &str) -> Value {
    written(number, "message", &message(text))
}

fn extend(talk: &mut Value, events: Vec<Value>) {
    talk["events"].as_array_mut().unwrap().extend(events);
}

/// Replies, steps of both sides, and messages that overtake others, within a chain and across a step.
fn converse(talk: &mut Value) {
    let (alice, bob) = (true, false);
    extend(
        talk,
        vec![
            seal(bob, &says(1, "yes, thursday works")), // 1
            seal(bob, &says(2, "2pm?")),                // 2
            seal(bob, &says(3, "or 3pm")),              // 3
            open(3),
            open(1),
            seal(alice, &says(2, "2pm it is \u{1f44d}")), // 4
            open(4),
            seal(bob, &written(4, "ack", &json!({}))), // 5
            open(5),
            open(2),
            seal(alice, &says(3, &"long ".repeat(400))), // 6
            seal(alice, &says(4, "and one more")),       // 7
            open(7),
            open(6),
        ],
    );
}

/// A message of each size; the first flight fills the second.
fn every_size(talk: &mut Value) {
    let longest = [1514, 7000, 12_000, 30_000, 59_392];
    let sealed = longest.into_iter().zip(1..).map(|(length, number): (usize, u64)| {
        let around = if length < 59_392 { 74 + 1 + 4 + 7 + 4 + 8 + 4 + 4 } else { 0 };
        seal(false, &says(number, &"x".repeat(length - around)))
    });
    extend(talk, sealed.collect());
    extend(talk, (1..=5).map(open).collect());
}

/// The most keys that one message may skip, and an old message after the first of five later steps.
fn far_ahead(talk: &mut Value) {
    extend(talk, (0..3).map(|number| seal(true, &says(2 + number, "early"))).collect()); // 1, 2, 3
    extend(talk, vec![open(3), json!({ "wait": 30 * DAY - 1 })]);
    for turn in 0..4 {
        let at = 4 + turn * 2;
        extend(
            talk,
            vec![seal(false, &says(1, "a step")), open(at), seal(true, &says(9, "a step back")), open(at + 1)],
        );
    }
    extend(talk, vec![open(1)]);
}

pub(super) fn write(out: &mut Written) {
    for purpose in ["knock", "invite", "reset"] {
        let mut talk = talk(&format!("accept {purpose}"), purpose);
        converse(&mut talk);
        let about = "A conversation that begins with this purpose, event by event; both sides reproduce every byte.";
        out.add(&format!("conversation-{purpose}"), "7, 9", about, "conversation", &talk);
    }
    let mut sizes = talk("accept sizes", "knock");
    every_size(&mut sizes);
    let about =
        "A message that fills the smallest envelope to the last byte, one in each larger size, and the longest of all.";
    out.add("conversation-sizes", "8", about, "conversation", &sizes);
    let mut far = talk("accept far", "knock");
    far_ahead(&mut far);
    let about = "A skipped key that is used a moment before its 30 days are over, four chains after its own.";
    out.add("conversation-late", "9.6", about, "conversation", &far);
}

/// Vectors that name the files of conversations.
pub(super) fn write_about_files(out: &mut Written) {
    let names = ["knock", "invite", "reset"].map(|purpose| format!("accept/conversation-{purpose}.json"));
    for (name, purpose) in names.iter().zip(["knock", "invite", "reset"]) {
        let envelope = out.0[name]["output"]["envelopes"][0].clone();
        let input = json!({ "conversation": name, "after": 1, "to": "responder", "envelope": envelope });
        let about = "What the responder learns of the initiator.";
        out.add(&format!("first-flight-{purpose}"), "7", about, "first-flight.read", &input);
        let about = "The first flight, as one more envelope: the input with which the rejecting vectors differ.";
        out.add(&format!("open-first-flight-{purpose}"), "7", about, "envelope.open", &input);
    }
    let name = &names[0];
    let envelope = out.0[name]["output"]["envelopes"][1].clone();
    let input = json!({ "conversation": name, "after": 3, "to": "initiator", "envelope": envelope });
    let about = "A step of the ratchet, as one more envelope: the input with which the rejecting vectors differ.";
    out.add("open-step", "9.6", about, "envelope.open", &input);
    let about = "Of three sessions of one pair with equal epochs the reset's is the newest.";
    let input = json!({ "conversations": names });
    out.add("sessions-newest", "12", about, "sessions.newest", &input);
}
