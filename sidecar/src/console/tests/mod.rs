//! Attacks on the console, and what its pages make of hostile text.

mod acts;
mod bounds;
mod compose;
mod computer;
mod gate;
mod habits;
mod idle;
mod inert;
mod marking;
mod policy;
mod requests;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::form::SECRET;
use super::gate::Gate;
use super::room::Room;
use super::{Console, Links};
use crate::agent::{Agent, AgentConfig};
use crate::clock::SystemClock;
use crate::keys::memory::MemoryVault;
use crate::loopback::testing::{Reply, send};
use crate::paths::Home;

/// An agent that has no identity yet: enough for everything that stands before the pages.
async fn nobody(folder: &std::path::Path) -> Agent {
    let config = AgentConfig {
        home: Home::at(folder),
        vault: Arc::new(MemoryVault::default()),
        clock: Arc::new(SystemClock),
        default_relay: None,
        argon2_mib: crate::keys::MINIMUM_MEMORY_MIB,
    };
    Agent::open(config).await.unwrap()
}

/// A room to draw pages for.
async fn room() -> (tempfile::TempDir, Room) {
    let folder = tempfile::tempdir().unwrap();
    let agent = nobody(folder.path()).await;
    (folder, Room::new(agent, Gate::new(1).unwrap(), None))
}

/// A console that is served, and whether the owner closed it: the one act that needs no agent.
struct World {
    links: Links,
    authority: String,
    cancel: CancellationToken,
    served: tokio::task::JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        Self::serving(|console, cancel| tokio::spawn(console.serve(cancel))).await
    }

    /// One that ends when nobody looks for that long.
    async fn watched_within(patience: Duration) -> Self {
        Self::serving(|console, _| tokio::spawn(console.serve_while_watched_within(patience))).await
    }

    async fn serving(serve: impl FnOnce(Console, CancellationToken) -> tokio::task::JoinHandle<()>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let console = Console::open(nobody(folder.path()).await, None, 0).await.unwrap();
        let (links, cancel) = (console.links(), CancellationToken::new());
        let authority = links.fresh().unwrap().strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
        let served = serve(console, cancel.clone());
        Self { links, authority, cancel, served, _folder: folder }
    }

    /// A link's path.
    fn fresh(&self) -> String {
        self.links.fresh().unwrap().split_once(&self.authority).unwrap().1.to_owned()
    }

    /// A request with these further header lines.
    async fn request(&self, method: &str, path: &str, more: &str, body: &str) -> Reply {
        let head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n{more}", self.authority);
        send(&self.authority, &head, body).await
    }

    /// Opens a fresh link as a browser does.
    async fn enter(&self) -> Session<'_> {
        let opened = self.request("GET", &self.fresh(), "", "").await;
        assert_eq!(opened.status, 200, "{}", opened.body);
        let cookie = opened.header("set-cookie").unwrap();
        let base = cookie.split("Path=").nth(1).unwrap().split(';').next().unwrap().to_owned();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let mut session = Session { world: self, base, cookie, form: String::new() };
        let page = session.get("inbox").await;
        let field = format!("name=\"{SECRET}\" value=\"");
        session.form = match page.body.split(&field).nth(1) {
            Some(rest) => rest.split('"').next().unwrap().to_owned(),
            // without an agent no page has a form, so the secret is read where it is kept
            None => self.links.0.gate.form_secret().to_owned(),
        };
        session
    }

    fn is_closed(&self) -> bool {
        self.links.0.closed.is_cancelled()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.cancel.cancel();
        self.served.abort();
    }
}

/// A browser that opened the link.
struct Session<'w> {
    world: &'w World,
    base: String,
    cookie: String,
    form: String,
}

impl Session<'_> {
    async fn get(&self, path: &str) -> Reply {
        let cookie = format!("cookie: {}\r\n", self.cookie);
        self.world.request("GET", &format!("{}/{path}", self.base), &cookie, "").await
    }

    /// Posts to the page that closes the console, as a browser would but for what is said otherwise.
    async fn close(&self, form: &str, cookie: &str, origin: Option<&str>, more: &str) -> Reply {
        let origin = origin.map(|origin| format!("origin: {origin}\r\n")).unwrap_or_default();
        let head = format!("{cookie}{origin}{more}content-type: application/x-www-form-urlencoded\r\n");
        let path = format!("{}/close", self.base);
        self.world.request("POST", &path, &head, &format!("{SECRET}={form}")).await
    }

    fn cookie_line(&self) -> String {
        format!("cookie: {}\r\n", self.cookie)
    }

    fn own_origin(&self) -> String {
        format!("http://{}", self.world.authority)
    }
}
