//! Searching what was said: the sealed history is opened row by row on this machine, and nothing of it is kept open.

use std::sync::Arc;

use super::view::{Names, parts, view};
use crate::agent::core::Core;
use crate::agent::{Found, ReadError, SearchQuery, resolve};
use crate::store::messages::{self, Message, State, Way};
use crate::store::peers::PeerKey;
use crate::store::{StoreError, Tx};

const USUAL_PAGE: usize = 20;
const LARGEST_PAGE: usize = 100;
/// So many rows are opened at a time.
const AT_A_TIME: usize = 200;
/// So many rows one page looks through; the next page goes on from there.
const LOOKED_THROUGH: usize = 20_000;
/// More words than this are not looked for.
const MOST_WORDS: usize = 16;

/// Messages that hold every word, newest first. Nothing counts as shown.
pub(in crate::agent) async fn search(core: &Arc<Core>, query: SearchQuery) -> Result<Found, ReadError> {
    core.read(move |tx, ctx| {
        let peer = match &query.peer {
            None => None,
            Some(who) => Some(resolve::peer(tx, who)?.ok_or(ReadError::UnknownPeer)?.key),
        };
        let words = words(&query.words)?;
        let from = query.cursor.as_deref().map(str::parse).transpose().map_err(|_| ReadError::BadCursor)?;
        let limit = query.limit.unwrap_or(USUAL_PAGE).clamp(1, LARGEST_PAGE);
        let (found, next) = look(tx, peer, &words, from.unwrap_or(i64::MAX), limit)?;
        let mut names = Names::default();
        let messages = found.into_iter().map(|message| view(tx, ctx, &mut names, message)).collect::<Result<_, _>>()?;
        Ok(Found { messages, next_cursor: next.map(|id| id.to_string()) })
    })
    .await
}

fn words(text: &str) -> Result<Vec<String>, ReadError> {
    let words: Vec<String> = text.split_whitespace().take(MOST_WORDS).map(str::to_lowercase).collect();
    if words.is_empty() { Err(ReadError::NoWords) } else { Ok(words) }
}

type Page = (Vec<Message>, Option<i64>);

fn look(
    tx: &Tx<'_>,
    peer: Option<PeerKey>,
    words: &[String],
    mut before: i64,
    limit: usize,
) -> Result<Page, StoreError> {
    let mut found = Vec::new();
    for _ in 0..LOOKED_THROUGH / AT_A_TIME {
        let rows = messages::before(tx, before, peer, None, AT_A_TIME)?;
        let is_last = rows.len() < AT_A_TIME;
        for message in rows {
            before = message.id;
            if !holds(&message, words)? {
                continue;
            }
            if found.len() == limit {
                // This one begins the next page.
                return Ok((found, Some(message.id + 1)));
            }
            found.push(message);
        }
        if is_last {
            return Ok((found, None));
        }
    }
    Ok((found, Some(before)))
}

/// Whether subject, body and request of a message hold every word, in any case. What is kept but not shown holds none.
fn holds(message: &Message, words: &[String]) -> Result<bool, StoreError> {
    if message.way == Way::In && message.state == State::Refused {
        return Ok(false);
    }
    let request = parts(message)?.request.map(|request| format!("{} {}", request.intent, request.payload));
    let text =
        [message.record.subject.as_deref().unwrap_or_default(), &message.record.body, &request.unwrap_or_default()]
            .join("\n")
            .to_lowercase();
    Ok(words.iter().all(|word| text.contains(word)))
}
