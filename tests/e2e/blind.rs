//! The relay is blind: after a whole conversation it holds no plaintext, no key, and nothing of the sender.

use a2a_harness::{Owner, Pair, Relay, World};
use a2a_proto::id::AgentId;
use a2a_proto::invite::Invite;
use a2a_proto::keys::Entropy;
use anyhow::{Context, Result, ensure};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use serde_json::{Value, json};

use crate::recovery::words_of;

const ALICE: &str = "alicetta-quux";
pub(crate) const BOB: &str = "bobolink-quux";
const WORDS: [&str; 4] = ["the-question-xq17", "the-subject-xq17", "the-answer-xq17", "scope-xq17"];

#[tokio::test(flavor = "multi_thread")]
async fn relays_hold_no_words_no_keys_and_nothing_of_the_other_side() -> Result<()> {
    let world = World::start_fronted().await?;
    let (pair, invite) = whole_conversation(&world, world.first().authority()).await?;
    let alice = who(&pair.alice).await?;
    let bob = who(&pair.bob).await?;
    let invite = Invite::parse(&invite)?;

    let mut secrets: Vec<Needle> = WORDS.iter().map(|word| text("plaintext", word)).collect();
    secrets.extend(bytes("the invite's secret", &*invite.secret.to_bytes()));
    secrets.extend(bytes("the invite's pre-shared key", &*invite.secret.psk()));
    secrets.extend(bytes("the invite's fetch token", &*invite.secret.fetch_token()));
    secrets.extend(bytes("the invite's lane key", invite.lane.key.as_bytes()));
    secrets.extend(keys_handed_out(&world)?);
    for relay in [world.first(), world.second()] {
        expect_absent(relay, &secrets)?;
    }

    let of_bob = of_agent("Bob", &bob, BOB, world.second());
    expect_absent(world.first(), &of_bob)?;
    let of_alice = of_agent("Alice", &alice, ALICE, world.first());
    expect_absent(world.second(), &of_alice)?;

    // The search can find: each relay knows its own.
    ensure!(world.first().holds_bytes(alice.as_bytes())?, "the search finds nothing at all");
    ensure!(world.second().holds_bytes(bob.as_bytes())?, "the search finds nothing at all");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_relay_for_both_links_nobody_to_anything() -> Result<()> {
    let world = World::start_fronted().await?;
    let (pair, _) = whole_conversation(&world, world.second().authority()).await?;
    let relay = world.second();
    let log = relay.log();
    let (alice, bob) = (who(&pair.alice).await?, who(&pair.bob).await?);
    for id in [&alice, &bob] {
        ensure!(!log.contains(&id.to_string()), "an id stands in the log: {id}");
    }
    for seen in world.front_of("bob")?.seen() {
        let Some(lane) = seen.headers.get("a2a-lane") else {
            continue;
        };
        for part in lane.to_str()?.split('.').filter(|part| part.len() > 15) {
            ensure!(!log.contains(part), "the log holds a part of a lane header: {}", seen.line);
        }
        // Nothing in a deposit names its sender either.
        let request = format!("{}{:?}", seen.line, seen.headers);
        ensure!(!request.contains(&alice.to_string()), "a deposit names its sender: {request}");
        ensure!(seen.headers.get("authorization").is_none(), "a deposit carries the sender's session");
        ensure!(seen.headers.get("cookie").is_none() && seen.headers.get("referer").is_none());
    }
    expect_absent(relay, &WORDS.map(|word| text("plaintext", word)))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_at_the_relay_is_sealed() -> Result<()> {
    let world = World::start_fronted().await?;
    let (pair, _) = whole_conversation(&world, world.first().authority()).await?;
    let (alice, bob) = (pair.alice, pair.bob);
    bob.close().await?;
    let body = "waiting-words-xq17";
    alice.send(BOB, body).await?;
    let deposits = world.front_of("bob")?.seen();
    let last = deposits.iter().rev().find(|seen| seen.line.starts_with("POST /api/deposit"));
    let envelope = &last.context("no deposit was seen")?.body;
    ensure!(world.second().holds_bytes(&envelope[..64])?, "the envelope waits at the relay");
    ensure!(envelope.len() == 4096, "a short message fills the smallest bucket: {}", envelope.len());
    expect_absent(world.second(), &[text("plaintext", body)])
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_stands_in_results_logs_or_errors() -> Result<()> {
    let world = World::start_fronted().await?;
    let (pair, invite) = whole_conversation(&world, world.first().authority()).await?;
    let invite = Invite::parse(&invite)?;
    for session in [&pair.alice, &pair.bob] {
        session.refused("a2a_send_message", json!({ "recipient_id": "?", "body": "no-words-xq17" })).await?;
        let home = session.home();
        let mut secrets = bytes("the invite's pre-shared key", &*invite.secret.psk());
        // The link itself is the one secret that passes through a model, and it holds its lane's key.
        let in_the_link = bytes("the invite's lane", invite.lane.key.as_bytes());
        let keys = keys_handed_out(&world)?.into_iter();
        secrets.extend(keys.filter(|key| !in_the_link.iter().any(|link| link.bytes == key.bytes)));
        secrets.push(text("the passphrase", &home.passphrase()));
        secrets.extend(of_identity(&words_of(home).await?)?);
        let said = [session.stdout(), session.log().into_bytes(), seen_from_outside(session)].concat();
        for Needle { what, bytes } in &secrets {
            let found = said.windows(bytes.len()).any(|window| window == bytes);
            ensure!(!found, "{what} stands in what {}'s sidecar said", home.name());
        }
        for word in WORDS {
            ensure!(!session.log().contains(word), "{word} stands in the log of {}", home.name());
        }
        let log = session.log();
        ensure!(!log.contains("no-words-xq17"), "a refused body stands in the log");
        ensure!(!log.contains(&invite.to_link().rsplit('#').next().unwrap_or_default().to_owned()));
    }
    Ok(())
}

/// Registers both, pairs them, talks both ways, narrows and revokes. Gives the invite as well.
pub(crate) async fn whole_conversation(world: &World, alices_relay: &str) -> Result<(Pair, String)> {
    let alice = world.registered_at(ALICE, Owner::Accepts, alices_relay).await?;
    let bob = world.registered_at(BOB, Owner::Accepts, world.second().authority()).await?;
    let invite = bob.invite(&["scope-xq17", "message"]).await?;
    alice.call("a2a_authorize", json!({ "peer": invite })).await?;
    bob.knows(ALICE).await?;
    alice.knows(BOB).await?;
    let question = json!({
        "recipient_id": BOB, "scope": "scope-xq17", "subject": WORDS[1], "body": WORDS[0],
    });
    let sent = alice.call("a2a_send_message", question).await?;
    bob.receives(WORDS[0]).await?;
    bob.call("a2a_send_message", json!({ "recipient_id": ALICE, "body": WORDS[2] })).await?;
    alice.receives(WORDS[2]).await?;
    alice.sees_state(BOB, &sent["message_id"], "read").await?;
    bob.call("a2a_revoke", json!({ "peer": ALICE, "scopes": ["scope-xq17"] })).await?;
    alice.call("a2a_check_inbox", json!({})).await?;
    // Her relay keeps all of it, sealed.
    let kept = alice.home().cli(&["backup", "auto", "on"]).await?.ok()?;
    ensure!(kept.contains("keeps a sealed backup"), "{kept}");
    Ok((Pair { alice, bob }, invite))
}

pub(crate) async fn who(session: &a2a_harness::Session) -> Result<AgentId> {
    let whoami = session.call("a2a_whoami", json!({})).await?;
    Ok(whoami["agent_id"].as_str().context("no id")?.parse()?)
}

/// The recovery words and what they stand for. A few words in a row are enough to give them away.
fn of_identity(words: &str) -> Result<Vec<Needle>> {
    let entropy = Entropy::from_words(words)?;
    let mut needles = bytes("the entropy", &*entropy.to_bytes());
    needles.extend(bytes("the backup key", entropy.backup_key().as_bytes()));
    let words: Vec<&str> = words.split(' ').collect();
    needles.extend(words.windows(3).map(|few| text("recovery words", &few.join(" "))));
    Ok(needles)
}

/// What other programs of this computer can read of a running sidecar.
fn seen_from_outside(session: &a2a_harness::Session) -> Vec<u8> {
    let of_process = |what: &str| std::fs::read(format!("/proc/{}/{what}", session.process())).unwrap_or_default();
    [of_process("cmdline"), of_process("environ")].concat()
}

struct Needle {
    what: String,
    bytes: Vec<u8>,
}

fn text(what: &str, text: &str) -> Needle {
    Needle { what: format!("{what} `{text}`"), bytes: text.as_bytes().to_vec() }
}

/// Bytes as they may stand somewhere: raw, or written as text in a usual way.
fn bytes(what: &str, raw: &[u8]) -> Vec<Needle> {
    let needle = |how: &str, bytes: Vec<u8>| Needle { what: format!("{what} ({how})"), bytes };
    vec![
        needle("raw", raw.to_vec()),
        needle("hex", HEXLOWER.encode(raw).into()),
        needle("base64url", BASE64URL_NOPAD.encode(raw).into()),
        needle("base64", BASE64.encode(raw).into()),
    ]
}

/// Every lane key and session token that a relay handed to an owner, as heard on the wire.
fn keys_handed_out(world: &World) -> Result<Vec<Needle>> {
    let mut keys = Vec::new();
    for seen in ["alice", "bob"].map(|name| world.front_of(name)).into_iter().flatten().flat_map(|front| front.seen()) {
        let Ok(answer) = serde_json::from_slice::<Value>(&seen.answer) else {
            continue;
        };
        if let Some(key) = answer["lane_key"].as_str() {
            keys.extend(bytes("a lane's key", &BASE64URL_NOPAD.decode(key.as_bytes())?));
        }
        if let Some(token) = answer["token"].as_str() {
            keys.push(text("a session token", token));
        }
    }
    ensure!(!keys.is_empty(), "no lane was ever opened");
    Ok(keys)
}

/// What would tell of an agent: id, name, where it lives.
fn of_agent(who: &str, id: &AgentId, name: &str, home: &Relay) -> Vec<Needle> {
    let mut needles = bytes(&format!("{who}'s id"), id.as_bytes());
    needles.push(text(&format!("{who}'s id"), &id.to_string()));
    needles.push(text(&format!("{who}'s name"), name));
    needles.push(text(&format!("{who}'s relay"), home.authority()));
    needles
}

fn expect_absent(relay: &Relay, needles: &[Needle]) -> Result<()> {
    for Needle { what, bytes } in needles {
        ensure!(!relay.holds_bytes(bytes)?, "{what} stands at the relay {}", relay.authority());
    }
    Ok(())
}
