//! Everything that two relays hold about a conversation, table by table, while one message waits and after it was read.
//!
//! Starts two real relays and two real sidecars, lets Alice and Bob talk, and then reads each relay's store, memory, log
//! and metrics as its operator could.
//!
//! ```text
//! cargo run --example what_the_relay_sees
//! ```
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use a2a_harness::{Cell, Owner, Relay, Session, Table, World, contains};
use a2a_proto::id::AgentId;
use anyhow::{Context, Result, ensure};
use serde_json::json;

const QUESTION: &str = "Does Thursday 2pm work for the API review?";
const ANSWER: &str = "Thursday 2pm works.";
const LATE: &str = "Shall I bring the benchmark numbers?";

/// Longer values are cut off; their size is told.
const SHOWN_BYTES: usize = 12;

#[tokio::main]
async fn main() -> Result<()> {
    let world = World::start().await?;
    let alice = world.registered("alice", Owner::Accepts).await?;
    let bob = world.registered("bob", Owner::Accepts).await?;
    let people = [("alice", id_of(&alice).await?), ("bob", id_of(&bob).await?)];

    let invite = bob.invite(&["scheduling"]).await?;
    alice.call("a2a_authorize", json!({ "peer": invite })).await?;
    bob.knows("alice").await?;
    alice.knows("bob").await?;
    alice.send("bob", QUESTION).await?;
    bob.receives(QUESTION).await?;
    bob.send("alice", ANSWER).await?;
    alice.receives(ANSWER).await?;
    bob.close().await?;
    alice.send("bob", LATE).await?;

    println!("Alice asked, Bob answered, Alice wrote once more while Bob was away.");
    println!("alice lives on {}, bob on {}.", world.first().authority(), world.second().authority());
    for (relay, own, other) in [(world.first(), &people[0], &people[1]), (world.second(), &people[1], &people[0])] {
        println!("\n=== what {}'s relay holds ===", own.0);
        for table in relay.tables()?.iter().filter(|table| !table.rows.is_empty()) {
            show(table, &people);
        }
        search(relay, own, other).await?;
    }
    Ok(())
}

async fn id_of(session: &Session) -> Result<AgentId> {
    let whoami = session.call("a2a_whoami", json!({})).await?;
    Ok(whoami["agent_id"].as_str().context("no id")?.parse()?)
}

fn show(table: &Table, people: &[(&str, AgentId)]) {
    println!("\n{} ({} rows)", table.name, table.rows.len());
    for row in &table.rows {
        let cells = table.columns.iter().zip(row).filter(|(_, cell)| **cell != Cell::Empty);
        let cells: Vec<String> = cells.map(|(column, cell)| format!("{column}={}", in_words(cell, people))).collect();
        println!("  {}", cells.join("  "));
    }
}

fn in_words(cell: &Cell, people: &[(&str, AgentId)]) -> String {
    let bytes = match cell {
        Cell::Empty => return String::new(),
        Cell::Number(number) => return number.to_string(),
        Cell::Bytes(bytes) => bytes,
    };
    if let Some((name, _)) = people.iter().find(|(_, id)| id.as_bytes() == bytes.as_slice()) {
        return format!("<{name}'s id>");
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if text.chars().all(|c| c.is_ascii_graphic() || c == ' ') => text.to_owned(),
        _ => {
            let hex: String = bytes.iter().take(SHOWN_BYTES).map(|byte| format!("{byte:02x}")).collect();
            if bytes.len() > SHOWN_BYTES { format!("{hex}… ({} bytes)", bytes.len()) } else { hex }
        }
    }
}

/// Looks for what must not be there, everywhere: store, log, metrics and, where the system lets it, memory.
async fn search(relay: &Relay, own: &(&str, AgentId), other: &(&str, AgentId)) -> Result<()> {
    let metrics = reqwest::get(format!("{}/metrics", relay.operator())).await?.text().await?;
    let mut places = vec![("its log", relay.log().into_bytes()), ("its metrics", metrics.into_bytes())];
    #[cfg(target_os = "linux")]
    places.push(("its memory", relay.memory()?));
    let words = [QUESTION, ANSWER, LATE, "scheduling"].map(|word| (word.to_owned(), word.as_bytes().to_vec()));
    let id = &other.1;
    let foreign = [
        (format!("{}'s id", other.0), id.as_bytes().to_vec()),
        (format!("{}'s id as text", other.0), id.to_string().into_bytes()),
    ];
    println!();
    for (what, bytes) in words.iter().chain(&foreign) {
        ensure!(!relay.holds_bytes(bytes)?, "{what} stands in the store or the log");
        for (place, held) in &places {
            ensure!(!contains(held, bytes), "{what} stands in {place}");
        }
    }
    ensure!(relay.holds_bytes(own.1.as_bytes())?, "the search finds nothing at all");
    let searched: Vec<&str> = places.iter().map(|(place, _)| *place).collect();
    println!("  not in its store, {}:", searched.join(", "));
    println!("    any of the {} sentences and words, {}'s id", words.len(), other.0);
    Ok(())
}
