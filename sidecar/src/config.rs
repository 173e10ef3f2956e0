//! What the environment says: the only file that reads `A2A_*` variables.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use a2a_proto::address::RelayAuthority;
use thiserror::Error;

use crate::agent::AgentConfig;
use crate::clock::SystemClock;
use crate::error::Explain;
use crate::keys::{MINIMUM_MEMORY_MIB, USUAL_MEMORY_MIB, VaultChoice, choose_vault};
use crate::paths::{Home, HomeError};

/// The settings of this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `A2A_HOME`: the agent's folder. Default: the user's data folder.
    pub home: Home,
    /// The keychain, or with `A2A_PASSPHRASE_FILE` a passphrase file.
    pub vault: VaultChoice,
    /// `A2A_ARGON2_MIB`: the memory that one guess at a passphrase shall cost. Default: 256.
    pub argon2_mib: u32,
    /// `A2A_RELAY`: the relay to register at where none is named. A URL or a bare host.
    pub relay: Option<RelayAuthority>,
    /// `A2A_LOG`: what goes to stderr, as in `a2a=debug`. Default: warnings.
    pub log: String,
}

/// A variable that cannot be read. Its value is not repeated.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// There is no home folder.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The relay is no relay.
    #[error("A2A_RELAY does not name a relay")]
    Relay,
    /// The memory for Argon2id is no number.
    #[error("A2A_ARGON2_MIB is not a number")]
    Argon2,
}

impl Explain for ConfigError {
    fn code(&self) -> &'static str {
        match self {
            Self::Home(home) => home.code(),
            Self::Relay => "bad_relay_setting",
            Self::Argon2 => "bad_argon2_setting",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::Home(home) => home.next_step(),
            Self::Relay => {
                "Set A2A_RELAY to a relay such as https://relay.example.org (http only on this machine), or unset it."
                    .into()
            }
            Self::Argon2 => "Unset A2A_ARGON2_MIB, or set it to the MiB of memory that one guess shall cost.".into(),
        }
    }
}

impl Config {
    /// What the agent of this process is opened with.
    #[must_use]
    pub fn agent(&self) -> AgentConfig {
        AgentConfig {
            home: self.home.clone(),
            vault: choose_vault(&self.home, &self.vault),
            clock: Arc::new(SystemClock),
            default_relay: self.relay.clone(),
            argon2_mib: self.argon2_mib,
        }
    }

    /// An agent of this process's own, for as long as the folder stands: its key is behind a passphrase in a file beside it.
    #[must_use]
    pub fn passing_agent(folder: &Path, passphrase: PathBuf) -> AgentConfig {
        let home = Home::at(folder);
        let choice = VaultChoice::PassphraseFile { passphrase, memory_mib: MINIMUM_MEMORY_MIB };
        AgentConfig {
            vault: choose_vault(&home, &choice),
            home,
            clock: Arc::new(SystemClock),
            default_relay: None,
            argon2_mib: MINIMUM_MEMORY_MIB,
        }
    }

    /// Reads the environment of this process.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_lookup(|name| std::env::var_os(name))
    }

    /// Reads the environment, but for a home and a passphrase file that were named otherwise.
    pub fn from_env_with(home: Option<&OsStr>, passphrase_file: Option<&OsStr>) -> Result<Self, ConfigError> {
        Self::from_lookup(|name| {
            let named = match name {
                "A2A_HOME" => home,
                "A2A_PASSPHRASE_FILE" => passphrase_file,
                _ => None,
            };
            named.map(OsStr::to_owned).or_else(|| std::env::var_os(name))
        })
    }

    /// Reads the settings that `lookup` knows. An empty value counts as none.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Self, ConfigError> {
        let lookup = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let argon2_mib = argon2_mib(lookup)?;
        Ok(Self {
            home: match lookup("A2A_HOME") {
                Some(folder) => Home::at(absolute(folder)),
                None => Home::of_this_user()?,
            },
            vault: vault_choice(lookup, argon2_mib),
            argon2_mib,
            relay: lookup("A2A_RELAY").map(|text| parse_relay(&text)).transpose()?,
            log: lookup("A2A_LOG").and_then(|filter| filter.into_string().ok()).unwrap_or_else(|| USUAL_LOG.into()),
        })
    }

    /// The variables that another process needs to find this agent; paths only.
    pub fn variables_for_clients(&self) -> Vec<(&'static str, String)> {
        let usual_home = Home::of_this_user().is_ok_and(|usual| usual == self.home);
        let home = (!usual_home).then(|| ("A2A_HOME", self.home.folder()));
        let passphrase = match &self.vault {
            VaultChoice::Keychain => None,
            VaultChoice::PassphraseFile { passphrase, .. } => Some(("A2A_PASSPHRASE_FILE", passphrase.as_path())),
        };
        home.into_iter().chain(passphrase).map(|(name, path)| (name, path.display().to_string())).collect()
    }

    /// The vault of a passphrase in the file at `path`.
    #[must_use]
    pub fn passphrase_file(&self, path: &Path) -> VaultChoice {
        passphrase_file(path.into(), self.argon2_mib)
    }

    /// Where a new agent's key will rest, in words for the owner.
    pub fn vault_in_words(&self) -> &'static str {
        match self.vault {
            VaultChoice::Keychain => "this system's keychain",
            VaultChoice::PassphraseFile { .. } => "a file sealed under your passphrase",
        }
    }
}

