//! Real Postgres servers: the one that `tests/run` started, and others that a test may break.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use tokio_postgres::{Client, NoTls};

/// The server that tests share, if there is one.
fn server() -> Option<String> {
    let server = std::env::var("A2A_TEST_POSTGRES").ok();
    if server.is_none() {
        eprintln!("skipped: needs Postgres (A2A_TEST_POSTGRES names no server; tests/run starts one)");
    }
    server
}

/// A fresh database on the shared server.
pub(crate) async fn database() -> Option<String> {
    let server = server()?;
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    let name = format!("a2a_{:x}", u64::from_be_bytes(bytes));
    client(&server).await.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    let (address, _) = server.rsplit_once('/').unwrap();
    Some(format!("{address}/{name}"))
}

pub(crate) async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A server of a test's own, gone with it.
pub(crate) struct Server {
    folder: tempfile::TempDir,
    pub(crate) port: u16,
}

impl Server {
    /// A server, where tests may use Postgres at all.
    pub(crate) fn start() -> Option<Self> {
        server()?;
        let server = Self::new();
        server.act("start", &[&server.port.to_string()]);
        Some(server)
    }

    /// A server that also speaks TLS, with `server.crt` and `server.key` of the folder.
    pub(crate) fn start_with_tls(certified: &Path) -> Option<Self> {
        server()?;
        let server = Self::new();
        server.act("start", &[&server.port.to_string(), certified.to_str().unwrap()]);
        Some(server)
    }

    /// A copy that follows this one, and without which this one answers no commit from now on.
    pub(crate) async fn follow(&self) -> Self {
        let standby = Self::new();
        standby.act("follow", &[&standby.port.to_string(), &self.port.to_string()]);
        let client = client(&self.url()).await;
        for statement in ["ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"] {
            client.execute(statement, &[]).await.unwrap();
        }
        loop {
            let state = client.query_opt("SELECT sync_state FROM pg_stat_replication", &[]).await.unwrap();
            if state.is_some_and(|row| row.get::<_, &str>(0) == "sync") {
                return standby;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    fn new() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::Builder::new().prefix("a2a-postgres.").tempdir_in("/tmp").unwrap();
        #[cfg(unix)]
        open_to_all(folder.path());
        Self { folder, port }
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://a2a@127.0.0.1:{}/postgres", self.port)
    }

    pub(crate) fn act(&self, action: &str, arguments: &[&str]) {
        let script: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "tests", "postgres"].iter().collect();
        let mut command = Command::new(script);
        command.arg(action).arg(self.folder.path().join("server")).args(arguments);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{action}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Postgres runs as another user where the tests run as root.
#[cfg(unix)]
fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
}

impl Drop for Server {
    fn drop(&mut self) {
        let script: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "tests", "postgres"].iter().collect();
        let _ = Command::new(script).arg("stop").arg(self.folder.path().join("server")).output();
    }
}
