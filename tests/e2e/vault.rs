//! A missing key is never silently replaced, and damaged state is an error with a remedy.

use a2a_harness::{Home, Owner, World};
use anyhow::Result;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_key_is_an_error_not_a_new_identity() -> Result<()> {
    let world = World::start().await?;
    let (home, before) = registered(&world).await?;
    let slot = home.path().join("keyslots.json");
    assert!(slot.exists(), "the vault's file moved: {:?}", files(&home));
    let kept = std::fs::read(&slot)?;
    std::fs::remove_file(&slot)?;

    let words = home.cli(&["whoami"]).await?.failure()?;
    assert!(words.len() > 40, "no remedy: {words}");
    assert_stays_broken(&world, &home).await?;
    assert!(!slot.exists(), "a new key was made in silence");

    std::fs::write(&slot, kept)?;
    assert_eq!(home.json(&["whoami"]).await?["agent_id"], before);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_passphrase_says_so() -> Result<()> {
    let world = World::start().await?;
    let (home, before) = registered(&world).await?;
    let passphrase = home.folder().join("passphrase");
    std::fs::write(&passphrase, "not the one")?;
    let words = home.cli(&["whoami"]).await?.failure()?;
    assert!(words.contains("passphrase"), "{words}");
    assert!(!words.contains("not the one"), "the passphrase stands in the error: {words}");
    assert_stays_broken(&world, &home).await?;
    std::fs::write(&passphrase, home.passphrase())?;
    assert_eq!(home.json(&["whoami"]).await?["agent_id"], before);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_init_keeps_the_identity() -> Result<()> {
    let world = World::start().await?;
    let (home, before) = registered(&world).await?;
    for relay in [world.second().url(), world.first().url()] {
        let words = home.cli(&["init", relay, "--name", "bob"]).await?.failure()?;
        assert!(words.contains("already"), "{words}");
    }
    assert_eq!(home.json(&["whoami"]).await?["agent_id"], before);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_store_is_told_and_left_alone() -> Result<()> {
    let world = World::start().await?;
    let (home, _) = registered(&world).await?;
    let store = files(&home).into_iter().find(|name| name.ends_with(".sqlite")).expect("no store");
    let path = home.path().join(&store);
    for journal in ["-wal", "-shm"] {
        std::fs::remove_file(home.path().join(format!("{store}{journal}"))).ok();
    }
    let mut bytes = std::fs::read(&path)?;
    bytes.iter_mut().skip(16).for_each(|byte| *byte ^= 0x5a);
    std::fs::write(&path, &bytes)?;
    let words = home.cli(&["whoami"]).await?.failure()?;
    assert!(words.len() > 40 && !words.contains("panicked"), "{words}");
    assert_eq!(std::fs::read(&path)?, bytes, "the damaged store was overwritten");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_readable_lies_on_the_disk() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    pair.alice.send("bob", "at rest this is noise zq81").await?;
    pair.bob.receives("at rest this is noise zq81").await?;
    for session in [&pair.alice, &pair.bob] {
        let home = session.home();
        assert!(!a2a_harness::holds_bytes(&home.path(), b"this is noise zq81")?, "{}", home.name());
    }
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_running_sidecar_leaves_no_core_file() -> Result<()> {
    let world = World::start().await?;
    let bob = world.registered("bob", Owner::Accepts).await?;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", bob.process()))?;
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("no such limit");
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    Ok(())
}

/// Bob's home after a registration, with the id he got.
async fn registered(world: &World) -> Result<(Home, Value)> {
    let bob = world.registered("bob", Owner::Accepts).await?;
    let home = bob.home().clone();
    let id = bob.call("a2a_whoami", json!({})).await?["agent_id"].clone();
    bob.close().await?;
    Ok((home, id))
}

/// No face makes a new identity out of a broken home.
async fn assert_stays_broken(world: &World, home: &Home) -> Result<()> {
    let relay = world.second().url();
    home.cli(&["init", relay, "--name", "bob"]).await?.failure()?;
    let session = home.session(Owner::Accepts).await?;
    let words = session.refused("a2a_register", json!({ "name": "bob", "relay": relay })).await?;
    assert!(words.len() > 40, "no remedy: {words}");
    Ok(())
}

fn files(home: &Home) -> Vec<String> {
    let entries = std::fs::read_dir(home.path()).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
