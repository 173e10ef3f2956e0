//! One link brings a newcomer in: it registers at the inviter's relay with the token that the invite brings along.

use a2a_harness::{Home, Relay, Terminal, World};
use anyhow::{Context, Result, ensure};

fn link_on(screen: &str) -> Result<String> {
    Ok(screen.split_whitespace().find(|word| word.contains("/invite#")).context("no link")?.to_owned())
}

/// Bob at a relay that wants a token, and a join link that its operator gave him.
async fn bob_at_a_shut_relay(world: &World) -> Result<(Relay, Home, String)> {
    let relay = Relay::start_with(&world.folder().join("shut"), &["--registration", "token"])?;
    let bob = world.home("bob")?;
    bob.cli(&["init", &relay.join_link()?, "--name", "bob"]).await?.ok()?;
    let given = relay.join_link()?;
    Ok((relay, bob, given))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_with_a_voucher_brings_a_newcomer_in_once() -> Result<()> {
    let world = World::start().await?;
    let (relay, bob, join) = bob_at_a_shut_relay(&world).await?;
    let token = join.split_once("/join#").context("no token")?.1.to_owned();
    let screen = bob.says_yes(&["invite", "--join", &join]).await?;
    ensure!(screen.contains("brings along"), "the owner was not told of the token: {screen}");
    let link = link_on(&screen)?;
    ensure!(link.ends_with(&format!(".{token}")), "no voucher");
    ensure!(!bob.holds_bytes(token.as_bytes())?, "the token stands in the open on bob's machine");

    let carol = world.home("carol")?;
    let no = [("Set a PIN now?", "n"), ("Show them now?", "n"), ("Approve?", "y")];
    let (status, screen) = Terminal::new(&carol).converse(&["init", &link, "--name", "carol"], &no).await?;
    ensure!(status == 0 && screen.contains("Paired with"), "{status}: {screen}");
    bob.cli(&["inbox"]).await?.ok()?;
    carol.cli(&["inbox"]).await?.ok()?;
    carol.cli(&["send", "bob", "hello from a newcomer"]).await?.ok()?;
    ensure!(bob.cli(&["inbox"]).await?.ok()?.contains("hello from a newcomer"));

    // The token was good for one.
    let dave = world.home("dave")?;
    let said = dave.cli(&["init", &link, "--name", "dave"]).await?;
    ensure!(said.status == 1 && said.stderr.contains("used"), "{said:?}");
    ensure!(!said.stderr.contains(&token), "the error repeats the token");
    drop(relay);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_voucher_a_shut_relay_stays_shut_and_who_has_an_agent_ignores_one() -> Result<()> {
    let world = World::start().await?;
    let (relay, bob, join) = bob_at_a_shut_relay(&world).await?;
    let plain = link_on(&bob.says_yes(&["invite"]).await?)?;
    let carol = world.home("carol")?;
    let said = carol.cli(&["init", &plain, "--name", "carol"]).await?;
    ensure!(said.status == 1 && said.stderr.contains("join link"), "{said:?}");

    let other = world.first().join_link()?;
    let said = bob.cli(&["invite", "--join", &other]).await?;
    ensure!(said.status == 1 && said.stderr.contains("another relay"), "{said:?}");
    let said = bob.cli(&["invite", "--join", relay.url()]).await?;
    ensure!(said.status == 2 && said.stderr.contains("no join link"), "{said:?}");

    let link = link_on(&bob.says_yes(&["invite", "--join", &join]).await?)?;
    let damaged = carol.cli(&["init", &link[..link.len() - 40], "--name", "carol"]).await?;
    ensure!(damaged.status == 2 && damaged.stderr.contains("a2a authorize"), "{damaged:?}");
    let alice = world.initialised("alice").await?;
    let screen = alice.says_yes(&["authorize", &link]).await?;
    ensure!(screen.contains("Paired with"), "{screen}");
    // Alice did not need the token, so it is still good.
    carol.cli(&["init", &join, "--name", "carol"]).await?.ok()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_relay_takes_a_newcomer_by_any_invite() -> Result<()> {
    let world = World::start().await?;
    let bob = world.initialised("bob").await?;
    let link = link_on(&bob.says_yes(&["invite"]).await?)?;
    let carol = world.home("carol")?;
    // Without a terminal she is registered, and the invite waits for her.
    let said = carol.cli(&["init", &link, "--name", "carol"]).await?;
    ensure!(said.status == 3 && said.stderr.contains("a2a approve"), "{said:?}");
    ensure!(carol.json(&["whoami"]).await?["name"] == "carol");
    ensure!(carol.json(&["peers"]).await?["pairs"] == serde_json::json!([]), "paired without her yes");
    Ok(())
}
