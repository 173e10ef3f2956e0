//! Lanes that are opened again under the key that their holders have, after a restore.

use a2a_proto::api::{LaneList, OpenLane};
use a2a_proto::id::{InviteId, LaneId};
use a2a_proto::lane::LaneKey;
use reqwest::{Method, Response, StatusCode};
use std::time::Duration;

use crate::process::Process;
use crate::support::*;

async fn open_again(relay: &Reach, owner: &Owner, lane: LaneId, key: &[u8]) -> Response {
    let request = OpenLane::Again { lane_id: lane, lane_key: key.into() };
    owner.call(relay, Method::POST, "/api/lanes").json(&request).send().await.unwrap()
}

fn held(lane: &HeldLane, byte: u8) -> HeldLane {
    HeldLane { id: lane.id, key: LaneKey::from_bytes([byte; 32]) }
}

#[tokio::test]
async fn a_lost_lane_takes_deposits_under_its_old_key() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    assert_eq!(relay.deposited(&lane, &envelope(1)).await, StatusCode::ACCEPTED);
    owner.close_lane(&relay, &lane).await;
    assert_eq!(relay.deposited(&lane, &envelope(2)).await, StatusCode::FORBIDDEN);
    let answer = open_again(&relay, &owner, lane.id, lane.key.as_bytes()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(relay.deposited(&lane, &envelope(2)).await, StatusCode::ACCEPTED);
    assert_eq!(relay.deposited(&held(&lane, 1), &envelope(3)).await, StatusCode::FORBIDDEN);
    // Where it stands it gets the key that its owner says, and what was known of it here is forgotten.
    assert_eq!(open_again(&relay, &owner, lane.id, &[1; 32]).await.status(), StatusCode::OK);
    assert_eq!(relay.deposited(&lane, &envelope(4)).await, StatusCode::FORBIDDEN);
    assert_eq!(relay.deposited(&held(&lane, 1), &envelope(3)).await, StatusCode::ACCEPTED);
    let list: LaneList = read(owner.call(&relay, Method::GET, "/api/lanes").send().await.unwrap()).await;
    assert_eq!(list.lanes.len(), 1);
    assert_eq!(problem(open_again(&relay, &owner, lane.id, &[1; 31]).await).await, (400, "bad_request".into()));
}

/// As docs/operations.md says: another secret under a higher number, once the first is lost.
#[tokio::test]
async fn after_the_master_secret_was_lost_owners_open_their_lanes_again() {
    let folder = tempfile::tempdir().unwrap();
    let named = ["--registration", "open", "--public-url", "http://127.0.0.1:9"];
    let relay = Process::start(folder.path(), &named);
    let mut owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    assert_eq!(relay.deposited(&lane, &envelope(1)).await, StatusCode::ACCEPTED);
    drop(relay);
    let another = data_encoding::BASE64URL_NOPAD.encode(&[7; 32]);
    std::fs::write(folder.path().join("relay.db.secret"), format!("2 {another}\n")).unwrap();
    let relay = Process::start(folder.path(), &named);
    owner.sign_in(&relay).await;
    assert_eq!(relay.deposited(&lane, &envelope(2)).await, StatusCode::FORBIDDEN);
    let list: LaneList = read(owner.call(&relay, Method::GET, "/api/lanes").send().await.unwrap()).await;
    assert!(list.lanes.is_empty(), "it opens to nobody");
    let answer = open_again(&relay, &owner, lane.id, lane.key.as_bytes()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(relay.deposited(&lane, &envelope(2)).await, StatusCode::ACCEPTED);
    assert_eq!(owner.collect(&relay, "").await.items.len(), 2);
}

/// Whoever knows a lane's name, its holder say, cannot take it along or change it.
#[tokio::test]
async fn a_lane_of_anothers_mailbox_or_of_an_invite_is_left_alone() {
    let relay = TestRelay::start().await;
    let (owner, other) = (relay.owner().await, relay.owner().await);
    let lane = owner.pair_lane(&relay).await;
    let request = OpenLane::Invite {
        invite_id: InviteId::random(&mut random()),
        token_hash: vec![1; 32].into(),
        one_time: vec![1; 1329].into(),
        expires_at: relay.now().plus(Duration::from_secs(3600)),
        max_envelopes: 16,
    };
    let invites = owner.open_lane(&relay, &request).await;
    for (who, lane) in [(&other, &lane), (&other, &invites), (&owner, &invites)] {
        let answer = open_again(&relay, who, lane.id, &[1; 32]).await;
        assert_eq!(problem(answer).await, (403, "refused".into()));
    }
    for lane in [&lane, &invites] {
        assert_eq!(relay.deposited(&held(lane, 1), &envelope(1)).await, StatusCode::FORBIDDEN);
        assert_eq!(relay.deposited(lane, &envelope(2)).await, StatusCode::ACCEPTED);
    }
    assert_eq!(owner.collect(&relay, "").await.items.len(), 2);
    assert!(other.collect(&relay, "").await.items.is_empty());
}
