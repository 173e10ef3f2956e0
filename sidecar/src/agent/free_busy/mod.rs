//! Free and busy from the owner's calendar file, answered alone to the peers for whom the owner said so.
//!
//! A peer's scheduling question is answered with times and nothing else, within [`FURTHEST`]. Nothing is answered unless
//! the owner named a file and the peer; `a2a rules` with `never`, the limits of the pair and the guard stand before it, and an
//! answer is never answered, so two sidecars come to rest.

mod busy;
mod lines;
mod question;
#[cfg(test)]
mod tests;
mod times;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use a2a_proto::content::Parts;
use a2a_proto::id::MessageId;
use a2a_proto::scope::Scope;

use super::audit::{self, Note};
use super::away::speakable;
use super::core::Core;
use super::guard::{self, Passed};
use super::me::Ctx;
use super::{
    Draft, FreeBusyError, FreeBusyView, Hand, NoticeKind, ReadError, Rule, SendError, Trouble, Word, notices, owner,
    resolve,
};
use crate::store::free_busy::{self as record, Asked, FreeBusyRecord};
use crate::store::peers::{self, Peer, PeerKey, PeerState};
use crate::store::{StoreError, Tx};
use busy::Busy;

/// How far ahead is told.
const FURTHEST: Duration = Duration::from_secs(60 * 24 * 60 * 60);
/// A larger file is not read.
const MOST_BYTES: u64 = 4 << 20;

/// Why a calendar cannot be used; never what stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The file cannot be opened, is too large or is no text.
    #[error("it cannot be read, or is larger than 4 MiB")]
    File,
    /// It is not an iCalendar file.
    #[error("it is no whole iCalendar file")]
    NoCalendar,
    /// A zone that is not in the IANA's list, or none where a time needs one.
    #[error("it names a time zone that is not known here, or none")]
    Zone,
    /// A time that is none.
    #[error("a time in it cannot be read")]
    Time,
    /// A rule of recurrence that is not read here.
    #[error("an appointment in it comes back by a rule that is not read here")]
    Rule,
    /// More than is worked through.
    #[error("its appointments come back too often to work through")]
    TooMuch,
}

/// Names the file, on the owner's word. Its times without a zone are in `zone`, else in the one that it names.
pub(super) async fn set(
    core: &Arc<Core>,
    file: &Path,
    zone: Option<String>,
    word: Word,
) -> Result<FreeBusyView, FreeBusyError> {
    let path = file.canonicalize().map_err(|_| FreeBusyError::Unreadable(Unreadable::File))?;
    let path = path.to_str().ok_or(FreeBusyError::Unreadable(Unreadable::File))?.to_owned();
    let now = i64::try_from(core.now().secs()).unwrap_or(i64::MAX);
    let (tried, named) = (PathBuf::from(&path), zone.clone());
    off_thread(move || {
        let text = text(&tried)?;
        if named.is_none() && !busy::names_its_zone(&text)? {
            return Err(FreeBusyError::NoZone);
        }
        busy::busy(&text, named.as_deref(), (now, now + span(FURTHEST)))?;
        Ok(())
    })
    .await?;
    let by = owner::check(core, word).await?;
    core.write(move |tx, ctx| {
        owner::still_counts(tx, by)?;
        let before = record::load(tx)?.unwrap_or_default();
        let record = FreeBusyRecord { file: path.clone(), zone, ..before };
        record::save(tx, &record)?;
        audit::note(tx, ctx, Note::new("calendar_set").saying(path).by(by))?;
        Ok(view(tx, record)?)
    })
    .await
}

/// Forgets the file and everybody who was answered from it; false when there was none.
pub(super) async fn forget(core: &Arc<Core>) -> Result<bool, ReadError> {
    core.write(|tx, ctx| {
        let was_set = record::remove(tx)?;
        if was_set {
            audit::note(tx, ctx, Note::new("calendar_forgotten"))?;
        }
        Ok(was_set)
    })
    .await
}

/// Lets a peer be answered, or no longer; returns its name. To allow takes the owner's word.
pub(super) async fn allow(core: &Arc<Core>, who: &str, word: Option<Word>) -> Result<String, FreeBusyError> {
    let by = match word {
        Some(word) => Some(owner::check(core, word).await?),
        None => None,
    };
    let who = who.to_owned();
    core.write(move |tx, ctx| {
        let peer = resolve::peer(tx, &who)?.filter(|peer| peer.state == PeerState::Paired);
        let peer = peer.ok_or(FreeBusyError::UnknownPeer)?;
        let mut set = record::load(tx)?.ok_or(FreeBusyError::NoCalendar)?;
        set.peers.retain(|known| *known != peer.key.0);
        let note = match by {
            Some(by) => {
                owner::still_counts(tx, by)?;
                set.peers.push(peer.key.0);
                Note::new("free_busy_allowed").by(by)
            }
            None => Note::new("free_busy_ended"),
        };
        record::save(tx, &set)?;
        audit::note(tx, ctx, note.about(&peer.record.petname))?;
        Ok(peer.record.petname)
    })
    .await
}

/// What is set.
pub(super) async fn current(core: &Arc<Core>) -> Result<Option<FreeBusyView>, ReadError> {
    core.read(|tx, _| Ok(record::load(tx)?.map(|record| view(tx, record)).transpose()?)).await
}

fn view(tx: &Tx<'_>, record: FreeBusyRecord) -> Result<FreeBusyView, StoreError> {
    let mut answered = Vec::new();
    for key in &record.peers {
        let peer = peers::by_key(tx, PeerKey(*key))?.filter(|peer| peer.state == PeerState::Paired);
        answered.extend(peer.map(|peer| peer.record.petname));
    }
    Ok(FreeBusyView { file: record.file, zone: record.zone, answered })
}

