//! MK: a message key, which seals or opens one body and is used up by it.
//!
//! Body: commitment 32 ‖ nonce 24 ‖ XChaCha20-Poly1305 of the inner plaintext. The cipher alone does not commit to its key: one
//! ciphertext can open to two texts under two keys. The commitment closes that.

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::codec::Writer;
use crate::id::{AgentId, SessionId};
use crate::labels;
use crate::primitives::{Secret, aead, kdf};

const COMMITMENT_BYTES: usize = 32;
/// What a body adds to the inner plaintext.
pub(crate) const BODY_OVERHEAD_BYTES: usize = COMMITMENT_BYTES + aead::OVERHEAD_BYTES;

/// The body is not what its key sealed in this context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BodyError;

/// A message key. Sealing and opening take it by value.
#[derive(Clone)]
pub(crate) struct MessageKey(Secret);

impl MessageKey {
    pub(crate) fn take(bytes: &mut [u8; 32]) -> Self {
        Self(Secret::take(bytes))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Seals the inner plaintext: commitment ‖ nonce ‖ ciphertext.
    pub(crate) fn seal(
        self,
        rng: &mut impl CryptoRng,
        context: &Context,
        inner: &[u8],
    ) -> Result<Vec<u8>, aead::AeadError> {
        let nonce = aead::nonce(rng);
        let mut body = self.commitment(context, &nonce).to_vec();
        body.extend(nonce);
        body.extend(aead::seal_with(&self.encryption_key(context), &nonce, &context.0, inner)?);
        Ok(body)
    }

    /// Opens a body: first the commitment, in constant time, then the cipher.
    pub(crate) fn open(self, context: &Context, body: &[u8]) -> Result<Zeroizing<Vec<u8>>, BodyError> {
        let (commitment, body) = body.split_first_chunk::<COMMITMENT_BYTES>().ok_or(BodyError)?;
        let (nonce, sealed) = body.split_first_chunk().ok_or(BodyError)?;
        if !bool::from(self.commitment(context, nonce).ct_eq(commitment)) {
            return Err(BodyError);
        }
        aead::open_with(&self.encryption_key(context), nonce, &context.0, sealed).map_err(|_| BodyError)
    }

    fn commitment(&self, context: &Context, nonce: &[u8; aead::NONCE_BYTES]) -> Zeroizing<[u8; 32]> {
        let bound = kdf::sha256(&[&context.0, nonce]);
        kdf::expand(self.as_bytes(), &[labels::DR_COMMIT.as_bytes(), &bound])
    }

    fn encryption_key(&self, context: &Context) -> Zeroizing<[u8; 32]> {
        kdf::expand(self.as_bytes(), &[labels::DR_ENCRYPT.as_bytes(), &kdf::sha256(&[&context.0])])
    }
}

/// AD: LP(label) ‖ SID ‖ id of the sender ‖ id of the recipient ‖ SHA-256(header plaintext).
pub(crate) struct Context(Vec<u8>);

impl Context {
    pub(crate) fn new(session: &SessionId, sender: &AgentId, recipient: &AgentId, header: &[u8]) -> Self {
        let mut writer = Writer::label(labels::DR_AD);
        writer.fixed(session.as_bytes()).fixed(sender.as_bytes()).fixed(recipient.as_bytes());
        writer.fixed(&kdf::sha256(&[header]));
        Self(writer.finish())
    }
}
