//! What `--json` prints: field by field what the MCP tools return, and beside it what only the owner may see.

use std::fmt::Write as _;

use a2a_proto::time::Timestamp;
use serde_json::{Value, json};

use crate::agent::{
    Asked, AttachmentView, AuditEntry, Authorized, AwayView, BlockedView, DetailValue, Direction, Found, InboxMessage,
    InboxPage, Listing, MadeInvite, Manifest, ManifestEntry, MessageState, Notice, PairView, PeerList, PeersOnly,
    PendingAction, RelayState, RequestView, Revoked, ThreadPage, WaitingView, Whereabouts, Whoami,
};
use crate::present;

use super::words::rfc3339;

/// How programs are told that a text is somebody else's.
const UNTRUSTED: &str = "untrusted-peer";
/// How programs are told that a text is our own.
const OWN: &str = "own";

/// `a2a_whoami`.
pub(crate) fn whoami(we: &Whoami) -> Value {
    let (state, reason) = match &we.relay_state {
        RelayState::Reachable => ("reachable", None),
        RelayState::Away(reason) => ("away", Some(reason)),
    };
    present_only(json!({
        "agent_id": we.agent_id,
        "address": we.address.to_string(),
        "name": present::own(&we.display_name),
        "handle": we.handle,
        "relay": we.relay.to_string(),
        "relay_state": state,
        "relay_reason": reason,
        "safety_words": we.safety_words,
        "unread": we.unread,
        "pending": we.pending,
        "waiting": we.waiting,
        "vault": we.vault,
        "owner_away": we.away,
        "away_until": we.away_until.map(rfc3339),
        "recovery_warning": we.recovery.warning(),
        "words_kept_at": we.recovery.words_kept_at.map(rfc3339),
        "backed_up_at": we.recovery.backed_up_at.map(rfc3339),
    }))
}

/// `a2a_invite`.
pub(crate) fn invite(made: &MadeInvite) -> Value {
    json!({
        "status": "made",
        "invite": made.link,
        "invite_id": made.invite_id,
        "scopes": made.scopes,
        "expires_at": rfc3339(made.expires_at),
    })
}

/// `a2a_authorize`.
pub(crate) fn authorized(authorized: &Authorized) -> Value {
    json!({
        "status": authorized.state,
        "peer": authorized.peer,
        "agent_id": authorized.agent_id,
        "scopes": authorized.scopes,
    })
}

/// `a2a_revoke`.
pub(crate) fn revoked(revoked: &Revoked) -> Value {
    json!({
        "status": revoked.state,
        "peer": revoked.peer,
        "agent_id": revoked.agent_id,
        "remaining": revoked.remaining,
        "relay_told": revoked.relay_told,
    })
}

/// `a2a_check_inbox`.
pub(crate) fn inbox(page: &InboxPage) -> Value {
    let mut shown = present_only(json!({
        "messages": page.messages.iter().map(message).collect::<Vec<_>>(),
        "next_cursor": page.next_cursor,
    }));
    if !page.notices.is_empty() {
        shown["notices"] = page.notices.iter().map(notice).collect();
    }
    shown
}

/// `a2a_read_thread`.
pub(crate) fn thread(page: &ThreadPage) -> Value {
    present_only(json!({
        "peer": page.peer,
        "agent_id": page.agent_id,
        "messages": page.messages.iter().map(message).collect::<Vec<_>>(),
        "next_cursor": page.next_cursor,
    }))
}

/// `a2a_list_peers`; requests as the owner may see them.
pub(crate) fn peers(peers: &PeerList) -> Value {
    json!({
        "pairs": peers.pairs.iter().map(pair).collect::<Vec<_>>(),
        "requests": peers.requests.iter().map(request).collect::<Vec<_>>(),
        "waiting": peers.waiting.iter().map(waiting).collect::<Vec<_>>(),
        "blocked": peers.blocked.iter().map(blocked).collect::<Vec<_>>(),
    })
}

/// What can be taken back.
pub(crate) fn undoable(undoable: &[(String, Timestamp)]) -> Value {
    undoable.iter().map(|(name, until)| json!({ "petname": name, "until": rfc3339(*until) })).collect()
}

/// A stranger's request, with the words that only the owner is shown.
pub(crate) fn request(request: &RequestView) -> Value {
    json!({
        "request_id": request.request_id,
        "kind": request.kind,
        "agent_id": request.agent_id,
        "safety_words": request.safety_words,
        "display_name": present::line(&request.display_name),
        "text": present::neutralise(&request.text),
        "requested": request.requested,
        "offered": request.offered,
        "size_bytes": request.size_bytes,
        "received_at": rfc3339(request.received_at),
        "expires_at": rfc3339(request.expires_at),
        "trust": UNTRUSTED,
    })
}

