//! Whom a text means: a petname, an id or an address.

use a2a_proto::address::{Address, AddressWho};
use a2a_proto::id::AgentId;

use crate::store::peers::{self, Peer};
use crate::store::{StoreError, Tx};

/// What a text turned out to be.
#[derive(Debug)]
pub(super) enum Meant {
    /// A peer that we know.
    Peer(Box<Peer>),
    /// A well-formed id or address of somebody we do not know.
    Stranger(String),
    /// A damaged id or address; the text says what is wrong with it.
    Damaged(String),
    /// Nothing we know.
    Nobody,
}

/// Looks a text up.
pub(super) fn resolve(tx: &Tx<'_>, text: &str) -> Result<Meant, StoreError> {
    let text = text.trim();
    if let Some(peer) = by_name(tx, text)? {
        return Ok(Meant::Peer(Box::new(peer)));
    }
    if text.contains('@') {
        return by_address(tx, text);
    }
    if text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("a2a_")) {
        return by_id(tx, text);
    }
    Ok(Meant::Nobody)
}

/// The known peer that a text means, if any.
pub(super) fn peer(tx: &Tx<'_>, text: &str) -> Result<Option<Peer>, StoreError> {
    Ok(match resolve(tx, text)? {
        Meant::Peer(peer) => Some(*peer),
        _ => None,
    })
}

fn by_name(tx: &Tx<'_>, text: &str) -> Result<Option<Peer>, StoreError> {
    peers::by_petname(tx, &text.to_lowercase())
}

fn by_id(tx: &Tx<'_>, text: &str) -> Result<Meant, StoreError> {
    match text.parse::<AgentId>() {
        Ok(id) => known(tx, &id, text),
        Err(error) => Ok(Meant::Damaged(error.to_string())),
    }
}

fn by_address(tx: &Tx<'_>, text: &str) -> Result<Meant, StoreError> {
    match text.parse::<Address>() {
        Ok(Address { who: AddressWho::Id(id), .. }) => known(tx, &id, text),
        Ok(Address { who: AddressWho::Handle(handle), relay }) => {
            // A handle is the relay's word; here it only finds the peer that we call so at that relay.
            let peer = peers::by_petname(tx, handle.as_str())?.filter(|peer| peer.record.relay == relay);
            Ok(peer.map_or_else(|| Meant::Stranger(text.into()), |peer| Meant::Peer(Box::new(peer))))
        }
        Err(error) => Ok(Meant::Damaged(error.to_string())),
    }
}

fn known(tx: &Tx<'_>, id: &AgentId, text: &str) -> Result<Meant, StoreError> {
    let peer = peers::by_agent(tx, id)?;
    Ok(peer.map_or_else(|| Meant::Stranger(text.into()), |peer| Meant::Peer(Box::new(peer))))
}
