//! Our prekeys: one published, rotated weekly, old ones kept while mail to them may be under way.

use std::sync::Arc;

use a2a_proto::card::KnockPolicy;
use a2a_proto::codec::Writer;
use a2a_proto::limits::{MAX_CLOCK_AHEAD, PREKEY_GRACE, PREKEY_LIFETIME};
use a2a_proto::prekey::{BundleTerms, PrekeySecret};
use a2a_proto::time::Timestamp;
use sha2::{Digest, Sha256};

use super::core::{Core, rng};
use super::me::Ctx;
use super::{Trouble, relays, renew};
use crate::store::prekeys::{self, Prekey, PrekeyRecord};
use crate::store::{Blob, SecretBlob, Tx};

/// Makes a prekey when one is due, and hands the newest to our relay when it does not have it.
pub(super) async fn refresh(core: &Arc<Core>) -> Result<(), Trouble> {
    let net = core.net()?;
    if renew::is_outdated(core).await? {
        return Err(Trouble::Renewed);
    }
    let newest = core.write(current).await?;
    if newest.published {
        return Ok(());
    }
    let published = net.own.publish_prekeys(&newest.record.bundle.0).await;
    published.map_err(|failure| relays::trouble(net.client.own_relay(), &failure))?;
    core.write(move |tx, _| prekeys::set_published(tx, newest.id).map_err(Trouble::from)).await
}

/// The newest prekey; a new one when there is none, it is a week old or of a future that a wrong clock told, or it names
/// another certificate or relay.
pub(super) fn current(tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<Prekey, Trouble> {
    prekeys::delete_expired(tx, ctx.now.minus(PREKEY_GRACE))?;
    match prekeys::newest(tx)? {
        Some(newest) if carries(&newest, ctx)? && !is_due(&newest, ctx.now)? => Ok(newest),
        _ => draw(tx, ctx),
    }
}

/// Whether a successor is due: it is old, or everybody refuses it because a clock that was ahead stands in it.
fn is_due(prekey: &Prekey, now: Timestamp) -> Result<bool, Trouble> {
    let secret = secret(prekey)?;
    Ok(secret.is_due_for_rotation(now) || secret.created() > now.plus(MAX_CLOCK_AHEAD))
}

/// Whether it names this device's certificate and the relay where we are.
fn carries(prekey: &Prekey, ctx: Ctx<'_>) -> Result<bool, Trouble> {
    let mut relay = Writer::new();
    relay.lp(ctx.me.relay()?.as_str().as_bytes());
    let holds = |part: &[u8]| prekey.record.bundle.0.windows(part.len()).any(|window| window == part);
    Ok(holds(ctx.me.certificate.as_bytes()) && holds(relay.as_slice()))
}

fn draw(tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<Prekey, Trouble> {
    let id = prekeys::next_id(tx)?;
    let secret = PrekeySecret::generate(&mut rng(), id, ctx.now);
    let terms = BundleTerms {
        certificate: &ctx.me.certificate,
        prekey: &secret,
        knocks: KnockPolicy::Pow,
        relay: ctx.me.relay()?,
        created: ctx.now,
    };
    let bundle = terms.sign(&ctx.me.device);
    let hash: [u8; 32] = Sha256::digest(&bundle).into();
    let record = PrekeyRecord { secret: SecretBlob::copy_of(&*secret.to_bytes()), bundle: Blob(bundle) };
    prekeys::insert(tx, id, &hash, ctx.now, ctx.now.plus(PREKEY_LIFETIME), &record)?;
    Ok(Prekey { id, published: false, record })
}

/// The secrets of a stored prekey.
pub(super) fn secret(prekey: &Prekey) -> Result<PrekeySecret, Trouble> {
    PrekeySecret::from_bytes(&prekey.record.secret.0).map_err(|_| Trouble::Internal("a stored prekey cannot be read"))
}
