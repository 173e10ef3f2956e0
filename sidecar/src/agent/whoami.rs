//! Who we are, and what waits for us.

use std::sync::Arc;
use std::time::Duration;

use super::core::Core;
use super::recovery::words;
use super::{ReadError, RelayState, Trouble, Whoami, away, relays};
use crate::store::{messages, pending, requests};

/// How long the relay has to answer.
const PATIENCE: Duration = Duration::from_secs(4);

/// Our identity with counts of what waits; asks the relay whether it is there.
pub(super) async fn whoami(core: &Arc<Core>, vault: String) -> Result<Whoami, ReadError> {
    let relay_state = relay_state(core).await?;
    let held = Arc::clone(core);
    let (unread, session_unread, waiting, pending, recovery, away) = core
        .read(move |tx, ctx| {
            let pending = pending::asked_count(tx, ctx.now)? + requests::len(tx)?;
            let (unread, waiting) = (messages::unread(tx, None)?, messages::waiting(tx, None)?);
            let here = unread.saturating_sub(held.being_shown()) + held.session.read_elsewhere(tx)?;
            Ok::<_, Trouble>((unread, here, waiting, pending, words::state(tx, ctx.now)?, away::lasting(tx, ctx)?))
        })
        .await?;
    Ok(Whoami {
        agent_id: *core.me.id(),
        address: core.me.address()?,
        display_name: core.me.display_name.clone(),
        handle: core.me.handle.as_ref().map(ToString::to_string),
        relay: core.me.relay()?.clone(),
        relay_state,
        safety_words: core.me.safety_words(),
        unread,
        session_unread,
        pending,
        waiting,
        vault,
        recovery,
        away: away.is_some(),
        away_until: away.and_then(|away| away.until),
    })
}

/// Whether our relay answers.
pub(super) async fn relay_state(core: &Core) -> Result<RelayState, Trouble> {
    let net = core.net()?;
    let relay = net.client.own_relay();
    Ok(match tokio::time::timeout(PATIENCE, net.client.describe(relay)).await {
        Ok(Ok(_)) => RelayState::Reachable,
        Ok(Err(failure)) => RelayState::Away(relays::waiting(relay, &failure)),
        Err(_) => RelayState::Away(format!("the relay {relay} did not answer in time")),
    })
}
