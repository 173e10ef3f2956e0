//! Writing one content for a peer: its place in the chain, its seal, its row in the outbox, all in one transaction.

use a2a_proto::content::{Body, Content};
use a2a_proto::counter::Counter;
use a2a_proto::handshake::Initiated;
use a2a_proto::id::{EnvelopeId, MessageId};
use a2a_proto::ratchet::{SealError, Session};

use crate::agent::core::rng;
use crate::agent::me::Ctx;
use crate::agent::{SendError, Trouble};
use crate::store::outbox::{self, Letter, Route};
use crate::store::peers::{self, ChainEnd, Peer};
use crate::store::{StoreError, Tx, sessions};

/// Why a content was not written. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(in crate::agent) enum WriteError {
    /// A failure that is not about the content.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// There is no session to seal it in.
    #[error("there is no session with this peer")]
    NoSession,
    /// It cannot be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl From<StoreError> for WriteError {
    fn from(error: StoreError) -> Self {
        Self::Trouble(error.into())
    }
}

impl From<WriteError> for Trouble {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Trouble(trouble) => trouble,
            WriteError::NoSession => Self::Internal("a pair has no session"),
            WriteError::Seal(_) => Self::Internal("a content of ours cannot be sealed"),
        }
    }
}

impl From<WriteError> for SendError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Seal(SealError::TooLarge { length, limit }) => Self::TooLong { bytes: length, most: limit },
            other => Self::Trouble(other.into()),
        }
    }
}

/// The next content for a peer, in its place in the chain.
pub(in crate::agent) fn next(ctx: Ctx<'_>, peer: &Peer, message_id: MessageId, body: Body) -> Content {
    let (epoch, last) = (ctx.me.certificate.epoch(), peer.record.sent);
    let position = if last.epoch < epoch { Counter::new(epoch, 1) } else { last.position().next() };
    Content { message_id, position, previous: last.head, sent_at: ctx.now, body }
}

/// Seals a content in the peer's sending session and puts it in the outbox; returns the outbox row.
pub(in crate::agent) fn seal(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: &mut Peer,
    content: &Content,
    message: Option<i64>,
) -> Result<i64, WriteError> {
    let session = sessions::of_peer(tx, peer.key)?.into_iter().next().ok_or(WriteError::NoSession)?;
    let (envelope, next) = session.seal(&mut rng(), &ctx.me.device, content)?;
    put(tx, ctx, peer, content, &next, &envelope, Route::Lane, message)
}

/// Seals a content that was sent before, without moving the chain: its place in it is taken.
pub(in crate::agent) fn seal_again(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: &mut Peer,
    content: &Content,
    message: i64,
) -> Result<i64, WriteError> {
    let sent = peer.record.sent;
    let row = seal(tx, ctx, peer, content, Some(message))?;
    peer.record.sent = sent;
    peers::update(tx, peer)?;
    Ok(row)
}

/// Seals the first content of a handshake.
pub(in crate::agent) fn seal_first(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: &mut Peer,
    content: &Content,
    initiated: Initiated,
    route: Route,
) -> Result<i64, WriteError> {
    let (envelope, session) = initiated.seal(&mut rng(), &ctx.me.device, content)?;
    put(tx, ctx, peer, content, &session, &envelope, route, None)
}

#[expect(clippy::too_many_arguments, reason = "the two callers above say what each is")]
fn put(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: &mut Peer,
    content: &Content,
    session: &Session,
    envelope: &[u8],
    route: Route,
    message: Option<i64>,
) -> Result<i64, WriteError> {
    sessions::save(tx, peer.key, session, ctx.now)?;
    take_place(tx, peer, content)?;
    let envelope_id = EnvelopeId::random(&mut rng());
    Ok(outbox::push(tx, &Letter { envelope_id, peer: peer.key, route, message, envelope }, ctx.now)?)
}

/// Moves the chain on by a content.
pub(in crate::agent) fn take_place(tx: &Tx<'_>, peer: &mut Peer, content: &Content) -> Result<(), StoreError> {
    let position = content.position;
    peer.record.sent = ChainEnd { epoch: position.epoch, number: position.number, head: content.digest() };
    peers::update(tx, peer)
}

/// Writes a content that is no message: terms, receipts and the like.
pub(in crate::agent) fn control(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &mut Peer, body: Body) -> Result<(), WriteError> {
    let content = next(ctx, peer, MessageId::new(ctx.now, &mut rng()), body);
    seal(tx, ctx, peer, &content, None).map(drop)
}
