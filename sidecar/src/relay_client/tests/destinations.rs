//! Where requests go, and where they never go.

use super::super::client::Network;
use super::super::connections::TIMEOUT;
use super::fake_relay::{FakeRelay, reply, status};
use super::*;

#[tokio::test]
async fn redirects_are_not_followed() {
    for number in [301, 302, 307, 308] {
        let elsewhere = FakeRelay::start(|_| status(202)).await;
        let target = elsewhere.authority.base_url();
        let relay = FakeRelay::start(move |_| {
            let mut answer = reply(number, "text/html", "");
            let location = format!("{target}/api/deposit").parse().unwrap();
            answer.headers_mut().insert("location", location);
            answer
        })
        .await;
        let client = client_of(&relay.authority);
        let failed = client.deposit(&lane_at(&relay.authority), ENVELOPE_ID, b"x").await;
        assert!(matches!(failed, Err(RelayFailure::Garbage(_))), "{number}");
        assert_eq!(elsewhere.asked().len(), 0);
    }
}

#[tokio::test]
async fn a_peer_cannot_point_us_at_this_machine() {
    let local_service = FakeRelay::start(|_| status(202)).await;
    let client = client_of(&"relay.example.org".parse().unwrap());
    let offer = lane_at(&local_service.authority);
    let failed = client.deposit(&offer, ENVELOPE_ID, b"x").await.unwrap_err();
    assert!(matches!(failed, RelayFailure::NotCalled(_)), "{failed}");
    let (id, relay) = (agent_id(), &local_service.authority);
    assert!(client.card(relay, &id).await.is_err());
    assert!(client.describe(relay).await.is_err());
    assert!(client.bundle(relay, &id, BundleFor::Lane(&offer)).await.is_err());
    assert_eq!(local_service.asked().len(), 0);
}

/// Names that lead inside, as rebinding services and an attacker's own DNS give them.
struct Inside;

impl a2a_guard::Lookup for Inside {
    fn look_up<'a>(&'a self, _: &'a str) -> a2a_guard::Found<'a, std::io::Result<Vec<std::net::IpAddr>>> {
        Box::pin(std::future::ready(Ok(vec!["93.184.216.34".parse().unwrap(), "127.0.0.1".parse().unwrap()])))
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_called_and_the_owner_is_told() {
    let local_service = FakeRelay::start(|_| status(202)).await;
    let port = local_service.authority.as_str().rsplit(':').next().unwrap();
    let inside: RelayAuthority = format!("relay.evil.example.com:{port}").parse().unwrap();
    let network = Network { timeout: TIMEOUT, lookup: Arc::new(Inside) };
    let own = "relay.example.org".parse().unwrap();
    let client = RelayClient::with_network(own, Arc::new(NobodyAllowed), Arc::new(SystemClock), network).unwrap();
    let failed = client.deposit(&lane_at(&inside), ENVELOPE_ID, b"x").await.unwrap_err();
    assert!(matches!(failed, RelayFailure::NotCalled(_)), "{failed}");
    assert!(failed.to_string().contains("`a2a relay allow relay.evil.example.com`"), "{failed}");
    // Before anything is sent there the answer is the same.
    assert_eq!(client.check(&inside).await.unwrap_err(), failed);
    assert_eq!(local_service.asked().len(), 0);
}

#[test]
fn there_is_no_plain_http_to_other_machines() {
    let relay: RelayAuthority = "192.0.2.1:8787".parse().unwrap();
    assert_eq!(relay.base_url(), "https://192.0.2.1:8787");
}

/// Runs the test below in a process that has proxy variables set.
#[tokio::test(flavor = "multi_thread")]
async fn proxy_variables_are_ignored() {
    let proxy = FakeRelay::start(|_| status(500)).await;
    let url = proxy.authority.base_url();
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact"])
        .arg("relay_client::tests::destinations::deposits_under_proxy_variables")
        .envs(["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"].map(|name| (name, &url)))
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
    assert_eq!(proxy.asked().len(), 0);
}

#[ignore = "run by proxy_variables_are_ignored"]
#[tokio::test]
async fn deposits_under_proxy_variables() {
    let relay = FakeRelay::start(|_| status(202)).await;
    let client = client_of(&relay.authority);
    client.deposit(&lane_at(&relay.authority), ENVELOPE_ID, b"x").await.unwrap();
}
