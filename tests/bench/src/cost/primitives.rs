//! The primitives that each operation must call, on inputs of the same sizes and nothing else: what our own code is held against.

use anyhow::anyhow;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use curve25519_dalek::edwards::CompressedEdwardsY;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use ml_kem::kem::{Decapsulate, Encapsulate, KeyExport};
use ml_kem::ml_kem_768::{DecapsulationKey, EncapsulationKey};
use rand_core::Rng;
use sha2::{Digest, Sha256};
use x25519_dalek::{PublicKey, StaticSecret};

use crate::people::rng;

const HEADER: usize = 2400;
/// What a body of the smallest envelope holds: 4096 - 2 - 2440 - 72.
const INNER: usize = 1582;
/// A message of 1 KiB with its fields.
const CONTENT: usize = 1120;
/// Label, SID, two ids, hash of the header.
const AD: usize = 146;
const IDENTITY: usize = 1024;
const CERTIFICATE: usize = 117;
/// DH public ‖ ek ‖ ct.
const STEP: usize = 2304;

/// Keys and inputs, made once.
pub(crate) struct Primitives {
    key: [u8; 32],
    nonce: [u8; 24],
    input: Vec<u8>,
    signing: SigningKey,
    signature: [u8; 64],
    certificate_signature: [u8; 64],
    agreement: StaticSecret,
    peer: PublicKey,
    pub(super) kem_seed: [u8; 64],
    pub(super) kem_key: [u8; 1184],
    pub(super) kem_ct: [u8; 1088],
    header: Vec<u8>,
    body: Vec<u8>,
    identity: Vec<u8>,
}

