//! A power cut at any moment: what was answered with 202 is on the disk, and nothing damaged is served.
//!
//! `kill -9` keeps what the system holds in memory, so it says nothing about a power cut. Here a recorder, preloaded
//! into a real relay under load, writes down every write, every sync and every 202. Then the disk is rebuilt as it
//! may look after a cut at many places, with the writes that no sync had reached lost or torn, and the store is opened
//! from it.

mod disk;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use a2a_proto::id::AgentId;
use a2a_relay::store::{self, Quotas, Serving, StoreUrl};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use self::disk::{Event, Unsynced, copy_folder, rebuild};
use crate::process::Process;
use crate::support::*;

const SENDERS: u8 = 6;
const EACH: u32 = 40;
/// Cuts of each kind.
const CUTS: u64 = 8;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_what_was_answered() {
    let run = Recording::of("sqlite", &[]).await;
    for number in 1..=CUTS {
        for unsynced in [Unsynced::Lost, Unsynced::Torn(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))] {
            let cut = run.cut(number);
            let found = run.after(cut, unsynced).await.expect("the store opens");
            assert_eq!(found.missing, 0, "of {} answered before event {cut}, {unsynced:?}", found.answered);
            assert_eq!(found.damaged, 0, "event {cut}, {unsynced:?}");
        }
    }
}

/// Why a relay serves from sled only with `--accept-data-loss`: its flush does not wait for the disk.
#[tokio::test(flavor = "multi_thread")]
async fn sled_loses_what_was_answered() {
    let run = Recording::of("sled", &["--accept-data-loss"]).await;
    let (mut answered, mut missing) = (0, 0);
    for number in 1..=3 {
        match run.after(run.cut(number), Unsynced::Lost).await {
            Some(found) => (answered, missing) = (answered + found.answered, missing + found.missing),
            None => missing += 1,
        }
    }
    eprintln!("sled: {missing} of {answered} answered deposits were gone after a power cut, as expected");
    assert!(missing > 0, "sled kept everything: its docs and --accept-data-loss can be reconsidered");
}

/// A relay's work, written down.
struct Recording {
    kind: &'static str,
    events: Vec<Event>,
    /// Where each of the sent envelopes was answered, in the order of the events.
    answered: Vec<(usize, Vec<u8>)>,
    sent: HashSet<Vec<u8>>,
    owner: AgentId,
    folder: PathBuf,
    before: PathBuf,
    _place: tempfile::TempDir,
}

/// What a relay finds after a power cut.
struct Found {
    answered: usize,
    missing: usize,
    damaged: usize,
}

impl Recording {
    async fn of(kind: &'static str, arguments: &[&str]) -> Self {
        let place = tempfile::tempdir().unwrap();
        let place_path = place.path().canonicalize().unwrap();
        let (folder, before) = (place_path.join("relay"), place_path.join("before"));
        std::fs::create_dir(&folder).unwrap();
        let store = url(kind, &folder);
        let arguments = [&["--registration", "open", "--store", &store], arguments].concat();
        // A store that exists and rests: what stands in it is on the disk.
        let mut relay = Process::start(&folder, &arguments);
        let mut owner = relay.owner().await;
        relay.terminate();
        copy_folder(&folder, &before);

        let (recorder, record) = (compile_recorder(&place_path), place_path.join("record"));
        let environment = [
            ("LD_PRELOAD", recorder.to_str().unwrap()),
            ("RECORDED_FOLDER", folder.to_str().unwrap()),
            ("RECORD", record.to_str().unwrap()),
        ];
        let mut relay = Process::start_in(&folder, &arguments, &environment);
        owner.sign_in(&relay).await;
        let mut senders = Vec::new();
        for sender in 0..SENDERS {
            let lane = owner.pair_lane(&relay).await;
            senders.push(tokio::spawn(send(relay.reach.clone(), lane, sender)));
        }
        let mut sent_by = Vec::new();
        for sender in senders {
            sent_by.push(sender.await.unwrap());
        }
        relay.kill();
        let events = disk::read(&std::fs::read(&record).unwrap());
        let answered = answered(&events, &sent_by);
        let sent = sent_by.into_iter().flat_map(|(_, envelopes)| envelopes).collect();
        Self { kind, events, answered, sent, owner: owner.id(), folder, before, _place: place }
    }

