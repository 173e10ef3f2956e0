//! What an opened content does, by kind.

use std::time::Duration;

use a2a_proto::address::RelayAuthority;
use a2a_proto::content::{Body, Content, Parts, ReportReason};
use a2a_proto::counter::Counter;
use a2a_proto::id::MessageId;
use a2a_proto::lane::LaneOffer;
use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;

use super::Taken;
use super::grant::{self, Refusal};
use crate::agent::audit::{self, Note};
use crate::agent::core::random;
use crate::agent::mail::{receipts, resend, write};
use crate::agent::me::Ctx;
use crate::agent::pairing::{lanes, scope_words, terms};
use crate::agent::{NoticeKind, Trouble, attachments, away, for_peers, free_busy, guard, intents, notices, petname};
use crate::store::messages::{self, MessageRecord, NewMessage, State, Way};
use crate::store::peers::{self, Peer, PeerState, Reported};
use crate::store::receipts::{Owed, OwedKind};
use crate::store::tasks::{self, Task};
use crate::store::{Blob, StoreError, Tx, outbox, sessions};

/// A peer is told once a day at most that something of its mail did not open.
const REPORT_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// Does what a verified content says.
pub(super) fn take(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: &mut Peer,
    content: &Content,
    digest: &[u8; 32],
) -> Result<Taken, Trouble> {
    match &content.body {
        Body::Message { .. } => return message(tx, ctx, peer, content, digest),
        Body::Receipts(list) => {
            for receipt in list {
                receipts::take(tx, peer.key, receipt)?;
            }
        }
        Body::Hello { display_name, granted, .. } => hello(tx, peer, display_name, granted)?,
        Body::Terms { counter, lane, granted, expires_at } => {
            take_terms(tx, ctx, peer, *counter, lane.as_ref(), (granted, *expires_at))?;
        }
        Body::Capabilities { counter, capabilities } => for_peers::take(tx, ctx, peer, *counter, capabilities)?,
        Body::Report { nonce, .. } => reported(tx, ctx, peer, *nonce)?,
        Body::Resend { epoch, from, to } => resend::answer(tx, ctx, peer, (*epoch, *from, *to))?,
        _ => {}
    }
    Ok(Taken::Other)
}

/// Mail: within what we grant it goes to the inbox with a receipt; outside it is refused, signed, and not shown.
fn message(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &Peer, content: &Content, digest: &[u8; 32]) -> Result<Taken, Trouble> {
    let Body::Message { scope, subject, body, reply_to, parts } = &content.body else {
        return Ok(Taken::Other);
    };
    if let Some(standing) = standing(tx, peer, content, digest)? {
        // A peer that sends a message again has not seen our receipt. The grant was judged when it came first.
        owe(tx, ctx, peer, standing, content.message_id, digest)?;
        return Ok(Taken::Dropped);
    }
    if let Some(why) = grant::refusal(tx, ctx, peer, scope)? {
        return refuse(tx, ctx, peer, content, digest, (scope, why));
    }
    let subject = Some(subject.clone()).filter(|subject| !subject.is_empty());
    let record = MessageRecord { scope: scope.clone(), subject, body: body.clone(), content: Blob(content.to_bytes()) };
    let new = NewMessage {
        peer: peer.key,
        way: Way::In,
        message_id: content.message_id,
        position: content.position,
        state: State::Unread,
        sent_at: content.sent_at,
        stored_at: ctx.now,
        reply_to: *reply_to,
        digest: *digest,
        record: &record,
    };
    let stored = messages::insert(tx, &new)?;
    if let Some(why) = not_taken(tx, ctx, parts)? {
        return quarantine(tx, ctx, peer, content, digest, stored, &why);
    }
    owe(tx, ctx, peer, OwedKind::Delivered, content.message_id, digest)?;
    let Some(stored) = stored else {
        return Ok(Taken::Dropped);
    };
    let payload = parts.request.as_ref().map_or("", |request| request.payload.as_str());
    let texts = [record.subject.as_deref().unwrap_or_default(), &record.body, payload];
    let files: Vec<[u8; 32]> = parts.attachments.iter().map(|file| file.digest).collect();
    guard::note_received(tx, ctx, peer.key, stored, &texts, &files)?;
    attachments::arrived(tx, ctx, peer.key, stored, parts)?;
    let note = Note::new("message_received").about(&peer.record.petname);
    audit::note(tx, ctx, note.saying(format!("{} ({scope})", content.message_id)))?;
    if let Some(answered) = reply_to {
        mark_answered(tx, peer, *answered)?;
    }
    away::owe(tx, ctx, peer, scope, parts)?;
    free_busy::owe(tx, ctx, peer, (content.message_id, *reply_to), scope, parts)?;
    Ok(Taken::Message)
}

