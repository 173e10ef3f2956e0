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

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_ends_and_is_prolonged_by_the_owner() -> Result<()> {
    let world = World::start().await?;
    let Pair { alice, bob } = world.paired(&["message"]).await?;
    let past = bob.home().cli(&["authorize", "alice", "--until", "2020-01-01"]).await?.failure()?;
    assert!(past.contains("has ended already"), "{past}");
    let until =
        (std::time::SystemTime::now() + std::time::Duration::from_secs(20)).duration_since(std::time::UNIX_EPOCH)?;
    let until = time_of(until.as_secs());
    let screen = bob.home().says_yes(&["authorize", "alice", "--until", &until]).await?;
    assert!(screen.contains("until"), "{screen}");
    eventually("alice to be told, and the grant to end", async || {
        let shown = alice.peer("bob").await?.is_some_and(|peer| peer["granted_to_us_until"].is_string());
        Ok((shown && bob.home().cli(&["peers"]).await?.ok()?.contains("expired")).then_some(()))
    })
    .await?;
    let refusal = alice.refused("a2a_send_message", json!({ "recipient_id": "bob", "body": "still allowed?" })).await?;
    assert!(refusal.contains("granted ended"), "{refusal}");
    bob.home().says_yes(&["authorize", "alice", "--scope", "message", "--scope", "scheduling"]).await?;
    eventually("mail to go again", async || {
        alice.call("a2a_check_inbox", json!({})).await?;
        Ok(alice.send("bob", "again").await.ok().map(|_| ()))
    })
    .await?;
    bob.receives("again").await?;
    Ok(())
}

/// RFC 3339 of a moment, without a library: the tests' own arithmetic (days from civil, by Howard Hinnant's method).
fn time_of(secs: u64) -> String {
    let (days, rest) = (secs / 86_400 + 719_468, secs % 86_400);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let (date, month) = (of_year - (153 * shifted + 2) / 5 + 1, if shifted < 10 { shifted + 3 } else { shifted - 9 });
    let year = year + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}Z")
}
