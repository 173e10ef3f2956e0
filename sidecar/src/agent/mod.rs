//! The agent: every act that a face can ask for, and every rule about it.
//!
//! `agent` never prints, never reads the environment and knows no HTTP. Text of peers leaves it as [`Untrusted`].

mod block;
mod config;
mod errors;
mod health;
mod untrusted;
mod view;

use std::sync::Arc;
use std::time::Duration;

use a2a_proto::card::Capability;
use tokio_util::sync::CancellationToken;

pub use config::AgentConfig;
pub use errors::*;
pub use health::{Check, Health};
pub use untrusted::Untrusted;
pub use view::*;

/// One agent on this machine. Clones share everything; any number of processes may hold the same home.
#[derive(Clone)]
pub struct Agent {
    inner: Arc<Inner>,
}

struct Inner {
    _config: AgentConfig,
}

impl Agent {
    /// Opens the agent of a home. Works with no identity yet; the key is asked for by the first act that needs it.
    pub async fn open(config: AgentConfig) -> Result<Self, OpenError> {
        Ok(Self {
            inner: Arc::new(Inner { _config: config }),
        })
    }

    /// Makes the identity when there is none, and an account at the relay. Idempotent.
    pub async fn register(&self, _request: Register) -> Result<Registered, RegisterError> {
        Err(Trouble::Unavailable.into())
    }

    /// Who we are and what waits for us.
    pub async fn whoami(&self) -> Result<Whoami, ReadError> {
        Err(Trouble::Unavailable.into())
    }

    /// Makes a one-time link that pairs whoever redeems it. Needs the owner.
    pub async fn invite(&self, _request: MakeInvite) -> Result<Outcome<MadeInvite>, InviteError> {
        Err(Trouble::Unavailable.into())
    }

    /// Accepts an invite, asks an address to pair, or approves a request. Needs the owner.
    pub async fn authorize(
        &self,
        _request: Authorize,
    ) -> Result<Outcome<Authorized>, AuthorizeError> {
        Err(Trouble::Unavailable.into())
    }

    /// Everybody we deal with.
    pub async fn peers(&self) -> Result<PeerList, ReadError> {
        Err(Trouble::Unavailable.into())
    }

    /// Ends or narrows a pair, or declines a request. Takes effect at once, without asking.
    pub async fn revoke(&self, _request: Revoke) -> Result<Revoked, RevokeError> {
        Err(Trouble::Unavailable.into())
    }

    /// Gives a peer another petname; returns the one it has now.
    pub async fn rename(&self, _peer: &str, _new: &str) -> Result<String, RenameError> {
        Err(Trouble::Unavailable.into())
    }

    /// Writes a message down for good, then tries to hand it to the peer's relay.
    pub async fn send(&self, _draft: Draft) -> Result<Sent, SendError> {
        Err(Trouble::Unavailable.into())
    }

    /// Collects, then shows the inbox; what is here is shown even when the relay is away.
    pub async fn check_inbox(
        &self,
        _query: InboxQuery,
        _mark: MarkRead,
    ) -> Result<InboxPage, ReadError> {
        Err(Trouble::Unavailable.into())
    }

    /// The conversation with one peer, both directions, with how far our own mail got.
    pub async fn thread(&self, _query: ThreadQuery) -> Result<ThreadPage, ReadError> {
        Err(Trouble::Unavailable.into())
    }

    /// Publishes what we take; an empty list withdraws the card. Needs the owner.
    pub async fn set_capabilities(
        &self,
        _capabilities: Vec<Capability>,
    ) -> Result<Outcome<Published>, CardError> {
        Err(Trouble::Unavailable.into())
    }

    /// The verified card of a peer or of any agent that publishes one.
    pub async fn capabilities_of(&self, _who: &str) -> Result<Manifest, CardError> {
        Err(Trouble::Unavailable.into())
    }

    /// Acts that wait for the owner.
    pub async fn pending(&self) -> Result<Vec<PendingAction>, ReadError> {
        Err(Trouble::Unavailable.into())
    }

    /// Completes an act on the owner's word. Only faces that a human answers may call this.
    pub async fn approve(&self, _id: &str, _by: ApprovedBy) -> Result<Approved, ConsentError> {
        Err(Trouble::Unavailable.into())
    }

    /// Drops an act on the owner's word.
    pub async fn decline_action(&self, _id: &str, _by: ApprovedBy) -> Result<(), ConsentError> {
        Err(Trouble::Unavailable.into())
    }

    /// Entries of the audit log, oldest first.
    pub async fn audit(&self, _query: AuditQuery) -> Result<Vec<AuditEntry>, AuditError> {
        Err(Trouble::Unavailable.into())
    }

    /// Checks the chain and every signature of the audit log.
    pub async fn verify_audit(&self) -> Result<AuditReport, AuditError> {
        Err(Trouble::Unavailable.into())
    }

    /// One round: collect, receipts, outbox, prekeys.
    pub async fn sync(&self) -> Result<SyncReport, ReadError> {
        Err(Trouble::Unavailable.into())
    }

    /// Collects and sends until cancelled. Of all processes on a home, the elected one collects.
    pub async fn run(&self, cancel: CancellationToken) {
        cancel.cancelled().await;
    }

    /// Waits until what the last acts left to be sent (receipts, say) is sent, but not longer than `at_most`.
    /// A process that ends right after an act calls this first.
    pub async fn settle(&self, _at_most: Duration) {}

    /// How many messages were never shown. Cheap: no network, no vault; zero when it cannot be known.
    pub async fn mail_waiting(&self) -> u64 {
        0
    }
}

impl std::fmt::Debug for Agent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agent").finish_non_exhaustive()
    }
}
