//! The control: a comparison that stops at the first difference must be told apart, the one that the protocol uses must not.

use std::hint::black_box;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Question, timed, wrong};

const CLASSES: [&str; 2] = ["first byte", "last byte"];

/// 4 KiB, byte by byte, up to the first difference.
pub(super) fn careless(rounds: usize) -> Question<'static> {
    let right = vec![7_u8; 4096];
    let candidates = [wrong(&right, 0), wrong(&right, 1)];
    let once = move |class: usize| {
        let same = || black_box(&right).iter().zip(black_box(&candidates[class])).all(|(one, other)| one == other);
        let (same, took) = timed(|| black_box(same()));
        anyhow::ensure!(!same, "a wrong value passed");
        Ok(took)
    };
    Question { name: "control: stops early (must differ)", classes: CLASSES, rounds, once: Box::new(once) }
}

/// A MAC, by the library's own comparison.
#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
pub(super) fn careful(rounds: usize) -> Question<'static> {
    let mac = || <Hmac<Sha256> as KeyInit>::new_from_slice(&[7; 32]).expect("any length is a key");
    let right = mac().finalize().into_bytes();
    let candidates = [wrong(&right, 0), wrong(&right, 1)];
    let mut place = right.to_vec();
    let once = move |class: usize| {
        place.copy_from_slice(&candidates[class]);
        let (verified, took) = timed(|| mac().verify_slice(black_box(&place)));
        anyhow::ensure!(verified.is_err(), "a wrong value passed");
        Ok(took)
    };
    Question { name: "MAC, bare", classes: CLASSES, rounds, once: Box::new(once) }
}
