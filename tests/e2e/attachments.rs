//! Files: from a folder that the owner allowed to the other side's quarantine, whatever breaks off meanwhile.

use std::path::{Path, PathBuf};

use a2a_harness::{Cell, Era, Home, Owner, Pair, Relay, Session, World, eventually, eventually_within};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const MIB: usize = 1024 * 1024;
/// Debug builds on a machine with other work.
const LONG: std::time::Duration = std::time::Duration::from_secs(240);

/// A folder of that machine that its owner allowed.
async fn allowed(home: &Home) -> Result<PathBuf> {
    let folder = home.folder().join("papers");
    std::fs::create_dir_all(&folder)?;
    home.says_yes(&["folders", "allow", &folder.display().to_string()]).await?;
    Ok(folder.canonicalize()?)
}

/// Bytes that repeat nowhere.
fn noise(bytes: usize) -> Vec<u8> {
    let blocks = (0_u64..).flat_map(|number| <[u8; 32]>::from(Sha256::digest(number.to_be_bytes())));
    blocks.take(bytes).collect()
}

fn letter(body: &str, paths: &[&Path]) -> Value {
    let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    json!({ "recipient_id": "bob", "body": body, "attachments": paths })
}

/// Waits until the file of the message with these words is saved, and gives its path.
async fn saved(bob: &Session, words: &str) -> Result<PathBuf> {
    eventually_within(LONG, "the file to be saved", async || {
        let message = bob.receives(words).await?;
        let file = &message["attachments"][0];
        ensure!(file["state"] != "lost", "{file}");
        Ok(file["path"].as_str().map(PathBuf::from))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_from_an_allowed_folder_to_the_quarantine() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let home = pair.alice.home().clone();
    let folder = home.folder().join("papers");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("report.txt"), "the secret report")?;
    let report = folder.canonicalize()?.join("report.txt");

    let refused = pair.alice.refused("a2a_send_message", letter("too early", &[&report])).await?;
    ensure!(refused.contains("a2a folders allow"), "{refused}");
    let piped = home.cli(&["folders", "allow", &folder.display().to_string()]).await?.failure()?;
    ensure!(piped.contains("terminal"), "a pipe answers for nobody: {piped}");
    let folder = allowed(&home).await?;

    for outside in ["/etc/passwd", "../home/store.sqlite"] {
        let path = folder.join(outside);
        let refused = pair.alice.refused("a2a_send_message", letter("out", &[&path])).await?;
        ensure!(refused.contains("Nothing was sent") || refused.contains("whole path"), "{refused}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(home.path().join("store.sqlite"), folder.join("link"))?;
        let refused = pair.alice.refused("a2a_send_message", letter("link", &[&folder.join("link")])).await?;
        ensure!(refused.contains("is a link"), "{refused}");
    }

    let sent = pair.alice.call("a2a_send_message", letter("here it is", &[&report])).await?;
    ensure!(sent["status"] == "queued", "{sent}");
    let path = saved(&pair.bob, "here it is").await?;
    ensure!(path == pair.bob.home().path().join("quarantine/alice/file-1.txt"), "{path:?}");
    ensure!(std::fs::read_to_string(&path)? == "the secret report");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        ensure!(std::fs::metadata(&path)?.permissions().mode() & 0o777 == 0o600);
    }
    // Neither relay saw a word or a name of it, and nothing of it stays there or in the sealed copies.
    for relay in [world.first(), world.second()] {
        ensure!(!relay.holds_bytes(b"secret report")? && !relay.holds_bytes(b"report.txt")?);
    }
    eventually("the chunks to be deleted", async || Ok((chunks_at(world.relay_of("bob"))? == 0).then_some(()))).await?;
    ensure!(std::fs::read_dir(home.path().join("outgoing"))?.next().is_none(), "a sealed copy was left behind");

    // The same name once more does not overwrite, and the command line does it too.
    std::fs::write(&report, "another one")?;
    home.cli(&["send", "bob", "once more", "--attach", &report.display().to_string()]).await?.ok()?;
    let second = saved(&pair.bob, "once more").await?;
    ensure!(second.ends_with("file-2.txt") && std::fs::read_to_string(&path)? == "the secret report");
    Ok(())
}

/// How many chunks wait at a relay: records that came through a lane.
fn chunks_at(relay: &Relay) -> Result<usize> {
    let tables = relay.tables()?;
    let records = tables.iter().find(|table| table.name == "record").context("no records")?;
    let lane = records.columns.iter().position(|column| column == "lane").context("no lane")?;
    Ok(records.rows.iter().filter(|row| row[lane] != Cell::Empty).count())
}

/// The most memory that a process ever had, in bytes.
fn peak(session: &Session) -> Result<usize> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", session.process()))?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).context("no peak")?;
    let kib: usize = line.split_whitespace().nth(1).context("no number")?.parse()?;
    Ok(kib * 1024)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_mebibytes_pass_in_constant_memory() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let folder = allowed(pair.alice.home()).await?;
    let small = folder.join("small.bin");
    std::fs::write(&small, noise(MIB / 2))?;
    pair.alice.call("a2a_send_message", letter("a small one", &[&small])).await?;
    saved(&pair.bob, "a small one").await?;
    let before = (peak(&pair.alice)?, peak(&pair.bob)?);

    let large = folder.join("large.bin");
    let bytes = noise(100 * MIB);
    let digest = Sha256::digest(&bytes);
    std::fs::write(&large, &bytes)?;
    drop(bytes);
    // On a slow machine the client loses patience; the transfer goes on without it.
    let sent = pair.alice.call("a2a_send_message", letter("a large one", &[&large])).await;
    println!("sending: {}", sent.map_or_else(|error| error.to_string(), |sent| sent.to_string()));
    let received = eventually_within(LONG, "the message", async || {
        let inbox = pair.bob.inbox().await?;
        Ok(inbox.into_iter().find(|message| message["body"].as_str().is_some_and(|body| body.contains("a large one"))))
    })
    .await?;
    ensure!(received["attachments"][0]["state"] == "not_fetched", "nobody asked for it yet: {received}");
    let fetch = json!({ "peer": "alice", "message_id": received["message_id"], "save": true });
    let fetched = pair.bob.call("a2a_read_thread", fetch).await;
    println!("fetching: {}", fetched.map_or_else(|error| error.to_string(), |_| "done".to_owned()));
    let path = saved(&pair.bob, "a large one").await?;
    ensure!(Sha256::digest(std::fs::read(&path)?) == digest, "other bytes arrived");
    let after = (peak(&pair.alice)?, peak(&pair.bob)?);
    let grown = (after.0.saturating_sub(before.0), after.1.saturating_sub(before.1));
    println!("peak memory grew by {} and {} KiB", grown.0 / 1024, grown.1 / 1024);
    ensure!(grown.0 < 24 * MIB && grown.1 < 24 * MIB, "{before:?} {after:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn transfers_go_on_where_they_broke_off() -> Result<()> {
    let world = World::start_fronted().await?;
    let pair = world.paired(&["message"]).await?;
    let folder = allowed(pair.alice.home()).await?;
    let path = folder.join("much.bin");
    let bytes = noise(24 * MIB);
    std::fs::write(&path, &bytes)?;
    let front = world.front_of("bob")?;
    let chunks = |method: &str| {
        let start = format!("{method} /api/blobs");
        front.seen().into_iter().filter(|seen| seen.line.starts_with(&start)).collect::<Vec<_>>()
    };

    // Alice's process is killed while it sends; the next one goes on.
    let Pair { alice, bob } = pair;
    let (home, cut) = (alice.home().clone(), letter("in pieces", &[&path]));
    let broken =
        async { eventually("some chunks to be there", async || Ok((chunks("POST").len() > 20).then_some(()))).await };
    tokio::select! {
        sent = alice.call("a2a_send_message", cut) => anyhow::bail!("it was sent before it was cut off: {sent:?}"),
        broken = broken => broken?,
    }
    alice.kill().await?;
    let first = chunks("POST").len();
    let alice = home.session(Owner::Accepts).await?;
    let received = eventually_within(LONG, "the message", async || {
        let inbox = bob.inbox().await?;
        Ok(inbox.into_iter().find(|message| message["body"].as_str().is_some_and(|body| body.contains("in pieces"))))
    })
    .await?;
    let sent = chunks("POST");
    let names: std::collections::BTreeSet<String> =
        sent.iter().map(|seen| seen.headers["a2a-lane"].to_str().unwrap_or_default().to_owned()).collect();
    ensure!(names.len() >= 97, "every chunk of 24 MiB: {}", names.len());
    // What was sent twice is at most what was not noted yet.
    ensure!(sent.len() <= 112 + 8 + 2, "{first} before the cut, {} in all", sent.len());

    // Bob's process is killed while it fetches.
    let (home, fetch) =
        (bob.home().clone(), json!({ "peer": "alice", "message_id": received["message_id"], "save": true }));
    let broken =
        async { eventually("some chunks to be fetched", async || Ok((chunks("GET").len() > 20).then_some(()))).await };
    tokio::select! {
        read = bob.call("a2a_read_thread", fetch.clone()) => anyhow::bail!("it was fetched before it was cut off: {read:?}"),
        broken = broken => broken?,
    }
    bob.kill().await?;
    let bob = Session::start(&home, Owner::Accepts, Era::Initialize).await?;
    let path = saved(&bob, "in pieces").await?;
    ensure!(std::fs::read(path)? == bytes, "other bytes arrived");
    ensure!(chunks("GET").len() <= 97 + 3, "{}", chunks("GET").len());
    drop(alice);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_senders_bytes_never_lands() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let folder = allowed(pair.alice.home()).await?;
    let path = folder.join("big.bin");
    std::fs::write(&path, noise(2 * MIB))?;
    pair.alice.call("a2a_send_message", letter("damaged on the way", &[&path])).await?;
    let received = pair.bob.receives("damaged on the way").await?;
    ensure!(chunks_at(world.relay_of("bob"))? > 0, "there is nothing to damage");
    let store = rusqlite::Connection::open(world.relay_of("bob").folder().join("relay.db"))?;
    store.busy_timeout(a2a_harness::DEADLINE)?;
    store.execute("UPDATE record SET value = randomblob(length(value)) WHERE lane IS NOT NULL", [])?;
    let fetch = json!({ "peer": "alice", "message_id": received["message_id"], "save": true });
    let refused = pair.bob.refused("a2a_read_thread", fetch).await?;
    ensure!(refused.contains("not what the peer sent"), "{refused}");
    ensure!(!pair.bob.home().path().join("quarantine").exists(), "something landed");
    Ok(())
}
