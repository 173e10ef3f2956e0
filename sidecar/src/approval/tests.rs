//! Attacks on the approval page, each of which must leave the action undecided.

use std::sync::Mutex;
use std::time::Duration;

use a2a_proto::time::Timestamp;
use tokio::net::TcpStream;

use super::server::{Desk, PageError, open};
use super::{ApprovalLink, Decision};
use crate::agent::{ActionKind, Approved, Detail, DetailValue, PendingAction, Pin, Policy, Untrusted};
use crate::error::Words;
#[cfg(target_os = "linux")]
use crate::loopback::testing::send_as_nobody;
use crate::loopback::testing::{Reply, send};

const HOSTILE: &str = "</dd><script>fetch('/x')</script><img src=x onerror=alert(1)>\" onload=\"x";

/// A desk with one action that remembers what was decided.
struct TestDesk {
    decisions: std::sync::Arc<Mutex<Vec<&'static str>>>,
    expires_at: Timestamp,
}

impl Desk for TestDesk {
    async fn pending(&self) -> Result<PendingAction, PageError> {
        if !self.decisions.lock().unwrap().is_empty() {
            return Err(PageError::NotPending("7KQ2MX".to_owned()));
        }
        let theirs = |text: &str| DetailValue::Theirs(Untrusted::new(text));
        Ok(PendingAction {
            id: "7KQ2MX".to_owned(),
            kind: ActionKind::ApproveRequest,
            title: "Let a stranger write to you about scheduling".to_owned(),
            details: vec![
                Detail { label: "Scopes", value: DetailValue::Ours("scheduling".to_owned()) },
                Detail { label: "Calls itself", value: theirs(HOSTILE) },
                Detail { label: "Writes", value: theirs(HOSTILE) },
            ],
            policy: Policy::Confirm,
            created_at: Timestamp::EPOCH,
            expires_at: self.expires_at,
        })
    }

    async fn approve(&self, _pin: Option<Pin>) -> Result<Approved, Words> {
        self.decisions.lock().unwrap().push("approve");
        Ok(Approved { kind: ActionKind::ApproveRequest, summary: "Paired.".to_owned(), invite: None })
    }

    async fn decline(&self) -> Result<(), Words> {
        self.decisions.lock().unwrap().push("decline");
        Ok(())
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_000)
    }
}

/// One open page, and what was decided on it.
struct World {
    link: ApprovalLink,
    decisions: std::sync::Arc<Mutex<Vec<&'static str>>>,
}

impl World {
    async fn new() -> Self {
        Self::expiring_at(Timestamp::from_millis(3_600_000)).await
    }

    async fn expiring_at(expires_at: Timestamp) -> Self {
        let decisions = std::sync::Arc::default();
        let desk = TestDesk { decisions: std::sync::Arc::clone(&decisions), expires_at };
        Self { link: open(desk).await.unwrap(), decisions }
    }

    fn authority(&self) -> String {
        self.link.url().strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned()
    }

    fn open_path(&self) -> String {
        self.link.url().split_once(&self.authority()).unwrap().1.to_owned()
    }

    async fn get(&self, path: &str) -> Reply {
        send(&self.authority(), &format!("GET {path} HTTP/1.1\r\nhost: {}\r\n", self.authority()), "").await
    }

    /// Opens the link as a browser does, and reads the form's secret.
    async fn shown(&self) -> Shown {
        let reply = self.get(&self.open_path()).await;
        assert_eq!(reply.status, 200);
        let form = reply.body.split("name=\"form\" value=\"").nth(1).unwrap();
        Shown { form: form.split('"').next().unwrap().to_owned(), reply }
    }

    /// Posts a decision, with the headers that a browser would send unless told otherwise.
    async fn post(&self, form: &str, origin: Option<&str>, more: &str) -> Reply {
        let authority = self.authority();
        let origin = origin.map(|origin| format!("origin: {origin}\r\n")).unwrap_or_default();
        let head = format!(
            "POST /decide HTTP/1.1\r\nhost: {authority}\r\n{origin}{more}\
             content-type: application/x-www-form-urlencoded\r\n"
        );
        send(&authority, &head, &format!("form={form}&decision=approve")).await
    }

    fn own_origin(&self) -> String {
        format!("http://{}", self.authority())
    }

    fn decided(&self) -> Vec<&'static str> {
        self.decisions.lock().unwrap().clone()
    }
}

struct Shown {
    form: String,
    reply: Reply,
}

#[tokio::test]
async fn the_owner_approves_on_the_page() {
    let world = World::new().await;
    let shown = world.shown().await;
    let reply = world.post(&shown.form, Some(&world.own_origin()), "sec-fetch-site: same-origin\r\n").await;
    assert_eq!(reply.status, 200);
    assert!(reply.body.contains("Paired."));
    assert_eq!(world.decided(), ["approve"]);
    assert_eq!(world.link.decided().await, Decision::Approved);
}

