//! Waits for a condition with a generous deadline, never for a fixed time.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{Instant, sleep};

/// How long a condition may take before its test fails: far above what it takes on a busy machine.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// How often a condition is looked at. Each look is a tool call, and what a test waits for competes with it.
const STEP: Duration = Duration::from_millis(100);

/// Asks again until `ask` answers with a value; fails after [`DEADLINE`], naming `what` was awaited.
pub async fn eventually<T, F>(what: &str, ask: F) -> Result<T>
where
    F: AsyncFnMut() -> Result<Option<T>>,
{
    eventually_within(DEADLINE, what, ask).await
}

/// Like [`eventually`], with a deadline of its own.
pub async fn eventually_within<T, F>(deadline: Duration, what: &str, mut ask: F) -> Result<T>
where
    F: AsyncFnMut() -> Result<Option<T>>,
{
    let end = Instant::now() + deadline;
    loop {
        if let Some(value) = ask().await? {
            return Ok(value);
        }
        if Instant::now() > end {
            bail!("waited {deadline:?} for {what}");
        }
        sleep(STEP).await;
    }
}
