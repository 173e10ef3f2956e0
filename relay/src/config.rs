//! The command line and its `A2A_RELAY_*` variables; every option says its default, and a settings file may give others.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use a2a_guard::Rules;
use a2a_proto::address::{ParseRelayError, RelayAuthority};
use a2a_proto::api::RegistrationPolicy;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::rates::Rates;
use crate::store::{Quotas, StoreUrl};

/// A blind relay for agents: stores and forwards sealed envelopes that it can neither read nor attribute.
///
/// Without a command it serves.
#[derive(Debug, Parser)]
#[command(name = "a2a-relay", version, args_conflicts_with_subcommands = true)]
pub struct CommandLine {
    /// A settings file (TOML): each key is an option's long name; flags and variables stand above it
    #[arg(long, env = "A2A_RELAY_CONFIG", value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to serve, when there is no command.
    #[command(flatten)]
    pub serve: Serve,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the relay
    Serve(Serve),
    /// Make, list and withdraw join links for newcomers; works beside a running relay
    #[command(subcommand)]
    Token(Token),
    /// Copy the store to a file, consistent, while a relay serves from it
    Backup(Backup),
    /// Move everything from one store to another, while no relay serves from either; begun again it goes on
    Migrate(Migrate),
    /// Look at everything a relay needs, and say what is wrong and what to do about it
    Doctor(Doctor),
    /// Ask the running relay whether it is ready; fails if it is not (for a container's health check)
    Health(Serve),
}

/// A copy of the store.
#[derive(Debug, Clone, Args)]
pub struct Backup {
    /// The file to make; nothing is overwritten
    pub path: PathBuf,
    /// Which store.
    #[command(flatten)]
    pub store: StoreOption,
}

/// From where to where.
#[derive(Debug, Clone, Args)]
pub struct Migrate {
    /// The store to read; it stays as it is
    #[arg(long, value_name = "STORE")]
    pub from: StoreUrl,
    /// The store to fill; an empty one
    #[arg(long, value_name = "STORE")]
    pub to: StoreUrl,
}

/// What to look at.
#[derive(Debug, Args)]
pub struct Doctor {
    /// As JSON
    #[arg(long)]
    pub json: bool,
    /// How the relay is served.
    #[command(flatten)]
    pub serve: Serve,
}

/// How to serve.
#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// Where to listen
    #[arg(long, env = "A2A_RELAY_LISTEN", default_value = "127.0.0.1:8787", value_name = "ADDR:PORT")]
    pub listen: SocketAddr,
    /// Where everything is kept [default: relay.db in the data folder]
    #[command(flatten)]
    pub store: StoreOption,
    /// Serve from sled although a power cut can lose mail that was accepted
    #[arg(long, env = "A2A_RELAY_ACCEPT_DATA_LOSS")]
    pub accept_data_loss: bool,
    /// Who may register
    #[arg(long, env = "A2A_RELAY_REGISTRATION", value_enum, default_value_t = Registration::Token)]
    pub registration: Registration,
    /// The address that users see; part of every proof, so it must stay the same [default: where it listens, on loopback]
    #[arg(long, env = "A2A_RELAY_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<PublicUrl>,
    /// Where /health, /ready and /metrics listen, without TLS: for the operator alone [default: nowhere]
    #[arg(long, env = "A2A_RELAY_OPERATOR_LISTEN", value_name = "ADDR:PORT")]
    pub operator_listen: Option<SocketAddr>,
    /// The file with the master secret; the same for every relay on one Postgres [default: beside the store, named like
    /// it with .secret; for Postgres relay.secret in the data folder]
    #[arg(long, env = "A2A_RELAY_SECRET_FILE", value_name = "PATH")]
    pub secret_file: Option<PathBuf>,
    /// Leading zero bits that a stranger's proof of work needs while few knock
    #[arg(long, env = "A2A_RELAY_KNOCK_DIFFICULTY", default_value_t = 18, value_name = "BITS", value_parser = clap::value_parser!(u32).range(0..=40))]
    pub knock_difficulty: u32,
    /// Ports that webhooks may be at
    #[arg(long, env = "A2A_RELAY_WEBHOOK_PORTS", value_delimiter = ',', default_values_t = [443, 8443], value_name = "PORT,…")]
    pub webhook_ports: Vec<u16>,
    /// Also call webhooks at http:// on this machine: for trying things out, and for nothing else
    #[arg(long, env = "A2A_RELAY_WEBHOOK_THIS_MACHINE")]
    pub webhook_this_machine: bool,
    /// Deposits of one lane each second, on average; 0 for no limit
    #[arg(long, env = "A2A_RELAY_LANE_RATE", default_value_t = 100, value_name = "PER-SECOND")]
    pub lane_rate: u32,
    /// Requests of one owner each second, on average; 0 for no limit
    #[arg(long, env = "A2A_RELAY_OWNER_RATE", default_value_t = 50, value_name = "PER-SECOND")]
    pub owner_rate: u32,
    /// MiB that one owner's sealed backup may take here, the one before it included while it is replaced; 0 for no backups
    #[arg(long, env = "A2A_RELAY_BACKUP_MIB", default_value_t = 128, value_name = "MIB")]
    pub backup_mib: u32,
    /// A certificate chain (PEM) to serve TLS with [default: none, a proxy does it]
    #[arg(long, env = "A2A_RELAY_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The private key of that certificate (PEM) [default: none]
    #[arg(long, env = "A2A_RELAY_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Only say what it would do and whether it could
    #[arg(long)]
    pub check: bool,
}

