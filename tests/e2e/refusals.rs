//! Every refusal looks the same: status, headers and body, byte for byte.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use a2a_harness::{Owner, Seen, World, clock_off_by};
use a2a_proto::address::RelayAuthority;
use a2a_proto::id::{EnvelopeId, LaneId};
use a2a_proto::invite::Invite;
use a2a_proto::lane::{DepositProof, LaneKey, LaneOffer, LaneRequest};
use a2a_proto::time::Timestamp;
use anyhow::{Context, Result};
use serde_json::json;

/// What a client can see of an answer; its date and its length are left out: the body says the length.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_revoked_expired_blocked_and_forged_look_the_same() -> Result<()> {
    let world = World::start_fronted().await?;
    let relay = world.second();
    let pair = world.paired(&["message"]).await?;
    pair.alice.send("bob", "heard on the wire").await?;
    let heard = last_deposit(&world)?;

    let invite = Invite::parse(&pair.bob.invite(&["message"]).await?)?;
    let lane = invite.lane.clone();
    let made = json!({ "scopes": ["message"], "expires_in": "1m" });
    let short_lived = pair.bob.call("a2a_invite", made).await?["invite"].as_str().context("no invite")?.to_owned();
    let door = Door { direct: relay.url().to_owned(), authority: relay.authority().parse()? };
    let body = envelope(7);
    let used = EnvelopeId::from_bytes([1; 16]);
    let accepted = door.deposit(Some(&door.proof(&lane, used, now(), &body)), &body).await?;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let retried = door.deposit(Some(&door.proof(&lane, used, now(), &body)), &body).await?;
    assert_eq!(accepted, retried, "the same again is the same 202");

    let fresh = EnvelopeId::from_bytes([2; 16]);
    let elsewhere = Door { authority: "other.example".parse()?, ..door.clone() };
    let unknown = LaneOffer { lane: LaneId::from_bytes([9; 16]), ..lane.clone() };
    let forged = LaneOffer { key: LaneKey::from_bytes([9; 32]), ..lane.clone() };
    let stale = Timestamp::from_secs(now().secs() - 3600);
    let other = envelope(8);
    let mut refused = vec![
        ("unknown", door.deposit(Some(&door.proof(&unknown, fresh, now(), &body)), &body).await?),
        ("forged", door.deposit(Some(&door.proof(&forged, fresh, now(), &body)), &body).await?),
        ("stale", door.deposit(Some(&door.proof(&lane, fresh, stale, &body)), &body).await?),
        ("another authority", door.deposit(Some(&elsewhere.proof(&lane, fresh, now(), &body)), &body).await?),
        ("another body", door.deposit(Some(&door.proof(&lane, fresh, now(), &body)), &other).await?),
        ("other bytes, same envelope", door.deposit(Some(&door.proof(&lane, used, now(), &other)), &other).await?),
        ("no proof", door.deposit(None, &body).await?),
        ("a malformed proof", door.deposit(Some("x.y.z"), &body).await?),
    ];

    assert_eq!(door.replay(&heard).await?.status, 202, "what was heard is valid until it is revoked");
    pair.bob.call("a2a_revoke", json!({ "peer": "alice" })).await?;
    refused.push(("revoked", door.replay(&heard).await?));
    pair.bob.call("a2a_revoke", json!({ "peer": "alice", "block": true })).await.ok();
    refused.push(("blocked", door.replay(&heard).await?));
    refused.extend(expired(&world, &door, &short_lived, &body).await?.map(|answer| ("expired", answer)));

    let (_, first) = &refused[0];
    assert_eq!(first.status, 403);
    for (class, answer) in &refused {
        assert_eq!(answer, first, "{class} can be told apart");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_in_the_mailbox_stops_nothing() -> Result<()> {
    let world = World::start_fronted().await?;
    let pair = world.paired(&["message"]).await?;
    let relay = world.second();
    let lane = Invite::parse(&pair.bob.invite(&["message"]).await?)?.lane.clone();
    let door = Door { direct: relay.url().to_owned(), authority: relay.authority().parse()? };
    // Noise behind the start of each kind of envelope, and a real envelope cut short or on another lane.
    pair.alice.send("bob", "a real one").await?;
    pair.bob.receives("a real one").await?;
    let heard = last_deposit(&world)?.body;
    let mut cut = heard.clone();
    cut[2048..].fill(0);
    let starting = |kind: u8, size: usize| [vec![1, kind], vec![7; size - 2]].concat();
    let bodies = [starting(1, 8192), starting(2, 4096), starting(2, 65_536), cut, heard];
    for (number, body) in (50_u8..).zip(&bodies) {
        let proof = door.proof(&lane, EnvelopeId::from_bytes([number; 16]), now(), body);
        let answer = door.deposit(Some(&proof), body).await?;
        assert_eq!(answer.status, 202, "the relay cannot tell: {answer:?}");
    }
    let shapeless = vec![9; 4096];
    let proof = door.proof(&lane, EnvelopeId::from_bytes([80; 16]), now(), &shapeless);
    assert_eq!(door.deposit(Some(&proof), &shapeless).await?.status, 400);
    let large = vec![7; 70_000];
    let proof = door.proof(&lane, EnvelopeId::from_bytes([90; 16]), now(), &large);
    assert_eq!(door.deposit(Some(&proof), &large).await?.status, 413);

    pair.alice.send("bob", "after the garbage").await?;
    pair.bob.receives("after the garbage").await?;
    assert_eq!(pair.bob.thread("alice").await?.len(), 2, "the copy on another lane is not a third message");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn unpublished_and_unknown_agents_look_the_same() -> Result<()> {
    let world = World::start().await?;
    let bob = world.registered("bob", Owner::Accepts).await?;
    let id = bob.call("a2a_whoami", json!({})).await?["agent_id"].clone();
    let stranger = world.registered("alice", Owner::Accepts).await?;
    let unknown = stranger.call("a2a_whoami", json!({})).await?["agent_id"].clone();
    let client = reqwest::Client::builder().no_proxy().build()?;
    for part in ["card", "capabilities"] {
        let mut answers = Vec::new();
        for id in [&id, &unknown] {
            let id = id.as_str().context("no id")?;
            let url = format!("{}/api/agents/{id}/{part}", world.second().url());
            answers.push(answer(client.get(url).send().await?).await?);
        }
        assert_eq!(answers[0].status, 404);
        assert_eq!(answers[0], answers[1], "an unpublished {part} can be told from an unknown agent");
    }
    Ok(())
}

/// A lane that ran out: the relay is started again two minutes later by its clock.
async fn expired(world: &World, door: &Door, invite: &str, body: &[u8]) -> Result<Option<Answer>> {
    let lane = Invite::parse(invite)?.lane;
    let envelope = EnvelopeId::from_bytes([100; 16]);
    let alive = door.deposit(Some(&door.proof(&lane, envelope, now(), body)), body).await?;
    assert_eq!(alive.status, 202, "it is alive before");
    let Some(later) = clock_off_by("+2m")? else { return Ok(None) };
    world.second().kill()?;
    world.second().restart_with(&later)?;
    let (envelope, now) = (EnvelopeId::from_bytes([101; 16]), now().plus(Duration::from_secs(120)));
    door.deposit(Some(&door.proof(&lane, envelope, now, body)), body).await.map(Some)
}

/// The relay's deposit route, reached by hand.
#[derive(Clone)]
struct Door {
    direct: String,
    authority: RelayAuthority,
}

impl Door {
    fn proof(&self, lane: &LaneOffer, envelope: EnvelopeId, at: Timestamp, body: &[u8]) -> String {
        let request = LaneRequest { method: "POST", authority: &self.authority, path: "/api/deposit", body };
        DepositProof::sign(&lane.key, lane.lane, envelope, at, &request).to_header()
    }

    async fn deposit(&self, proof: Option<&str>, body: &[u8]) -> Result<Answer> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let mut request = client
            .post(format!("{}/api/deposit", self.direct))
            .header("content-type", "application/octet-stream")
            .body(body.to_vec());
        if let Some(proof) = proof {
            request = request.header("a2a-lane", proof);
        }
        answer(request.send().await?).await
    }

    async fn replay(&self, heard: &Seen) -> Result<Answer> {
        let proof = heard.headers.get("a2a-lane").context("no proof was heard")?.to_str()?;
        self.deposit(Some(proof), &heard.body).await
    }
}

async fn answer(response: reqwest::Response) -> Result<Answer> {
    let status = response.status().as_u16();
    let headers = response.headers().iter().filter(|(name, _)| *name != "date");
    let headers = headers.map(|(name, value)| (name.to_string(), format!("{value:?}"))).collect();
    Ok(Answer { status, headers, body: response.bytes().await?.to_vec() })
}

/// Bytes in the shape of an envelope, with nothing in them.
fn envelope(filling: u8) -> Vec<u8> {
    [vec![1, 2], vec![filling; 4094]].concat()
}

fn last_deposit(world: &World) -> Result<Seen> {
    let seen = world.front_of("bob")?.seen();
    let deposits = seen.into_iter().filter(|seen| seen.line.starts_with("POST /api/deposit"));
    deposits.last().context("no deposit was heard")
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_secs(since.as_secs())
}
