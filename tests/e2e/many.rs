//! Any number of sidecars of one owner may run at once.

use std::collections::HashSet;

use a2a_harness::{Owner, Session, World, eventually};
use anyhow::Result;
use serde_json::json;

const EACH: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn each_session_counts_what_it_was_not_shown() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let other = pair.bob.home().session(Owner::Accepts).await?;
    assert_eq!(counts(&other).await?, (0, 0));
    pair.alice.send("bob", "to whichever session looks first").await?;
    pair.bob.receives("to whichever session looks first").await?;
    // It counts as read once its reader asks for the next thing.
    eventually("one session to have read it, and the other not", async || {
        Ok((counts(&pair.bob).await? == (0, 0) && counts(&other).await? == (0, 1)).then_some(()))
    })
    .await?;
    let unread = other.call("a2a_check_inbox", json!({ "unread_only": true })).await?;
    assert_eq!((unread["messages"].clone(), unread["session_unread"].clone()), (json!([]), json!(1)));

    pair.alice.send("bob", "a second one").await?;
    eventually("the line of every result to tell both", async || {
        let line = other.call("a2a_whoami", json!({})).await?["mail_waiting"].clone();
        Ok((line == "1 unread message waits (1 more were read in another session): call a2a_check_inbox.")
            .then_some(()))
    })
    .await?;
    let late = pair.bob.home().session(Owner::Accepts).await?;
    assert_eq!(counts(&late).await?, (1, 1), "what was read before a session began is not its news");

    let shown = other.call("a2a_check_inbox", json!({ "unread_only": false })).await?;
    assert_eq!(shown["session_unread"], 0, "{shown}");
    eventually("the first session to have missed the second", async || {
        // The late one began when both had come.
        Ok((counts(&pair.bob).await? == (0, 1) && counts(&late).await? == (0, 0) && counts(&other).await? == (0, 0))
            .then_some(()))
    })
    .await
}

/// What nobody read, and what this session was not shown.
async fn counts(session: &Session) -> Result<(u64, u64)> {
    let we = session.call("a2a_whoami", json!({})).await?;
    let count = |name: &str| we[name].as_u64().unwrap_or(u64::MAX);
    Ok((count("unread"), count("session_unread")))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_of_one_agent_send_and_receive_at_once() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let alice_too = pair.alice.home().session(Owner::Accepts).await?;
    let bob_too = pair.bob.home().session(Owner::Accepts).await?;
    pair.alice.home().lift_limits("bob").await?;
    pair.bob.home().lift_limits("alice").await?;

    tokio::try_join!(
        send_all(&pair.alice, "bob", "a1"),
        send_all(&alice_too, "bob", "a2"),
        send_all(&pair.bob, "alice", "b1"),
        send_all(&bob_too, "alice", "b2"),
        read_along(&alice_too),
        read_along(&bob_too),
    )?;

    for (reader, author, writers) in [(&pair.bob, "alice", ["a1", "a2"]), (&pair.alice, "bob", ["b1", "b2"])] {
        let received = all_received(reader, author).await?;
        let distinct: HashSet<&String> = received.iter().collect();
        assert_eq!(distinct.len(), received.len(), "each once: {received:?}");
        for writer in writers {
            let order: Vec<&String> = received.iter().filter(|body| body.starts_with(writer)).collect();
            assert_eq!(order.len(), EACH, "{received:?}");
            assert!(order.is_sorted(), "each process's mail in its order: {order:?}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_process_collects_the_other_shows() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let bob_too = pair.bob.home().session(Owner::Accepts).await?;
    pair.alice.send("bob", "for all of you").await?;
    let here = pair.bob.receives("for all of you").await?;
    let there = bob_too.receives("for all of you").await?;
    assert_eq!(here["message_id"], there["message_id"]);

    // The elected collector dies; another takes over without being told.
    let home = pair.bob.home().clone();
    pair.bob.kill().await?;
    pair.alice.send("bob", "after the crash").await?;
    bob_too.receives("after the crash").await?;
    home.json(&["inbox"]).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_make_one_identity() -> Result<()> {
    let world = World::start().await?;
    let home = world.home("bob")?;
    let register = json!({ "name": "bob", "relay": world.second().url() });
    let mut sessions = Vec::new();
    for _ in 0..3 {
        sessions.push(home.session(Owner::Accepts).await?);
    }
    let (one, two, three) = tokio::try_join!(
        sessions[0].call("a2a_register", register.clone()),
        sessions[1].call("a2a_register", register.clone()),
        sessions[2].call("a2a_register", register.clone()),
    )?;
    assert_eq!(one["agent_id"], two["agent_id"]);
    assert_eq!(two["agent_id"], three["agent_id"]);
    for session in &sessions {
        assert_eq!(session.call("a2a_whoami", json!({})).await?["agent_id"], one["agent_id"]);
    }
    Ok(())
}

async fn send_all(session: &Session, to: &str, prefix: &str) -> Result<()> {
    for number in 0..EACH {
        session.send(to, &format!("{prefix}-{number:03}")).await?;
    }
    Ok(())
}

async fn read_along(session: &Session) -> Result<()> {
    for _ in 0..EACH {
        session.call("a2a_check_inbox", json!({ "unread_only": true })).await?;
    }
    Ok(())
}

/// Waits until everything of `author` is there, and gives it in the order of the thread.
async fn all_received(reader: &Session, author: &str) -> Result<Vec<String>> {
    eventually(&format!("all mail of {author}"), async || {
        let inbox = reader.inbox().await?;
        let bodies: Vec<String> = inbox.iter().filter(|message| message["from"] == author).map(marker).collect();
        Ok((bodies.len() >= 2 * EACH).then_some(bodies))
    })
    .await
}

/// The marker that a body carries inside its fence, like `a1-007`.
fn marker(message: &serde_json::Value) -> String {
    let body = message["body"].as_str().unwrap_or_default();
    let is_marker = |word: &&str| word.len() == 6 && word.as_bytes()[2] == b'-';
    body.split_whitespace().find(is_marker).unwrap_or(body).to_owned()
}
