//! Pairing: invites, knocks, what is granted, and the end of it.
//!
//! ```text
//!  we invite ──link──► the peer accepts ──first flight on the invite's lane──► paired (its holder was approved in advance)
//!  we knock ──front door──► a request there ──the owner approves──► terms come back on our lane ──► paired
//!  paired ──revoke──► revoked: lanes closed, sessions set aside ──undo, 7 days, the owner──► paired
//!      paired ──403 on a deposit──► refused: the peer ended it
//! ```

pub(super) mod accept;
pub(super) mod again;
pub(super) mod ended;
pub(super) mod enrol;
pub(super) mod invite;
pub(super) mod knock;
pub(super) mod lanes;
pub(super) mod list;
pub(super) mod receipts;
pub(super) mod regrant;
pub(super) mod rename;
pub(super) mod requests;
pub(super) mod revoke;
pub(super) mod terms;
pub(super) mod undo;
pub(super) mod why;

use a2a_proto::limits::MAX_SCOPES;
use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;

use super::Bounds;

/// Scopes in order, each once; none means `message`.
pub(super) fn tidy_scopes(mut scopes: Vec<Scope>) -> Vec<Scope> {
    if scopes.is_empty() {
        scopes.push(Scope::message());
    }
    scopes.sort_by(|one, other| one.as_str().cmp(other.as_str()));
    scopes.dedup();
    scopes
}

/// Whether so many scopes fit a grant.
pub(super) fn fits(scopes: &[Scope]) -> bool {
    scopes.len() <= MAX_SCOPES
}

/// Whether a grant with these bounds can be used at all.
pub(super) fn is_usable(bounds: Bounds, now: Timestamp) -> bool {
    bounds.until.is_none_or(|until| until > now) && bounds.daily != Some(0)
}

/// Scopes as a sentence carries them.
pub(super) fn scope_words(scopes: &[Scope]) -> String {
    scopes.iter().map(Scope::as_str).collect::<Vec<_>>().join(", ")
}
