//! Whether secrets are gone: plants known ones in every secret type, drops them, and looks through this process's whole memory.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::fs::File;
use std::hint::black_box;
use std::io::{Read, Seek, SeekFrom};

use a2a_proto::card::KnockPolicy;
use a2a_proto::certificate::Certificate;
use a2a_proto::content::{Body, Content};
use a2a_proto::counter::Counter;
use a2a_proto::handshake::{Initiation, Purpose, initiate};
use a2a_proto::id::{LaneId, MessageId};
use a2a_proto::invite::InviteSecret;
use a2a_proto::keys::{AgreementSecret, BackupKey, DeviceKeys, Entropy, KemSecret};
use a2a_proto::lane::{LaneKey, LaneOffer};
use a2a_proto::prekey::{BundleTerms, OneTimeSecret, PrekeySecret, VerifiedBundle};
use a2a_proto::ratchet::Session;
use a2a_proto::time::Timestamp;
use rand_core::{TryCryptoRng, TryRng};
use zeroize::Zeroizing;

/// How many of each are planted: the allocator writes over some of the places that become free.
const COPIES: usize = 64;
/// How many bytes in the middle of a secret are looked for.
const SEEN: usize = 12;
/// How much is looked through at a time.
const STRIDE: usize = 64;
/// What the needles are masked with, so that they are not found themselves.
const MASK: u8 = 0xa7;

/// A secret to look for, masked.
struct Needle([u8; SEEN]);

impl Needle {
    /// Bytes 16 to 28 of a secret: an allocator's own marks stand at the beginning of what is free.
    fn of(secret: &[u8]) -> Self {
        Self(std::array::from_fn(|at| secret[16 + at] ^ MASK))
    }

    fn is_at(&self, window: &[u8]) -> bool {
        window.iter().zip(&self.0).all(|(byte, masked)| byte ^ MASK == *masked)
    }

    /// Where it stands. Most of a memory does not hold even its first byte, which `contains` finds out fast.
    fn places<'a>(&'a self, memory: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
        let first = self.0[0] ^ MASK;
        let starts = (0..memory.len()).step_by(STRIDE);
        let likely = starts.filter(move |at| memory[*at..memory.len().min(at + STRIDE)].contains(&first));
        let each = likely.flat_map(|at| at..at + STRIDE);
        each.filter(|at| memory.get(*at..at + SEEN).is_some_and(|window| self.is_at(window)))
    }
}

/// Random bytes that are different for each draw, and the same in each run.
struct PlantedRng(u64);

impl TryRng for PlantedRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::try_from(self.try_next_u64()? >> 32).unwrap())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(word ^ (word >> 31))
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        for chunk in destination.chunks_mut(8) {
            let word = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for PlantedRng {}

/// How often the needle stands in this process's writable memory.
fn occurrences(needle: &Needle) -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut memory = File::open("/proc/self/mem").unwrap();
    let mut window = vec![0; 1 << 16];
    let own = window.as_ptr().addr()..window.as_ptr().addr() + window.len();
    let mut found = 0;
    for (mut start, end) in maps.lines().filter(|line| line.contains(" rw")).map(range) {
        while start < end {
            let length = (end - start).min(window.len());
            memory.seek(SeekFrom::Start(start as u64)).unwrap();
            // Some mappings can not be read; none of them is ours.
            let Ok(()) = memory.read_exact(&mut window[..length]) else { break };
            found += needle.places(&window[..length]).filter(|at| !own.contains(&(start + at))).count();
            // Windows overlap, so that nothing hides on an edge.
            start += if length > SEEN { length - SEEN + 1 } else { length };
        }
    }
    found
}

fn range(line: &str) -> (usize, usize) {
    let (start, rest) = line.split_once('-').unwrap();
    let end = rest.split(' ').next().unwrap();
    (usize::from_str_radix(start, 16).unwrap(), usize::from_str_radix(end, 16).unwrap())
}

/// Writes over what calls before this one have left on the stack: a value that was moved leaves its old place as it was.
#[inline(never)]
fn scrub_stack() {
    black_box(&mut [0_u8; 512 * 1024]);
}

/// Plants copies of a type, and returns them with the needle for the last.
#[inline(never)]
fn planted<T>(make: impl Fn(&mut PlantedRng) -> T, secret: impl Fn(&T) -> Zeroizing<Vec<u8>>) -> (Vec<Box<T>>, Needle) {
    let values: Vec<Box<T>> = (0..COPIES).map(|_| Box::new(make(&mut PlantedRng(7)))).collect();
    let needle = Needle::of(&secret(&values[0]));
    (values, needle)
}

