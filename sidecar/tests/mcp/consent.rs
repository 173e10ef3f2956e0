//! The owner decides: every way of asking, and every way around it.

use a2a_harness::World;
use anyhow::Result;
use serde_json::{Value, json};

use crate::wire::{ERAS, Era, Owner, Wire, lonely_home};

fn invite() -> Value {
    json!({ "scopes": ["scheduling"] })
}

fn link(result: &Value) -> &str {
    result["structuredContent"]["invite"].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_who_accepts_gets_the_act_in_one_call() -> Result<()> {
    let world = World::start().await?;
    for (number, era) in ERAS.into_iter().enumerate() {
        let mut wire = Wire::registered(&world, &format!("bob-{number}"), era, Owner::Accepts).await?;
        let result = wire.call("a2a_invite", invite()).await?;
        assert!(link(&result).contains("/invite#"), "{era:?}: {result}");
        assert_eq!(wire.asked.len(), 1, "{era:?}");
        let question = &wire.asked[0];
        assert!(question["message"].as_str().unwrap_or_default().contains("scheduling"), "{question}");
        assert_eq!(question["requestedSchema"]["properties"]["approve"]["type"], "boolean", "{question}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_owner_no_act() -> Result<()> {
    let world = World::start().await?;
    for (number, era) in ERAS.into_iter().enumerate() {
        for owner in [Owner::Declines, Owner::Cancels, Owner::AutoAccepts] {
            let name = format!("bob-{number}-{}", format!("{owner:?}").to_lowercase());
            let mut wire = Wire::registered(&world, &name, era, owner).await?;
            let result = wire.call("a2a_invite", invite()).await?;
            assert_eq!(link(&result), "", "{era:?} {owner:?}: {result}");
            assert_eq!(wire.asked.len(), 1, "{era:?} {owner:?}");
            if owner == Owner::Declines {
                assert_eq!(result["isError"], true, "{result}");
                assert!(result.to_string().contains("said no"), "{result}");
            } else {
                let waits = &result["structuredContent"];
                assert_eq!(waits["status"], "pending_owner", "{era:?} {owner:?}: {result}");
                let id = waits["action_id"].as_str().unwrap_or_default();
                assert!(waits["how"].as_str().unwrap_or_default().contains(&format!("a2a approve {id}")), "{waits}");
            }
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_only_opens_links_is_given_the_page() -> Result<()> {
    let world = World::start().await?;
    for (number, era) in ERAS.into_iter().enumerate() {
        let mut wire = Wire::registered(&world, &format!("bob-{number}"), era, Owner::OnPage).await?;
        let result = wire.call("a2a_invite", invite()).await?;
        assert!(link(&result).contains("/invite#"), "{era:?}: {result}");
        assert_eq!(wire.asked[0]["mode"], "url", "{:?}", wire.asked);
        let page = wire.asked[0]["url"].as_str().unwrap_or_default().to_owned();
        assert!(page.starts_with("http://127.0.0.1:"), "{page}");
        assert!(!result.to_string().contains(&page), "the page's address reached the model");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_counts_once_and_for_its_own_call_only() -> Result<()> {
    let world = World::start().await?;
    let mut wire = Wire::registered(&world, "bob", Era::Stateless, Owner::Accepts).await?;
    let asked = wire.round("a2a_invite", &invite(), json!({})).await?;
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    let yes = wire.answers(&asked).await?;

    let wider = json!({ "scopes": ["scheduling", "invoicing"] });
    let other = wire.round("a2a_invite", &wider, yes.clone()).await?;
    assert_eq!(other["resultType"], "input_required", "the answer was taken for another call: {other}");

    let done = wire.round("a2a_invite", &invite(), yes.clone()).await?;
    assert!(link(&done).contains("/invite#"), "{done}");
    let replayed = wire.round("a2a_invite", &invite(), yes).await?;
    assert_eq!(replayed["resultType"], "input_required", "the answer was taken twice: {replayed}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_no_question_decides_nothing() -> Result<()> {
    let world = World::start().await?;
    let mut wire = Wire::registered(&world, "bob", Era::Stateless, Owner::Accepts).await?;
    let yes = json!({ "owner": { "action": "accept", "content": { "approve": true } } });
    for state in [Value::Null, json!("made up"), json!("rs1.AAAA.AAAA")] {
        let mut more = json!({ "inputResponses": yes });
        if state.is_string() {
            more["requestState"] = state.clone();
        }
        let result = wire.round("a2a_invite", &invite(), more).await?;
        assert_eq!(link(&result), "", "{state}: {result}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_in_a_loop_pairs_with_nobody_and_does_not_bury_the_owner() -> Result<()> {
    let world = World::start().await?;
    let mut alice = Wire::registered(&world, "alice", Era::Stateless, Owner::Accepts).await?;
    let made = alice.done("a2a_invite", invite()).await?;
    for (number, (era, owner)) in [
        (Era::Stateless, Owner::Absent),
        (Era::Initialize("2025-06-18"), Owner::Absent),
        (Era::Stateless, Owner::AutoAccepts),
        (Era::Initialize("2025-11-25"), Owner::Cancels),
    ]
    .into_iter()
    .enumerate()
    {
        let home = world.home(&format!("bob-{number}"))?;
        let mut wire = Wire::start(&home, era, owner).await?;
        let relay = world.second().url();
        wire.done("a2a_register", json!({ "name": "bob", "relay": relay })).await?;
        for _ in 0..8 {
            let result = wire.call("a2a_authorize", json!({ "peer": made["invite"] })).await?;
            assert_eq!(result["structuredContent"]["status"], "pending_owner", "{result}");
        }
        let peers = wire.done("a2a_list_peers", json!({})).await?;
        assert_eq!(peers["pairs"], json!([]), "{era:?} {owner:?}");
        assert!(wire.asked.len() + home.pages().len() <= 3, "{:?} {:?}", wire.asked, home.pages());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_tools_tell_clients_that_a_human_is_needed() -> Result<()> {
    let (_folder, home) = lonely_home()?;
    let mut wire = Wire::start(&home, Era::Stateless, Owner::Accepts).await?;
    let tools = wire.request("tools/list", json!({})).await?["result"]["tools"].clone();
    let marked = |name: &str| {
        let tool = tools.as_array().and_then(|tools| tools.iter().find(|tool| tool["name"] == name)).cloned();
        tool.is_some_and(|tool| tool["_meta"]["anthropic/requiresUserInteraction"] == true)
    };
    for name in ["a2a_invite", "a2a_authorize", "a2a_set_capabilities"] {
        assert!(marked(name), "{name}");
    }
    assert!(!marked("a2a_check_inbox") && !marked("a2a_revoke"));
    Ok(())
}
