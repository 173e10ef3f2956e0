//! Why an envelope could not be sealed or opened.
//!
//! None of these texts goes to the peer or the relay. They tell apart only what the local agent must treat apart.

use crate::content::ContentError;

/// Why content could not be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The content's canonical bytes fill more than the largest envelope allowed here.
    #[error("the content has {length} bytes, and at most {limit} fit here")]
    TooLarge {
        /// How many bytes the content has.
        length: usize,
        /// How many would fit.
        limit: usize,
    },
    /// The content breaks one of its own bounds.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// The device keys are not those that the session was made with.
    #[error("the session belongs to other device keys")]
    OtherDevice,
    /// The session cannot go on: its chain is full, or the peer's ratchet keys are unusable. A reset makes a new one.
    #[error("the session is exhausted; a new handshake is needed")]
    Exhausted,
}

/// Why an envelope was not opened. Whichever it is, nothing has changed.
///
/// **Which of these an outsider can cause.** Without the session's keys (a relay, a thief of a lane key) any bytes at all are
/// [`NotForThisSession`](Self::NotForThisSession), except an exact copy of an envelope that was opened before, which is
/// [`AlreadyUsed`](Self::AlreadyUsed): the header's seal covers every byte of the envelope. In a session the other kinds can
/// come only from the peer's device or from who stole the session's state. A first flight is of no session yet: whoever makes
/// one can make it [`Invalid`](Self::Invalid), too, by an ephemeral key of small order or by what stands in its box. So no
/// outcome of a first flight is ever answered, and nothing else that an outsider sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// No key of this session opens the envelope's header. It may be for another session, or nobody's: never report it.
    #[error("the envelope is not for this session")]
    NotForThisSession,
    /// The header opens, but its message was opened before, or its key was given up as too old.
    ///
    /// The same envelope once more is a duplicate; another envelope in the same place means that the peer's state was forked.
    #[error("the message was opened before")]
    AlreadyUsed,
    /// The message lies more than [`MAX_SKIP`](crate::limits::MAX_SKIP) ahead of what has arrived.
    #[error("too many messages before this one are missing")]
    TooFarAhead,
    /// The header opens, but what follows breaks the protocol: a forgery by who knows the session's keys, a faulty peer, or one
    /// that was rolled back and took its step again with other keys.
    #[error("the message is not genuine")]
    Invalid,
}
