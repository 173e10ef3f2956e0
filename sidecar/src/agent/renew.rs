//! A new certificate for the same device in time before the old one ends: relay and peers know the device by its keys.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use a2a_proto::time::Timestamp;

use super::audit::{self, Note};
use super::core::Core;
use super::me::Ctx;
use super::{Trouble, device};
use crate::store::identity::{self, IdentityRecord};
use crate::store::{Blob, Tx, invites};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Renewed this long before its end, if no invite is open: their one-time pairs name the certificate.
const IN_TIME: Duration = DAY.saturating_mul(120);
/// Renewed now, whatever invites that costs.
const AT_LAST: Duration = DAY.saturating_mul(60);
/// By a clock that is further off no certificate is made.
const MOST_OFFSET_MILLIS: u64 = 24 * 60 * 60 * 1000;

/// Renews the certificate when it is time. True when this opened agent is older than the stored identity by now, and
/// has to be opened anew. Comes after a call to our relay, whose clock counts.
pub(super) async fn if_due(core: &Arc<Core>) -> Result<bool, Trouble> {
    let offset = core.net()?.client.clock_offset().load(Ordering::Relaxed);
    if offset.unsigned_abs() > MOST_OFFSET_MILLIS {
        return is_outdated(core).await;
    }
    let renewed = core
        .write(move |tx, ctx| {
            let now = Timestamp::from_millis(ctx.now.millis().saturating_add_signed(offset));
            renew(tx, Ctx { now, ..ctx })
        })
        .await?;
    if renewed {
        core.outdated.cancel();
    }
    Ok(renewed)
}

/// Whether the stored identity carries another certificate than this opened agent: another process renewed it.
pub(super) async fn is_outdated(core: &Arc<Core>) -> Result<bool, Trouble> {
    let outdated = core.read(|tx, ctx| Ok::<_, Trouble>(!is_ours(ctx, &stored(tx)?))).await?;
    if outdated {
        core.outdated.cancel();
    }
    Ok(outdated)
}

/// Issues and stores a new certificate, if it is time; true when the stored one is not this agent's any more.
pub(super) fn renew(tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<bool, Trouble> {
    let mut record = stored(tx)?;
    if !is_ours(ctx, &record) {
        return Ok(true);
    }
    if !is_due(tx, ctx)? {
        return Ok(false);
    }
    // Kept offline it cannot certify; `doctor` tells the owner in time.
    let Some(entropy) = device::entropy(&record) else { return Ok(false) };
    let certificate = device::certify(&entropy, &ctx.me.device, ctx.me.certificate.epoch(), ctx.now)?;
    record.certificate = Blob(certificate.as_bytes().to_vec());
    identity::save(tx, &record)?;
    audit::note(tx, ctx, Note::new("certificate_renewed"))?;
    Ok(true)
}

fn is_due(tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<bool, Trouble> {
    let certificate = &ctx.me.certificate;
    let left = certificate.not_after().since(ctx.now);
    let is_early = ctx.now < certificate.not_before();
    Ok(is_early || left < AT_LAST || (left < IN_TIME && !invites::any_open(tx, ctx.now)?))
}

fn stored(tx: &Tx<'_>) -> Result<IdentityRecord, Trouble> {
    identity::load(tx)?.ok_or(Trouble::NoIdentity)
}

fn is_ours(ctx: Ctx<'_>, record: &IdentityRecord) -> bool {
    record.certificate.0 == ctx.me.certificate.as_bytes()
}
