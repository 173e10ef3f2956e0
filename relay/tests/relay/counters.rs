//! The operator's listener: metrics that are documented and name nobody, and a readiness that follows the store.

use std::sync::atomic::Ordering;

use a2a_relay::metrics::METRICS;
use reqwest::StatusCode;

use crate::process::{Process, free_address};
use crate::support::*;

async fn metrics(relay: &Reach, operator: &str) -> String {
    let answer = relay.client.get(format!("http://{operator}/metrics")).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4");
    answer.text().await.unwrap()
}

#[tokio::test]
async fn what_happens_is_counted_and_names_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let operator = free_address();
    let relay = Process::start(folder.path(), &["--operator-listen", &operator, "--registration", "open"]);
    let owner = relay.owner().await;
    relay.register(&owner, Some("robert"), None).await;
    let lane = owner.pair_lane(&relay).await;
    let id = envelope_id();
    for _ in 0..2 {
        relay.deposit(&lane, id, &envelope(1)).send().await.unwrap();
    }
    let agents = relay.client.get(relay.at(&format!("/api/agents/{}/card?peer=tell-tale", owner.id())));
    agents.header("user-agent", "tell-tale/1").send().await.unwrap();
    relay.get("/api/handles/robert").await;
    relay.get("/no/such/tell-tale").await;
    owner.collect(&relay, "").await;

    let text = metrics(&relay, &operator).await;
    for line in [
        "a2a_relay_deposits_total{outcome=\"stored\"} 1",
        "a2a_relay_deposits_total{outcome=\"repeated\"} 1",
        "a2a_relay_requests_total{route=\"/api/deposit\",status=\"202\"} 2",
        "a2a_relay_requests_total{route=\"/api/agents/{id}/card\",status=\"404\"} 1",
        "a2a_relay_requests_total{route=\"none\",status=\"404\"} 1",
        "a2a_relay_ready 1",
    ] {
        assert!(text.lines().any(|found| found == line), "no {line} in:\n{text}");
    }
    for word in [&owner.id().to_string(), &lane.id.to_string(), &id.to_string(), "robert", "tell-tale", "127.0.0.1"] {
        assert!(!text.contains(word), "the metrics hold {word}:\n{text}");
    }
}

/// Everything that is read out stands in the list that the documentation is made from.
#[tokio::test]
async fn every_metric_is_documented() {
    let folder = tempfile::tempdir().unwrap();
    let operator = free_address();
    let relay = Process::start(folder.path(), &["--operator-listen", &operator, "--registration", "open"]);
    relay.owner().await;
    let text = metrics(&relay, &operator).await;
    let named: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert!(named.len() > 5, "{text}");
    for name in named {
        assert!(METRICS.iter().any(|metric| metric.name == name), "{name} is not listed");
    }
}

#[tokio::test]
async fn not_ready_while_the_store_is_away() {
    let relay = TestRelay::start().await;
    let ready = async || relay.client.get(format!("{}/ready", relay.operator)).send().await.unwrap().status();
    assert_eq!(ready().await, StatusCode::NO_CONTENT);
    relay.watch.away.store(true, Ordering::SeqCst);
    assert_eq!(ready().await, StatusCode::SERVICE_UNAVAILABLE);
    let health = relay.client.get(format!("{}/health", relay.operator)).send().await.unwrap();
    assert_eq!(health.status(), StatusCode::NO_CONTENT);
    relay.watch.away.store(false, Ordering::SeqCst);
    assert_eq!(ready().await, StatusCode::NO_CONTENT);
}
