//! Long mail: cut at 16 KiB a message and 32 KiB a call, and nothing of it out of reach.

use a2a_harness::{World, eventually, written};
use anyhow::Result;
use serde_json::{Value, json};

use crate::eras::pair;
use crate::wire::{Era, Owner, Wire};

/// Forty kibibytes in which every line is different.
fn long_body() -> String {
    (0..4_000).map(|number| format!("line {number:04}\n")).collect::<String>()
}

async fn alice_and_bob(world: &World) -> Result<(Wire, Wire)> {
    let mut alice = Wire::registered(world, "alice", Era::Stateless, Owner::Accepts).await?;
    let mut bob = Wire::registered(world, "bob", Era::Stateless, Owner::Accepts).await?;
    pair(&mut alice, &mut bob).await?;
    Ok((alice, bob))
}

/// Everything in Bob's inbox once that many messages are there.
async fn inbox(bob: &mut Wire, count: usize) -> Result<Vec<Value>> {
    eventually("all mail", async || {
        let inbox = bob.done("a2a_check_inbox", json!({})).await?;
        let messages = inbox["messages"].as_array().cloned().unwrap_or_default();
        Ok((messages.len() == count).then_some(messages))
    })
    .await
}

/// The parts of one message, read with cursors until there is none.
async fn whole(bob: &mut Wire, message_id: &Value) -> Result<Vec<String>> {
    let mut parts = Vec::new();
    let mut query = json!({ "peer": "alice", "message_id": message_id });
    loop {
        let page = bob.done("a2a_read_thread", query.clone()).await?;
        let part = written(&page["messages"][0]);
        assert!(part.len() < 17 * 1024, "{} bytes in one part", part.len());
        parts.push(part);
        let Some(cursor) = page["next_cursor"].as_str() else { return Ok(parts) };
        query["cursor"] = json!(cursor);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_message_is_read_in_parts() -> Result<()> {
    let world = World::start().await?;
    let (mut alice, mut bob) = alice_and_bob(&world).await?;
    alice.done("a2a_send_message", json!({ "recipient_id": "bob", "body": long_body() })).await?;
    let message = inbox(&mut bob, 1).await?.remove(0);
    let shown = written(&message);
    assert!(shown.contains("⟦cut here: ") && shown.contains("a2a_read_thread"), "{}", &shown[shown.len() - 200..]);

    let parts = whole(&mut bob, &message["message_id"]).await?;
    let read: String = parts.iter().map(|part| part.split("\n⟦cut here: ").next().unwrap_or_default()).collect();
    assert_eq!(read, long_body());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_call_names_what_it_leaves_out() -> Result<()> {
    let world = World::start().await?;
    let (mut alice, mut bob) = alice_and_bob(&world).await?;
    for _ in 0..3 {
        alice.done("a2a_send_message", json!({ "recipient_id": "bob", "body": long_body() })).await?;
    }
    let messages = inbox(&mut bob, 3).await?;
    let bodies: Vec<String> = messages.iter().map(written).collect();
    let bytes: usize = bodies.iter().map(String::len).sum();
    assert!(bytes < 33 * 1024, "{bytes} bytes in one call");
    assert!(bodies[2].starts_with("⟦not shown: "), "{}", bodies[2]);
    let parts = whole(&mut bob, &messages[2]["message_id"]).await?;
    assert!(parts[0].starts_with("line 0000"), "what was left out can be read");
    Ok(())
}
