//! What an operator decides about a relay: its name, who may register, its bounds.

use std::time::Duration;

use a2a_guard::Rules;
use a2a_proto::address::RelayAuthority;
use a2a_proto::api::{RegistrationPolicy, RelayInfo, RelayLimits};
use a2a_proto::limits::{MAX_ENVELOPE_BYTES, MAX_KNOCK_BYTES};

use crate::rates::Rates;
use crate::store::Quotas;

/// The oldest sidecar that works with this relay.
const MINIMUM_CLIENT: &str = "0.1.0";

/// The decisions of one relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The relay's name in MACs, sessions and links. Never taken from a request.
    pub authority: RelayAuthority,
    /// Who may register.
    pub registration: RegistrationPolicy,
    /// Leading zero bits of a knock's work while few knock: one figure for everybody, because a mailbox's own would show
    /// that it exists.
    pub knock_difficulty: u32,
    /// How long a collector may wait for mail in one request; below the minute after which proxies give up.
    pub long_poll: Duration,
    /// Requests at work at once; beyond it the relay says that it is busy.
    pub max_requests: usize,
    /// Collectors that wait at once: they cost memory only.
    pub max_collectors: usize,
    /// Batches in memory for streams, each of at most 320 KiB.
    pub max_pushes: usize,
    /// Places of 64 KiB for batches of mail that are not read yet.
    pub max_unread: usize,
    /// Places of 64 KiB for chunks that are not read yet, and as many for backup parts; each takes five.
    pub max_unread_files: usize,
    /// How often a stream is asked whether it is alive, and its right looked at again.
    pub stream_asked_every: Duration,
    /// How long a request may take that does not wait for mail.
    pub request_timeout: Duration,
    /// How fast one lane and one owner may be.
    pub rates: Rates,
    /// Which webhooks are called.
    pub webhooks: Rules,
    /// What one owner may make the relay keep.
    pub quotas: Quotas,
}

impl Policy {
    /// The usual decisions for a relay of this name.
    pub fn new(authority: RelayAuthority, registration: RegistrationPolicy) -> Self {
        Self {
            authority,
            registration,
            knock_difficulty: 18,
            long_poll: Duration::from_secs(30),
            max_requests: 1024,
            max_collectors: 20_000,
            max_pushes: 256,
            max_unread: 2048,
            max_unread_files: 1280,
            stream_asked_every: Duration::from_secs(30),
            request_timeout: Duration::from_secs(20),
            rates: Rates::default(),
            webhooks: Rules::default(),
            quotas: Quotas::default(),
        }
    }

    /// What the relay tells everyone about itself.
    pub(crate) fn describe(&self, knock_difficulty: u32) -> RelayInfo {
        RelayInfo {
            protocol: RelayInfo::PROTOCOL.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            authority: self.authority.clone(),
            registration: self.registration,
            knock_difficulty,
            limits: RelayLimits {
                max_envelope_bytes: MAX_ENVELOPE_BYTES as u64,
                max_knock_bytes: MAX_KNOCK_BYTES as u64,
                mailbox_bytes: self.quotas.mailbox_bytes,
                mailbox_envelopes: self.quotas.mailbox_envelopes,
                lane_envelopes: self.quotas.lane_pending,
                knocks_pending: self.quotas.knocks_pending,
                envelope_lifetime_secs: self.quotas.envelope_lifetime.as_secs(),
                long_poll_secs: self.long_poll.as_secs(),
            },
            minimum_client: MINIMUM_CLIENT.to_owned(),
        }
    }
}