/// Answers a peer no longer whose pair ended; in a new one the owner says so anew.
pub(super) fn forget_peer(tx: &Tx<'_>, peer: PeerKey) -> Result<(), StoreError> {
    match record::load(tx)?.filter(|set| set.peers.contains(&peer.0)) {
        Some(mut set) => {
            set.peers.retain(|known| *known != peer.0);
            record::save(tx, &set)
        }
        None => Ok(()),
    }
}

/// Notes a question that is to be answered alone.
pub(super) fn owe(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: &Peer,
    (message_id, reply_to): (MessageId, Option<MessageId>),
    scope: &Scope,
    parts: &Parts,
) -> Result<(), StoreError> {
    // What answers something is no question: else two sidecars would answer each other.
    if reply_to.is_some() {
        return Ok(());
    }
    let Some((from, to)) = parts.request.as_ref().and_then(|asked| question::window(asked, ctx.now)) else {
        return Ok(());
    };
    let Some(mut set) = record::load(tx)?.filter(|set| set.peers.contains(&peer.key.0)) else { return Ok(()) };
    if guard::rule_of(tx, peer.key, scope)? == Rule::Never {
        return Ok(());
    }
    set.owe(Asked { peer: peer.key.0, message_id, scope: scope.clone(), from, to });
    record::save(tx, &set)
}

/// Answers what waits. What cannot be answered is left to the model and the owner, who is told.
pub(super) async fn tell(core: &Arc<Core>) -> Result<(), Trouble> {
    while let Some(set) = core.read(|tx, _| next(tx).map_err(Trouble::from)).await? {
        let Some(asked) = set.owed.first().cloned() else { return Ok(()) };
        let (file, zone, window) = (PathBuf::from(&set.file), set.zone.clone(), (asked.from, asked.to));
        let read = off_thread(move || Ok(busy::busy(&text(&file)?, zone.as_deref(), window)?)).await;
        let done = match read {
            Ok(busy) => {
                let wanted = asked.clone();
                core.write(move |tx, ctx| answer(tx, ctx, &wanted, &busy)).await
            }
            // The others would be read from the same file: none of them holds up the mail.
            Err(_) => return core.write(|tx, ctx| unreadable(tx, ctx).map_err(Trouble::from)).await,
        };
        if let Err(error) = done {
            tracing::info!(code = crate::error::Explain::code(&error), "free and busy was not answered");
        }
        core.write(move |tx, _| taken_off(tx, &asked).map(drop).map_err(Trouble::from)).await?;
    }
    Ok(())
}

fn next(tx: &Tx<'_>) -> Result<Option<FreeBusyRecord>, StoreError> {
    Ok(record::load(tx)?.filter(|set| !set.owed.is_empty()))
}

/// Takes a question off the list; false when another process did.
fn taken_off(tx: &Tx<'_>, asked: &Asked) -> Result<bool, StoreError> {
    let Some(mut set) = record::load(tx)? else { return Ok(false) };
    let before = set.owed.len();
    set.owed.retain(|one| one != asked);
    record::save(tx, &set)?;
    Ok(set.owed.len() < before)
}

/// Writes the answer down, in the transaction that takes the question off the list.
pub(super) fn answer(tx: &Tx<'_>, ctx: Ctx<'_>, asked: &Asked, busy: &[Busy]) -> Result<(), SendError> {
    let Some(peer) = peers::by_key(tx, PeerKey(asked.peer))? else { return Ok(()) };
    // The owner may have changed it meanwhile.
    let holds = record::load(tx)?.is_some_and(|set| set.peers.contains(&asked.peer));
    if !taken_off(tx, asked)? || !holds {
        return Ok(());
    }
    let (body, payload) = question::answer((asked.from, asked.to), busy);
    let draft = Draft {
        recipient: peer.record.agent_id.to_string(),
        body,
        scope: speakable(&peer, asked.scope.clone()),
        reply_to: Some(asked.message_id),
        intent: question::INTENT.parse().ok(),
        payload: Some(payload),
        hand: Hand::Rule,
        ..Draft::default()
    };
    if let Ok(Passed::Written(_)) = guard::decide(tx, ctx, draft)? {
        let said = "by the owner's rule, from the calendar; neither the owner nor a model was asked";
        audit::note(tx, ctx, Note::new("free_busy_told").about(&peer.record.petname).saying(said))?;
    }
    Ok(())
}

/// Lets every question that waits go, and tells the owner.
pub(super) fn unreadable(tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<(), StoreError> {
    let Some(mut set) = record::load(tx)? else { return Ok(()) };
    set.owed.clear();
    record::save(tx, &set)?;
    let text = "Your calendar file could not be read, so questions for your free times were not answered by \
                themselves. Name it again: a2a calendar set FILE.";
    notices::tell(tx, ctx, "calendar unreadable", NoticeKind::Paused, text)
}

fn span(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

fn text(file: &Path) -> Result<String, Unreadable> {
    // To open a pipe would wait for whoever writes into it.
    if !std::fs::metadata(file).is_ok_and(|about| about.is_file()) {
        return Err(Unreadable::File);
    }
    let open = std::fs::File::open(file).map_err(|_| Unreadable::File)?;
    if !open.metadata().is_ok_and(|about| about.len() <= MOST_BYTES) {
        return Err(Unreadable::File);
    }
    let mut text = String::new();
    open.take(MOST_BYTES).read_to_string(&mut text).map_err(|_| Unreadable::File)?;
    Ok(text)
}

/// A calendar may make a library stumble: then it is unreadable.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FreeBusyError> + Send + 'static,
) -> Result<T, FreeBusyError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(FreeBusyError::Unreadable(Unreadable::Rule)))
}
