//! Which shape holds for a request, and what is wrong with the request by it.

use a2a_proto::card::Capability;
use a2a_proto::content::Request;
use a2a_proto::intent::Intent;

use super::problem::PayloadProblem;
use super::ready;
use super::shape::{Shape, read_payload};
use crate::agent::for_peers;
use crate::agent::me::Ctx;
use crate::store::peers::PeerKey;
use crate::store::{StoreError, Tx};

/// What is wrong with a request to a peer: by its own schema as it told us or as last read, else by a ready one.
pub(in crate::agent) fn peers_problems(
    tx: &Tx<'_>,
    peer: PeerKey,
    request: &Request,
) -> Result<Vec<PayloadProblem>, StoreError> {
    Ok(problems(&for_peers::all_of(tx, peer)?, request))
}

/// What is wrong with a request to us: by the schema that peers are told or that our card says, else by a ready one.
pub(in crate::agent) fn own_problems(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    request: &Request,
) -> Result<Vec<PayloadProblem>, StoreError> {
    Ok(problems(&for_peers::all_of_ours(tx, ctx)?, request))
}

fn problems(capabilities: &[Capability], request: &Request) -> Vec<PayloadProblem> {
    let payload = match read_payload(&request.payload) {
        Ok(payload) => payload,
        Err(problem) => return vec![problem],
    };
    // A schema that cannot be used here binds nobody: whose it is checks again.
    let shape = schema(capabilities, &request.intent).and_then(|schema| Shape::read(schema).ok());
    shape.map_or_else(Vec::new, |shape| shape.problems(&payload))
}

fn schema<'a>(capabilities: &'a [Capability], intent: &Intent) -> Option<&'a str> {
    let named = capabilities.iter().find(|capability| capability.id == intent.as_str());
    match named.and_then(|capability| capability.schema.as_deref()) {
        Some(own) => Some(own),
        None => ready::schema(intent.as_str()),
    }
}
