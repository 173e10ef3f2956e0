//! Errors of sending and fetching files.

use super::{OwnerError, Trouble};
use crate::error::Explain;

/// Why a file is not sent, or a folder not allowed. Paths in it are our own side's.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// A failure that is not about the file.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// The owner's word does not count.
    #[error(transparent)]
    Owner(#[from] OwnerError),
    /// The owner named no folder.
    #[error("no folder is allowed for sending files")]
    NoFolders,
    /// The file stands in no allowed folder.
    #[error("{path} is not under an allowed folder")]
    NotAllowed {
        /// The path.
        path: String,
    },
    /// The path is relative or goes up.
    #[error("{path} is not an absolute path without ..")]
    NotAbsolute {
        /// The path.
        path: String,
    },
    /// Nothing is there.
    #[error("{path} is not there")]
    NotFound {
        /// The path.
        path: String,
    },
    /// A folder, a pipe, a device.
    #[error("{path} is not an ordinary file")]
    NotAFile {
        /// The path.
        path: String,
    },
    /// A link, or a link on the way.
    #[error("{path} is a link, or there is one on the way")]
    Link {
        /// The path.
        path: String,
    },
    /// The file has several names, of which one may lie outside.
    #[error("{path} has other names on this disk (hard links)")]
    SeveralNames {
        /// The path.
        path: String,
    },
    /// It, or a folder on the way, is hidden.
    #[error("{path} is hidden: a name on the way begins with a dot")]
    Hidden {
        /// The path.
        path: String,
    },
    /// It cannot be read.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The path.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// It was being handed over, and not all of it came.
    #[error("{path} did not come whole")]
    Interrupted {
        /// Its name.
        path: String,
    },
    /// It was written to while it was read.
    #[error("{path} changed while it was read")]
    Changed {
        /// The path.
        path: String,
    },
    /// It has no bytes.
    #[error("{path} is empty")]
    EmptyFile {
        /// The path.
        path: String,
    },
    /// It is too large.
    #[error("{path} is larger than {} MiB", .most / (1024 * 1024))]
    TooLarge {
        /// The path.
        path: String,
        /// The limit in bytes.
        most: u64,
    },
    /// Its name cannot be told.
    #[error("the name of {path} is too long or not one line")]
    BadName {
        /// The path.
        path: String,
    },
    /// Too many at once.
    #[error("a message carries at most {most} files")]
    TooMany {
        /// The limit.
        most: usize,
    },
    /// The sealed copy cannot be written.
    #[error("the sealed copy cannot be written: {reason}")]
    Spool {
        /// What the system said.
        reason: String,
    },
    /// Not a folder.
    #[error("{path} is not a folder that can be named")]
    NoFolder {
        /// The path.
        path: String,
    },
    /// The whole disk.
    #[error("that folder is everything on this computer")]
    Everything,
}

impl Explain for AttachError {
    fn code(&self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.code(),
            Self::Owner(error) => error.code(),
            Self::NoFolders | Self::NotAllowed { .. } => "folder_not_allowed",
            Self::NotAbsolute { .. } => "bad_path",
            Self::NotFound { .. } => "file_not_found",
            Self::NotAFile { .. } | Self::Link { .. } | Self::SeveralNames { .. } | Self::Hidden { .. } => {
                "file_refused"
            }
            Self::Unreadable { .. } | Self::Interrupted { .. } | Self::Changed { .. } => "file_unreadable",
            Self::EmptyFile { .. } | Self::TooLarge { .. } | Self::BadName { .. } | Self::TooMany { .. } => {
                "file_unfit"
            }
            Self::Spool { .. } => "disk",
            Self::NoFolder { .. } | Self::Everything => "bad_folder",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::Trouble(trouble) => return trouble.next_step(),
            Self::Owner(error) => return error.next_step(),
            Self::NoFolders | Self::NotAllowed { .. } => {
                "Nothing was sent. Only the owner can allow a folder, with `a2a folders allow DIR` in a terminal."
            }
            Self::NotAbsolute { .. } | Self::NotFound { .. } => "Give the whole path of a file.",
            Self::NotAFile { .. } | Self::Link { .. } | Self::SeveralNames { .. } => {
                "Nothing was sent. Copy the file itself into an allowed folder."
            }
            Self::Hidden { .. } => "Nothing was sent. Hidden files often hold secrets; copy it under another name.",
            Self::Unreadable { .. } => "Check its permissions.",
            Self::Interrupted { .. } => "Choose the file again.",
            Self::Changed { .. } => "Send it again once nobody writes to it.",
            Self::EmptyFile { .. } | Self::BadName { .. } => "Send another file, or say it in the text.",
            Self::TooLarge { .. } | Self::TooMany { .. } => "Send less, or in several messages.",
            Self::Spool { .. } => "Free some room on the disk and try again.",
            Self::NoFolder { .. } | Self::Everything => "Name the folder that holds what may be sent, and no more.",
        }
        .into()
    }
}

/// Why a peer's file is not here.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// A failure that is not about the file.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// No message of that name.
    #[error("there is no such message")]
    UnknownMessage,
    /// The message is our own.
    #[error("that message is your own")]
    Own,
    /// The message carries no files.
    #[error("that message has no attachments")]
    NoAttachments,
    /// The relay has it no more.
    #[error("it is no longer at the relay, which keeps files 30 days")]
    Gone,
    /// What the relay gave is not what the peer signed.
    #[error("what came is not what the peer sent")]
    NotGenuine,
    /// It cannot be written.
    #[error("it cannot be written to the disk: {reason}")]
    Disk {
        /// What the system said.
        reason: String,
    },
}

impl Explain for FetchError {
    fn code(&self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.code(),
            Self::UnknownMessage => "unknown_message",
            Self::Own => "own_message",
            Self::NoAttachments => "no_attachments",
            Self::Gone => "gone",
            Self::NotGenuine => "not_genuine",
            Self::Disk { .. } => "disk",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::Trouble(trouble) => return trouble.next_step(),
            Self::UnknownMessage => "Read the thread for the id.",
            Self::Own => "The file is where you sent it from.",
            Self::NoAttachments => "Ask the peer to send the file.",
            Self::Gone | Self::NotGenuine => "Ask the peer to send it again.",
            Self::Disk { .. } => "Free some room on the disk and try again; it goes on where it stopped.",
        }
        .into()
    }
}