impl Primitives {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let (mut key, mut kem_seed) = ([0; 32], [0; 64]);
        rng().fill_bytes(&mut key);
        rng().fill_bytes(&mut kem_seed);
        let kem = DecapsulationKey::from_seed(kem_seed.into());
        let (kem_ct, _) = kem.encapsulation_key().encapsulate_with_rng(&mut rng());
        let mut primitives = Self {
            key,
            nonce: [7; 24],
            input: vec![7; 4096],
            signing: SigningKey::from_bytes(&key),
            signature: [0; 64],
            certificate_signature: [0; 64],
            agreement: StaticSecret::random_from_rng(&mut rng()),
            peer: PublicKey::from(&StaticSecret::random_from_rng(&mut rng())),
            kem_seed,
            kem_key: kem.encapsulation_key().to_bytes().into(),
            kem_ct: kem_ct.into(),
            header: Vec::new(),
            body: Vec::new(),
            identity: Vec::new(),
        };
        primitives.signature = primitives.sign(AD + 32);
        primitives.certificate_signature = primitives.sign(CERTIFICATE);
        primitives.header = primitives.seal(HEADER)?;
        primitives.body = primitives.seal(INNER)?;
        primitives.identity = primitives.seal(IDENTITY)?;
        Ok(primitives)
    }

    /// Seal in a chain that goes on.
    pub(crate) fn seal_in_chain(&self) -> anyhow::Result<()> {
        self.draw::<24>();
        self.draw::<24>();
        self.message_keys();
        self.hash(HEADER);
        self.hash(CONTENT);
        self.sign(AD + 32);
        self.seal(INNER)?;
        self.hash(INNER);
        self.seal(HEADER)?;
        Ok(())
    }

    /// Open in a chain that goes on.
    pub(crate) fn open_in_chain(&self) -> anyhow::Result<()> {
        self.hash(INNER);
        self.open(&self.header)?;
        self.hash(HEADER);
        self.message_keys();
        self.open(&self.body)?;
        self.hash(CONTENT);
        self.verify(AD + 32, &self.signature)
    }

    /// Seal with a step before it.
    pub(crate) fn seal_with_step(&self) -> anyhow::Result<()> {
        self.generate_agreement();
        self.generate_kem();
        self.agree();
        self.encapsulate()?;
        self.hash(STEP);
        self.derive::<96>();
        self.seal_in_chain()
    }

    /// Open with a step before it.
    pub(crate) fn open_with_step(&self) -> anyhow::Result<()> {
        self.agree();
        self.decapsulate();
        self.hash(STEP);
        self.derive::<96>();
        self.open_in_chain()
    }

    /// A knock's first flight: three agreements, one encapsulation, the box, the first step without ML-KEM, the message.
    pub(crate) fn initiate(&self) -> anyhow::Result<()> {
        self.generate_agreement();
        (0..3).for_each(|_| self.agree());
        self.encapsulate()?;
        self.hash(HEADER);
        self.derive::<64>();
        self.sign(2 * AD);
        self.seal(IDENTITY)?;
        self.hash(IDENTITY);
        self.derive::<128>();
        self.generate_agreement();
        self.generate_kem();
        self.agree();
        self.hash(STEP);
        self.derive::<96>();
        self.seal_in_chain()
    }

    /// The responder's half of the same.
    pub(crate) fn respond(&self) -> anyhow::Result<()> {
        (0..4).for_each(|_| self.agree());
        self.decapsulate();
        self.hash(HEADER);
        self.derive::<64>();
        self.open(&self.identity)?;
        self.check_key()?;
        self.check_key()?;
        self.verify(CERTIFICATE, &self.certificate_signature)?;
        self.verify(AD + 32, &self.signature)?;
        self.hash(IDENTITY);
        self.derive::<128>();
        self.hash(STEP);
        self.derive::<96>();
        self.open_in_chain()
    }

    fn draw<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        rng().fill_bytes(&mut bytes);
        bytes
    }

    fn hash(&self, length: usize) -> [u8; 32] {
        Sha256::digest(&self.input[..length]).into()
    }

    /// Two HMACs of the chain, and key and commitment out of the message key.
    fn message_keys(&self) {
        for byte in [1, 2] {
            std::hint::black_box(self.hmac(&[byte]));
        }
        for length in [AD, AD + 24] {
            let hash = self.hash(length);
            std::hint::black_box(self.expand::<32>(&hash));
        }
    }

    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    fn hmac(&self, message: &[u8]) -> [u8; 32] {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.key).expect("any length is a key");
        mac.update(message);
        mac.finalize().into_bytes().into()
    }

    #[expect(clippy::expect_used, reason = "the lengths are constants that HKDF takes")]
    fn expand<const N: usize>(&self, info: &[u8]) -> [u8; N] {
        let mut output = [0; N];
        let hkdf = Hkdf::<Sha256>::from_prk(&self.key).expect("32 bytes are enough");
        hkdf.expand(info, &mut output).expect("fewer than 255 blocks");
        output
    }

    #[expect(clippy::expect_used, reason = "the lengths are constants that HKDF takes")]
    fn derive<const N: usize>(&self) {
        let mut output = [0; N];
        let hkdf = Hkdf::<Sha256>::new(Some(&self.key), &self.input[..64]);
        hkdf.expand(&self.key, &mut output).expect("fewer than 255 blocks");
        std::hint::black_box(output);
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(self.key))
    }

    fn seal(&self, length: usize) -> anyhow::Result<Vec<u8>> {
        let payload = Payload { msg: &self.input[..length], aad: &self.input[..AD] };
        self.cipher().encrypt(&XNonce::from(self.nonce), payload).map_err(|_| anyhow!("sealing failed"))
    }

    fn open(&self, sealed: &[u8]) -> anyhow::Result<Vec<u8>> {
        let payload = Payload { msg: sealed, aad: &self.input[..AD] };
        self.cipher().decrypt(&XNonce::from(self.nonce), payload).map_err(|_| anyhow!("opening failed"))
    }

    fn sign(&self, length: usize) -> [u8; 64] {
        self.signing.sign(&self.input[..length]).to_bytes()
    }

    fn verify(&self, length: usize, signature: &[u8; 64]) -> anyhow::Result<()> {
        let key = VerifyingKey::from_bytes(&self.signing.verifying_key().to_bytes())?;
        Ok(key.verify_strict(&self.input[..length], &Signature::from_bytes(signature))?)
    }

    /// The four checks of a public key.
    fn check_key(&self) -> anyhow::Result<()> {
        let bytes = self.signing.verifying_key().to_bytes();
        let point = CompressedEdwardsY(bytes).decompress().ok_or_else(|| anyhow!("no point"))?;
        let is_sound = !point.is_small_order() && point.compress().as_bytes() == &bytes && point.is_torsion_free();
        if is_sound { Ok(()) } else { Err(anyhow!("a bad key")) }
    }

    fn generate_agreement(&self) {
        std::hint::black_box(PublicKey::from(&StaticSecret::random_from_rng(&mut rng())));
    }

    fn agree(&self) {
        std::hint::black_box(self.agreement.diffie_hellman(&self.peer).was_contributory());
    }

    pub(super) fn generate_kem(&self) {
        let key = DecapsulationKey::from_seed(self.draw::<64>().into());
        std::hint::black_box(key.encapsulation_key().to_bytes());
    }

    pub(super) fn encapsulate(&self) -> anyhow::Result<()> {
        let key = EncapsulationKey::new(&self.kem_key.into()).map_err(|_| anyhow!("an ML-KEM key was refused"))?;
        std::hint::black_box(key.encapsulate_with_rng(&mut rng()));
        Ok(())
    }

    pub(super) fn decapsulate(&self) {
        let key = DecapsulationKey::from_seed(self.kem_seed.into());
        std::hint::black_box(key.decapsulate(&self.kem_ct.into()));
    }
}
