//! Looks at everything a relay needs, and says what is wrong and what to do about it.

mod address;
mod clock;
mod disk;
mod files;
mod listener;
mod store;

use std::net::SocketAddr;

use crate::config::Serve;

pub use listener::is_ready;

/// How something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// As it should be.
    Well,
    /// It works, but somebody should know.
    Mind,
    /// It does not work.
    Wrong,
}

/// What was found out about one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub about: &'static str,
    /// How it is.
    pub state: State,
    /// What was found, and what to do.
    pub said: String,
}

impl Finding {
    fn well(about: &'static str, said: impl Into<String>) -> Self {
        Self { about, state: State::Well, said: said.into() }
    }

    fn mind(about: &'static str, said: impl Into<String>) -> Self {
        Self { about, state: State::Mind, said: said.into() }
    }

    fn wrong(about: &'static str, said: impl Into<String>) -> Self {
        Self { about, state: State::Wrong, said: said.into() }
    }
}

/// Everything, whether the relay runs or not.
pub async fn examine(options: &Serve) -> Vec<Finding> {
    let mut findings = before_start(options).await;
    findings.extend(address::reached(options).await);
    findings.push(listener::operator(options.operator_listen).await);
    findings
}

/// What must be right before a relay can start.
pub async fn before_start(options: &Serve) -> Vec<Finding> {
    let mut findings = vec![address::named(options), listener::public(options).await, files::tls(options)];
    match (options.store.url(), options.store.files()) {
        (Ok(url), Ok(files)) => {
            findings.push(store::look(&url).await);
            findings.extend(files::look(options, &files));
            findings.push(disk::room(&files));
        }
        (Err(error), _) | (_, Err(error)) => findings.push(Finding::wrong("store", error.to_string())),
    }
    findings.extend([clock::sane(), listener::open_files()]);
    findings
}

/// Another relay's answer must not keep the doctor waiting.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

fn client() -> reqwest::ClientBuilder {
    let redirects = reqwest::redirect::Policy::none();
    reqwest::Client::builder().no_proxy().redirect(redirects).timeout(PATIENCE)
}

fn loopback_of(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        ip if !ip.is_unspecified() => ip,
        ip if ip.is_ipv4() => std::net::Ipv4Addr::LOCALHOST.into(),
        _ => std::net::Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, address.port())
}