    /// A place in the recording, spread over the part with answers.
    fn cut(&self, number: u64) -> usize {
        let first = self.answered[0].0;
        let spread = self.events.len() - first;
        // Steps that share no divisor with the number of cuts, so that they fall between and inside commits.
        first + (spread * number as usize / CUTS as usize).saturating_sub(7 * number as usize % 13)
    }

    /// Opens the store as the cut left it; nothing if it cannot be opened.
    async fn after(&self, cut: usize, unsynced: Unsynced) -> Option<Found> {
        let image = tempfile::tempdir().unwrap();
        rebuild(&self.events, cut, unsynced, &self.folder, &self.before, image.path());
        let url: StoreUrl = url(self.kind, image.path()).parse().unwrap();
        let opened = store::open(&url, Quotas::default(), Serving::Alone { accept_data_loss: true }).await.ok()?;
        let (mut there, mut after) = (HashSet::new(), 0);
        loop {
            let collected = opened.store.collect(self.owner, after, 500).await.ok()?;
            let Some(last) = collected.envelopes.last() else { break };
            after = last.seq;
            there.extend(collected.envelopes.iter().map(|stored| stored.envelope.to_vec()));
        }
        let promised: Vec<_> = self.answered.iter().filter(|(at, _)| *at < cut).collect();
        Some(Found {
            answered: promised.len(),
            missing: promised.iter().filter(|(_, envelope)| !there.contains(envelope)).count(),
            damaged: there.iter().filter(|envelope| !self.sent.contains(*envelope)).count(),
        })
    }
}

fn url(kind: &str, folder: &Path) -> String {
    format!("{kind}:{}", folder.join("relay.db").display())
}

fn compile_recorder(folder: &Path) -> PathBuf {
    let library = folder.join("recorder.so");
    let source: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "relay", "power_loss", "recorder.c"].iter().collect();
    let compiled = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).output();
    let compiled = compiled.expect("a C compiler, which the build needs too");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    library
}

/// Sends one after the other on one connection, so that the answers on its port come in the order of the envelopes.
async fn send(relay: Reach, lane: HeldLane, sender: u8) -> (u16, Vec<Vec<u8>>) {
    let mut stream = TcpStream::connect(relay.url.trim_start_matches("http://")).await.unwrap();
    let port = stream.local_addr().unwrap().port();
    let mut sent = Vec::new();
    for number in 0..EACH {
        let mut envelope = envelope(sender);
        envelope[8..12].copy_from_slice(&number.to_be_bytes());
        let proof = relay.proof(&lane, envelope_id(), relay.now(), "POST", "/api/deposit", &envelope);
        let head = format!(
            "POST /api/deposit HTTP/1.1\r\nhost: relay\r\n{}: {proof}\r\ncontent-length: {}\r\n\r\n",
            a2a_proto::lane::LANE_HEADER,
            envelope.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&envelope).await.unwrap();
        let mut answer = [0; 4096];
        let length = stream.read(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..length]);
        assert!(answer.starts_with("HTTP/1.1 202") && answer.ends_with("\r\n\r\n"), "{answer}");
        sent.push(envelope);
    }
    (port, sent)
}

/// Which event answered which envelope.
fn answered(events: &[Event], sent_by: &[(u16, Vec<Vec<u8>>)]) -> Vec<(usize, Vec<u8>)> {
    let mut answered = Vec::new();
    for (port, envelopes) in sent_by {
        let is_ours = |event: &Event| matches!(event, Event::Answered { port: to } if to == port);
        let places: Vec<_> = events.iter().enumerate().filter(|(_, event)| is_ours(event)).map(|(at, _)| at).collect();
        assert_eq!(places.len(), envelopes.len(), "every 202 was recorded");
        answered.extend(places.into_iter().zip(envelopes.iter().cloned()));
    }
    answered.sort_by_key(|(at, _)| *at);
    answered
}
