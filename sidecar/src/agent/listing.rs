//! Looking for agents that want to be found: a relay names them, their cards prove it.

use std::sync::Arc;

use a2a_proto::address::RelayAuthority;
use a2a_proto::api;
use a2a_proto::card::VerifiedCard;
use a2a_proto::intent::Intent;
use a2a_proto::time::Timestamp;

use super::core::Core;
use super::{AgentSearch, CardError, Listing, Trouble, card, relays, resolve};
use crate::relay_client::RelayClient;
use crate::store::{StoreError, Tx};

/// Cards are large, and a relay may be hostile.
const PAGE: usize = 10;

/// A page as a relay gave it, and the cards in it that hold.
pub(super) struct Page {
    relay: RelayAuthority,
    cards: Vec<VerifiedCard>,
    named: usize,
    next: Option<a2a_proto::id::AgentId>,
}

/// Asks a relay; of what it says only cards count that hold and say what was asked for.
pub(super) async fn ask(
    client: &RelayClient,
    relay: RelayAuthority,
    query: &AgentSearch,
    now: Timestamp,
) -> Result<Page, Trouble> {
    let page = client.listed(&relay, query.capability.as_ref(), query.after.as_ref(), PAGE).await;
    let page = page.map_err(|failure| relays::trouble(&relay, &failure))?;
    let named = page.agents.len();
    let shown = page.agents.iter().take(PAGE);
    let cards = shown.filter_map(|one| proven(one, query.capability.as_ref(), now)).collect();
    // A relay that points back would be followed in circles.
    let next = page.next.filter(|next| Some(next) != query.after.as_ref());
    Ok(Page { relay, cards, named, next })
}

fn proven(named: &api::Manifest, capability: Option<&Intent>, now: Timestamp) -> Option<VerifiedCard> {
    let verified = card::genuine(&named.card.0, &named.agent_id, now)?;
    let card = verified.card();
    let takes = capability.is_none_or(|wanted| card.capabilities.iter().any(|one| one.id == wanted.as_str()));
    (card.listed && takes).then_some(verified)
}

/// What is found, to somebody who knows nobody.
pub(super) fn unknown(page: Page) -> Listing {
    let agents: Vec<_> = page.cards.iter().map(|verified| card::manifest(verified.card(), None)).collect();
    let unproven = page.named - agents.len();
    Listing { relay: page.relay, agents, unproven, next: page.next }
}

/// Looks at a relay, ours unless another is named. A card older than one that we saw does not count.
pub(super) async fn search(core: &Arc<Core>, query: AgentSearch) -> Result<Listing, CardError> {
    let net = core.net()?;
    let relay = query.relay.clone().unwrap_or_else(|| net.client.own_relay().clone());
    let page = ask(&net.client, relay, &query, core.now()).await?;
    Ok(core.write(move |tx, _| known(tx, page).map_err(Trouble::from)).await?)
}

fn known(tx: &Tx<'_>, page: Page) -> Result<Listing, StoreError> {
    let mut agents = Vec::new();
    for verified in &page.cards {
        let (card, id) = (verified.card(), verified.card().certificate.id());
        if card::is_current(tx, id, card.sequence)? {
            let peer = resolve::peer(tx, &id.to_string())?;
            agents.push(card::manifest(card, peer.map(|peer| peer.record.petname)));
        }
    }
    let unproven = page.named - agents.len();
    Ok(Listing { relay: page.relay, agents, unproven, next: page.next })
}

#[cfg(test)]
mod tests {
    use a2a_proto::api::Manifest;
    use a2a_proto::card::{Capability, VerifiedCard};

    use super::proven;
    use crate::agent::card;
    use crate::agent::testing::Side;

    fn takes(id: &str) -> Capability {
        Capability { id: id.into(), title: "Reads changes".into(), description: String::new(), schema: None }
    }

    /// What a relay says of an agent, with the card that the agent signed.
    fn named(side: &Side, listed: bool) -> Manifest {
        let signed = side.act(|tx, ctx| card::signed(tx, ctx, vec![takes("code-review")], listed)).unwrap().unwrap();
        let card = VerifiedCard::parse(&signed, side.me.id()).unwrap().card().clone();
        Manifest {
            agent_id: *side.me.id(),
            display_name: card.display_name,
            handle: None,
            sequence: card.sequence,
            // The relay's own words, which prove nothing.
            capabilities: vec![takes("invoice")],
            card: signed.into(),
        }
    }

    #[test]
    fn a_relay_cannot_list_whom_it_likes() {
        let (bob, eve) = (Side::new("Bob"), Side::new("Eve"));
        let listed = named(&bob, true);
        let code_review = "code-review".parse().unwrap();
        assert!(proven(&listed, Some(&code_review), bob.now).is_some());
        assert!(proven(&listed, None, bob.now).is_some());
        // The relay says invoice, the card does not.
        assert!(proven(&listed, Some(&"invoice".parse().unwrap()), bob.now).is_none());
        // Bob did not ask to be listed.
        assert!(proven(&named(&bob, false), None, bob.now).is_none());
        // Somebody else's card under Bob's id, and a card whose device is past its time.
        let swapped = Manifest { card: named(&eve, true).card, ..named(&bob, true) };
        assert!(proven(&swapped, None, bob.now).is_none());
        let later = bob.now.plus(std::time::Duration::from_secs(400 * 24 * 60 * 60));
        assert!(proven(&listed, None, later).is_none());
    }
}
