//! Lanes, deposits, collecting and acknowledging.

use std::sync::atomic::Ordering;
use std::time::Duration;

use a2a_proto::api::mailbox::{Batch, Source};
use a2a_proto::api::{LaneKind, LaneList};
use a2a_relay::store::Quotas;
use reqwest::{Method, Response, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::support::*;

#[tokio::test]
async fn a_deposit_is_collected_and_stays_until_acknowledged() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    for byte in 1..=3 {
        assert_eq!(relay.deposited(&lane, &envelope(byte)).await, StatusCode::ACCEPTED);
    }
    for _ in 0..2 {
        let batch = owner.collect(&relay, "after=0").await;
        let sequences: Vec<_> = batch.items.iter().map(|item| item.sequence).collect();
        assert_eq!(sequences, [1, 2, 3]);
        assert_eq!(batch.items[1].envelope, envelope(2));
        assert_eq!(batch.items[1].source, Source::Lane(lane.id));
        assert_eq!(batch.items[1].hour, relay.now().hours());
    }
    assert_eq!(owner.acknowledge(&relay, 2).await, StatusCode::NO_CONTENT);
    let batch = owner.collect(&relay, "after=0").await;
    assert_eq!(batch.acknowledged_through, 2);
    assert_eq!(batch.items.len(), 1);
    // Acknowledging less than before takes nothing back; more than there is means all.
    owner.acknowledge(&relay, 1).await;
    owner.acknowledge(&relay, 1_000_000).await;
    assert_eq!(owner.collect(&relay, "after=0").await.acknowledged_through, 3);
    relay.deposited(&lane, &envelope(4)).await;
    assert_eq!(owner.collect(&relay, "after=3").await.items[0].sequence, 4);
}

#[tokio::test]
async fn a_batch_is_as_long_as_asked() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    for byte in 1..=5 {
        relay.deposited(&lane, &envelope(byte)).await;
    }
    let batch = owner.collect(&relay, "after=1&limit=2").await;
    let sequences: Vec<_> = batch.items.iter().map(|item| item.sequence).collect();
    assert_eq!(sequences, [2, 3]);
    let odd = owner.call(&relay, Method::GET, "/api/mailbox?after=x").send().await.unwrap();
    assert_eq!(problem(odd).await, (400, "bad_request".into()));
}

#[tokio::test]
async fn the_same_deposit_again_is_accepted_and_stored_once() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    let id = envelope_id();
    for _ in 0..3 {
        let answer = relay.deposit(&lane, id, &envelope(1)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
    }
    assert_eq!(owner.collect(&relay, "").await.items.len(), 1);
    // Also when the first is long gone.
    owner.acknowledge(&relay, 1).await;
    relay.later(Duration::from_secs(31 * 24 * 3600));
    relay.store.sweep(relay.now()).await.unwrap();
    let answer = relay.deposit(&lane, id, &envelope(1)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let owner = {
        let mut owner = owner;
        owner.sign_in(&relay).await;
        owner
    };
    assert!(owner.collect(&relay, "").await.items.is_empty());
}

#[tokio::test]
async fn a_waiting_collector_is_woken() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    let collecting = owner.collect(&relay, "wait=20");
    let depositing = async {
        let answer = relay.deposited(&lane, &envelope(9)).await;
        assert_eq!(answer, StatusCode::ACCEPTED);
    };
    let both = async { tokio::join!(collecting, depositing) };
    let (batch, ()) = tokio::time::timeout(Duration::from_secs(10), both).await.unwrap();
    assert_eq!(batch.items.len(), 1);
}

async fn patient_relay() -> TestRelay {
    TestRelay::start_with(Wish { policy: |policy| policy.long_poll = Duration::from_secs(600), ..Wish::default() })
        .await
}

/// What a collector is answered if `meanwhile` happens after it looked and before it waits.
async fn once_it_looked(
    relay: &TestRelay,
    owner: &Owner,
    query: &str,
    meanwhile: impl Future<Output = ()>,
) -> Response {
    relay.watch.hold_look.store(true, Ordering::SeqCst);
    let asking = owner.call(relay, Method::GET, &format!("/api/mailbox?{query}")).send();
    let meanwhile = async {
        relay.watch.look.reached.acquire().await.unwrap().forget();
        meanwhile.await;
        relay.watch.look.open.add_permits(1);
    };
    let both = async { tokio::join!(asking, meanwhile) };
    tokio::time::timeout(Duration::from_secs(60), both).await.expect("it was missed").0.unwrap()
}

