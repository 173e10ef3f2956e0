//! Whether a peer is who its owner says: the owner types the six words that the other person reads out.
//!
//! Each side types the other's words. One set of six for the pair would be shorter and weaker: who stands between could
//! search for two keys whose words agree, at the root of the price of finding one key for given words.

use std::sync::Arc;

use super::audit::{self, Note};
use super::core::Core;
use super::me::{Ctx, words};
use super::{ApprovedBy, VerifyError, Word, owner, resolve};
use crate::store::Tx;
use crate::store::peers::{self, Peer, PeerState};

/// Notes that a peer is verified when the words are its own; returns its name.
pub(super) async fn verify(core: &Arc<Core>, who: &str, typed: &str, word: Word) -> Result<String, VerifyError> {
    let typed = six(typed)?;
    let name = who.to_owned();
    core.read(move |tx, _| paired(tx, &name)).await?;
    let by = owner::check(core, word).await?;
    let who = who.to_owned();
    core.write(move |tx, ctx| note(tx, ctx, &who, &typed, by)).await?
}

/// Notes what came of comparing. The log keeps a mismatch too, so the transaction ends well with either.
pub(super) fn note(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    who: &str,
    typed: &[String],
    by: ApprovedBy,
) -> Result<Result<String, VerifyError>, VerifyError> {
    owner::still_counts(tx, by)?;
    let mut peer = paired(tx, who)?;
    let name = peer.record.petname.clone();
    if words(&peer.record.agent_id) != typed {
        audit::note(tx, ctx, Note::new("verify_failed").about(&name).by(by))?;
        return Ok(Err(VerifyError::OtherWords { peer: name }));
    }
    peer.record.verified_at = Some(ctx.now);
    peers::update(tx, &peer)?;
    audit::note(tx, ctx, Note::new("verified").about(&name).saying(peer.record.agent_id.to_string()).by(by))?;
    Ok(Ok(name))
}

fn paired(tx: &Tx<'_>, who: &str) -> Result<Peer, VerifyError> {
    let known = resolve::peer(tx, who)?.filter(|peer| peer.state == PeerState::Paired);
    known.ok_or(VerifyError::UnknownPeer)
}

/// Six words, whatever stands between them.
pub(super) fn six(typed: &str) -> Result<Vec<String>, VerifyError> {
    let split = typed.split(|letter: char| !letter.is_alphabetic());
    let words: Vec<String> = split.filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    if words.len() == a2a_proto::safety_words::WORDS { Ok(words) } else { Err(VerifyError::NotSixWords) }
}
