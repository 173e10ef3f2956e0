//! Accepting vectors of sections 1, 5 and 6.3.

use serde_json::json;

use super::people::{lane, person};
use super::{NOW, Written};
use crate::files::b64;
use crate::seeded::Seeded;

const SECONDS: u64 = NOW / 1000;

pub(super) fn write(written: &mut Written) {
    let about = "16 bytes, as they stand in headers and JSON.";
    let input = json!({ "text": b64([0xfb; 16]), "length": 16 });
    written.add("base64url-read", "1", about, "base64url.read", &input);
    lanes(written);
    challenges(written);
    knocks(written);
    batches(written);
}

fn lanes(written: &mut Written) {
    let mut random = Seeded::new("accept lanes");
    let (master, lane_id, salt) = (b64(random.draw::<32>()), b64(random.draw::<16>()), b64(random.draw::<16>()));
    for (name, mask) in [("zero-mask", [0; 32]), ("masked", random.draw::<32>())] {
        let input = json!({ "master": master, "lane_id": lane_id, "salt": salt, "mask": b64(mask) });
        written.add(&format!("lane-key-{name}"), "5.1", "A lane's key, as its relay derives it.", "lane.key", &input);
    }
    let lane = lane("bob");
    for (name, method, path, body) in
        [("deposit", "POST", "/api/deposit", "an envelope"), ("get", "GET", "/api/agents/x/bundle", "")]
    {
        let mut input = json!({
            "key": lane["key"],
            "method": method,
            "authority": "bob.example.org:8443",
            "path": path,
            "lane_id": lane["lane_id"],
            "seconds": SECONDS,
            "envelope_id": b64(random.draw::<16>()),
            "body": b64(body),
        });
        let about = "The header that proves a lane's key over a request.";
        let made = written.add(&format!("lane-sign-{name}"), "5.2", about, "lane.sign", &input);
        input["header"] = made["header"].clone();
        for (when, now) in [("now", SECONDS), ("early", SECONDS - 300), ("late", SECONDS + 300)] {
            input["now_seconds"] = json!(now);
            let about = "A proof that a relay takes.";
            written.add(&format!("lane-check-{name}-{when}"), "5.2", about, "lane.check", &input);
        }
    }
}

fn challenges(written: &mut Written) {
    let bob = person("bob", 3);
    for name in ["register", "session"] {
        let mut input = json!({
            "use": name,
            "device_seed": bob["device_seed"],
            "certificate": bob["certificate"],
            "authority": "bob.example.org",
            "challenge": "c2VjcmV0-challenge_1",
        });
        let about = "An answer to a relay's challenge.";
        let made = written.add(&format!("challenge-answer-{name}"), "5.3", about, "challenge.answer", &input);
        input["signature"] = made["signature"].clone();
        let about = "An answer that a relay takes.";
        written.add(&format!("challenge-check-{name}"), "5.3", about, "challenge.check", &input);
    }
}

fn knocks(written: &mut Written) {
    let mut input = json!({
        "id": written.0["accept/id-write-first.json"]["output"]["text"],
        "authority": "bob.example.org",
        "challenge": "c2VjcmV0-challenge_1",
        "envelope": b64("an envelope"),
        "difficulty": 12,
    });
    let about = "The work behind a knock, with the lowest nonce.";
    let made = written.add("knock-solve", "5.4", about, "knock.solve", &input);
    input["header"] = made["header"].clone();
    written.add("knock-check", "5.4", "A knock whose work counts.", "knock.check", &input);
}

fn batches(written: &mut Written) {
    let hour = NOW / 3_600_000;
    let lane_id = lane("bob")["lane_id"].clone();
    let input = json!({
        "acknowledged_through": 6,
        "items": [
            { "sequence": 7, "lane_id": lane_id, "hour": hour, "envelope": b64("one") },
            { "sequence": 9, "lane_id": null, "hour": hour, "envelope": b64("two") },
        ],
    });
    let made = written.add("batch-write", "6.3", "A batch of a mailbox.", "batch.write", &input);
    written.add("batch-read", "6.3", "A batch of a mailbox.", "batch.read", &json!({ "batch": made["batch"] }));
    let empty = json!({ "acknowledged_through": 0, "items": [] });
    let made = written.add("batch-write-empty", "6.3", "An empty batch.", "batch.write", &empty);
    written.add("batch-read-empty", "6.3", "An empty batch.", "batch.read", &json!({ "batch": made["batch"] }));
}
