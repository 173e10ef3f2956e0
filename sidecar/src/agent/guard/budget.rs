//! How much the agent may write to one peer before its owner was there again: two agents that answer each other by
//! themselves come to rest.
//!
//! Whatever the owner does for that peer begins the count anew: writing by hand, approving a message, `a2a peers resume`.

use std::sync::Arc;
use std::time::Duration;

use super::settings::Settings;
use crate::agent::audit::{self, Note};
use crate::agent::core::Core;
use crate::agent::me::Ctx;
use crate::agent::{GuardError, Limits, LimitsView, NoticeKind, ReadError, SendError, Word, notices, owner, resolve};
use crate::store::peers::{Peer, PeerKey};
use crate::store::{StoreError, Tx, budget};

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Notes that the agent writes a message; an error when that is more than the owner allows.
pub(super) fn spend(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: &Peer,
    settings: &Settings,
    bytes: u64,
) -> Result<Option<SendError>, StoreError> {
    let limits = settings.limits.unwrap_or_default();
    let (hour, day) =
        (budget::since(tx, peer.key, ctx.now.minus(HOUR))?, budget::since(tx, peer.key, ctx.now.minus(DAY))?);
    let over = if hour.messages >= limits.per_hour {
        Some((format!("{} messages within an hour", hour.messages), limits.per_hour, HOUR))
    } else if day.messages >= limits.per_day {
        Some((format!("{} messages within a day", day.messages), limits.per_day, DAY))
    } else if day.bytes.saturating_add(bytes) > limits.bytes_per_day {
        Some((format!("{} KiB within a day", day.bytes / 1024), day.messages, DAY))
    } else {
        None
    };
    match over {
        None => budget::spend(tx, peer.key, ctx.now, bytes).map(|()| None),
        Some((what, allowed, span)) => {
            let wait = free_again(tx, ctx, peer, allowed, span)?;
            pause(tx, ctx, peer, settings, what, wait).map(Some)
        }
    }
}

/// How long until the oldest message that counts no longer does.
fn free_again(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &Peer, allowed: u64, span: Duration) -> Result<Duration, StoreError> {
    let oldest = budget::nth_newest(tx, peer.key, allowed.saturating_sub(1))?;
    Ok(oldest.map_or(span, |oldest| oldest.plus(span).since(ctx.now)))
}

/// The error, and a notice the first time.
fn pause(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: &Peer,
    settings: &Settings,
    what: String,
    wait: Duration,
) -> Result<SendError, StoreError> {
    let name = peer.record.petname.clone();
    if settings.told.is_none_or(|told| ctx.now.since(told) > HOUR) {
        budget::set(tx, peer.key, &Settings { told: Some(ctx.now), ..settings.clone() })?;
        let text = format!(
            "Your agent wrote {what} to {name} while you were away, so its mail to {name} pauses. Let it go on: \
             a2a peers resume {name}. Allow more: a2a peers limits {name}."
        );
        notices::tell(tx, ctx, &format!("paused {}", peer.key.0), NoticeKind::Paused, text)?;
        audit::note(tx, ctx, Note::new("send_paused").about(&name).saying(&*what))?;
    }
    Ok(SendError::Paused { peer: name, what, minutes: wait.as_secs().div_ceil(60) })
}

/// Begins the count anew.
pub(super) fn owner_was_here(tx: &Tx<'_>, peer: PeerKey) -> Result<(), StoreError> {
    budget::clear(tx, peer)?;
    let settings = Settings::of(tx, peer)?;
    if settings.told.is_some() {
        notices::withdraw(tx, &format!("paused {}", peer.0))?;
        budget::set(tx, peer, &Settings { told: None, ..settings })?;
    }
    Ok(())
}

/// Lets the agent write to a peer again; returns the peer's name.
pub(in crate::agent) async fn resume(core: &Arc<Core>, who: &str, word: Word) -> Result<String, GuardError> {
    let by = owner::check(core, word).await?;
    let who = who.to_owned();
    core.write(move |tx, ctx| {
        owner::still_counts(tx, by)?;
        let peer = resolve::peer(tx, &who)?.ok_or(GuardError::UnknownPeer)?;
        owner_was_here(tx, peer.key)?;
        audit::note(tx, ctx, Note::new("send_resumed").about(&peer.record.petname).by(by))?;
        Ok(peer.record.petname)
    })
    .await
}

/// What the agent may write to a peer, and what of it is used.
pub(in crate::agent) async fn limits(core: &Arc<Core>, who: &str) -> Result<LimitsView, ReadError> {
    let who = who.to_owned();
    core.read(move |tx, ctx| {
        let peer = resolve::peer(tx, &who)?.ok_or(ReadError::UnknownPeer)?;
        view(tx, ctx, &peer).map_err(ReadError::from)
    })
    .await
}

/// Sets what the agent may write to a peer; what is not named stays as it is.
pub(in crate::agent) async fn change_limits(
    core: &Arc<Core>,
    who: &str,
    change: impl FnOnce(Limits) -> Limits + Send + 'static,
    word: Word,
) -> Result<LimitsView, GuardError> {
    let by = owner::check(core, word).await?;
    let who = who.to_owned();
    core.write(move |tx, ctx| {
        owner::still_counts(tx, by)?;
        let peer = resolve::peer(tx, &who)?.ok_or(GuardError::UnknownPeer)?;
        let settings = Settings::of(tx, peer.key)?;
        let limits = change(settings.limits.unwrap_or_default());
        budget::set(tx, peer.key, &Settings { limits: Some(limits), ..settings })?;
        owner_was_here(tx, peer.key)?;
        let said =
            format!("{} an hour, {} a day, {} bytes a day", limits.per_hour, limits.per_day, limits.bytes_per_day);
        audit::note(tx, ctx, Note::new("limits_set").about(&peer.record.petname).saying(said).by(by))?;
        view(tx, ctx, &peer).map_err(GuardError::from)
    })
    .await
}

fn view(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &Peer) -> Result<LimitsView, StoreError> {
    let limits = Settings::of(tx, peer.key)?.limits.unwrap_or_default();
    let day = budget::since(tx, peer.key, ctx.now.minus(DAY))?;
    Ok(LimitsView {
        peer: peer.record.petname.clone(),
        limits,
        last_hour: budget::since(tx, peer.key, ctx.now.minus(HOUR))?.messages,
        last_day: day.messages,
        bytes_last_day: day.bytes,
    })
}

/// Forgets what no longer counts.
pub(super) fn prune(tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<(), StoreError> {
    budget::forget_before(tx, ctx.now.minus(DAY))
}
