//! A planned change to one file: shown as a diff, written whole or not at all, with the old contents kept beside it.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use similar::TextDiff;

use super::places::seems_installed;
use super::{Client, ClientError};

/// What a client's file becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The file.
    pub file: PathBuf,
    /// What stands in it; nothing when it is made.
    pub(super) before: Option<String>,
    /// What will stand in it; nothing when it goes.
    pub(super) after: Option<String>,
    /// What is kept beside it until we go again.
    pub(super) keep: Option<String>,
}

impl Change {
    /// The change that makes `after` stand in `file`, or the file go; none when that is so already.
    pub fn to(file: PathBuf, after: Option<String>) -> Result<Vec<Self>, ClientError> {
        let before = read(&file)?;
        let same = before == after;
        let change = Self { file, before, after, keep: None };
        Ok(if same { Vec::new() } else { vec![change] })
    }

    /// The change as a unified diff without a heading.
    #[must_use]
    pub fn diff(&self) -> String {
        let text = |side: &Option<String>| side.clone().unwrap_or_default();
        let (before, after) = (text(&self.before), text(&self.after));
        TextDiff::from_lines(&before, &after).unified_diff().context_radius(3).to_string()
    }

    /// Whether the file is made new.
    #[must_use]
    pub fn creates(&self) -> bool {
        self.before.is_none()
    }

    /// Whether the file goes.
    #[must_use]
    pub fn removes(&self) -> bool {
        self.after.is_none()
    }

    /// Whether the client was ever started here, by the looks of it.
    #[must_use]
    pub fn is_of_an_installed(&self, client: Client) -> bool {
        // Claude Code keeps its file in the home folder, which is always there.
        if client == Client::ClaudeCode { self.file.exists() } else { seems_installed(&self.file) }
    }

    /// Writes it, unless the file is not what was shown any more.
    pub fn write(&self) -> Result<(), ClientError> {
        if read(&self.file)? != self.before {
            return Err(ClientError::Changed(self.file.clone()));
        }
        match &self.keep {
            Some(kept) => replace(&kept_beside(&self.file), kept, &self.file)?,
            None => remove(&kept_beside(&self.file))?,
        }
        match &self.after {
            Some(after) => replace(&self.file, after, &self.file),
            None => remove(&self.file),
        }
    }
}

/// What was kept of a file.
pub(super) fn kept(file: &Path) -> Result<Option<String>, ClientError> {
    read(&kept_beside(file))
}

fn kept_beside(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".before-a2a");
    file.with_file_name(name)
}

/// A file's text; nothing when there is none.
pub(super) fn read(file: &Path) -> Result<Option<String>, ClientError> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(failed("read", file, cause)),
    }
}

/// Replaces a file in one step. It gets the permissions of `like`, which may hold other servers' secrets.
fn replace(file: &Path, text: &str, like: &Path) -> Result<(), ClientError> {
    try_replace(file, text, like).map_err(|cause| failed("write", file, cause))
}

fn try_replace(file: &Path, text: &str, like: &Path) -> io::Result<()> {
    // Through a link, so that a settings file that lives in somebody's dotfiles stays there.
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf());
    let folder = file.parent().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    fs::create_dir_all(folder)?;
    let mut fresh = tempfile::Builder::new().prefix(".a2a-").tempfile_in(folder)?;
    fresh.write_all(text.as_bytes())?;
    if let Ok(old) = fs::metadata(like) {
        fresh.as_file().set_permissions(old.permissions())?;
    }
    fresh.as_file().sync_all()?;
    fresh.persist(file).map(drop).map_err(|failed| failed.error)
}

fn remove(file: &Path) -> Result<(), ClientError> {
    match fs::remove_file(file) {
        Ok(()) => Ok(()),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(failed("remove", file, cause)),
    }
}

fn failed(act: &'static str, file: &Path, cause: io::Error) -> ClientError {
    ClientError::Io { act, file: file.to_path_buf(), cause }
}
