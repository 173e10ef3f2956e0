//! Room on the disk that holds the store.

use std::path::Path;

use super::Finding;

const ABOUT: &str = "disk";
#[cfg(unix)]
const LITTLE: u64 = 1 << 30;
#[cfg(unix)]
const TOO_LITTLE: u64 = 64 << 20;

/// How much is free where the store stands, or would.
#[cfg(unix)]
pub(super) fn room(store: &Path) -> Finding {
    let folder = store.ancestors().skip(1).find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    let Ok(system) = rustix::fs::statvfs(folder) else {
        return Finding::wrong(ABOUT, format!("cannot look at {}", folder.display()));
    };
    let free = system.f_bavail.saturating_mul(system.f_frsize);
    let said = format!("{} MiB free in {}", free >> 20, folder.display());
    match free {
        ..TOO_LITTLE => Finding::wrong(ABOUT, format!("{said}: deposits will be refused; make room")),
        TOO_LITTLE..LITTLE => Finding::mind(ABOUT, format!("{said}: not much")),
        LITTLE.. => Finding::well(ABOUT, said),
    }
}

#[cfg(not(unix))]
pub(super) fn room(_store: &Path) -> Finding {
    Finding::mind(ABOUT, "cannot be looked at on this system")
}
