//! The demo: an answer from an agent on the same computer, and nothing left of it.

use a2a_harness::{Terminal, World};
use anyhow::Result;
use serde_json::Value;

#[tokio::test]
async fn the_demo_answers_and_leaves_nothing_behind() -> Result<()> {
    let world = World::start().await?;
    let home = world.initialised("alice").await?;
    let (status, screen) = Terminal::new(&home).run(&["demo", "--once"], "y").await?;
    assert_eq!(status, 0, "{screen}");
    assert!(screen.contains("your message came through"), "{screen}");
    assert!(screen.contains("which could not read a word of it"), "{screen}");
    let peers = home.json(&["peers"]).await?;
    assert!(is_over(&peers), "{peers}");
    let row = |name: &str| world.first().tables().map(|tables| tables.into_iter().find(|table| table.name == name));
    assert_eq!(row("account")?.map(|table| table.rows.len()), Some(1), "the answering agent's account is still there");
    Ok(())
}

#[tokio::test]
async fn whoever_ends_the_demo_early_keeps_no_pair() -> Result<()> {
    let world = World::start().await?;
    let home = world.initialised("alice").await?;
    let (_, screen) = Terminal::new(&home).converse(&["demo"], &[("Approve?", "y"), ("You to echo", "\u{3}")]).await?;
    assert!(screen.contains("The pair is ended"), "{screen}");
    let peers = home.json(&["peers"]).await?;
    assert!(is_over(&peers), "{peers}");
    Ok(())
}

#[tokio::test]
async fn a_no_pairs_nobody() -> Result<()> {
    let world = World::start().await?;
    let home = world.initialised("alice").await?;
    let (status, screen) = Terminal::new(&home).run(&["demo", "--once"], "n").await?;
    assert_ne!(status, 0, "{screen}");
    assert!(screen.contains("you said no"), "{screen}");
    Ok(())
}

/// There was a pair, and it ended.
fn is_over(peers: &Value) -> bool {
    let pairs = peers["pairs"].as_array().map_or(&[][..], Vec::as_slice);
    !pairs.is_empty() && pairs.iter().all(|pair| pair["state"] != "paired")
}
