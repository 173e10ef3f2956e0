//! The address of one approval page, and what the owner decided there.

use std::fmt;

use a2a_proto::time::Timestamp;
use tokio::sync::watch;

/// How an approval page ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The owner said yes, and the act was carried out.
    Approved,
    /// The owner said no.
    Declined,
    /// Nobody decided in time.
    Expired,
}

/// A link that opens the approval page once.
///
/// The link is a secret for the owner's browser: it goes there or into a
/// URL elicitation, never into a tool result or a log. `Debug` does not show it.
#[derive(Clone)]
pub struct ApprovalLink {
    pub(super) url: String,
    pub(super) expires_at: Timestamp,
    pub(super) decision: watch::Receiver<Option<Decision>>,
}

impl ApprovalLink {
    /// The address to open in the owner's browser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// When the page closes by itself.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Waits until the owner decided or the page closed.
    pub async fn decided(&self) -> Decision {
        let mut decision = self.decision.clone();
        match decision.wait_for(Option::is_some).await {
            Ok(decided) => decided.unwrap_or(Decision::Expired),
            Err(_) => Decision::Expired,
        }
    }
}

impl fmt::Debug for ApprovalLink {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url: _, expires_at, decision: _ } = self;
        formatter.debug_struct("ApprovalLink").field("expires_at", expires_at).finish_non_exhaustive()
    }
}
