//! The relay is blind inside, too: its memory, its metrics, and every row of its store.

use std::collections::BTreeSet;

use a2a_harness::{Cell, Owner, Pair, Relay, World, contains};
use a2a_proto::id::AgentId;
use a2a_proto::invite::Invite;
use anyhow::{Context, Result, ensure};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use serde_json::json;

const ALICE: &str = "alicetta-inside";
const BOB: &str = "bobolink-inside";
const WORDS: [&str; 4] = ["the-question-zk31", "the-subject-zk31", "the-answer-zk31", "scope-zk31"];

/// What the relay may hold nowhere, and a name for it.
type Needles = Vec<(String, Vec<u8>)>;

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn memory_logs_and_metrics_hold_no_words_no_secrets_and_nobody_from_elsewhere() -> Result<()> {
    let world = World::start().await?;
    let (pair, invite) = conversation(&world, world.first().authority()).await?;
    let (alice, bob) = (who(&pair.alice).await?, who(&pair.bob).await?);
    for (relay, own, other, name, home) in
        [(world.first(), &alice, &bob, BOB, world.second()), (world.second(), &bob, &alice, ALICE, world.first())]
    {
        let mut forbidden = words_and_secrets(&invite)?;
        forbidden.extend(written("the other's id", other.as_bytes()));
        forbidden.push(("the other's id".into(), other.to_string().into_bytes()));
        forbidden.push(("the other's name".into(), name.as_bytes().to_vec()));
        forbidden.push(("the other's relay".into(), home.authority().as_bytes().to_vec()));
        let memory = relay.memory()?;
        // The search finds what is there: the relay knows its own agent.
        ensure!(contains(&memory, own.as_bytes()) || contains(&memory, own.to_string().as_bytes()));
        expect_none("memory", &memory, &forbidden)?;
        forbidden.push(("an own id".into(), own.to_string().into_bytes()));
        expect_none("metrics", metrics(relay).await?.as_bytes(), &forbidden)?;
        expect_none("log", relay.log().as_bytes(), &forbidden)?;
    }
    Ok(())
}

/// With both on one relay, a row that tells of a lane or an envelope tells nothing of who used it: not the id, not the
/// name, not the number of the mailbox.
#[tokio::test(flavor = "multi_thread")]
async fn no_row_links_a_lane_or_an_envelope_to_its_sender() -> Result<()> {
    let world = World::start_fronted().await?;
    let relay = world.second();
    relay.number_mailboxes_from(MARK)?;
    let (pair, _) = conversation(&world, relay.authority()).await?;
    let (alice, bob) = (who(&pair.alice).await?, who(&pair.bob).await?);
    // What waits shows in the rows as well.
    pair.bob.close().await?;
    pair.alice.send(BOB, WORDS[1]).await?;

    let tables = relay.tables()?;
    let mailbox_of = |agent: &AgentId| {
        let accounts = tables.iter().find(|table| table.name == "account").context("no accounts")?;
        let of_agent = accounts.rows.iter().find(|row| row.contains(&Cell::Bytes(agent.as_bytes().to_vec())));
        let numbers = of_agent.context("no such account")?.iter().filter_map(mark);
        numbers.max().context("no number")
    };
    let (of_alice, of_bob) = (mailbox_of(&alice)?, mailbox_of(&bob)?);
    let lanes = lanes_used(&world)?;
    let mut rows_seen = 0;
    for table in &tables {
        for row in table.rows.iter().filter(|row| row.iter().any(|cell| lanes.iter().any(|lane| holds(cell, lane)))) {
            rows_seen += 1;
            let mailboxes: BTreeSet<i64> = row.iter().filter_map(mark).collect();
            ensure!(mailboxes.len() == 1, "a row of {} links mailboxes {mailboxes:?}", table.name);
            let (sender, name) = if mailboxes.contains(&of_bob) { (&alice, ALICE) } else { (&bob, BOB) };
            ensure!(mailboxes.contains(&of_bob) || mailboxes.contains(&of_alice));
            for (cell, column) in row.iter().zip(&table.columns) {
                for needle in [sender.as_bytes().as_slice(), sender.to_string().as_bytes(), name.as_bytes()] {
                    ensure!(!holds(cell, needle), "{}.{column} names the sender", table.name);
                }
            }
        }
    }
    ensure!(rows_seen >= 3, "only {rows_seen} rows tell of the lanes: a lane, an envelope, what was accepted");
    Ok(())
}

