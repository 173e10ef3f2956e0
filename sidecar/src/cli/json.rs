//! What `--json` prints where a peer's text is part of it; the field names are those of the MCP tools.

use serde_json::{Value, json};

use crate::agent::{DetailValue, InboxMessage, InboxPage, PeerList, PendingAction, RequestView, ThreadPage};
use crate::present;

/// How programs are told that a text is somebody else's.
const TRUST: &str = "untrusted-peer";

/// A page of the inbox.
pub(crate) fn inbox(page: &InboxPage) -> Value {
    json!({
        "messages": page.messages.iter().map(message).collect::<Vec<_>>(),
        "next_cursor": page.next_cursor,
        "notices": page.notices,
    })
}

/// A page of a conversation.
pub(crate) fn thread(page: &ThreadPage) -> Value {
    json!({
        "peer": page.peer,
        "agent_id": page.agent_id,
        "messages": page.messages.iter().map(message).collect::<Vec<_>>(),
        "next_cursor": page.next_cursor,
    })
}

/// Everybody we deal with; requests as the owner may see them.
pub(crate) fn peers(peers: &PeerList) -> Value {
    json!({
        "peers": peers.pairs,
        "requests": peers.requests.iter().map(request).collect::<Vec<_>>(),
        "waiting": peers.waiting,
        "blocked": peers.blocked,
    })
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
        "received_at": request.received_at,
        "expires_at": request.expires_at,
        "trust": TRUST,
    })
}

/// Everything that waits for the owner.
pub(crate) fn waiting_for_owner(actions: &[PendingAction], requests: &[RequestView]) -> Value {
    json!({
        "pending": actions.iter().map(pending).collect::<Vec<_>>(),
        "requests": requests.iter().map(request).collect::<Vec<_>>(),
    })
}

/// An act that waits for the owner.
fn pending(action: &PendingAction) -> Value {
    let details: Vec<Value> = action
        .details
        .iter()
        .map(|detail| match &detail.value {
            DetailValue::Ours(text) => json!({ "label": detail.label, "value": text }),
            DetailValue::Theirs(text) => {
                json!({ "label": detail.label, "value": present::neutralise(text), "trust": TRUST })
            }
        })
        .collect();
    json!({
        "action_id": action.id,
        "kind": action.kind,
        "title": action.title,
        "details": details,
        "created_at": action.created_at,
        "expires_at": action.expires_at,
    })
}

fn message(message: &InboxMessage) -> Value {
    json!({
        "message_id": message.message_id,
        "direction": message.direction,
        "from": message.from,
        "from_id": message.from_id,
        "subject": message.subject.as_ref().map(present::line),
        "body": present::neutralise(&message.body),
        "scope": message.scope,
        "verified": message.verified,
        "trust": TRUST,
        "sent_at": message.sent_at,
        "unread": message.unread,
        "reply_to": message.reply_to,
        "state": message.state,
    })
}
