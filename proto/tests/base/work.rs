//! Proof of work: bound to challenge, relay, recipient and envelope.

use std::ops::ControlFlow;

use a2a_proto::address::RelayAuthority;
use a2a_proto::pow::{KnockProof, KnockWork};

use crate::fixtures::World;

const DIFFICULTY: u32 = 12;

fn go_on(_tries: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn solved_work_counts_for_one_knock_only() {
    let (world, other) = (World::new(1), World::new(2));
    let elsewhere: RelayAuthority = "relay.example.com".parse().unwrap();
    let work =
        KnockWork { challenge: "c", authority: &world.relay, recipient: world.certificate.id(), envelope: b"knock" };
    let nonce = work.solve(DIFFICULTY, go_on).unwrap();
    assert!(work.bits(nonce) >= DIFFICULTY);
    // A stranger's hash reaches twelve bits once in 4,096 times; these fixed inputs do not.
    assert!(KnockWork { challenge: "d", ..work }.bits(nonce) < DIFFICULTY, "challenge");
    assert!(KnockWork { authority: &elsewhere, ..work }.bits(nonce) < DIFFICULTY, "authority");
    assert!(KnockWork { recipient: other.certificate.id(), ..work }.bits(nonce) < DIFFICULTY, "recipient");
    assert!(KnockWork { envelope: b"knocl", ..work }.bits(nonce) < DIFFICULTY, "envelope");
    assert!(work.bits(nonce + 1) < DIFFICULTY, "nonce");
}

#[test]
fn the_caller_can_stop_the_work() {
    let world = World::new(1);
    let work = KnockWork { challenge: "c", authority: &world.relay, recipient: world.certificate.id(), envelope: b"" };
    let mut reports = Vec::new();
    let stopped = work.solve(256, |tries| {
        reports.push(tries);
        if reports.len() == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(stopped, None);
    assert_eq!(reports, [0, 16384, 32768]);
    assert_eq!(work.solve(0, go_on), Some(0));
}

#[test]
fn the_header_reads_back_in_one_spelling() {
    let proof = KnockProof { recipient: *World::new(1).certificate.id(), challenge: "Ab-_9".to_owned(), nonce: 42 };
    let header = proof.to_string();
    assert_eq!(header.parse(), Ok(proof));
    for other in [
        header.replacen(".42", ".042", 1),
        header.replacen(".42", ".", 1),
        header.replacen(".Ab-_9", ".", 1),
        header.replacen(".Ab-_9", "", 1),
        header.replacen("a2a_", "", 1),
        format!("{header}.1"),
        header.replacen("Ab-_9", &"x".repeat(257), 1),
        header.replacen("Ab-_9", "Ab\r\nx", 1),
        header.replacen("Ab-_9", "Ab=", 1),
    ] {
        assert!(other.parse::<KnockProof>().is_err(), "{other}");
    }
}
