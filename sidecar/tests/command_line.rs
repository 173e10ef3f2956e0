//! The command line where something is missing, broken or away: it says the next step and loses nothing.

use a2a_harness::{Home, Terminal, World};
use anyhow::{Context as _, Result, ensure};

#[tokio::test(flavor = "multi_thread")]
async fn mail_that_failed_often_goes_with_the_next_inbox() -> Result<()> {
    let world = World::start().await?;
    let (alice, bob) = paired(&world).await?;
    world.second().kill()?;
    alice.cli(&["send", "bob", "while you were away"]).await?.ok()?;
    // As after many tries: each one that fails doubles the wait before the next.
    let store = rusqlite::Connection::open(alice.path().join("store.sqlite"))?;
    ensure!(store.execute("UPDATE outbox SET next_attempt = next_attempt + 300000", [])? > 0, "nothing waits");
    drop(store);
    let thread = alice.cli(&["thread", "bob"]).await?.ok()?;
    ensure!(thread.contains("waiting on this computer: the relay"), "{thread}");

    world.second().restart()?;
    alice.cli(&["inbox"]).await?.ok()?;
    let inbox = bob.cli(&["inbox"]).await?.ok()?;
    ensure!(inbox.matches("while you were away").count() == 1, "{inbox}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_init_that_found_the_relay_away_is_finished_by_the_next() -> Result<()> {
    let world = World::start().await?;
    let bob = world.home("bob")?;
    let relay = world.second().url().to_owned();
    world.second().kill()?;
    let words = bob.cli(&["init", &relay, "--name", "bob"]).await?.failure()?;
    ensure!(words.contains("cannot be reached") && words.contains("Try again"), "{words}");
    let words = bob.cli(&["inbox"]).await?.failure()?;
    ensure!(words.contains("a2a init"), "{words}");
    let slots = std::fs::read(bob.path().join("keyslots.json"))?;

    world.second().restart()?;
    bob.cli(&["init", &relay, "--name", "bob"]).await?.ok()?;
    ensure!(std::fs::read(bob.path().join("keyslots.json"))? == slots, "the second try made another key");
    bob.cli(&["doctor"]).await?.ok()?;
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn without_a_keychain_nothing_is_made() -> Result<()> {
    let world = World::start().await?;
    let bob = world.home("bob")?;
    let relay = world.second().url().to_owned();
    let words = without_vault(&bob, &["init", &relay, "--name", "bob"]).await?;
    ensure!(words.contains("no keychain") && words.contains("A2A_PASSPHRASE_FILE"), "{words}");
    ensure!(!bob.path().join("identity.json").exists(), "an identity without a key");

    bob.cli(&["init", &relay, "--name", "bob"]).await?.ok()?;
    let words = without_vault(&bob, &["whoami"]).await?;
    ensure!(words.contains("passphrase file") && words.contains("A2A_PASSPHRASE_FILE"), "{words}");
    bob.cli(&["whoami"]).await?.ok()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_store_is_told_with_the_next_step_and_left_alone() -> Result<()> {
    let world = World::start().await?;
    let bob = world.home("bob")?;
    let relay = world.second().url().to_owned();
    bob.cli(&["init", &relay, "--name", "bob"]).await?.ok()?;
    let path = bob.path().join("store.sqlite");
    let whole = std::fs::read(&path)?;
    let cut = whole.get(..whole.len() / 2).context("no store")?;
    std::fs::write(&path, cut)?;
    let commands: [&[&str]; 4] = [&["whoami"], &["inbox"], &["init", &relay, "--name", "bob"], &["doctor"]];
    for command in commands {
        let said = bob.cli(command).await?;
        let words = format!("{}{}", said.stdout, said.stderr);
        ensure!(said.status == 1 && words.contains("from a backup"), "{command:?}: {words}");
    }
    ensure!(std::fs::read(&path)? == cut, "the damaged store was written to");
    std::fs::write(&path, whole)?;
    bob.cli(&["whoami"]).await?.ok()?;
    Ok(())
}

/// What a command that fails says where neither a passphrase nor a keychain is at hand.
#[cfg(target_os = "linux")]
async fn without_vault(home: &Home, arguments: &[&str]) -> Result<String> {
    let mut command = home.command(arguments)?;
    command.env_remove("A2A_PASSPHRASE_FILE").env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    let said = tokio::task::spawn_blocking(move || command.output()).await??;
    ensure!(said.status.code() == Some(1) && said.stdout.is_empty(), "{said:?}");
    Ok(String::from_utf8(said.stderr)?)
}

/// Alice and Bob, paired at their terminals, each knowing the other's name.
async fn paired(world: &World) -> Result<(Home, Home)> {
    let (alice, bob) = (world.home("alice")?, world.home("bob")?);
    for home in [&alice, &bob] {
        let relay = world.relay_of(home.name()).url();
        home.cli(&["init", relay, "--name", home.name()]).await?.ok()?;
    }
    let screen = says_yes(&bob, &["invite"]).await?;
    let link = screen.split_whitespace().find(|word| word.contains("/invite#")).context("no link")?.to_owned();
    says_yes(&alice, &["authorize", &link]).await?;
    for home in [&bob, &alice] {
        home.cli(&["inbox"]).await?.ok()?;
    }
    Ok((alice, bob))
}

async fn says_yes(home: &Home, arguments: &[&str]) -> Result<String> {
    let (status, screen) = Terminal::new(home).run(arguments, "y").await?;
    ensure!(status == 0, "`a2a {}` ended with {status}: {screen}", arguments.join(" "));
    Ok(screen)
}
