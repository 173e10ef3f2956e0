//! Free and busy from the owner's calendar, answered by rule, with no client and no model at work.

use a2a_harness::{Pair, World, eventually};
use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::reach::started;

/// An hour of every day is taken; what it is about is nobody's business.
const CALENDAR: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-TIMEZONE:UTC\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Dentist\r\n\
                        LOCATION:Harley Street\r\nATTENDEE:mailto:carol@example.org\r\nDTSTART:20260101T090000Z\r\n\
                        DTEND:20260101T100000Z\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_peers_question_is_answered_from_the_calendar_by_the_owners_rule_alone() -> Result<()> {
    let world = World::start().await?;
    let Pair { alice, bob } = world.paired(&["scheduling"]).await?;
    let alices = alice.home().clone();
    alice.close().await?;
    let file = alices.folder().join("work.ics");
    std::fs::write(&file, CALENDAR)?;
    let file = file.display().to_string();
    let unasked = alices.cli(&["calendar", "set", &file]).await?;
    ensure!(unasked.status != 0, "a pipe spoke for the owner: {unasked:?}");
    ensure!(alices.json(&["calendar"]).await?["set"] == false, "set without the owner's word");
    alices.says_yes(&["calendar", "set", &file]).await?;

    // The file alone answers nobody.
    let (mut watcher, _lines) = started(&alices, &["watch"])?;
    let asked = json!({ "recipient_id": "alice", "body": "When are you free?", "intent": "scheduling", "payload": { "ask": "free-busy" } });
    let unanswered = bob.call("a2a_send_message", asked).await?;
    bob.sees_state("alice", &unanswered["message_id"], "delivered").await?;
    let unasked = alices.cli(&["calendar", "answer", "bob"]).await?;
    ensure!(unasked.status != 0, "a pipe spoke for the owner: {unasked:?}");
    alices.says_yes(&["calendar", "answer", "bob"]).await?;
    ensure!(alices.json(&["calendar"]).await?["calendar"]["answered"] == json!(["bob"]));

    let asked = json!({ "recipient_id": "alice", "body": "When are you free?", "intent": "scheduling",
                        "payload": { "ask": "free-busy", "note": "and now?" } });
    let question = bob.call("a2a_send_message", asked).await?;
    let answer = bob.receives("answered by rule").await?;
    ensure!(answer["reply_to"] == question["message_id"] && answer["intent"] == "scheduling", "{answer}");
    ensure!(answer["trust"] == "untrusted-peer", "{answer}");
    let body = answer["body"].as_str().context("no body")?;
    let busy = body.matches("T09:00:00Z").count();
    ensure!(body.contains("\"busy\":true") || body.contains("\"busy\": true"), "{body}");
    ensure!((13..=16).contains(&busy), "two weeks have {busy} mornings: {body}");
    for secret in ["Dentist", "Harley", "carol", "work.ics"] {
        ensure!(!body.contains(secret) && !bob.home().holds_bytes(secret.as_bytes())?, "{secret} left: {body}");
    }
    bob.sees_state("alice", &question["message_id"], "answered").await?;
    ensure!(bob.thread("alice").await?.len() == 3, "something else was written");

    let log = alices.json(&["audit"]).await?;
    let entries = log["entries"].as_array().context("no entries")?;
    let told: Vec<_> = entries.iter().filter(|entry| entry["event"] == "free_busy_told").collect();
    ensure!(told.len() == 1 && told[0]["peer"] == "bob" && told[0].to_string().contains("rule"), "{log}");
    // For the model both questions are mail like any other.
    ensure!(alices.json(&["inbox", "--unread"]).await?["messages"].as_array().is_some_and(|all| all.len() == 2));

    // A calendar that cannot be read answers nothing, and its owner is told.
    std::fs::write(&file, "BEGIN:VCALENDAR")?;
    let asked = json!({ "recipient_id": "alice", "body": "When are you free?", "intent": "scheduling",
                        "payload": { "ask": "free-busy", "note": "once more" } });
    let lost = bob.call("a2a_send_message", asked).await?;
    bob.sees_state("alice", &lost["message_id"], "delivered").await?;
    let notice = eventually("the owner to be told", async || {
        let said = alices.json(&["inbox", "--unread"]).await?.to_string();
        Ok(said.contains("calendar file could not be read").then_some(said))
    });
    notice.await?;
    ensure!(bob.thread("alice").await?.len() == 4, "an unreadable calendar was answered from");

    alices.cli(&["calendar", "forget"]).await?.ok()?;
    ensure!(alices.json(&["calendar"]).await?["set"] == false);
    watcher.kill().await?;
    Ok(())
}
