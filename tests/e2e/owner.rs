//! The owner's PIN: what an AI client or a program answers in the owner's place does not count.

use std::time::Duration;

use a2a_harness::{ApprovalPage, Era, Home, Owner, Session, Terminal, World, eventually};
use anyhow::{Result, ensure};
use serde_json::{Value, json};

pub(crate) const PIN: &str = "seven otters";

#[tokio::test(flavor = "multi_thread")]
async fn with_a_pin_terminal_and_page_ask_for_it() -> Result<()> {
    let world = World::start().await?;
    let bob = world.registered("bob", Owner::CannotBeAsked).await?;
    set_pin(bob.home()).await?;
    let invite = json!({ "scopes": ["scheduling"] });
    let id = text(&bob.call("a2a_invite", invite.clone()).await?["action_id"]);

    let approve = ["approve", id.as_str()];
    let wrong = [("[y/N]", "y"), ("PIN:", "seven others")];
    let (status, screen) = Terminal::new(bob.home()).converse(&approve, &wrong).await?;
    assert!(status == 1 && screen.contains("not the PIN"), "{status}: {screen}");
    assert!(!screen.contains("seven others"), "a PIN stood on the screen: {screen}");
    assert_eq!(bob.call("a2a_invite", invite.clone()).await?["status"], "pending_owner");
    let right = [("[y/N]", "y"), ("PIN:", PIN)];
    let (status, screen) = Terminal::new(bob.home()).converse(&approve, &right).await?;
    assert_eq!(status, 0, "{screen}");
    assert!(text(&bob.call("a2a_invite", invite).await?["invite"]).contains("/invite#"));

    bob.call("a2a_invite", json!({ "scopes": ["invoicing"] })).await?;
    // The page of the first may still be the last that was opened; it is gone.
    let page = eventually("the page", async || match bob.home().pages().last() {
        Some(link) => Ok(ApprovalPage::open(link).await.ok()),
        None => Ok(None),
    });
    let page = page.await?;
    for (status, told) in [page.approve().await?, page.approve_with("guess one").await?] {
        assert!(status == 409 && told.contains("PIN"), "{status}: {told}");
    }
    let (status, told) = page.approve_with(PIN).await?;
    assert_eq!(status, 200, "{told}");
    let log = bob.home().json(&["audit"]).await?.to_string();
    for entry in ["pin_set", "pin_wrong", "pin, terminal", "pin, approval page"] {
        assert!(log.contains(entry), "no {entry:?} in {log}");
    }
    assert!(!bob.home().holds_bytes(PIN.as_bytes())? && !bob.log().contains(PIN), "the PIN stands somewhere");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_says_yes_to_everything_does_not_suffice() -> Result<()> {
    for era in [Era::Initialize, Era::Current] {
        for owner in [Owner::Accepts, Owner::AcceptsUnseen] {
            let world = World::start().await?;
            let bob = Session::start(&world.home("bob")?, owner, era).await?;
            bob.call("a2a_register", json!({ "name": "bob", "relay": world.second().url() })).await?;
            let invite = json!({ "scopes": ["message"] });
            // Without a PIN such a client suffices, and the log says so.
            bob.call("a2a_invite", invite.clone()).await?;
            let log = bob.home().json(&["audit"]).await?.to_string();
            ensure!(log.contains("confirm, unverified human"), "{era:?} {owner:?}: {log}");

            set_pin(bob.home()).await?;
            let forms = bob.asked().len();
            // One that claims to have opened the page is waited for; nothing comes of it.
            let asked = async {
                let waits = async || {
                    let pending = bob.home().json(&["approve"]).await?;
                    Ok(pending["pending"].as_array().is_some_and(|list| list.len() == 1).then_some(()))
                };
                eventually("the act to wait for the owner", waits).await?;
                tokio::time::sleep(Duration::from_secs(1)).await;
                anyhow::Ok(())
            };
            let mut asked = std::pin::pin!(asked);
            let answer = tokio::select! {
                answer = bob.call("a2a_invite", invite.clone()) => {
                    asked.await?;
                    format!("{answer:?}")
                }
                waits = &mut asked => waits.map(|()| String::new())?,
            };
            ensure!(!answer.contains("/invite#"), "{era:?} {owner:?}: {answer}");
            let asked = bob.asked().split_off(forms);
            ensure!(!asked.iter().any(|text| text.contains("may write to you")), "a form was shown: {asked:?}");
            ensure!(made(bob.home()).await? == 1, "{era:?} {owner:?}: an invite was made");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn after_five_wrong_pins_even_the_right_one_waits() -> Result<()> {
    let world = World::start().await?;
    let bob = world.initialised("bob").await?;
    set_pin(&bob).await?;
    let terminal = Terminal::new(&bob);
    for number in 1..=5 {
        let typed = format!("guess number {number}");
        let (_, screen) = terminal.converse(&["pin", "remove"], &[("The PIN now:", &typed)]).await?;
        assert!(screen.contains("not the PIN"), "{number}: {screen}");
    }
    let (status, screen) = terminal.converse(&["pin", "remove"], &[("The PIN now:", PIN)]).await?;
    assert!(status == 1 && screen.contains("too many wrong PINs"), "{status}: {screen}");
    assert!(bob.cli(&["pin"]).await?.ok()?.contains("A PIN is set"));
    let notices = bob.json(&["inbox"]).await?.to_string();
    assert!(notices.contains("wrong PIN was given 5 times"), "{notices}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_is_changed_and_removed_only_by_itself() -> Result<()> {
    let world = World::start().await?;
    let bob = world.initialised("bob").await?;
    set_pin(&bob).await?;
    let terminal = Terminal::new(&bob);
    let change = [("The PIN now:", PIN), ("New PIN:", "nine herons"), ("Again:", "nine herons")];
    let (status, screen) = terminal.converse(&["pin", "change"], &change).await?;
    assert_eq!(status, 0, "{screen}");
    let (status, screen) = terminal.converse(&["pin", "remove"], &[("The PIN now:", PIN)]).await?;
    assert!(status == 1 && screen.contains("not the PIN"), "{status}: {screen}");
    let (status, screen) = terminal.converse(&["pin", "remove"], &[("The PIN now:", "nine herons")]).await?;
    assert_eq!(status, 0, "{screen}");
    for act in ["set", "change", "remove"] {
        assert!(bob.cli(&["pin", act]).await?.failure()?.contains("terminal"), "{act} without a terminal");
    }
    let weak = [("New PIN:", "000000"), ("Again:", "000000")];
    let (status, screen) = terminal.converse(&["pin", "set"], &weak).await?;
    assert!(status == 1 && screen.contains("6 to 64"), "{status}: {screen}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_approve_at_once_do_it_once() -> Result<()> {
    let world = World::start().await?;
    let bob = world.registered("bob", Owner::CannotBeAsked).await?;
    for round in 1..=3 {
        let scopes = json!({ "scopes": [format!("round-{round}")] });
        let id = text(&bob.call("a2a_invite", scopes).await?["action_id"]);
        let terminal = Terminal::new(bob.home());
        let arguments = ["approve", id.as_str()];
        let (one, other) = tokio::try_join!(terminal.run(&arguments, "y"), terminal.run(&arguments, "y"))?;
        let done = [&one, &other].iter().filter(|(status, _)| *status == 0).count();
        assert_eq!(done, 1, "round {round}:\n{}\n{}", one.1, other.1);
        assert_eq!(made(bob.home()).await?, round);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_asks_in_a_loop_gets_nowhere() -> Result<()> {
    let world = World::start().await?;
    let (alice, bob) = tokio::try_join!(
        world.registered("alice", Owner::CannotBeAsked),
        world.registered("bob", Owner::CannotBeAsked)
    )?;
    let address = text(&alice.call("a2a_whoami", json!({})).await?["address"]);
    let mut refused = 0;
    for number in 0..30 {
        let asked = json!({ "peer": address, "text": format!("please, {number}") });
        match bob.call("a2a_authorize", asked).await {
            Ok(answer) => assert_eq!(answer["status"], "pending_owner", "{answer}"),
            Err(error) => {
                assert!(error.to_string().contains("wait for the owner already"), "{error}");
                refused += 1;
            }
        }
    }
    assert_eq!(refused, 20);
    let pending = bob.home().json(&["approve"]).await?;
    assert_eq!(pending["pending"].as_array().map(Vec::len), Some(10));
    assert!(bob.home().pages().len() <= 10, "the owner's browser was buried: {:?}", bob.home().pages());
    assert_eq!(alice.call("a2a_list_peers", json!({})).await?["requests"], json!([]));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn init_offers_the_pin_first_and_what_follows_takes_it() -> Result<()> {
    let world = World::start().await?;
    let bob = world.home("bob")?;
    let pin = [("Set a PIN now?", "y"), ("New PIN:", PIN), ("Again:", PIN)];
    let words = [("Show them now?", "y"), ("PIN:", "seven others")];
    let arguments = ["init", world.first().url(), "--name", "bob"];
    let (status, screen) = Terminal::new(&bob).converse(&arguments, &[&pin[..], &words].concat()).await?;
    ensure!(status == 1 && screen.contains("not the PIN") && !screen.contains("24."), "{status}: {screen}");
    ensure!(bob.json(&["pin"]).await?["policy"] == "pin", "{screen}");
    Ok(())
}

/// How many invites were made.
async fn made(home: &Home) -> Result<usize> {
    let log = home.json(&["audit"]).await?;
    Ok(log["entries"].as_array().into_iter().flatten().filter(|entry| entry["event"] == "invite_made").count())
}

pub(crate) async fn set_pin(home: &Home) -> Result<()> {
    let typed = [("New PIN:", PIN), ("Again:", PIN)];
    let (status, screen) = Terminal::new(home).converse(&["pin", "set"], &typed).await?;
    ensure!(status == 0 && !screen.contains(PIN), "{status}: {screen}");
    Ok(())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
