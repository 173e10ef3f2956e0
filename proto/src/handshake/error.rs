//! Why a handshake could not begin.

/// Why a handshake could not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InitiateError {
    /// The certificate is not that of the device keys.
    #[error("the certificate belongs to other device keys")]
    OtherDevice,
    /// The bundle is our own.
    #[error("an agent cannot pair with itself")]
    Oneself,
    /// A purpose `invite` needs the invite's keys, and no other purpose may have them.
    #[error("an invite's keys and the purpose invite occur together or not at all")]
    InviteParts,
    /// A reset's counter is of another epoch than the device's.
    #[error("the reset's counter is not of this device's epoch")]
    OtherEpoch,
    /// One of the peer's keys would make the outcome known to everybody.
    #[error("a key in the peer's bundle is degenerate")]
    DegenerateKey,
    /// The box could not be sealed.
    #[error("the identity box could not be sealed")]
    Seal,
}
