//! Why content is not acceptable.

use crate::codec::DecodeError;

/// Why content could not be read, or would not be read by the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContentError {
    /// The bytes do not have the layout of content.
    #[error("not a content: {0}")]
    Decode(#[from] DecodeError),
    /// A text is too long.
    #[error("a text is longer than {limit} bytes")]
    TooLong {
        /// The most bytes that it may have.
        limit: usize,
    },
    /// A list is too long.
    #[error("a list has more than {limit} entries")]
    TooMany {
        /// The most entries that it may have.
        limit: usize,
    },
}
