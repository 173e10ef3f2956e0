//! A real relay on a free port of this machine, and owners who speak to it.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use a2a_proto::access::RegistrationProof;
use a2a_proto::address::RelayAuthority;
use a2a_proto::api::{Challenge, Problem, Registration, RegistrationPolicy};
use a2a_proto::id::EnvelopeId;
use a2a_proto::lane::{DepositProof, LANE_HEADER, LaneRequest};
use a2a_proto::time::Timestamp;
use a2a_relay::clock::Clock;
use a2a_relay::policy::Policy;
use a2a_relay::secret::MasterSecret;
use a2a_relay::store::sqlite::SqliteStore;
use a2a_relay::store::{Quotas, Store};
use a2a_relay::{Listeners, Relay, RelayState};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(crate) use crate::owner::{HeldLane, Owner};
use crate::watched::{Watch, Watched};

pub(crate) type Random = rand_core::UnwrapErr<getrandom::SysRng>;

pub(crate) fn random() -> Random {
    rand_core::UnwrapErr(getrandom::SysRng)
}

/// Where the tests' clock stands at first: this hour's beginning.
pub(crate) fn start_of_hour() -> Timestamp {
    Timestamp::from_secs(Clock::System.now().hours() * 3600)
}

/// How to reach a relay, whatever process it runs in.
#[derive(Clone)]
pub(crate) struct Reach {
    pub(crate) url: String,
    pub(crate) authority: RelayAuthority,
    pub(crate) clock: Clock,
    pub(crate) client: Client,
}

/// A relay in this process, ended when dropped.
pub(crate) struct TestRelay {
    reach: Reach,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) watch: Arc<Watch>,
    pub(crate) relay: RelayState,
    /// Where its operator's listener is.
    pub(crate) operator: String,
    serving: Option<JoinHandle<()>>,
    _folder: tempfile::TempDir,
}

/// What a test wants to be different.
pub(crate) struct Wish {
    pub(crate) registration: RegistrationPolicy,
    pub(crate) quotas: Quotas,
    pub(crate) policy: fn(&mut Policy),
}

impl Default for Wish {
    fn default() -> Self {
        Self { registration: RegistrationPolicy::Open, quotas: Quotas::default(), policy: |_| {} }
    }
}

impl TestRelay {
    pub(crate) async fn start() -> Self {
        Self::start_with(Wish::default()).await
    }

    pub(crate) async fn start_with(wish: Wish) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("relay.db");
        let watch = Arc::new(Watch::default());
        let store = SqliteStore::open(&path, wish.quotas).unwrap();
        let store: Arc<dyn Store> = Arc::new(Watched { store, watch: watch.clone() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority: RelayAuthority = listener.local_addr().unwrap().to_string().parse().unwrap();
        let mut policy = Policy::new(authority.clone(), wish.registration);
        policy.knock_difficulty = 8;
        policy.quotas = wish.quotas;
        (wish.policy)(&mut policy);
        let clock = Clock::fixed(start_of_hour());
        let relay = Relay::new(store.clone(), MasterSecret::draw(), clock.clone(), policy);
        let operator = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let operator_url = format!("http://{}", operator.local_addr().unwrap());
        let listeners = Listeners { public: listener, tls: None, operator: Some(operator), exposition: None };
        let serving = tokio::spawn(a2a_relay::serve(listeners, relay.clone()));
        let reach = Reach::new(authority, clock);
        Self { reach, store, watch, relay, operator: operator_url, serving: Some(serving), _folder: folder }
    }

    pub(crate) fn clone_reach(&self) -> Reach {
        self.reach.clone()
    }

    /// Resolves when every knock that was answered has reached the store.
    pub(crate) async fn knocks_done(&self) {
        while self.relay.knocks_under_way() > 0 {
            tokio::task::yield_now().await;
        }
    }

    /// Whether it has not ended.
    pub(crate) fn is_serving(&self) -> bool {
        self.serving.as_ref().is_some_and(|serving| !serving.is_finished())
    }

    /// Ends the relay and waits until it has ended.
    pub(crate) async fn stop(&mut self) {
        self.relay.shut_down();
        self.serving.take().unwrap().await.unwrap();
    }
}

impl Deref for TestRelay {
    type Target = Reach;

