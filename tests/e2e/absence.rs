//! The owner is away: peers are told once, by themselves, across real relays.

use a2a_harness::World;
use anyhow::{Result, ensure};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_writes_is_told_once_that_the_owner_is_away() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let bobs = pair.bob.home().clone();
    let unasked = bobs.cli(&["away", "Back on Monday"]).await?;
    ensure!(unasked.status != 0, "a pipe spoke for the owner: {unasked:?}");
    ensure!(bobs.json(&["away"]).await?["away"] == false, "away without the owner's word");
    bobs.says_yes(&["away", "Back on Monday", "--until", "2199-01-01"]).await?;
    ensure!(bobs.json(&["away"]).await?["text"] == "Back on Monday");
    let we = bobs.json(&["whoami"]).await?;
    ensure!(we["owner_away"] == true && we["away_until"].as_str().is_some_and(|at| at.starts_with("2199")), "{we}");
    ensure!(pair.bob.call("a2a_whoami", json!({})).await?["owner_away"] == true);

    let sent = pair.alice.send("bob", "are you there?").await?;
    let told = pair.alice.receives("Back on Monday").await?;
    ensure!(told["from"] == "bob" && told["trust"] == "untrusted-peer", "{told}");
    ensure!(told["body"].as_str().is_some_and(|body| body.contains("Request: away")), "{told}");
    ensure!(told["reply_to"].is_null(), "an away text is no answer: {told}");
    pair.alice.send("bob", "hello?").await?;
    pair.bob.receives("hello?").await?;
    ensure!(bobs.json(&["away"]).await?["told"] == json!(["alice"]));
    pair.alice.sees_state("bob", &sent["message_id"], "read").await?;
    let thread = pair.alice.thread("bob").await?;
    ensure!(thread.len() == 3, "told twice: {thread:?}");

    bobs.cli(&["away", "--off"]).await?.ok()?;
    ensure!(bobs.json(&["away"]).await?["away"] == false);
    ensure!(bobs.json(&["whoami"]).await?["owner_away"] == false);

    // Whom the owner lets nobody write to is not told either.
    bobs.says_yes(&["rules", "set", "alice", "any", "never"]).await?;
    bobs.says_yes(&["away", "Back on Tuesday"]).await?;
    pair.alice.send("bob", "and now?").await?;
    pair.bob.receives("and now?").await?;
    bobs.cli(&["inbox"]).await?.ok()?;
    ensure!(bobs.json(&["away"]).await?["told"] == json!([]), "the rule was passed over");
    let secret = bobs.cli(&["away", "x", "--off"]).await?;
    ensure!(secret.status == 2, "{secret:?}");
    Ok(())
}
