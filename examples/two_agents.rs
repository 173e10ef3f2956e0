//! Two agents of two owners talk through two relays that understand nothing of it.
//!
//! Starts two real relays and two real sidecars (`a2a mcp`), each with a home of its own, drives the sidecars over
//! stdio as an MCP client would, and ends by showing what the relays held.
//!
//! ```text
//! cargo run --release --example two_agents
//! ```
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::io::IsTerminal;
use std::path::Path;
use std::time::Instant;

use a2a_harness::{Binaries, Owner, Relay, Session, World, eventually};
use anyhow::{Context, Result};
use serde_json::{Value, json};

const QUESTION: &str = "Does Thursday 2pm work for the API review?";
const ANSWER: &str = "Thursday 2pm works. I have put it into Bob's calendar.";
const LATE: &str = "Shall I bring the benchmark numbers?";

#[tokio::main]
async fn main() -> Result<()> {
    // On a fresh machine this builds what the play starts.
    Binaries::locate()?;
    let start = Instant::now();
    let world = World::start().await?;
    scene("Two owners, two machines, two relays");
    let alice = join(&world, "alice").await?;
    let bob = join(&world, "bob").await?;

    publish(&bob, &alice).await?;
    pair(&bob, &alice).await?;
    talk(&alice, &bob).await?;
    let bob = sleep_and_wake(&world, &alice, bob).await?;
    revoke(&bob, &alice).await?;
    what_the_relays_held(&world)?;
    note(&format!("The whole play took {:.1} s.", start.elapsed().as_secs_f64()));
    Ok(())
}

