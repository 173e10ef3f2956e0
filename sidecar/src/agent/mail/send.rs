//! Sending a message: may we, then one transaction, then the network.

use std::sync::Arc;
use std::time::Duration;

use a2a_proto::content::{Body, Parts, Request};
use a2a_proto::id::MessageId;
use a2a_proto::limits::{MAX_BODY_BYTES, MAX_PAYLOAD_BYTES, MAX_SUBJECT_BYTES, MAX_UNRECEIPTED};
use a2a_proto::scope::Scope;
use serde::{Deserialize, Serialize};

use super::flush;
use super::write::{self, WriteError};
use crate::agent::attachments::{self, Tell};
use crate::agent::core::{Core, rng};
use crate::agent::guard::{self, Passed};
use crate::agent::me::Ctx;
use crate::agent::resolve::{self, Meant};
use crate::agent::{Draft, Outcome, SendError, SendStatus, Sent, Trouble, card, intents};
use crate::store::messages::{self, Message, MessageRecord, NewMessage, State, Way};
use crate::store::peers::{Peer, PeerKey, PeerState};
use crate::store::tasks::{self, Task};
use crate::store::{Blob, Tx, outbox};

/// How long we wait for another process that is sending to the same peer.
const PATIENCE: Duration = Duration::from_secs(10);
const GLANCE: Duration = Duration::from_millis(40);

/// A message on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::agent) struct Written {
    id: i64,
    pub(in crate::agent) message_id: MessageId,
    peer: PeerKey,
    petname: String,
    scope: Scope,
}

impl Written {
    /// For whom it is.
    pub(in crate::agent) fn peer(&self) -> PeerKey {
        self.peer
    }

    /// What the owner is told of it.
    pub(in crate::agent) fn summary(&self) -> String {
        format!("Sent to {} as message {}.", self.petname, self.message_id)
    }
}

/// Writes a message down, unless the guard stops it, then tries to hand it over; `tell` hears how its files go.
pub(in crate::agent) async fn send(
    core: &Arc<Core>,
    mut draft: Draft,
    tell: Tell<'_>,
) -> Result<Outcome<Sent>, SendError> {
    core.me.relay()?;
    let sealed = attachments::make_ready(core, &mut draft, tell).await?;
    if draft.intent.is_some() {
        card::look_again(core, &draft.recipient).await;
    }
    let (passed, unused) = match guard::pass(core, draft).await {
        Ok(passed) => passed,
        Err(error) => {
            attachments::forget_sealed(core, &sealed);
            return Err(error);
        }
    };
    attachments::forget_copies(core, &unused);
    match passed {
        Passed::Waits(action) => Ok(Outcome::Pending(action)),
        Passed::Written(written) => Ok(Outcome::Done(hand_on(core, written, tell).await?)),
    }
}

async fn hand_on(core: &Arc<Core>, written: Written, tell: Tell<'_>) -> Result<Sent, SendError> {
    core.nudge.notify_one();
    attachments::upload_of(core, written.id, tell).await;
    let message = hand_over(core, &written).await?;
    let status = match message.state {
        State::Waiting => SendStatus::Waiting { reason: waiting_reason(core, &written, message).await? },
        State::Refused => return Err(SendError::NoLongerAccepted { peer: written.petname }),
        _ => SendStatus::Queued,
    };
    Ok(Sent { status, message_id: written.message_id, peer: written.petname, scope: written.scope })
}

async fn waiting_reason(core: &Arc<Core>, written: &Written, message: Message) -> Result<String, Trouble> {
    if let Some(reason) = message.reason {
        return Ok(reason);
    }
    let peer = written.peer;
    let head = core.read(move |tx, _| outbox::head_reason(tx, peer).map_err(Trouble::from)).await?;
    Ok(head.unwrap_or_else(|| "earlier mail to this peer goes first".into()))
}

