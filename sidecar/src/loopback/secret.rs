//! A secret that the owner's browser is given.

use data_encoding::BASE64URL_NOPAD;
use getrandom::SysRng;
use rand_core::TryRng as _;
use subtle::ConstantTimeEq as _;

/// 256 random bits as text, compared in constant time, never printed by `Debug`.
pub(crate) struct Secret(String);

impl Secret {
    /// A new one; `None` if the system has no randomness to give.
    pub(crate) fn fresh() -> Option<Self> {
        let mut bytes = [0; 32];
        SysRng.try_fill_bytes(&mut bytes).ok()?;
        Some(Self(BASE64URL_NOPAD.encode(&bytes)))
    }

    /// The text, for a link, a form or a cookie; it is safe in each of them.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `text` is this secret.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }
}
