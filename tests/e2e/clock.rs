//! Time: a clock that is hours off is corrected by the relay's `Date`, and certificates are renewed before they end.

use std::time::{Duration, SystemTime};

use a2a_harness::{Owner, World, clock_off_by, eventually};
use a2a_proto::card::VerifiedCard;
use a2a_proto::certificate::Certificate;
use a2a_proto::id::AgentId;
use a2a_proto::time::Timestamp;
use anyhow::{Context, Result};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_hours_off_is_corrected() -> Result<()> {
    for offset in ["+3h", "-5h"] {
        let Some(variables) = clock_off_by(offset)? else { return Ok(()) };
        let world = World::start().await?;
        let off = world.home("alice")?.with_variables(variables);
        let alice = off.session(Owner::Accepts).await?;
        let relay = world.first().url();
        alice.call("a2a_register", json!({ "name": "alice", "relay": relay })).await?;
        let bob = world.registered("bob", Owner::Accepts).await?;
        let pair = a2a_harness::Pair { alice, bob };
        pair.pair(&["message"]).await?;
        let sent = pair.alice.send("bob", "what time is it?").await?;
        assert_eq!(sent["status"], "queued", "{offset}: {sent}");
        pair.bob.receives("what time is it?").await?;
        pair.bob.send("alice", "not your time").await?;
        pair.alice.receives("not your time").await?;

        let doctor = off.cli(&["doctor"]).await?;
        let words = format!("{}{}", doctor.stdout, doctor.stderr);
        assert!(words.contains("clock"), "{offset}: nobody is warned: {words}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_before_it_ends() -> Result<()> {
    let Some(long_ago) = clock_off_by("-300d")? else { return Ok(()) };
    let world = World::start().await?;
    let bob = world.home("bob")?.with_variables(long_ago).session(Owner::Accepts).await?;
    bob.call("a2a_register", json!({ "name": "bob", "relay": world.second().url() })).await?;
    let capability = json!({ "id": "chat", "title": "Chat", "description": "Talks" });
    bob.call("a2a_set_capabilities", json!({ "capabilities": [capability] })).await?;
    let whoami = bob.call("a2a_whoami", json!({})).await?;
    let id: AgentId = whoami["agent_id"].as_str().context("no id")?.parse()?;
    bob.close().await?;
    let old = certificate_on_card(&world, &id).await?;
    assert!(old.not_after() < in_days(110), "it was made 300 days ago");

    let bob = world.home("bob")?.session(Owner::Accepts).await?;
    eventually("a card that carries a new certificate", async || {
        let new = certificate_on_card(&world, &id).await?;
        Ok((new.not_after() > in_days(300)).then_some(()))
    })
    .await?;
    let alice = world.registered("alice", Owner::Accepts).await?;
    let pair = a2a_harness::Pair { alice, bob };
    pair.pair(&["message"]).await?;
    pair.alice.send("bob", "are you still you?").await?;
    pair.bob.receives("are you still you?").await?;
    assert_eq!(pair.bob.call("a2a_whoami", json!({})).await?["agent_id"], whoami["agent_id"]);
    Ok(())
}

/// The certificate on the card that the relay shows.
async fn certificate_on_card(world: &World, id: &AgentId) -> Result<Certificate> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("{}/api/agents/{id}/card", world.second().url());
    let bytes = client.get(url).send().await?.error_for_status()?.bytes().await?;
    Ok(VerifiedCard::parse(&bytes, id)?.card().certificate.clone())
}

fn in_days(days: u64) -> Timestamp {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_secs(now.as_secs()).plus(Duration::from_secs(days * 24 * 60 * 60))
}
