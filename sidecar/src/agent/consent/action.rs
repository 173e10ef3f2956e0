//! The acts that need the owner, and how each is put to them.

use a2a_proto::address::RelayAuthority;
use a2a_proto::card::Capability;
use a2a_proto::codec::Writer;
use a2a_proto::id::{AgentId, InviteId};
use a2a_proto::invite::Voucher;
use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::agent::guard::{self, Outgoing, Stop};
use crate::agent::mail::send::Written;
use crate::agent::me::{Asker, Ctx, words};
use crate::agent::pairing::{accept, scope_words};
use crate::agent::{
    ActionKind, ApprovedBy, AuthorizeError, Bounds, Detail, DetailValue, PendingAction, Policy, Trouble, Untrusted,
};
use crate::store::Tx;
use crate::store::pending::Stored;

const LABEL: &str = "a2a/1/consent/action";

/// An act with everything that the approval covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::agent) enum Action {
    /// Make an invite.
    MakeInvite { scopes: Vec<Scope>, lifetime_secs: u64, bounds: Bounds, voucher: Option<Voucher> },
    /// Accept one. The link is a secret and is never shown.
    AcceptInvite {
        link: String,
        agent_id: AgentId,
        name: String,
        relay: RelayAuthority,
        granted: Vec<Scope>,
        bounds: Bounds,
    },
    /// Ask a stranger.
    Knock {
        agent_id: AgentId,
        relay: RelayAuthority,
        handle: Option<String>,
        scopes: Vec<Scope>,
        text: String,
        bounds: Bounds,
    },
    /// Let a stranger in.
    ApproveRequest {
        request_id: String,
        agent_id: AgentId,
        relay: RelayAuthority,
        display_name: String,
        text: String,
        requested: Vec<Scope>,
        granted: Vec<Scope>,
        bounds: Bounds,
        /// Of everything that the stranger sent: another request under the same id is another act. Zeros are of none.
        #[serde(default)]
        sent: [u8; 32],
    },
    /// Change what a peer is granted.
    Regrant { agent_id: AgentId, petname: String, before: Vec<Scope>, granted: Vec<Scope>, bounds: Bounds },
    /// Accept a peer's new start.
    AcceptReset {
        request_id: String,
        agent_id: AgentId,
        #[serde(default)]
        sent: [u8; 32],
    },
    /// Publish our card.
    PublishCard {
        display_name: String,
        capabilities: Vec<Capability>,
        /// Whether it stands in the relay's listings.
        listed: bool,
    },
    /// Tell peers only what we take.
    TellPeers { capabilities: Vec<Capability> },
    /// Send what the guard stopped.
    Send { message: Outgoing, to: String, stops: Vec<Stop> },
}

/// What came of an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::agent) enum ActionResult {
    /// An invite; the link is a secret.
    Invite { link: String, invite_id: InviteId, expires_at: Timestamp, scopes: Vec<Scope> },
    /// A peer.
    Authorized { paired: bool, peer: String, agent_id: AgentId, scopes: Vec<Scope> },
    /// What peers are told that we take.
    Told { capabilities: usize, updated_at: Timestamp },
    /// A card.
    Published { capabilities: usize, listed: bool, updated_at: Timestamp },
    /// Something that leaves nothing to hand out but a sentence of ours.
    Did { summary: String },
    /// A message.
    Sent(Written),
}

/// An act as it rests.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::agent) struct PendingRecord {
    pub(in crate::agent) action: Action,
    pub(in crate::agent) approved_by: Option<ApprovedBy>,
    pub(in crate::agent) result: Option<ActionResult>,
    /// Who asked for it: nobody else is handed what came of it.
    #[serde(default)]
    pub(in crate::agent) askers: Vec<Asker>,
    /// When it was done.
    #[serde(default)]
    pub(in crate::agent) done_at: Option<Timestamp>,
    /// Who carries it out now, so that nobody else does at the same time.
    #[serde(default)]
    pub(in crate::agent) claim: Option<Claim>,
}

/// The right to carry an approved act out. It lapses by itself when its process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::agent) struct Claim {
    /// Names who holds it.
    pub(in crate::agent) holder: [u8; 16],
    /// Until when, unless it is renewed.
    pub(in crate::agent) until: Timestamp,
}

