//! Readers of text: ids, addresses, headers of proofs, JSON.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::address::{Address, Handle, RelayAuthority};
use crate::api;
use crate::id::{AgentId, EnvelopeId, MessageId, SessionId};
use crate::lane::DepositProof;
use crate::pow::KnockProof;
use crate::scope::Scope;

/// Ids as text, and as the 32 bytes of a key.
pub fn id(data: &[u8]) -> bool {
    let text = std::str::from_utf8(data).unwrap_or_default();
    let by_text = has_one_form::<AgentId>(text)
        | has_one_form::<MessageId>(text)
        | has_one_form::<EnvelopeId>(text)
        | has_one_form::<SessionId>(text);
    let by_key = data.first_chunk().and_then(|bytes| AgentId::from_key_bytes(bytes).ok());
    if let Some(id) = by_key {
        assert_eq!(id.to_string().parse(), Ok(id), "an id reads back what it prints");
    }
    by_text || by_key.is_some()
}

/// Addresses, relay names, URLs, handles and scopes.
pub fn address(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let is_word = has_one_form::<Handle>(text) | has_one_form::<Scope>(text);
    let relay = text.parse::<RelayAuthority>().or_else(|_| RelayAuthority::from_url(text)).ok();
    if let Some(relay) = &relay {
        assert_eq!(relay.as_str().parse().as_ref(), Ok(relay), "a relay's name is read back as it prints");
        assert_eq!(RelayAuthority::from_url(&relay.base_url()).as_ref(), Ok(relay), "its URL too");
    }
    let address = text.parse::<Address>().ok();
    if let Some(address) = &address {
        assert_eq!(address.to_string().parse().as_ref(), Ok(address), "an address is read back as it prints");
    }
    is_word || relay.is_some() || address.is_some()
}

/// The headers that carry proofs: a lane's MAC, a knock's work, an invite's token.
pub fn mac_header(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let proof = text.parse::<DepositProof>();
    if let Ok(proof) = &proof {
        assert_eq!(proof.to_header(), text, "a proof has one form");
    }
    let fetch = text.parse::<api::InviteFetch>();
    if let Ok(fetch) = &fetch {
        assert_eq!(fetch.to_header(), text, "an invite's token has one form");
    }
    proof.is_ok() | fetch.is_ok() | has_one_form::<KnockProof>(text)
}

/// The relay's JSON: problems, and every other body.
pub fn problem(data: &[u8]) -> bool {
    reads_back::<api::Problem>(data)
        | reads_back::<api::RelayInfo>(data)
        | reads_back::<api::Challenge>(data)
        | reads_back::<api::Registration>(data)
        | reads_back::<api::Registered>(data)
        | reads_back::<api::SessionRequest>(data)
        | reads_back::<api::SessionToken>(data)
        | reads_back::<api::OpenLane>(data)
        | reads_back::<api::OpenedLane>(data)
        | reads_back::<api::LaneList>(data)
        | reads_back::<api::Manifest>(data)
        | reads_back::<api::HandleAnswer>(data)
        | reads_back::<api::PrekeyAnswer>(data)
        | reads_back::<api::KnockChallenge>(data)
        | reads_back::<api::Acknowledge>(data)
}

fn has_one_form<T: FromStr + Display>(text: &str) -> bool {
    let Ok(value) = text.parse::<T>() else { return false };
    assert_eq!(value.to_string(), text, "another spelling was accepted");
    true
}

fn reads_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(json: &[u8]) -> bool {
    let Ok(value) = serde_json::from_slice::<T>(json) else { return false };
    let written = serde_json::to_vec(&value).unwrap_or_default();
    assert_eq!(serde_json::from_slice::<T>(&written).ok(), Some(value), "a body reads back");
    true
}
