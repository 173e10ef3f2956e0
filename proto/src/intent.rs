//! Intents: which kind of request a message is, so that both sides know what shape its payload has.

use std::fmt;
use std::str::FromStr;

use crate::limits::MAX_INTENT_BYTES;
use crate::scope::is_plain_word;

/// The kind of a request: `[a-z0-9-]{1,64}`, as a card names it among its capabilities.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Intent(String);

impl Intent {
    /// The intent as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is not an intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an intent has 1 to 64 characters out of a-z, 0-9 and hyphen")]
pub struct ParseIntentError;

impl FromStr for Intent {
    type Err = ParseIntentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_plain_word(text, MAX_INTENT_BYTES) { Ok(Self(text.to_owned())) } else { Err(ParseIntentError) }
    }
}

impl fmt::Display for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(Intent);