#[tokio::test]
async fn the_owner_declines_on_the_page() {
    let world = World::new().await;
    let shown = world.shown().await;
    let head = format!(
        "POST /decide HTTP/1.1\r\nhost: {}\r\norigin: {}\r\ncontent-type: application/x-www-form-urlencoded\r\n",
        world.authority(),
        world.own_origin()
    );
    let body = format!("form={}&decision=decline", shown.form);
    assert_eq!(send(&world.authority(), &head, &body).await.status, 200);
    assert_eq!(world.decided(), ["decline"]);
    assert_eq!(world.link.decided().await, Decision::Declined);
}

#[tokio::test]
async fn looking_never_approves() {
    let world = World::new().await;
    let shown = world.shown().await;
    for _ in 0..3 {
        world.get(&world.open_path()).await;
        let path = format!("/decide?form={}&decision=approve", shown.form);
        assert_eq!(world.get(&path).await.status, 405);
    }
    assert!(world.decided().is_empty());
}

#[tokio::test]
async fn a_prefetch_does_not_use_the_link_up() {
    let world = World::new().await;
    let (authority, path) = (world.authority(), world.open_path());
    for ahead in ["sec-purpose: prefetch;prerender", "purpose: prefetch", "x-moz: prefetch"] {
        let head = format!("GET {path} HTTP/1.1\r\nhost: {authority}\r\n{ahead}\r\n");
        assert_eq!(send(&authority, &head, "").await.status, 405);
    }
    let head = format!("HEAD {path} HTTP/1.1\r\nhost: {authority}\r\n");
    assert_eq!(send(&authority, &head, "").await.status, 405);
    assert_eq!(world.get(&path).await.status, 200);
}

