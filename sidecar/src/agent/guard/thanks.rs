//! Thanks for thanks: two agents that only acknowledge each other would never end.

use crate::agent::mail::view::parts;
use crate::agent::me::Ctx;
use crate::agent::{Draft, NoticeKind, SendError, notices};
use crate::store::messages::{self, Way};
use crate::store::peers::Peer;
use crate::store::{StoreError, Tx};

/// The longest text that can be a mere acknowledgement.
const MOST_WORDS: usize = 16;

/// Words that acknowledge.
const THANKS: [&str; 42] = [
    "ack",
    "acked",
    "acknowledged",
    "appreciate",
    "appreciated",
    "bye",
    "cheers",
    "confirmed",
    "confirming",
    "copy",
    "danke",
    "done",
    "goodbye",
    "gracias",
    "got",
    "great",
    "merci",
    "noted",
    "ok",
    "okay",
    "perfect",
    "pleasure",
    "problem",
    "received",
    "roger",
    "sure",
    "thank",
    "thanks",
    "thx",
    "ty",
    "understood",
    "welcome",
    "will",
    "yes",
    "cool",
    "glad",
    "awesome",
    "wonderful",
    "excellent",
    "nice",
    "regards",
    "bitte",
];
/// Words that may stand beside them without saying anything.
const FILLING: [&str; 58] = [
    "a",
    "again",
    "all",
    "and",
    "any",
    "are",
    "as",
    "at",
    "be",
    "both",
    "clear",
    "confirmation",
    "day",
    "do",
    "for",
    "from",
    "good",
    "happy",
    "have",
    "help",
    "i",
    "im",
    "in",
    "is",
    "it",
    "its",
    "just",
    "likewise",
    "lot",
    "loud",
    "me",
    "message",
    "much",
    "my",
    "no",
    "note",
    "of",
    "on",
    "reply",
    "right",
    "so",
    "that",
    "thats",
    "the",
    "this",
    "to",
    "too",
    "touch",
    "update",
    "very",
    "we",
    "well",
    "with",
    "you",
    "your",
    "youre",
    "ill",
    "same",
];

/// An error when a draft only thanks for thanks. The owner is told.
pub(super) fn refuse(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &Peer, draft: &Draft) -> Result<Option<SendError>, StoreError> {
    let carries = draft.intent.is_some() || !draft.attachments.is_empty() || says(draft.subject.as_deref());
    if carries || !is_thanks(&draft.body) || !answers_thanks(tx, peer, draft)? {
        return Ok(None);
    }
    let name = peer.record.petname.clone();
    let text = format!("You and {name} only thanked each other, so your agent's last thanks was not sent.");
    notices::tell(tx, ctx, &format!("thanks {}", peer.key.0), NoticeKind::Paused, text)?;
    Ok(Some(SendError::OnlyThanks { peer: name }))
}

fn answers_thanks(tx: &Tx<'_>, peer: &Peer, draft: &Draft) -> Result<bool, StoreError> {
    let answered = match draft.reply_to {
        Some(id) => messages::find(tx, peer.key, Way::In, id)?,
        None => messages::before(tx, i64::MAX, Some(peer.key), Some(Way::In), 1)?.into_iter().next(),
    };
    let Some(answered) = answered else { return Ok(false) };
    let parts = parts(&answered)?;
    let carried = parts.request.is_some() || !parts.attachments.is_empty() || says(answered.record.subject.as_deref());
    Ok(!carried && is_thanks(&answered.record.body))
}

/// Whether a subject says something: it neither thanks nor repeats the one that it answers.
fn says(subject: Option<&str>) -> bool {
    let subject = subject.unwrap_or_default().trim();
    let repeats = subject.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:"));
    !subject.is_empty() && !repeats && !is_thanks(subject)
}

