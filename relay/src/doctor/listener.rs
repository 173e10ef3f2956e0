//! The listeners: whether their addresses are free or the relay is there already, and how many connections fit.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::{Finding, client, loopback_of};
use crate::config::Serve;
use crate::open_files;

const ABOUT: &str = "listener";
/// Below this, waiting collectors use up what a process may have open.
const FEW_FILES: u64 = 16 * 1024;

/// Whether the public listener's address is free, or has a relay on it.
pub(super) async fn public(options: &Serve) -> Finding {
    let listen = options.listen;
    match TcpListener::bind(listen).await {
        Ok(_) => Finding::well(ABOUT, format!("{listen} is free: no relay runs there")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => taken(options).await,
        Err(error) => Finding::wrong(ABOUT, format!("cannot listen on {listen}: {error}")),
    }
}

async fn taken(options: &Serve) -> Finding {
    let listen = options.listen;
    // A certificate is for the public name, not for this address; there the public address is asked.
    if options.tls_cert.is_some() || answers(loopback_of(listen), "/.well-known/a2a-relay").await {
        return Finding::well(ABOUT, format!("something serves on {listen} already"));
    }
    Finding::wrong(ABOUT, format!("something else listens on {listen}: stop it, or choose another --listen"))
}

/// What the operator's listener says.
pub(super) async fn operator(address: Option<SocketAddr>) -> Finding {
    let about = "ready";
    let Some(address) = address else {
        return Finding::mind(about, "nobody can ask whether it is ready: add --operator-listen 127.0.0.1:8788");
    };
    if is_ready(address).await {
        return Finding::well(about, format!("the relay says so on {address}"));
    }
    Finding::wrong(about, format!("no relay says so on {address}: it is down, starting, or its store is away"))
}

/// Whether the relay behind this operator's listener is ready.
pub async fn is_ready(operator: SocketAddr) -> bool {
    answers(loopback_of(operator), "/ready").await
}

async fn answers(address: SocketAddr, path: &str) -> bool {
    // Asked in the clear, so that a root without any certificates is no reason to fail.
    let Ok(client) = client().tls_certs_only([]).build() else { return false };
    let answer = client.get(format!("http://{address}{path}")).send().await;
    answer.is_ok_and(|answer| answer.status().is_success())
}

/// Whether as many collectors as are let in can be connected.
pub(super) fn open_files() -> Finding {
    let about = "limits";
    match open_files::most() {
        Some(most) if most < FEW_FILES => Finding::mind(
            about,
            format!(
                "only {most} connections can be open at once: raise the limit of open files (LimitNOFILE, ulimit -n)"
            ),
        ),
        Some(most) => Finding::well(about, format!("{most} files and connections may be open at once")),
        None => Finding::well(about, "no limit of open files"),
    }
}
