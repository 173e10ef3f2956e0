//! Requests that programs can act on: checked on both sides, by real sidecars, in both eras of the protocol.

use a2a_harness::{Era, Owner, Session, World, eventually, written};
use anyhow::{Result, ensure};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_checked_before_it_is_sealed_and_arrives_as_data() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let asked = |payload: Value| json!({ "recipient_id": "bob", "body": "for thursday", "intent": "scheduling", "payload": payload });
    let refused = pair.alice.refused("a2a_send_message", asked(json!({ "ask": "beg", "when": "now" }))).await?;
    ensure!(refused.contains("/ask: must be one of the values that the schema lists"), "{refused}");
    ensure!(refused.contains("has properties that the schema does not know"), "{refused}");

    let slot = json!({ "start": "2026-12-03T14:00:00Z", "end": "2026-12-03T15:00:00Z" });
    let payload = json!({ "ask": "propose", "slots": [slot], "title": "see https://evil.example/\u{202e}x" });
    let sent = pair.alice.call("a2a_send_message", asked(payload)).await?;
    ensure!(sent["status"] == "queued", "{sent}");
    let received = pair.bob.receives("for thursday").await?;
    ensure!(received["intent"] == "scheduling" && received["trust"] == "untrusted-peer", "{received}");
    let told = written(&received);
    ensure!(told.contains("Request: scheduling") && told.contains("\"ask\": \"propose\""), "{told}");
    ensure!(!told.contains('\u{202e}') && told.contains("hxxps://evil[.]example"), "{told}");

    // A program of the owner's gets it as data.
    let shown = pair.bob.home().json(&["thread", "alice"]).await?;
    ensure!(shown["messages"][0]["payload"]["slots"][0]["start"] == "2026-12-03T14:00:00Z", "{shown}");
    ensure!(shown["messages"][0]["intent"] == "scheduling", "{shown}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_on_a_peers_card_is_read_before_a_request_is_sent() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let schema = json!({ "type": "object", "properties": { "url": { "type": "string" } }, "required": ["url"] });
    let card = json!([{ "id": "api-review", "title": "API review", "schema": schema }]);
    pair.bob.call("a2a_set_capabilities", json!({ "capabilities": card })).await?;

    let asked =
        |payload: Value| json!({ "recipient_id": "bob", "body": "", "intent": "api-review", "payload": payload });
    let refused = pair.alice.refused("a2a_send_message", asked(json!({}))).await?;
    ensure!(refused.contains("`url` is missing"), "{refused}");
    pair.alice.call("a2a_send_message", asked(json!({ "url": "x" }))).await?;
    pair.bob.receives("api-review").await?;

    // Within minutes the card is not read again: Bob checks by what it says now.
    let stricter = json!({ "type": "object", "required": ["url", "why"] });
    let card = json!([{ "id": "api-review", "title": "API review", "schema": stricter }]);
    pair.bob.call("a2a_set_capabilities", json!({ "capabilities": card })).await?;
    let late = pair.alice.call("a2a_send_message", asked(json!({ "url": "secret words" }))).await?;
    let notice = notice(&pair.bob, "kept but not shown").await?;
    ensure!(notice.contains("alice") && notice.contains("`why` is missing"), "{notice}");
    ensure!(!format!("{:?}", pair.bob.thread("alice").await?).contains("secret words"));
    pair.alice.sees_state("bob", &late["message_id"], "refused").await
}

/// Waits for a notice with these words.
async fn notice(session: &Session, words: &str) -> Result<String> {
    eventually("the notice", async || {
        let page = session.call("a2a_check_inbox", json!({ "unread_only": true })).await?;
        let notices = page["notices"].as_array().cloned().unwrap_or_default();
        let texts = notices.iter().filter_map(|notice| notice["text"].as_str());
        Ok(texts.map(str::to_owned).find(|text| text.contains(words)))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_the_first_era_and_the_command_line_send_requests_too() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let alice = Session::start(pair.alice.home(), Owner::Accepts, Era::Initialize).await?;
    let ask = json!({ "recipient_id": "bob", "body": "old", "intent": "question", "payload": { "question": "old?" } });
    alice.call("a2a_send_message", ask).await?;
    pair.bob.receives("old?").await?;

    let home = alice.home();
    home.cli(&["send", "bob", "--intent", "question", "--payload", "{\"question\":\"cli?\"}"]).await?.ok()?;
    pair.bob.receives("cli?").await?;
    let refused = home.cli(&["send", "bob", "--intent", "question", "--payload", "{}"]).await?.failure()?;
    ensure!(refused.contains("must follow one of the forms"), "{refused}");
    let broken = home.cli(&["send", "bob", "--intent", "question", "--payload", "{"]).await?;
    ensure!(broken.status == 2, "{broken:?}");
    Ok(())
}
