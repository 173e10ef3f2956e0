//! Fixed binary layouts: big-endian integers, length-prefixed bytes, and a reader that never panics.
//!
//! `LP(x)` = length of x as u32 ‖ x. Everything that is hashed or signed goes through these two types.

/// Why bytes could not be read; says nothing of what they held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes end too early.
    #[error("the bytes end too early")]
    Truncated,
    /// Bytes follow the end.
    #[error("there are bytes after the end")]
    TrailingBytes,
    /// A part, or the whole, exceeds its limit.
    #[error("a part exceeds its size limit")]
    TooLong,
    /// A text is not UTF-8.
    #[error("a text is not UTF-8")]
    NotText,
    /// The version, suite or kind byte is not one that this program knows.
    #[error("the version is unknown to this program; a newer one may know it")]
    UnknownVersion,
    /// A field holds a value that its type does not allow, or one not in its one canonical form.
    #[error("a field holds a value that is not allowed")]
    InvalidValue,
}

/// Builds bytes in the order in which its methods are called.
#[derive(Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Starts with nothing.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Starts with nothing, but with room for this many bytes, so that secrets are not left behind when it grows.
    pub fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// Starts a signature, hash or derivation input: `LP(label)`.
    pub fn label(label: &str) -> Self {
        let mut writer = Self::new();
        writer.lp(label.as_bytes());
        writer
    }

    /// Appends one byte.
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.fixed(&[value])
    }

    /// Appends a big-endian u32.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.fixed(&value.to_be_bytes())
    }

    /// Appends a big-endian u64.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.fixed(&value.to_be_bytes())
    }

    /// Appends bytes whose length the layout fixes.
    pub fn fixed(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Appends `LP(bytes)`.
    ///
    /// Nothing in this protocol comes near 4 GiB; were it to, the length saturates and the result can not be read back.
    pub fn lp(&mut self, bytes: &[u8]) -> &mut Self {
        self.u32(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        self.fixed(bytes)
    }

    /// The bytes so far.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// Takes the bytes out.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Reads bytes from front to back; every method fails instead of reading past the end.
#[derive(Clone)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads from the first of these bytes.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Reads one byte.
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// Reads a big-endian u32.
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_be_bytes)
    }

    /// Reads a big-endian u64.
    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_be_bytes)
    }

    /// Reads a byte that may only be 0 or 1.
    pub fn flag(&mut self) -> Result<bool, DecodeError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(DecodeError::InvalidValue),
        }
    }

    /// Reads the version byte, which must be `known`.
    pub fn version(&mut self, known: u8) -> Result<(), DecodeError> {
        if self.u8()? == known { Ok(()) } else { Err(DecodeError::UnknownVersion) }
    }

    /// Reads exactly `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (head, rest) = self.0.split_first_chunk().ok_or(DecodeError::Truncated)?;
        self.0 = rest;
        Ok(*head)
    }

    /// Reads exactly `length` bytes.
    pub fn fixed(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (head, rest) = self.0.split_at_checked(length).ok_or(DecodeError::Truncated)?;
        self.0 = rest;
        Ok(head)
    }

    /// Reads `LP(bytes)` of at most `max` bytes.
    pub fn lp(&mut self, max: usize) -> Result<&'a [u8], DecodeError> {
        let length = usize::try_from(self.u32()?).map_err(|_| DecodeError::TooLong)?;
        if length > max {
            return Err(DecodeError::TooLong);
        }
        self.fixed(length)
    }

    /// Reads `LP(text)` of at most `max` bytes of UTF-8.
    pub fn text(&mut self, max: usize) -> Result<&'a str, DecodeError> {
        std::str::from_utf8(self.lp(max)?).map_err(|_| DecodeError::NotText)
    }

    /// Reads `LP(text)` whose value must already be in the one form that its type prints.
    pub fn canonical<T>(&mut self, max: usize) -> Result<T, DecodeError>
    where
        T: std::str::FromStr + std::fmt::Display,
    {
        let text = self.text(max)?;
        let value: T = text.parse().map_err(|_| DecodeError::InvalidValue)?;
        if value.to_string() == text { Ok(value) } else { Err(DecodeError::InvalidValue) }
    }

    /// How many bytes are left.
    pub const fn remaining(&self) -> usize {
        self.0.len()
    }

    /// Ends the reading; bytes left over are an error.
    pub const fn finish(self) -> Result<(), DecodeError> {
        if self.0.is_empty() { Ok(()) } else { Err(DecodeError::TrailingBytes) }
    }
}