/// What we owe for a message that stands here already, byte for byte.
fn standing(tx: &Tx<'_>, peer: &Peer, content: &Content, digest: &[u8; 32]) -> Result<Option<OwedKind>, StoreError> {
    let found = messages::find(tx, peer.key, Way::In, content.message_id)?;
    Ok(found.filter(|message| message.digest == *digest).map(|message| match message.state {
        State::Refused => OwedKind::NotTaken,
        // That it was shown is told once, when it is; its owner may not tell that at all.
        _ => OwedKind::Delivered,
    }))
}

/// What is wrong with a request, in our words.
fn not_taken(tx: &Tx<'_>, ctx: Ctx<'_>, parts: &Parts) -> Result<Option<String>, StoreError> {
    let Some(request) = &parts.request else { return Ok(None) };
    let problems = intents::own_problems(tx, ctx, request)?;
    // Names in a payload are a peer's words, so only rules are told.
    let mut rules: Vec<String> = problems.into_iter().map(|problem| problem.rule).collect();
    rules.dedup();
    Ok((!rules.is_empty())
        .then(|| format!("its payload does not follow the schema of its intent ({})", rules.join("; "))))
}

/// Keeps a message that nobody is to act on, tells the sender so with a signed receipt, and our side in words.
fn quarantine(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: &Peer,
    content: &Content,
    digest: &[u8; 32],
    id: Option<i64>,
    why: &str,
) -> Result<Taken, Trouble> {
    owe(tx, ctx, peer, OwedKind::NotTaken, content.message_id, digest)?;
    let Some(id) = id else { return Ok(Taken::Dropped) };
    messages::quarantine(tx, id, why)?;
    let name = &peer.record.petname;
    // One notice for each peer: whoever sends much that nobody takes buries nothing else under it.
    notices::tell_again(
        tx,
        ctx,
        &format!("quarantined {}", peer.key.0),
        NoticeKind::Quarantined,
        |count| match count {
            1 => format!("A message from {name} is kept but not shown: {why}. {name} was told that it was refused."),
            many => format!(
                "{many} messages from {name} are kept but not shown, the last of them because: {why}. \
             {name} was told that they were refused."
            ),
        },
    )?;
    audit::note(tx, ctx, Note::new("message_quarantined").about(name).saying(content.message_id.to_string()))?;
    Ok(Taken::Dropped)
}

fn mark_answered(tx: &Tx<'_>, peer: &Peer, message_id: MessageId) -> Result<(), StoreError> {
    match messages::find(tx, peer.key, Way::Out, message_id)? {
        Some(message) => receipts::answered(tx, &message),
        None => Ok(()),
    }
}

fn refuse(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: &Peer,
    content: &Content,
    digest: &[u8; 32],
    (scope, why): (&Scope, Refusal),
) -> Result<Taken, Trouble> {
    owe(tx, ctx, peer, why.owed(), content.message_id, digest)?;
    let note = Note::new("message_refused").about(&peer.record.petname);
    audit::note(tx, ctx, note.saying(format!("{}: {scope}", why.words())))?;
    Ok(Taken::Dropped)
}

fn owe(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: &Peer,
    kind: OwedKind,
    message_id: MessageId,
    digest: &[u8; 32],
) -> Result<(), StoreError> {
    receipts::owe(tx, ctx, peer.key, &Owed { kind, message_id, digest: *digest })
}

/// What the peer calls itself, told inside a session. What we call it does not change by that.
fn hello(tx: &Tx<'_>, peer: &mut Peer, display_name: &str, granted: &[Scope]) -> Result<(), StoreError> {
    display_name.clone_into(&mut peer.record.display_name);
    if peer.record.terms_taken.is_none() && peer.state == PeerState::Paired {
        peer.record.granted_to_us = granted.to_vec();
    }
    peers::update(tx, peer)
}

