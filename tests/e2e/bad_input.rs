//! Bad input gets a clear error and changes nothing.

use a2a_harness::{Owner, Session, World, clock_off_by};
use anyhow::Result;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn wrong_addresses_are_told_before_anything_is_sent() -> Result<()> {
    let world = World::start().await?;
    let alice = world.registered("alice", Owner::Accepts).await?;
    let bob = world.registered("bob", Owner::Accepts).await?;
    let whoami = bob.call("a2a_whoami", json!({})).await?;
    let id = whoami["agent_id"].as_str().unwrap_or_default().to_owned();
    let relay = world.second().authority();

    let other = if id.as_bytes()[20] == b'a' { "b" } else { "a" };
    let typo = format!("{}{other}{}", &id[..20], &id[21..]);
    let wrong = [
        format!("{}@{relay}", &id[..20]),
        format!("{typo}@{relay}"),
        format!("{}@{relay}", id.to_uppercase()),
        format!("{id}@"),
        format!("{id}@not a host"),
        format!("nobody-by-this-name@{relay}"),
        "a2a_@".to_owned(),
        String::new(),
    ];
    for address in wrong {
        let words = alice.refused("a2a_authorize", json!({ "peer": address })).await?;
        assert!(words.len() > 15, "{address:?}: {words}");
        let words = alice.refused("a2a_send_message", json!({ "recipient_id": address, "body": "x" })).await?;
        assert!(words.len() > 15, "{address:?}: {words}");
    }
    assert_no_trace(&alice).await
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_and_expired_invites_are_told_apart() -> Result<()> {
    let world = World::start().await?;
    let alice = world.registered("alice", Owner::Accepts).await?;
    let bob = world.registered("bob", Owner::Accepts).await?;
    let invite = bob.invite(&["message"]).await?;

    let cut = &invite[..invite.len() - 7];
    let (start, secret) = invite.split_once('#').expect("an invite has a secret");
    let mixed_up: String = secret.chars().rev().collect();
    for damaged in [cut.to_owned(), format!("{start}#{mixed_up}"), format!("{start}#")] {
        let words = alice.refused("a2a_authorize", json!({ "peer": damaged })).await?;
        assert!(!words.contains(secret), "the error repeats the secret: {words}");
        assert!(words.len() > 15, "{words}");
    }
    assert_no_trace(&alice).await?;

    // The link still works after all the attempts.
    alice.call("a2a_authorize", json!({ "peer": invite })).await?;
    bob.knows("alice").await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_invite_is_refused() -> Result<()> {
    let Some(later) = clock_off_by("+10m")? else { return Ok(()) };
    let world = World::start().await?;
    let bob = world.registered("bob", Owner::Accepts).await?;
    let made = bob.call("a2a_invite", json!({ "scopes": ["message"], "expires_in": "5m" })).await?;
    let alice = world.home("alice")?.with_variables(later).session(Owner::Accepts).await?;
    alice.call("a2a_register", json!({ "name": "alice", "relay": world.first().url() })).await?;
    let words = alice.refused("a2a_authorize", json!({ "peer": made["invite"] })).await?;
    assert!(words.contains("expired") && words.contains("new invite"), "{words}");
    assert!(alice.asked().is_empty(), "the owner was asked in vain: {:?}", alice.asked());
    assert_no_trace(&alice).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_long_is_refused_whole() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let words = pair.alice.refused("a2a_send_message", message("bob", &"x".repeat(200_000))).await?;
    assert!(words.contains("long") || words.contains("large") || words.contains("bytes"), "{words}");
    // The longest that a reader is shown whole still goes.
    let long = format!("{}END", "word ".repeat(3_000));
    pair.alice.call("a2a_send_message", message("bob", &long)).await?;
    pair.bob.receives("END").await?;
    assert_eq!(pair.bob.thread("alice").await?.len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_arguments_are_answered_not_crashed_on() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let wrong = [
        ("a2a_send_message", json!({ "recipient_id": "bob" })),
        ("a2a_send_message", json!({ "recipient_id": "bob", "body": 7 })),
        ("a2a_send_message", json!({ "recipient_id": "bob", "body": "x", "scope": "Not A Scope!" })),
        ("a2a_send_message", json!({ "recipient_id": "bob", "body": "x", "reply_to": "zzz" })),
        ("a2a_invite", json!({ "scopes": ["UPPER CASE"] })),
        ("a2a_invite", json!({ "scopes": ["message"], "expires_in": "whenever" })),
        ("a2a_check_inbox", json!({ "cursor": "made up" })),
        ("a2a_read_thread", json!({ "peer": "nobody" })),
        ("a2a_revoke", json!({ "peer": "nobody" })),
        ("a2a_get_agent_capabilities", json!({ "agent_id": "nobody" })),
    ];
    for (tool, arguments) in wrong {
        let words = pair.alice.refused(tool, arguments.clone()).await?;
        assert!(words.len() > 10, "{tool} {arguments}: {words}");
        assert!(!words.contains("panicked"), "{tool} {arguments}: {words}");
    }
    pair.alice.send("bob", "still alive").await?;
    pair.bob.receives("still alive").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn before_registering_every_tool_says_what_to_do() -> Result<()> {
    let world = World::start().await?;
    let session = world.home("bob")?.session(Owner::Accepts).await?;
    for (tool, arguments) in [
        ("a2a_send_message", message("alice", "x")),
        ("a2a_check_inbox", json!({})),
        ("a2a_invite", json!({ "scopes": ["message"] })),
    ] {
        let words = session.refused(tool, arguments).await?;
        assert!(words.contains("a2a_register") || words.contains("a2a init"), "{tool}: {words}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_handle_is_told() -> Result<()> {
    let world = World::start().await?;
    let _bob = world.registered("bob", Owner::Accepts).await?;
    let other = a2a_harness::Home::create(&world.folder().join("other"), "other")?;
    let session = other.session(Owner::Accepts).await?;
    let register = json!({ "name": "bob", "relay": world.second().url() });
    let answer = session.call("a2a_register", register).await;
    let words = answer.map_or_else(|error| error.to_string(), |registered| registered.to_string());
    let takes_another = words.contains("bob-2") || words.contains("a2a_");
    assert!(words.contains("taken") || takes_another, "{words}");
    Ok(())
}

/// Nothing was written to anybody, and nobody was added.
async fn assert_no_trace(session: &Session) -> Result<()> {
    let whoami = session.call("a2a_whoami", json!({})).await?;
    assert!(whoami["waiting"].as_u64().unwrap_or_default() == 0, "{whoami}");
    let peers = session.call("a2a_list_peers", json!({})).await?.to_string();
    assert!(!peers.contains("paired"), "{peers}");
    Ok(())
}

fn message(to: &str, body: &str) -> serde_json::Value {
    json!({ "recipient_id": to, "body": body })
}
