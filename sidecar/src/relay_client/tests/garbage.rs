//! Relays that lie, ramble or hang: nothing panics, nothing is quoted, nothing grows.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::super::client::Network;
use super::fake_relay::{FakeRelay, json, octets, reply};
use super::*;

const SECRET_WORD: &str = "hunter2";

#[tokio::test]
async fn answers_of_the_wrong_kind_are_garbage_and_not_quoted() {
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("text/html", format!("<p>{SECRET_WORD}").into()),
        ("application/json", format!("\"{SECRET_WORD}\"").into()),
        ("application/json", format!("{{\"agent_id\":\"{SECRET_WORD}\"}}").into()),
        ("application/json", "[".repeat(10_000).into()),
        ("application/json", vec![0xff; 100]),
        ("application/json", Vec::new()),
        ("", SECRET_WORD.into()),
        ("application/octet-stream", b"{}".to_vec()),
    ];
    for (media_type, body) in bodies {
        let shown = media_type.to_owned();
        let relay = FakeRelay::start(move |_| reply(200, &shown, body.clone())).await;
        let client = client_of(&relay.authority);
        let (id, handle) = (agent_id(), "bob".parse().unwrap());
        let failures = [
            client.describe(&relay.authority).await.unwrap_err(),
            client.resolve(&relay.authority, &handle).await.unwrap_err(),
            client.manifest(&relay.authority, &id).await.unwrap_err(),
            client.knock_challenge(&relay.authority).await.unwrap_err(),
            client.bundle(&relay.authority, &id, BundleFor::Knock).await.unwrap_err(),
        ];
        for failed in failures {
            assert!(matches!(failed, RelayFailure::Garbage(_)), "{media_type} {failed:?}");
            assert!(!format!("{failed} {failed:?}").contains(SECRET_WORD));
        }
    }
}

#[tokio::test]
async fn a_card_must_come_as_bytes() {
    let relay = FakeRelay::start(|asked| match asked.uri.path().ends_with("card") {
        true => octets(vec![1, 2, 3]),
        false => json(&()),
    })
    .await;
    let client = client_of(&relay.authority);
    let id = agent_id();
    assert_eq!(client.card(&relay.authority, &id).await.unwrap(), [1, 2, 3]);

    let relay = FakeRelay::start(|_| json(&())).await;
    let client = client_of(&relay.authority);
    let failed = client.card(&relay.authority, &id).await.unwrap_err();
    assert!(matches!(failed, RelayFailure::Garbage(_)));
}

/// A body without end: reading it to its end would fill the memory.
#[tokio::test]
async fn an_endless_body_is_cut_off() {
    for number in [200, 403, 202] {
        let head = format!("HTTP/1.1 {number} X\r\ncontent-type: application/json\r\n\r\n");
        let relay = raw_relay(head).await;
        let client = client_of(&relay);
        let failed = tokio::time::timeout(Duration::from_secs(10), client.describe(&relay)).await;
        assert!(matches!(failed, Ok(Err(RelayFailure::Garbage(_)))), "{failed:?}");
    }
}

/// Answers each connection's first bytes with these, then sends spaces for ever.
async fn raw_relay(greeting: String) -> RelayAuthority {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = listener.local_addr().unwrap().to_string().parse().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let _request = socket.read(&mut [0; 4096]).await;
            let mut sent = socket.write_all(greeting.as_bytes()).await;
            while sent.is_ok() {
                sent = socket.write_all(&[b' '; 4096]).await;
            }
        }
    });
    authority
}

#[tokio::test]
async fn what_does_not_speak_http_or_does_not_answer_is_away() {
    let authority = raw_relay("SSH-2.0-OpenSSH_9.2\r\n".into()).await;
    let failed = client_of(&authority).describe(&authority).await.unwrap_err();
    assert!(failed.may_succeed_later(), "{failed:?}");

    let closed: RelayAuthority = "127.0.0.1:1".parse().unwrap();
    let failed = client_of(&closed).describe(&closed).await;
    assert_eq!(failed.unwrap_err(), RelayFailure::retry(Why::Unreachable));
}

#[tokio::test]
async fn a_silent_relay_times_out() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent: RelayAuthority = listener.local_addr().unwrap().to_string().parse().unwrap();
    let clock = Arc::new(SystemClock);
    let network = Network { timeout: Duration::from_millis(50), lookup: Arc::new(a2a_guard::SystemLookup) };
    let client = RelayClient::with_network(silent.clone(), Arc::new(NobodyAllowed), clock, network).unwrap();
    let failed = tokio::time::timeout(Duration::from_secs(10), client.describe(&silent)).await;
    assert_eq!(failed.unwrap().unwrap_err(), RelayFailure::retry(Why::TimedOut));
}
