//! A relay that was restored from an older copy of its store: what it accepts afterwards arrives, and what it lost heals.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use a2a_harness::{Cell, Owner, Pair, Relay, Session, World, eventually, eventually_within, written};
use anyhow::{Context, Result, ensure};

/// Backing off, and asking again, may take that long.
const PATIENCE: Duration = Duration::from_secs(180);

/// A copy of a relay's store, as an operator makes one.
struct Copy(Vec<PathBuf>);

impl Copy {
    fn of(relay: &Relay) -> Result<Self> {
        relay.kill()?;
        let files = files(relay).into_iter().filter(|file| file.exists()).collect::<Vec<_>>();
        files.iter().try_for_each(|file| std::fs::copy(file, aside(file)).map(drop))?;
        relay.restart()?;
        Ok(Self(files))
    }

    fn restore(&self, relay: &Relay) -> Result<()> {
        relay.kill()?;
        for file in files(relay) {
            let _ = std::fs::remove_file(file);
        }
        self.0.iter().try_for_each(|file| std::fs::copy(aside(file), file).map(drop))?;
        relay.restart()
    }
}

fn files(relay: &Relay) -> [PathBuf; 3] {
    ["relay.db", "relay.db-wal", "relay.db-shm"].map(|name| relay.folder().join(name))
}

fn aside(path: &Path) -> PathBuf {
    path.with_extension(format!("{}.aside", path.extension().unwrap_or_default().display()))
}

/// The counts of a restored relay begin again below what its owners acknowledged: what comes next must not be
/// acknowledged away unseen.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_relay_accepts_after_it_was_restored_from_a_copy_arrives() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let relay = world.relay_of("bob");
    let before = through_lanes_of_their_own(&pair, relay, 1).await?;
    let copy = Copy::of(relay)?;
    for number in 0..10 {
        pair.alice.send("bob", &format!("before {number}")).await?;
    }
    let count = before + 10;
    eventually("what came before", async || thread(&pair.bob, count).await).await?;

    // Whoever comes back only after the restore hears of it by a stream that has nothing to bring.
    let home = pair.bob.home().clone();
    drop(pair.bob);
    copy.restore(relay)?;
    let bob = home.session(Owner::Accepts).await?;
    pair.alice.send("bob", "after").await?;
    let received = eventually_within(PATIENCE, "what came after", async || thread(&bob, count + 1).await).await?;
    assert_eq!(written(&received[count]), "after");
    assert_eq!(received.len(), count + 1, "none twice");
    let log = home.cli(&["audit", "--json"]).await?.ok()?;
    ensure!(log.contains("relay_went_back"), "the owner is told: {}", log);
    Ok(())
}

/// Waits until so many lanes of pairs were used at Bob's relay: Alice's mail goes through his invite's at first. Tells how many
/// messages that took.
async fn through_lanes_of_their_own(pair: &Pair, relay: &Relay, lanes: usize) -> Result<usize> {
    for number in 1.. {
        let sent = pair.alice.send("bob", &format!("on the way {number}")).await?;
        pair.alice.sees_state("bob", &sent["message_id"], "delivered").await?;
        if used_lanes_of_pairs(relay)? >= lanes {
            return Ok(number);
        }
    }
    unreachable!()
}

fn used_lanes_of_pairs(relay: &Relay) -> Result<usize> {
    let lanes = relay.tables()?.into_iter().find(|table| table.name == "lane").context("no table of lanes")?;
    let column = |name: &str| lanes.columns.iter().position(|column| column == name).context("no such column");
    let (invite, accepted) = (column("invite")?, column("accepted")?);
    let is_used = |row: &&Vec<Cell>| row[invite] == Cell::Empty && row[accepted] != Cell::Number(0);
    Ok(lanes.rows.iter().filter(is_used).count())
}

async fn thread(session: &Session, count: usize) -> Result<Option<Vec<serde_json::Value>>> {
    Ok(Some(session.thread("alice").await?).filter(|thread| thread.len() >= count))
}

/// The copy knows neither lane of the pair, and its owners never met: each side's deposits are refused as if the other had
/// ended the pair, until both have opened their lanes again under the keys that the other has.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_pair_that_is_younger_than_the_copy_goes_on() -> Result<()> {
    let world = World::start().await?;
    let relay = world.second();
    let alice = world.registered_at("alice", Owner::Accepts, relay.authority()).await?;
    let bob = world.registered_at("bob", Owner::Accepts, relay.authority()).await?;
    let pair = Pair { alice, bob };
    let copy = Copy::of(relay)?;
    pair.pair(&["message"]).await?;
    through_lanes_of_their_own(&pair, relay, 2).await?;
    let answer = pair.bob.send("alice", "an answer").await?;
    pair.bob.sees_state("alice", &answer["message_id"], "delivered").await?;

    copy.restore(relay)?;
    arrives(&pair.alice, &pair.bob, "bob").await?;
    arrives(&pair.bob, &pair.alice, "alice").await?;
    for session in [&pair.alice, &pair.bob] {
        let log = session.home().cli(&["audit", "--json"]).await?.ok()?;
        ensure!(log.contains("relay_went_back"), "{} was told: {log}", session.home().name());
    }
    Ok(())
}

