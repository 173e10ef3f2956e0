//! `a2a-relay serve`: opens what a relay needs, says where it stands, and serves until it is told to stop.

use std::path::Path;

use a2a_relay::clock::Clock;
use a2a_relay::config::{self, Serve};
use a2a_relay::metrics::Exposition;
use a2a_relay::migrate;
use a2a_relay::open_files;
use a2a_relay::policy::Policy;
use a2a_relay::secret::{MasterSecret, MasterSecretError};
use a2a_relay::store::{self, Fact, Serving, Store};
use a2a_relay::tls::Tls;
use a2a_relay::{Listeners, Relay, RelayState, first_start};
use anyhow::{Context, Result, bail};
use tokio::net::TcpListener;

use super::check;
use crate::output;

/// Serves until SIGINT or SIGTERM.
pub(crate) async fn serve(options: Serve) -> Result<()> {
    if options.check {
        return check::check(&options).await;
    }
    open_files::allow_many();
    // Before the store: it counts too.
    let exposition = options.operator_listen.map(|_| Exposition::install()).transpose()?;
    let files = options.store.files()?;
    let serving = Serving::Alone { accept_data_loss: options.accept_data_loss };
    let opened = store::open(&options.store.url()?, options.quotas(), serving).await?;
    if migrate::is_unfinished(&opened).await? {
        bail!("a move into this store was cut off. Run a2a-relay migrate to its end first");
    }
    let store = opened.store.clone();
    let secret = open_secret(&*store, &options.secret_path(&files)).await?;
    let listeners = listen(&options, exposition).await?;
    let listening = listeners.public.local_addr()?;
    let operator = listeners.operator.as_ref().map(TcpListener::local_addr).transpose()?;
    let mut policy = Policy::new(options.authority(listening)?, options.registration.into());
    policy.knock_difficulty = options.knock_difficulty;
    policy.rates = options.rates();
    policy.quotas = options.quotas();
    policy.webhooks = options.webhooks();
    store.note(Fact::PublicUrl, policy.authority.base_url()).await?;
    let welcome = welcome(&options, &*store, &policy, &files).await?;

    let relay = Relay::new(store, secret, Clock::System, policy);
    stop_on_signal(&relay)?;
    let scheme = if listeners.tls.is_some() { "https" } else { "http" };
    output::line(&format!("a2a-relay listening on {scheme}://{listening}"));
    welcome.iter().for_each(|line| output::line(line));
    if let Some(operator) = operator {
        output::line(&format!("  it tells its operator how it is: http://{operator}"));
    }
    a2a_relay::serve(listeners, relay).await;
    Ok(())
}

/// The master secret, the same one for every relay that ever serves from this store.
async fn open_secret(store: &dyn Store, path: &Path) -> Result<MasterSecret> {
    let secret = MasterSecret::open(path, !store.has_accounts().await?)?;
    for (version, mark) in secret.marks() {
        if store.settle(Fact::SecretMark(version), mark.clone()).await? != mark {
            return Err(MasterSecretError::Another { path: path.to_path_buf() }.into());
        }
    }
    Ok(secret)
}

async fn listen(options: &Serve, exposition: Option<Exposition>) -> Result<Listeners> {
    let bind = async |address| {
        let bound = TcpListener::bind(address).await;
        bound.with_context(|| format!("cannot listen on {address}"))
    };
    let tls = options.tls_files()?.map(|(certificate, key)| Tls::from_files(certificate, key)).transpose()?;
    Ok(Listeners {
        tls,
        exposition,
        public: bind(options.listen).await?,
        operator: match options.operator_listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        },
    })
}

/// What an operator wants to know once it runs.
async fn welcome(options: &Serve, store: &dyn Store, policy: &Policy, files: &Path) -> Result<Vec<String>> {
    let url = policy.authority.base_url();
    let mut lines = vec![
        format!("  agents reach it at {url}"),
        format!("  it keeps everything in {}", options.store.url()?),
        format!("  back up its master secret apart: {}", options.secret_path(files).display()),
    ];
    lines.push(match options.registration {
        config::Registration::Open => format!("  anybody may register: a2a init {url}"),
        config::Registration::Closed => "  nobody new may register".to_owned(),
        config::Registration::Token => join_hint(store, policy, files).await?,
    });
    Ok(lines)
}

async fn join_hint(store: &dyn Store, policy: &Policy, files: &Path) -> Result<String> {
    if store.has_accounts().await? {
        return Ok("  newcomers need a join link: a2a-relay token new".to_owned());
    }
    let link = config::beside(files, ".join-link");
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
