//! Why a vault does not give the key, and what the owner can do about it.

use std::io;

use thiserror::Error;

use crate::error::Explain;

/// Why the database key cannot be had. No variant carries a secret.
#[derive(Debug, Error)]
pub enum VaultError {
    /// No identity was ever made here: nothing is lost.
    #[error("there is no identity here yet")]
    Absent,
    /// Something here tells of an identity, but its key is gone from where it should be.
    #[error("an identity exists here, but its key is not in the {vault}")]
    Missing {
        /// The vault that was asked.
        vault: &'static str,
    },
    /// The keychain is locked, or its prompt was dismissed or could not be shown.
    #[error("the keychain is locked")]
    Locked,
    /// The keychain gave no answer in time; its prompt may still be open.
    #[error("the keychain did not answer within {waited_secs} seconds")]
    NoAnswer {
        /// How long we waited.
        waited_secs: u64,
    },
    /// There is no keychain to ask.
    #[error("no keychain can be reached ({reason})")]
    Unavailable {
        /// What the operating system said.
        reason: String,
    },
    /// This home's key rests in another kind of vault.
    #[error("this identity's key rests in a {rests_in}, not in the {asked}")]
    OtherVault {
        /// Where the key rests.
        rests_in: &'static str,
        /// The vault that was asked.
        asked: &'static str,
    },
    /// The keychain holds a key, but not the one of this home.
    #[error("the keychain's key does not belong to this identity")]
    WrongKey,
    /// The passphrase is not the one this home was made with.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// The recovery words are those of another identity.
    #[error("these recovery words do not open this home")]
    WrongWords,
    /// This home has no slot for the recovery words.
    #[error("this home cannot be opened by recovery words")]
    NoRecoverySlot,
    /// What is stored is not what was written.
    #[error("{what} is damaged")]
    Damaged {
        /// What is damaged, in words.
        what: &'static str,
    },
    /// A newer version of this program wrote the file.
    #[error("the key file was written by a newer version of a2a")]
    Newer,
    /// The file with the passphrase cannot serve.
    #[error("the passphrase file {reason}")]
    PassphraseFile {
        /// Why not; never its contents.
        reason: &'static str,
    },
    /// Less memory was asked for than makes guessing costly.
    #[error("{asked_mib} MiB for Argon2id is outside {least_mib} to {most_mib}")]
    BadCost {
        /// What was asked for.
        asked_mib: u32,
        /// The floor.
        least_mib: u32,
        /// The ceiling.
        most_mib: u32,
    },
    /// A file cannot be read or written.
    #[error("cannot {doing}: {source}")]
    Io {
        /// What we were about to do.
        doing: &'static str,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The operating system gave no randomness, or not the memory that Argon2id needs.
    #[error("this machine cannot {0} now")]
    Machine(&'static str),
}

impl Explain for VaultError {
    fn code(&self) -> &'static str {
        match self {
            Self::Absent => "no_identity",
            Self::Missing { .. } => "key_missing",
            Self::Locked | Self::NoAnswer { .. } => "keychain_locked",
            Self::Unavailable { .. } => "keychain_unavailable",
            Self::OtherVault { .. } => "other_vault",
            Self::WrongKey => "wrong_key",
            Self::WrongPassphrase => "wrong_passphrase",
            Self::WrongWords => "wrong_words",
            Self::NoRecoverySlot => "no_recovery_slot",
            Self::Damaged { .. } => "key_damaged",
            Self::Newer => "key_file_newer",
            Self::PassphraseFile { .. } => "passphrase_file_unusable",
            Self::BadCost { .. } => "argon2_out_of_range",
            Self::Io { .. } => "key_file_io",
            Self::Machine(_) => "machine_short",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::Absent => "Run `a2a init`.",
            Self::Missing { .. } => {
                "No new identity was made. Log in to the desktop session (or unlock the keychain) that holds the \
                 key and try again; if the home folder was moved, move it back; if the \
                 key is gone for good, your recovery words open this home: `a2a vault keychain --words`. Without them and \
                 without a copy of the keychain the identity is lost: set A2A_HOME to an empty folder and run `a2a init` \
                 for a new one (peers must pair again)."
            }
            Self::Locked => {
                "Unlock the keychain (log in to the desktop, or run `a2a whoami` in a terminal of it) and try \
                 again. On a machine without a desktop, set A2A_PASSPHRASE_FILE before `a2a init`."
            }
            Self::NoAnswer { .. } => {
                "Look for a prompt of the keychain, possibly behind other windows, answer it and try again."
            }
            Self::Unavailable { .. } => {
                "Run a2a in a session with a keychain (on Linux: a Secret Service such as GNOME Keyring or KWallet, \
                 reached by DBUS_SESSION_BUS_ADDRESS). For a new identity on a machine without one, put a \
                 passphrase in a file and set A2A_PASSPHRASE_FILE to its path before `a2a init`."
            }
            Self::OtherVault { asked, .. } if *asked == super::passphrase_file::NAME => {
                "Unset A2A_PASSPHRASE_FILE, or set A2A_HOME to the home that was made with it."
            }
            Self::OtherVault { .. } => {
                "Set A2A_PASSPHRASE_FILE to the file with this identity's passphrase, or A2A_HOME to another home."
            }
            Self::WrongKey => {
                "Restore the keychain and the home folder from the same backup; nothing was changed."
            }
            Self::WrongPassphrase => {
                "Set A2A_PASSPHRASE_FILE to the file with the passphrase this identity was made with."
            }
            Self::WrongWords => "Look for the words of this identity; nothing was changed.",
            Self::NoRecoverySlot => {
                "If its vault still opens it, run `a2a recovery show`, which adds the slot. Otherwise restore a backup \
                 into another home with `a2a restore`."
            }
            Self::Damaged { .. } => {
                "Restore the home folder from a backup; nothing was changed."
            }
            Self::Newer => "Update a2a.",
            Self::PassphraseFile { .. } => {
                "Put one line of at least 12 characters in a file that only you can read, and set \
                 A2A_PASSPHRASE_FILE to its path."
            }
            Self::BadCost { .. } => "Unset A2A_ARGON2_MIB for the usual 256 MiB.",
            Self::Io { .. } => "Check the disk and the permissions of the home folder.",
            Self::Machine(_) => "Free some memory and try again.",
        }
        .into()
    }
}
