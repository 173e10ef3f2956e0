//! How one message reads at a terminal: who, about what, when, and the words behind a bar.

use crate::agent::{AttachmentState, AttachmentView, Direction, InboxMessage, MessageState};
use crate::present;

use super::output::{Output, Tone};
use super::{home, quoted, words};

/// Prints one message; a peer's words are neutralised and every line of them stands behind a bar.
pub(crate) fn show(message: &InboxMessage, output: Output) {
    let when = words::ago(message.sent_at, home::now());
    let author = output.tone(Tone::Strong, &message.from);
    let mark = mark(message, output);
    output.line(format!("{author}  {} · {when}{mark}", message.scope));
    if let Some(subject) = &message.subject {
        quoted::labelled("Subject: ", &present::line(subject), output);
    }
    match &message.quarantined {
        Some(why) => output.line(format!("  kept but not shown: {why}")),
        None => quoted::show(&present::told(message), "", output),
    }
    message.attachments.iter().for_each(|file| show_file(file, message, output));
    if let Some(answered) = message.reply_to {
        output.line(output.tone(Tone::Faint, &format!("  in answer to {answered}")));
    }
    output.line(output.tone(Tone::Faint, &format!("  {}\n", message.message_id)));
}

/// One file of a message: its name behind the bar, and what is known of it.
pub(crate) fn show_file(file: &AttachmentView, message: &InboxMessage, output: Output) {
    quoted::labelled("File: ", &present::line(&file.name), output);
    let state = match file.state {
        AttachmentState::Sending => "on its way".to_owned(),
        AttachmentState::Sent => "sent".to_owned(),
        AttachmentState::NotFetched => format!("not fetched: a2a fetch {}", message.message_id),
        AttachmentState::Fetching => "being fetched".to_owned(),
        AttachmentState::Saved => file.path.clone().unwrap_or_default(),
        AttachmentState::Lost => format!("lost: {}", file.reason.as_deref().unwrap_or("it is gone")),
    };
    output.line(format!("  {}, {state}", words::bytes(file.size)));
}

fn mark(message: &InboxMessage, output: Output) -> String {
    match (&message.direction, &message.state) {
        (Direction::Received, _) if message.unread => {
            format!(" · {}", output.tone(Tone::Good, "new"))
        }
        (Direction::Sent, Some(state)) => format!(" · {}", reached(state)),
        _ => String::new(),
    }
}

pub(crate) fn reached(state: &MessageState) -> String {
    match state {
        MessageState::Waiting(reason) => format!("waiting on this computer: {reason}"),
        MessageState::Queued => "in their mailbox".to_owned(),
        MessageState::Delivered => "delivered".to_owned(),
        MessageState::Read => "read".to_owned(),
        MessageState::Answered => "answered".to_owned(),
        MessageState::Refused(reason) => format!("refused: {reason}"),
        MessageState::Expired => "expired in their mailbox".to_owned(),
    }
}
