//! Opens the agent of this computer for a command.

use std::ffi::OsStr;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use a2a_proto::address::RelayAuthority;
use a2a_proto::time::Timestamp;

use super::failure::Failure;
use crate::agent::{Agent, AgentConfig, VaultChoice};
use crate::clients::{Program, lasting};
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::durable_file::open_private;
use crate::paths::Home;

/// The agent of this home, as the environment names it.
pub(crate) async fn open() -> Result<Agent, Failure> {
    Ok(Agent::open_for_command(config()?).await?)
}

/// The agent of this home, or of one that the command line names.
pub(crate) async fn open_named(home: Option<&OsStr>, passphrase_file: Option<&OsStr>) -> Result<Agent, Failure> {
    Ok(Agent::open(Config::from_env_with(home, passphrase_file)?.agent()).await?)
}

/// What the environment says of the agent.
pub(crate) fn config() -> Result<AgentConfig, Failure> {
    Ok(Config::from_env()?.agent())
}

/// Whether a stranger's request with this id waits.
pub(crate) async fn has_request(agent: &Agent, id: &str) -> Result<bool, Failure> {
    let requests = agent.peers().await?.requests;
    Ok(requests.iter().any(|request| request.request_id.eq_ignore_ascii_case(id)))
}

/// The time, for words such as "2 min ago".
pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

/// The relay that the environment names, if any.
pub(crate) fn usual_relay() -> Result<Option<RelayAuthority>, Failure> {
    Ok(Config::from_env()?.relay)
}

/// Where a new agent's key will rest, in words.
pub(crate) fn vault() -> Result<&'static str, Failure> {
    Ok(Config::from_env()?.vault_in_words())
}

/// The vault of the passphrase in a file, at the usual price of a guess.
pub(crate) fn passphrase_file(path: &Path) -> Result<VaultChoice, Failure> {
    Ok(Config::from_env()?.passphrase_file(path))
}

/// The variables that a client has to pass on so that the server it starts finds this agent.
pub(crate) fn variables_for_clients() -> Result<Vec<(&'static str, String)>, Failure> {
    Ok(Config::from_env()?.variables_for_clients())
}

/// The folder of this home.
pub(crate) fn folder() -> Result<Home, Failure> {
    Ok(Config::from_env()?.home)
}

/// The lock of the one process of this home that hands messages to a program.
pub(crate) fn only_watcher() -> Result<File, Failure> {
    let home = Config::from_env()?.home;
    let unusable = |error: &dyn std::fmt::Display| {
        Failure::new(format!("cannot use the home folder: {error}"), "Run `a2a doctor` to see what is wrong")
    };
    let lock = open_private(&home.watcher_lock()).map_err(|error| unusable(&error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Failure::new(
            "another `a2a watch --exec` runs already for this agent",
            "Stop that one first; two would answer the same message",
        )),
        Err(TryLockError::Error(error)) => Err(unusable(&error)),
    }
}

/// This program as a client's settings name it: by a path that outlives an upgrade, if there is one.
pub(crate) fn program() -> Result<Program, Failure> {
    let path = std::env::current_exe().map_err(|error| {
        Failure::new(format!("the path of this program is unknown: {error}"), "Start it by its full path")
    })?;
    let path = lasting(&path, std::env::args_os().next().as_deref(), &search_path());
    Ok(Program { path, variables: variables_for_clients()? })
}

/// The folders in which a shell looks for programs.
pub(crate) fn search_path() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

/// The folder that paths on the command line start from.
pub(crate) fn here() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|error| {
        Failure::new(format!("the current folder cannot be used: {error}"), "Change to another folder first")
    })
}
