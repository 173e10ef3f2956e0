//! Scopes: what a grant covers, as short plain words.

use std::fmt;
use std::str::FromStr;

use crate::limits::MAX_SCOPE_BYTES;

/// What a grant covers: `[a-z0-9-]{1,64}`. Only the sidecars ever see it; to a relay it is sealed content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(String);

impl Scope {
    /// Any free-form mail.
    pub const MESSAGE: &'static str = "message";

    /// The scope for any free-form mail.
    pub fn message() -> Self {
        Self(Self::MESSAGE.to_owned())
    }

    /// The scope as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is not a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a scope has 1 to 64 characters out of a-z, 0-9 and hyphen")]
pub struct ParseScopeError;

impl FromStr for Scope {
    type Err = ParseScopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_plain_word(text, MAX_SCOPE_BYTES) { Ok(Self(text.to_owned())) } else { Err(ParseScopeError) }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(Scope);

/// Whether the text is `[a-z0-9-]{1,max}`.
pub(crate) fn is_plain_word(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
