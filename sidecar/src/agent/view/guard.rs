//! Views of what the agent may write without its owner.

use a2a_proto::scope::Scope;
use serde::{Deserialize, Serialize};

/// Whose hand writes a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Hand {
    /// The model's, or a program's.
    #[default]
    Agent,
    /// The owner's own, at a terminal or on the console: rules and limits are for the agent.
    Owner,
    /// Nobody's: the owner said beforehand that this may be answered alone. Limits hold, being asked each time does not.
    Rule,
}

/// What the agent may do in the owner's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Answer and write alone.
    Answer,
    /// Write, but the owner sees each message before it leaves.
    Ask,
    /// Not write at all.
    Never,
}

impl Rule {
    /// The word that the owner types.
    pub fn word(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Ask => "ask",
            Self::Never => "never",
        }
    }

    /// What it means, told to the model beside a message.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Answer => "you may answer this alone",
            Self::Ask => "draft an answer; the owner sees it before it is sent",
            Self::Never => "do not answer this; tell the owner",
        }
    }
}

/// A rule that the owner set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleView {
    /// The petname.
    pub peer: String,
    /// What it is about; nothing means every scope without a rule of its own.
    pub scope: Option<Scope>,
    /// What the agent may do.
    pub rule: Rule,
}

/// How much the agent may write to a peer before its owner was there again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Messages within an hour.
    pub per_hour: u64,
    /// Messages within a day.
    pub per_day: u64,
    /// Bytes of text within a day.
    pub bytes_per_day: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_hour: 20, per_day: 200, bytes_per_day: 2 << 20 }
    }
}

/// The limits of a peer, and what is used of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LimitsView {
    /// The petname.
    pub peer: String,
    /// What is allowed.
    #[serde(flatten)]
    pub limits: Limits,
    /// Messages of the last hour that count.
    pub last_hour: u64,
    /// Messages of the last day that count.
    pub last_day: u64,
    /// Bytes of the last day that count.
    pub bytes_last_day: u64,
}
