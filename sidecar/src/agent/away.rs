//! The owner's away text: each peer that writes during an absence is told once, in a sealed message of the owner's words.
//!
//! An away text is a request of the intent `away`, answers no message, and is never answered by one: so two agents whose
//! owners are away come to rest after one each, and nobody takes it for the answer to a question.

use std::sync::Arc;

use a2a_proto::content::Parts;
use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;

use super::audit::{self, Note};
use super::core::Core;
use super::mail::send;
use super::me::Ctx;
use super::{AwayError, AwayView, Draft, ReadError, Rule, SendError, Trouble, Untrusted, Word, guard, owner};
use crate::store::away::{self, AwayRecord};
use crate::store::peers::{self, Peer, PeerKey};
use crate::store::{StoreError, Tx};

const INTENT: &str = "away";
const MOST_BYTES: usize = 1000;

/// Begins an absence on the owner's word; one that was set before ends.
pub(super) async fn begin(
    core: &Arc<Core>,
    text: &str,
    until: Option<Timestamp>,
    word: Word,
) -> Result<AwayView, AwayError> {
    let text = check(text, until, core.now())?;
    let by = owner::check(core, word).await?;
    core.write(move |tx, ctx| {
        owner::still_counts(tx, by)?;
        let record = AwayRecord { text, since: ctx.now, until, wrote: Vec::new(), owed: Vec::new() };
        away::save(tx, &record)?;
        let end = until.map_or_else(|| "until the owner ends it".to_owned(), crate::words::date);
        audit::note(tx, ctx, Note::new("away_begun").saying(end).by(by))?;
        Ok(view(tx, record)?)
    })
    .await
}

pub(super) fn check(text: &str, until: Option<Timestamp>, now: Timestamp) -> Result<String, AwayError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(AwayError::Empty);
    }
    if text.len() > MOST_BYTES {
        return Err(AwayError::TooLong { bytes: text.len(), most: MOST_BYTES });
    }
    if until.is_some_and(|until| until <= now) {
        return Err(AwayError::Past);
    }
    // Everybody who writes gets it, unseen by the owner.
    if guard::holds_secret(text) {
        return Err(AwayError::Secret);
    }
    Ok(text.to_owned())
}

/// Ends the absence; false when there was none.
pub(super) async fn end(core: &Arc<Core>) -> Result<bool, ReadError> {
    core.write(|tx, ctx| {
        let was_away = away::remove(tx)?;
        if was_away {
            audit::note(tx, ctx, Note::new("away_ended"))?;
        }
        Ok(was_away)
    })
    .await
}

/// The absence that lasts, and who was told.
pub(super) async fn current(core: &Arc<Core>) -> Result<Option<AwayView>, ReadError> {
    core.read(|tx, ctx| Ok(lasting(tx, ctx)?.map(|record| view(tx, record)).transpose()?)).await
}

/// The absence that was begun and is not over.
pub(super) fn lasting(tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<Option<AwayRecord>, StoreError> {
    Ok(away::load(tx)?.filter(|record| record.until.is_none_or(|until| ctx.now < until)))
}

fn view(tx: &Tx<'_>, record: AwayRecord) -> Result<AwayView, StoreError> {
    let mut told = Vec::new();
    for key in record.wrote.iter().filter(|key| !record.owed.iter().any(|(owed, _)| owed == *key)) {
        told.extend(peers::by_key(tx, PeerKey(*key))?.map(|peer| peer.record.petname));
    }
    Ok(AwayView { text: Untrusted::new(record.text), since: record.since, until: record.until, told })
}

/// Notes that a peer wrote, so that it is told, unless it was told before or only says that its own owner is away.
pub(super) fn owe(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &Peer, scope: &Scope, parts: &Parts) -> Result<(), StoreError> {
    if parts.request.as_ref().is_some_and(|request| request.intent.as_str() == INTENT) {
        return Ok(());
    }
    let Some(mut record) = lasting(tx, ctx)? else { return Ok(()) };
    // Where the owner lets nothing be written, this is not either.
    if guard::rule_of(tx, peer.key, scope)? == Rule::Never || !record.note(peer.key, scope) {
        return Ok(());
    }
    away::save(tx, &record)
}

/// Tells those who are to be told. What cannot be sent is let go: it is a courtesy.
pub(super) async fn tell(core: &Arc<Core>) -> Result<(), Trouble> {
    while let Some(peer) = core.read(|tx, ctx| Ok::<_, Trouble>(next(tx, ctx)?)).await? {
        if let Err(error) = core.write(move |tx, ctx| tell_peer(tx, ctx, peer)).await {
            tracing::info!(code = crate::error::Explain::code(&error), "an away text was not sent");
            core.write(move |tx, ctx| Ok::<_, Trouble>(strike(tx, ctx, peer).map(drop)?)).await?;
        }
    }
    Ok(())
}

/// Who is to be told next.
pub(super) fn next(tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<Option<PeerKey>, StoreError> {
    Ok(lasting(tx, ctx)?.and_then(|record| record.owed.first().map(|(key, _)| PeerKey(*key))))
}

/// Takes a peer off the list, unless another process did: then there is nothing more to do.
fn strike(tx: &Tx<'_>, ctx: Ctx<'_>, key: PeerKey) -> Result<Option<(AwayRecord, Peer, Scope)>, StoreError> {
    let Some(mut record) = lasting(tx, ctx)? else { return Ok(None) };
    let Some(place) = record.owed.iter().position(|(owed, _)| *owed == key.0) else { return Ok(None) };
    let (_, scope) = record.owed.remove(place);
    away::save(tx, &record)?;
    Ok(peers::by_key(tx, key)?.map(|peer| (record, peer, scope)))
}

/// Writes a peer's away text down, in the transaction that takes the peer off the list.
pub(super) fn tell_peer(tx: &Tx<'_>, ctx: Ctx<'_>, key: PeerKey) -> Result<(), SendError> {
    let Some((record, peer, scope)) = strike(tx, ctx, key)? else { return Ok(()) };
    let subject = record.until.map_or_else(|| "Away".to_owned(), |at| format!("Away until {}", crate::words::date(at)));
    let draft = Draft {
        recipient: peer.record.agent_id.to_string(),
        subject: Some(subject),
        body: record.text,
        scope: speakable(&peer, scope),
        intent: INTENT.parse().ok(),
        ..Draft::default()
    };
    send::write_down(tx, ctx, draft)?;
    Ok(audit::note(tx, ctx, Note::new("away_told").about(&peer.record.petname))?)
}

/// What the peer wrote about, else the first that it lets us write about.
pub(super) fn speakable(peer: &Peer, wrote_about: Scope) -> Option<Scope> {
    let granted = &peer.record.granted_to_us;
    if granted.contains(&wrote_about) { Some(wrote_about) } else { granted.first().cloned() }
}
