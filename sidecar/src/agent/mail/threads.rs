//! The inbox by conversation: one line for each peer, the latest first.

use std::sync::Arc;

use super::view::{Names, view};
use crate::agent::core::Core;
use crate::agent::me::Ctx;
use crate::agent::pairing::list::pair;
use crate::agent::{PairView, ReadError, ThreadSummary, Trouble};
use crate::store::messages;
use crate::store::peers::{self, Peer};
use crate::store::{StoreError, Tx};

/// Every conversation, those of ended pairs included where something was written.
pub(in crate::agent) async fn summaries(core: &Arc<Core>) -> Result<Vec<ThreadSummary>, ReadError> {
    let mut found = core
        .read(|tx, ctx| {
            let mut names = Names::default();
            let mut found = Vec::new();
            for peer in peers::all(tx)? {
                if let Some(pair) = pair(tx, ctx, &peer)? {
                    found.push(summary(tx, ctx, &mut names, &peer, pair)?);
                }
            }
            Ok::<_, Trouble>(found)
        })
        .await?;
    found.sort_by_key(|thread| std::cmp::Reverse(thread.last.as_ref().map(|last| last.received_at)));
    Ok(found)
}

fn summary(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    names: &mut Names,
    peer: &Peer,
    pair: PairView,
) -> Result<ThreadSummary, StoreError> {
    let newest = messages::thread(tx, peer.key, None, 1)?.into_iter().next();
    let last = newest.map(|message| view(tx, ctx, names, message)).transpose()?;
    Ok(ThreadSummary { pair, last })
}
