//! Extractors that prove claims: if a handler runs, what its arguments say is so.

mod agent_path;
mod body;
mod knock;
mod lane_holder;
mod owner;

pub(crate) use agent_path::AgentPath;
pub(crate) use body::{Anyone, JsonBody, Octets, is_envelope};
pub(crate) use knock::ProvenKnock;
pub(crate) use lane_holder::{ProvenBlob, ProvenDeposit, prove};
pub(crate) use owner::{Owner, OwnerSession, OwnerWith, holds};
