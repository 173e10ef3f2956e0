//! Text that a peer wrote: carried as data, shown only through `present`.

use std::fmt;

/// Text from a peer or a stranger.
///
/// It has no `Display` and no `Serialize` on purpose: nothing can print it or hand it to the model without asking
/// for it by name, and only `present` does.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Untrusted(String);

impl Untrusted {
    /// Marks `text` as coming from somebody else.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The raw text. Only `present`, which neutralises it, may call this outside the core.
    pub fn expose_to_present(&self) -> &str {
        &self.0
    }

    /// How long the text is, in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text) = self;
        write!(f, "Untrusted({} bytes)", text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_the_text() {
        assert_eq!(format!("{:?}", Untrusted::new("buy now")), "Untrusted(7 bytes)");
    }
}
