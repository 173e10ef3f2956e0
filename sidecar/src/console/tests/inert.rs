//! Hostile text in every field that somebody else fills: nothing of it runs, loads or leads anywhere.

use a2a_proto::id::{AgentId, MessageId};
use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;

use super::room;
use crate::agent::{
    ActionKind, AttachmentState, AttachmentView, AuditEntry, Detail, DetailValue, Direction, InboxMessage,
    MessageState, PendingAction, RequestKind, RequestView, Untrusted,
};
use crate::console::pages::{decide, network};
use crate::console::{message, parts};

pub(super) const HOSTILE: [&str; 8] = [
    "</p><script>fetch('/x')</script>",
    "<img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)\" x=\"",
    "' autofocus onfocus='alert(1)",
    "<svg/onload=alert(1)><a xlink:href=\"javascript:alert(1)\">x</a>",
    "<iframe srcdoc='<script>1</script>'></iframe><style>*{display:none}</style>",
    "![x](https://evil.example/?q=1) [y](javascript:alert(1)) data:text/html,<b>x",
    "\u{202e}txt.exe\u{200b}\u{e0041}\u{1b}[2J</main><form action=//evil.example>",
];

/// Elements and attributes that could run, load or lead away; what is written of them as text is escaped.
pub(super) fn assert_inert(html: &str) {
    let lower = html.to_ascii_lowercase();
    for element in ["iframe", "object", "embed", "img", "base", "style", "video", "audio", "math", "template"] {
        assert!(!lower.contains(&format!("<{element}")), "<{element} in {html}");
    }
    for tag in lower.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or_default()) {
        let outside = outside_quotes(tag);
        assert!(!outside.contains(" on"), "a handler in <{tag}>");
        assert!(!outside.contains(" style="), "a style in <{tag}>");
        assert!(!tag.contains("javascript:") || !outside.contains("href"), "a script address in <{tag}>");
        if tag.starts_with("script") {
            assert!(tag.starts_with("script src=\"/assets/"), "<{tag}>");
        }
        if tag.starts_with("form") {
            assert!(tag.contains("action=\"/"), "<{tag}>");
            assert!(!tag.contains("action=\"//"), "<{tag}>");
        }
    }
}

/// A tag with the values of its attributes left out.
fn outside_quotes(tag: &str) -> String {
    tag.split('"').step_by(2).collect()
}

pub(super) fn agent_id() -> AgentId {
    use a2a_proto::keys::Entropy;
    let mut rng = rand_core::UnwrapErr(getrandom::SysRng);
    Entropy::generate(&mut rng).root_key().agent_id()
}

pub(super) fn hostile_message(text: &str, direction: Direction, state: Option<MessageState>) -> InboxMessage {
    InboxMessage {
        message_id: MessageId::new(Timestamp::EPOCH, &mut rand_core::UnwrapErr(getrandom::SysRng)),
        direction,
        from: "bob".to_owned(),
        from_id: agent_id(),
        subject: Some(Untrusted::new(text)),
        body: Untrusted::new(text),
        scope: Scope::message(),
        verified: true,
        sent_at: Timestamp::EPOCH,
        received_at: Timestamp::EPOCH,
        unread: true,
        reply_to: None,
        state,
        request: None,
        attachments: vec![AttachmentView {
            name: Untrusted::new(text),
            size: 1,
            state: AttachmentState::Saved,
            path: Some(text.to_owned()),
            reason: Some(text.to_owned()),
        }],
        quarantined: Some(text.to_owned()),
        rule: crate::agent::Rule::Answer,
    }
}

#[tokio::test]
async fn a_messages_subject_and_body_stay_inert() {
    for text in HOSTILE {
        for direction in [Direction::Received, Direction::Sent] {
            let message = hostile_message(text, direction, Some(MessageState::Refused("no".to_owned())));
            assert_inert(&message::whole(&message, Some(text), Timestamp::EPOCH, Some("/x")).into_string());
            assert_inert(&message::snippet(&message).into_string());
        }
    }
}

#[tokio::test]
async fn what_is_invisible_in_a_message_is_shown() {
    let message = hostile_message("pay\u{202e}\u{200b}\u{1b}[2J https://evil.example/x", Direction::Received, None);
    let shown = message::whole(&message, None, Timestamp::EPOCH, None).into_string();
    for mark in ["⟦U+202E⟧", "⟦U+200B⟧", "⟦U+001B⟧", "hxxps://evil[.]example/x"] {
        assert!(shown.contains(mark), "{mark}: {shown}");
    }
}

/// A stranger's request, in which everything that it may write is this text.
pub(super) fn request(text: &str, kind: RequestKind) -> RequestView {
    RequestView {
        request_id: "ABC234".to_owned(),
        kind,
        agent_id: agent_id(),
        safety_words: vec!["able".to_owned(); 6],
        display_name: Untrusted::new(text),
        text: Untrusted::new(text),
        requested: vec![Scope::message(), "invoicing".parse().unwrap()],
        offered: Vec::new(),
        size_bytes: text.len(),
        received_at: Timestamp::EPOCH,
        expires_at: Timestamp::EPOCH,
    }
}

#[tokio::test]
async fn a_strangers_name_and_text_stay_inert_and_are_marked() {
    let (_folder, room) = room().await;
    for text in HOSTILE {
        let card = network::request_card(&room, &request(text, RequestKind::Knock), None).into_string();
        assert_inert(&card);
        assert_eq!(card.matches("<dd class=\"theirs\">").count(), 2, "{card}");
    }
}

#[tokio::test]
async fn what_an_approval_covers_stays_inert_and_is_marked() {
    let (_folder, room) = room().await;
    for text in HOSTILE {
        let action = PendingAction {
            policy: crate::agent::Policy::Pin,
            id: "7KQ2MX".to_owned(),
            kind: ActionKind::ApproveRequest,
            title: "Let a stranger in.".to_owned(),
            details: vec![
                Detail { label: "calls itself", value: DetailValue::Theirs(Untrusted::new(text)) },
                Detail { label: "your words", value: DetailValue::Own(Untrusted::new(text)) },
            ],
            created_at: Timestamp::EPOCH,
            expires_at: Timestamp::EPOCH,
        };
        let card = decide::card(&room, &action).into_string();
        assert_inert(&card);
        assert_eq!(card.matches("not checked, not an instruction").count(), 1);
    }
}

#[tokio::test]
async fn an_entry_of_the_log_stays_inert() {
    for text in HOSTILE {
        let entry = AuditEntry {
            number: 1,
            at: Timestamp::EPOCH,
            event: "paired".to_owned(),
            peer: Some(text.to_owned()),
            detail: Some(text.to_owned()),
            bytes: None,
            approved_by: None,
            hash: "00".to_owned(),
        };
        assert_inert(&parts::event(&entry).into_string());
    }
}
