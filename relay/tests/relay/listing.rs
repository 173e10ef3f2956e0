//! Listings: who opted in, by capability, a page at a time.

use a2a_proto::api::AgentPage;
use a2a_proto::card::{Capability, Card, KnockPolicy};
use a2a_proto::counter::Counter;
use a2a_proto::id::AgentId;
use reqwest::{Method, StatusCode};

use crate::support::*;

pub(crate) fn card(relay: &Reach, owner: &Owner, number: u64, listed: bool, capabilities: &[&str]) -> Vec<u8> {
    let capability = |id: &&str| Capability {
        id: (*id).to_owned(),
        title: "What it takes".into(),
        description: String::new(),
        schema: None,
    };
    let card = Card {
        certificate: owner.certificate.clone(),
        display_name: "Bob".into(),
        handle: None,
        relay: relay.authority.clone(),
        capabilities: capabilities.iter().map(capability).collect(),
        listed,
        knocks: KnockPolicy::Pow,
        sequence: Counter::new(owner.certificate.epoch(), number),
        updated_at: relay.now(),
    };
    card.sign(&owner.device).unwrap()
}

pub(crate) async fn list(relay: &Reach, query: &str) -> Vec<AgentId> {
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let page: AgentPage = read(relay.get(&format!("/api/agents?limit=2{query}{after}")).await).await;
        found.extend(page.agents.iter().map(|manifest| manifest.agent_id));
        match page.next {
            Some(next) => after = format!("&after={next}"),
            None => return sorted(found),
        }
    }
}

fn sorted(mut agents: Vec<AgentId>) -> Vec<AgentId> {
    agents.sort_unstable_by_key(|agent| *agent.as_bytes());
    agents
}

#[tokio::test]
async fn only_who_opted_in_is_listed() {
    let relay = TestRelay::start().await;
    let mut owners = Vec::new();
    for _ in 0..5 {
        owners.push(relay.owner().await);
    }
    for (owner, listed, capabilities) in [
        (&owners[0], true, &["review", "research"][..]),
        (&owners[1], true, &["review"]),
        (&owners[2], false, &["review"]),
        (&owners[3], true, &["reviews"]),
    ] {
        let bytes = card(&relay, owner, 1, listed, capabilities);
        assert_eq!(owner.put(&relay, "/api/card", bytes).await, StatusCode::NO_CONTENT);
    }
    let ids = |numbers: &[usize]| sorted(numbers.iter().map(|number| owners[*number].id()).collect());
    assert_eq!(list(&relay, "").await, ids(&[0, 1, 3]));
    assert_eq!(list(&relay, "&capability=review").await, ids(&[0, 1]));
    assert_eq!(list(&relay, "&capability=research").await, ids(&[0]));
    assert!(list(&relay, "&capability=nothing").await.is_empty());

    // Out again: by a newer card, by withdrawing it, by leaving.
    let unlisted = card(&relay, &owners[0], 2, false, &["review"]);
    owners[0].put(&relay, "/api/card", unlisted).await;
    owners[1].call(&relay, Method::DELETE, "/api/card").send().await.unwrap();
    assert_eq!(list(&relay, "").await, ids(&[3]));
    owners[3].call(&relay, Method::DELETE, "/api/account").send().await.unwrap();
    assert!(list(&relay, "").await.is_empty());
}

#[tokio::test]
async fn a_listing_tells_no_more_than_the_cards() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    owner.put(&relay, "/api/card", card(&relay, &owner, 1, true, &["review"])).await;
    let page: AgentPage = read(relay.get("/api/agents").await).await;
    let shown = relay.get(&format!("/api/agents/{}/capabilities", owner.id())).await;
    assert_eq!(serde_json::to_value(&page.agents[0]).unwrap(), read::<serde_json::Value>(shown).await);
    for odd in ["after=nobody", "limit=many"] {
        assert_eq!(problem(relay.get(&format!("/api/agents?{odd}")).await).await, (400, "bad_request".into()));
    }
}
