//! Mail pushed over a WebSocket.

use std::time::Duration;

use a2a_proto::api::Acknowledge;
use a2a_proto::api::mailbox::Batch;
use a2a_relay::policy::Policy;
use futures_util::{SinkExt, StreamExt};
use reqwest::{Method, StatusCode};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::support::*;

pub(crate) type Socket = WebSocketStream<TcpStream>;

pub(crate) async fn open(relay: &Reach, owner: &Owner, after: u64) -> Result<Socket, Error> {
    let url = format!("ws://{}/api/mailbox/stream?after={after}", relay.authority);
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {}", owner.token).parse().unwrap());
    // Whoever reads nothing should be noticed soon.
    let tcp = TcpSocket::new_v4().unwrap();
    tcp.set_recv_buffer_size(16 * 1024).unwrap();
    let tcp: TcpStream = tcp.connect(relay.authority.as_str().parse().unwrap()).await.unwrap();
    tokio_tungstenite::client_async(request, tcp).await.map(|(socket, _)| socket)
}

fn refusal(opened: Result<Socket, Error>) -> (u16, bool) {
    match opened.err() {
        Some(Error::Http(answer)) => (answer.status().as_u16(), answer.headers().contains_key("retry-after")),
        other => panic!("{other:?}"),
    }
}

/// The next batch; none when the stream ended.
async fn next(socket: &mut Socket) -> Option<Batch> {
    let within = tokio::time::timeout(Duration::from_secs(30), async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Binary(bytes))) => return Some(Batch::parse(&bytes).unwrap()),
                Some(Ok(Message::Ping(_))) => {}
                _ => return None,
            }
        }
    });
    within.await.unwrap()
}

fn numbers(batch: &Batch) -> Vec<u64> {
    batch.items.iter().map(|item| item.sequence).collect()
}

#[tokio::test]
async fn what_waits_and_what_arrives_is_pushed() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    for byte in 1..=7 {
        relay.deposited(&lane, &envelope(byte)).await;
    }
    let mut socket = open(&relay, &owner, 1).await.unwrap();
    // A push is a handful, so that one slow reader holds little.
    assert_eq!(numbers(&next(&mut socket).await.unwrap()), [2, 3, 4, 5, 6]);
    assert_eq!(numbers(&next(&mut socket).await.unwrap()), [7]);
    relay.deposited(&lane, &envelope(8)).await;
    let batch = next(&mut socket).await.unwrap();
    assert_eq!((numbers(&batch), &batch.items[0].envelope), (vec![8], &envelope(8)));
    // Pushing deletes nothing.
    assert_eq!(owner.collect(&relay, "").await.items.len(), 8);
}

#[tokio::test]
async fn acknowledging_works_over_the_stream_and_beside_it() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    let mut socket = open(&relay, &owner, 0).await.unwrap();
    for byte in 1..=2 {
        relay.deposited(&lane, &envelope(byte)).await;
    }
    socket.send(Message::binary(Acknowledge { through: 1 }.to_bytes().to_vec())).await.unwrap();
    while owner.collect(&relay, "").await.acknowledged_through < 1 {
        tokio::task::yield_now().await;
    }
    owner.acknowledge(&relay, 2).await;
    assert!(owner.collect(&relay, "").await.items.is_empty());
}

#[tokio::test]
async fn one_mailbox_has_a_few_streams_and_others_have_theirs() {
    let relay = TestRelay::start().await;
    let (hoarder, other) = (relay.owner().await, relay.owner().await);
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(open(&relay, &hoarder, 0).await.unwrap());
    }
    for _ in 0..3 {
        assert_eq!(refusal(open(&relay, &hoarder, 0).await), (429, true));
    }
    assert!(open(&relay, &other, 0).await.is_ok());
    drop(held);
    while open(&relay, &hoarder, 0).await.is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_stream_needs_a_session_and_an_upgrade() {
    let relay = TestRelay::start().await;
    let (owner, stranger) = (relay.owner().await, Owner::new());
    assert_eq!(refusal(open(&relay, &stranger, 0).await).0, 401);
    let plain = owner.call(&relay, Method::GET, "/api/mailbox/stream").send().await.unwrap();
    assert_eq!(plain.headers()["upgrade"], "websocket");
    assert_eq!(problem(plain).await, (426, "bad_request".into()));
}

#[tokio::test]
async fn an_older_devices_stream_gets_nothing_more() {
    let relay = TestRelay::start().await;
    let old = relay.owner().await;
    let lane = old.pair_lane(&relay).await;
    let mut socket = open(&relay, &old, 0).await.unwrap();
    let mut new = Owner::with_device(old.root_again(), 2);
    new.sign_in(&relay).await;
    relay.deposited(&lane, &envelope(1)).await;
    assert!(next(&mut socket).await.is_none());
    assert_eq!(new.collect(&relay, "").await.items.len(), 1);
}

#[tokio::test]
async fn a_stream_ends_with_its_session_and_with_the_account() {
    let relay = TestRelay::start().await;
    let (first, mut second) = (relay.owner().await, relay.owner().await);
    let mut socket = open(&relay, &first, 0).await.unwrap();
    first.call(&relay, Method::DELETE, "/api/account").send().await.unwrap();
    // The mailbox is gone; a batch for it would be empty, and the right to it is looked at before one is sent.
    drop(socket.close(None).await);
    let mut socket = open(&relay, &second, 0).await.unwrap();
    let lane = second.pair_lane(&relay).await;
    relay.later(Duration::from_secs(15 * 60));
    relay.deposited(&lane, &envelope(1)).await;
    assert!(next(&mut socket).await.is_none());
    second.sign_in(&relay).await;
    assert_eq!(second.collect(&relay, "").await.items.len(), 1);
}

