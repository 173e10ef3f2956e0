//! What must stand in a client's files: the server, and the hook of a starting session where there are hooks.

use serde_json::{Map, Value, json};

use super::program::{HOOK, Program};
use super::{Client, Places};

/// The name of our server in every client.
pub(super) const NAME: &str = "a2a";

/// How long a client lets the hook run; it ends much sooner by itself.
const HOOK_SECS: u64 = 15;

/// A value of ours in a client's file.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Setting {
    /// Under a key of an object.
    Keyed {
        /// The keys that lead to it; the last one is ours.
        path: Vec<&'static str>,
        /// What stands there.
        value: Value,
    },
    /// Among the elements of a list, known by a text in it.
    Listed {
        /// The keys that lead to the list.
        path: Vec<&'static str>,
        /// The text that only our element holds.
        mark: &'static str,
        /// The element.
        value: Value,
    },
    /// A key that the file needs and that stays if it is there already, and stays behind when we go.
    Needed {
        /// The key.
        key: &'static str,
        /// Its value in a new file.
        value: Value,
    },
}

/// How the client's list of servers names ours.
pub(super) fn server(client: Client, program: &Program) -> Setting {
    Setting::Keyed { path: vec![list(client), NAME], value: entry(client, program) }
}

/// The key under which the client lists its servers.
pub(super) fn list(client: Client) -> &'static str {
    match client {
        Client::Vscode => "servers",
        Client::Zed => "context_servers",
        Client::Codex => "mcp_servers",
        Client::ClaudeCode | Client::ClaudeDesktop | Client::Cursor | Client::Gemini | Client::Windsurf => "mcpServers",
    }
}

fn entry(client: Client, program: &Program) -> Value {
    let mut entry = Map::new();
    match client {
        Client::ClaudeCode | Client::Vscode => drop(entry.insert("type".into(), "stdio".into())),
        Client::Zed => drop(entry.insert("source".into(), "custom".into())),
        _ => {}
    }
    entry.insert("command".into(), program.command().into());
    entry.insert("args".into(), json!(["mcp"]));
    if !program.variables.is_empty() {
        let variables = program.variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into()));
        entry.insert("env".into(), Value::Object(variables.collect()));
    }
    Value::Object(entry)
}

/// The hook of a starting session, and what the client's hook file needs beside it.
pub(super) fn session_start(client: Client, places: &Places, program: &Program) -> Vec<Setting> {
    if places.hooks(client).is_none() {
        return Vec::new();
    }
    let command = program.session_start(client, cfg!(windows));
    let listed = |name, value| Setting::Listed { path: vec!["hooks", name], mark: HOOK, value };
    match client {
        Client::Cursor => vec![
            Setting::Needed { key: "version", value: json!(1) },
            listed("sessionStart", json!({ "command": command })),
        ],
        // Gemini counts in milliseconds.
        Client::Gemini => vec![listed("SessionStart", nested(&command, HOOK_SECS * 1000))],
        _ => vec![listed("SessionStart", nested(&command, HOOK_SECS))],
    }
}

fn nested(command: &str, timeout: u64) -> Value {
    json!({ "hooks": [{ "type": "command", "command": command, "timeout": timeout }] })
}