    fn deref(&self) -> &Reach {
        &self.reach
    }
}

impl DerefMut for TestRelay {
    fn deref_mut(&mut self) -> &mut Reach {
        &mut self.reach
    }
}

impl Reach {
    pub(crate) fn new(authority: RelayAuthority, clock: Clock) -> Self {
        let client = Client::builder().no_proxy().build().unwrap();
        Self { url: authority.base_url(), authority, clock, client }
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.client.get(self.at(path)).send().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &impl serde::Serialize) -> Response {
        let request = self.client.post(self.at(path));
        request.json(body).send().await.unwrap()
    }

    pub(crate) async fn challenge(&self) -> String {
        let answer = self.post("/api/session/challenge", &serde_json::json!({})).await;
        read::<Challenge>(answer).await.challenge
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn later(&self, by: Duration) {
        self.clock.set(self.now().plus(by));
    }

    /// A registered owner with an open session, at an open relay.
    pub(crate) async fn owner(&self) -> Owner {
        let mut owner = Owner::new();
        let answer = self.register(&owner, None, None).await;
        assert_eq!(answer.status(), StatusCode::OK, "{:?}", answer.text().await);
        owner.sign_in(self).await;
        owner
    }

    pub(crate) async fn register(&self, owner: &Owner, handle: Option<&str>, token: Option<&str>) -> Response {
        let challenge = self.challenge().await;
        let proof = RegistrationProof::sign(&owner.device, &owner.certificate, &self.authority, &challenge);
        let registration = Registration {
            certificate: owner.certificate.as_bytes().as_slice().into(),
            challenge,
            signature: proof.as_bytes().as_slice().into(),
            handle: handle.map(|handle| handle.parse().unwrap()),
            registration_token: token.map(str::to_owned),
        };
        self.post("/api/accounts", &registration).await
    }

    /// A deposit as a lane's holder makes it.
    pub(crate) fn deposit(&self, lane: &HeldLane, id: EnvelopeId, envelope: &[u8]) -> RequestBuilder {
        let proof = self.proof(lane, id, self.now(), "POST", "/api/deposit", envelope);
        self.deposit_raw(&proof, envelope)
    }

    pub(crate) fn proof(
        &self,
        lane: &HeldLane,
        id: EnvelopeId,
        at: Timestamp,
        method: &str,
        path: &str,
        body: &[u8],
    ) -> String {
        let request = LaneRequest { method, authority: &self.authority, path, body };
        DepositProof::sign(&lane.key, lane.id, id, at, &request).to_header()
    }

    pub(crate) fn deposit_raw(&self, proof: &str, envelope: &[u8]) -> RequestBuilder {
        let request = self.client.post(self.at("/api/deposit"));
        request.header(LANE_HEADER, proof).body(envelope.to_vec())
    }

    pub(crate) async fn deposited(&self, lane: &HeldLane, envelope: &[u8]) -> StatusCode {
        let answer = self.deposit(lane, envelope_id(), envelope).send().await;
        answer.unwrap().status()
    }
}

impl Drop for TestRelay {
    fn drop(&mut self) {
        self.relay.shut_down();
    }
}

pub(crate) async fn read<T: DeserializeOwned>(answer: Response) -> T {
    let status = answer.status();
    let body = answer.text().await.unwrap();
    assert_eq!(status, StatusCode::OK, "{body}");
    serde_json::from_str(&body).unwrap()
}

/// Status, headers (but the time) and body, to compare answers with one another.
pub(crate) async fn bytes_of(answer: Response) -> String {
    let status = answer.status();
    let headers: Vec<_> = answer
        .headers()
        .iter()
        .filter(|(name, _)| *name != "date")
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    format!("{status} {headers:?} {}", answer.text().await.unwrap())
}

/// Status and code of a problem.
pub(crate) async fn problem(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    assert_eq!(answer.headers()["content-type"], Problem::MEDIA_TYPE);
    let problem: Problem = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!(problem.status, status);
    (status, problem.code)
}

pub(crate) fn envelope_id() -> EnvelopeId {
    EnvelopeId::random(&mut random())
}

/// An envelope of the smallest size, filled with `byte`.
pub(crate) fn envelope(byte: u8) -> Vec<u8> {
    let mut envelope = vec![byte; 4096];
    envelope[..2].copy_from_slice(&[1, 2]);
    envelope
}
