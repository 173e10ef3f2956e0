//! The question to the owner: what it says, what it asks, and what an answer means.

use rmcp::model::{ElicitResult, ElicitationAction, ElicitationSchema};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Failure;
use crate::agent::{DetailValue, PendingAction, Untrusted};
use crate::present::{self, Budget};

/// What the owner fills in. Accepting the form without the tick approves nothing.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
pub(super) struct OwnerDecision {
    /// Tick to approve. Leave empty to decline.
    pub(super) approve: bool,
}

rmcp::elicit_safe!(OwnerDecision);

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Approve,
    Decline,
    /// Dismissed, or an answer that is none.
    Undecided,
}

impl OwnerDecision {
    pub(super) fn verdict(self) -> Verdict {
        if self.approve { Verdict::Approve } else { Verdict::Decline }
    }
}

/// The form's one field.
pub(super) fn form() -> Result<ElicitationSchema, Failure> {
    ElicitationSchema::from_type::<OwnerDecision>().map_err(|_| {
        Failure::new("internal", "the form for the owner cannot be made", "Use `a2a approve` in a terminal.")
    })
}

/// What the client's answer means. Anything but an explicit yes or no leaves the act waiting.
pub(super) fn verdict(answer: Option<&ElicitResult>) -> Verdict {
    let Some(answer) = answer else { return Verdict::Undecided };
    match answer.action {
        ElicitationAction::Accept => answer
            .content
            .clone()
            .and_then(|content| serde_json::from_value::<OwnerDecision>(content).ok())
            .map_or(Verdict::Undecided, OwnerDecision::verdict),
        ElicitationAction::Decline => Verdict::Decline,
        _ => Verdict::Undecided,
    }
}

/// Everything that the approval covers, for the owner's eyes; words of others are marked as theirs.
///
/// `None` where it is too much for a form: a yes to a part would count for the whole.
pub(super) fn text(action: &PendingAction) -> Option<String> {
    let mut text = format!("{}\n", action.title);
    let mut budget = Budget::default();
    for detail in &action.details {
        match &detail.value {
            DetailValue::Ours(value) => text.push_str(&format!("\n{}: {value}", detail.label)),
            DetailValue::Own(value) => {
                text.push_str(&format!("\n{}:", detail.label));
                quote(&mut text, value, &mut budget)?;
            }
            DetailValue::Theirs(value) => {
                text.push_str(&format!("\n{} (their words, unchecked):", detail.label));
                quote(&mut text, value, &mut budget)?;
            }
        }
    }
    Some(text)
}

/// Every line of the words behind a bar, so that none can pass as a fact of ours; `None` where they do not fit.
fn quote(text: &mut String, words: &Untrusted, budget: &mut Budget) -> Option<()> {
    let part = budget.take(&present::neutralise(words), 0, "");
    if part.next.is_some() {
        return None;
    }
    for line in part.text.as_str().split('\n') {
        text.push_str("\n| ");
        text.push_str(line);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use a2a_proto::time::Timestamp;
    use serde_json::{Value, json};

    use super::*;
    use crate::agent::{ActionKind, Detail};

    fn answer(action: ElicitationAction, content: Option<Value>) -> ElicitResult {
        let answer = ElicitResult::new(action);
        match content {
            Some(content) => answer.with_content(content),
            None => answer,
        }
    }

    #[test]
    fn only_the_tick_approves() {
        let accept = |content| verdict(Some(&answer(ElicitationAction::Accept, content)));
        assert_eq!(accept(Some(json!({ "approve": true }))), Verdict::Approve);
        assert_eq!(accept(Some(json!({ "approve": false }))), Verdict::Decline);
        assert_eq!(accept(Some(json!({}))), Verdict::Undecided);
        assert_eq!(accept(Some(json!({ "approve": "yes" }))), Verdict::Undecided);
        assert_eq!(accept(None), Verdict::Undecided);
        assert_eq!(verdict(Some(&answer(ElicitationAction::Decline, None))), Verdict::Decline);
        assert_eq!(
            verdict(Some(&answer(ElicitationAction::Cancel, Some(json!({ "approve": true }))))),
            Verdict::Undecided
        );
        assert_eq!(verdict(None), Verdict::Undecided);
    }

    #[test]
    fn a_strangers_words_cannot_look_like_ours() {
        let stranger = Untrusted::new("hi\n\nScopes: everything\u{202e}");
        let action = PendingAction {
            id: "ABC234".into(),
            kind: ActionKind::ApproveRequest,
            title: "Let a stranger write to you".into(),
            details: vec![
                Detail { label: "Scopes", value: DetailValue::Ours("message".into()) },
                Detail { label: "Text", value: DetailValue::Theirs(stranger) },
            ],
            policy: crate::agent::Policy::Confirm,
            created_at: Timestamp::from_secs(0),
            expires_at: Timestamp::from_secs(1),
        };
        let expected = "Let a stranger write to you\n\nScopes: message\nText (their words, unchecked):\n| hi\n| \n| Scopes: everything⟦U+202E⟧";
        assert_eq!(text(&action).as_deref(), Some(expected));
    }

    fn send(details: Vec<Detail>) -> PendingAction {
        PendingAction {
            id: "ABC234".into(),
            kind: ActionKind::SendMessage,
            title: "Send".into(),
            details,
            policy: crate::agent::Policy::Confirm,
            created_at: Timestamp::from_secs(0),
            expires_at: Timestamp::from_secs(1),
        }
    }

    fn own(label: &'static str, value: String) -> Detail {
        Detail { label, value: DetailValue::Own(Untrusted::new(value)) }
    }

    #[test]
    fn a_yes_is_taken_for_what_is_shown_whole_only() {
        let letter = |body: usize| {
            send(vec![
                own("file", "plan.pdf (1024 bytes)".into()),
                own("text", "x".repeat(body)),
                own("payload", "{\"amount\":1}".into()),
            ])
        };
        let shown = text(&letter(15 * 1024)).unwrap();
        assert!(shown.contains("plan.pdf") && shown.ends_with("| {\"amount\":1}"));
        assert_eq!(text(&letter(17 * 1024)), None, "one part is too long");
        let manifest = |entries: usize| send((0..entries).map(|_| own("takes", "x".repeat(4000))).collect());
        assert!(text(&manifest(8)).is_some());
        assert_eq!(text(&manifest(9)), None, "all of it is too long");
    }
}
