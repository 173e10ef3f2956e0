//! Errors of recovery words, backups and restores.

use a2a_proto::address::RelayAuthority;

use super::{OwnerError, Trouble};
use crate::error::Explain;

/// Why words were not shown, a backup not made or opened, an identity not restored.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// A failure that is not about recovery.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// The owner's word does not count.
    #[error(transparent)]
    Owner(#[from] OwnerError),
    /// There is no such file.
    #[error("there is no such file")]
    NoFile,
    /// The file cannot be read or written.
    #[error("cannot {doing} the file: {reason}")]
    File {
        /// What we were about to do.
        doing: &'static str,
        /// What the operating system said.
        reason: String,
    },
    /// A file that is no backup stands where the backup should be written.
    #[error("a file that is no backup stands there already")]
    OtherFile,
    /// The file is none of our backups.
    #[error("this is no backup of a2a")]
    NotABackup,
    /// The words are those of another identity.
    #[error("these words do not open this backup")]
    WrongWords,
    /// The words are not on this machine.
    #[error("the owner keeps the identity's secret off this computer")]
    Offline,
    /// The words are those of another identity.
    #[error("these are not the words of this identity")]
    OtherWords,
    /// Some of the words that were typed do not stand at their places.
    #[error("these are not the words at those places")]
    WordsDoNotFit,
    /// The words of this identity do not open the backup.
    #[error("the recovery words of this agent do not open this backup")]
    ForeignBackup,
    /// Too large to be opened at this face.
    #[error("the file is larger than {} MiB", .most >> 20)]
    TooLargeHere {
        /// The limit in bytes.
        most: u64,
    },
    /// The file is not what was written.
    #[error("the backup is damaged")]
    Damaged,
    /// An identity stands where one should be restored.
    #[error("an identity stands in {home} already")]
    Occupied {
        /// Where.
        home: String,
    },
    /// The relay keeps no backup for these words, or none for anybody.
    #[error("the relay {relay} keeps no backup of this identity")]
    KeepsNone {
        /// Which one.
        relay: RelayAuthority,
    },
    /// The backup is larger than what the relay keeps of one owner.
    #[error("the relay {relay} has no room for a backup of {kib} KiB")]
    NoRoom {
        /// Which one.
        relay: RelayAuthority,
        /// How large the backup is.
        kib: u64,
    },
    /// The relay does not know the identity of these words.
    #[error("that relay does not know the identity of these words")]
    UnknownThere,
    /// Without a backup the relay must answer.
    #[error("without a backup the relay must say which device to retire: {reason}")]
    RelayNeeded {
        /// Why it did not answer.
        reason: String,
    },
}

impl RecoveryError {
    pub(in crate::agent) fn file(doing: &'static str, error: &std::io::Error) -> Self {
        Self::File { doing, reason: error.to_string() }
    }
}

impl Explain for RecoveryError {
    fn code(&self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.code(),
            Self::Owner(error) => error.code(),
            Self::NoFile => "no_file",
            Self::File { .. } => "file",
            Self::OtherFile => "other_file",
            Self::NotABackup => "not_a_backup",
            Self::WrongWords => "wrong_words",
            Self::Offline => "key_offline",
            Self::OtherWords => "other_words",
            Self::WordsDoNotFit => "words_do_not_fit",
            Self::ForeignBackup => "foreign_backup",
            Self::TooLargeHere { .. } => "file_unfit",
            Self::Damaged => "backup_damaged",
            Self::Occupied { .. } => "occupied",
            Self::KeepsNone { .. } => "keeps_none",
            Self::NoRoom { .. } => "no_room",
            Self::UnknownThere => "unknown_there",
            Self::RelayNeeded { .. } => "relay_away",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::Trouble(trouble) => return trouble.next_step(),
            Self::Owner(error) => return error.next_step(),
            Self::NoFile | Self::NotABackup => "Name the file that `a2a backup` wrote.",
            Self::File { .. } => "Check the path, the disk and the permissions.",
            Self::OtherFile => "Choose another name; nothing was overwritten.",
            Self::WrongWords => "Look for the words of the identity that made it; nothing was changed.",
            Self::Offline => "Take the words that you wrote down; `a2a key online` brings them back here.",
            Self::OtherWords => "Look for the words of this identity; nothing was changed.",
            Self::WordsDoNotFit => {
                "Look at the numbers on your paper. If it is wrong, run `a2a recovery show` in a terminal and write the words down anew."
            }
            Self::ForeignBackup => "Choose a backup that this agent made, or make one: `a2a backup FILE`.",
            Self::TooLargeHere { .. } => "Rehearse it in a terminal: `a2a backup verify FILE`.",
            Self::Damaged => "Use another copy of the backup. Without one: `a2a restore --words-only RELAY-URL`.",
            Self::Occupied { .. } => {
                "To restore beside it, set A2A_HOME to an empty folder. To replace it, move that folder away first."
            }
            Self::KeepsNone { .. } => {
                "Check words and relay; with a backup file: `a2a restore FILE`; with neither: `a2a restore --words-only RELAY-URL`."
            }
            Self::NoRoom { .. } => "Make files instead (`a2a backup FILE`), or ask the relay's operator for more room.",
            Self::UnknownThere => "Check the words, and name the relay where the identity had its mailbox.",
            Self::RelayNeeded { .. } => "Try again when the relay can be reached.",
        }
        .into()
    }
}