/// Which store.
#[derive(Debug, Clone, Args)]
pub struct StoreOption {
    /// Where everything is kept [default: relay.db in the data folder]
    #[arg(long, env = "A2A_RELAY_STORE", hide_env_values = true, value_name = "sqlite:PATH|sled:PATH|postgres://…")]
    pub store: Option<StoreUrl>,
}

/// Join links.
#[derive(Debug, Subcommand)]
pub enum Token {
    /// Print a new join link
    New {
        /// How many newcomers it lets in
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        uses: u32,
        /// How long it works
        #[arg(long, default_value = "7d", value_name = "DURATION", value_parser = humantime::parse_duration)]
        expires: Duration,
        /// The relay's address [default: that of the relay that serves, or last served, from the store]
        #[arg(long, env = "A2A_RELAY_PUBLIC_URL", value_name = "URL")]
        public_url: Option<PublicUrl>,
        /// Which store.
        #[command(flatten)]
        store: StoreOption,
    },
    /// List the join links that would still let somebody in; the links themselves are kept nowhere
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
        /// Which store.
        #[command(flatten)]
        store: StoreOption,
    },
    /// Withdraw a join link; whoever came in by it stays
    Revoke {
        /// Its name, as `token list` shows it
        name: String,
        /// Which store.
        #[command(flatten)]
        store: StoreOption,
    },
}

/// Who may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Registration {
    /// Everybody
    Open,
    /// Whoever has a join link
    Token,
    /// Nobody new
    Closed,
}

impl From<Registration> for RegistrationPolicy {
    fn from(registration: Registration) -> Self {
        match registration {
            Registration::Open => Self::Open,
            Registration::Token => Self::Token,
            Registration::Closed => Self::Closed,
        }
    }
}

/// A relay's address as a URL, reduced to its authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(pub RelayAuthority);

impl FromStr for PublicUrl {
    type Err = ParseRelayError;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        RelayAuthority::from_url(url).map(Self)
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A relay for others needs a name.
    #[error(
        "listening on {listen}, the relay needs to know the address its users see: add --public-url https://YOUR-HOST"
    )]
    PublicUrlNeeded {
        /// Where it listens.
        listen: SocketAddr,
    },
    /// One of two files that belong together is missing.
    #[error("TLS needs both --tls-cert and --tls-key")]
    HalfOfTls,
    /// There is no folder to keep things in.
    #[error("this system names no data folder; add --store sqlite:PATH or set A2A_RELAY_HOME")]
    NoDataFolder,
}