/// Everything that waits for the owner.
pub(crate) fn waiting_for_owner(actions: &[PendingAction], requests: &[RequestView]) -> Value {
    json!({
        "pending": actions.iter().map(pending).collect::<Vec<_>>(),
        "requests": requests.iter().map(request).collect::<Vec<_>>(),
    })
}

/// The audit log.
pub(crate) fn audit(entries: &[AuditEntry]) -> Value {
    let entry = |entry: &AuditEntry| {
        present_only(json!({
            "number": entry.number,
            "at": rfc3339(entry.at),
            "event": entry.event,
            "peer": entry.peer.as_deref().map(present::own),
            "detail": entry.detail.as_deref().map(present::own),
            "bytes_sha256": entry.bytes,
            "approved_by": entry.approved_by,
            "hash": entry.hash,
        }))
    };
    json!({ "entries": entries.iter().map(entry).collect::<Vec<_>>() })
}

fn pending(action: &PendingAction) -> Value {
    let details = action.details.iter().map(|detail| match &detail.value {
        DetailValue::Ours(text) => json!({ "label": detail.label, "value": text }),
        DetailValue::Own(text) => {
            json!({ "label": detail.label, "value": present::neutralise(text), "trust": OWN })
        }
        DetailValue::Theirs(text) => {
            json!({ "label": detail.label, "value": present::neutralise(text), "trust": UNTRUSTED })
        }
    });
    json!({
        "action_id": action.id,
        "kind": action.kind,
        "title": action.title,
        "details": details.collect::<Vec<_>>(),
        "created_at": rfc3339(action.created_at),
        "expires_at": rfc3339(action.expires_at),
    })
}

/// One message, as a program is given it.
pub(crate) fn message(message: &InboxMessage) -> Value {
    let (state, reason) = message.state.as_ref().map(MessageState::word).unzip();
    present_only(json!({
        "message_id": message.message_id,
        "from": message.from,
        "from_id": message.from_id,
        "subject": message.subject.as_ref().map(present::line),
        "body": present::neutralise(&message.body),
        "intent": message.request.as_ref().map(|request| &request.intent),
        "payload": message.request.as_ref().map(|request| present::payload(&request.payload)),
        "attachments": files(&message.attachments),
        "quarantined": message.quarantined,
        "scope": message.scope,
        "verified": message.verified,
        "trust": if message.direction == Direction::Sent { OWN } else { UNTRUSTED },
        "sent_at": rfc3339(message.sent_at),
        "unread": message.unread,
        "reply_to": message.reply_to,
        "rule": (message.direction == Direction::Received).then_some(message.rule),
        "state": state,
        "state_reason": reason.flatten(),
    }))
}

/// The files of a message; none of them is no field.
fn files(files: &[AttachmentView]) -> Option<Value> {
    let file = |file: &AttachmentView| {
        present_only(json!({
            "name": present::line(&file.name),
            "size": file.size,
            "state": file.state,
            "path": file.path,
            "reason": file.reason,
        }))
    };
    (!files.is_empty()).then(|| files.iter().map(file).collect())
}

/// `a2a fetch`.
pub(crate) fn fetched(fetched: &[AttachmentView]) -> Value {
    json!({ "attachments": files(fetched).unwrap_or_else(|| json!([])) })
}

/// `a2a search`.
pub(crate) fn found(found: &Found) -> Value {
    present_only(json!({
        "messages": found.messages.iter().map(message).collect::<Vec<_>>(),
        "next_cursor": found.next_cursor,
    }))
}

/// `a2a send --wait`.
pub(crate) fn asked(asked: &Asked) -> Value {
    let (status, reason) = asked.state.word();
    present_only(json!({
        "status": status,
        "reason": reason,
        "message_id": asked.message_id,
        "peer": asked.peer,
        "scope": asked.scope,
        "already_asked": asked.already,
        "answer": asked.answer.as_ref().map(message),
    }))
}

/// `a2a where`.
pub(crate) fn whereabouts(found: &Whereabouts) -> Value {
    let (state, reason) = found.state.as_ref().map(MessageState::word).unzip();
    present_only(json!({
        "message_id": found.message_id,
        "peer": found.peer,
        "state": state,
        "state_reason": reason.flatten(),
        "where": found.line,
    }))
}

/// `a2a_get_agent_capabilities`.
pub(crate) fn manifest(card: &Manifest) -> Value {
    present_only(json!({
        "agent_id": card.agent_id,
        "petname": card.petname,
        "address": card.address.to_string(),
        "display_name": present::line(&card.display_name),
        "handle": card.handle.as_ref().map(present::line),
        "safety_words": card.safety_words,
        "card": card.card.word(),
        "listed": card.listed,
        "capabilities": capabilities(&card.capabilities),
        "verified": true,
        "trust": UNTRUSTED,
        "updated_at": rfc3339(card.updated_at),
    }))
}

