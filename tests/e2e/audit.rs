//! The audit log outside the process: exported, checked without the agent, and an old store put back.

use a2a_harness::{Pair, Terminal, World};
use anyhow::Result;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_checked_on_another_computer_and_a_change_shows() -> Result<()> {
    let world = World::start().await?;
    let Pair { bob, .. } = world.paired(&["message"]).await?;
    let elsewhere = world.home("elsewhere")?;
    let (full, redacted) = (world.folder().join("full.jsonl"), world.folder().join("redacted.jsonl"));
    std::fs::write(&full, bob.home().cli(&["audit", "--export", "--full"]).await?.ok()?)?;
    std::fs::write(&redacted, bob.home().cli(&["audit", "--export"]).await?.ok()?)?;
    for file in [&full, &redacted] {
        let said = elsewhere.cli(&["audit", "--verify", &file.display().to_string()]).await?.ok()?;
        assert!(said.contains("fit together"), "{said}");
    }
    let text = std::fs::read_to_string(&redacted)?;
    assert!(text.contains("paired") && !text.contains("alice"), "{text}");
    assert!(std::fs::read_to_string(&full)?.contains("alice"));
    std::fs::write(&full, std::fs::read_to_string(&full)?.replacen("alice", "carol", 1))?;
    let said = elsewhere.cli(&["audit", "--verify", &full.display().to_string()]).await?.failure()?;
    assert!(said.contains("does not fit"), "{said}");
    let entries = bob.home().json(&["audit", "--since", "1h", "--peer", "alice"]).await?;
    let list = entries["entries"].as_array().cloned().unwrap_or_default();
    assert!(!list.is_empty() && list.iter().all(|entry| entry["peer"] == "alice"), "{entries}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_store_that_was_put_back_shows() -> Result<()> {
    let world = World::start().await?;
    let bob = world.initialised("bob").await?;
    let (store, copy) = (bob.path().join("store.sqlite"), world.folder().join("old.sqlite"));
    bob.says_yes(&["invite", "--scope", "scheduling"]).await?;
    std::fs::copy(&store, &copy)?;
    bob.says_yes(&["invite", "--scope", "invoicing"]).await?;
    bob.cli(&["audit", "--verify"]).await?.ok()?;
    for suffix in ["-wal", "-shm"] {
        std::fs::remove_file(bob.path().join(format!("store.sqlite{suffix}"))).ok();
    }
    std::fs::copy(&copy, &store)?;
    let said = bob.cli(&["audit", "--verify"]).await?.failure()?;
    assert!(said.contains("old store was put back"), "{said}");

    // What is written afterwards does not hide it, however much that is.
    for scope in ["research", "support", "casual"] {
        bob.says_yes(&["invite", "--scope", scope]).await?;
    }
    let said = bob.cli(&["audit", "--verify"]).await?.failure()?;
    assert!(said.contains("old store was put back"), "the proof was written over: {said}");
    let log = bob.cli(&["audit"]).await?.ok()?;
    assert_eq!(log.matches("log_put_back").count(), 1, "{log}");
    assert!(bob.json(&["inbox"]).await?.to_string().contains("An old store was put back"), "nobody is told");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_that_was_made_to_forget_the_log_is_told_of() -> Result<()> {
    let world = World::start().await?;
    let bob = world.initialised("bob").await?;
    bob.says_yes(&["invite", "--scope", "scheduling"]).await?;
    assert!(!bob.cli(&["audit"]).await?.ok()?.contains("log_unvouched"), "it was told nothing yet");
    let whole = bob.cli(&["audit", "--verify"]).await?;
    assert!(whole.stderr.contains("nothing up to entry"), "{whole:?}");
    std::fs::remove_file(bob.path().join("audit-head.json"))?;
    let unvouched = bob.cli(&["audit", "--verify"]).await?;
    assert!(unvouched.status == 0 && unvouched.stderr.contains("would not show here"), "{unvouched:?}");
    let log = bob.cli(&["audit"]).await?.ok()?;
    assert_eq!(log.matches("log_unvouched").count(), 1, "{log}");
    assert!(bob.json(&["inbox"]).await?.to_string().contains("no longer knows the newest entry"), "nobody is told");
    Ok(())
}

/// The name that the model registered under stands in the log; it moves nobody's cursor there.
#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_log_is_shown_harmless() -> Result<()> {
    let world = World::start().await?;
    let home = world.home("mallory")?;
    let session = home.session(a2a_harness::Owner::Accepts).await?;
    let name = "MARK\u{202e}gol eht\u{200b}![x](https://evil.example/leak)";
    session.call("a2a_register", json!({ "name": name, "relay": world.first().url() })).await?;
    for arguments in [vec!["audit"], vec!["audit", "--json"], vec!["audit", "--export", "--full"]] {
        let shown = home.cli(&arguments).await?.ok()?;
        assert!(shown.contains("MARK"), "{arguments:?}: {shown}");
        for forbidden in ['\u{202e}', '\u{200b}'] {
            assert!(!shown.contains(forbidden), "{arguments:?}: {forbidden:?} came through");
        }
    }
    let file = world.folder().join("log.jsonl");
    std::fs::write(&file, home.cli(&["audit", "--export", "--full"]).await?.ok()?)?;
    home.cli(&["audit", "--verify", &file.display().to_string()]).await?.ok()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_owners_compare_their_words() -> Result<()> {
    let world = World::start().await?;
    let Pair { alice, bob } = world.paired(&["message"]).await?;
    let words = |whoami: &serde_json::Value| {
        let list = whoami["safety_words"].as_array().cloned().unwrap_or_default();
        list.iter().filter_map(|word| word.as_str()).collect::<Vec<_>>().join(" ")
    };
    let hers = words(&alice.call("a2a_whoami", json!({})).await?);
    let his = words(&bob.call("a2a_whoami", json!({})).await?);
    let terminal = Terminal::new(bob.home());
    let asked = "The six words that they read to you:";
    let (status, screen) = terminal.converse(&["verify", "alice"], &[(asked, &his)]).await?;
    assert!(status == 1 && screen.contains("not the words"), "{status}: {screen}");
    assert!(!screen.contains(&hers), "the words to compare stood on the screen: {screen}");
    assert_eq!(bob.peer("alice").await?.map(|peer| peer["verified"].clone()), Some(json!(false)));
    let (status, screen) = terminal.converse(&["verify", "alice"], &[(asked, &hers)]).await?;
    assert!(status == 0 && screen.contains("verified"), "{status}: {screen}");
    assert_eq!(bob.peer("alice").await?.map(|peer| peer["verified"].clone()), Some(json!(true)));
    assert!(bob.home().cli(&["peers"]).await?.ok()?.contains("verified"));
    Ok(())
}
