//! Accepting vectors of sections 2, 3, 4 and 6.1.

use serde_json::{Value, json};

use super::people::{lane, person};
use super::{DAY, NOW, Written};
use crate::files::b64;
use crate::seeded::Seeded;

pub(super) fn write(written: &mut Written) {
    identity(written);
    names(written);
    let bob = person("bob", 3);
    certificates(written, &bob);
    cards(written, &bob);
    bundles(written, &bob);
    one_time_pairs(written, &bob);
    invites(written, &bob);
}

fn identity(written: &mut Written) {
    for (name, seed) in [("first", "accept identity 1"), ("second", "accept identity 2")] {
        let entropy = b64(Seeded::new(seed).draw::<32>());
        let derived = written.add(
            &format!("recovery-derive-{name}"),
            "2.3",
            "Recovery words, id and backup key of 32 bytes of entropy.",
            "recovery.derive",
            &json!({ "entropy": entropy }),
        );
        let words = json!({ "words": derived["words"] });
        let about = "The entropy behind 24 words.";
        written.add(&format!("recovery-read-{name}"), "2.3", about, "recovery.read", &words);
        let about = "An id's key and safety words.";
        let read =
            written.add(&format!("id-read-{name}"), "2.1, 2.2", about, "id.read", &json!({ "text": derived["id"] }));
        let about = "The text of an id.";
        written.add(&format!("id-write-{name}"), "2.1", about, "id.write", &json!({ "key": read["key"] }));
    }
    let words = json!({ "words": "  ABANDON abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon\tArt " });
    let about = "The BIP 39 test vector of 32 zero bytes, in mixed case and spacing.";
    written.add("recovery-read-any-case", "2.3", about, "recovery.read", &words);
}

fn names(written: &mut Written) {
    let authorities = [
        ("name", "relay.example.org"),
        ("name-and-port", "relay.example.org:8443"),
        ("single-label", "relay"),
        ("http-port-of-https", "relay.example.org:80"),
        ("localhost", "localhost:8787"),
        ("ipv4", "192.0.2.7"),
        ("ipv4-loopback", "127.5.0.1:8787"),
        ("ipv6", "[2001:db8::1]:8443"),
        ("ipv6-loopback", "[::1]:8787"),
        ("ipv6-mapped", "[::ffff:192.0.2.7]"),
        ("letters-and-digits", "x0.1a"),
    ];
    for (name, text) in authorities {
        let about = "A relay's authority in canonical form, and its scheme.";
        written.add(&format!("authority-{name}"), "6.1", about, "authority.read", &json!({ "text": text }));
    }
    let id = written.0["accept/id-write-first.json"]["output"]["text"].as_str().unwrap().to_owned();
    for (name, text) in [("id", format!("{id}@relay.example.org:8443")), ("handle", "bob-2@[::1]:8787".to_owned())] {
        let about = "An address.";
        written.add(&format!("address-{name}"), "6.1", about, "address.read", &json!({ "text": text }));
    }
}

fn certificates(written: &mut Written, bob: &Value) {
    let made = written.add("certificate-make", "2.4", "A device certificate.", "certificate.make", bob);
    let times =
        [("now", NOW), ("first-instant", NOW - DAY), ("last-instant", NOW + 300 * DAY), ("over", NOW + 301 * DAY)];
    for (name, now) in times {
        let about = "A certificate's fields, and whether it holds at an instant.";
        let input = json!({ "certificate": made["certificate"], "now": now });
        written.add(&format!("certificate-read-{name}"), "2.4", about, "certificate.read", &input);
    }
    let mut longest = bob.clone();
    longest["not_after"] = json!(NOW + 399 * DAY);
    written.add("certificate-make-400-days", "2.4", "The longest life.", "certificate.make", &longest);
}

