//! Which requests a peer takes: those on its card, and the ready ones.

use a2a_proto::intent::Intent;
use serde_json::Value;

use super::inline::inline;
use super::ready;
use super::shape::Shape;
use crate::agent::for_peers;
use crate::store::peers::PeerKey;
use crate::store::{StoreError, Tx};

/// A request that can be made, and the schema that its payload follows.
#[derive(Debug, Clone, PartialEq)]
pub struct IntentOffer {
    /// Its name.
    pub intent: Intent,
    /// The schema without references and within bounds. Its texts are the peer's, unless `is_ready`.
    pub schema: Value,
    /// Whether the schema ships with a2a.
    pub is_ready: bool,
}

/// What can be asked of a peer, the peer's own first; a ready intent with a schema of the peer's own follows that one.
pub(in crate::agent) fn offers(tx: &Tx<'_>, peer: PeerKey) -> Result<Vec<IntentOffer>, StoreError> {
    let theirs = for_peers::all_of(tx, peer)?;
    let own = theirs.iter().filter_map(|offered| offer(&offered.id, offered.schema.as_deref()?, false));
    let mut offers: Vec<IntentOffer> = own.collect();
    let ready = ready::all().filter(|(name, _)| !offers.iter().any(|offer| offer.intent.as_str() == *name));
    let ready: Vec<IntentOffer> = ready.filter_map(|(name, schema)| offer(name, schema, true)).collect();
    offers.extend(ready);
    Ok(offers)
}

/// Nothing where the schema cannot be used: such a request can still be written by hand.
fn offer(name: &str, schema: &str, is_ready: bool) -> Option<IntentOffer> {
    Shape::read(schema).ok()?;
    let schema = inline(&serde_json::from_str(schema).ok()?).ok()?;
    Some(IntentOffer { intent: name.parse().ok()?, schema, is_ready })
}
