//! What a command ends with when it did not do what was asked: words, the next step, an exit code.
//!
//! The agent's errors say what failed and name the next step; this file only carries both to
//! standard error and picks the number that scripts see.

use std::process::ExitCode;

use crate::error::{Explain, for_a_person};

/// The exit codes scripts may rely on; 0 is success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It was tried and did not work.
    Failure = 1,
    /// The command line itself was wrong.
    Usage = 2,
    /// Nothing is wrong, but the owner has to decide first.
    PendingOwner = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A command's failure, ready to be read by a person.
#[derive(Debug)]
pub(crate) struct Failure {
    what: String,
    next: Option<String>,
    exit: Exit,
}

impl Failure {
    /// Something was tried and failed; `next` says what to do now.
    pub(crate) fn new(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { what: what.into(), next: Some(next.into()), exit: Exit::Failure }
    }

    /// The command line asks for something that cannot be.
    pub(crate) fn usage(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { what: what.into(), next: Some(next.into()), exit: Exit::Usage }
    }

    /// The owner has to decide before this can go on.
    pub(crate) fn pending(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { what: what.into(), next: Some(next.into()), exit: Exit::PendingOwner }
    }

    /// The number the process ends with.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// The text for standard error: what failed, then the next step on a line of its own.
    pub(crate) fn text(&self) -> String {
        let word = if self.exit == Exit::PendingOwner { "waiting" } else { "error" };
        let mut text = format!("{word}: {}", sentence(&self.what));
        if let Some(next) = self.next.as_deref().filter(|next| !next.is_empty()) {
            text.push_str("\n  ");
            text.push_str(&sentence(next));
        }
        text
    }
}

impl<E: Explain + std::fmt::Display> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(error.to_string(), for_a_person(&error.next_step()))
    }
}

/// Ends `text` with a full stop unless it already ends with a mark.
fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?', ':']) { text.to_owned() } else { format!("{text}.") }
}

#[cfg(test)]
mod tests {
    use super::{Exit, Failure};

    #[test]
    fn says_what_failed_and_then_what_to_do() {
        let failure = Failure::new("there is no agent here yet", "Run `a2a init`");
        assert_eq!(failure.text(), "error: there is no agent here yet.\n  Run `a2a init`.");
        assert_eq!(failure.exit(), Exit::Failure);
    }

    #[test]
    fn a_pending_act_is_not_called_an_error() {
        let failure = Failure::pending("the owner has to decide", "Run `a2a approve 7KQ2MX`");
        assert!(failure.text().starts_with("waiting: "));
        assert_eq!(failure.exit() as u8, 3);
    }
}
