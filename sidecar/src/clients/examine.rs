//! Whether a client will really start this sidecar: the ways in which it silently does not.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::change;
use super::json_text::{self, Refused};
use super::lasting::leads_to;
use super::plan::{has_hook, is_toml, plan_install};
use super::program::Program;
use super::settings::{NAME, list};
use super::{Client, ClientError, Places, toml_text};
use crate::error::Explain as _;

/// What was found out about a client's files, in our words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// As it should be.
    Good(String),
    /// It works, and deserves a look: what was found, what to do.
    Doubtful(String, String),
    /// The client does not start the sidecar: what was found, what to do.
    Wrong(String, String),
    /// The client knows nothing of the sidecar: what was found, what to do.
    Absent(String, String),
}

/// Looks at everything of `client` that can be seen from outside.
#[must_use]
pub fn examine(client: Client, places: &Places, program: &Program) -> Vec<Finding> {
    if client == Client::ClaudeCode && has_plugin(places) && !has_entry(client, places) {
        let found = "its plugin a2a is switched on: it starts `a2a mcp` and tells a session of mail";
        return vec![Finding::Good(found.into())];
    }
    let mut findings = vec![of_server(client, places, program)];
    findings.extend(of_hook(client, places, program));
    findings.extend(of_wrong_key(client, places));
    findings.extend(of_second_copy(client, places));
    findings
}

/// Whether a starting session of the client is told of mail by a hook; nothing where the client has no such hooks.
#[must_use]
pub fn tells_of_mail(client: Client, places: &Places, program: &Program) -> Option<bool> {
    places.hooks(client)?;
    let by_plugin = client == Client::ClaudeCode && has_plugin(places);
    Some(by_plugin || has_hook(client, places, program))
}

/// Whether Claude Code's plugin is switched on, which brings the server, the hooks and the monitor.
#[must_use]
pub fn has_plugin(places: &Places) -> bool {
    let plugins = places.hooks(Client::ClaudeCode).and_then(|file| value(&file, &["enabledPlugins"]).ok().flatten());
    let plugins = plugins.as_ref().and_then(Value::as_object);
    plugins.is_some_and(|all| all.iter().any(|(name, on)| name.starts_with("a2a@") && on == &Value::Bool(true)))
}

fn has_entry(client: Client, places: &Places) -> bool {
    matches!(value(&places.servers(client), &[list(client), NAME]), Ok(Some(_)))
}

fn install(client: Client) -> String {
    format!("Run `a2a install {}`.", client.word())
}

fn of_server(client: Client, places: &Places, program: &Program) -> Finding {
    let file = places.servers(client);
    let shown = file.display();
    let entry = match value(&file, &[list(client), NAME]) {
        Ok(Some(entry)) => entry,
        Ok(None) => return Finding::Absent(format!("{shown} does not name a2a"), install(client)),
        Err(error) => return Finding::Wrong(error.to_string(), error.next_step()),
    };
    let command = entry.get("command").and_then(Value::as_str).map(PathBuf::from).unwrap_or_default();
    if !command.is_absolute() {
        let found = format!("{shown} starts a2a without its full path, which programs of a desktop do not find");
        return Finding::Wrong(found, install(client));
    }
    if !command.is_file() {
        return Finding::Wrong(format!("{shown} starts {}, which is not there", command.display()), install(client));
    }
    if !leads_to(&command, &program.path) {
        let (other, this) = (command.display(), program.path.display());
        return Finding::Doubtful(
            format!("{shown} starts {other}, which is not this program, {this}"),
            install(client),
        );
    }
    match plan_install(client, places, program) {
        Ok(changes) if changes.iter().all(|change| change.file != file) => {
            Finding::Good(format!("{shown} starts {} mcp", command.display()))
        }
        Ok(_) => {
            Finding::Doubtful(format!("{shown} starts a2a in another way than `a2a install` would"), install(client))
        }
        Err(error) => Finding::Wrong(error.to_string(), error.next_step()),
    }
}

fn of_hook(client: Client, places: &Places, program: &Program) -> Option<Finding> {
    let file = places.hooks(client)?;
    Some(if !has_hook(client, places, program) {
        let found = format!("{} has no hook of ours: a starting session is not told of mail", file.display());
        Finding::Doubtful(found, install(client))
    } else if client == Client::Codex {
        Finding::Doubtful(
            format!("{} has our hook; whether you trusted it cannot be seen from outside", file.display()),
            "Review it once in Codex with `/hooks`; until then Codex skips it without a word.".into(),
        )
    } else {
        Finding::Good(format!("{} tells a starting session of mail", file.display()))
    })
}

/// VS Code reads `servers` and ignores the key that every other client uses.
fn of_wrong_key(client: Client, places: &Places) -> Option<Finding> {
    let file = places.servers(client);
    let found = client == Client::Vscode && matches!(value(&file, &["mcpServers", NAME]), Ok(Some(_)));
    found.then(|| {
        let found = format!("{} names a2a under `mcpServers`, which VS Code ignores", file.display());
        Finding::Doubtful(found, "Remove it there; `servers` is the key that counts.".into())
    })
}

/// Claude Code loads a server twice when a plugin brings it too.
fn of_second_copy(client: Client, places: &Places) -> Option<Finding> {
    if client != Client::ClaudeCode {
        return None;
    }
    (has_plugin(places) && has_entry(client, places)).then(|| {
        Finding::Doubtful(
            "Claude Code loads a2a twice, by its plugin and by your own settings".into(),
            "Keep the plugin and run `a2a uninstall claude-code`.".into(),
        )
    })
}

/// The program that the client's settings start.
pub(super) fn standing_command(client: Client, places: &Places) -> Option<PathBuf> {
    let entry = value(&places.servers(client), &[list(client), NAME]).ok().flatten()?;
    entry.get("command").and_then(Value::as_str).map(PathBuf::from)
}

fn value(file: &Path, path: &[&str]) -> Result<Option<Value>, ClientError> {
    let Some(text) = change::read(file)? else { return Ok(None) };
    let (format, found) = match is_toml(file) {
        true => ("TOML", toml_text::at(&text, path)),
        false => ("JSON", json_text::at(&text, path)),
    };
    found.map_err(|refused| match refused {
        Refused::Broken(problem) => ClientError::Broken { file: file.to_path_buf(), format, problem },
        Refused::Occupied(key) => ClientError::Occupied { file: file.to_path_buf(), key },
    })
}