async fn join(world: &World, name: &str) -> Result<Session> {
    let relay = world.relay_of(name).url();
    let agent = world.registered(name, Owner::Accepts).await?;
    let whoami = agent.call("a2a_whoami", json!({})).await?;
    let words: Vec<&str> = whoami["safety_words"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    note(&format!("{name} starts `a2a mcp` and registers at {relay}"));
    note(&format!("   safety words: {}", words.join(" ")));
    Ok(agent)
}

async fn publish(bob: &Session, alice: &Session) -> Result<()> {
    scene("Bob's agent says what it takes");
    let capability = json!({
        "id": "scheduling",
        "title": "Scheduling",
        "description": "Finds a time with Bob and puts it into his calendar",
    });
    bob.call("a2a_set_capabilities", json!({ "capabilities": [capability] })).await?;
    owner("bob", bob);
    let address = bob.call("a2a_whoami", json!({})).await?["address"].clone();
    let manifest = alice.call("a2a_get_agent_capabilities", json!({ "agent_id": address })).await?;
    let taken = manifest["capabilities"][0]["title"].as_str().context("no capability was published")?;
    note(&format!("alice reads the signed card of {}: {}", text(&address), plain(taken)));
    Ok(())
}

async fn pair(bob: &Session, alice: &Session) -> Result<()> {
    scene("Bob invites Alice; both owners say yes");
    let invite = bob.invite(&["scheduling"]).await?;
    owner("bob", bob);
    note(&format!("the link, handed over by any way people talk: {}…", &invite[..invite.len().min(60)]));
    alice.call("a2a_authorize", json!({ "peer": invite })).await?;
    owner("alice", alice);
    bob.knows("alice").await?;
    alice.knows("bob").await?;
    note("paired: alice may write to bob about scheduling, and to nobody else");
    Ok(())
}

async fn talk(alice: &Session, bob: &Session) -> Result<()> {
    scene("Alice's agent asks, Bob's agent answers");
    let message = json!({ "recipient_id": "bob", "subject": "API review", "body": QUESTION });
    let sent = alice.call("a2a_send_message", message).await?;
    says("alice", QUESTION);
    note(&format!("   {}: bob's relay has it on disk", text(&sent["status"])));
    let received = bob.receives(QUESTION).await?;
    note("bob's model sees it fenced, attributed and marked:");
    quote(bob).await?;
    alice.sees_state("bob", &sent["message_id"], "read").await?;
    note("   signed receipt: read");
    let reply = json!({ "recipient_id": "alice", "body": ANSWER, "reply_to": received["message_id"] });
    bob.call("a2a_send_message", reply).await?;
    says("bob", ANSWER);
    alice.receives(ANSWER).await?;
    alice.sees_state("bob", &sent["message_id"], "answered").await?;
    note("   alice's question is answered");
    Ok(())
}

async fn sleep_and_wake(world: &World, alice: &Session, bob: Session) -> Result<Session> {
    scene("Bob closes his laptop; mail waits at his relay");
    let home = bob.home().clone();
    bob.close().await?;
    let sent = alice.send("bob", LATE).await?;
    says("alice", LATE);
    note(&format!("   {}: it waits for bob", text(&sent["status"])));
    show_store(world.second())?;
    let bob = home.session(Owner::Accepts).await?;
    bob.receives(LATE).await?;
    note("bob is back and reads it; the relay deletes it");
    Ok(bob)
}

async fn revoke(bob: &Session, alice: &Session) -> Result<()> {
    scene("Bob ends it");
    bob.call("a2a_revoke", json!({ "peer": "alice" })).await?;
    note("bob revokes alice: her lane into his mailbox is closed at once");
    let words = eventually("alice to be told", async || {
        Ok(alice.send("bob", "One more thing…").await.err().map(|error| error.to_string()))
    })
    .await?;
    says("alice", "One more thing…");
    note(&format!("   refused: {words}"));
    Ok(())
}

fn what_the_relays_held(world: &World) -> Result<()> {
    scene("What the relays held");
    for (whose, relay) in [("alice", world.first()), ("bob", world.second())] {
        let words = [QUESTION, ANSWER, LATE, "API review"];
        let mut found = 0;
        for word in words {
            found += usize::from(relay.holds_bytes(word.as_bytes())?);
        }
        let bytes = size_of(relay.folder())?;
        note(&format!("{whose}'s relay: {bytes} bytes on disk, {found} of {} sentences found in them", words.len()));
        anyhow::ensure!(found == 0, "a relay holds words");
    }
    Ok(())
}

/// Shows a piece of the relay's store while an envelope waits in it.
fn show_store(relay: &Relay) -> Result<()> {
    let store = std::fs::read(relay.folder().join("relay.db-wal"))?;
    let Some(dense) = store.rchunks(64).find(|chunk| chunk.len() == 64 && !chunk.contains(&0)) else { return Ok(()) };
    note("what bob's relay sees of it, 64 bytes of 4096:");
    for row in dense.chunks(16) {
        let hex: Vec<String> = row.iter().map(|byte| format!("{byte:02x}")).collect();
        let ascii: String = row.iter().map(|&byte| if byte.is_ascii_graphic() { byte.into() } else { '.' }).collect();
        note(&format!("   {}  {ascii}", hex.join(" ")));
    }
    Ok(())
}

/// What the relay wrote; the room that it keeps free for a full disk holds nothing.
fn size_of(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.path().extension().is_none_or(|extension| extension != "reserve") {
            bytes += entry.metadata()?.len();
        }
    }
    Ok(bytes)
}

// --- telling it ---------------------------------------------------------------------------------

fn scene(title: &str) {
    println!("\n{}", paint("1", &format!("— {title}")));
}

fn note(text: &str) {
    println!("  {}", paint("2", text));
}

fn says(who: &str, words: &str) {
    let colour = if who == "alice" { "35" } else { "36" };
    println!("  {} {words}", paint(colour, &format!("{who}'s agent:")));
}

/// What the owner was asked last, and agreed to.
fn owner(name: &str, session: &Session) {
    let asked = session.asked().pop().unwrap_or_default();
    let first = asked.lines().next().unwrap_or_default();
    println!("  {} {first} — yes", paint("33", &format!("{name}, asked by the client:")));
}

/// The newest message as the model reads it.
async fn quote(session: &Session) -> Result<()> {
    let blocks = session.texts("a2a_read_thread", json!({ "peer": "alice", "limit": 1 })).await?;
    for line in blocks.iter().skip(1).flat_map(|block| block.lines()) {
        println!("     {}", paint("2", &format!("┃ {line}")));
    }
    Ok(())
}

/// Peers' words are shown as the sidecar gave them, on one line.
fn plain(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn paint(code: &str, text: &str) -> String {
    if std::io::stdout().is_terminal() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
