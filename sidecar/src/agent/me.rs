//! Who we are, with the keys to prove it.

use a2a_proto::address::{Address, AddressWho, Handle, RelayAuthority};
use a2a_proto::certificate::Certificate;
use a2a_proto::id::AgentId;
use a2a_proto::keys::DeviceKeys;
use a2a_proto::safety_words::safety_words;
use a2a_proto::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::Trouble;
use crate::relay_client::Owner;
use crate::store::identity::{IdentityRecord, LeftRelay};

/// Our identity, live.
pub(super) struct Me {
    pub(super) device: DeviceKeys,
    pub(super) certificate: Certificate,
    /// Certificates of the devices before this one.
    pub(super) former: Vec<Certificate>,
    /// How often device, epoch or relay changed before.
    pub(super) generation: u64,
    /// The relay that we moved away from.
    pub(super) left: Option<LeftRelay>,
    pub(super) display_name: String,
    /// The relay that took us; none before that.
    pub(super) relay: Option<RelayAuthority>,
    pub(super) handle: Option<Handle>,
}

/// Who asks for an act and is handed what came of it. All processes of a kind are one: a script runs its command again, and
/// some clients start a process for each call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Asker {
    /// A client's session.
    Sessions,
    /// The command line.
    Commands,
}

/// What a rule needs to know while it works on a transaction.
#[derive(Clone, Copy)]
pub(super) struct Ctx<'a> {
    pub(super) me: &'a Me,
    pub(super) now: Timestamp,
    pub(super) asker: Asker,
}

impl Me {
    /// Brings a stored identity to life.
    pub(super) fn from_record(record: &IdentityRecord) -> Result<Self, Trouble> {
        let device = record.device.array().ok_or(Trouble::Internal("the stored device keys have a wrong size"))?;
        let certificate = Certificate::parse_verified(&record.certificate.0)
            .map_err(|_| Trouble::Internal("the stored certificate does not hold"))?;
        let former = record.former.iter().filter_map(|former| Certificate::parse_verified(&former.0).ok());
        let former = former.filter(|former| former.id() == certificate.id()).collect();
        Ok(Self {
            former,
            generation: record.generation,
            left: record.left.clone(),
            device: DeviceKeys::from_bytes(&device),
            certificate,
            display_name: record.display_name.clone(),
            relay: record.relay.clone().filter(|_| record.registered),
            handle: record.handle.as_deref().and_then(|handle| handle.parse().ok()),
        })
    }

    /// Our id.
    pub(super) fn id(&self) -> &AgentId {
        self.certificate.id()
    }

    /// The relay that took us.
    pub(super) fn relay(&self) -> Result<&RelayAuthority, Trouble> {
        self.relay.as_ref().ok_or(Trouble::NotRegistered)
    }

    /// Where peers reach us.
    pub(super) fn address(&self) -> Result<Address, Trouble> {
        let who = match &self.handle {
            Some(handle) => AddressWho::Handle(handle.clone()),
            None => AddressWho::Id(*self.id()),
        };
        Ok(Address { who, relay: self.relay()?.clone() })
    }

    /// The words that people compare.
    pub(super) fn safety_words(&self) -> Vec<String> {
        words(self.id())
    }

    /// Who signs in at our relay.
    pub(super) fn owner(&self) -> Owner {
        Owner { certificate: self.certificate.clone(), device: DeviceKeys::from_bytes(&self.device.to_bytes()) }
    }
}

/// Safety words as views carry them.
pub(super) fn words(id: &AgentId) -> Vec<String> {
    safety_words(id).iter().map(ToString::to_string).collect()
}
