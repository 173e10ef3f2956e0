//! The fields of a request; bytes are base64url.

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

use crate::agent::Refusal;

#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a Value);

impl<'a> Fields<'a> {
    pub(crate) fn has(self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    pub(crate) fn part(self, name: &str) -> Result<Self, Refusal> {
        self.0.get(name).map(Self).ok_or(Refusal("a field is missing"))
    }

    pub(crate) fn list(self, name: &str) -> impl Iterator<Item = Self> {
        self.0.get(name).and_then(Value::as_array).into_iter().flatten().map(Self)
    }

    pub(crate) fn text(self, name: &str) -> Result<&'a str, Refusal> {
        self.0.get(name).and_then(Value::as_str).ok_or(Refusal("a text is missing"))
    }

    pub(crate) fn number(self, name: &str) -> Result<u64, Refusal> {
        self.0.get(name).and_then(Value::as_u64).ok_or(Refusal("a number is missing"))
    }

    pub(crate) fn bytes(self, name: &str) -> Result<Vec<u8>, Refusal> {
        BASE64URL_NOPAD.decode(self.text(name)?.as_bytes()).map_err(|_| Refusal("no base64url"))
    }

    pub(crate) fn array<const N: usize>(self, name: &str) -> Result<[u8; N], Refusal> {
        self.bytes(name)?.try_into().map_err(|_| Refusal("another length"))
    }
}

pub(crate) fn b64(bytes: impl AsRef<[u8]>) -> String {
    BASE64URL_NOPAD.encode(bytes.as_ref())
}
