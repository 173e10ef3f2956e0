//! Keeping an envelope closed for thirty days: what does not open now may after a reset.

use std::time::Duration;

use a2a_proto::envelope;

use super::Taken;
use crate::agent::me::Ctx;
use crate::store::peers::PeerKey;
use crate::store::{StoreError, Tx, held};

const HELD_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Why an envelope stays closed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Why {
    /// We know no such lane.
    UnknownLane,
    /// There is nothing to open it with yet.
    NoSession,
    /// No key of ours opens it.
    NotForUs,
    /// It opens, but breaks the protocol.
    Invalid,
    /// Too much before it is missing.
    TooFarAhead,
    /// Its device is older than one that the peer showed us.
    OldDevice,
}

impl Why {
    fn word(self) -> &'static str {
        match self {
            Self::UnknownLane => "unknown lane",
            Self::NoSession => "no session",
            Self::NotForUs => "not for us",
            Self::Invalid => "invalid",
            Self::TooFarAhead => "too far ahead",
            Self::OldDevice => "old device",
        }
    }
}

/// Keeps an envelope closed. Nothing is ever answered to it.
pub(super) fn hold(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: Option<PeerKey>,
    why: Why,
    bytes: &[u8],
) -> Result<Taken, StoreError> {
    held::keep(
        tx,
        &held::Kept { hash: envelope::hash(bytes), peer, why: why.word(), envelope: bytes },
        ctx.now,
        ctx.now.plus(HELD_FOR),
    )?;
    Ok(Taken::Held)
}