/// The recipe of docs/operations.md, word for word: another secret under a higher number, and nobody has to pair again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_pair_goes_on_after_its_relay_lost_the_master_secret() -> Result<()> {
    let world = World::start().await?;
    let relay = world.second();
    let alice = world.registered_at("alice", Owner::Accepts, relay.authority()).await?;
    let bob = world.registered_at("bob", Owner::Accepts, relay.authority()).await?;
    let pair = Pair { alice, bob };
    pair.pair(&["message"]).await?;
    through_lanes_of_their_own(&pair, relay, 2).await?;

    relay.kill()?;
    let drawn = Command::new("sh").args(["-c", "openssl rand -base64 32 | tr +/ -_ | tr -d ="]).output()?;
    let secret = String::from_utf8(drawn.stdout)?;
    std::fs::write(relay.folder().join("relay.db.secret"), format!("2 {secret}"))?;
    relay.restart()?;
    // Devices look when they start, and once an hour.
    let homes = [pair.alice.home().clone(), pair.bob.home().clone()];
    pair.alice.close().await?;
    pair.bob.close().await?;
    let (alice, bob) = (homes[0].session(Owner::Accepts).await?, homes[1].session(Owner::Accepts).await?);
    arrives(&alice, &bob, "bob").await?;
    arrives(&bob, &alice, "alice").await
}

/// The copy does not even know Bob: he is registered there again by himself, since the relay takes everybody, and what he
/// had published is there again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_account_that_is_younger_than_the_copy_goes_on() -> Result<()> {
    let world = World::start().await?;
    let relay = world.relay_of("bob");
    let copy = Copy::of(relay)?;
    let pair = world.paired(&["message"]).await?;
    through_lanes_of_their_own(&pair, relay, 1).await?;
    let home = pair.bob.home().clone();
    pair.bob.invite(&["message"]).await?;
    copy.restore(relay)?;
    arrives(&pair.alice, &pair.bob, "bob").await?;
    arrives(&pair.bob, &pair.alice, "alice").await?;
    let log = home.cli(&["audit", "--json"]).await?.ok()?;
    ensure!(log.contains("registered_again") && log.contains("invite_lost"), "the owner is told: {log}");
    let rows = |name: &str| Ok::<_, anyhow::Error>(relay.tables()?.into_iter().find(|table| table.name == name));
    let published = rows("publication")?.context("no publications")?;
    let bundle = published.columns.iter().position(|column| column == "bundle").context("no bundles")?;
    ensure!(published.rows.len() == 1 && published.rows[0][bundle] != Cell::Empty, "his prekeys are there again");
    Ok(())
}

/// One that takes only newcomers with a join link says so, and takes him with one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_relay_that_lost_an_account_and_takes_nobody_says_what_to_do() -> Result<()> {
    let world = World::start().await?;
    let relay = Relay::start_with(&world.folder().join("relay-closed"), &["--registration", "token"])?;
    let copy = Copy::of(&relay)?;
    let home = world.home("carol")?;
    home.cli(&["init", &relay.join_link()?, "--name", "carol"]).await?.ok()?;
    copy.restore(&relay)?;
    let carol = home.session(Owner::Accepts).await?;
    eventually("the owner to be told", async || {
        let said = carol.call("a2a_check_inbox", serde_json::json!({})).await?.to_string();
        Ok((said.contains("does not know this agent any more") && said.contains("a2a init LINK")).then_some(()))
    })
    .await?;
    home.cli(&["init", &relay.join_link()?, "--name", "carol"]).await?.ok()?;
    let bob = world.registered("bob", Owner::Accepts).await?;
    let invite = bob.invite(&["message"]).await?;
    carol.call("a2a_authorize", serde_json::json!({ "peer": invite })).await?;
    bob.knows("carol").await?;
    let log = home.cli(&["audit", "--json"]).await?.ok()?;
    ensure!(log.contains("registered_again"), "{log}");
    Ok(())
}

/// Sends until something arrives: what is refused meanwhile is the sender's to send again.
async fn arrives(from: &Session, to: &Session, name: &str) -> Result<()> {
    let mut number = 0;
    eventually_within(PATIENCE, &format!("mail for {name} after the restore"), async || {
        number += 1;
        let _refused = from.send(name, &format!("after {number}")).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let inbox = to.inbox().await?;
        Ok(inbox.iter().any(|message| written(message).starts_with("after ")).then_some(()))
    })
    .await
}