/// What arrives after a collector looked and before it waits is given to it at once, not after its wait.
#[tokio::test]
async fn mail_between_a_look_and_the_wait_is_not_missed() {
    let relay = patient_relay().await;
    let owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    let answer = once_it_looked(&relay, &owner, "wait=600", async {
        assert_eq!(relay.deposited(&lane, &envelope(9)).await, StatusCode::ACCEPTED);
    });
    let batch = Batch::parse(&answer.await.bytes().await.unwrap()).unwrap();
    assert_eq!(batch.items.len(), 1);
}

/// A ring that brings nothing new for this collector ends no wait: Postgres' own echo of what was just collected is one.
#[tokio::test]
async fn a_ring_without_mail_does_not_end_the_wait() {
    let relay = patient_relay().await;
    let owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    let answer = once_it_looked(&relay, &owner, "wait=600&after=1", async {
        assert_eq!(relay.deposited(&lane, &envelope(1)).await, StatusCode::ACCEPTED);
        // It looks again, finds nothing after number 1, and only then number 2 arrives.
        relay.watch.hold_look.store(true, Ordering::SeqCst);
        relay.watch.look.open.add_permits(1);
        relay.watch.look.reached.acquire().await.unwrap().forget();
        assert_eq!(relay.deposited(&lane, &envelope(2)).await, StatusCode::ACCEPTED);
    });
    let batch = Batch::parse(&answer.await.bytes().await.unwrap()).unwrap();
    assert_eq!(batch.items.iter().map(|item| item.sequence).collect::<Vec<_>>(), [2]);
}

