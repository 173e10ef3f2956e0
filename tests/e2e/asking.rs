//! Asking and waiting for the answer; where a message is; what was said, found by its words.

use std::time::Duration;

use a2a_harness::{Era, Owner, Session, World, eventually, written};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

fn question(words: &str, seconds: u64) -> Value {
    json!({ "recipient_id": "bob", "body": words, "wait_seconds": seconds })
}

/// Bob answers the message with these words as soon as it comes.
async fn answers(bob: &Session, words: &str, answer: &str) -> Result<()> {
    let asked = bob.receives(words).await?;
    let reply = json!({ "recipient_id": "alice", "body": answer, "reply_to": asked["message_id"] });
    bob.call("a2a_send_message", reply).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_waits_for_the_answer_in_both_eras() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    for era in [Era::Current, Era::Initialize] {
        let alice = Session::start(pair.alice.home(), Owner::Accepts, era).await?;
        let words = format!("which day, {era:?}?");
        let answer = format!("thursday, {era:?}");
        let (asked, answered) =
            tokio::join!(alice.call("a2a_send_message", question(&words, 60)), answers(&pair.bob, &words, &answer));
        answered?;
        let asked = asked?;
        ensure!(asked["status"] == "answered" && asked["already_asked"].is_null(), "{asked}");
        ensure!(written(&asked["answer"]) == answer && asked["answer"]["trust"] == "untrusted-peer", "{asked}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_is_not_sent_twice_whoever_dies_meanwhile() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let asked = pair.alice.call("a2a_send_message", question("still there?", 1)).await?;
    ensure!(asked["answer"].is_null() && asked["status"] != "answered", "{asked}");
    let first = asked["message_id"].clone();

    // The client gives up in the middle, and its process is killed.
    let home = pair.alice.home().clone();
    let cut =
        tokio::time::timeout(Duration::from_secs(1), pair.alice.call("a2a_send_message", question("still there?", 60)));
    ensure!(cut.await.is_err(), "nobody had answered");
    pair.alice.kill().await?;
    let alice = home.session(Owner::Accepts).await?;
    let again = alice.call("a2a_send_message", question("still there?", 1)).await?;
    ensure!(again["message_id"] == first && again["already_asked"] == true, "{again}");

    // The answer comes while nobody waits; asking again finds it, and only an answer that was seen makes it a new question.
    answers(&pair.bob, "still there?", "here").await?;
    let answered = alice.call("a2a_send_message", question("still there?", 60)).await?;
    ensure!(answered["message_id"] == first && written(&answered["answer"]) == "here", "{answered}");
    alice.call("a2a_check_inbox", json!({ "unread_only": true })).await?;
    let anew = alice.call("a2a_send_message", question("still there?", 1)).await?;
    ensure!(anew["message_id"] != first, "{anew}");
    let sent = pair.bob.inbox().await?;
    ensure!(sent.iter().filter(|message| written(message) == "still there?").count() == 2, "{sent:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_waits_too_and_says_where_a_message_is() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let home = pair.alice.home().clone();
    pair.alice.kill().await?;

    let asking = async { home.cli(&["send", "bob", "lunch?", "--wait", "60"]).await?.ok() };
    let (shown, answered) = tokio::join!(asking, answers(&pair.bob, "lunch?", "at noon"));
    answered?;
    let shown = shown?;
    ensure!(shown.contains("at noon"), "{shown}");

    let name = pair.bob.home().clone();
    let sent = home.json(&["send", "bob", "are you reading this?"]).await?;
    let id = sent["message_id"].as_str().context("no id")?.to_owned();
    pair.bob.receives("are you reading this?").await?;
    at(&home, &id, "Shown on bob's side").await?;

    // Bob no longer tells what was shown, but still that it arrived.
    name.cli(&["peers", "receipts", "alice", "off"]).await?.ok()?;
    let sent = home.json(&["send", "bob", "and this?"]).await?;
    let id = sent["message_id"].as_str().context("no id")?.to_owned();
    pair.bob.receives("and this?").await?;
    at(&home, &id, "On bob's computer, by a signed receipt").await?;
    let shown = home.json(&["where", &id]).await?;
    ensure!(shown["state"] == "delivered" && shown["peer"] == "bob", "{shown}");

    pair.bob.call("a2a_revoke", json!({ "peer": "alice" })).await?;
    let refused = eventually("the refusal", async || {
        let sent = home.cli(&["send", "bob", "hello?"]).await?;
        Ok((sent.status != 0).then_some(sent.stderr))
    })
    .await?;
    ensure!(refused.contains("bob"), "{refused}");
    let why = home.cli(&["why", "bob"]).await?.ok()?;
    ensure!(why.contains("no longer takes mail from you") && why.contains("invite"), "{why}");
    let why = name.json(&["why", "alice"]).await?;
    ensure!(why["state"] == "revoked", "{why}");
    Ok(())
}

/// Waits until `a2a where` says this.
async fn at(home: &a2a_harness::Home, id: &str, words: &str) -> Result<()> {
    eventually(words, async || {
        home.cli(&["inbox", "--peek"]).await?.ok()?;
        Ok(home.cli(&["where", id]).await?.ok()?.contains(words).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_is_found_by_its_words_and_pages_hold_still() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    for number in 0..5 {
        pair.alice.send("bob", &format!("Report {number} about the Zürich office")).await?;
    }
    pair.alice.send("bob", "nothing of the kind").await?;
    pair.bob.receives("nothing of the kind").await?;

    let find = |cursor: &Value| json!({ "peer": "alice", "search": "ZÜRICH report", "limit": 2, "cursor": cursor });
    let first = pair.bob.call("a2a_read_thread", find(&Value::Null)).await?;
    // More arrives between two pages.
    pair.alice.send("bob", "Report 9 about the Zürich office").await?;
    pair.bob.receives("Report 9").await?;
    let mut pages = vec![first];
    while pages[pages.len() - 1]["next_cursor"].is_string() {
        let next = pair.bob.call("a2a_read_thread", find(&pages[pages.len() - 1]["next_cursor"])).await?;
        pages.push(next);
    }
    let found: Vec<String> = pages.iter().flat_map(|page| page["messages"].as_array().unwrap()).map(written).collect();
    let expected: Vec<String> = (0..5).rev().map(|number| format!("Report {number} about the Zürich office")).collect();
    ensure!(found == expected, "{found:?}");

    let home = pair.bob.home();
    let shown = home.cli(&["search", "zürich", "9"]).await?.ok()?;
    ensure!(shown.contains("Report 9") && !shown.contains("Report 4"), "{shown}");
    ensure!(home.cli(&["search", "never", "said"]).await?.ok()?.contains("Nothing found"));
    ensure!(!home.holds_bytes("Zürich office".as_bytes())?, "the history is sealed, searched or not");
    Ok(())
}
