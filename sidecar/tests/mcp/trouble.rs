//! Nothing that is wrong on this machine ends the process: the tools say what to do.

use a2a_harness::World;
use anyhow::Result;
use serde_json::json;

use crate::wire::{Era, Owner, Wire, lonely_home};

#[tokio::test(flavor = "multi_thread")]
async fn without_an_identity_every_tool_says_how_to_get_one() -> Result<()> {
    let (_folder, home) = lonely_home()?;
    let mut wire = Wire::start(&home, Era::Stateless, Owner::Accepts).await?;
    let calls = [
        ("a2a_whoami", json!({})),
        ("a2a_check_inbox", json!({})),
        ("a2a_list_peers", json!({})),
        ("a2a_invite", json!({ "scopes": [] })),
        ("a2a_send_message", json!({ "recipient_id": "alice", "body": "hi" })),
    ];
    for (tool, arguments) in calls {
        let words = wire.refused(tool, arguments).await?;
        assert!(words.contains("a2a_register"), "{tool}: {words}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_that_does_not_open_is_told_and_tried_again() -> Result<()> {
    let world = World::start().await?;
    let home = world.home("bob")?;
    let mut first = Wire::start(&home, Era::Stateless, Owner::Accepts).await?;
    first.done("a2a_register", json!({ "name": "bob", "relay": world.second().url() })).await?;
    first.leave();
    first.child.wait().await?;

    std::fs::write(home.folder().join("passphrase"), "a wrong passphrase")?;
    let mut wire = Wire::start(&home, Era::Stateless, Owner::Accepts).await?;
    let words = wire.refused("a2a_whoami", json!({})).await?;
    assert!(words.to_lowercase().contains("passphrase"), "{words}");
    assert!(!words.contains("a wrong passphrase"), "{words}");

    std::fs::write(home.folder().join("passphrase"), home.passphrase())?;
    let whoami = wire.done("a2a_whoami", json!({})).await?;
    assert_eq!(whoami["name"], "bob", "{whoami}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_arguments_are_named_and_change_nothing() -> Result<()> {
    let world = World::start().await?;
    let mut wire = Wire::registered(&world, "bob", Era::Stateless, Owner::Accepts).await?;
    let calls = [
        ("a2a_send_message", json!({ "recipient_id": "alice" }), "body"),
        ("a2a_revoke", json!({ "peer": "alice", "scope": ["x"] }), "scope"),
        ("a2a_revoke", json!({ "peer": "alice", "scopes": [] }), "scopes is empty"),
        ("a2a_invite", json!({ "scopes": ["No Such"] }), "a-z"),
        ("a2a_invite", json!({ "expires_in": "soon" }), "7d"),
        ("a2a_register", json!({ "name": "bob", "relay": "https://relay.example/join#abc" }), "a2a init"),
        ("a2a_read_thread", json!({ "peer": "alice", "message_id": "x" }), "message_id"),
        ("a2a_authorize", json!({ "peer": "nonsense" }), "invite"),
    ];
    for (tool, arguments, expected) in calls {
        let words = wire.refused(tool, arguments.clone()).await?;
        assert!(words.contains(expected), "{tool} {arguments}: {words}");
    }
    assert!(wire.asked.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_are_no_protocol_are_survived() -> Result<()> {
    let (_folder, home) = lonely_home()?;
    for era in [Era::Initialize("2025-06-18"), Era::Stateless] {
        let mut wire = Wire::start(&home, era, Owner::Accepts).await?;
        wire.request("tools/list", json!({})).await?;
        for line in ["not json", "{}", "[]", "\u{0}", "{\"jsonrpc\":\"2.0\",\"method\":\"nonsense\"}"] {
            wire.line(line).await?;
        }
        let unknown = wire.request("no/such/method", json!({})).await?;
        assert!(unknown["error"]["code"].is_number(), "{unknown}");
        let tools = wire.request("tools/list", json!({})).await?;
        assert!(tools["result"]["tools"].is_array(), "{tools}");
    }
    Ok(())
}