/// Sends, or watches another process send, until the message is out of the way or has to wait.
async fn hand_over(core: &Arc<Core>, written: &Written) -> Result<Message, SendError> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        flush::peer(core, written.peer).await;
        let (id, peer) = (written.id, written.peer);
        let (message, is_leased) = core
            .read(move |tx, ctx| {
                let message = messages::by_id(tx, id)?.ok_or(Trouble::Internal("a written message is gone"))?;
                Ok::<_, Trouble>((message, outbox::is_leased(tx, peer, ctx.now)?))
            })
            .await?;
        if message.state != State::Waiting || !is_leased || tokio::time::Instant::now() >= deadline {
            return Ok(message);
        }
        tokio::time::sleep(GLANCE).await;
    }
}

/// Checks a draft, stores it and seals it into the outbox.
pub(in crate::agent) fn write_down(tx: &Tx<'_>, ctx: Ctx<'_>, draft: Draft) -> Result<Written, SendError> {
    let (mut peer, scope) = addressed(tx, ctx, &draft)?;
    let name = peer.record.petname.clone();
    let count = messages::unreceipted(tx, peer.key)?;
    if count >= MAX_UNRECEIPTED as u64 {
        return Err(SendError::TooManyUnconfirmed { peer: name, count });
    }
    let parts = Parts { request: request(tx, &peer, &draft)?, attachments: attachments::said_of(&draft)? };
    let message_id = MessageId::new(ctx.now, &mut rng());
    let id = store_and_seal(tx, ctx, &mut peer, message_id, &scope, draft, parts)?;
    Ok(Written { id, message_id, peer: peer.key, petname: name, scope })
}

/// Whom a draft is for and what it is about, when both are as they must be.
pub(in crate::agent) fn addressed(tx: &Tx<'_>, ctx: Ctx<'_>, draft: &Draft) -> Result<(Peer, Scope), SendError> {
    check_size(draft)?;
    let peer = recipient(tx, &draft.recipient)?;
    if let Some(at) = peer.record.granted_to_us_until.filter(|until| *until <= ctx.now) {
        return Err(SendError::GrantExpired { peer: peer.record.petname, at });
    }
    let scope = choose_scope(&peer, wanted_scope(&peer, draft))?;
    request(tx, &peer, draft)?;
    if let Some(answered) = draft.reply_to {
        let known =
            messages::find(tx, peer.key, Way::In, answered)?.or(messages::find(tx, peer.key, Way::Out, answered)?);
        known.ok_or_else(|| SendError::UnknownReplyTo { peer: peer.record.petname.clone() })?;
    }
    Ok((peer, scope))
}

fn store_and_seal(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: &mut Peer,
    message_id: MessageId,
    scope: &Scope,
    draft: Draft,
    parts: Parts,
) -> Result<i64, SendError> {
    let Draft { subject, body, reply_to, attachments, .. } = draft;
    let said = Body::Message {
        scope: scope.clone(),
        subject: subject.clone().unwrap_or_default(),
        body: body.clone(),
        reply_to,
        parts,
    };
    let content = write::next(ctx, peer, message_id, said);
    content.check().map_err(|_| SendError::TooLong { bytes: body.len(), most: MAX_BODY_BYTES })?;
    let new = NewMessage {
        peer: peer.key,
        way: Way::Out,
        message_id,
        position: content.position,
        state: State::Waiting,
        sent_at: ctx.now,
        stored_at: ctx.now,
        reply_to,
        digest: content.digest(),
        record: &MessageRecord { scope: scope.clone(), subject, body, content: Blob(content.to_bytes()) },
    };
    let id = messages::insert(tx, &new)?.ok_or(Trouble::Internal("a new message stands already"))?;
    attachments::note_sending(tx, ctx, (peer.key, id), &attachments)?;
    match write::seal(tx, ctx, peer, &content, Some(id)) {
        // Sealed by the new start with this peer that is about to be made.
        Err(WriteError::NoSession) if tasks::waits(tx, &Task::Reset(peer.key, None))? => {
            write::take_place(tx, peer, &content)?;
            messages::set_state(tx, id, State::Waiting, Some("a new start with this peer comes first"))?;
        }
        sealed => drop(sealed?),
    }
    Ok(id)
}

