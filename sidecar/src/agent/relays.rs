//! What a relay's failure means to an act, in our words.

use a2a_proto::address::RelayAuthority;

use super::Trouble;
use crate::relay_client::RelayFailure;

/// A failure that is not about the act.
pub(super) fn trouble(relay: &RelayAuthority, failure: &RelayFailure) -> Trouble {
    let relay = relay.to_string();
    match failure {
        RelayFailure::Garbage(what) => Trouble::RelayGarbage { relay, what: (*what).into() },
        RelayFailure::NotCalled(error) => {
            Trouble::NotCalled { relay, host: error.host.clone(), why: error.why.to_string() }
        }
        RelayFailure::Unauthorized => Trouble::NotAccepted { relay },
        other => Trouble::RelayAway { relay, reason: reason(other) },
    }
}

/// Why something waits.
pub(super) fn reason(failure: &RelayFailure) -> String {
    failure.to_string()
}

/// Why mail to a relay waits.
pub(super) fn waiting(relay: &RelayAuthority, failure: &RelayFailure) -> String {
    match failure {
        RelayFailure::Retry { why, .. } => format!("the relay {relay} {why}"),
        other => format!("{relay}: {other}"),
    }
}
