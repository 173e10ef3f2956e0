//! How things stand, cheaply enough to be looked at every second.

use std::sync::Arc;
use std::time::Instant;

use super::core::Core;
use super::{Glance, ReadError, RelayReply, Trouble, audit, notices, whoami};
use crate::store::{messages, meta, peers, pending, requests};

/// What stands on this machine; no relay is asked.
pub(super) async fn glance(core: &Arc<Core>) -> Result<Glance, ReadError> {
    let holder = u64::from_be_bytes(core.holder[..8].try_into().unwrap_or_default());
    core.read(move |tx, ctx| {
        let pulled = meta::number(tx, meta::PULLED_AT)?;
        Ok(Glance {
            unread: messages::unread(tx, None)?,
            pairs: peers::paired(tx)?,
            pending: pending::asked_count(tx, ctx.now)? + requests::len(tx)?,
            waiting: messages::waiting(tx, None)?,
            pulled_at: (pulled > 0).then(|| a2a_proto::time::Timestamp::from_millis(pulled)),
            last_decision: audit::last(tx)?,
            notices: notices::waiting(tx)?.into_iter().map(|(_, notice)| notice).collect(),
            revision: format!("{holder:x}.{}", tx.version()?),
        })
    })
    .await
}

/// Asks our relay whether it is there, and how long it takes to say so.
pub(super) async fn ask_relay(core: &Core) -> Result<RelayReply, Trouble> {
    let asked = Instant::now();
    let state = whoami::relay_state(core).await?;
    Ok(RelayReply { state, took: asked.elapsed() })
}
