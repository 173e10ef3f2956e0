//! `a2a hook`: what a client runs by itself at moments of its own; quick, and silent when anything is wrong.
//!
//! A hook that fails would stop or annoy somebody's session, so everything here ends with success. What it says is
//! counts in our own words: no name, no subject and no body of a peer.

use std::ffi::OsString;
use std::io::{IsTerminal as _, Read as _};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::agent::Agent;
use crate::cli::output::Output;
use crate::cli::{home, words};
use crate::clients::Client;

/// A session must not wait longer than this for its start.
const PATIENCE: Duration = Duration::from_millis(2_500);
/// What a client tells a hook is a small object, there at once.
const MOST_INPUT_BYTES: u64 = 1 << 20;
const INPUT_PATIENCE: Duration = Duration::from_millis(500);

/// The arguments of `a2a hook`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    moment: Moment,
    /// The agent's folder [default: as A2A_HOME says]
    #[arg(long, global = true, value_name = "FOLDER")]
    home: Option<OsString>,
    /// The file with its passphrase [default: as A2A_PASSPHRASE_FILE says]
    #[arg(long, global = true, value_name = "FILE")]
    passphrase_file: Option<OsString>,
}

/// When the client runs it.
#[derive(Debug, Clone, Copy, Subcommand)]
enum Moment {
    /// A session starts: say how much mail waits
    SessionStart {
        /// The client, whose form the answer takes
        #[arg(long, value_enum)]
        client: Client,
    },
    /// The model is about to stop: let it go on when mail came meanwhile
    Stop {
        /// The client, whose form the answer takes
        #[arg(long, value_enum)]
        client: Client,
    },
}

/// Says what waits, in the client's form; nothing when nothing does or anything is wrong.
pub(crate) async fn run(arguments: &Arguments, output: Output) {
    let said = match arguments.moment {
        Moment::SessionStart { client } => {
            waiting(arguments).await.and_then(Waiting::at_start).map(|text| at_start(client, &text))
        }
        // The model went on once because of us; a second time would be a loop.
        Moment::Stop { .. } if went_on_already() => None,
        Moment::Stop { client } => {
            waiting(arguments).await.and_then(Waiting::at_stop).map(|text| at_stop(client, &text))
        }
    };
    if let Some(said) = said {
        output.line(said);
    }
}

/// Whether the client says that a stop hook made the model go on before; one that writes nothing does not say so.
fn went_on_already() -> bool {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || tell.send(input()));
    let told: Value = told.recv_timeout(INPUT_PATIENCE).unwrap_or_default();
    told.get("stop_hook_active") == Some(&Value::Bool(true))
}

/// The first object on standard input; its end is not waited for.
fn input() -> Value {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return Value::Null;
    }
    let mut values = serde_json::Deserializer::from_reader(stdin.take(MOST_INPUT_BYTES)).into_iter();
    values.next().and_then(Result::ok).unwrap_or_default()
}

/// What waits, in counts.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    unread: u64,
    /// Acts that wait for the owner.
    acts: u64,
}

impl Waiting {
    fn at_start(self) -> Option<String> {
        let text = [words::mail_waits(self.unread), words::owner_waited_for(self.acts)];
        let text: Vec<String> = text.into_iter().flatten().collect();
        (!text.is_empty()).then(|| text.join(" "))
    }

    /// Mail alone: acts are the owner's, and a model that went on because of them could do nothing.
    fn at_stop(self) -> Option<String> {
        words::mail_waits(self.unread)
    }
}

/// Collects for a moment, then counts; what was collected before counts even if the relay is away.
async fn waiting(arguments: &Arguments) -> Option<Waiting> {
    let agent = home::open_named(arguments.home.as_deref(), arguments.passphrase_file.as_deref()).await.ok()?;
    Some(count(&agent).await)
}

async fn count(agent: &Agent) -> Waiting {
    // Whether it succeeds does not matter here: it opens the store first, and counting is of the store.
    drop(tokio::time::timeout(PATIENCE, agent.sync()).await);
    let acts = match agent.pending().await {
        Ok(actions) => actions.len() as u64,
        Err(_) => 0,
    };
    Waiting { unread: agent.mail_waiting().await, acts }
}

fn at_start(client: Client, text: &str) -> String {
    match client {
        Client::ClaudeCode | Client::Gemini | Client::Vscode => {
            json!({ "hookSpecificOutput": { "hookEventName": "SessionStart", "additionalContext": text } }).to_string()
        }
        Client::Cursor => json!({ "additional_context": text }).to_string(),
        Client::ClaudeDesktop | Client::Codex | Client::Windsurf | Client::Zed => text.to_owned(),
    }
}

fn at_stop(client: Client, text: &str) -> String {
    match client {
        Client::Cursor => json!({ "followup_message": text }).to_string(),
        _ => json!({ "decision": "block", "reason": text }).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_goes_on_for_mail_and_not_for_what_is_its_owners() {
        let waiting = |unread, acts| Waiting { unread, acts };
        assert_eq!(waiting(0, 2).at_stop(), None);
        assert!(waiting(0, 2).at_start().is_some());
        assert_eq!(waiting(3, 2).at_stop(), words::mail_waits(3));
        assert_eq!(waiting(0, 0).at_start(), None);
    }

    #[test]
    fn each_client_gets_its_own_form() {
        let claude: Value = serde_json::from_str(&at_start(Client::ClaudeCode, "x")).unwrap();
        assert_eq!(claude["hookSpecificOutput"]["additionalContext"], "x");
        assert_eq!(claude["hookSpecificOutput"]["hookEventName"], "SessionStart");
        let cursor: Value = serde_json::from_str(&at_start(Client::Cursor, "x")).unwrap();
        assert_eq!(cursor, json!({ "additional_context": "x" }));
        assert_eq!(at_start(Client::Codex, "x"), "x");
        let stop: Value = serde_json::from_str(&at_stop(Client::ClaudeCode, "x")).unwrap();
        assert_eq!(stop, json!({ "decision": "block", "reason": "x" }));
    }
}
