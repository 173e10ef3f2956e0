//! The primitives as this crate calls them: Project Wycheproof, the vectors of the RFCs, other implementations of ML-KEM.

mod kem;
mod rfc;
mod wycheproof;

use std::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};

/// Randomness that is said in advance, and no more of it.
struct Said(Vec<u8>);

impl TryRng for Said {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("only bytes are drawn")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("only bytes are drawn")
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Infallible> {
        let said: Vec<u8> = self.0.drain(..target.len()).collect();
        target.copy_from_slice(&said);
        Ok(())
    }
}

impl TryCryptoRng for Said {}

/// Bytes out of hexadecimal digits, with white space among them.
fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    data_encoding::HEXLOWER.decode(digits.as_bytes()).unwrap()
}

fn array<const N: usize>(text: &str) -> [u8; N] {
    hex(text).try_into().unwrap()
}