fn capabilities(entries: &[ManifestEntry]) -> Value {
    let entry = |entry: &ManifestEntry| {
        present_only(json!({
            "id": present::line(&entry.id),
            "title": present::line(&entry.title),
            "description": present::neutralise(&entry.description),
            "schema": entry.schema.as_ref().map(present::neutralise),
            "for_peers": entry.for_peers.then_some(true),
        }))
    };
    entries.iter().map(entry).collect()
}

/// `a2a capabilities`.
pub(crate) fn own_card(card: Option<&Manifest>, peers_only: Option<&PeersOnly>) -> Value {
    let peers_only = peers_only.map(|list| {
        json!({
            "capabilities": capabilities(&list.capabilities),
            "told": list.told,
            "updated_at": rfc3339(list.updated_at),
        })
    });
    present_only(json!({
        "published": card.is_some(),
        "address": card.map(|card| card.address.to_string()),
        "listed": card.is_some_and(|card| card.listed),
        "capabilities": card.map_or_else(|| json!([]), |card| capabilities(&card.capabilities)),
        "for_peers": peers_only,
        "trust": OWN,
        "updated_at": card.map(|card| rfc3339(card.updated_at)),
    }))
}

/// `a2a capabilities --search`.
pub(crate) fn listing(found: &Listing) -> Value {
    present_only(json!({
        "relay": found.relay,
        "agents": found.agents.iter().map(manifest).collect::<Vec<_>>(),
        "left_out": found.unproven,
        "next": found.next,
    }))
}

/// `a2a away`.
pub(crate) fn away(away: Option<&AwayView>) -> Value {
    present_only(json!({
        "away": away.is_some(),
        "text": away.map(|away| present::neutralise(&away.text)),
        "since": away.map(|away| rfc3339(away.since)),
        "until": away.and_then(|away| away.until).map(rfc3339),
        "told": away.map(|away| &away.told),
    }))
}

fn notice(notice: &Notice) -> Value {
    json!({ "kind": notice.kind, "text": notice.text, "at": rfc3339(notice.at) })
}

fn pair(pair: &PairView) -> Value {
    present_only(json!({
        "petname": pair.petname,
        "agent_id": pair.agent_id,
        "address": pair.address,
        "safety_words": pair.safety_words,
        "state": pair.state,
        "granted": pair.granted,
        "granted_until": pair.bounds.until.map(rfc3339),
        "daily": pair.bounds.daily,
        "granted_to_us": pair.granted_to_us,
        "granted_to_us_until": pair.granted_to_us_until.map(rfc3339),
        "since": rfc3339(pair.since),
        "verified": pair.verified_at.is_some(),
        "verified_at": pair.verified_at.map(rfc3339),
        "undo_until": pair.undo_until.map(rfc3339),
        "last_contact": pair.last_contact.map(rfc3339),
        "unread": pair.unread,
        "waiting": pair.waiting,
    }))
}

fn waiting(asked: &WaitingView) -> Value {
    json!({
        "petname": asked.petname,
        "agent_id": asked.agent_id,
        "address": asked.address,
        "granted": asked.granted,
        "asked_at": rfc3339(asked.asked_at),
    })
}

fn blocked(blocked: &BlockedView) -> Value {
    present_only(json!({
        "petname": blocked.petname,
        "agent_id": blocked.agent_id,
        "since": rfc3339(blocked.since),
        "undo_until": blocked.undo_until.map(rfc3339),
    }))
}

/// JSON that says the same in ASCII, so that no terminal acts upon what a text in it holds.
pub(crate) fn ascii(json: &str) -> String {
    let mut plain = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() && c != '\u{7f}' {
            plain.push(c);
        } else {
            // Outside ASCII a valid JSON text has only the insides of strings.
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(plain, "\\u{unit:04x}");
            }
        }
    }
    plain
}

/// Leaves out the fields that have no value.
fn present_only(mut object: Value) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    object
}

#[cfg(test)]
mod tests {
    use super::ascii;

    #[test]
    fn json_in_ascii_says_the_same_and_moves_no_cursor() {
        let text = "Ann\u{202e}\u{9b}31m \u{1b}[2J \u{e0041} \u{7f} 日本 \"quoted\" \\ 👍";
        let json = serde_json::to_string(&serde_json::json!({ "detail": text })).unwrap();
        let plain = ascii(&json);
        assert!(plain.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{plain}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&plain).unwrap()["detail"], text);
    }
}
