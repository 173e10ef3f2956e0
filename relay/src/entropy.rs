//! Randomness from the operating system, for ids, salts, challenges and tokens.

use rand_core::UnwrapErr;

/// The system's random source. A machine whose source fails must not serve: it panics, and the request with it.
pub(crate) type SystemRandom = UnwrapErr<getrandom::SysRng>;

/// The system's random source.
pub(crate) fn system() -> SystemRandom {
    UnwrapErr(getrandom::SysRng)
}

/// Random bytes.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    use rand_core::Rng;
    let mut bytes = [0; N];
    system().fill_bytes(&mut bytes);
    bytes
}