impl StoreOption {
    /// The store that was named, else the file `relay.db` in `A2A_RELAY_HOME` or the system's data folder.
    pub fn url(&self) -> Result<StoreUrl, ConfigError> {
        match &self.store {
            Some(url) => Ok(url.clone()),
            None => Ok(StoreUrl::Sqlite(data_folder()?.join("relay.db"))),
        }
    }

    /// What the files that belong to the store and stand outside of it are named after.
    pub fn files(&self) -> Result<PathBuf, ConfigError> {
        match self.url()? {
            StoreUrl::Sqlite(path) | StoreUrl::Sled(path) => Ok(path),
            StoreUrl::Postgres(_) => Ok(data_folder()?.join("relay")),
        }
    }
}

fn data_folder() -> Result<PathBuf, ConfigError> {
    if let Some(home) = std::env::var_os("A2A_RELAY_HOME").filter(|home| !home.is_empty()) {
        return Ok(PathBuf::from(home));
    }
    let folders = directories::ProjectDirs::from("", "", "a2a-relay");
    let folders = folders.ok_or(ConfigError::NoDataFolder)?;
    Ok(folders.data_dir().to_path_buf())
}

impl Serve {
    /// The relay's name: the one that was given, else where it really listens if that is this machine alone.
    pub fn authority(&self, listening: SocketAddr) -> Result<RelayAuthority, ConfigError> {
        if let Some(PublicUrl(authority)) = &self.public_url {
            return Ok(authority.clone());
        }
        let needed = ConfigError::PublicUrlNeeded { listen: listening };
        if !listening.ip().is_loopback() {
            return Err(needed);
        }
        listening.to_string().parse().map_err(|_| needed)
    }

    /// Which webhooks are called.
    pub fn webhooks(&self) -> Rules {
        Rules { ports: self.webhook_ports.clone(), this_machine: self.webhook_this_machine }
    }

    /// What one owner may make the relay keep.
    pub fn quotas(&self) -> Quotas {
        Quotas { backup_bytes: u64::from(self.backup_mib) * 1024 * 1024, ..Quotas::default() }
    }

    /// How fast lanes and owners may be.
    pub fn rates(&self) -> Rates {
        Rates { lane: NonZeroU32::new(self.lane_rate), owner: NonZeroU32::new(self.owner_rate) }
    }

    /// The files to serve TLS from, if any.
    pub fn tls_files(&self) -> Result<Option<(&Path, &Path)>, ConfigError> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
            (None, None) => Ok(None),
            _ => Err(ConfigError::HalfOfTls),
        }
    }

    /// The file of the master secret; `files` is what the store's files are named after.
    pub fn secret_path(&self, files: &Path) -> PathBuf {
        self.secret_file.clone().unwrap_or_else(|| beside(files, ".secret"))
    }
}

/// The file beside the store that is named like it, and then `suffix`.
pub fn beside(store: &Path, suffix: &str) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serve(arguments: &[&str]) -> Serve {
        let arguments = std::iter::once(&"a2a-relay").chain(arguments);
        CommandLine::try_parse_from(arguments).unwrap().serve
    }

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory;
        CommandLine::command().debug_assert();
    }

    #[test]
    fn on_loopback_the_name_is_where_it_listens() {
        let listening = "127.0.0.1:4321".parse().unwrap();
        let name = serve(&["--listen", "127.0.0.1:0"]).authority(listening).unwrap();
        assert_eq!(name.base_url(), "http://127.0.0.1:4321");
    }

    #[test]
    fn a_relay_for_others_needs_a_name() {
        let listening = "0.0.0.0:8787".parse().unwrap();
        let unnamed = serve(&["--listen", "0.0.0.0:8787"]).authority(listening);
        assert!(unnamed.unwrap_err().to_string().contains("--public-url https://"));
        let named = serve(&["--public-url", "https://relay.example.org/"]).authority(listening);
        assert_eq!(named.unwrap().as_str(), "relay.example.org");
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        let parsed = CommandLine::try_parse_from(["a2a-relay", "--public-url", "http://relay.example.org"]);
        assert!(parsed.is_err());
    }
}
