//! What a peer may send us now: scope, time and number of its grant.

use std::time::Duration;

use a2a_proto::scope::Scope;

use crate::agent::me::Ctx;
use crate::store::messages;
use crate::store::peers::{Peer, PeerState};
use crate::store::receipts::OwedKind;
use crate::store::{StoreError, Tx};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Why a message is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Its scope is not granted.
    Outside,
    /// The grant has ended.
    Expired,
    /// The day's number is used up.
    TooMany,
}

impl Refusal {
    /// The receipt that tells the peer.
    pub(super) fn owed(self) -> OwedKind {
        match self {
            Self::Outside => OwedKind::Refused,
            Self::Expired => OwedKind::RefusedExpired,
            Self::TooMany => OwedKind::NotTaken,
        }
    }

    /// How the audit log says it.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Outside => "outside what is granted",
            Self::Expired => "the grant has expired",
            Self::TooMany => "more than granted for a day",
        }
    }
}

/// Why a message under this scope is not taken, if it is not.
pub(super) fn refusal(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &Peer, scope: &Scope) -> Result<Option<Refusal>, StoreError> {
    let record = &peer.record;
    if peer.state == PeerState::Requested || !record.granted.contains(scope) {
        return Ok(Some(Refusal::Outside));
    }
    if record.granted_until.is_some_and(|until| until <= ctx.now) {
        return Ok(Some(Refusal::Expired));
    }
    match record.daily {
        Some(most) if messages::received_since(tx, peer.key, ctx.now.minus(DAY))? >= u64::from(most) => {
            Ok(Some(Refusal::TooMany))
        }
        _ => Ok(None),
    }
}
