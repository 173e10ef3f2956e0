//! Relays that peers name at private addresses are not called until the owner allows the host.

use a2a_harness::{Home, Terminal, World};
use anyhow::{Context, Result, ensure};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_private_relay_is_called_only_after_the_owner_allowed_it() -> Result<()> {
    let world = World::start().await?;
    let home = world.home("alice")?;
    home.cli(&["init", world.first().url(), "--name", "alice"]).await?.ok()?;
    let bob = world.home("bob")?;
    bob.cli(&["init", world.second().url(), "--name", "bob"]).await?.ok()?;
    let id = bob.json(&["whoami"]).await?["agent_id"].as_str().context("no id")?.to_owned();
    for relay in ["192.168.1.7:8787", "169.254.169.254", "[fd00::1]", "nas.local", "relay.invalid"] {
        let (status, screen) = ask(&home, &id, relay).await?;
        let host = relay.trim_end_matches(":8787").trim_matches(['[', ']']);
        ensure!(status == 1 && screen.contains(&format!("a2a relay allow {host}")), "{relay}: {screen}");
        ensure!(!screen.contains("[y/N]"), "the owner was asked about what cannot be done: {screen}");
    }

    // A pipe is not the owner, and a no is a no.
    let piped = home.cli(&["relay", "allow", "relay.invalid"]).await?;
    ensure!(piped.status == 1 && piped.stderr.contains("terminal"), "{piped:?}");
    Terminal::new(&home).run(&["relay", "allow", "relay.invalid"], "n").await?;
    ensure!(home.json(&["relay"]).await?["hosts"] == json!([]));

    let (status, screen) = Terminal::new(&home).run(&["relay", "allow", "relay.invalid"], "y").await?;
    ensure!(status == 0 && screen.contains("relay.invalid is allowed"), "{screen}");
    let listed = home.json(&["relay"]).await?;
    ensure!(listed["hosts"] == json!(["relay.invalid"]) && listed["own"] == world.first().authority(), "{listed}");
    ensure!(home.cli(&["relay"]).await?.ok()?.contains("relay.invalid"));
    // Now it is called; that nothing answers there is another matter.
    let (_, called) = ask(&home, &id, "relay.invalid").await?;
    ensure!(!called.contains("a2a relay allow"), "{called}");
    let (_, other) = ask(&home, &id, "nas.local").await?;
    ensure!(other.contains("a2a relay allow nas.local"), "{other}");
    ensure!(home.cli(&["audit"]).await?.ok()?.contains("relay_host_allowed"));

    home.cli(&["relay", "forget", "relay.invalid"]).await?.ok()?;
    let (_, again) = ask(&home, &id, "relay.invalid").await?;
    ensure!(again.contains("a2a relay allow relay.invalid"), "{again}");
    Ok(())
}

/// Asks an agent at a relay to pair, and says yes where that is asked; gives the status and the screen as one line.
async fn ask(home: &Home, id: &str, relay: &str) -> Result<(i32, String)> {
    let (status, screen) = Terminal::new(home).run(&["authorize", &format!("{id}@{relay}")], "y").await?;
    Ok((status, screen.split_whitespace().collect::<Vec<_>>().join(" ")))
}
