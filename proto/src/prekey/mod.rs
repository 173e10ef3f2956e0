//! Prekeys: keys left at the relay, so that a first message can be sealed to an agent that is away.
//!
//! * The **signed** prekey (X25519 and ML-KEM-768) stands in the bundle that anyone may fetch, is rotated every week, and is
//!   never used up: a public fetch can deplete nothing.
//! * A **one-time** pair is reserved for the holder of one invite. It is signed like the bundle: unsigned, a relay could put its
//!   own ML-KEM key in its place and read the first message on the day X25519 falls.

mod bundle;
mod one_time;
mod secret;

pub use bundle::{BundleError, BundleTerms, VerifiedBundle};
pub use one_time::{OneTimeError, OneTimeSecret, VerifiedOneTime};
pub use secret::PrekeySecret;