fn check_size(draft: &Draft) -> Result<(), SendError> {
    let subject = draft.subject.as_deref().unwrap_or_default();
    if draft.body.trim().is_empty()
        && subject.trim().is_empty()
        && draft.intent.is_none()
        && draft.attachments.is_empty()
    {
        return Err(SendError::Empty);
    }
    if draft.body.len() > MAX_BODY_BYTES {
        return Err(SendError::TooLong { bytes: draft.body.len(), most: MAX_BODY_BYTES });
    }
    if subject.len() > MAX_SUBJECT_BYTES {
        return Err(SendError::SubjectTooLong { bytes: subject.len(), most: MAX_SUBJECT_BYTES });
    }
    Ok(())
}

/// The request in a draft, once its payload follows the recipient's schema.
fn request(tx: &Tx<'_>, peer: &Peer, draft: &Draft) -> Result<Option<Request>, SendError> {
    let (intent, payload) = match (&draft.intent, &draft.payload) {
        (None, None) => return Ok(None),
        (None, Some(_)) => return Err(SendError::PayloadWithoutIntent),
        (Some(intent), _) => (intent.clone(), payload_text(draft)),
    };
    if payload.len() > MAX_PAYLOAD_BYTES {
        return Err(SendError::PayloadTooLong { bytes: payload.len(), most: MAX_PAYLOAD_BYTES });
    }
    let request = Request { intent, payload };
    let problems = intents::peers_problems(tx, peer.key, &request)?;
    if problems.is_empty() {
        Ok(Some(request))
    } else {
        Err(SendError::BadPayload { intent: request.intent, problems })
    }
}

/// The payload as it is sealed; without one, an empty object.
pub(in crate::agent) fn payload_text(draft: &Draft) -> String {
    draft.payload.as_ref().map_or_else(|| "{}".to_owned(), ToString::to_string)
}

/// The scope that the draft names, else that of its intent's name where it is granted.
fn wanted_scope(peer: &Peer, draft: &Draft) -> Option<Scope> {
    let named = draft.intent.as_ref().and_then(|intent| intent.as_str().parse().ok());
    draft.scope.clone().or(named.filter(|scope| peer.record.granted_to_us.contains(scope)))
}

/// The paired peer that the draft names.
fn recipient(tx: &Tx<'_>, who: &str) -> Result<Peer, SendError> {
    let peer = match resolve::resolve(tx, who)? {
        Meant::Peer(peer) => *peer,
        Meant::Stranger(who) => return Err(SendError::NotPaired { peer: who }),
        Meant::Damaged(reason) => return Err(SendError::BadRecipient { reason }),
        Meant::Nobody => return Err(SendError::UnknownPeer),
    };
    let name = peer.record.petname.clone();
    match peer.state {
        PeerState::Paired => Ok(peer),
        PeerState::Requested => Err(SendError::NotAnswered { peer: name }),
        PeerState::Refused => Err(SendError::NoLongerAccepted { peer: name }),
        PeerState::Revoked | PeerState::Blocked => Err(SendError::Revoked { peer: name }),
    }
}

/// The named scope, else the only granted one, else `message`.
fn choose_scope(peer: &Peer, wanted: Option<Scope>) -> Result<Scope, SendError> {
    let (name, granted) = (peer.record.petname.clone(), peer.record.granted_to_us.clone());
    let message = Scope::message();
    match (wanted, granted.as_slice()) {
        (Some(scope), _) if granted.contains(&scope) => Ok(scope),
        (Some(scope), _) => Err(SendError::NotGranted { peer: name, scope, granted }),
        (None, [only]) => Ok(only.clone()),
        (None, _) if granted.contains(&message) => Ok(message),
        (None, []) => Err(SendError::NotGranted { peer: name, scope: message, granted }),
        (None, _) => Err(SendError::ScopeNeeded { peer: name, granted }),
    }
}
