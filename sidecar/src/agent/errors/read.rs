//! Errors of opening the agent and of reading.

use super::Trouble;
use crate::error::Explain;

/// Why the agent cannot start at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The home folder cannot be made or read.
    #[error("the folder {path} cannot be used: {reason}")]
    Home {
        /// Which folder.
        path: String,
        /// What the system said.
        reason: String,
    },
}

impl Explain for OpenError {
    fn code(&self) -> &'static str {
        "home"
    }

    fn next_step(&self) -> String {
        "Make the folder writable for you, or name another one in A2A_HOME.".into()
    }
}

/// Why something cannot be listed or shown.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A failure that is not about the question.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// Nobody goes by that name.
    #[error("no peer goes by that name")]
    UnknownPeer,
    /// No such message in this conversation.
    #[error("there is no such message in this conversation")]
    UnknownMessage,
    /// There is nothing to look for.
    #[error("there are no words to look for")]
    NoWords,
    /// The cursor is not one of ours.
    #[error("the cursor is not one that a page returned")]
    BadCursor,
}

impl Explain for ReadError {
    fn code(&self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.code(),
            Self::UnknownPeer => "unknown_peer",
            Self::UnknownMessage => "unknown_message",
            Self::NoWords => "no_words",
            Self::BadCursor => "bad_cursor",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::Trouble(trouble) => trouble.next_step(),
            Self::UnknownPeer => "List the peers to see their names with `a2a peers` (tool a2a_list_peers).".into(),
            Self::UnknownMessage => "Read the thread without naming a message.".into(),
            Self::NoWords => "Name at least one word.".into(),
            Self::BadCursor => "Start again without a cursor.".into(),
        }
    }
}
