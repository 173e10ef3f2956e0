//! Relays that peers name at private addresses are not called until the owner allows the host.

use a2a_harness::{Terminal, World};
use anyhow::{Context, Result, ensure};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_private_relay_is_called_only_after_the_owner_allowed_it() -> Result<()> {
    let world = World::start().await?;
    let home = world.home("alice")?;
    home.cli(&["init", world.first().url(), "--name", "alice"]).await?.ok()?;
    let id = home.json(&["whoami"]).await?["agent_id"].as_str().context("no id")?.to_owned();
    for relay in ["192.168.1.7:8787", "169.254.169.254", "[fd00::1]", "nas.local", "relay.invalid"] {
        let refused = home.cli(&["authorize", &format!("{id}@{relay}")]).await?;
        let host = relay.trim_end_matches(":8787").trim_matches(['[', ']']);
        ensure!(refused.status == 1, "{relay}: {refused:?}");
        ensure!(refused.stderr.contains(&format!("a2a relay allow {host}")), "{relay}: {}", refused.stderr);
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
    let called = home.cli(&["authorize", &format!("{id}@relay.invalid")]).await?;
    ensure!(!called.stderr.contains("a2a relay allow"), "{called:?}");
    let other = home.cli(&["authorize", &format!("{id}@nas.local")]).await?;
    ensure!(other.stderr.contains("a2a relay allow nas.local"), "{other:?}");
    ensure!(home.cli(&["audit"]).await?.ok()?.contains("relay_host_allowed"));

    home.cli(&["relay", "forget", "relay.invalid"]).await?.ok()?;
    let again = home.cli(&["authorize", &format!("{id}@relay.invalid")]).await?;
    ensure!(again.stderr.contains("a2a relay allow relay.invalid"), "{again:?}");
    Ok(())
}
