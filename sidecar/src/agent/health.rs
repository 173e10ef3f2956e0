//! What the agent can say about its own health.

use serde::Serialize;

use super::Agent;

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// As it should be.
    Ok,
    /// It works, and deserves a look.
    Warn,
    /// It does not work.
    Fail,
}

/// One thing that was checked, in our words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was checked.
    pub subject: &'static str,
    /// How it went.
    pub health: Health,
    /// What was found.
    pub finding: String,
    /// What to do, where something is to be done.
    pub next_step: Option<String>,
}

impl Check {
    /// A check that went well.
    pub fn ok(subject: &'static str, finding: impl Into<String>) -> Self {
        Self { subject, health: Health::Ok, finding: finding.into(), next_step: None }
    }

    /// A check that deserves a look.
    pub fn warn(subject: &'static str, finding: impl Into<String>, next: impl Into<String>) -> Self {
        Self { subject, health: Health::Warn, finding: finding.into(), next_step: Some(next.into()) }
    }

    /// A check that failed.
    pub fn fail(subject: &'static str, finding: impl Into<String>, next: impl Into<String>) -> Self {
        Self { subject, health: Health::Fail, finding: finding.into(), next_step: Some(next.into()) }
    }
}

impl Agent {
    /// Checks what this agent needs: its vault, its store, its relay, its clock, its prekeys.
    pub async fn examine(&self) -> Vec<Check> {
        Vec::new()
    }
}
