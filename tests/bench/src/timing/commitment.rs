//! A message whose commitment is wrong, sealed by who stole the sender's state: nobody else gets this far.

use a2a_proto::ratchet::Session;
use anyhow::{Context, anyhow};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

use super::{Question, timed, wrong};
use crate::people::{NOW, Pair, message, rng};

/// Outer bytes, then the sealed header.
const BODY_AT: usize = 2 + 2440;
const COMMITMENT_BYTES: usize = 32;
/// Where the sender's header key and next header stand in a session's record, while the peer steps next: behind version, SID,
/// rank, our id and device, the peer's certificate, three keys, and our own ratchet keys.
const HEADER_KEY_AT: usize = 1 + 32 + 16 + 64 + 181 + 96 + (1 + 32 + 1 + 64) + 1;
const HEADER_AT: usize = HEADER_KEY_AT + 64;
const HEADER_BYTES: usize = 2400;

/// Opening it, up to the refusal.
pub(super) fn commitment(rounds: usize) -> anyhow::Result<Question<'static>> {
    let pair = Pair::new()?;
    let record = pair.at_alice.to_record();
    let envelope = pair.at_alice.seal(&mut rng(), &pair.alice.device, &message(1024)?)?.0;
    pair.at_bob.open(&envelope, NOW).context("the scene is not sound")?;
    let envelopes = [forged(&record, &pair.at_alice, &envelope, 0)?, forged(&record, &pair.at_alice, &envelope, 1)?];
    // In one place for both: where bytes lie costs more than what is asked about.
    let mut place = envelope;
    let once = move |class: usize| {
        place.copy_from_slice(&envelopes[class]);
        let (opened, took) = timed(|| pair.at_bob.open(&place, NOW));
        anyhow::ensure!(opened.is_err(), "a wrong commitment passed");
        Ok(took)
    };
    Ok(Question { name: "message, commitment", classes: ["first byte", "last byte"], rounds, once: Box::new(once) })
}

/// The envelope with a wrong commitment, under a header sealed anew.
fn forged(record: &[u8], session: &Session, envelope: &[u8], class: usize) -> anyhow::Result<Vec<u8>> {
    let (commitment, rest) = envelope[BODY_AT..].split_at(COMMITMENT_BYTES);
    let body = [wrong(commitment, class), rest.to_vec()].concat();
    let label = b"a2a/1/dr/hdr";
    let ad =
        [&[0, 0, 0, 12], label.as_slice(), &envelope[..2], session.id().as_bytes(), &Sha256::digest(&body)].concat();
    let key: [u8; 32] = record[HEADER_KEY_AT..][..32].try_into()?;
    let payload = Payload { msg: &record[HEADER_AT..][..HEADER_BYTES], aad: &ad };
    let nonce = [7; 24];
    let header = XChaCha20Poly1305::new(&Key::from(key)).encrypt(&XNonce::from(nonce), payload);
    let header = header.map_err(|_| anyhow!("sealing failed"))?;
    Ok([&envelope[..2], &nonce, &header, &body].concat())
}
