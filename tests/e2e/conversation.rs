//! The main job, whole: invite, send, check, reply, receipts, revoke, across two relays.

use a2a_harness::{Owner, World};
use anyhow::Result;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn two_agents_talk_across_two_relays() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["scheduling"]).await?;

    let question = "does thursday 2pm work for the API review?";
    let sent = pair
        .alice
        .call("a2a_send_message", json!({ "recipient_id": "bob", "subject": "API review", "body": question }))
        .await?;
    assert_eq!(sent["status"], "queued", "{sent}");

    let received = pair.bob.receives(question).await?;
    assert_eq!(received["message_id"], sent["message_id"]);
    assert_eq!(received["from"], "alice");
    assert_eq!(received["scope"], "scheduling");
    assert_eq!(received["verified"], true);
    assert_eq!(received["trust"], "untrusted-peer");
    assert!(received["subject"].as_str().unwrap_or_default().contains("API review"));
    pair.alice.sees_state("bob", &sent["message_id"], "read").await?;

    let reply = json!({
        "recipient_id": "alice",
        "body": "thursday 2pm works",
        "reply_to": received["message_id"],
    });
    let replied = pair.bob.call("a2a_send_message", reply).await?;
    assert_eq!(replied["status"], "queued", "{replied}");
    let answer = pair.alice.receives("thursday 2pm works").await?;
    assert_eq!(answer["from"], "bob");
    pair.alice.sees_state("bob", &sent["message_id"], "answered").await?;

    pair.bob.call("a2a_revoke", json!({ "peer": "alice" })).await?;
    let words = told_of_revocation(&pair.alice).await?;
    assert!(words.contains("bob"), "the refusal names the peer: {words}");
    assert_eq!(pair.bob.thread("alice").await?.len(), 2, "nothing came after the revocation");
    Ok(())
}

/// Sends until the sender is told in words that the pair is over, and gives those words.
async fn told_of_revocation(alice: &a2a_harness::Session) -> Result<String> {
    a2a_harness::eventually("alice to be told of the revocation", async || {
        match alice.send("bob", "one more thing").await {
            Ok(_) => Ok(None),
            Err(error) => Ok(Some(error.to_string())),
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn capabilities_are_published_and_read() -> Result<()> {
    let world = World::start().await?;
    let bob = world.registered("bob", Owner::Accepts).await?;
    let capabilities = json!([{
        "id": "api-review",
        "title": "API review",
        "description": "Reads an API change and answers with comments",
        "schema": { "type": "object", "properties": { "url": { "type": "string" } } },
    }]);
    bob.call("a2a_set_capabilities", json!({ "capabilities": capabilities })).await?;

    let address = bob.call("a2a_whoami", json!({})).await?["address"].clone();
    let alice = world.registered("alice", Owner::CannotBeAsked).await?;
    let read = alice.call("a2a_get_agent_capabilities", json!({ "agent_id": address })).await?;
    let shown = read.to_string();
    assert!(shown.contains("api-review") && shown.contains("Reads an API change"), "{shown}");

    bob.call("a2a_set_capabilities", json!({ "capabilities": [] })).await?;
    let gone = alice.refused("a2a_get_agent_capabilities", json!({ "agent_id": address })).await?;
    assert!(!gone.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peek_marks_nothing() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let sent = pair.alice.send("bob", "look, but do not touch").await?;
    a2a_harness::eventually("the message to be seen", async || {
        let seen = pair.bob.call("a2a_check_inbox", json!({ "unread_only": true, "peek": true })).await?;
        Ok((seen["messages"][0]["message_id"] == sent["message_id"]).then_some(()))
    })
    .await?;
    pair.alice.sees_state("bob", &sent["message_id"], "delivered").await?;
    // What is marked is marked within a second of being shown.
    for _ in 0..3 {
        let seen = pair.bob.call("a2a_check_inbox", json!({ "unread_only": true, "peek": true })).await?;
        assert_eq!(seen["messages"][0]["unread"], true, "{seen}");
    }
    let seen = pair.bob.call("a2a_check_inbox", json!({ "unread_only": true })).await?;
    assert_eq!(seen["messages"][0]["message_id"], sent["message_id"], "a peek used the message up");
    pair.alice.sees_state("bob", &sent["message_id"], "read").await
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_written_at_once_goes_at_once_through_the_invite() -> Result<()> {
    let world = World::start().await?;
    let bob = world.registered("bob", Owner::Accepts).await?;
    let invite = bob.invite(&["message"]).await?;
    let bobs_home = bob.home().clone();
    bob.kill().await?;

    let alice = world.registered("alice", Owner::Accepts).await?;
    // Bob has said nothing yet, not even his name: he goes by two of his safety words for now.
    let peer = alice.call("a2a_authorize", json!({ "peer": invite })).await?["peer"].clone();
    let peer = peer.as_str().unwrap_or_default();
    let sent = alice.send(peer, "written while bob was away").await?;
    assert_eq!(sent["status"], "queued", "the invite's lane takes it: {sent}");

    let bob = bobs_home.session(Owner::Accepts).await?;
    bob.receives("written while bob was away").await?;
    alice.knows("bob").await?;
    alice.sees_state("bob", &sent["message_id"], "read").await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_agents_may_share_one_relay() -> Result<()> {
    let world = World::start().await?;
    let relay = world.second().authority().to_owned();
    let alice = world.registered_at("alice", Owner::Accepts, &relay).await?;
    let bob = world.registered_at("bob", Owner::Accepts, &relay).await?;
    let pair = a2a_harness::Pair { alice, bob };
    pair.pair(&["message"]).await?;
    pair.alice.send("bob", "same house, sealed all the same").await?;
    pair.bob.receives("same house, sealed all the same").await?;
    Ok(())
}
