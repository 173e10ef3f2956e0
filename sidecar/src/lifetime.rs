//! When this process ends: with a signal, or with the client that started it.

use std::time::Duration;

/// How often the client is looked for.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Waits until the process is told to stop, or whoever started it is gone.
pub(crate) async fn end() {
    tokio::select! {
        () = signal(Hangup::Ends) => {}
        () = orphaned() => {}
    }
}

/// The same for what may outlive the shell that started it: a hang-up that is ignored (`nohup`) stays ignored, and who
/// started it matters only where that is a client with a pipe to our standard input.
pub(crate) async fn end_by_itself() {
    tokio::select! {
        () = signal(on_hangup()) => {}
        () = orphaned(), if has_a_client() => {}
    }
}

/// What a hang-up does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hangup {
    /// It ends the process in good order.
    Ends,
    /// What the system does with it, which is nothing where it was told to ignore it.
    Untouched,
}

/// Only Linux tells; elsewhere the system does what it was told to do, and a process that it ends says no last words.
#[cfg(target_os = "linux")]
fn on_hangup() -> Hangup {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if ignores_hangup(&status) { Hangup::Untouched } else { Hangup::Ends }
}

#[cfg(not(target_os = "linux"))]
fn on_hangup() -> Hangup {
    Hangup::Untouched
}

/// Whether the lowest bit of the ignored signals is set, which is the hang-up's.
#[cfg(any(target_os = "linux", test))]
fn ignores_hangup(status: &str) -> bool {
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Whether standard input is a pipe or a socket, as a client's is; a terminal, a file or nothing is no client's.
#[cfg(unix)]
fn has_a_client() -> bool {
    use std::os::fd::AsFd as _;
    use std::os::unix::fs::FileTypeExt as _;
    let stdin = std::io::stdin().as_fd().try_clone_to_owned().map(std::fs::File::from);
    let kind = stdin.and_then(|stdin| stdin.metadata()).map(|found| found.file_type());
    kind.is_ok_and(|kind| kind.is_fifo() || kind.is_socket())
}

#[cfg(not(unix))]
fn has_a_client() -> bool {
    true
}

/// Waits for an interrupt, a termination or a hang-up that counts; to listen for one undoes that it is ignored.
#[cfg(unix)]
async fn signal(on_hangup: Hangup) {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [SignalKind::interrupt(), SignalKind::terminate()];
    let [Ok(mut interrupt), Ok(mut terminate)] = kinds.map(signal) else {
        return std::future::pending().await;
    };
    let hangup = async {
        let listened = (on_hangup == Hangup::Ends).then(|| signal(SignalKind::hangup()));
        match listened {
            Some(Ok(mut hangup)) => drop(hangup.recv().await),
            _ => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        () = hangup => {}
    }
}

/// Waits for Ctrl-C or Ctrl-Break.
#[cfg(not(unix))]
async fn signal(_: Hangup) {
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

#[cfg(test)]
mod tests {
    use super::ignores_hangup;

    #[test]
    fn an_ignored_hangup_is_the_lowest_bit() {
        assert!(ignores_hangup("Name:\ta2a\nSigIgn:\t0000000000001001\nSigCgt:\t0\n"));
        for none in ["SigIgn:\t0000000000001000\n", "SigCgt:\t1\n", "SigIgn:\tx\n", ""] {
            assert!(!ignores_hangup(none), "{none}");
        }
    }
}
