//! What anyone may ask: description, cards, prekeys, invites.

use std::time::Duration;

use a2a_proto::api::{INVITE_HEADER, InviteFetch, Manifest, OpenLane, PrekeyAnswer, RelayInfo};
use a2a_proto::card::KnockPolicy;
use a2a_proto::id::InviteId;
use a2a_proto::invite::{InviteSecret, token_hash};
use a2a_proto::lane::LANE_HEADER;
use a2a_proto::prekey::OneTimeSecret;
use reqwest::{Method, Response, StatusCode};

use crate::support::*;

#[tokio::test]
async fn it_describes_itself() {
    let relay = TestRelay::start().await;
    let info: RelayInfo = read(relay.get("/.well-known/a2a-relay").await).await;
    assert_eq!(info.protocol, "a2a/1");
    assert_eq!(info.authority, relay.authority);
    assert_eq!(info.limits.max_envelope_bytes, 65536);
    assert_eq!(info.limits.envelope_lifetime_secs, 30 * 24 * 3600);
}

#[tokio::test]
async fn a_card_is_shown_as_it_was_signed_and_withdrawn() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    let path = format!("/api/agents/{}/card", owner.id());
    let first = owner.card(&relay, 1);
    assert_eq!(owner.put(&relay, "/api/card", first.clone()).await, StatusCode::NO_CONTENT);
    assert_eq!(relay.get(&path).await.bytes().await.unwrap(), first);
    let manifest: Manifest = read(relay.get(&format!("/api/agents/{}/capabilities", owner.id())).await).await;
    assert_eq!(manifest.agent_id, owner.id());
    assert_eq!(manifest.capabilities[0].id, "review");
    assert_eq!(manifest.card.0, first);

    // A retry is fine; going back is not, also not after a withdrawal.
    let second = owner.card(&relay, 2);
    for card in [&first, &second, &second] {
        assert_eq!(owner.put(&relay, "/api/card", card.clone()).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(owner.put(&relay, "/api/card", first.clone()).await, StatusCode::CONFLICT);
    let withdraw = owner.call(&relay, Method::DELETE, "/api/card");
    assert_eq!(withdraw.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(relay.get(&path).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(owner.put(&relay, "/api/card", second).await, StatusCode::CONFLICT);
    assert_eq!(owner.put(&relay, "/api/card", owner.card(&relay, 3)).await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn nobody_publishes_what_another_signed() {
    let relay = TestRelay::start().await;
    let (owner, other) = (relay.owner().await, relay.owner().await);
    assert_eq!(owner.put(&relay, "/api/card", other.card(&relay, 1)).await, StatusCode::BAD_REQUEST);
    let bundle = other.bundle(&relay, KnockPolicy::Pow);
    assert_eq!(owner.put(&relay, "/api/prekeys", bundle).await, StatusCode::BAD_REQUEST);
    assert_eq!(owner.put(&relay, "/api/card", vec![0; 65537]).await, StatusCode::PAYLOAD_TOO_LARGE);
    let unsigned = relay.client.put(relay.at("/api/card")).body(owner.card(&relay, 1)).send().await.unwrap();
    assert_eq!(unsigned.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn unknown_and_unpublished_are_one_answer() {
    let relay = TestRelay::start().await;
    let (silent, unknown) = (relay.owner().await, Owner::new());
    let withdrawn = relay.owner().await;
    withdrawn.put(&relay, "/api/card", withdrawn.card(&relay, 1)).await;
    withdrawn.call(&relay, Method::DELETE, "/api/card").send().await.unwrap();
    let shut = relay.owner().await;
    shut.publish_bundle(&relay, KnockPolicy::Closed).await;

    let mut answers = Vec::new();
    for agent in [silent.id(), unknown.id(), withdrawn.id(), shut.id()] {
        for what in ["card", "capabilities", "bundle"] {
            answers.push(bytes_of(relay.get(&format!("/api/agents/{agent}/{what}")).await).await);
        }
    }
    for path in ["/api/agents/a2a_short/card", "/api/handles/nobody", "/api/handles/NOT+A+HANDLE", "/nothing/here"] {
        answers.push(bytes_of(relay.get(path).await).await);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    assert!(answers[0].starts_with("404"));
}

#[tokio::test]
async fn prekeys_only_grow() {
    let mut relay = TestRelay::start().await;
    let owner = relay.owner().await;
    let first = owner.publish_bundle(&relay, KnockPolicy::Pow).await;
    relay.later(Duration::from_secs(1));
    let second = owner.publish_bundle(&relay, KnockPolicy::Pow).await;
    assert_eq!(owner.put(&relay, "/api/prekeys", first).await, StatusCode::CONFLICT);
    let answer: PrekeyAnswer = read(bundle_of(&relay, &owner).await).await;
    assert_eq!(answer.bundle.0, second);
    assert!(answer.one_time.is_none());
    relay.stop().await;
}

async fn bundle_of(relay: &Reach, owner: &Owner) -> Response {
    relay.get(&bundle_path(owner)).await
}

fn bundle_path(owner: &Owner) -> String {
    format!("/api/agents/{}/bundle", owner.id())
}

#[tokio::test]
async fn a_shut_front_door_still_opens_to_a_lane_of_its_own() {
    let relay = TestRelay::start().await;
    let (owner, other) = (relay.owner().await, relay.owner().await);
    let bundle = owner.publish_bundle(&relay, KnockPolicy::Closed).await;
    let (own, foreign) = (owner.pair_lane(&relay).await, other.pair_lane(&relay).await);
    let path = bundle_path(&owner);
    let fetch = async |lane: &HeldLane, signed_path: &str| {
        let proof = relay.proof(lane, envelope_id(), relay.now(), "GET", signed_path, &[]);
        relay.client.get(relay.at(&path)).header(LANE_HEADER, proof).send().await.unwrap()
    };
    let answer: PrekeyAnswer = read(fetch(&own, &path).await).await;
    assert_eq!(answer.bundle.0, bundle);
    for (lane, signed_path) in [(&foreign, path.as_str()), (&own, "/api/deposit")] {
        assert_eq!(fetch(lane, signed_path).await.status(), StatusCode::NOT_FOUND);
    }
    owner.close_lane(&relay, &own).await;
    assert_eq!(fetch(&own, &path).await.status(), StatusCode::NOT_FOUND);
}

struct OpenInvite {
    lane: HeldLane,
    secret: InviteSecret,
    id: InviteId,
    one_time: Vec<u8>,
}

async fn open_invite(relay: &Reach, owner: &Owner, envelopes: u32) -> OpenInvite {
    let (secret, id) = (InviteSecret::generate(&mut random()), InviteId::random(&mut random()));
    let one_time = OneTimeSecret::generate(&mut random()).sign(&owner.device, &owner.certificate, &id);
    let request = OpenLane::Invite {
        invite_id: id,
        token_hash: token_hash(&secret.fetch_token()).as_slice().into(),
        one_time: one_time.clone().into(),
        expires_at: relay.now().plus(Duration::from_secs(3600)),
        max_envelopes: envelopes,
    };
    OpenInvite { lane: owner.open_lane(relay, &request).await, secret, id, one_time }
}

async fn redeem(relay: &Reach, owner: &Owner, id: InviteId, token: [u8; 32]) -> Response {
    let header = InviteFetch { invite_id: id, token }.to_header();
    let request = relay.client.get(relay.at(&bundle_path(owner))).header(INVITE_HEADER, header);
    request.send().await.unwrap()
}

#[tokio::test]
async fn an_invites_holder_gets_the_one_time_pair_until_it_is_used() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    let bundle = owner.publish_bundle(&relay, KnockPolicy::Closed).await;
    let invite = open_invite(&relay, &owner, 16).await;
    let token = *invite.secret.fetch_token();
    for _ in 0..2 {
        let answer: PrekeyAnswer = read(redeem(&relay, &owner, invite.id, token).await).await;
        assert_eq!((answer.bundle.0, answer.one_time.unwrap().0), (bundle.clone(), invite.one_time.clone()));
    }
    // The secret itself, or the hash that the relay has, redeems nothing.
    for wrong in [*invite.secret.to_bytes(), token_hash(&token), [0; 32]] {
        assert_eq!(redeem(&relay, &owner, invite.id, wrong).await.status(), StatusCode::NOT_FOUND);
    }
    assert_eq!(relay.deposited(&invite.lane, &envelope(1)).await, StatusCode::ACCEPTED);
    let used = redeem(&relay, &owner, invite.id, token).await;
    assert_eq!(bytes_of(used).await, bytes_of(bundle_of(&relay, &owner).await).await);
}

#[tokio::test]
async fn an_invite_takes_so_many_envelopes_and_ends() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    let invite = open_invite(&relay, &owner, 2).await;
    let again = envelope_id();
    relay.deposit(&invite.lane, again, &envelope(1)).send().await.unwrap();
    relay.deposited(&invite.lane, &envelope(2)).await;
    assert_eq!(relay.deposited(&invite.lane, &envelope(3)).await, StatusCode::TOO_MANY_REQUESTS);
    // Collecting makes no room: it counts what it ever took. A retry still gets its answer.
    owner.acknowledge(&relay, 2).await;
    assert_eq!(relay.deposited(&invite.lane, &envelope(3)).await, StatusCode::TOO_MANY_REQUESTS);
    let retry = relay.deposit(&invite.lane, again, &envelope(1)).send().await.unwrap();
    assert_eq!(retry.status(), StatusCode::ACCEPTED);
}

#[tokio::test]
async fn an_invite_expires() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    owner.publish_bundle(&relay, KnockPolicy::Closed).await;
    let invite = open_invite(&relay, &owner, 16).await;
    relay.later(Duration::from_secs(3600));
    assert_eq!(relay.deposited(&invite.lane, &envelope(1)).await, StatusCode::FORBIDDEN);
    let expired = redeem(&relay, &owner, invite.id, *invite.secret.fetch_token()).await;
    assert_eq!(expired.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_invite_opened_again_replaces_its_lane() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    let id = InviteId::random(&mut random());
    let one_time = OneTimeSecret::generate(&mut random()).sign(&owner.device, &owner.certificate, &id);
    let request = OpenLane::Invite {
        invite_id: id,
        token_hash: vec![7; 32].into(),
        one_time: one_time.into(),
        expires_at: relay.now().plus(Duration::from_secs(3600)),
        max_envelopes: 16,
    };
    let (lost, kept) = (owner.open_lane(&relay, &request).await, owner.open_lane(&relay, &request).await);
    assert_eq!(relay.deposited(&lost, &envelope(1)).await, StatusCode::FORBIDDEN);
    assert_eq!(relay.deposited(&kept, &envelope(1)).await, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn an_invite_that_makes_no_sense_is_told_why() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    let open = async |expires_in: u64, one_time: usize, hash: usize| {
        let request = OpenLane::Invite {
            invite_id: InviteId::random(&mut random()),
            token_hash: vec![7; hash].into(),
            one_time: vec![7; one_time].into(),
            expires_at: relay.now().plus(Duration::from_secs(expires_in)),
            max_envelopes: 16,
        };
        owner.call(&relay, Method::POST, "/api/lanes").json(&request).send().await.unwrap().status()
    };
    assert_eq!(open(3600, 1329, 32).await, StatusCode::OK);
    for (expires_in, one_time, hash) in [(0, 1329, 32), (400 * 24 * 3600, 1329, 32), (3600, 5, 32), (3600, 1329, 31)] {
        assert_eq!(open(expires_in, one_time, hash).await, StatusCode::BAD_REQUEST);
    }
}
