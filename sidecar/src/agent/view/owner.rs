//! The owner's word: where it was given, and what proves it.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// What the owner's yes takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// A yes, wherever the owner is asked.
    #[default]
    Confirm,
    /// The PIN, at a terminal or on a page; a client's form does not count.
    Pin,
}

/// Where the owner answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// At a terminal.
    Terminal,
    /// On a page of this computer: the approval page or the console.
    Page,
    /// In a form of the client, which a program may fill in: an unverified human.
    Form,
}

/// The owner's word as a face took it. It is worth something once the agent has checked it.
#[derive(Debug)]
pub struct Word {
    pub(in crate::agent) way: Way,
    pub(in crate::agent) pin: Option<Pin>,
}

impl Word {
    /// Said at a terminal, with the PIN where one is asked for.
    pub fn at_terminal(pin: Option<Pin>) -> Self {
        Self { way: Way::Terminal, pin }
    }

    /// Said on a page of this computer, with the PIN where one is asked for.
    pub fn on_page(pin: Option<Pin>) -> Self {
        Self { way: Way::Page, pin }
    }

    /// Said in a form of a client.
    pub fn by_form() -> Self {
        Self { way: Way::Form, pin: None }
    }
}

/// A word that was checked: what the policy asked for, and where it was given. The audit log keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovedBy {
    /// What it took.
    pub policy: Policy,
    /// Where it was given.
    pub way: Way,
}

impl ApprovedBy {
    /// A yes at a terminal without a PIN.
    #[cfg(test)]
    pub(crate) const TERMINAL: Self = Self { policy: Policy::Confirm, way: Way::Terminal };

    /// How the audit log says it.
    pub fn words(self) -> &'static str {
        match (self.policy, self.way) {
            (Policy::Pin, Way::Terminal) => "pin, terminal",
            (Policy::Pin, Way::Page) => "pin, approval page",
            (Policy::Confirm, Way::Terminal) => "confirm, terminal",
            (Policy::Confirm, Way::Page) => "confirm, approval page",
            (_, Way::Form) => "confirm, unverified human",
        }
    }
}

/// A PIN as it was typed; wiped when dropped and never shown.
#[derive(Clone)]
pub struct Pin(Zeroizing<String>);

impl Pin {
    /// Takes what was typed.
    pub fn new(typed: impl Into<Zeroizing<String>>) -> Self {
        Self(typed.into())
    }

    /// The characters.
    pub(in crate::agent) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("Pin(redacted)")
    }
}
