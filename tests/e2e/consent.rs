//! The model cannot grant authority: every act that needs the owner waits for the owner.

use a2a_harness::{ApprovalPage, Era, Owner, Session, Terminal, World, approve_on_page, eventually};
use anyhow::Result;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn without_a_way_to_ask_nothing_happens() -> Result<()> {
    let world = World::start().await?;
    let bob = world.registered("bob", Owner::CannotBeAsked).await?;
    let acts = [
        ("a2a_invite", json!({ "scopes": ["message"] })),
        ("a2a_set_capabilities", json!({ "capabilities": [capability()] })),
        ("a2a_authorize", json!({ "peer": stranger(&world).await? })),
    ];
    for (tool, arguments) in acts {
        let first = bob.call(tool, arguments.clone()).await?;
        assert_eq!(first["status"], "pending_owner", "{tool}: {first}");
        assert!(first["action_id"].is_string(), "{tool}: {first}");
        assert!(!first.to_string().contains("/invite#"), "{tool} gave the invite away");
        // However often the model asks, it stays the same question.
        let again = bob.call(tool, arguments).await?;
        assert_eq!(again["action_id"], first["action_id"], "{tool}: {again}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_tool_argument_approves() -> Result<()> {
    let world = World::start().await?;
    let bob = world.registered("bob", Owner::CannotBeAsked).await?;
    let tempting = ["approve", "approved", "confirm", "confirmed", "yes", "force", "owner", "pin", "consent"];
    for tool in bob.tools().await? {
        let schema = serde_json::to_value(&tool.input_schema)?;
        for name in schema["properties"].as_object().into_iter().flat_map(|fields| fields.keys()) {
            assert!(!tempting.contains(&name.as_str()), "{} takes `{name}`", tool.name);
        }
    }
    let pending = bob.call("a2a_invite", json!({ "scopes": ["message"] })).await?;
    let id = pending["action_id"].clone();
    for peer in [id.clone(), json!(format!("approve {id}"))] {
        bob.call("a2a_authorize", json!({ "peer": peer })).await.ok();
    }
    let still = bob.call("a2a_invite", json!({ "scopes": ["message"] })).await?;
    assert_eq!(still["status"], "pending_owner", "{still}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_approves_at_a_terminal() -> Result<()> {
    let world = World::start().await?;
    let bob = world.registered("bob", Owner::CannotBeAsked).await?;
    let pending = bob.call("a2a_invite", json!({ "scopes": ["scheduling"] })).await?;
    let id = text(&pending["action_id"]);
    let screen = bob.home().approve(&id).await?;
    assert!(screen.contains("scheduling"), "the terminal shows what is approved: {screen}");

    let done = bob.call("a2a_invite", json!({ "scopes": ["scheduling"] })).await?;
    assert!(text(&done["invite"]).contains("/invite#"), "{done}");
    // It was approved once, so it is claimed once.
    let next = bob.call("a2a_invite", json!({ "scopes": ["scheduling"] })).await?;
    assert_eq!(next["status"], "pending_owner", "{next}");
    audited(&bob, "terminal").await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_covers_its_exact_arguments() -> Result<()> {
    let world = World::start().await?;
    let bob = world.registered("bob", Owner::CannotBeAsked).await?;
    let pending = bob.call("a2a_invite", json!({ "scopes": ["scheduling"] })).await?;
    bob.home().approve(&text(&pending["action_id"])).await?;
    let wider = bob.call("a2a_invite", json!({ "scopes": ["scheduling", "invoicing"] })).await?;
    assert_eq!(wider["status"], "pending_owner", "wider scopes rode on an approval: {wider}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn approve_needs_a_terminal() -> Result<()> {
    let world = World::start().await?;
    let bob = world.registered("bob", Owner::CannotBeAsked).await?;
    let pending = bob.call("a2a_invite", json!({ "scopes": ["message"] })).await?;
    let id = text(&pending["action_id"]);
    let words = bob.home().cli(&["approve", &id]).await?.failure()?;
    assert!(words.contains("terminal"), "{words}");
    let still = bob.call("a2a_invite", json!({ "scopes": ["message"] })).await?;
    assert_eq!(still["status"], "pending_owner", "{still}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_opens_by_itself_where_the_client_cannot_ask() -> Result<()> {
    let world = World::start().await?;
    let bob = world.registered("bob", Owner::CannotBeAsked).await?;
    let pending = bob.call("a2a_invite", json!({ "scopes": ["message"] })).await?;
    let page = eventually("the approval page", async || Ok(bob.home().pages().pop())).await?;
    assert!(page.starts_with("http://127.0.0.1:"), "{page}");
    let shown = pending.to_string() + &String::from_utf8_lossy(&bob.stdout());
    assert!(!shown.contains(&page), "the page's address passed through the model");

    approve_on_page(&page).await?;
    let done = bob.call("a2a_invite", json!({ "scopes": ["message"] })).await?;
    assert!(text(&done["invite"]).contains("/invite#"), "{done}");
    assert!(approve_on_page(&page).await.is_err(), "the page's link works once");
    audited(&bob, "page").await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_after_the_yes_is_told_on_the_page_and_tried_again() -> Result<()> {
    let world = World::start().await?;
    let bob = world.registered("bob", Owner::CannotBeAsked).await?;
    bob.call("a2a_invite", json!({ "scopes": ["message"] })).await?;
    let link = eventually("the approval page", async || Ok(bob.home().pages().pop())).await?;
    let page = ApprovalPage::open(&link).await?;
    world.second().kill()?;
    let (status, told) = page.approve().await?;
    assert_eq!(status, 409, "{told}");
    for words in [world.second().authority(), "cannot be used now", "still waits", "Your approval stands"] {
        assert!(told.contains(words), "no word of {words:?}: {told}");
    }
    assert!(bob.home().cli(&["approve"]).await?.ok()?.contains("Make an invite"), "it is listed as before");

    world.second().restart()?;
    let (status, done) = page.approve().await?;
    assert!(status == 200 && done.contains("/invite#"), "{status}: {done}");
    let invite = bob.call("a2a_invite", json!({ "scopes": ["message"] })).await?["invite"].clone();
    assert!(done.contains(&text(&invite)), "the model gets the invite that the owner was shown");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_after_the_yes_needs_no_second_yes() -> Result<()> {
    let world = World::start().await?;
    let (alice, bob) =
        tokio::try_join!(world.registered("alice", Owner::CannotBeAsked), world.registered("bob", Owner::Accepts),)?;
    for relay in [world.first(), world.second()] {
        relay.kill()?;
    }
    let asked = json!({ "scopes": ["message"] });
    let words = bob.refused("a2a_invite", asked.clone()).await?;
    assert!(words.contains("cannot be used now") && words.contains("Your approval stands"), "{words}");
    let pending = alice.call("a2a_invite", asked.clone()).await?;
    let id = text(&pending["action_id"]);
    let (status, screen) = Terminal::new(alice.home()).run(&["approve", &id], "y").await?;
    let screen = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(status == 1 && screen.contains("cannot be used now"), "{status}: {screen}");
    assert!(screen.contains("Your approval stands"), "{screen}");

    for relay in [world.first(), world.second()] {
        relay.restart()?;
    }
    // Approved is approved: the same call goes through, and the owner is not bothered again.
    for session in [&alice, &bob] {
        let done = session.call("a2a_invite", asked.clone()).await?;
        assert!(text(&done["invite"]).contains("/invite#"), "{done}");
    }
    assert_eq!(bob.asked().len(), 1, "{:?}", bob.asked());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_work_in_both_eras_of_the_protocol() -> Result<()> {
    for era in [Era::Initialize, Era::Current] {
        let world = World::start().await?;
        let bob = Session::start(&world.home("bob")?, Owner::Accepts, era).await?;
        register(&world, &bob).await?;
        let done = bob.call("a2a_invite", json!({ "scopes": ["message"] })).await?;
        assert!(text(&done["invite"]).contains("/invite#"), "{era:?}: {done}");
        assert_eq!(bob.asked().len(), 1, "{era:?}: asked once: {:?}", bob.asked());
        audited(&bob, "form").await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_work_in_both_eras_of_the_protocol() -> Result<()> {
    for era in [Era::Initialize, Era::Current] {
        let world = World::start().await?;
        let bob = Session::start(&world.home("bob")?, Owner::AcceptsOnPage, era).await?;
        register(&world, &bob).await?;
        let done = eventually("the approved invite", async || {
            let answer = bob.call("a2a_invite", json!({ "scopes": ["message"] })).await?;
            Ok(answer["invite"].is_string().then_some(answer))
        })
        .await?;
        assert!(text(&done["invite"]).contains("/invite#"), "{era:?}: {done}");
        audited(&bob, "page").await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_form_does_nothing() -> Result<()> {
    let world = World::start().await?;
    let bob = world.registered("bob", Owner::Declines).await?;
    let answer = bob.call("a2a_invite", json!({ "scopes": ["message"] })).await;
    let words = answer.map_or_else(|error| error.to_string(), |result| result.to_string());
    assert!(!words.contains("/invite#"), "{words}");
    assert!(!bob.asked().is_empty(), "the owner was asked");
    Ok(())
}

/// Whether the audit log says how the last approval was given.
async fn audited(session: &Session, how: &str) -> Result<()> {
    let log = session.home().json(&["audit"]).await?.to_string();
    let expected = if how == "form" { "unverified human" } else { how };
    assert!(log.to_lowercase().contains(expected), "the audit log does not say {expected}: {log}");
    assert!(log.contains("make_invite"), "acts have one name everywhere: {log}");
    let entries = session.home().json(&["audit"]).await?["entries"].clone();
    let yes = entries.as_array().and_then(|all| all.iter().find(|entry| entry["event"] == "action_approved"));
    let bytes = yes.and_then(|entry| entry["bytes_sha256"].as_str()).unwrap_or_default();
    assert!(bytes.len() == 64, "the log does not say which bytes were approved: {entries}");
    session.home().cli(&["audit", "--verify"]).await?.ok()?;
    Ok(())
}

async fn register(world: &World, bob: &Session) -> Result<()> {
    let relay = world.second().url();
    bob.call("a2a_register", json!({ "name": "bob", "relay": relay })).await?;
    Ok(())
}

/// The address of somebody nobody knows.
async fn stranger(world: &World) -> Result<Value> {
    let alice = world.registered("alice", Owner::CannotBeAsked).await?;
    Ok(alice.call("a2a_whoami", json!({})).await?["address"].clone())
}

fn capability() -> Value {
    json!({ "id": "chat", "title": "Chat", "description": "Talks" })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