/// Whether a text does nothing but acknowledge.
fn is_thanks(text: &str) -> bool {
    if text.contains('?') || text.trim().is_empty() {
        return false;
    }
    let parts = text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '\u{2019}'));
    let words: Vec<String> =
        parts.map(|part| part.replace(['\'', '\u{2019}'], "").to_lowercase()).filter(|word| !word.is_empty()).collect();
    let among = |list: &[&str], word: &String| list.contains(&word.as_str());
    let only = words.iter().all(|word| among(&THANKS, word) || among(&FILLING, word));
    // A lone sign, a thumb say, acknowledges too.
    words.len() <= MOST_WORDS && only && (words.is_empty() || words.iter().any(|word| among(&THANKS, word)))
}

#[cfg(test)]
mod tests {
    use a2a_proto::attachment::AttachmentKey;
    use a2a_proto::content::Attachment;

    use super::super::decide;
    use super::is_thanks;
    use crate::agent::attachments::Prepared;
    use crate::agent::mail::send;
    use crate::agent::testing::{Side, pair};
    use crate::agent::{Draft, OutgoingFile, SendError, Trouble};
    use crate::store::attachments::{self, FileState, StoredFile};

    fn draft(to: &str, body: &str) -> Draft {
        Draft { recipient: to.into(), body: body.into(), ..Draft::default() }
    }

    /// A file that was sealed.
    fn file() -> OutgoingFile {
        let key = AttachmentKey::from_bytes([4; 32]);
        let attachment = Attachment { name: "plan.pdf".into(), size: 9, digest: [4; 32], key };
        let ready = Some(Prepared { attachment, spool: "spool".into(), found: Vec::new() });
        OutgoingFile { path: "plan.pdf".into(), ready }
    }

    fn refuses(side: &Side, draft: Draft) -> bool {
        let decided = side.act(|tx, ctx| decide(tx, ctx, draft)).unwrap();
        matches!(decided, Err(SendError::OnlyThanks { .. }))
    }

    #[test]
    fn thanks_are_told_from_what_says_something() {
        let thanks = [
            "Thanks!",
            "ok",
            "Got it, thank you very much.",
            "You're welcome!",
            "👍",
            "Understood. Will do.",
            "Received.",
        ];
        for text in thanks {
            assert!(is_thanks(text), "{text}");
        }
        let others = [
            "Thanks, Tuesday at nine then.",
            "ok?",
            "No.",
            "The build is done",
            "Yes, merge it",
            "7",
            "I will send it",
        ];
        for text in others {
            assert!(!is_thanks(text), "{text}");
        }
    }

    #[test]
    fn thanks_that_carry_something_or_answer_it_go() {
        let (mut alice, bob) = pair(&["message"]);
        let thanks = || draft("bob", "Thank you!");
        let mut comes = |draft: Draft| {
            bob.act(|tx, ctx| send::write_down(tx, ctx, draft)).unwrap();
            bob.act(|tx, ctx| {
                // As if Alice's relay had every file.
                for file in attachments::due(tx, FileState::Sending, ctx.now, 9)? {
                    attachments::update(tx, &StoredFile { state: FileState::Sent, ..file })?;
                }
                Ok::<_, Trouble>(())
            })
            .unwrap();
            alice.take_all(&bob.post());
            refuses(&alice, thanks())
        };
        assert!(comes(draft("alice", "Thanks!")));
        assert!(!comes(Draft { subject: Some("The contract is signed".into()), ..draft("alice", "Done.") }));
        assert!(comes(Draft { subject: Some("Re: the contract".into()), ..draft("alice", "Thanks!") }));
        assert!(!comes(Draft { attachments: vec![file()], ..draft("alice", "Thanks!") }));
        let asked = Draft {
            intent: Some("anything".parse().unwrap()),
            payload: Some(serde_json::json!({ "a": 1 })),
            ..draft("alice", "Thanks!")
        };
        assert!(!comes(asked));
        assert!(comes(draft("alice", "Thanks!")));
        assert!(!refuses(&alice, Draft { subject: Some("The second draft".into()), ..thanks() }));
        assert!(!refuses(&alice, Draft { attachments: vec![file()], ..thanks() }));
        assert!(refuses(&alice, Draft { subject: Some("Thanks".into()), ..thanks() }));
    }
}
