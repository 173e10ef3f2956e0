//! Whose turn the ratchet's next step is, and the two halves of a step.
//!
//! New keys are made when sending, not when receiving: they are younger then, and receiving needs no randomness. So the state
//! alternates. While it is *ours*, the peer's newest keys wait for our next message; while it is *theirs*, our newest private
//! keys wait for the peer's next step.

use rand_core::CryptoRng;

use super::chain_key::ChainKey;
use super::error::{OpenError, SealError};
use super::header::{HeaderKey, Step};
use super::root_key::{RootKey, StepSecrets};
use super::sending::SendingChain;
use crate::keys::{AgreementKey, AgreementSecret, KemKey, KemSecret};

/// Whose turn it is.
#[derive(Clone)]
pub(crate) enum Turn {
    /// The peer steps next, against these keys of ours. A responder has no sending chain before its first step.
    Theirs { ours: OurKeys, sending: Option<SendingChain> },
    /// We step next, against these keys of the peer; our last chain had `previous` messages.
    Ours { theirs: TheirKeys, previous: u32 },
}

/// Our private keys of our last step. Without a KEM key we are a responder before the first message.
#[derive(Clone)]
pub(crate) struct OurKeys {
    pub(crate) dh: AgreementSecret,
    pub(crate) kem: Option<KemSecret>,
}

/// The peer's public keys of its last step. Without a KEM key the peer is a responder whom we have not heard yet.
#[derive(Clone)]
pub(crate) struct TheirKeys {
    pub(crate) dh: AgreementKey,
    pub(crate) kem: Option<KemKey>,
}

/// What a half step yields.
pub(crate) struct Stepped {
    pub(crate) root: RootKey,
    pub(crate) chain: ChainKey,
    /// The header key of the chain after this one.
    pub(crate) next_header: HeaderKey,
}

impl OurKeys {
    /// The receiving half: mixes the peer's new keys with ours.
    ///
    /// A step must carry an ML-KEM ciphertext exactly if we offered a key: nobody can strip it.
    pub(crate) fn receive(&self, root: &RootKey, step: &Step) -> Result<Stepped, OpenError> {
        let dh = self.dh.agree(&step.dh).map_err(|_| OpenError::Invalid)?;
        let kem = match (&self.kem, &step.ct) {
            (Some(secret), Some(ciphertext)) => Some(secret.decapsulate(ciphertext)),
            (None, None) => None,
            _ => return Err(OpenError::Invalid),
        };
        let (root, chain, next_header) = root.step(step, &StepSecrets { dh: &dh, kem: kem.as_deref() });
        Ok(Stepped { root, chain, next_header })
    }
}

impl TheirKeys {
    /// The sending half: draws new keys and mixes them with the peer's.
    pub(crate) fn send(&self, rng: &mut impl CryptoRng, root: &RootKey) -> Result<(OurKeys, Step, Stepped), SealError> {
        let (our_dh, our_kem) = (AgreementSecret::generate(rng), KemSecret::generate(rng));
        let dh = our_dh.agree(&self.dh).map_err(|_| SealError::Exhausted)?;
        let (ct, kem) = self.kem.as_ref().map(|key| key.encapsulate(rng)).unzip();
        let step = Step { dh: our_dh.public_key(), ek: our_kem.public_key(), ct };
        let (root, chain, next_header) = root.step(&step, &StepSecrets { dh: &dh, kem: kem.as_deref() });
        let ours = OurKeys { dh: our_dh, kem: Some(our_kem) };
        Ok((ours, step, Stepped { root, chain, next_header }))
    }
}
