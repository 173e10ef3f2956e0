//! The clock: deposits are refused when it is wrong, because their proofs carry a time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::HeaderMap;
use axum::http::header::DATE;

use super::Finding;

const ABOUT: &str = "clock";
/// The first of September 2026: no relay of this version ran before.
const BUILT_AFTER: Duration = Duration::from_secs(1_788_220_800);
/// Far below what a proof may be off.
const TOLERATED: Duration = Duration::from_secs(30);

/// Whether the clock stands at a time at which this program existed.
pub(super) fn sane() -> Finding {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    if since < BUILT_AFTER {
        return Finding::wrong(ABOUT, "stands before this program was made: set it, or let the system keep it by NTP");
    }
    Finding::well(ABOUT, humantime::format_rfc3339_seconds(SystemTime::now()).to_string())
}

/// Whether it agrees with what answers at the public address.
pub(super) fn compared(headers: &HeaderMap) -> Finding {
    let stated =
        headers.get(DATE).and_then(|date| date.to_str().ok()).and_then(|date| httpdate::parse_http_date(date).ok());
    let Some(there) = stated else {
        return Finding::mind(ABOUT, "the answer carries no Date: sidecars correct their clocks by it");
    };
    let now = SystemTime::now();
    let apart = now.duration_since(there).unwrap_or_else(|behind| behind.duration());
    if apart > TOLERATED {
        return Finding::wrong(
            ABOUT,
            format!("is {} s apart from the public address: let NTP keep both", apart.as_secs()),
        );
    }
    Finding::well(ABOUT, "agrees with the public address")
}
