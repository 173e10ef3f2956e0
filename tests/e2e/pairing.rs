//! Pairing in every way it can go: by invite, by knock, declined, revoked, narrowed.

use a2a_harness::{Home, Owner, Session, World, eventually};
use anyhow::{Context, Result};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_knock_is_edited_and_approved_by_the_owner() -> Result<()> {
    let world = World::start().await?;
    let bob = world.registered("bob", Owner::Accepts).await?;
    let alice = world.registered("alice", Owner::Accepts).await?;
    knock(&alice, &bob, &["scheduling", "invoicing"]).await?;

    let request = request_at(&bob).await?;
    let shown = bob.call("a2a_list_peers", json!({})).await?.to_string();
    assert!(!shown.contains("please let me in"), "a stranger's words stay with the owner: {shown}");

    bob.call("a2a_authorize", json!({ "peer": request, "scopes": ["scheduling"] })).await?;
    alice.knows("bob").await?;
    let sent = alice
        .call("a2a_send_message", json!({ "recipient_id": "bob", "body": "hello", "scope": "scheduling" }))
        .await?;
    bob.receives("hello").await?;
    alice.sees_state("bob", &sent["message_id"], "read").await?;

    let refused = alice
        .refused("a2a_send_message", json!({ "recipient_id": "bob", "body": "pay me", "scope": "invoicing" }))
        .await?;
    assert!(refused.contains("scheduling"), "the error lists what is granted: {refused}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_stranger_is_blocked_in_silence() -> Result<()> {
    let world = World::start().await?;
    let bob = world.registered("bob", Owner::Accepts).await?;
    let alice = world.registered("alice", Owner::Accepts).await?;
    knock(&alice, &bob, &["message"]).await?;
    let request = request_at(&bob).await?;
    bob.call("a2a_revoke", json!({ "peer": request })).await?;

    // The second knock gets the same answer as the first and reaches nobody.
    knock(&alice, &bob, &["message"]).await.ok();
    let carol = world.registered("carol", Owner::Accepts).await?;
    knock(&carol, &bob, &["message"]).await?;
    request_at(&bob).await?;
    let requests = requests(&bob).await?;
    assert_eq!(requests.len(), 1, "only carol's request is shown: {requests:?}");
    let alice_id = alice.call("a2a_whoami", json!({})).await?["agent_id"].clone();
    assert_ne!(requests[0]["agent_id"], alice_id);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn narrowed_scopes_hold_on_both_sides() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["scheduling", "research"]).await?;
    let about = |scope: &str, body: &str| json!({ "recipient_id": "bob", "scope": scope, "body": body });
    pair.alice.call("a2a_send_message", about("research", "before")).await?;
    pair.bob.receives("before").await?;

    // Alice cannot hear of it: her own relay, where Bob's words arrive, is away.
    world.first().kill()?;
    pair.bob.call("a2a_revoke", json!({ "peer": "alice", "scopes": ["research"] })).await?;
    let late = pair.alice.call("a2a_send_message", about("research", "too late")).await?;
    let fine = pair.alice.call("a2a_send_message", about("scheduling", "still fine")).await?;
    pair.bob.receives("still fine").await?;
    let bodies = pair.bob.inbox().await?;
    assert!(!Value::from(bodies).to_string().contains("too late"), "the recipient enforces its grant");

    world.first().restart()?;
    pair.alice.sees_state("bob", &late["message_id"], "refused").await?;
    pair.alice.sees_state("bob", &fine["message_id"], "read").await?;
    let refused = pair.alice.refused("a2a_send_message", about("research", "again")).await?;
    assert!(refused.contains("scheduling"), "now the sender knows: {refused}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_works_once() -> Result<()> {
    let world = World::start().await?;
    let bob = world.registered("bob", Owner::Accepts).await?;
    let invite = bob.invite(&["message"]).await?;
    let alice = world.registered("alice", Owner::Accepts).await?;
    alice.call("a2a_authorize", json!({ "peer": invite })).await?;
    bob.knows("alice").await?;

    let carol = world.registered("carol", Owner::Accepts).await?;
    let told = carol.call("a2a_authorize", json!({ "peer": invite })).await;
    if let Ok(result) = told {
        // A used invite may only show when its relay is asked: then nothing pairs.
        assert_ne!(result["status"], "paired", "a used invite paired a second agent");
    }
    bob.call("a2a_check_inbox", json!({})).await?;
    assert!(bob.peer("carol").await?.is_none(), "the invite was used twice");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_peer_may_be_invited_again() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    pair.bob.call("a2a_revoke", json!({ "peer": "alice" })).await?;
    assert!(!is_paired(pair.bob.peer("alice").await?));
    eventually("alice to be told", async || Ok(pair.alice.send("bob", "hello?").await.err())).await?;
    let invite = pair.bob.invite(&["message"]).await?;
    pair.alice.call("a2a_authorize", json!({ "peer": invite })).await?;
    pair.bob.knows("alice").await?;
    pair.alice.knows("bob").await?;
    pair.alice.send("bob", "friends again").await?;
    pair.bob.receives("friends again").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_invite_pairs_again_who_does_not_know_yet_of_being_revoked() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let alive = pair.bob.invite(&["message"]).await?;
    let words = pair.alice.refused("a2a_authorize", json!({ "peer": alive })).await?;
    assert!(words.contains("already paired"), "a pair that works is not replaced: {words}");

    pair.bob.call("a2a_revoke", json!({ "peer": "alice" })).await?;
    let invite = pair.bob.invite(&["message"]).await?;
    let asked = pair.alice.asked().len();
    pair.alice.call("a2a_authorize", json!({ "peer": invite })).await?;
    assert_eq!(pair.alice.asked().len(), asked + 1, "her owner agrees to it");
    pair.bob.knows("alice").await?;
    talk(&pair).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_revoked_a_peer_may_take_up_its_invite() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    pair.bob.call("a2a_revoke", json!({ "peer": "alice" })).await?;
    let invite = pair.alice.invite(&["message"]).await?;
    pair.bob.call("a2a_authorize", json!({ "peer": invite })).await?;
    // For alice the pair still stands, so what claims to be bob anew is hers to approve.
    let request = request_at(&pair.alice).await?;
    pair.alice.call("a2a_authorize", json!({ "peer": request })).await?;
    pair.bob.knows("alice").await?;
    talk(&pair).await
}

/// Mail goes both ways.
async fn talk(pair: &a2a_harness::Pair) -> Result<()> {
    pair.alice.send("bob", "friends again").await?;
    pair.bob.receives("friends again").await?;
    pair.bob.send("alice", "so it seems").await?;
    pair.alice.receives("so it seems").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn peers_are_renamed_by_the_owner_only() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let home: Home = pair.bob.home().clone();
    home.cli(&["peers", "rename", "alice", "alice-work"]).await?.ok()?;
    pair.alice.send("bob", "who am I to you?").await?;
    let received = pair.bob.receives("who am I to you?").await?;
    assert_eq!(received["from"], "alice-work");
    Ok(())
}

fn is_paired(peer: Option<Value>) -> bool {
    peer.is_some_and(|peer| peer["state"] == "paired")
}

/// Asks to pair by address, with these scopes.
pub(crate) async fn knock(stranger: &Session, with: &Session, scopes: &[&str]) -> Result<Value> {
    let address = with.call("a2a_whoami", json!({})).await?["address"].clone();
    let wanted = json!({ "peer": address, "scopes": scopes, "text": "please let me in" });
    stranger.call("a2a_authorize", wanted).await
}

/// Waits for a stranger's request and gives its id.
pub(crate) async fn request_at(session: &Session) -> Result<String> {
    eventually("a request to pair", async || {
        session.call("a2a_check_inbox", json!({})).await?;
        let requests = requests(session).await?;
        Ok(requests.first().and_then(|request| request["request_id"].as_str()).map(str::to_owned))
    })
    .await
}

async fn requests(session: &Session) -> Result<Vec<Value>> {
    let peers = session.call("a2a_list_peers", json!({})).await?;
    Ok(peers["requests"].as_array().context("no requests in a2a_list_peers")?.clone())
}
