//! Opens the agent of this computer for a command.

use a2a_proto::address::RelayAuthority;
use a2a_proto::time::Timestamp;

use super::failure::Failure;
use crate::agent::{Agent, AgentConfig};
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;

/// The agent of this home, as the environment names it.
pub(crate) async fn open() -> Result<Agent, Failure> {
    Ok(Agent::open(config()?).await?)
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

/// The variables that a client has to pass on so that the server it starts finds this agent.
pub(crate) fn variables_for_clients() -> Result<Vec<(&'static str, String)>, Failure> {
    Ok(Config::from_env()?.variables_for_clients())
}

/// The full path of this program, as a client's configuration names it.
pub(crate) fn binary() -> String {
    std::env::current_exe().map_or_else(|_| "a2a".to_owned(), |path| path.display().to_string())
}
