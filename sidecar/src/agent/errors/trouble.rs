//! What may go wrong in any act.

use crate::error::Explain;
use crate::keys::VaultError;
use crate::store::StoreError;

/// A failure that is not about the act itself.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// There is no identity on this machine.
    #[error("this machine has no agent identity yet")]
    NoIdentity,
    /// The identity's marker stands, but its store is gone.
    #[error("the identity {agent_id} lived here, but its store is missing")]
    StoreMissing {
        /// Whose store it was.
        agent_id: String,
    },
    /// A store stands without the marker of its identity.
    #[error("there is a store here but no identity file beside it")]
    MarkerMissing,
    /// The store cannot be read or written.
    #[error("the local store cannot be used: {reason}")]
    Store {
        /// What the store said.
        reason: String,
    },
    /// A newer program has taken the store further while this one runs.
    #[error("a newer a2a upgraded the store while this one was running: version {found}, this program knows {known}")]
    NewerStore {
        /// What stands there.
        found: i64,
        /// What we know.
        known: i64,
    },
    /// Another process holds the store and does not let go.
    #[error("another a2a process holds the local store and does not let go of it")]
    StoreHeld,
    /// The key cannot be had from its vault.
    #[error("{what}")]
    Vault {
        /// What failed.
        what: String,
        /// What to do.
        remedy: String,
        /// The vault's own code.
        code: &'static str,
    },
    /// A relay cannot be reached, or is too busy.
    #[error("the relay {relay} cannot be used now: {reason}")]
    RelayAway {
        /// Which one.
        relay: String,
        /// Why, in our words.
        reason: String,
    },
    /// A relay answered what the protocol does not allow.
    #[error("the relay {relay} answered something that is no valid answer: {what}")]
    RelayGarbage {
        /// Which one.
        relay: String,
        /// What was wrong with it.
        what: String,
    },
    /// A relay is at a place that strangers may not make this machine call.
    #[error("the relay {relay} is not called: {why}")]
    NotCalled {
        /// Which one.
        relay: String,
        /// Its host, as the owner would allow it.
        host: String,
        /// Why not.
        why: String,
    },
    /// Our relay does not know us, or no longer accepts this device.
    #[error("the relay {relay} does not accept this device")]
    NotAccepted {
        /// Which one.
        relay: String,
    },
    /// An invariant of ours broke.
    #[error("internal fault: {0}")]
    Internal(&'static str),
    /// Another process renewed the device's certificate; this one opens the agent anew with the next act.
    #[error("the keys or the certificate of this device were renewed a moment ago")]
    Renewed,
    /// The operating system gave no random numbers.
    #[error("the operating system gave no random numbers")]
    NoRandomness,
    /// The identity has no account at a relay yet.
    #[error("this agent is not registered at a relay yet")]
    NotRegistered,
    /// The owner has too much to decide already.
    #[error("{count} questions wait for the owner already, so no further one was added")]
    TooManyAsked {
        /// How many.
        count: u64,
    },
    /// The marker names another identity than the store holds.
    #[error("identity.json names another identity than the store beside it")]
    MarkerMismatch,
}

impl Explain for Trouble {
    fn code(&self) -> &'static str {
        match self {
            Self::NoIdentity => "no_identity",
            Self::StoreMissing { .. } => "store_missing",
            Self::MarkerMissing => "marker_missing",
            Self::Store { .. } => "store",
            Self::NewerStore { .. } => "newer_store",
            Self::StoreHeld => "store_held",
            Self::Vault { code, .. } => code,
            Self::RelayAway { .. } => "relay_away",
            Self::RelayGarbage { .. } => "relay_garbage",
            Self::NotCalled { .. } => "not_called",
            Self::NotAccepted { .. } => "not_accepted",
            Self::Internal(_) => "internal",
            Self::Renewed => "renewed",
            Self::NoRandomness => "no_randomness",
            Self::NotRegistered => "not_registered",
            Self::TooManyAsked { .. } => "too_many_asked",
            Self::MarkerMismatch => "marker_mismatch",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::NoIdentity => "Run `a2a init` (tool a2a_register).".into(),
            Self::StoreMissing { .. } => {
                "Put the store back from a backup. To begin anew on purpose, move the whole folder away first.".into()
            }
            Self::MarkerMissing => {
                "Put identity.json back beside the store. To begin anew on purpose, move the whole folder away first."
                    .into()
            }
            Self::Store { .. } => {
                "Nothing was deleted. Keep a copy of the home folder (`a2a doctor` names it), and put the folder back \
                 as one piece from a backup. Without one, move it away, run `a2a init` and pair again."
                    .into()
            }
            Self::NewerStore { .. } => {
                "Restart this client so that it starts the newer a2a, or upgrade a2a; this process touches nothing more."
                    .into()
            }
            Self::StoreHeld => {
                "Nothing was changed. Try again; if it stays so, an a2a process is stopped or stuck: wake or end it.".into()
            }
            Self::Vault { remedy, .. } => remedy.clone(),
            Self::RelayAway { .. } => "Try again in a moment; nothing was lost.".into(),
            Self::RelayGarbage { .. } => "Check the relay's address with its operator; nothing was lost.".into(),
            Self::NotCalled { host, .. } => {
                format!("If the owner knows and trusts that relay: `a2a relay allow {host}`, then try again.")
            }
            Self::NotAccepted { .. } => {
                "Another device may hold this identity now (run `a2a doctor`), or the relay lost its accounts: one that takes \
                 everybody is joined again by itself; for another, ask its operator for a join link and run `a2a init LINK`."
                    .into()
            }
            Self::Internal(_) => "Nothing was changed. Please report this.".into(),
            Self::Renewed => "Try again; nothing was changed.".into(),
            Self::NoRandomness => "Restart the machine; nothing was changed.".into(),
            Self::NotRegistered => "Run `a2a init` (tool a2a_register).".into(),
            Self::TooManyAsked { .. } => {
                "Do not ask again: the owner first decides what waits, with `a2a approve` and `a2a decline`.".into()
            }
            Self::MarkerMismatch => "Put back the folder as one piece from a backup; nothing was changed.".into(),
        }
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoRandomness => Self::NoRandomness,
            StoreError::Retired => Self::Renewed,
            StoreError::Newer { found, known } => Self::NewerStore { found, known },
            error if error.is_busy() => Self::StoreHeld,
            other => Self::Store { reason: other.to_string() },
        }
    }
}

impl From<VaultError> for Trouble {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Absent => Self::NoIdentity,
            other => Self::Vault { what: other.to_string(), remedy: other.next_step(), code: other.code() },
        }
    }
}
