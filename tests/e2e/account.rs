//! Ending an account at a relay, and beginning anew.

use a2a_harness::{Owner, Terminal, World};
use anyhow::{Result, ensure};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_is_gone_at_the_relay_and_the_identity_stays() -> Result<()> {
    let world = World::start().await?;
    let home = world.home("alice")?;
    home.cli(&["init", world.first().url(), "--name", "alice"]).await?.ok()?;
    let before = home.json(&["whoami"]).await?;

    let piped = home.cli(&["account", "close"]).await?;
    ensure!(piped.status == 1 && piped.stderr.contains("terminal"), "{piped:?}");
    Terminal::new(&home).run(&["account", "close"], "n").await?;
    ensure!(home.json(&["whoami"]).await?["relay_state"] == before["relay_state"]);

    let other = home.session(Owner::Accepts).await?;
    other.call("a2a_whoami", json!({})).await?;
    let (status, screen) = Terminal::new(&home).run(&["account", "close"], "y").await?;
    ensure!(status == 0 && screen.contains("is closed"), "{screen}");
    let card = format!("{}/api/handles/alice", world.first().url());
    ensure!(reqwest::get(card).await?.status() == 404, "the handle is still there");
    // A process that had it open knows at once, too.
    let said = other.refused("a2a_whoami", json!({})).await?;
    ensure!(said.contains("not registered"), "it still has an account: {said}");
    other.close().await?;
    let after = home.cli(&["whoami"]).await?;
    ensure!(after.status == 1 && after.stderr.contains("a2a init"), "{after:?}");
    ensure!(home.cli(&["audit"]).await?.ok()?.contains("account_closed"));

    home.cli(&["init", world.second().url(), "--name", "alice"]).await?.ok()?;
    let again = home.json(&["whoami"]).await?;
    ensure!(again["agent_id"] == before["agent_id"] && again["relay"] == world.second().authority(), "{again}");
    // Its prekeys are there: a stranger can begin.
    let bundle = format!("{}/api/agents/{}/bundle", world.second().url(), before["agent_id"].as_str().unwrap_or(""));
    ensure!(reqwest::get(bundle).await?.status() == 200, "no prekeys at the new relay");
    Ok(())
}
