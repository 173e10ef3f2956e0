//! Somebody or something is away: mail waits with the reason, goes later, and is never lost.

use a2a_harness::{Mood, Owner, Pair, World, clock_off_by, eventually};
use anyhow::Result;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn mail_for_somebody_offline_waits_at_their_relay() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let home = pair.bob.home().clone();
    pair.bob.close().await?;
    let sent = pair.alice.send("bob", "read me tomorrow").await?;
    assert_eq!(sent["status"], "queued", "{sent}");
    let bob = home.session(Owner::Accepts).await?;
    bob.receives("read me tomorrow").await?;
    pair.alice.sees_state("bob", &sent["message_id"], "read").await
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_waits_here_while_their_relay_is_away() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    world.second().kill()?;
    let first = pair.alice.send("bob", "first").await?;
    let second = pair.alice.send("bob", "second").await?;
    for sent in [&first, &second] {
        assert_eq!(sent["status"], "waiting", "{sent}");
        assert!(sent["reason"].as_str().is_some_and(|reason| reason.len() > 5), "no reason: {sent}");
    }

    // What was accepted stands on the disk: a crash of the sidecar changes nothing.
    let home = pair.alice.home().clone();
    pair.alice.kill().await?;
    world.second().restart()?;
    let alice = home.session(Owner::Accepts).await?;
    pair.bob.receives("second").await?;
    let bodies: Vec<String> = bodies(&pair.bob.thread("alice").await?);
    let places = ["first", "second"].map(|word| bodies.iter().position(|body| body.contains(word)));
    assert!(places[0] < places[1] && places[0].is_some(), "order was kept: {bodies:?}");
    alice.sees_state("bob", &first["message_id"], "read").await
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_an_invite_carries_waits_for_the_inviter() -> Result<()> {
    let world = World::start().await?;
    let (alice, bob) =
        (world.registered("alice", Owner::Accepts).await?, world.registered("bob", Owner::Accepts).await?);
    let invite = bob.invite(&["message"]).await?;
    let home = bob.home().clone();
    bob.close().await?;
    alice.call("a2a_authorize", json!({ "peer": invite })).await?;
    let mut last = json!(null);
    for number in 0..20 {
        last = alice.send("bob", &format!("number {number:02}")).await?;
    }
    assert_eq!(last["status"], "waiting", "an invite carries 16 envelopes: {last}");
    let bob = home.session(Owner::Accepts).await?;
    bob.receives("number 19").await?;
    assert_eq!(bob.thread("alice").await?.len(), 20);
    alice.sees_state("bob", &last["message_id"], "read").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inbox_is_readable_while_the_own_relay_is_away() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    pair.alice.send("bob", "kept here").await?;
    pair.bob.receives("kept here").await?;
    world.second().kill()?;
    let page = pair.bob.call("a2a_check_inbox", json!({ "unread_only": false })).await?;
    assert!(page.to_string().contains("kept here"), "{page}");
    let whoami = pair.bob.call("a2a_whoami", json!({})).await?.to_string();
    assert!(whoami.contains("away"), "it says that the relay is away: {whoami}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_not_a_second_message() -> Result<()> {
    let world = World::start_fronted().await?;
    let pair = world.paired(&["message"]).await?;
    let front = world.front_of("bob")?;
    front.set_mood(Mood::LosingAnswers);
    let sent = pair.alice.send("bob", "only once").await?;
    assert_eq!(sent["status"], "waiting", "{sent}");
    pair.bob.receives("only once").await?;
    front.set_mood(Mood::Honest);
    pair.alice.sees_state("bob", &sent["message_id"], "read").await?;
    pair.alice.send("bob", "the next").await?;
    pair.bob.receives("the next").await?;
    let bodies = bodies(&pair.bob.thread("alice").await?);
    let copies = bodies.iter().filter(|body| body.contains("only once")).count();
    assert_eq!(copies, 1, "{bodies:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_talks_nonsense_loses_nothing() -> Result<()> {
    let world = World::start_fronted().await?;
    let pair = world.paired(&["message"]).await?;
    let front = world.front_of("bob")?;
    front.set_mood(Mood::Garbage);
    let sent = pair.alice.send("bob", "despite nonsense").await?;
    assert_eq!(sent["status"], "waiting", "{sent}");
    pair.bob.call("a2a_check_inbox", json!({})).await?;
    front.set_mood(Mood::Honest);
    pair.bob.receives("despite nonsense").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_damages_mail_loses_nothing_it_gives_back() -> Result<()> {
    for mood in [Mood::Truncating, Mood::Flipping] {
        let world = World::start_fronted().await?;
        let pair = world.paired(&["message"]).await?;
        let front = world.front_of("bob")?;
        pair.alice.send("bob", "before").await?;
        pair.bob.receives("before").await?;
        front.set_mood(mood);
        let sent = pair.alice.send("bob", "under way").await?;
        assert_eq!(sent["status"], "queued", "{mood:?}: {sent}");
        for _ in 0..3 {
            let page = pair.bob.call("a2a_check_inbox", json!({})).await?;
            assert!(!page.to_string().contains("under way"), "{mood:?}: damaged mail was shown: {page}");
        }
        front.set_mood(Mood::Honest);
        pair.alice.send("bob", "afterwards").await?;
        pair.bob.receives("afterwards").await?;
        if mood == Mood::Truncating {
            // What was cut short was never taken in, so it is collected again.
            pair.bob.receives("under way").await?;
        } else {
            expect_gap_and_resend(pair, &sent["message_id"]).await?;
        }
    }
    Ok(())
}

/// What a relay damaged is gone there: it is told to be missing, is not called delivered, and after a day the sender
/// is asked for it and sends it again.
async fn expect_gap_and_resend(pair: Pair, message_id: &serde_json::Value) -> Result<()> {
    let told = String::from_utf8_lossy(&pair.bob.stdout()).contains("1 message from alice is missing.");
    assert!(told, "nobody said that a message is missing");
    assert_eq!(pair.alice.state_of("bob", message_id).await?, "queued", "a damaged message was called delivered");

    let Some(tomorrow) = clock_off_by("+25h")? else { return Ok(()) };
    let home = pair.bob.home().clone().with_variables(tomorrow);
    pair.bob.close().await?;
    let bob = home.session(Owner::Accepts).await?;
    bob.receives("under way").await?;
    let bodies = bodies(&bob.thread("alice").await?);
    let said: Vec<_> = ["before", "under way", "afterwards"].map(|word| position(&bodies, word)).into();
    assert!(said.is_sorted() && said[0].is_some(), "in its place: {bodies:?}");
    pair.alice.sees_state("bob", message_id, "read").await
}

fn position(bodies: &[String], word: &str) -> Option<usize> {
    bodies.iter().position(|body| body.contains(word))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_relay_is_found_again() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    for round in 0..3 {
        world.first().kill()?;
        world.second().kill()?;
        world.second().restart()?;
        world.first().restart()?;
        let body = format!("round {round}");
        pair.alice.send("bob", &body).await?;
        pair.bob.receives(&body).await?;
        eventually("the own relay to be back", async || {
            let whoami = pair.alice.call("a2a_whoami", json!({})).await?.to_string();
            Ok(whoami.contains("reachable").then_some(()))
        })
        .await?;
    }
    Ok(())
}

/// What stands in a thread, in order.
fn bodies(thread: &[serde_json::Value]) -> Vec<String> {
    thread.iter().map(a2a_harness::written).collect()
}
