//! Why a client's files could not be read or changed; none of them was touched then.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::error::Explain;

/// Why a client's settings were left as they are.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The operating system names no home folder for this user.
    #[error("this system names no home folder for you")]
    NoHome,
    /// A file of the client does not parse.
    #[error("{} is not valid {format}: {problem}", .file.display())]
    Broken {
        /// The file.
        file: PathBuf,
        /// `JSON` or `TOML`.
        format: &'static str,
        /// Where it went wrong, without the text that stands there.
        problem: String,
    },
    /// A file of the client holds something else where our setting goes.
    #[error("{} holds something unexpected under `{key}`", .file.display())]
    Occupied {
        /// The file.
        file: PathBuf,
        /// The key.
        key: String,
    },
    /// The file changed between the plan and the writing.
    #[error("{} changed while you were asked", .0.display())]
    Changed(PathBuf),
    /// The operating system refused.
    #[error("cannot {act} {}: {cause}", .file.display())]
    Io {
        /// `read`, `write` or `remove`.
        act: &'static str,
        /// The file.
        file: PathBuf,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
}

impl Explain for ClientError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoHome => "no_home",
            Self::Broken { .. } => "client_file_broken",
            Self::Occupied { .. } => "client_file_unexpected",
            Self::Changed(_) => "client_file_changed",
            Self::Io { .. } => "client_file_unusable",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::NoHome => "Set HOME to your home folder.".into(),
            Self::Broken { .. } => "It was not touched. Mend it by hand, then run the command again.".into(),
            Self::Occupied { .. } => "It was not touched. Look at that key by hand, then run the command again.".into(),
            Self::Changed(_) => "It was not touched. Run the command again to see the change anew.".into(),
            Self::Io { .. } => "Make the file yours to read and write, then run the command again.".into(),
        }
    }
}
