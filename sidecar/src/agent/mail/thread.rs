//! One conversation, both directions, in the order in which it was written.

use std::sync::Arc;

use super::view::{Names, view};
use crate::agent::core::Core;
use crate::agent::{MarkRead, ReadError, ThreadPage, ThreadQuery, resolve};
use crate::store::Tx;
use crate::store::messages::{self, Message, State, ThreadPlace, Way};
use crate::store::peers::PeerKey;

const USUAL_PAGE: usize = 20;
const LARGEST_PAGE: usize = 100;

/// A page of a conversation; what it shows counts as shown if `mark` says so.
pub(in crate::agent) async fn page(
    core: &Arc<Core>,
    query: ThreadQuery,
    mark: MarkRead,
) -> Result<ThreadPage, ReadError> {
    let (page, shown, seen) = core
        .read(move |tx, ctx| {
            let peer = resolve::peer(tx, &query.peer)?.ok_or(ReadError::UnknownPeer)?;
            let (found, next_cursor) = find(tx, peer.key, &query)?;
            let unread = found.iter().filter(|message| mark.0 && message.state == State::Unread);
            let shown: Vec<i64> = unread.map(|message| message.id).collect();
            let seen: Vec<i64> = found.iter().filter(|_| mark.0).map(|message| message.id).collect();
            let mut names = Names::default();
            let messages =
                found.into_iter().map(|message| view(tx, ctx, &mut names, message)).collect::<Result<_, _>>()?;
            let page = ThreadPage { peer: peer.record.petname, agent_id: peer.record.agent_id, messages, next_cursor };
            Ok::<_, ReadError>((page, shown, seen))
        })
        .await?;
    core.session.note(seen);
    core.note_shown(shown);
    Ok(page)
}

fn find(tx: &Tx<'_>, peer: PeerKey, query: &ThreadQuery) -> Result<(Vec<Message>, Option<String>), ReadError> {
    if let Some(id) = query.message_id {
        let found = messages::find(tx, peer, Way::In, id)?.or(messages::find(tx, peer, Way::Out, id)?);
        return Ok((vec![found.ok_or(ReadError::UnknownMessage)?], None));
    }
    let limit = query.limit.unwrap_or(USUAL_PAGE).clamp(1, LARGEST_PAGE);
    let before = query.cursor.as_deref().map(parse_cursor).transpose()?;
    let mut found = messages::thread(tx, peer, before, limit + 1)?;
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| has_more).map(|first| cursor(first.place));
    found.reverse();
    Ok((found, next))
}

fn cursor(place: ThreadPlace) -> String {
    format!("{}.{}.{}.{}", place.place, place.epoch, place.number, place.id)
}

fn parse_cursor(text: &str) -> Result<ThreadPlace, ReadError> {
    let numbers: Vec<i64> =
        text.split('.').map(str::parse).collect::<Result<_, _>>().map_err(|_| ReadError::BadCursor)?;
    match numbers.as_slice() {
        &[place, epoch, number, id] => Ok(ThreadPlace { place, epoch, number, id }),
        _ => Err(ReadError::BadCursor),
    }
}
