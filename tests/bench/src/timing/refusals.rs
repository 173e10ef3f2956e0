//! A relay as a process of its own: do its refusals take the same time for what is known to it and what is not?

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use a2a_proto::access::{RegistrationProof, SessionProof};
use a2a_proto::address::RelayAuthority;
use a2a_proto::api::{Challenge, OpenLane, OpenedLane, Registration, SessionRequest, SessionToken};
use a2a_proto::id::{AgentId, EnvelopeId, LaneId};
use a2a_proto::lane::{DepositProof, LANE_HEADER, LaneKey, LaneRequest};
use a2a_proto::time::Timestamp;
use anyhow::Context;

use super::{Question, timed};
use crate::people::{Person, rng};

/// How many others there are.
const CROWD: usize = 50;

/// A relay, and one connection to it. Ends when dropped.
pub(super) struct Relay {
    child: Child,
    authority: RelayAuthority,
    stream: BufReader<TcpStream>,
    _folder: tempfile::TempDir,
}

impl Relay {
    /// Starts the binary with a store of its own on a free port of this machine.
    pub(super) fn start(binary: &Path) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut command = Command::new(binary);
        command.env("A2A_RELAY_HOME", folder.path()).args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--registration",
            "open",
        ]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut said = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut said)?;
        let authority = said.trim().rsplit("http://").next().context("it did not say where it listens")?;
        let stream = TcpStream::connect(authority)?;
        stream.set_nodelay(true)?;
        Ok(Self { authority: authority.parse()?, child, stream: BufReader::new(stream), _folder: folder })
    }

    /// Unknown lane beside a known one with a wrong proof.
    pub(super) fn question(&mut self, rounds: usize) -> anyhow::Result<Question<'_>> {
        let lane = self.open_lane()?;
        let lanes = [std::iter::repeat_with(|| LaneId::random(&mut rng())).find(|no| *no < lane).unwrap_or(lane), lane];
        let body = [&[1, 2], [7; 4094].as_slice()].concat();
        let once = move |class: usize| {
            let request = LaneRequest { method: "POST", authority: &self.authority, path: "/api/deposit", body: &body };
            let id = EnvelopeId::random(&mut rng());
            let proof = DepositProof::sign(&LaneKey::from_bytes([7; 32]), lanes[class], id, now()?, &request);
            let header = format!("{LANE_HEADER}: {}\r\n", proof.to_header());
            let (answer, took) = timed(|| self.post("/api/deposit", &header, &body));
            let (status, _) = answer?;
            anyhow::ensure!(status == 403, "the relay answered {status}");
            Ok(took)
        };
        Ok(Question { name: "relay, 403", classes: ["unknown lane", "wrong proof"], rounds, once: Box::new(once) })
    }

    /// Somebody who is not here beside somebody who is, with an account but nothing published.
    pub(super) fn unpublished(&mut self, rounds: usize) -> anyhow::Result<Question<'_>> {
        let here = self.register()?.0;
        self.looking(rounds, ["unknown agent", "unpublished"], here)
    }

    /// Somebody who never was here beside somebody who was, with a card and an account that is closed.
    pub(super) fn closed(&mut self, rounds: usize) -> anyhow::Result<Question<'_>> {
        let (was_here, token) = self.register()?;
        let (status, _) = self.send("DELETE", "/api/account", &format!("authorization: Bearer {token}\r\n"), &[])?;
        anyhow::ensure!(status == 204, "closing answered {status}");
        self.looking(rounds, ["unknown agent", "closed account"], was_here)
    }

    /// Among others: a relay of a few has ids without a neighbour.
    fn looking(&mut self, rounds: usize, classes: [&'static str; 2], other: AgentId) -> anyhow::Result<Question<'_>> {
        for _ in 0..CROWD {
            self.register()?;
        }
        let nobody = *Person::at(now()?)?.certificate.id();
        let paths = [nobody, other].map(|agent| format!("/api/agents/{agent}/card"));
        let once = move |class: usize| {
            let (answer, took) = timed(|| self.send("GET", &paths[class], "", &[]));
            let (status, _) = answer?;
            anyhow::ensure!(status == 404, "the relay answered {status}");
            Ok(took)
        };
        Ok(Question { name: "relay, 404", classes, rounds, once: Box::new(once) })
    }

    /// Opens a lane into a new mailbox.
    fn open_lane(&mut self) -> anyhow::Result<LaneId> {
        let (_, token) = self.register()?;
        let header = format!("authorization: Bearer {token}\r\n");
        Ok(self.call::<OpenedLane>("/api/lanes", &header, &OpenLane::Pair)?.lane_id)
    }

    /// Registers somebody and signs in: the id, and a session's token.
    fn register(&mut self) -> anyhow::Result<(AgentId, String)> {
        let owner = Person::at(now()?)?;
        let certificate = || owner.certificate.as_bytes().as_slice().into();
        let challenge = self.challenge()?;
        let proof = RegistrationProof::sign(&owner.device, &owner.certificate, &self.authority, &challenge);
        let registration = Registration {
            certificate: certificate(),
            challenge,
            signature: proof.as_bytes().as_slice().into(),
            handle: None,
            registration_token: None,
        };
        self.call::<serde_json::Value>("/api/accounts", "", &registration)?;
        let challenge = self.challenge()?;
        let proof = SessionProof::sign(&owner.device, &owner.certificate, &self.authority, &challenge);
        let request =
            SessionRequest { certificate: certificate(), challenge, signature: proof.as_bytes().as_slice().into() };
        let token: SessionToken = self.call("/api/session", "", &request)?;
        Ok((*owner.certificate.id(), token.token))
    }

    fn challenge(&mut self) -> anyhow::Result<String> {
        let challenge: Challenge = self.call("/api/session/challenge", "", &serde_json::json!({}))?;
        Ok(challenge.challenge)
    }

    fn call<T: serde::de::DeserializeOwned>(
        &mut self,
        path: &str,
        headers: &str,
        body: &impl serde::Serialize,
    ) -> anyhow::Result<T> {
        let headers = format!("content-type: application/json\r\n{headers}");
        let (status, answer) = self.post(path, &headers, &serde_json::to_vec(body)?)?;
        anyhow::ensure!(status == 200, "{path} answered {status}");
        Ok(serde_json::from_slice(&answer)?)
    }

    fn post(&mut self, path: &str, headers: &str, body: &[u8]) -> anyhow::Result<(u16, Vec<u8>)> {
        self.send("POST", path, headers, body)
    }

    /// One request on the connection: status and body.
    fn send(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> anyhow::Result<(u16, Vec<u8>)> {
        let (host, length) = (&self.authority, body.len());
        let head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {length}\r\n{headers}\r\n");
        self.stream.get_mut().write_all(&[head.as_bytes(), body].concat())?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).context("no status")?.parse()?;
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            match line.trim().split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse()?,
                Some(_) => {}
                None => break,
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        Ok((status, answer))
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The real time: a relay has its own clock.
fn now() -> anyhow::Result<Timestamp> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    Ok(Timestamp::from_millis(u64::try_from(since.as_millis())?))
}