fn cards(written: &mut Written, bob: &Value) {
    let capability = |id: &str, schema: Option<&str>| json!({ "id": id, "title": format!("Does {id}"), "description": "Takes a request\nand answers it.", "schema": schema });
    let mut full = json!({
        "certificate": bob["certificate"],
        "device_seed": bob["device_seed"],
        "name": "Bob's agent \u{1f44b}",
        "handle": "bob",
        "relay": "relay.example.org:8443",
        "listed": true,
        "knocks": true,
        "sequence": [3, 7],
        "updated_at": NOW,
        "capabilities": [capability("api-review", Some(r#"{"type":"object"}"#)), capability("scheduling", None)],
    });
    let id = written.0["accept/certificate-read-now.json"]["output"]["id"].clone();
    add_card(written, "full", &full, &id);
    full["handle"] = Value::Null;
    full["capabilities"] = json!([]);
    full["listed"] = json!(false);
    full["knocks"] = json!(false);
    full["name"] = json!("b".repeat(128));
    add_card(written, "bare", &full, &id);
}

fn add_card(written: &mut Written, name: &str, input: &Value, id: &Value) {
    let made = written.add(&format!("card-make-{name}"), "3.1", "A signed card.", "card.make", input);
    let input = json!({ "card": made["card"], "id": id });
    written.add(&format!("card-read-{name}"), "3.1", "A card's fields.", "card.read", &input);
}

fn bundles(written: &mut Written, bob: &Value) {
    let made = written.add("bundle-make", "3.2", "A signed prekey bundle.", "bundle.make", bob);
    let id = written.0["accept/certificate-read-now.json"]["output"]["id"].clone();
    let cases = [
        ("now", NOW, [0, 0]),
        ("last-instant", NOW + 89 * DAY, [0, 0]),
        ("a-day-behind", NOW - 2 * DAY, [0, 0]),
        ("seen-before", NOW, [3, NOW - DAY]),
        ("higher-epoch", NOW, [2, NOW]),
    ];
    for (name, now, last_seen) in cases {
        let about = "A bundle that a sender may use at an instant, having seen an older one or the same.";
        let input = json!({ "bundle": made["bundle"], "id": id, "now": now, "last_seen": last_seen });
        written.add(&format!("bundle-read-{name}"), "3.2", about, "bundle.read", &input);
    }
}

fn one_time_pairs(written: &mut Written, bob: &Value) {
    let mut random = Seeded::new("accept one-time vector");
    let invite_id = b64(random.draw::<16>());
    let input = json!({
        "certificate": bob["certificate"],
        "device_seed": bob["device_seed"],
        "invite_id": invite_id,
        "opk_secret": b64(random.draw::<32>()),
        "kem_seed": b64(random.draw::<64>()),
    });
    let made = written.add("one-time-make", "3.3", "A signed one-time pair.", "one-time.make", &input);
    let input = json!({ "one_time": made["one_time"], "certificate": bob["certificate"], "invite_id": invite_id });
    written.add("one-time-read", "3.3", "A one-time pair of this invite.", "one-time.read", &input);
}

fn invites(written: &mut Written, bob: &Value) {
    let mut random = Seeded::new("accept invite");
    let mut input = json!({
        "agent": written.0["accept/certificate-read-now.json"]["output"]["id"],
        "invite_id": b64(random.draw::<16>()),
        "secret": b64(random.draw::<32>()),
        "name": "Bob",
        "relay": bob["relay"],
        "lane": lane("bob"),
        "scopes": ["message", "scheduling"],
        "expires_at": NOW + 7 * DAY,
    });
    let made = written.add("invite-make", "4", "An invite link.", "invite.make", &input);
    let link = made["link"].as_str().unwrap().to_owned();
    let fragment = link.split_once('#').unwrap().1;
    for (name, text) in
        [("link", link.clone()), ("fragment", fragment.to_owned()), ("spaces", format!("\n  {link} \t"))]
    {
        let about = "An invite's fields, and what is derived from its secret.";
        written.add(&format!("invite-read-{name}"), "4", about, "invite.read", &json!({ "text": text }));
    }
    input["relay"] = json!("localhost:8787");
    input["scopes"] = json!([]);
    let about = "An invite of a relay on this machine, without scopes.";
    written.add("invite-make-local", "4", about, "invite.make", &input);
}
