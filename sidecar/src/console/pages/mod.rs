//! One file per page; each asks the agent, shows, and holds no rule.

pub(super) mod authorizations;
pub(super) mod away;
pub(super) mod clients;
pub(super) mod compose;
pub(super) mod decide;
pub(super) mod draft;
pub(super) mod habits;
pub(super) mod inbox;
pub(super) mod invite;
pub(super) mod kept;
pub(super) mod network;
pub(super) mod notifications;
pub(super) mod peer;
pub(super) mod recovery;
pub(super) mod rules;
pub(super) mod settings;
pub(super) mod takes;
