//! `a2a-relay serve`: opens what a relay needs, says where it stands, and serves until it is told to stop.

use std::path::Path;
use std::sync::Arc;

use a2a_relay::clock::Clock;
use a2a_relay::config::{self, Serve};
use a2a_relay::policy::Policy;
use a2a_relay::secret::MasterSecret;
use a2a_relay::store::Quotas;
use a2a_relay::store::sqlite::{SqliteStore, StoreLock};
use a2a_relay::{Listeners, Relay, RelayState, first_start};
use anyhow::{Context, Result};
use tokio::net::TcpListener;

use crate::output;

/// Serves until SIGINT or SIGTERM.
pub(crate) async fn serve(options: Serve) -> Result<()> {
    let path = options.store.path()?;
    let _lock = StoreLock::take(&path)?;
    let store = Arc::new(SqliteStore::open(&path, Quotas::default())?);
    let secret_path = options.secret_path(&path);
    let secret = MasterSecret::open(&secret_path, !store.has_accounts().await?)?;
    let listeners = listen(&options).await?;
    let listening = listeners.public.local_addr()?;
    let mut policy = Policy::new(options.authority(listening)?, options.registration.into());
    policy.knock_difficulty = options.knock_difficulty;
    store.note_public_url(policy.authority.base_url()).await?;
    let welcome = welcome(&options, &store, &policy, &path).await?;

    let relay = Relay::new(store, secret, Clock::System, policy);
    stop_on_signal(&relay)?;
    output::line(&format!("a2a-relay listening on http://{listening}"));
    welcome.iter().for_each(|line| output::line(line));
    a2a_relay::serve(listeners, relay).await;
    Ok(())
}

async fn listen(options: &Serve) -> Result<Listeners> {
    let bind = async |address| {
        let bound = TcpListener::bind(address).await;
        bound.with_context(|| format!("cannot listen on {address}"))
    };
    Ok(Listeners {
        public: bind(options.listen).await?,
        operator: match options.operator_listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        },
    })
}

/// What an operator wants to know once it runs.
async fn welcome(options: &Serve, store: &SqliteStore, policy: &Policy, path: &Path) -> Result<Vec<String>> {
    let url = policy.authority.base_url();
    let mut lines = vec![
        format!("  agents reach it at {url}"),
        format!("  it keeps everything in {}", path.display()),
        format!("  back up its master secret apart: {}", options.secret_path(path).display()),
    ];
    lines.push(match options.registration {
        config::Registration::Open => format!("  anybody may register: a2a init {url}"),
        config::Registration::Closed => "  nobody new may register".to_owned(),
        config::Registration::Token => join_hint(store, policy, path).await?,
    });
    Ok(lines)
}

async fn join_hint(store: &SqliteStore, policy: &Policy, path: &Path) -> Result<String> {
    if store.has_accounts().await? {
        return Ok("  newcomers need a join link: a2a-relay token new".to_owned());
    }
    let link = config::beside(path, ".join-link");
    first_start::write_join_link(store, &policy.authority, &link, Clock::System.now()).await?;
    let link = link.display();
    Ok(format!("  your join link stands in {link}: a2a init \"$(cat '{link}')\""))
}

/// Stops on SIGINT and SIGTERM; a second one does not hurry it.
fn stop_on_signal(relay: &RelayState) -> Result<()> {
    let relay = relay.clone();
    #[cfg(unix)]
    let mut terminate = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?
    };
    tokio::spawn(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
        tracing::info!("going down");
        relay.shut_down();
    });
    Ok(())
}
