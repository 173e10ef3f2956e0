//! The owner's decision at the terminal: shows exactly what is approved, then asks.

use crate::agent::{ActionKind, Agent, Approved, DetailValue, PendingAction, Pin, Policy, Way, Word};
use crate::error::Explain;
use crate::present;

use super::failure::Failure;
use super::output::{Output, Tone};
use super::{home, progress, quoted, terminal, words};

/// Shows the action and carries it out if the owner says yes.
///
/// Where there is no terminal nothing is decided: the failure says how the owner can.
pub(crate) async fn decide(agent: &Agent, action: &PendingAction, output: Output) -> Result<Approved, Failure> {
    if !terminal::is_interactive() {
        return Err(waits(action));
    }
    show(action, output);
    if terminal::confirm("Approve?")? {
        let approving = agent.approve(&action.id, word(action.policy)?);
        return Ok(progress::during(doing(action.kind), approving).await?);
    }
    agent.decline_action(&action.id, Way::Terminal).await?;
    Err(Failure::new("you said no, so nothing was done", "Run the command again if that was a slip"))
}

/// The owner's yes at this terminal, with the PIN where one is set.
pub(crate) fn word(policy: Policy) -> Result<Word, Failure> {
    Ok(match policy {
        Policy::Confirm => Word::at_terminal(None),
        Policy::Pin => Word::at_terminal(Some(Pin::new(terminal::secret("PIN:")?))),
    })
}

/// The owner's word for an act that was said on the command line and asks nothing but the PIN, where one is set.
pub(crate) async fn said(agent: &Agent) -> Result<Word, Failure> {
    word(agent.policy().await?)
}

/// Asks at the terminal for the owner's yes to an act that was said on the command line; none when the answer is no.
pub(crate) async fn ask(agent: &Agent, question: &str, output: Output) -> Result<Option<Word>, Failure> {
    if !terminal::confirm(question)? {
        output.say("Nothing was changed.");
        return Ok(None);
    }
    word(agent.policy().await?).map(Some)
}

/// What takes time about it; a knock pays with work for being heard by a stranger.
fn doing(kind: ActionKind) -> &'static str {
    match kind {
        ActionKind::MakeInvite => "Making the invite",
        ActionKind::AcceptInvite => "Accepting the invite",
        ActionKind::Knock => "Doing the work that a stranger's relay asks for",
        ActionKind::ApproveRequest | ActionKind::AcceptReset => "Letting them in",
        ActionKind::Regrant | ActionKind::TellPeers => "Telling them",
        ActionKind::PublishCard => "Publishing your card",
        ActionKind::SendMessage => "Sending",
    }
}

/// The failure of a command that waits for the owner.
fn waits(action: &PendingAction) -> Failure {
    Failure::pending(
        format!("the owner has to decide: {}", action.title),
        format!("Run `a2a approve {}` yourself in a terminal", action.id),
    )
}

/// Prints everything that the approval covers, a peer's words marked as theirs.
fn show(action: &PendingAction, output: Output) {
    output.note("");
    output.note(&action.title);
    for detail in &action.details {
        match &detail.value {
            DetailValue::Ours(text) => output.note(format!("  {}: {text}", detail.label)),
            DetailValue::Own(text) => {
                output.note(format!("  {}:", detail.label));
                quoted::own(&present::neutralise(text), "    ", output);
            }
            DetailValue::Theirs(text) => {
                output.note(format!("  {} (as given, not checked):", detail.label));
                quoted::ask(&present::neutralise(text), "  ", output);
            }
        }
    }
    let lapses = words::within(action.expires_at, home::now());
    output.note(output.tone(Tone::Faint, &format!("  id {}, lapses {lapses}", action.id)));
    output.note("");
}

/// The failure of an approved act that still says it waits: another command changed it meanwhile.
pub(crate) fn not_settled() -> Failure {
    Failure::pending("the approved act changed while it was carried out", "Run the command again")
}

/// Whether an act failed only because the owner said no before, and the owner is here to be asked anew.
pub(crate) fn may_ask_again(error: &impl Explain) -> bool {
    error.code() == "declined" && terminal::is_interactive()
}