/// A wait that began before another device came, or before the account was closed, gives nothing of what comes after.
#[tokio::test]
async fn an_older_devices_wait_gets_nothing_more() {
    let relay = patient_relay().await;
    let old = relay.owner().await;
    let lane = old.pair_lane(&relay).await;
    let mut new = Owner::with_device(old.root_again(), 2);
    let answer = once_it_looked(&relay, &old, "wait=600", async {
        new.sign_in(&relay).await;
        relay.deposited(&lane, &envelope(1)).await;
    });
    assert_eq!(answer.await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(new.collect(&relay, "").await.items.len(), 1);
    let closed = once_it_looked(&relay, &new, "wait=600&after=1", async {
        new.call(&relay, Method::DELETE, "/api/account").send().await.unwrap();
    });
    assert_eq!(closed.await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_relay_that_goes_down_answers_whoever_waits() {
    let mut relay = TestRelay::start().await;
    let owner = relay.owner().await;
    let request = owner.call(&relay, Method::GET, "/api/mailbox?wait=20");
    let waiting = tokio::spawn(request.send());
    // The collector has its place once the relay holds one connection for it; the stop may also come first, then
    // the request is answered without waiting. Both are right.
    tokio::time::timeout(Duration::from_secs(15), relay.stop()).await.unwrap();
    if let Ok(answer) = waiting.await.unwrap() {
        assert_eq!(answer.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_closed_lane_takes_nothing_from_then_on() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    let (lane, other) = (owner.pair_lane(&relay).await, owner.pair_lane(&relay).await);
    relay.deposited(&lane, &envelope(1)).await;
    for _ in 0..2 {
        assert_eq!(owner.close_lane(&relay, &lane).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(relay.deposited(&lane, &envelope(2)).await, StatusCode::FORBIDDEN);
    assert_eq!(relay.deposited(&other, &envelope(3)).await, StatusCode::ACCEPTED);
    // What was accepted before stays.
    assert_eq!(owner.collect(&relay, "").await.items.len(), 2);
}

#[tokio::test]
async fn nobody_closes_or_sees_anothers_lane() {
    let relay = TestRelay::start().await;
    let (owner, stranger) = (relay.owner().await, relay.owner().await);
    let lane = owner.pair_lane(&relay).await;
    assert_eq!(stranger.close_lane(&relay, &lane).await, StatusCode::NO_CONTENT);
    assert_eq!(relay.deposited(&lane, &envelope(1)).await, StatusCode::ACCEPTED);
    assert!(stranger.collect(&relay, "").await.items.is_empty());

    let listed = |owner: &Owner| owner.call(&relay, Method::GET, "/api/lanes").send();
    let list: LaneList = read(listed(&stranger).await.unwrap()).await;
    assert!(list.lanes.is_empty());
    let list: LaneList = read(listed(&owner).await.unwrap()).await;
    assert_eq!(list.lanes.len(), 1);
    assert_eq!((list.lanes[0].lane_id, list.lanes[0].kind), (lane.id, LaneKind::Pair));
}

#[tokio::test]
async fn a_full_lane_and_a_full_mailbox_say_so_to_the_holder_alone() {
    let quotas = Quotas { lane_pending: 2, mailbox_envelopes: 3, ..Quotas::default() };
    let relay = TestRelay::start_with(Wish { quotas, ..Wish::default() }).await;
    let owner = relay.owner().await;
    let (first, second) = (owner.pair_lane(&relay).await, owner.pair_lane(&relay).await);
    let send = async |lane: &HeldLane| relay.deposit(lane, envelope_id(), &envelope(1)).send().await.unwrap();
    for _ in 0..2 {
        assert_eq!(send(&first).await.status(), StatusCode::ACCEPTED);
    }
    let full = send(&first).await;
    assert!(full.headers().contains_key("retry-after"));
    assert_eq!(problem(full).await, (429, "too_many".into()));
    assert_eq!(send(&second).await.status(), StatusCode::ACCEPTED);
    assert_eq!(problem(send(&second).await).await, (429, "mailbox_full".into()));

    let mut forged = second.clone();
    forged.key = first.key.clone();
    assert_eq!(problem(send(&forged).await).await, (403, "refused".into()));

    owner.acknowledge(&relay, 3).await;
    assert_eq!(send(&first).await.status(), StatusCode::ACCEPTED);
    assert_eq!(send(&second).await.status(), StatusCode::ACCEPTED);
}

#[tokio::test]
async fn only_what_looks_like_an_envelope_is_stored() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    let mut odd_kind = envelope(1);
    odd_kind[1] = 9;
    for wrong in [vec![], vec![1, 2, 3], vec![1; 5000], odd_kind] {
        let answer = relay.deposit(&lane, envelope_id(), &wrong).send().await.unwrap();
        assert_eq!(problem(answer).await, (400, "bad_request".into()));
    }
    let mut largest = vec![5; 65536];
    largest[..2].copy_from_slice(&[1, 2]);
    assert_eq!(relay.deposited(&lane, &largest).await, StatusCode::ACCEPTED);
    largest.push(0);
    let answer = relay.deposit(&lane, envelope_id(), &largest).send().await.unwrap();
    assert_eq!(problem(answer).await, (413, "too_large".into()));
}

#[tokio::test]
async fn what_nobody_collects_is_deleted_after_thirty_days() {
    let relay = TestRelay::start().await;
    let mut owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    relay.deposited(&lane, &envelope(1)).await;
    relay.later(Duration::from_secs(20 * 24 * 3600));
    relay.deposited(&lane, &envelope(2)).await;
    relay.later(Duration::from_secs(11 * 24 * 3600));
    relay.store.sweep(relay.now()).await.unwrap();
    owner.sign_in(&relay).await;
    let batch = owner.collect(&relay, "").await;
    assert_eq!(batch.items.len(), 1);
    assert_eq!((batch.items[0].sequence, batch.acknowledged_through), (2, 0));
}

/// Connections that ask for a mailbox of 6 MiB and never read.
async fn never_read(relay: &TestRelay, owner: &Owner, count: usize) -> Vec<TcpStream> {
    let lane = owner.pair_lane(relay).await;
    let mut large = vec![3; 65536];
    large[..2].copy_from_slice(&[1, 2]);
    for _ in 0..96 {
        assert_eq!(relay.deposited(&lane, &large).await, StatusCode::ACCEPTED);
    }
    let head = format!("GET /api/mailbox HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n", owner.token);
    let mut held = Vec::new();
    for _ in 0..count {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(16 * 1024).unwrap();
        let mut stream = socket.connect(relay.authority.as_str().parse().unwrap()).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        held.push(stream);
    }
    held
}

#[tokio::test]
async fn answers_that_nobody_reads_keep_their_places_and_leave_room_for_others() {
    let relay = TestRelay::start().await;
    let (hoarder, other) = (relay.owner().await, relay.owner().await);
    let mut held = never_read(&relay, &hoarder, 8).await;
    // Two are on their way and stay there; the others are told to come again.
    let mut told = 0;
    for stream in &mut held {
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.unwrap();
        told += usize::from(&status == b"HTTP/1.1 503");
    }
    assert_eq!((told, relay.relay.unread()), (6, 2 * 65));
    assert!(other.collect(&relay, "").await.items.is_empty());
    drop(held);
    while relay.relay.unread() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn who_does_not_read_an_answer_is_hung_up_on() {
    let relay = TestRelay::start_with(Wish { policy: |policy| policy.max_unread = 66, ..Wish::default() }).await;
    let hoarder = relay.owner().await;
    let _held = never_read(&relay, &hoarder, 1).await;
    while relay.relay.unread() < 65 {
        tokio::task::yield_now().await;
    }
    let given_back = async {
        while relay.relay.unread() > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), given_back).await.expect("its room is still taken");
}
