//! Proof of work: what a knock costs a stranger.
//!
//! Work = leading zero bits of SHA-256(LP(label) ‖ LP(challenge) ‖ LP(authority) ‖ recipient 32 ‖ SHA-256(envelope) 32 ‖
//! nonce u64). It binds relay, recipient and envelope, so it pays for one knock only.

use std::fmt;
use std::ops::ControlFlow;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::address::RelayAuthority;
use crate::codec::Writer;
use crate::id::AgentId;
use crate::labels::KNOCK_WORK;
use crate::lane::parse_decimal;
use crate::limits::MAX_CHALLENGE_BYTES;

/// The HTTP header that carries a knock's proof.
pub const KNOCK_HEADER: &str = "a2a-knock";

/// How many tries lie between two reports of progress.
const REPORT_EVERY: u64 = 1 << 14;

/// What the work is done over.
#[derive(Clone, Copy)]
pub struct KnockWork<'a> {
    /// The relay's challenge, as it came.
    pub challenge: &'a str,
    /// The relay's configured authority.
    pub authority: &'a RelayAuthority,
    /// Whose door it is.
    pub recipient: &'a AgentId,
    /// The envelope.
    pub envelope: &'a [u8],
}

impl KnockWork<'_> {
    /// How many leading zero bits a nonce achieves.
    pub fn bits(&self, nonce: u64) -> u32 {
        bits(&self.start(), nonce)
    }

    /// Tries nonces from 0 until one achieves `difficulty`. Every few thousand tries it reports how many there were, and stops
    /// with `None` if told to; so the caller sets the deadline.
    pub fn solve(&self, difficulty: u32, mut progress: impl FnMut(u64) -> ControlFlow<()>) -> Option<u64> {
        let start = self.start();
        for nonce in 0..=u64::MAX {
            if nonce % REPORT_EVERY == 0 && progress(nonce).is_break() {
                return None;
            }
            if bits(&start, nonce) >= difficulty {
                return Some(nonce);
            }
        }
        None
    }

    fn start(&self) -> Sha256 {
        let mut input = Writer::label(KNOCK_WORK);
        input.lp(self.challenge.as_bytes()).lp(self.authority.as_str().as_bytes());
        input.fixed(self.recipient.as_bytes()).fixed(&Sha256::digest(self.envelope));
        Sha256::new_with_prefix(input.as_slice())
    }
}

fn bits(start: &Sha256, nonce: u64) -> u32 {
    let hash: [u8; 32] = start.clone().chain_update(nonce.to_be_bytes()).finalize().into();
    let zeros = hash.iter().take_while(|byte| **byte == 0).count();
    let next = hash.get(zeros).map_or(0, |byte| byte.leading_zeros());
    u32::try_from(zeros).unwrap_or(0) * 8 + next
}

/// The value of [`KNOCK_HEADER`]: recipient . challenge . nonce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnockProof {
    /// Whose door it is.
    pub recipient: AgentId,
    /// The relay's challenge, as it came.
    pub challenge: String,
    /// The nonce that achieves the difficulty.
    pub nonce: u64,
}

/// The header is not a knock's proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the header is no proof of work")]
pub struct ParseKnockError;

impl fmt::Display for KnockProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.recipient, self.challenge, self.nonce)
    }
}

impl FromStr for KnockProof {
    type Err = ParseKnockError;

    fn from_str(header: &str) -> Result<Self, Self::Err> {
        let (recipient, rest) = header.split_once('.').ok_or(ParseKnockError)?;
        let (challenge, nonce) = rest.split_once('.').ok_or(ParseKnockError)?;
        if !is_challenge(challenge) {
            return Err(ParseKnockError);
        }
        Ok(Self {
            recipient: recipient.parse().map_err(|_| ParseKnockError)?,
            challenge: challenge.to_owned(),
            nonce: parse_decimal(nonce).ok_or(ParseKnockError)?,
        })
    }
}

/// Whether the text is a challenge: base64url characters, so that it can stand in a header.
fn is_challenge(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=MAX_CHALLENGE_BYTES).contains(&text.len()) && text.bytes().all(is_allowed)
}
