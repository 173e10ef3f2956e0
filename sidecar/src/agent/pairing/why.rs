//! Why mail with a peer goes or does not go, in one paragraph of our own words.

use std::sync::Arc;

use a2a_proto::limits::MAX_UNRECEIPTED;

use super::scope_words;
use crate::agent::core::Core;
use crate::agent::me::Ctx;
use crate::agent::resolve::{self, Meant};
use crate::agent::{Explanation, ReadError};
use crate::store::messages::{self, Way};
use crate::store::peers::{Peer, PeerState};
use crate::store::{Tx, outbox};
use crate::words::{ago, count};

/// Why things are as they are between us and a peer.
pub(in crate::agent) async fn explain(core: &Arc<Core>, who: &str) -> Result<Explanation, ReadError> {
    let who = who.to_owned();
    core.read(move |tx, ctx| match resolve::resolve(tx, &who)? {
        Meant::Peer(peer) => {
            let (state, text) = of_peer(tx, ctx, &peer)?;
            Ok(Explanation { peer: peer.record.petname, state, text })
        }
        Meant::Stranger(who) => {
            let text = "You are not paired, and nobody asked to pair. Nothing you write can reach it before both owners \
                        agreed: ask its owner for an invite, or ask to pair with `a2a authorize` and its address.";
            Ok(Explanation { peer: who, state: "stranger", text: text.to_owned() })
        }
        Meant::Damaged(_) | Meant::Nobody => Err(ReadError::UnknownPeer),
    })
    .await
}

fn of_peer(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &Peer) -> Result<(&'static str, String), ReadError> {
    let name = &peer.record.petname;
    Ok(match peer.state {
        PeerState::Requested => (
            "asked",
            format!(
                "You asked {name} to pair {}, and {name}'s owner has not answered. Until they do, nothing can be sent. \
                 Their silence may also be a no: a request that is declined gets no answer.",
                ago(peer.record.since, ctx.now)
            ),
        ),
        PeerState::Refused => (
            "refused",
            format!(
                "{name} no longer takes mail from you. {name}'s relay gives the same refusal to everybody whom it does not \
                 know, so why cannot be told from it: {name}'s owner may have ended the pair, or closed the account. Mail \
                 that was under way was not delivered. To write again, ask for a new invite and accept it."
            ),
        ),
        PeerState::Revoked => (
            "revoked",
            format!(
                "The pair with {name} was ended on this side. What {name} sends is refused, and you cannot write either. To \
                 go on, pair again: both owners have to agree. `a2a audit` says when it was ended and by whom."
            ),
        ),
        PeerState::Blocked => (
            "blocked",
            format!(
                "{name} is blocked on this side: whatever it sends is dropped, its requests to pair are not shown, and it is \
                 not told. `a2a peers unblock {name}` lets it ask again."
            ),
        ),
        PeerState::Paired => ("paired", paired(tx, ctx, peer)?),
    })
}

fn paired(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &Peer) -> Result<String, ReadError> {
    let record = &peer.record;
    let name = &record.petname;
    let mut said = vec![format!(
        "You are paired with {name}. You may write about: {}. {name} may write about: {}.",
        scope_words(&record.granted_to_us),
        scope_words(&record.granted)
    )];
    if record.granted_to_us.is_empty() {
        said.push(format!("{name} grants nothing at present, so every message is refused before it is sent."));
    }
    if record.deposit.is_none() {
        said.push(format!("{name} has not said yet where it takes mail, so mail waits here."));
    }
    let waiting = messages::waiting(tx, Some(peer.key))?;
    if waiting > 0 {
        let reason = outbox::head_reason(tx, peer.key)?.unwrap_or_else(|| "it has not been tried yet".into());
        said.push(format!("{} not sent yet: {reason}.", count(waiting, "message")));
    }
    let silent = messages::unreceipted(tx, peer.key)?;
    if silent >= MAX_UNRECEIPTED as u64 {
        said.push(format!("{name} has not confirmed the last {silent} messages, so sending pauses until it does."));
    }
    if let Some(last) = messages::last_refused(tx, peer.key)? {
        let (when, reason) = (ago(last.stored_at, ctx.now), last.reason.unwrap_or_default());
        let whose =
            if last.way == Way::Out { "Your last refused message" } else { "The last message kept but not shown" };
        said.push(format!("{whose} ({when}): {reason}."));
    }
    let heard = peer.last_contact.map_or_else(|| "nothing yet".to_owned(), |at| ago(at, ctx.now));
    said.push(format!("Last sign of life: {heard}."));
    Ok(said.join(" "))
}
