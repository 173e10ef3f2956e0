//! What holds for every answer and every connection: headers, bounds, pages.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::*;

#[tokio::test]
async fn every_answer_carries_the_time_and_the_same_headers() {
    let relay = TestRelay::start().await;
    for path in ["/", "/join", "/.well-known/a2a-relay", "/api/mailbox", "/api/knock", "/nothing"] {
        let answer = relay.get(path).await;
        let headers = answer.headers();
        let date = headers["date"].to_str().unwrap();
        assert!(httpdate::parse_http_date(date).is_ok(), "{path}");
        assert_eq!(headers["cache-control"], "no-store", "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        assert!(headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"), "{path}");
        for absent in ["access-control-allow-origin", "server", "set-cookie", "x-request-id"] {
            assert!(!headers.contains_key(absent), "{path}: {absent}");
        }
    }
}

#[tokio::test]
async fn no_other_origin_is_invited() {
    let relay = TestRelay::start().await;
    let request = relay.client.request(Method::OPTIONS, relay.at("/api/deposit"));
    let answer = request.header("origin", "https://evil.example").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert!(!answer.headers().keys().any(|name| name.as_str().starts_with("access-control")));
}

#[tokio::test]
async fn what_is_compressed_is_not_expanded() {
    let relay = TestRelay::start().await;
    let request = relay.client.post(relay.at("/api/session/challenge"));
    let answer = request.header("content-encoding", "gzip").body("x").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn a_wrong_method_and_bad_json_are_told() {
    let relay = TestRelay::start().await;
    assert_eq!(problem(relay.get("/api/deposit").await).await, (405, "bad_request".into()));
    let request = relay.client.post(relay.at("/api/session")).body("{\"token\":\"secret-of-mine\"");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert!(!answer.text().await.unwrap().contains("secret-of-mine"));
}

#[tokio::test]
async fn a_busy_relay_says_so() {
    let wish = Wish { policy: |policy| policy.max_requests = 0, ..Wish::default() };
    let relay = TestRelay::start_with(wish).await;
    let answer = relay.get("/").await;
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(problem(answer).await, (503, "unavailable".into()));
}

/// A body that is announced too large is refused before it is sent.
#[tokio::test]
async fn a_large_body_is_refused_unread() {
    let relay = TestRelay::start().await;
    let mut stream = TcpStream::connect(relay.authority.as_str()).await.unwrap();
    let head = "POST /api/deposit HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

/// A body without an announced length is read up to the bound and no further.
#[tokio::test]
async fn an_endless_body_is_cut_off() {
    let relay = TestRelay::start().await;
    let mut stream = TcpStream::connect(relay.authority.as_str()).await.unwrap();
    let head = "POST /api/deposit HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(4096));
    for _ in 0..17 {
        stream.write_all(chunk.as_bytes()).await.unwrap();
    }
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

/// A client that sends its headers drop by drop is dropped.
#[tokio::test]
async fn a_slow_client_is_dropped() {
    let relay = TestRelay::start().await;
    let mut stream = TcpStream::connect(relay.authority.as_str()).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "the connection is still open");
    assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
}

/// A body that never comes ends with the request's time.
#[tokio::test]
async fn a_body_that_never_comes_is_not_waited_for() {
    let wish = Wish { policy: |policy| policy.request_timeout = Duration::from_millis(50), ..Wish::default() };
    let relay = TestRelay::start_with(wish).await;
    let mut stream = TcpStream::connect(relay.authority.as_str()).await.unwrap();
    let head = "POST /api/deposit HTTP/1.1\r\nhost: x\r\ncontent-length: 4096\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
}

#[tokio::test]
async fn the_pages_say_what_to_do_without_a_script() {
    let relay = TestRelay::start().await;
    for (path, words) in [("/join", "a2a init"), ("/invite", "a2a authorize"), ("/", "relay")] {
        let answer = relay.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
        let page = answer.text().await.unwrap();
        assert!(page.contains(words), "{page}");
        for forbidden in ["<script", "javascript:", " src=", "http://", "https://", "onclick", "style="] {
            assert!(!page.contains(forbidden), "{path} has {forbidden}");
        }
    }
}

/// The hash in the policy is that of the style on the page: a browser would drop the style otherwise.
#[tokio::test]
async fn the_pages_style_is_the_one_allowed() {
    use sha2::Digest;
    let relay = TestRelay::start().await;
    let answer = relay.get("/join").await;
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let page = answer.text().await.unwrap();
    let style = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let hash = data_encoding::BASE64.encode(&sha2::Sha256::digest(style.as_bytes()));
    assert!(policy.contains(&format!("'sha256-{hash}'")));
}