#[tokio::test]
async fn a_replayed_link_shows_nothing() {
    let world = World::new().await;
    let _shown = world.shown().await;
    let replay = world.get(&world.open_path()).await;
    assert_eq!(replay.status, 410);
    assert!(!replay.body.contains("name=\"form\""));
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn another_user_does_not_use_the_link_up() {
    let world = World::new().await;
    let head = format!("GET {} HTTP/1.1\r\nhost: {}\r\n", world.open_path(), world.authority());
    if let Some(heard) = send_as_nobody(&world.authority(), &head).await {
        assert_eq!(heard, "");
    }
    let _shown = world.shown().await;
}

#[tokio::test]
async fn another_actions_link_does_not_open_this_page() {
    let (world, other) = (World::new().await, World::new().await);
    assert_eq!(world.get(&other.open_path()).await.status, 404);
    let (_ours, theirs) = (world.shown().await, other.shown().await);
    let reply = world.post(&theirs.form, Some(&world.own_origin()), "").await;
    assert_eq!(reply.status, 404);
    assert!(world.decided().is_empty());
}

#[tokio::test]
async fn a_rebound_name_is_turned_away() {
    let world = World::new().await;
    let path = world.open_path();
    for host in ["evil.example", "localhost:1", "127.0.0.1", "[::1]"] {
        let head = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n");
        assert_eq!(send(&world.authority(), &head, "").await.status, 421, "{host}");
    }
    let port = world.authority().split_once(':').unwrap().1.to_owned();
    let head = format!("GET {path} HTTP/1.1\r\nhost: localhost:{port}\r\n");
    assert_eq!(send(&world.authority(), &head, "").await.status, 421);
    assert_eq!(world.get(&path).await.status, 200, "the link is still fresh");
}

#[tokio::test]
async fn a_post_from_elsewhere_decides_nothing() {
    let world = World::new().await;
    let shown = world.shown().await;
    let neighbour = "http://127.0.0.1:1";
    for origin in [None, Some("null"), Some("https://evil.example"), Some(neighbour), Some("https://127.0.0.1")] {
        let reply = world.post(&shown.form, origin, "").await;
        assert_eq!(reply.status, 404, "{origin:?}");
    }
    for site in ["cross-site", "same-site", "none"] {
        let more = format!("sec-fetch-site: {site}\r\n");
        let reply = world.post(&shown.form, Some(&world.own_origin()), &more).await;
        assert_eq!(reply.status, 404, "{site}");
    }
    let two = format!("origin: {}\r\n", world.own_origin());
    let reply = world.post(&shown.form, Some("https://evil.example"), &two).await;
    assert_eq!(reply.status, 404);
    assert!(world.decided().is_empty());
}

#[tokio::test]
async fn a_guessed_form_secret_decides_nothing() {
    let world = World::new().await;
    let shown = world.shown().await;
    let shortened = &shown.form[..shown.form.len() - 1];
    for form in ["", "AAAA", shortened] {
        let reply = world.post(form, Some(&world.own_origin()), "").await;
        assert_eq!(reply.status, 404, "{form}");
    }
    assert!(world.decided().is_empty());
}

#[tokio::test]
async fn a_peers_words_stay_inert() {
    let world = World::new().await;
    let shown = world.shown().await;
    let body = &shown.reply.body;
    assert!(!body.contains("<script"), "{body}");
    assert!(!body.contains("<img"), "{body}");
    assert!(!body.contains("onload=\""), "{body}");
    assert_eq!(body.matches("As it was given").count(), 2);
}

#[tokio::test]
async fn every_answer_carries_the_strict_policy() {
    let world = World::new().await;
    let shown = world.shown().await;
    for reply in [shown.reply, world.get("/nothing").await, world.get(&world.open_path()).await] {
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(policy.contains("form-action 'self'; frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(reply.header("cache-control").unwrap(), "no-store");
        assert_eq!(reply.header("referrer-policy").unwrap(), "same-origin");
        assert_eq!(reply.header("x-content-type-options").unwrap(), "nosniff");
    }
}

#[tokio::test]
async fn an_expired_page_is_gone() {
    let world = World::expiring_at(Timestamp::from_millis(1_020)).await;
    let decided = tokio::time::timeout(Duration::from_secs(10), world.link.decided()).await;
    assert_eq!(decided.unwrap(), Decision::Expired);
    tokio::time::timeout(Duration::from_secs(10), async {
        while TcpStream::connect(world.authority()).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the port is closed");
    assert!(world.decided().is_empty());
}

#[tokio::test]
async fn the_server_ends_with_the_decision() {
    let world = World::new().await;
    let shown = world.shown().await;
    world.post(&shown.form, Some(&world.own_origin()), "").await;
    tokio::time::timeout(Duration::from_secs(10), async {
        while TcpStream::connect(world.authority()).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the port is closed");
}

#[tokio::test]
async fn the_link_is_not_printed() {
    let world = World::new().await;
    assert!(!format!("{:?}", world.link).contains("open/"));
}

/// A desk whose act fails so often before it succeeds, or is gone after its failure.
struct FailingDesk {
    failures: std::sync::atomic::AtomicU32,
    vanishes: bool,
}

impl Desk for FailingDesk {
    async fn pending(&self) -> Result<PendingAction, PageError> {
        if self.vanishes && self.failures.load(std::sync::atomic::Ordering::SeqCst) == 0 {
            return Err(PageError::NotPending("7KQ2MX".to_owned()));
        }
        Ok(PendingAction {
            id: "7KQ2MX".to_owned(),
            kind: ActionKind::MakeInvite,
            title: "Make an invite".to_owned(),
            details: Vec::new(),
            policy: Policy::Confirm,
            created_at: Timestamp::EPOCH,
            expires_at: Timestamp::from_millis(3_600_000),
        })
    }

    async fn approve(&self, _pin: Option<Pin>) -> Result<Approved, Words> {
        use std::sync::atomic::Ordering::SeqCst;
        if self.failures.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() {
            let relay = "relay.example".to_owned();
            let trouble = crate::agent::Trouble::RelayAway { relay, reason: "it is asleep".to_owned() };
            return Err(crate::agent::ConsentError::Invite(trouble.into()).into());
        }
        Ok(Approved { kind: ActionKind::MakeInvite, summary: "Made.".to_owned(), invite: None })
    }

    async fn decline(&self) -> Result<(), Words> {
        Ok(())
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_000)
    }
}

async fn failing(vanishes: bool) -> World {
    let desk = FailingDesk { failures: 1.into(), vanishes };
    World { link: open(desk).await.unwrap(), decisions: std::sync::Arc::default() }
}

#[tokio::test]
async fn what_failed_is_told_and_may_be_tried_again() {
    let world = failing(false).await;
    let shown = world.shown().await;
    let told = world.post(&shown.form, Some(&world.own_origin()), "").await;
    assert_eq!(told.status, 409);
    for words in ["the relay relay.example cannot be used now: it is asleep", "Your approval stands", "It still waits"]
    {
        assert!(told.body.contains(words), "{words}: {}", told.body);
    }
    let again = world.post(&shown.form, Some(&world.own_origin()), "").await;
    assert_eq!(again.status, 200);
    assert!(again.body.contains("Made."));
    assert_eq!(world.link.decided().await, Decision::Approved);
}

#[tokio::test]
async fn the_reason_is_told_also_when_nothing_waits_any_more() {
    let world = failing(true).await;
    let shown = world.shown().await;
    let told = world.post(&shown.form, Some(&world.own_origin()), "").await;
    assert_eq!(told.status, 410);
    assert!(told.body.contains("it is asleep"), "{}", told.body);
    assert!(!told.body.contains("nothing is waiting"), "{}", told.body);
}
