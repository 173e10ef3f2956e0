//! Moving to another relay: pairs come along, with the old relay alive or dead, and are mended when both are lost.

use a2a_harness::{Owner, Relay, Session, World, eventually};
use anyhow::{Context, Result, ensure};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_comes_along_and_the_old_mailbox_is_emptied() -> Result<()> {
    let world = World::start().await?;
    let third = Relay::start(&world.folder().join("relay-third"))?;
    let pair = world.paired(&["message"]).await?;
    let (alice, bob) = (pair.alice, pair.bob);
    talk(&alice, &bob, "before").await?;
    alice
        .call("a2a_set_capabilities", json!({ "capabilities": [{ "id": "ask", "title": "Asks", "description": "" }] }))
        .await?;

    // Something waits in the old mailbox when she moves without reading it first.
    let home = alice.home().clone();
    alice.close().await?;
    bob.send("alice", "sent to the old place").await?;
    let screen = home.says_yes(&["relay", "move", third.url()]).await?;
    ensure!(screen.contains(third.authority()) && screen.contains("Told: bob"), "{screen}");
    let alice = home.session(Owner::Accepts).await?;
    alice.receives("sent to the old place").await?;
    lives_at(&bob, "alice", third.authority()).await?;
    bob.send("alice", "sent to the new place").await?;
    alice.receives("sent to the new place").await?;

    // Whoever reads her card where she was is told where she went.
    let id = alice.call("a2a_whoami", json!({})).await?["agent_id"].as_str().context("no id")?.to_owned();
    let card = reqwest::get(format!("{}/api/agents/{id}/card", world.first().url())).await?.bytes().await?;
    ensure!(String::from_utf8_lossy(&card).contains(third.authority()), "the old card names the old place");
    world.first().kill()?;
    talk(&alice, &bob, "with the old relay gone").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_relay_is_left_without_its_help() -> Result<()> {
    let world = World::start().await?;
    let third = Relay::start(&world.folder().join("relay-third"))?;
    let pair = world.paired(&["message"]).await?;
    let (alice, bob) = (pair.alice, pair.bob);
    talk(&alice, &bob, "before").await?;
    world.first().kill()?;
    bob.send("alice", "sent into the void").await?;
    // Her running session follows what the owner does at a terminal.
    alice.home().says_yes(&["relay", "move", third.url()]).await?;
    alice.receives("sent into the void").await?;
    talk(&alice, &bob, "from the new relay").await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_lost_each_other_are_mended_by_an_invite() -> Result<()> {
    let world = World::start().await?;
    let (third, fourth) =
        (Relay::start(&world.folder().join("relay-third"))?, Relay::start(&world.folder().join("relay-fourth"))?);
    let pair = world.paired(&["message"]).await?;
    let (alice, bob) = (pair.alice, pair.bob);
    talk(&alice, &bob, "before").await?;
    world.first().kill()?;
    world.second().kill()?;
    alice.home().says_yes(&["relay", "move", third.url()]).await?;
    bob.home().says_yes(&["relay", "move", fourth.url()]).await?;
    bob.send("alice", "can you hear me?").await?;

    let screen = alice.home().says_yes(&["invite", "--mend", "bob"]).await?;
    let link = screen.split_whitespace().find(|word| word.contains("/invite#")).context("no link")?;
    let carol = world.home("carol")?.session(Owner::Accepts).await?;
    carol.call("a2a_register", json!({ "name": "carol", "relay": third.url() })).await?;
    bob.call("a2a_authorize", json!({ "peer": link })).await?;
    alice.receives("can you hear me?").await?;
    talk(&alice, &bob, "found again").await?;
    ensure!(alice.peer("bob").await?.is_some_and(|peer| peer["state"] == "paired"));

    // Such a link is for one peer only.
    let screen = alice.home().says_yes(&["invite", "--mend", "bob"]).await?;
    let link = screen.split_whitespace().find(|word| word.contains("/invite#")).context("no link")?;
    carol.call("a2a_authorize", json!({ "peer": link })).await?;
    carol.send("alice", "I found this link").await.ok();
    talk(&alice, &bob, "meanwhile").await?;
    ensure!(alice.peer("carol").await?.is_none(), "somebody else took the invite up");
    Ok(())
}

async fn lives_at(session: &Session, petname: &str, relay: &str) -> Result<()> {
    eventually(&format!("{petname} to live at {relay}"), async || {
        let address = session.peer(petname).await?.map(|peer| peer["address"].to_string());
        Ok(address.filter(|address| address.contains(relay)).map(|_| ()))
    })
    .await
}

/// A message each way, read by the other.
async fn talk(alice: &Session, bob: &Session, about: &str) -> Result<()> {
    alice.send("bob", &format!("{about}, says alice")).await?;
    bob.receives(&format!("{about}, says alice")).await?;
    bob.send("alice", &format!("{about}, says bob")).await?;
    alice.receives(&format!("{about}, says bob")).await?;
    Ok(())
}
