//! `a2a-relay health`: one question to the running relay, answered by the exit code.

use a2a_relay::config::Serve;
use a2a_relay::doctor::is_ready;
use anyhow::{Context, Result, bail};

/// Fails unless the relay says that it is ready.
pub(crate) async fn health(options: &Serve) -> Result<()> {
    let operator = options.operator_listen;
    let operator = operator.context("only a relay with --operator-listen can be asked whether it is ready")?;
    if is_ready(operator).await { Ok(()) } else { bail!("the relay is not ready") }
}
