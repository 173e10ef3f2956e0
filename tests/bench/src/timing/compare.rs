//! The control: a comparison that stops at the first difference must be told apart, the one that the protocol uses must not.

use std::hint::black_box;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Question, wrong};

const CLASSES: [&str; 2] = ["first byte", "last byte"];

/// 4 KiB, byte by byte, up to the first difference.
pub(super) fn careless(rounds: usize) -> Question<'static> {
    let right = vec![7_u8; 4096];
    let candidates = [wrong(&right, 0), wrong(&right, 1)];
    let once = move |class: usize| {
        let same = black_box(&right).iter().zip(black_box(&candidates[class])).all(|(one, other)| one == other);
        anyhow::ensure!(!black_box(same), "a wrong value passed");
        Ok(())
    };
    Question { name: "control: stops early (must differ)", classes: CLASSES, rounds, once: Box::new(once) }
}

/// A MAC, by the library's own comparison.
#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
pub(super) fn careful(rounds: usize) -> Question<'static> {
    let mac = || <Hmac<Sha256> as KeyInit>::new_from_slice(&[7; 32]).expect("any length is a key");
    let right = mac().finalize().into_bytes();
    let candidates = [wrong(&right, 0), wrong(&right, 1)];
    let once = move |class: usize| {
        anyhow::ensure!(mac().verify_slice(black_box(&candidates[class])).is_err(), "a wrong value passed");
        Ok(())
    };
    Question { name: "MAC, bare", classes: CLASSES, rounds, once: Box::new(once) }
}