#[tokio::test]
async fn an_owner_who_sends_anything_else_is_hung_up_on() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    for word in [Message::text("hello"), Message::binary(vec![0; 9]), Message::binary(vec![0; 100_000])] {
        let mut socket = open(&relay, &owner, 0).await.unwrap();
        let _ = socket.send(word).await;
        assert!(next(&mut socket).await.is_none());
    }
    assert_eq!(owner.acknowledge(&relay, 0).await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_relay_that_goes_down_ends_its_streams() {
    let mut relay = TestRelay::start().await;
    let owner = relay.owner().await;
    let mut socket = open(&relay, &owner, 0).await.unwrap();
    let reading = tokio::spawn(async move { next(&mut socket).await });
    tokio::time::timeout(Duration::from_secs(15), relay.stop()).await.unwrap();
    assert!(reading.await.unwrap().is_none());
}

/// An owner with more mail than the kernel keeps for a reader, and streams that never read; it comes back when they are
/// stuck.
async fn hoard(relay: &TestRelay, owner: &Owner, stuck: usize) -> Vec<Socket> {
    let lane = owner.pair_lane(relay).await;
    let mut large = vec![3; 65536];
    large[..2].copy_from_slice(&[1, 2]);
    for _ in 0..96 {
        assert_eq!(relay.deposited(&lane, &large).await, StatusCode::ACCEPTED);
    }
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(open(relay, owner, 0).await.unwrap());
    }
    // They are stuck when nothing changes any more.
    let (mut looks, mut still) = (0, 0);
    while looks < 300 && still < 10 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        looks += 1;
        still = if relay.relay.pushes_under_way() >= stuck { still + 1 } else { 0 };
    }
    held
}

/// Another owner, for whom mail waits.
async fn with_mail(relay: &TestRelay) -> Owner {
    let owner = relay.owner().await;
    let lane = owner.pair_lane(relay).await;
    assert_eq!(relay.deposited(&lane, &envelope(1)).await, StatusCode::ACCEPTED);
    owner
}

async fn is_pushed_soon(relay: &TestRelay, owner: &Owner) {
    let mut socket = open(relay, owner, 0).await.unwrap();
    let pushed = tokio::time::timeout(Duration::from_secs(10), next(&mut socket)).await;
    assert_eq!(numbers(&pushed.expect("nothing was pushed").unwrap()), [1]);
}

#[tokio::test]
async fn streams_that_read_nothing_leave_room_for_others() {
    let relay = TestRelay::start_with(Wish { policy: |policy| policy.max_pushes = 6, ..Wish::default() }).await;
    let (hoarder, other) = (relay.owner().await, with_mail(&relay).await);
    let held = hoard(&relay, &hoarder, 2).await;
    assert_eq!(relay.relay.pushes_under_way(), 2, "a mailbox has more than its share");
    is_pushed_soon(&relay, &other).await;
    drop(held);
}

#[tokio::test]
async fn streams_that_read_nothing_drive_themselves_out() {
    let relay = TestRelay::start_with(Wish { policy: |policy| policy.max_pushes = 2, ..Wish::default() }).await;
    let (hoarder, other) = (relay.owner().await, with_mail(&relay).await);
    let _held = hoard(&relay, &hoarder, 2).await;
    is_pushed_soon(&relay, &other).await;
}

#[tokio::test]
async fn a_stream_that_waits_for_its_turn_hears_its_owner_and_the_relays_end() {
    let mut relay = TestRelay::start().await;
    let hoarder = relay.owner().await;
    let mut held = hoard(&relay, &hoarder, 2).await;
    // Two of the four wait for their turn.
    for socket in &mut held {
        socket.send(Message::binary(Acknowledge { through: 1 }.to_bytes().to_vec())).await.unwrap();
    }
    let heard = async {
        while hoarder.collect(&relay, "limit=1").await.acknowledged_through < 1 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), heard).await.expect("who waits is deaf");
    tokio::time::timeout(Duration::from_secs(12), relay.stop()).await.expect("it waited for who reads nothing");
}

/// Mail that goes out says nothing of a reader who is there: that is asked while mail comes, too.
#[tokio::test]
async fn while_mail_comes_a_live_stream_stays_and_a_dead_one_goes() {
    let policy = |policy: &mut Policy| policy.stream_asked_every = Duration::from_secs(1);
    let relay = TestRelay::start_with(Wish { policy, ..Wish::default() }).await;
    let owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    let (mut live, mut dead) = (open(&relay, &owner, 0).await.unwrap(), open(&relay, &owner, 0).await.unwrap());
    for byte in 0..40 {
        relay.deposited(&lane, &envelope(byte)).await;
        assert!(next(&mut live).await.is_some(), "who answers was hung up on");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let ended = async { while next(&mut dead).await.is_some() {} };
    tokio::time::timeout(Duration::from_millis(500), ended).await.expect("who never answered was not hung up on");
}