fn vault_choice(lookup: impl Fn(&str) -> Option<OsString>, argon2_mib: u32) -> VaultChoice {
    match lookup("A2A_PASSPHRASE_FILE") {
        None => VaultChoice::Keychain,
        Some(passphrase) => passphrase_file(passphrase, argon2_mib),
    }
}

fn passphrase_file(passphrase: OsString, memory_mib: u32) -> VaultChoice {
    VaultChoice::PassphraseFile { passphrase: absolute(passphrase), memory_mib }
}

fn argon2_mib(lookup: impl Fn(&str) -> Option<OsString>) -> Result<u32, ConfigError> {
    match lookup("A2A_ARGON2_MIB") {
        None => Ok(USUAL_MEMORY_MIB),
        Some(text) => text.to_str().and_then(|text| text.parse().ok()).ok_or(ConfigError::Argon2),
    }
}

fn parse_relay(text: &OsString) -> Result<RelayAuthority, ConfigError> {
    let text = text.to_str().ok_or(ConfigError::Relay)?;
    let parsed = if text.contains("://") { RelayAuthority::from_url(text) } else { text.parse() };
    parsed.map_err(|_| ConfigError::Relay)
}

/// Relative paths are meant from where we were started; a later change of folder must not move the home.
fn absolute(path: OsString) -> PathBuf {
    let path = PathBuf::from(path);
    std::path::absolute(&path).unwrap_or(path)
}

const USUAL_LOG: &str = "warn";

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_lookup(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn nothing_set_means_the_keychain_and_no_relay() {
        let config = read(&[]).unwrap();
        assert_eq!(config.vault, VaultChoice::Keychain);
        assert_eq!(config.relay, None);
        assert_eq!(config.log, "warn");
        assert!(config.home.folder().ends_with("a2a"));
    }

    #[test]
    fn the_passphrase_file_is_taken_only_when_named() {
        let empty = read(&[("A2A_PASSPHRASE_FILE", ""), ("A2A_ARGON2_MIB", "64")]);
        assert_eq!(empty.unwrap().vault, VaultChoice::Keychain);
        let named = read(&[("A2A_PASSPHRASE_FILE", "/p"), ("A2A_ARGON2_MIB", "64")]);
        let expected = VaultChoice::PassphraseFile { passphrase: std::path::absolute("/p").unwrap(), memory_mib: 64 };
        assert_eq!(named.unwrap().vault, expected);
    }

    #[test]
    fn a_relay_is_a_url_or_a_host() {
        let relay = |text| read(&[("A2A_RELAY", text)]).map(|config| config.relay);
        let local = relay("http://127.0.0.1:8787").unwrap();
        assert_eq!(local, relay("127.0.0.1:8787").unwrap());
        for bad in ["http://relay.example.org", "ftp://relay.example.org", "a b"] {
            assert!(matches!(relay(bad), Err(ConfigError::Relay)), "{bad}");
        }
    }

    #[test]
    fn another_process_is_told_only_what_is_not_usual() {
        assert_eq!(read(&[]).unwrap().variables_for_clients(), []);
        let config = read(&[("A2A_HOME", "/h"), ("A2A_PASSPHRASE_FILE", "/p"), ("A2A_ARGON2_MIB", "64")]).unwrap();
        let names: Vec<_> = config.variables_for_clients().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["A2A_HOME", "A2A_PASSPHRASE_FILE"]);
    }

    #[test]
    fn a_home_is_absolute() {
        let config = read(&[("A2A_HOME", "here")]).unwrap();
        assert!(config.home.folder().is_absolute());
    }

    #[test]
    fn errors_do_not_repeat_values() {
        for (name, value) in [("A2A_RELAY", "s3cret word"), ("A2A_ARGON2_MIB", "s3cret")] {
            let refused = read(&[(name, value), ("A2A_PASSPHRASE_FILE", "/p")]).unwrap_err();
            assert!(!format!("{refused} {}", refused.next_step()).contains("s3cret"));
        }
    }
}