/// The peer's terms, when they are newer than those we have. Terms that answer a knock of ours make the pair.
fn take_terms(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: &mut Peer,
    counter: Counter,
    lane: Option<&LaneOffer>,
    (granted, until): (&[Scope], Option<Timestamp>),
) -> Result<(), Trouble> {
    if peer.record.terms_taken.is_some_and(|taken| taken >= counter) {
        return Ok(());
    }
    peer.record.terms_taken = Some(counter);
    peer.record.granted_to_us = granted.to_vec();
    peer.record.granted_to_us_until = until;
    if let Some(lane) = lane {
        follow(tx, ctx, peer, &lane.relay)?;
        peer.record.deposit = Some(lanes::offer_record(lane));
        outbox::hurry(tx, peer.key, ctx.now)?;
    }
    match peer.state {
        PeerState::Requested => {
            pair(tx, ctx, peer)?;
            // Our hello said what we grant, not for how long.
            if peer.record.granted_until.is_some() {
                terms::tell(tx, ctx, peer, None).map_err(Trouble::from)?;
            }
        }
        PeerState::Refused if lane.is_some() => taken_back(tx, ctx, peer)?,
        _ => {}
    }
    peers::update(tx, peer)?;
    Ok(())
}

/// The peer's lanes lead to another relay now: it moved there. What waits for it goes there, too.
fn follow(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &mut Peer, relay: &RelayAuthority) -> Result<(), StoreError> {
    if peer.record.relay == *relay {
        return Ok(());
    }
    peer.record.relay.clone_from(relay);
    if peer.state != PeerState::Paired {
        return Ok(());
    }
    let name = &peer.record.petname;
    let text = format!("{name} moved to the relay {relay}; your pair goes on there.");
    notices::tell(tx, ctx, &format!("moved {}", peer.key.0), NoticeKind::Relay, text)?;
    audit::note(tx, ctx, Note::new("peer_moved").about(name).saying(relay.to_string()))
}

fn pair(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &mut Peer) -> Result<(), StoreError> {
    peer.state = PeerState::Paired;
    peer.record.since = ctx.now;
    let name = &peer.record.petname;
    let text = format!("{name} accepted your request to pair.{}", own_name(peer));
    notices::tell(tx, ctx, &format!("paired {}", peer.key.0), NoticeKind::Paired, text)?;
    let said = format!("our request was accepted; granted to us: {}", scope_words(&peer.record.granted_to_us));
    audit::note(tx, ctx, Note::new("paired").about(name).saying(said))
}

/// The peer had ended the pair, and took that back; or its relay had lost our way to it. What we said meanwhile was refused,
/// and by the same relay our own lane may have been lost, so our terms are told again. The peer answers that only where it
/// takes us back by them.
fn taken_back(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &mut Peer) -> Result<(), Trouble> {
    peer.state = PeerState::Paired;
    let lane = lanes::newest(tx, peer.key)?;
    terms::tell(tx, ctx, peer, lane).map_err(Trouble::from)?;
    let name = &peer.record.petname;
    notices::withdraw(tx, &format!("refused {}", peer.key.0))?;
    let text = format!("{name} takes your mail again; what was refused meanwhile was not sent.");
    notices::tell(tx, ctx, &format!("paired {}", peer.key.0), NoticeKind::Paired, text)?;
    Ok(audit::note(tx, ctx, Note::new("paired").about(name).saying("the peer took the end of the pair back"))?)
}

/// How to call a peer by its own name, where we call it by two of its safety words; in plain letters, so safe to show.
fn own_name(peer: &Peer) -> String {
    let (now, own) = (&peer.record.petname, petname::slug(&peer.record.display_name));
    match own.filter(|own| peer.record.is_provisional && own != now) {
        Some(own) => format!(" It calls itself {own}; to call it so, run `a2a peers rename {now} {own}`."),
        None => String::new(),
    }
}

/// The peer could not open something of ours: we begin anew, and it knows us by the nonce.
fn reported(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &Peer, nonce: [u8; 32]) -> Result<(), StoreError> {
    tasks::add(tx, &Task::Reset(peer.key, Some(nonce)), ctx.now)?;
    let name = &peer.record.petname;
    let text = format!("{name} could not open some of your mail; a new start was made, and it is sent again.");
    notices::tell(tx, ctx, &format!("reported {}", peer.key.0), NoticeKind::Security, text)?;
    audit::note(tx, ctx, Note::new("reported_by_peer").about(name))
}

/// Tells a peer inside a working session that something of it did not open; once a day at most.
pub(super) fn report(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &mut Peer, reason: ReportReason) -> Result<(), Trouble> {
    let is_recent = peer.record.reported.is_some_and(|last| ctx.now.since(last.at) < REPORT_EVERY);
    if is_recent || peer.state != PeerState::Paired || sessions::of_peer(tx, peer.key)?.is_empty() {
        return Ok(());
    }
    let nonce = random()?;
    peer.record.reported = Some(Reported { nonce, at: ctx.now });
    write::control(tx, ctx, peer, Body::Report { nonce, reason })?;
    let note = Note::new("reported_to_peer").about(&peer.record.petname);
    Ok(audit::note(tx, ctx, note)?)
}
