//! Which of a client's files change, and how, when we come and when we go.

use std::path::{Path, PathBuf};

use super::change::{self, Change};
use super::examine::standing_command;
use super::json_text::{self, Refused};
use super::lasting::{is_itself, leads_to};
use super::program::Program;
use super::settings::{Setting, server, session_start};
use super::{Client, ClientError, Places, toml_text};

/// What `client` needs to start the sidecar, and to be told of mail when a session starts; empty when all is there.
pub fn plan_install(client: Client, places: &Places, program: &Program) -> Result<Vec<Change>, ClientError> {
    let mut changes = Vec::new();
    for wanted in wanted(client, places, program) {
        let before = change::read(&wanted.file)?;
        let after = wanted.add(before.as_deref().unwrap_or_default())?;
        if before.as_deref() != Some(&after) {
            let kept = before.as_deref().map(|before| wanted.remove(before)).transpose()?;
            changes.push(Change { file: wanted.file, before, after: Some(after), keep: kept });
        }
    }
    Ok(changes)
}

/// What takes the sidecar out of `client` again. A file that nobody changed since becomes what it was before.
pub fn plan_uninstall(client: Client, places: &Places, program: &Program) -> Result<Vec<Change>, ClientError> {
    let mut changes = Vec::new();
    for wanted in wanted(client, places, program) {
        let Some(before) = change::read(&wanted.file)? else { continue };
        let after = wanted.restored(&before)?;
        if after.as_deref() != Some(&before) {
            changes.push(Change { file: wanted.file, before: Some(before), after, keep: None });
        }
    }
    Ok(changes)
}

/// Whether the hook of a starting session stands as we write it.
pub(super) fn has_hook(client: Client, places: &Places, program: &Program) -> bool {
    let Some(file) = places.hooks(client) else { return false };
    let program = as_linked(client, places, program);
    let wanted = Wanted { file, settings: session_start(client, places, &program) };
    let text = change::read(&wanted.file).ok().flatten();
    text.is_some_and(|text| wanted.add(&text).is_ok_and(|after| after == text))
}

/// One file of a client, and what of ours must stand in it.
struct Wanted {
    file: PathBuf,
    settings: Vec<Setting>,
}

/// The program as the settings name it already, where that is a link to it and we know of none.
fn as_linked(client: Client, places: &Places, program: &Program) -> Program {
    let standing = || standing_command(client, places).filter(|path| path.is_absolute());
    let link = is_itself(&program.path).then(standing).flatten().filter(|path| leads_to(path, &program.path));
    Program { path: link.unwrap_or_else(|| program.path.clone()), ..program.clone() }
}

fn wanted(client: Client, places: &Places, program: &Program) -> Vec<Wanted> {
    let program = &as_linked(client, places, program);
    let servers = Wanted { file: places.servers(client), settings: vec![server(client, program)] };
    let hooks = session_start(client, places, program);
    match places.hooks(client) {
        None => vec![servers],
        Some(file) if file == servers.file => vec![Wanted { settings: [servers.settings, hooks].concat(), file }],
        Some(file) => vec![servers, Wanted { file, settings: hooks }],
    }
}

impl Wanted {
    fn add(&self, text: &str) -> Result<String, ClientError> {
        let added = if is_toml(&self.file) { toml_text::with } else { json_text::with };
        added(text, &self.settings).map_err(|refused| self.named(refused))
    }

    fn remove(&self, text: &str) -> Result<String, ClientError> {
        let removed = if is_toml(&self.file) { toml_text::without } else { json_text::without };
        removed(text, &self.settings).map_err(|refused| self.named(refused))
    }

    /// The text without us: what stood there before where only we changed it, nothing where we made the file.
    fn restored(&self, text: &str) -> Result<Option<String>, ClientError> {
        let kept = change::kept(&self.file)?;
        if self.add(kept.as_deref().unwrap_or_default()).is_ok_and(|ours| ours == text) {
            return Ok(kept);
        }
        self.remove(text).map(Some)
    }

    fn named(&self, refused: Refused) -> ClientError {
        let file = self.file.clone();
        let format = if is_toml(&file) { "TOML" } else { "JSON" };
        match refused {
            Refused::Broken(problem) => ClientError::Broken { file, format, problem },
            Refused::Occupied(key) => ClientError::Occupied { file, key },
        }
    }
}

pub(super) fn is_toml(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "toml")
}
