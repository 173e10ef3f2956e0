//! Random bytes that another program can draw too: block i is SHA-256(SHA-256(seed text) ‖ i as u64).

use std::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};

pub(crate) struct Seeded {
    seed: [u8; 32],
    next: u64,
    left: Vec<u8>,
}

impl Seeded {
    pub(crate) fn new(text: &str) -> Self {
        Self { seed: Sha256::digest(text).into(), next: 0, left: Vec::new() }
    }

    pub(crate) fn draw<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.try_fill_bytes(&mut bytes).unwrap();
        bytes
    }
}

impl TryRng for Seeded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_be_bytes(self.draw()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_be_bytes(self.draw()))
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Infallible> {
        while self.left.len() < target.len() {
            let block = Sha256::new().chain_update(self.seed).chain_update(self.next.to_be_bytes()).finalize();
            self.left.extend(block);
            self.next += 1;
        }
        let rest = self.left.split_off(target.len());
        target.copy_from_slice(&self.left);
        self.left = rest;
        Ok(())
    }
}

impl TryCryptoRng for Seeded {}
