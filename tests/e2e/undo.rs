//! A revocation by the model is undone by the owner, across two relays.

use a2a_harness::{Pair, Terminal, World, eventually};
use anyhow::Result;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn what_the_model_revoked_the_owner_takes_back() -> Result<()> {
    let world = World::start().await?;
    let Pair { alice, bob } = world.paired(&["message", "scheduling"]).await?;
    alice.send("bob", "before").await?;
    bob.receives("before").await?;
    bob.call("a2a_revoke", json!({ "peer": "alice" })).await?;
    let words = alice.refused("a2a_send_message", json!({ "recipient_id": "bob", "body": "refused" })).await?;
    assert!(words.contains("no longer accepts"), "{words}");

    let listed = bob.home().json(&["undo"]).await?;
    assert_eq!(listed[0]["petname"], "alice", "{listed}");
    assert!(bob.home().cli(&["undo", "alice"]).await?.failure()?.contains("terminal"));
    let screen = bob.home().says_yes(&["undo", "alice"]).await?;
    assert!(screen.contains("message, scheduling"), "{screen}");

    alice.knows("bob").await?;
    let notices = alice.call("a2a_check_inbox", json!({})).await?;
    alice.send("bob", "after").await?;
    bob.receives("after").await?;
    bob.send("alice", "welcome back").await?;
    alice.receives("welcome back").await?;
    let bodies = bob.inbox().await?;
    assert!(!bodies.iter().any(|message| message.to_string().contains("refused")), "{notices}");
    let log = bob.home().json(&["audit"]).await?.to_string();
    assert!(log.contains("revocation_undone") && log.contains("confirm, terminal"), "{log}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_is_lifted_by_the_owner_only() -> Result<()> {
    let world = World::start().await?;
    let Pair { alice, bob } = world.paired(&["message"]).await?;
    bob.call("a2a_revoke", json!({ "peer": "alice", "block": true })).await?;
    assert!(bob.home().cli(&["peers", "unblock", "alice"]).await?.failure()?.contains("terminal"));
    let (status, screen) = Terminal::new(bob.home()).run(&["peers", "unblock", "alice"], "n").await?;
    assert!(status == 0 && screen.contains("Nothing was changed"), "{status}: {screen}");
    bob.home().says_yes(&["undo", "alice"]).await?;
    // Alice had not noticed: her mail goes on through the lane she is handed.
    eventually("alice's mail to arrive", async || {
        alice.send("bob", "still me").await.ok();
        Ok(bob.inbox().await?.iter().any(|message| message.to_string().contains("still me")).then_some(()))
    })
    .await
}
