//! `a2a_set_capabilities`: publish or withdraw what this agent takes; with the owner.

use a2a_proto::card::Capability;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Hints, Tool};
use crate::agent::Published;
use crate::given::Given;
use crate::mcp::call::Call;
use crate::mcp::consent::{PendingOwner, Settled, settle};
use crate::mcp::reply::{Failure, Reply};
use crate::mcp::when::rfc3339;

pub(super) struct SetCapabilities;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// The whole list; empty withdraws it
    capabilities: Vec<Given>,
}

#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Output {
    /// published or pending_owner
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    capabilities: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    how: Option<String>,
}

impl Tool for SetCapabilities {
    const NAME: &'static str = "a2a_set_capabilities";
    const TITLE: &'static str = "Publish capabilities";
    const DESCRIPTION: &'static str = "Use to publish what requests this agent takes, on a signed card that anyone may read. Replaces the list before. The owner \
         is asked first.";
    const HINTS: Hints = Hints { read_only: false, destructive: true, idempotent: true, open_world: true };
    const ASKS_OWNER: bool = true;
    type Arguments = Arguments;
    type Output = Output;

    async fn call(call: &Call<'_>, Arguments { capabilities }: Arguments) -> Result<Reply<Output>, Failure> {
        let agent = call.agent().await?;
        let wanted: Vec<Capability> = capabilities.into_iter().map(Capability::from).collect();
        Ok(match settle(call, || agent.set_capabilities(wanted.clone(), None)).await? {
            Settled::Done(published) => Output::from(published).into(),
            Settled::Pending(pending) => Output::from(pending).into(),
            Settled::AskOwner(question) => Reply::AskOwner(question),
        })
    }
}

impl From<Published> for Output {
    fn from(Published { capabilities, updated_at, .. }: Published) -> Self {
        Self {
            status: "published",
            capabilities: Some(capabilities),
            updated_at: Some(rfc3339(updated_at)),
            ..Self::default()
        }
    }
}

impl From<PendingOwner> for Output {
    fn from(PendingOwner { action_id, expires_at, how }: PendingOwner) -> Self {
        Self {
            status: "pending_owner",
            action_id: Some(action_id),
            expires_at: Some(expires_at),
            how: Some(how),
            ..Self::default()
        }
    }
}
