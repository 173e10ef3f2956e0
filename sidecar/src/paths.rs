//! The agent's home folder on this machine, and where each file in it stands.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::error::Explain;

/// The folder that holds everything of one agent: two homes never share an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    folder: PathBuf,
}

/// Why a home folder cannot be used.
#[derive(Debug, Error)]
pub enum HomeError {
    /// The operating system names no data folder for this user.
    #[error("this system names no data folder for you")]
    NoDataFolder,
    /// The folder is open to others and holds files that are not ours, so we do not change its permissions.
    #[error("{} is readable by others and holds other files", .0.display())]
    NotOurs(PathBuf),
    /// The folder cannot be made, read or closed to others.
    #[error("cannot prepare the folder {}: {cause}", .folder.display())]
    Io {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
}

impl Explain for HomeError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoDataFolder => "home_unknown",
            Self::NotOurs(_) => "home_not_ours",
            Self::Io { .. } => "home_unusable",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::NoDataFolder => "Set A2A_HOME to a folder of your own.".into(),
            Self::NotOurs(_) => "Set A2A_HOME to a folder that holds nothing else.".into(),
            Self::Io { .. } => "Make the folder writable for you, or set A2A_HOME to another one.".into(),
        }
    }
}

impl Home {
    /// The home at `folder`; nothing is created yet.
    #[must_use]
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The home in the user's data folder of this system. Not a roaming one: keys stay on this machine.
    pub fn of_this_user() -> Result<Self, HomeError> {
        directories::ProjectDirs::from("", "", "a2a")
            .map(|folders| Self::at(folders.data_local_dir()))
            .ok_or(HomeError::NoDataFolder)
    }

    /// The folder itself.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The public marker that tells that an identity exists.
    #[must_use]
    pub fn marker(&self) -> PathBuf {
        self.folder.join("identity.json")
    }

    /// The wrapped database key.
    #[must_use]
    pub fn keyslots(&self) -> PathBuf {
        self.folder.join("keyslots.json")
    }

    /// The audit log's newest entry, where there is no keychain to keep it in.
    #[must_use]
    pub fn audit_head(&self) -> PathBuf {
        self.folder.join("audit-head.json")
    }

    /// Held while the database key is created.
    #[must_use]
    pub fn keyslots_lock(&self) -> PathBuf {
        self.folder.join("keyslots.lock")
    }

    /// The SQLite store.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.folder.join("store.sqlite")
    }

    /// Sealed copies of files that are being sent.
    #[must_use]
    pub fn outgoing(&self) -> PathBuf {
        self.folder.join("outgoing")
    }

    /// Parts of files that are being fetched.
    #[must_use]
    pub fn incoming(&self) -> PathBuf {
        self.folder.join("incoming")
    }

    /// Files of peers, a folder for each: what lies there is as trustworthy as who sent it.
    #[must_use]
    pub fn quarantine(&self) -> PathBuf {
        self.folder.join("quarantine")
    }

    /// Held while the identity is made.
    #[must_use]
    pub fn creation_lock(&self) -> PathBuf {
        self.folder.join("creation.lock")
    }

    /// Held by the one process that collects.
    #[must_use]
    pub fn collector_lock(&self) -> PathBuf {
        self.folder.join("collector.lock")
    }

    /// Held by the one process that hands messages to a program of the owner's.
    #[must_use]
    pub fn watcher_lock(&self) -> PathBuf {
        self.folder.join("watcher.lock")
    }

    /// Held by the one process that tells the desktop what waits.
    #[must_use]
    pub fn notifier_lock(&self) -> PathBuf {
        self.folder.join("notifier.lock")
    }

    /// Creates the folder, open to its owner only; an existing home that is open to others is closed.
    pub fn prepare(&self) -> Result<(), HomeError> {
        self.make_folder().map_err(|cause| self.unusable(cause))?;
        self.close_to_others()
    }

    fn unusable(&self, cause: io::Error) -> HomeError {
        HomeError::Io { folder: self.folder.clone(), cause }
    }

    fn make_folder(&self) -> io::Result<()> {
        if self.folder.is_dir() {
            return Ok(());
        }
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.folder)
    }

    #[cfg(unix)]
    fn close_to_others(&self) -> Result<(), HomeError> {
        use std::os::unix::fs::PermissionsExt;
        let failed = |cause| self.unusable(cause);
        let mode = fs::metadata(&self.folder).map_err(failed)?.permissions().mode();
        if mode & 0o077 == 0 {
            return Ok(());
        }
        // Somebody's desktop must not change its permissions because A2A_HOME pointed at it by mistake.
        if !self.is_ours().map_err(failed)? {
            return Err(HomeError::NotOurs(self.folder.clone()));
        }
        fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o700)).map_err(failed)
    }

    #[cfg(not(unix))]
    fn close_to_others(&self) -> Result<(), HomeError> {
        Ok(())
    }

    #[cfg(unix)]
    fn is_ours(&self) -> io::Result<bool> {
        let empty = fs::read_dir(&self.folder)?.next().is_none();
        Ok(empty || self.keyslots().exists() || self.marker().exists() || self.store().exists())
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_new_home_is_closed_to_others() {
        let outer = tempfile::tempdir().unwrap();
        let home = Home::at(outer.path().join("deep/home"));
        home.prepare().unwrap();
        assert_eq!(mode(home.folder()), 0o700);
    }

    #[test]
    fn an_open_home_of_ours_is_closed() {
        let outer = tempfile::tempdir().unwrap();
        fs::set_permissions(outer.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let home = Home::at(outer.path());
        fs::write(home.marker(), "{}").unwrap();
        home.prepare().unwrap();
        assert_eq!(mode(home.folder()), 0o700);
    }

    #[test]
    fn a_folder_with_other_files_is_left_alone() {
        let outer = tempfile::tempdir().unwrap();
        fs::write(outer.path().join("holiday.txt"), "").unwrap();
        fs::set_permissions(outer.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let refused = Home::at(outer.path()).prepare();
        assert!(matches!(refused, Err(HomeError::NotOurs(_))));
        assert_eq!(mode(outer.path()), 0o755);
    }
}