impl Action {
    /// SHA-256 of the exact bytes that are approved.
    pub(in crate::agent) fn digest(&self) -> Result<[u8; 32], Trouble> {
        if let Self::Send { message, .. } = self {
            // Why it was stopped may change; what is sent may not.
            return message.digest();
        }
        let mut act = self.clone();
        if let Self::Regrant { before, .. } = &mut act {
            // What is approved is the grant that comes; the one before is gone once it was carried out.
            before.clear();
        }
        let bytes = serde_json::to_vec(&act).map_err(|_| Trouble::Internal("an act cannot be written"))?;
        let mut writer = Writer::label(LABEL);
        writer.lp(&bytes);
        Ok(Sha256::digest(writer.as_slice()).into())
    }

    /// What kind of act it is.
    pub(in crate::agent) fn kind(&self) -> ActionKind {
        match self {
            Self::MakeInvite { .. } => ActionKind::MakeInvite,
            Self::AcceptInvite { .. } => ActionKind::AcceptInvite,
            Self::Knock { .. } => ActionKind::Knock,
            Self::ApproveRequest { .. } => ActionKind::ApproveRequest,
            Self::Regrant { .. } => ActionKind::Regrant,
            Self::AcceptReset { .. } => ActionKind::AcceptReset,
            Self::PublishCard { .. } => ActionKind::PublishCard,
            Self::TellPeers { .. } => ActionKind::TellPeers,
            Self::Send { .. } => ActionKind::SendMessage,
        }
    }

    /// Whether what came of `before` does not hold any more once this is done.
    pub(in crate::agent) fn supersedes(&self, before: &Self) -> bool {
        match (self, before) {
            (Self::PublishCard { .. }, Self::PublishCard { .. }) | (Self::TellPeers { .. }, Self::TellPeers { .. }) => {
                true
            }
            (Self::Regrant { agent_id, .. }, Self::Regrant { agent_id: before, .. }) => agent_id == before,
            _ => false,
        }
    }

    /// The request that the act answers.
    pub(in crate::agent) fn request_id(&self) -> Option<&str> {
        match self {
            Self::ApproveRequest { request_id, .. } | Self::AcceptReset { request_id, .. } => Some(request_id),
            _ => None,
        }
    }