/// Holds that the secret can be found while its values live, and not once they are dropped.
fn vanishes<T>(name: &str, make: impl Fn(&mut PlantedRng) -> T, secret: impl Fn(&T) -> Zeroizing<Vec<u8>>) {
    let (values, needle) = planted(make, secret);
    scrub_stack();
    let alive = occurrences(&needle);
    assert!(alive >= COPIES, "{name}: only {alive} of {COPIES} secrets were found while they lived");
    drop(black_box(values));
    scrub_stack();
    let left = occurrences(&needle);
    assert_eq!(left, 0, "{name}: {left} of {COPIES} secrets are still in memory after they were dropped");
}

fn bytes(secret: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(secret.to_vec())
}

/// A type that wipes nothing, to see that the search would find it.
struct Careless(Vec<u8>);

#[test]
fn what_was_dropped_is_gone_from_memory() {
    let now = Timestamp::from_secs(1_800_000_000);
    vanishes("Entropy", Entropy::generate, |value| bytes(&*value.to_bytes()));
    vanishes("BackupKey", |rng| Entropy::generate(rng).backup_key(), |value: &BackupKey| bytes(value.as_bytes()));
    vanishes("DeviceKeys", DeviceKeys::generate, |value| bytes(&value.to_bytes()[..32]));
    vanishes("DeviceKeys, agreement", DeviceKeys::generate, |value| bytes(&value.to_bytes()[32..]));
    vanishes("AgreementSecret", AgreementSecret::generate, |value| bytes(&*value.to_bytes()));
    vanishes("KemSecret", KemSecret::generate, |value| bytes(&*value.to_bytes()));
    vanishes("PrekeySecret", |rng| PrekeySecret::generate(rng, 1, now), |value| bytes(&*value.kem().to_bytes()));
    vanishes("OneTimeSecret", OneTimeSecret::generate, |value| bytes(&*value.agreement().to_bytes()));
    vanishes("InviteSecret", InviteSecret::generate, |value| bytes(&*value.to_bytes()));
    vanishes("LaneKey", lane_key, |value| bytes(value.as_bytes()));
    vanishes("Session", session, |value| bytes(&value.to_record()[ROOT_KEY..]));
}

/// Where the root key stands in a session's record: after version, SID, rank, our id and device, and the peer's certificate.
const ROOT_KEY: usize = 1 + 32 + 16 + 64 + 181;

/// A session out of a whole handshake, whose own secrets must be gone too.
fn session(rng: &mut PlantedRng) -> Session {
    let now = Timestamp::from_secs(1_800_000_000);
    let day = std::time::Duration::from_secs(24 * 60 * 60);
    let relay = "relay.example.org".parse().unwrap();
    let certified = |rng: &mut PlantedRng| {
        let (root, device) = (Entropy::generate(rng).root_key(), DeviceKeys::generate(rng));
        let certificate = Certificate::issue(&root, &device, 1, now.minus(day), now.plus(day)).unwrap();
        (device, certificate)
    };
    let ((alice, certificate), (bob, bobs)) = (certified(rng), certified(rng));
    let prekey = PrekeySecret::generate(rng, 1, now);
    let terms =
        BundleTerms { certificate: &bobs, prekey: &prekey, knocks: KnockPolicy::Pow, relay: &relay, created: now };
    let bundle = VerifiedBundle::parse(&terms.sign(&bob), bobs.id(), now).unwrap();
    let reply_lane = LaneOffer { relay: relay.clone(), lane: LaneId::random(rng), key: lane_key(rng) };
    let initiation = Initiation {
        device: &alice,
        certificate: &certificate,
        bundle: &bundle,
        invite: None,
        purpose: Purpose::Knock,
        reply_lane: &reply_lane,
    };
    let content = Content {
        message_id: MessageId::new(now, rng),
        position: Counter::new(1, 1),
        previous: [0; 32],
        sent_at: now,
        body: Body::Ack {},
    };
    initiate(rng, &initiation).unwrap().seal(rng, &alice, &content).unwrap().1
}

fn lane_key(rng: &mut PlantedRng) -> LaneKey {
    let mut key = Zeroizing::new([0; 32]);
    rng.try_fill_bytes(key.as_mut()).unwrap();
    LaneKey::from_bytes(*key)
}

#[test]
fn a_type_that_wipes_nothing_is_found() {
    let make = |rng: &mut PlantedRng| {
        let mut secret = vec![0; 64];
        // Other bytes than the other test looks for.
        rng.0 = 8;
        rng.try_fill_bytes(&mut secret).unwrap();
        Careless(secret)
    };
    let (values, needle) = planted(make, |value| bytes(&value.0));
    drop(black_box(values));
    scrub_stack();
    assert_ne!(occurrences(&needle), 0);
}
