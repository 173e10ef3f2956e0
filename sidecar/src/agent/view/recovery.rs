//! Views of recovery: words, backups, restores.

use std::fmt;
use std::path::PathBuf;

use a2a_proto::address::{Address, RelayAuthority};
use a2a_proto::id::AgentId;
use a2a_proto::time::Timestamp;
use serde::Serialize;
use zeroize::Zeroizing;

/// The 24 recovery words, separated by single spaces. For the owner's eyes: no face may hand them to a model.
pub struct RecoveryWords(pub(in crate::agent) Zeroizing<String>);

impl RecoveryWords {
    /// The words one by one.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ')
    }
}

impl fmt::Debug for RecoveryWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_secret) = self;
        f.write_str("RecoveryWords(..)")
    }
}

/// What this identity could be got back with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RecoveryState {
    /// When the owner said that the words are written down.
    pub words_kept_at: Option<Timestamp>,
    /// When a backup was last made.
    pub backed_up_at: Option<Timestamp>,
    /// Whether the backup at the relay, which the owner turned on, could not be renewed for a day or longer.
    pub is_kept_failing: bool,
}

impl RecoveryState {
    /// What is missing, in our words; none when the owner has the words, and the backup that was turned on is made.
    #[must_use]
    pub fn warning(&self) -> Option<&'static str> {
        match (self.words_kept_at, self.backed_up_at) {
            (None, None) => Some("nothing could bring this identity back if this computer is lost"),
            (None, Some(_)) => Some("there is a backup, but nobody wrote down the words that open it"),
            _ if self.is_kept_failing => Some("the backup at your relay could not be renewed for a day or longer"),
            _ => None,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn next_step(&self) -> &'static str {
        if self.words_kept_at.is_some() && self.is_kept_failing {
            return MEANWHILE;
        }
        "Run `a2a recovery show` in a terminal and write the 24 words down; then `a2a backup FILE`."
    }
}

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackupMade {
    /// Where it stands.
    pub path: PathBuf,
    /// When it was made.
    pub made_at: Timestamp,
    /// How large it is.
    pub bytes: u64,
}

/// The backup that our relay keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptBackup {
    /// Whether the owner turned it on.
    pub is_on: bool,
    /// The relay that keeps the newest one.
    pub relay: Option<RelayAuthority>,
    /// The moment that it shows.
    pub made_at: Option<Timestamp>,
    /// How large it is, as the relay sees it.
    pub bytes: Option<u64>,
    /// Why no newer one could be made, if one was due.
    pub failure: Option<String>,
    /// Since when none could be made.
    pub failing_since: Option<Timestamp>,
}

impl KeptBackup {
    /// What to do while none can be made.
    #[must_use]
    pub fn next_step(&self) -> &'static str {
        MEANWHILE
    }
}

const MEANWHILE: &str = "Make a file meanwhile: `a2a backup FILE`. If the relay keeps none or has no room, ask its operator, or turn it off: `a2a backup auto off`.";

/// What stands in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackupView {
    /// When it was made.
    pub made_at: Timestamp,
    /// Whose it is.
    pub agent_id: AgentId,
    /// The name that peers are shown.
    pub display_name: String,
    /// The relay of that time.
    pub relay: Option<RelayAuthority>,
    /// The peers that we were paired with.
    pub pairs: Vec<String>,
    /// How many messages are in it.
    pub messages: u64,
}

/// Where an identity is restored from.
#[derive(Debug, Clone)]
pub enum RestoreSource {
    /// A sealed backup.
    Backup(PathBuf),
    /// The backup that a relay keeps.
    Kept {
        /// The relay where the identity has its mailbox.
        relay: RelayAuthority,
    },
    /// The words alone: the same id, and nobody else is known.
    WordsOnly {
        /// The relay where the identity has its mailbox.
        relay: RelayAuthority,
        /// The name that peers are shown; without it that of the published card.
        name: Option<String>,
    },
}

/// The device that a restore retires, as its relay shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RetiredDevice {
    /// Its epoch.
    pub epoch: u32,
    /// Since when it is certified.
    pub since: Timestamp,
    /// When it last published prekeys.
    pub last_seen: Timestamp,
}

/// What the owner is asked about before anything is restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RestoreView {
    /// Who comes back.
    pub agent_id: AgentId,
    /// The name that peers are shown.
    pub display_name: String,
    /// The relay.
    pub relay: Option<RelayAuthority>,
    /// What is in the backup, if there is one.
    pub backup: Option<BackupView>,
    /// Whether the relay keeps a backup that is not used.
    pub is_kept: bool,
    /// The device that nobody hears any more afterwards.
    pub retires: Option<RetiredDevice>,
    /// Why the relay could not be asked.
    pub relay_away: Option<String>,
}

/// An identity that is back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// Who.
    pub agent_id: AgentId,
    /// Where peers reach it.
    pub address: Option<Address>,
    /// The peers that begin anew with it.
    pub pairs: Vec<String>,
    /// Why the relay does not know yet; it is told as soon as it can be.
    pub later: Option<String>,
}

/// The secrets that open this home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VaultView {
    /// What there is, by name.
    pub slots: Vec<&'static str>,
    /// The vault that this process is told to use.
    pub configured: &'static str,
    /// Why that one does not open the home, if it does not.
    pub does_not_open: Option<String>,
    /// Why the vault before still keeps what opened its slot, if it does. That opens nothing here any more.
    pub left_behind: Option<String>,
}