    /// An error when asking the owner would be in vain.
    pub(in crate::agent) fn refuse_vain(&self, tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<(), AuthorizeError> {
        match self {
            Self::AcceptInvite { link, agent_id, relay, .. } => {
                accept::refuse_working(tx, agent_id, relay)?;
                accept::refuse_expired(&accept::parse(link)?, ctx.now)
            }
            Self::Knock { agent_id, .. } => accept::refuse_paired(tx, agent_id),
            _ => Ok(()),
        }
    }

    /// The act as the owner is shown it.
    pub(in crate::agent) fn view(&self, stored: &Stored<PendingRecord>, policy: Policy) -> PendingAction {
        PendingAction {
            id: stored.id.clone(),
            kind: self.kind(),
            title: self.title().into(),
            details: self.details(),
            policy,
            created_at: stored.created_at,
            expires_at: stored.expires_at,
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::MakeInvite { .. } => "Make an invite: whoever redeems its link first is paired with you.",
            Self::AcceptInvite { .. } => "Accept an invite: you and its maker are paired.",
            Self::Knock { .. } => "Ask an agent to pair: its owner learns your name, id and words.",
            Self::ApproveRequest { .. } => "Let a stranger in: you and the stranger are paired.",
            Self::Regrant { .. } => "Change what a peer may write to you about.",
            Self::AcceptReset { .. } => "Accept a peer's new start: its old keys are replaced.",
            Self::PublishCard { capabilities, .. } if capabilities.is_empty() => "Withdraw your public card.",
            Self::PublishCard { listed: true, .. } => "Publish your card, listed: anyone may find and read it.",
            Self::PublishCard { .. } => "Publish your card: anyone may read it.",
            Self::TellPeers { capabilities } if capabilities.is_empty() => "Tell your peers no longer what you take.",
            Self::TellPeers { .. } => "Tell every peer, sealed, what you take from peers only.",
            Self::Send { stops, .. } if stops.as_slice() == [Stop::Rule] => {
                "Send a message that you wanted to see first."
            }
            Self::Send { .. } => "Send a message that was stopped, because of what it holds.",
        }
    }

    fn details(&self) -> Vec<Detail> {
        match self {
            Self::MakeInvite { scopes, lifetime_secs, bounds, voucher } => {
                let mut details = vec![
                    ours("may write to you about", grant_words(scopes, *bounds)),
                    ours("works for", lifetime_words(*lifetime_secs)),
                ];
                if voucher.is_some() {
                    details.push(ours("brings along", "a token: its holder may register at your relay"));
                }
                details
            }
            Self::AcceptInvite { agent_id, name, relay, granted, bounds, .. } => {
                let granted = ours("may write to you about", grant_words(granted, *bounds));
                with_agent(agent_id, relay, vec![theirs("calls itself", name), granted])
            }
            Self::Knock { agent_id, relay, handle, scopes, text, bounds } => {
                let granted = ours("may write to you about", grant_words(scopes, *bounds));
                let mut details = with_agent(agent_id, relay, vec![granted]);
                if let Some(handle) = handle {
                    details.push(ours("found by the handle", format!("{handle} (the relay's word only)")));
                }
                if !text.is_empty() {
                    details.push(own("your words to its owner", text));
                }
                details
            }
            Self::ApproveRequest { agent_id, relay, display_name, text, requested, granted, bounds, .. } => {
                let mut details = with_agent(agent_id, relay, vec![theirs("calls itself", display_name)]);
                details.push(theirs("writes", text));
                details.push(ours("asks for", scope_words(requested)));
                details.push(ours("may write to you about", grant_words(granted, *bounds)));
                details
            }
            Self::Regrant { agent_id, petname, before, granted, bounds } => vec![
                ours("peer", petname.clone()),
                ours("agent", agent_id.to_string()),
                ours("until now", scope_words(before)),
                ours("may write to you about", grant_words(granted, *bounds)),
            ],
            Self::AcceptReset { agent_id, .. } => {
                vec![ours("agent", agent_id.to_string()), ours("safety words", words(agent_id).join(" "))]
            }
            Self::PublishCard { display_name, capabilities, listed } => {
                let shown = if *listed { "yes, to whoever looks for what it takes" } else { "no" };
                let mut details = vec![own("name", display_name), ours("listed by your relay", shown)];
                details.extend(takes(capabilities));
                details
            }
            Self::TellPeers { capabilities } => takes(capabilities).collect(),
            Self::Send { message, to, stops } => guard::details(message, to, stops),
        }
    }
}

/// Everything of each: what is not shown is not approved.
fn takes(capabilities: &[Capability]) -> impl Iterator<Item = Detail> {
    capabilities.iter().map(|Capability { id, title, description, schema }| {
        let more = [Some(description), schema.as_ref()].into_iter().flatten().filter(|text| !text.is_empty());
        own("takes", &more.fold(format!("{id}: {title}"), |shown, text| format!("{shown}\n{text}")))
    })
}

/// Scopes with what bounds them.
fn grant_words(scopes: &[Scope], bounds: Bounds) -> String {
    let mut said = scope_words(scopes);
    if let Some(until) = bounds.until {
        said.push_str(&format!(", until {}", crate::words::date(until)));
    }
    if let Some(daily) = bounds.daily {
        said.push_str(&format!(", {daily} messages a day"));
    }
    said
}

/// `7 days`, `1 hour 30 minutes`.
fn lifetime_words(secs: u64) -> String {
    let counted =
        [("day", secs / 86_400), ("hour", secs / 3_600 % 24), ("minute", secs / 60 % 60), ("second", secs % 60)]
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(unit, count)| if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") });
    counted.collect::<Vec<_>>().join(" ")
}

fn with_agent(agent_id: &AgentId, relay: &RelayAuthority, more: Vec<Detail>) -> Vec<Detail> {
    let mut details = vec![
        ours("agent", agent_id.to_string()),
        ours("safety words", words(agent_id).join(" ")),
        ours("relay", relay.to_string()),
    ];
    details.extend(more);
    details
}

fn ours(label: &'static str, value: impl Into<String>) -> Detail {
    Detail { label, value: DetailValue::Ours(value.into()) }
}

/// Words of our own side, which may be the model's: shown neutralised.
fn own(label: &'static str, value: &str) -> Detail {
    Detail { label, value: DetailValue::Own(Untrusted::new(value)) }
}

/// Words of a stranger: shown neutralised and marked.
fn theirs(label: &'static str, value: &str) -> Detail {
    Detail { label, value: DetailValue::Theirs(Untrusted::new(value)) }
}
