//! Has the store delete what expired, now and then, a slice at a time.

use std::time::Duration;

use crate::metrics;
use crate::state::Relay;

/// Expiry is a matter of days; until it is deleted, what has expired is served.
const INTERVAL: Duration = Duration::from_secs(10 * 60);
/// Between two slices, so that deposits go first.
const BREATH: Duration = Duration::from_millis(50);

/// Sweeps until the relay goes down.
pub(crate) async fn run(relay: &Relay) {
    let mut pause = Duration::ZERO;
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = relay.shutdown.cancelled() => return,
        }
        // A store that is away is asked again at the next turn; it logged why.
        let swept = relay.store.sweep(relay.now()).await.unwrap_or_default();
        if swept.rows > 0 {
            metrics::swept(swept.rows);
            tracing::debug!(rows = swept.rows, "deleted what had expired");
        }
        relay.paces.forget_idle();
        pause = if swept.more { BREATH } else { INTERVAL };
    }
}
