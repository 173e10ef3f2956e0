//! How an operator names a store: `sqlite:PATH`, `sled:PATH` or `postgres://…`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Connections of one relay to Postgres, unless the URL says otherwise.
const CONNECTIONS: usize = 16;
/// More would only wait for one another in the database.
const MOST_CONNECTIONS: usize = 512;

/// Which store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// One file, one machine.
    Sqlite(PathBuf),
    /// One folder, one machine, not safe against a power cut.
    Sled(PathBuf),
    /// A Postgres that any number of relays share.
    Postgres(Box<PostgresUrl>),
}

/// Where a Postgres is and how to speak to it. Its `Debug` shows no password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    /// Hosts, database, user and settings.
    pub(crate) config: tokio_postgres::Config,
    /// The file with the certificates that the server's must lead to, if not the system's.
    pub(crate) root_certificates: Option<PathBuf>,
    /// How many connections one relay holds at most.
    pub(crate) connections: usize,
}

/// Why a text names no store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseStoreUrlError {
    /// Neither of the three.
    #[error(
        "a store is named sqlite:PATH, sled:PATH or postgres://USER:PASSWORD@HOST/DATABASE, as in sqlite:/var/lib/a2a-relay/relay.db"
    )]
    Kind,
    /// No path.
    #[error("after {0}: comes the path of the store, as in {0}:/var/lib/a2a-relay/relay")]
    Path(&'static str),
    /// Not as Postgres names itself.
    #[error("not a Postgres address ({0}); write postgres://USER:PASSWORD@HOST:PORT/DATABASE")]
    Postgres(String),
    /// A number is needed.
    #[error("connections= takes a number from 1 to 512")]
    Connections,
}

impl FromStr for StoreUrl {
    type Err = ParseStoreUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            return path_of("sqlite", path).map(Self::Sqlite);
        }
        if let Some(path) = text.strip_prefix("sled:") {
            return path_of("sled", path).map(Self::Sled);
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return text.parse().map(Box::new).map(Self::Postgres);
        }
        Err(ParseStoreUrlError::Kind)
    }
}

fn path_of(kind: &'static str, path: &str) -> Result<PathBuf, ParseStoreUrlError> {
    if path.is_empty() { Err(ParseStoreUrlError::Path(kind)) } else { Ok(PathBuf::from(path)) }
}

impl FromStr for PostgresUrl {
    type Err = ParseStoreUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, parameters) = text.split_once('?').unwrap_or((text, ""));
        let (mut root_certificates, mut connections, mut encryption) = (None, CONNECTIONS, None);
        let mut others = Vec::new();
        for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("sslrootcert", path)) => root_certificates = Some(PathBuf::from(path)),
                Some(("sslmode", mode)) => encryption = Some(mode.to_owned()),
                Some(("connections", number)) => connections = number_of(number)?,
                _ => others.push(parameter),
            }
        }
        let plain = format!("{address}?{}", others.join("&"));
        // The parser's words name the part that is wrong, never its value.
        let mut config: tokio_postgres::Config =
            plain.parse().map_err(|error: tokio_postgres::Error| ParseStoreUrlError::Postgres(error.to_string()))?;
        encrypt(&mut config, encryption.as_deref())?;
        Ok(Self { config, root_certificates, connections })
    }
}

fn number_of(text: &str) -> Result<usize, ParseStoreUrlError> {
    let number = text.parse().map_err(|_| ParseStoreUrlError::Connections)?;
    if (1..=MOST_CONNECTIONS).contains(&number) { Ok(number) } else { Err(ParseStoreUrlError::Connections) }
}

/// Everything but this machine is spoken to by TLS with a certificate that is checked, unless the operator says no.
fn encrypt(config: &mut tokio_postgres::Config, mode: Option<&str>) -> Result<(), ParseStoreUrlError> {
    use tokio_postgres::config::SslMode;
    let mode = match mode {
        None if config.get_hosts().iter().all(is_this_machine) => SslMode::Disable,
        Some("disable") => SslMode::Disable,
        None | Some("require" | "verify-ca" | "verify-full") => SslMode::Require,
        Some(_) => {
            let words = "sslmode is disable or verify-full";
            return Err(ParseStoreUrlError::Postgres(words.to_owned()));
        }
    };
    config.ssl_mode(mode);
    Ok(())
}

fn is_this_machine(host: &tokio_postgres::config::Host) -> bool {
    match host {
        tokio_postgres::config::Host::Tcp(name) => matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1"),
        #[cfg(unix)]
        tokio_postgres::config::Host::Unix(_) => true,
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresUrl({self})")
    }
}

/// Hosts and database: what an operator recognises it by, and nothing secret.
impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts = self.config.get_hosts().iter().enumerate().map(|(at, host)| {
            let port = self.config.get_ports().get(at).or(self.config.get_ports().first()).copied().unwrap_or(5432);
            match host {
                tokio_postgres::config::Host::Tcp(name) => format!("{name}:{port}"),
                #[cfg(unix)]
                tokio_postgres::config::Host::Unix(folder) => format!("{}:{port}", folder.display()),
            }
        });
        let hosts: Vec<_> = hosts.collect();
        write!(f, "postgres://{}/{}", hosts.join(","), self.config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) | Self::Sled(path) => path.display().fmt(f),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn postgres(text: &str) -> PostgresUrl {
        match text.parse() {
            Ok(StoreUrl::Postgres(url)) => *url,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_store_is_named_by_its_kind() {
        assert_eq!("sqlite:a/b.db".parse(), Ok(StoreUrl::Sqlite("a/b.db".into())));
        assert_eq!("sled:a/b".parse(), Ok(StoreUrl::Sled("a/b".into())));
        for (text, words) in [
            ("relay.db", "sqlite:PATH, sled:PATH or postgres://"),
            ("mysql://host/db", "sqlite:PATH, sled:PATH or postgres://"),
            ("sqlite:", "after sqlite: comes the path"),
            ("postgres://host:many/db", "not a Postgres address"),
            ("postgres://host/db?connections=0", "1 to 512"),
            ("postgres://host/db?sslmode=prefer", "sslmode is disable or verify-full"),
        ] {
            let error = text.parse::<StoreUrl>().unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let url = postgres("postgres://relay:s3cret@a.example,b.example:5433/mail?connections=4");
        assert_eq!(url.connections, 4);
        assert_eq!(url.to_string(), "postgres://a.example:5432,b.example:5433/mail");
        assert!(!format!("{url:?}").contains("s3cret"));
    }

    #[test]
    fn the_network_is_encrypted_and_this_machine_need_not_be() {
        use tokio_postgres::config::SslMode;
        for (text, mode) in [
            ("postgres://localhost/mail", SslMode::Disable),
            ("postgres://127.0.0.1:5433/mail", SslMode::Disable),
            ("postgres://localhost/mail?sslmode=verify-full", SslMode::Require),
            ("postgres://db.example/mail", SslMode::Require),
            ("postgres://localhost,db.example/mail", SslMode::Require),
            ("postgres://db.example/mail?sslmode=disable", SslMode::Disable),
        ] {
            assert_eq!(postgres(text).config.get_ssl_mode(), mode, "{text}");
        }
        let own = postgres("postgres://db.example/mail?sslrootcert=ca.pem");
        assert_eq!(own.root_certificates, Some("ca.pem".into()));
    }
}
