//! The inbox: what arrived, shown once as unread.
//!
//! A message counts as shown only after the face had time to show it: a process that is killed in between has not
//! shown it, and the next check shows it again. Until then a lease keeps other processes from showing it too.
//! Notices are withdrawn at the same moment; they have no lease, so two processes at once may both show one.

use std::sync::Arc;
use std::time::Duration;

use super::receipts;
use super::view::{Names, view};
use crate::agent::core::Core;
use crate::agent::me::Ctx;
use crate::agent::{InboxPage, InboxQuery, MarkRead, ReadError, Trouble, notices, resolve};
use crate::store::leases;
use crate::store::messages::{self, Message, State, Way};
use crate::store::peers;
use crate::store::receipts::{Owed, OwedKind};
use crate::store::{StoreError, Tx};

const USUAL_PAGE: usize = 20;
const LARGEST_PAGE: usize = 100;
/// How long another process leaves a message alone that this one is showing.
const SHOWING: Duration = Duration::from_secs(10);

/// A page of the inbox, without collecting first.
pub(in crate::agent) async fn page(
    core: &Arc<Core>,
    query: InboxQuery,
    mark: MarkRead,
) -> Result<InboxPage, ReadError> {
    loop {
        let started = std::time::Instant::now();
        let page = take(core, query.clone(), mark).await?;
        // A process that was stopped meanwhile may no longer hold what it took: another may have shown it.
        if started.elapsed() < SHOWING {
            return Ok(page);
        }
    }
}

/// Takes a page under a lease.
async fn take(core: &Arc<Core>, query: InboxQuery, mark: MarkRead) -> Result<InboxPage, ReadError> {
    let reader = core.reader();
    let (page, told, shown, seen) = core
        .write(move |tx, ctx| {
            let found = find(tx, &query, &reader)?;
            let shown = if mark.0 { unread(&found[..found.len().min(limit(&query))]) } else { Vec::new() };
            for id in &shown {
                leases::lease(tx, *id, &reader, ctx.now.plus(SHOWING))?;
            }
            let seen: Vec<i64> = found.iter().take(limit(&query)).map(|message| message.id).collect();
            let (told, notices) =
                notices::page(tx)?.into_iter().map(|(key, notice)| ((key, notice.at), notice)).unzip();
            Ok::<_, ReadError>((InboxPage { notices, ..build(tx, ctx, found, &query)? }, told, shown, seen))
        })
        .await?;
    if mark.0 {
        core.session.note(seen);
        core.note_told(told);
    }
    core.note_shown(shown);
    Ok(page)
}

fn limit(query: &InboxQuery) -> usize {
    query.limit.unwrap_or(USUAL_PAGE).clamp(1, LARGEST_PAGE)
}

fn find(tx: &Tx<'_>, query: &InboxQuery, reader: &leases::Reader) -> Result<Vec<Message>, ReadError> {
    let peer = match &query.peer {
        None => None,
        Some(who) => Some(resolve::peer(tx, who)?.ok_or(ReadError::UnknownPeer)?.key),
    };
    let cursor = query.cursor.as_deref().map(str::parse).transpose().map_err(|_| ReadError::BadCursor)?;
    // One more than asked for tells whether there is a next page.
    let most = limit(query) + 1;
    Ok(if query.unread_only {
        messages::unread_after(tx, cursor.unwrap_or(0), peer, most, reader)?
    } else {
        messages::before(tx, cursor.unwrap_or(i64::MAX), peer, Some(Way::In), most)?
    })
}

fn unread(found: &[Message]) -> Vec<i64> {
    found.iter().filter(|message| message.state == State::Unread).map(|message| message.id).collect()
}

fn build(tx: &Tx<'_>, ctx: Ctx<'_>, mut found: Vec<Message>, query: &InboxQuery) -> Result<InboxPage, StoreError> {
    let has_more = found.len() > limit(query);
    found.truncate(limit(query));
    let next_cursor = found.last().filter(|_| has_more).map(|last| last.id.to_string());
    if !query.unread_only {
        found.reverse();
    }
    let mut names = Names::default();
    let messages = found.into_iter().map(|message| view(tx, ctx, &mut names, message)).collect::<Result<_, _>>()?;
    Ok(InboxPage { messages, next_cursor, notices: Vec::new() })
}

/// Marks what a face was given as shown, owes the receipts and withdraws the notices.
pub(in crate::agent) async fn mark_shown(core: &Arc<Core>) -> Result<(), Trouble> {
    let (ids, told) = (core.take_shown(), core.take_told());
    if ids.is_empty() && told.is_empty() {
        return Ok(());
    }
    let holder = core.holder;
    core.write(move |tx, ctx| {
        told.iter().try_for_each(|notice| notices::withdraw_shown(tx, notice))?;
        mark_all(tx, ctx, &ids, &holder).map_err(Trouble::from)
    })
    .await
}

/// Marks what this process still holds; what another took over meanwhile is the other's to mark.
pub(in crate::agent) fn mark_all(tx: &Tx<'_>, ctx: Ctx<'_>, ids: &[i64], holder: &[u8; 16]) -> Result<(), StoreError> {
    for id in ids {
        let Some(message) = messages::by_id(tx, *id)? else { continue };
        if message.state == State::Unread && leases::is_left_to(tx, *id, holder)? {
            mark(tx, ctx, &message)?;
        }
    }
    Ok(())
}

pub(in crate::agent) fn mark(tx: &Tx<'_>, ctx: Ctx<'_>, message: &Message) -> Result<(), StoreError> {
    messages::set_state(tx, message.id, State::Shown, None)?;
    if peers::by_key(tx, message.peer)?.is_some_and(|peer| peer.record.untold_of_reading) {
        return Ok(());
    }
    let owed = Owed { kind: OwedKind::Read, message_id: message.message_id, digest: message.digest };
    receipts::owe(tx, ctx, message.peer, &owed)
}
