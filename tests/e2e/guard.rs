//! What an agent may send without its owner: no secrets, no words of others, no more than agreed, nothing against a rule.

use a2a_harness::{Owner, Session, World, eventually, written};
use anyhow::Result;
use serde_json::{Value, json};

/// A secret, put together here so that none stands in the repository.
fn token() -> String {
    format!("ghp_{}", "q7Zk2mP9xW4rT1vB8nL3".repeat(2))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_waits_for_the_owner_and_is_then_sent_once() -> Result<()> {
    let world = World::start().await?;
    let alice = world.registered("alice", Owner::CannotBeAsked).await?;
    let bob = world.registered("bob", Owner::Accepts).await?;
    pair(&alice, &bob).await?;
    let message = json!({ "recipient_id": "bob", "body": format!("the token: {}", token()) });

    let pending = alice.call("a2a_send_message", message.clone()).await?;
    assert_eq!(pending["status"], "pending_owner", "{pending}");
    assert!(pending["message_id"].is_null(), "{pending}");
    let id = pending["action_id"].as_str().unwrap_or_default().to_owned();
    let screen = alice.home().approve(&id).await?;
    for word in ["a GitHub token", "ghp_", "44 characters", "bob"] {
        assert!(screen.contains(word), "the owner is shown {word:?}: {screen}");
    }
    let received = bob.receives(&token()).await?;
    let done = alice.call("a2a_send_message", message.clone()).await?;
    assert_eq!(done["message_id"], received["message_id"], "{done}");
    assert_eq!(alice.call("a2a_send_message", message).await?["status"], "pending_owner", "one approval, one message");
    let copies = bob.inbox().await?.iter().filter(|message| written(message).contains(&token())).count();
    assert_eq!(copies, 1);

    // It stands in nothing that was said, shown, logged or kept.
    let said = format!("{pending}{done}{screen}{}", alice.home().json(&["audit"]).await?);
    assert!(!said.contains(&token()[6..18]), "{said}");
    assert!(!alice.home().holds_bytes(&token().as_bytes()[6..18])?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_shows_what_was_found_and_not_the_secret() -> Result<()> {
    let world = World::start().await?;
    let both = world.paired(&["message"]).await?;
    let before = both.alice.asked().len();
    let sent = both.alice.send("bob", &format!("here: {}", token())).await?;
    assert!(sent["message_id"].is_string(), "{sent}");
    let asked = both.alice.asked().split_off(before);
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].contains("a GitHub token in the text: ghp_… (44 characters)"), "{asked:?}");
    assert!(!asked[0].contains(&token()[6..18]), "{asked:?}");
    both.bob.receives(&token()).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_peer_wrote_does_not_go_to_another_unasked() -> Result<()> {
    let world = World::start().await?;
    let alice = world.registered("alice", Owner::CannotBeAsked).await?;
    let (bob, carol) =
        tokio::try_join!(world.registered("bob", Owner::Accepts), world.registered("carol", Owner::Accepts))?;
    pair(&alice, &bob).await?;
    pair(&alice, &carol).await?;
    bob.send("alice", "We sell the house in May and move to the lake for good").await?;
    alice.receives("We sell the house").await?;
    let pending = alice.send("carol", "Bob: we sell the house in May and move away").await?;
    assert_eq!(pending["status"], "pending_owner", "{pending}");
    let fine = alice.send("carol", "Bob wants to move").await?;
    assert_eq!(fine["status"], "queued", "{fine}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_agents_that_answer_each_other_come_to_rest() -> Result<()> {
    let world = World::start().await?;
    let both = world.paired(&["message"]).await?;
    both.alice.send("bob", "What do you think of it, number 0?").await?;
    let (by_alice, by_bob) = tokio::try_join!(answer_all(&both.alice, "bob"), answer_all(&both.bob, "alice"))?;
    let (sent, answered) = (by_alice.0 + 1, by_bob.0);
    assert!((19..=20).contains(&sent.max(answered)), "{sent} and {answered} messages");
    let told = format!("{}{}", by_alice.1, by_bob.1);
    assert!(told.contains("a2a peers resume") && told.contains("pauses"), "{told}");

    // Whoever ran into the limit may go on once its owner says so, and not before.
    let (paused, peer) = if by_alice.1.is_empty() { (&both.bob, "alice") } else { (&both.alice, "bob") };
    let again = json!({ "recipient_id": peer, "body": "What about this?" });
    assert!(paused.refused("a2a_send_message", again.clone()).await?.contains("pauses"));
    let words = paused.home().cli(&["peers", "resume", peer]).await?.failure()?;
    assert!(words.contains("terminal"), "{words}");
    paused.home().says_yes(&["peers", "resume", peer]).await?;
    paused.call("a2a_send_message", again).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_is_told_to_the_model_and_kept() -> Result<()> {
    let world = World::start().await?;
    let alice = world.registered("alice", Owner::CannotBeAsked).await?;
    let bob = world.registered("bob", Owner::Accepts).await?;
    pair(&alice, &bob).await?;
    bob.send("alice", "Are you free on Monday?").await?;
    assert_eq!(alice.receives("Monday").await?["rule"], "answer");

    let words = alice.home().cli(&["rules", "set", "bob", "any", "ask"]).await?.failure()?;
    assert!(words.contains("terminal"), "{words}");
    alice.home().says_yes(&["rules", "set", "bob", "any", "ask"]).await?;
    assert_eq!(alice.home().json(&["rules"]).await?, json!([{ "peer": "bob", "scope": null, "rule": "ask" }]));
    let told = alice.receives("Monday").await?["rule"].to_string();
    assert!(told.contains("ask: ") && told.contains("the owner sees it"), "{told}");
    assert_eq!(alice.send("bob", "At ten").await?["status"], "pending_owner");

    alice.home().says_yes(&["rules", "set", "bob", "message", "never"]).await?;
    let answer = json!({ "recipient_id": "bob", "body": "At ten" });
    let words = alice.refused("a2a_send_message", answer.clone()).await?;
    assert!(words.contains("the owner does not let"), "{words}");
    alice.home().says_yes(&["rules", "set", "bob", "message", "answer"]).await?;
    assert_eq!(alice.call("a2a_send_message", answer).await?["status"], "queued");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_form_can_show_whole_is_decided_where_it_is() -> Result<()> {
    let world = World::start().await?;
    let both = world.paired(&["message"]).await?;
    both.alice.home().says_yes(&["rules", "set", "bob", "any", "ask"]).await?;
    let before = both.alice.asked().len();
    assert!(both.alice.send("bob", &"short ".repeat(100)).await?["message_id"].is_string());
    assert_eq!(both.alice.asked().len(), before + 1, "a form has room for it");
    // A yes that this client gives to everything would cover what stands behind the cut.
    let pending = both.alice.send("bob", &format!("{} the end", "long ".repeat(3_500))).await?;
    assert_eq!(pending["status"], "pending_owner", "{pending}");
    assert_eq!(both.alice.asked().len(), before + 1, "no form was offered");
    let screen = both.alice.home().approve(pending["action_id"].as_str().unwrap_or_default()).await?;
    assert!(screen.contains("the end"), "the owner is shown all of it");
    Ok(())
}

/// Answers whatever comes until a send is refused or nothing has come for long; how many went, and the refusal.
async fn answer_all(session: &Session, peer: &str) -> Result<(usize, String)> {
    let (mut sent, mut quiet) = (0, 0);
    while quiet < 40 {
        let page = session.call("a2a_check_inbox", json!({ "unread_only": true })).await?;
        let count = page["messages"].as_array().map_or(0, Vec::len);
        quiet = if count == 0 { quiet + 1 } else { 0 };
        for _ in 0..count {
            let body = format!("What do you think of it, number {}?", sent + 1);
            match session.send(peer, &body).await {
                Ok(_) => sent += 1,
                Err(refusal) => return Ok((sent, refusal.to_string())),
            }
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Ok((sent, String::new()))
}

/// Pairs Alice, whose owner answers at a terminal, with somebody who invites her.
async fn pair(alice: &Session, other: &Session) -> Result<()> {
    let invite = other.invite(&["message"]).await?;
    let pending: Value = alice.call("a2a_authorize", json!({ "peer": invite })).await?;
    alice.home().approve(pending["action_id"].as_str().unwrap_or_default()).await?;
    let peer = other.home().name();
    eventually(&format!("alice to know {peer}"), async || {
        Ok(alice.peer(peer).await?.filter(|peer| peer["state"] == "paired").map(|_| ()))
    })
    .await?;
    other.knows("alice").await
}
