//! Two relays, and people with sidecars on them.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tempfile::TempDir;

use crate::{Front, Home, Owner, Relay, Session};

/// Two relays in a folder that goes away with it: Alice lives on the first, everyone else on the second.
pub struct World {
    first: Relay,
    second: Relay,
    fronts: Option<(Front, Front)>,
    folder: TempDir,
}

impl World {
    /// Starts both relays.
    pub async fn start() -> Result<Self> {
        let folder = folder()?;
        let first = Relay::start(&folder.path().join("relay-first"))?;
        let second = Relay::start(&folder.path().join("relay-second"))?;
        Ok(Self { first, second, fronts: None, folder })
    }

    /// Starts both relays, each behind a [`Front`] that listens in and can be told to misbehave.
    pub async fn start_fronted() -> Result<Self> {
        let folder = folder()?;
        let (first, first_front) = fronted(&folder.path().join("relay-first")).await?;
        let (second, second_front) = fronted(&folder.path().join("relay-second")).await?;
        Ok(Self { first, second, fronts: Some((first_front, second_front)), folder })
    }

    /// What stands in front of the relay of the person with this name.
    pub fn front_of(&self, name: &str) -> Result<&Front> {
        let (first, second) = self.fronts.as_ref().context("this world has no fronts")?;
        Ok(if name == "alice" { first } else { second })
    }

    /// The relay where Alice lives.
    pub fn first(&self) -> &Relay {
        &self.first
    }

    /// The relay where everyone else lives.
    pub fn second(&self) -> &Relay {
        &self.second
    }

    /// The folder of this world, for what a test wants to add.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The relay of the person with this name.
    pub fn relay_of(&self, name: &str) -> &Relay {
        if name == "alice" { &self.first } else { &self.second }
    }

    /// A fresh machine for `name`, with no identity yet.
    pub fn home(&self, name: &str) -> Result<Home> {
        Home::create(&self.folder.path().join(name), name)
    }

    /// The machine of `name`, whose owner ran `a2a init` at their relay; no session runs.
    pub async fn initialised(&self, name: &str) -> Result<Home> {
        let home = self.home(name)?;
        home.cli(&["init", self.relay_of(name).url(), "--name", name]).await?.ok()?;
        Ok(home)
    }

    /// A running sidecar for `name`, registered at their relay.
    pub async fn registered(&self, name: &str, owner: Owner) -> Result<Session> {
        self.registered_at(name, owner, self.relay_of(name).authority()).await
    }

    /// A running sidecar for `name`, registered at the relay with this authority.
    pub async fn registered_at(&self, name: &str, owner: Owner, authority: &str) -> Result<Session> {
        let session = self.home(name)?.session(owner).await?;
        let url = format!("http://{authority}");
        let registered = session.call("a2a_register", json!({ "name": name, "relay": url })).await?;
        ensure!(registered["agent_id"].is_string(), "a2a_register gave no agent_id: {registered}");
        Ok(session)
    }
}

async fn fronted(folder: &Path) -> Result<(Relay, Front)> {
    let front = Front::start().await?;
    let relay = Relay::start_behind(folder, front.url())?;
    front.leads_to(relay.url());
    Ok((relay, front))
}

/// With `A2A_TEST_KEEP` set it stays: stores and logs are what a failure is understood from.
fn folder() -> Result<TempDir> {
    let mut folder = TempDir::with_prefix("a2a-world-").context("cannot make a folder")?;
    folder.disable_cleanup(std::env::var_os("A2A_TEST_KEEP").is_some());
    Ok(folder)
}
