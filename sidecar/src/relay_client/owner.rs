//! Who signs in at the own relay.

use a2a_proto::certificate::Certificate;
use a2a_proto::keys::DeviceKeys;

/// The owner's device: what proves to the own relay that the mailbox is ours. The keys are used for these proofs only.
pub struct Owner {
    /// The device's certificate.
    pub certificate: Certificate,
    /// The device's keys.
    pub device: DeviceKeys,
}

impl std::fmt::Debug for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { certificate, device: _ } = self;
        f.debug_struct("Owner").field("id", &certificate.id()).finish_non_exhaustive()
    }
}
