//! The life that is measured: one owner with many peers, who have written a lot.

use a2a_harness::{Home, Owner, Session, World, eventually};
use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::Options;
use crate::output;

/// The measured owner, and the peer who writes while it is measured.
pub(super) struct People {
    reader: Home,
    writer: Session,
    /// The relays end with it.
    _world: World,
}

impl People {
    /// Everybody registers, pairs and writes; what was written is read.
    pub(super) async fn live(options: &Options) -> Result<Self> {
        ensure!(options.peers > 0, "somebody must write");
        let world = World::start().await?;
        let home = reader_home(&world, options)?;
        let mut reader = register(&world, &home).await?;
        let each = options.messages / options.peers;
        let mut last = None;
        for number in 0..options.peers {
            last = Some(one(&world, &reader, number, each).await?);
            if (number + 1) % 10 == 0 {
                // One process puts only so many questions to its owner.
                reader = home.session(Owner::Accepts).await?;
                output::note(&format!("{} of {} peers have written", number + 1, options.peers));
            }
        }
        drop(reader);
        Ok(Self { reader: home, writer: last.context("nobody wrote")?, _world: world })
    }

    /// The measured owner's machine.
    pub(super) fn reader(&self) -> &Home {
        &self.reader
    }

    /// The petname of the peer who writes.
    pub(super) fn writer(&self) -> &str {
        self.writer.home().name()
    }

    /// So many more, and the reader's machine has them.
    pub(super) async fn write_unread(&self, reader: &Session, count: usize) -> Result<()> {
        write(&self.writer, count).await?;
        eventually("the mail to arrive", async || {
            let who = reader.call("a2a_whoami", json!({})).await?;
            Ok((who["unread"].as_u64() >= Some(count as u64)).then_some(()))
        })
        .await
    }

    /// The reader sees everything that is new.
    pub(super) async fn read(&self, reader: &Session) -> Result<()> {
        read(reader, self.writer()).await
    }
}

fn reader_home(world: &World, options: &Options) -> Result<Home> {
    let home = world.home("reader")?;
    if !options.keychain {
        return Ok(home);
    }
    let bus = std::env::var("DBUS_SESSION_BUS_ADDRESS").context("a keychain needs a session bus: dbus-run-session")?;
    Ok(home.with_variable("A2A_PASSPHRASE_FILE", "").with_variable("DBUS_SESSION_BUS_ADDRESS", &bus))
}

async fn register(world: &World, home: &Home) -> Result<Session> {
    let session = home.session(Owner::Accepts).await?;
    session.call("a2a_register", json!({ "name": "reader", "relay": world.second().url() })).await?;
    Ok(session)
}

/// One peer pairs with the reader, writes its share, and is read.
async fn one(world: &World, reader: &Session, number: usize, messages: usize) -> Result<Session> {
    let name = format!("peer{number}");
    let writer = world.registered(&name, Owner::Accepts).await?;
    let invite = reader.invite(&["message"]).await?;
    writer.call("a2a_authorize", json!({ "peer": invite })).await?;
    reader.knows(&name).await?;
    writer.knows("reader").await?;
    writer.home().lift_limits("reader").await?;
    write(&writer, messages).await?;
    read(reader, &name).await?;
    Ok(writer)
}

async fn read(reader: &Session, peer: &str) -> Result<()> {
    let query = json!({ "unread_only": true, "peer": peer, "limit": 50 });
    loop {
        let page = reader.call("a2a_check_inbox", query.clone()).await?;
        if page["messages"].as_array().is_none_or(Vec::is_empty) {
            return Ok(());
        }
    }
}

/// A sidecar stops when too much is not confirmed, and goes on by itself.
async fn write(writer: &Session, messages: usize) -> Result<()> {
    for number in 0..messages {
        let text = format!("Message {number}: would Thursday at two work for the review of the API?");
        eventually("a message to be taken", async || Ok(writer.send("reader", &text).await.ok())).await?;
    }
    Ok(())
}
