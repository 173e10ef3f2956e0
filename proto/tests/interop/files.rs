//! Vector files: where they are, and how their fields are read and written.

use std::path::PathBuf;

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

/// What an operation says: its output, or the outcome that a caller is told.
pub(crate) type Outcome = Result<Value, &'static str>;

/// The outcome of everything that is public: which check failed may be shown to the owner, but is no part of the protocol.
pub(crate) const REFUSED: &str = "refused";

pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

pub(crate) fn read(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder().join(name)).unwrap()).unwrap()
}

/// Name and vector of every file of a folder, sorted.
pub(crate) fn named(folder_name: &str) -> Vec<(String, Value)> {
    let mut names: Vec<String> = std::fs::read_dir(folder().join(folder_name))
        .unwrap()
        .map(|entry| format!("{folder_name}/{}", entry.unwrap().file_name().into_string().unwrap()))
        .filter(|name| name.ends_with(".json"))
        .collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), read(&name))).collect()
}

pub(crate) fn b64(bytes: impl AsRef<[u8]>) -> String {
    BASE64URL_NOPAD.encode(bytes.as_ref())
}

/// An operation's input, by field.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a Value);

impl<'a> Fields<'a> {
    pub(crate) fn value(self, name: &str) -> &'a Value {
        self.0.get(name).unwrap_or_else(|| panic!("no field {name}"))
    }

    pub(crate) fn has(self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    pub(crate) fn fields(self, name: &str) -> Self {
        Self(self.value(name))
    }

    pub(crate) fn list(self, name: &str) -> impl Iterator<Item = Self> {
        self.value(name).as_array().unwrap().iter().map(Self)
    }

    pub(crate) fn text(self, name: &str) -> &'a str {
        self.value(name).as_str().unwrap_or_else(|| panic!("{name} is no text"))
    }

    pub(crate) fn number(self, name: &str) -> u64 {
        self.value(name).as_u64().unwrap_or_else(|| panic!("{name} is no number"))
    }

    pub(crate) fn u32(self, name: &str) -> u32 {
        self.number(name).try_into().unwrap()
    }

    pub(crate) fn flag(self, name: &str) -> bool {
        self.value(name).as_bool().unwrap()
    }

    pub(crate) fn bytes(self, name: &str) -> Vec<u8> {
        BASE64URL_NOPAD.decode(self.text(name).as_bytes()).unwrap()
    }

    pub(crate) fn array<const N: usize>(self, name: &str) -> [u8; N] {
        self.bytes(name).try_into().unwrap()
    }
}
