//! When this process ends: with a signal, or with the client that started it.

use std::time::Duration;

/// How often the client is looked for.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Waits until the process is told to stop, or the client that started it is gone.
pub(crate) async fn end() {
    tokio::select! {
        () = signal() => {}
        () = orphaned() => {}
    }
}

/// Waits for an interrupt, a termination or a hang-up.
#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let [Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)] = kinds.map(signal) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
}

/// Waits for Ctrl-C or Ctrl-Break.
#[cfg(not(unix))]
async fn signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}

/// Waits until the parent is another process than at the start.
///
/// A client that is killed cannot say good-bye, and its end of our standard input may live on in one of its other
/// children. The kernel's own death signal is no help: it comes when the *thread* that started us ends.
#[cfg(unix)]
async fn orphaned() {
    let parent = std::os::unix::process::parent_id();
    while std::os::unix::process::parent_id() == parent {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Elsewhere the end of standard input is the only sign.
#[cfg(not(unix))]
async fn orphaned() {
    let _ = LOOK_EVERY;
    std::future::pending().await
}
