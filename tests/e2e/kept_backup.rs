//! A backup that the own relay keeps: sealed, kept fresh by itself, and with the words enough to bring everything back.

use a2a_harness::{Home, Owner, Terminal, World, clock_off_by, eventually};
use a2a_proto::keys::Entropy;
use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::recovery::{talk, thread, words_of};

const AUTO_ON: [&str; 3] = ["backup", "auto", "on"];

#[tokio::test(flavor = "multi_thread")]
async fn the_words_and_the_relays_address_bring_everything_back() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let (alice, bob) = (pair.alice, pair.bob);
    let home = alice.home().clone();
    let id = alice.call("a2a_whoami", json!({})).await?["agent_id"].clone();
    let words = words_of(&home).await?;
    talk(&alice, &bob, "before").await?;
    let on = home.cli(&AUTO_ON).await?.ok()?;
    ensure!(on.contains("keeps a sealed backup") && on.contains(world.first().url()), "{on}");
    let status = home.json(&["backup", "auto", "status"]).await?;
    let bytes = status["bytes"].as_u64().context("no size")?;
    ensure!(status["is_on"] == true && bytes.is_power_of_two() && bytes >= 65536, "{status}");

    // The conversation goes on; then the machine is lost with mail under way.
    talk(&alice, &bob, "after the backup").await?;
    alice.close().await?;
    let waiting = bob.send("alice", "sealed for the lost device").await?;
    std::fs::remove_dir_all(home.path())?;
    let machine = world.home("alice-again")?;
    let others = Entropy::from_bytes([7; 32]).to_words();
    let (status, screen) = restore(&machine, &world, &others, "n").await?;
    ensure!(status == 1 && screen.contains("keeps no backup of this identity"), "{screen}");
    let (status, screen) = restore(&machine, &world, &words, "y").await?;
    ensure!(status == 0 && screen.contains("retires device 1") && screen.contains("bob"), "{screen}");

    let alice = machine.session(Owner::Accepts).await?;
    ensure!(alice.call("a2a_whoami", json!({})).await?["agent_id"] == id, "another id");
    alice.receives("sealed for the lost device").await?;
    bob.sees_state("alice", &waiting["message_id"], "read").await?;
    talk(&alice, &bob, "with the new device").await?;
    ensure!(thread(&alice, "bob").await?.contains("before, says alice"), "the history is gone");
    let status = machine.json(&["backup", "auto", "status"]).await?;
    ensure!(status["is_on"] == true, "the new device keeps none fresh: {status}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_backup_follows_by_itself_and_none_once_it_is_off() -> Result<()> {
    let Some(later) = clock_off_by("+3h")? else { return Ok(()) };
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let (alice, bob) = (pair.alice, pair.bob);
    let home = alice.home().clone();
    let words = words_of(&home).await?;
    home.cli(&AUTO_ON).await?.ok()?;
    let first = made_at(&home).await?;
    talk(&alice, &bob, "after the first backup").await?;
    ensure!(made_at(&home).await? == first, "two in one hour");
    alice.close().await?;

    // A process that starts hours later looks after the house.
    let alice = home.clone().with_variables(later).session(Owner::Accepts).await?;
    eventually("a newer backup", async || Ok((made_at(&home).await? > first).then_some(()))).await?;
    alice.close().await?;
    let machine = world.home("alice-again")?;
    let (_, screen) = restore(&machine, &world, &words, "n").await?;
    ensure!(screen.contains("messages      2"), "the newer one is not what comes back: {screen}");
    let arguments = ["restore", "--words-only", world.first().url()];
    let answers = [("in one line", words.as_str()), ("Restore?", "n")];
    let (_, screen) = Terminal::new(&machine).converse(&arguments, &answers).await?;
    ensure!(screen.contains("a2a restore --relay"), "nobody says that there is a backup: {screen}");

    home.cli(&["backup", "auto", "off"]).await?.ok()?;
    let (status, screen) = restore(&machine, &world, &words, "n").await?;
    ensure!(status == 1 && screen.contains("keeps no backup"), "it is still there: {screen}");
    ensure!(home.json(&["backup", "auto", "status"]).await?["is_on"] == false);
    let log = home.cli(&["audit"]).await?.ok()?;
    ensure!(log.contains("kept_backup_on") && log.contains("kept_backup_off"), "{log}");
    Ok(())
}

/// Uploads that the relay's bound cuts off leave parts there. They must not take the room of the one that fits.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_off_takes_no_room() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let home = pair.alice.home().clone();
    pair.alice.close().await?;
    for number in 0..9 {
        let letter = format!("letter {number} {}", "and so on ".repeat(5_000));
        home.cli(&["send", "bob", &letter]).await?.ok()?;
        pair.bob.send("alice", &letter).await?;
    }
    home.cli(&["inbox"]).await?.ok()?;
    home.cli(&AUTO_ON).await?.ok()?;
    let whole = home.json(&["backup", "auto", "status"]).await?["bytes"].as_u64().context("none was made")?;
    let mib = whole >> 20;
    ensure!(mib >= 2, "too small to be cut off more than once: {whole} bytes");
    for bound in mib + 1..=2 * mib {
        bounded(&world, bound)?;
        home.cli(&AUTO_ON).await?.ok()?;
        let status = home.json(&["backup", "auto", "status"]).await?;
        ensure!(status["failure"].is_string(), "two of {mib} MiB fit into {bound}: {status}");
    }
    let doctor = home.cli(&["doctor"]).await?.stdout;
    ensure!(doctor.contains("cannot be renewed") && doctor.contains("a2a backup FILE"), "nobody is warned: {doctor}");
    bounded(&world, 2 * mib + 1)?;
    home.cli(&AUTO_ON).await?.ok()?;
    let doctor = home.cli(&["doctor"]).await?.stdout;
    ensure!(!doctor.contains("cannot be renewed"), "it still warns: {doctor}");
    let status = home.json(&["backup", "auto", "status"]).await?;
    ensure!(status["failure"].is_null(), "{status}");
    Ok(())
}

fn bounded(world: &World, mib: u64) -> Result<()> {
    world.first().kill()?;
    world.first().restart_with(&[("A2A_RELAY_BACKUP_MIB".to_owned(), mib.to_string())])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_that_was_left_keeps_none() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let home = pair.alice.home().clone();
    let words = words_of(&home).await?;
    pair.alice.close().await?;
    home.cli(&AUTO_ON).await?.ok()?;
    home.says_yes(&["relay", "move", world.second().url()]).await?;
    home.cli(&AUTO_ON).await?.ok()?;
    let status = home.json(&["backup", "auto", "status"]).await?;
    ensure!(status["relay"] == world.second().authority() && status["failure"].is_null(), "{status}");
    let (status, screen) = restore(&world.home("alice-again")?, &world, &words, "n").await?;
    ensure!(status == 1 && screen.contains("keeps no backup"), "it is still there: {screen}");
    Ok(())
}

async fn made_at(home: &Home) -> Result<u64> {
    let status = home.json(&["backup", "auto", "status"]).await?;
    status["made_at"].as_u64().with_context(|| format!("none was made: {status}"))
}

async fn restore(machine: &Home, world: &World, words: &str, answer: &str) -> Result<(i32, String)> {
    let answers = [("in one line", words), ("Restore?", answer)];
    Terminal::new(machine).converse(&["restore", "--relay", world.first().url()], &answers).await
}
