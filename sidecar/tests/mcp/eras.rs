//! Both eras get the same server: the same tools, words and results.

use a2a_harness::World;
use anyhow::Result;
use serde_json::{Value, json};

use crate::wire::{ERAS, Era, Owner, STATELESS, Wire, lonely_home};

#[tokio::test(flavor = "multi_thread")]
async fn every_era_lists_the_same_tools_prompts_and_resources() -> Result<()> {
    let (_folder, home) = lonely_home()?;
    let mut lists = Vec::new();
    for era in ERAS {
        let mut wire = Wire::start(&home, era, Owner::Accepts).await?;
        let mut list = Vec::new();
        for (method, key) in [("tools/list", "tools"), ("prompts/list", "prompts"), ("resources/list", "resources")] {
            list.push(wire.request(method, json!({})).await?["result"][key].clone());
        }
        lists.push(list);
    }
    assert_eq!(lists[0], lists[1]);
    assert_eq!(lists[0], lists[2]);
    assert_eq!(lists[0][0].as_array().map(Vec::len), Some(11));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_tools_costs_less_than_2000_tokens() -> Result<()> {
    let (_folder, home) = lonely_home()?;
    let mut wire = Wire::start(&home, Era::Stateless, Owner::Accepts).await?;
    let tools = wire.request("tools/list", json!({})).await?["result"]["tools"].clone();
    let bytes = |tool: &Value| {
        let text = |key: &str| tool[key].as_str().map_or(0, str::len);
        text("name") + text("description") + tool["inputSchema"].to_string().len()
    };
    let total: usize = tools.as_array().into_iter().flatten().map(bytes).sum();
    assert!(total / 4 < 2000, "{} tokens", total / 4);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_tells_the_instructions_and_leaves_both_eras_open() -> Result<()> {
    let (_folder, home) = lonely_home()?;
    let mut wire = Wire::start(&home, Era::Stateless, Owner::Accepts).await?;
    let found = wire.request("server/discover", json!({})).await?["result"].clone();
    let versions = found["supportedVersions"].as_array().cloned().unwrap_or_default();
    assert!(versions.contains(&json!(STATELESS)) && versions.contains(&json!("2025-06-18")), "{found}");
    let instructions = found["instructions"].as_str().unwrap_or_default();
    assert!(instructions.contains("a2a_check_inbox") && instructions.len() <= 2048, "{instructions}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn results_are_objects_with_a_text_copy() -> Result<()> {
    let world = World::start().await?;
    for era in [Era::Initialize("2025-06-18"), Era::Stateless] {
        let mut wire = Wire::registered(&world, "bob", era, Owner::Accepts).await?;
        for tool in ["a2a_whoami", "a2a_list_peers", "a2a_check_inbox"] {
            let result = wire.call(tool, json!({})).await?;
            assert!(result["structuredContent"].is_object(), "{tool}: {result}");
            assert!(result["content"][0]["text"].is_string(), "{tool}: {result}");
            assert_eq!(result["isError"], false, "{tool}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn prompts_and_resources_can_be_read() -> Result<()> {
    let world = World::start().await?;
    for era in [Era::Initialize("2025-11-25"), Era::Stateless] {
        let mut wire = Wire::registered(&world, "bob", era, Owner::Accepts).await?;
        let compose = json!({ "name": "compose", "arguments": { "recipient": "alice" } });
        let prompt = wire.request("prompts/get", compose).await?["result"].clone();
        assert!(prompt["messages"][0]["content"]["text"].as_str().unwrap_or_default().contains("alice"), "{prompt}");
        let inbox = wire.request("resources/read", json!({ "uri": "a2a://inbox" })).await?["result"].clone();
        assert_eq!(inbox["contents"][0]["text"], "No unread messages.", "{inbox}");
        let missing = wire.request("resources/read", json!({ "uri": "a2a://nothing" })).await?;
        assert!(missing["error"]["code"].is_number(), "{missing}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn any_result_says_that_mail_waits() -> Result<()> {
    let world = World::start().await?;
    let mut alice = Wire::registered(&world, "alice", Era::Stateless, Owner::Accepts).await?;
    let mut bob = Wire::registered(&world, "bob", Era::Stateless, Owner::Accepts).await?;
    pair(&mut alice, &mut bob).await?;
    alice.done("a2a_send_message", json!({ "recipient_id": "bob", "body": "lunch?" })).await?;
    let told = a2a_harness::eventually("the line about mail", async || {
        let result = bob.call("a2a_list_peers", json!({})).await?;
        Ok(result["structuredContent"]["mail_waiting"].is_string().then_some(result))
    })
    .await?;
    let blocks = told["content"].as_array().cloned().unwrap_or_default();
    let last = blocks.last().cloned().unwrap_or_default();
    assert_eq!(last["text"], "1 unread message waits: call a2a_check_inbox.");
    let thread = bob.request("resources/read", json!({ "uri": "a2a://thread/alice" })).await?["result"].clone();
    assert!(thread["contents"][0]["text"].as_str().unwrap_or_default().contains("| lunch?"), "{thread}");
    assert!(!told.to_string().contains("lunch"), "the line holds no word of a peer");

    let inbox = bob.done("a2a_check_inbox", json!({ "unread_only": true })).await?;
    assert_eq!(a2a_harness::written(&inbox["messages"][0]), "lunch?");
    assert_ne!(inbox["messages"][0]["body"], "lunch?", "clients that show the data alone show it fenced");
    assert_eq!(inbox["messages"][0]["trust"], "untrusted-peer");
    assert!(inbox["mail_waiting"].is_null(), "{inbox}");
    Ok(())
}

/// Pairs the two by an invite of Bob's.
pub(crate) async fn pair(alice: &mut Wire, bob: &mut Wire) -> Result<()> {
    let made = bob.done("a2a_invite", json!({ "scopes": [] })).await?;
    let done = alice.done("a2a_authorize", json!({ "peer": made["invite"] })).await?;
    assert_eq!(done["status"], "paired", "{done}");
    knows(bob, "alice").await?;
    knows(alice, "bob").await
}

/// Waits until the pair is there under this petname: the other side's name comes with its first message.
async fn knows(wire: &mut Wire, petname: &str) -> Result<()> {
    a2a_harness::eventually(petname, async || {
        wire.done("a2a_check_inbox", json!({ "unread_only": true })).await?;
        let pair = wire.done("a2a_list_peers", json!({})).await?["pairs"][0].clone();
        Ok((pair["state"] == "paired" && pair["petname"] == petname).then_some(()))
    })
    .await
}