/// So large that no counter, hour or size is taken for a mailbox's number.
const MARK: i64 = 7_700_000_000_000_000;

fn mark(cell: &Cell) -> Option<i64> {
    match cell {
        Cell::Number(number) if (MARK..MARK + 1000).contains(number) => Some(*number),
        _ => None,
    }
}

fn holds(cell: &Cell, needle: &[u8]) -> bool {
    matches!(cell, Cell::Bytes(bytes) if contains(bytes, needle))
}

/// The lanes that deposits came through.
fn lanes_used(world: &World) -> Result<BTreeSet<Vec<u8>>> {
    let mut lanes = BTreeSet::new();
    for seen in world.front_of("bob")?.seen().iter().filter(|seen| seen.line.starts_with("POST /api/deposit")) {
        let header = seen.headers.get("a2a-lane").context("no lane")?.to_str()?;
        for part in header.split('.') {
            if let Ok(bytes) = BASE64URL_NOPAD.decode(part.as_bytes()) {
                lanes.extend((bytes.len() == 16).then_some(bytes));
            }
        }
    }
    ensure!(!lanes.is_empty(), "no deposit was seen");
    Ok(lanes)
}

async fn conversation(world: &World, alices_relay: &str) -> Result<(Pair, Invite)> {
    let alice = world.registered_at(ALICE, Owner::Accepts, alices_relay).await?;
    let bob = world.registered_at(BOB, Owner::Accepts, world.second().authority()).await?;
    let invite = bob.invite(&["scope-zk31", "message"]).await?;
    alice.call("a2a_authorize", json!({ "peer": invite })).await?;
    bob.knows(ALICE).await?;
    alice.knows(BOB).await?;
    let question = json!({ "recipient_id": BOB, "scope": WORDS[3], "subject": WORDS[1], "body": WORDS[0] });
    alice.call("a2a_send_message", question).await?;
    bob.receives(WORDS[0]).await?;
    bob.call("a2a_send_message", json!({ "recipient_id": ALICE, "body": WORDS[2] })).await?;
    alice.receives(WORDS[2]).await?;
    Ok((Pair { alice, bob }, Invite::parse(&invite)?))
}

async fn who(session: &a2a_harness::Session) -> Result<AgentId> {
    let whoami = session.call("a2a_whoami", json!({})).await?;
    Ok(whoami["agent_id"].as_str().context("no id")?.parse()?)
}

async fn metrics(relay: &Relay) -> Result<String> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let text = client.get(format!("{}/metrics", relay.operator())).send().await?.text().await?;
    ensure!(text.contains("a2a_relay_deposits_total"), "no deposit was counted: {text}");
    Ok(text)
}

fn words_and_secrets(invite: &Invite) -> Result<Needles> {
    let mut needles: Needles = WORDS.iter().map(|word| (format!("`{word}`"), word.as_bytes().to_vec())).collect();
    needles.extend(written("the invite's secret", &*invite.secret.to_bytes()));
    needles.extend(written("the invite's pre-shared key", &*invite.secret.psk()));
    Ok(needles)
}

/// Bytes as they may stand somewhere: raw, or written as text in a usual way.
fn written(what: &str, raw: &[u8]) -> Needles {
    let ways =
        [raw.to_vec(), HEXLOWER.encode(raw).into(), BASE64URL_NOPAD.encode(raw).into(), BASE64.encode(raw).into()];
    ways.into_iter().map(|bytes| (what.to_owned(), bytes)).collect()
}

fn expect_none(place: &str, bytes: &[u8], needles: &Needles) -> Result<()> {
    for (what, needle) in needles {
        ensure!(!contains(bytes, needle), "{what} stands in the relay's {place}");
    }
    Ok(())
}
