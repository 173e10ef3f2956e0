//! The master secret: the one secret of a relay, outside its store; lane keys, tokens and challenges come from it.
//!
//! The file has one line per version, `NUMBER BASE64URL`; the highest number is current, the others keep what was
//! derived from them alive during a rotation.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{entropy, private_file};

const SECRET_MARK: &str = "a2a-relay/1/secret-mark";

/// The master secret in all its versions. Wiped when dropped.
pub struct MasterSecret {
    current: Version,
    earlier: Vec<Version>,
}

#[derive(Zeroize, ZeroizeOnDrop)]
struct Version {
    number: u32,
    key: [u8; 32],
}

/// Why there is no master secret.
#[derive(Debug, thiserror::Error)]
pub enum MasterSecretError {
    /// The file system said no.
    #[error("cannot use the master secret {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error(
        "the master secret {path} is damaged: it has one line per version, NUMBER BASE64URL. Restore it from your backup; docs/operations.md says how one that is lost for good is replaced"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The store's lanes were made with another one.
    #[error(
        "the master secret {path} is not the one that this store is used with. Every relay on one store needs the same file: copy it from the first, or restore it from your backup"
    )]
    Another {
        /// The file.
        path: PathBuf,
    },
    /// The store is in use but its secret is gone.
    #[error(
        "the store has mailboxes but its master secret {path} is missing. Restore it from your backup; docs/operations.md says how one that is lost for good is replaced"
    )]
    Missing {
        /// The file.
        path: PathBuf,
    },
}

impl MasterSecret {
    /// Reads the secret at `path`; draws and writes one if `may_draw` and there is none.
    ///
    /// A missing secret of a store in use is never replaced silently: every lane would die with it.
    pub fn open(path: &Path, may_draw: bool) -> Result<Self, MasterSecretError> {
        let file = |source| MasterSecretError::File { path: path.to_path_buf(), source };
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&Zeroizing::new(text))
                .ok_or_else(|| MasterSecretError::Damaged { path: path.to_path_buf() }),
            Err(error) if error.kind() == ErrorKind::NotFound && may_draw => {
                let secret = Self::draw();
                secret.write(path).map_err(file)?;
                Ok(secret)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(MasterSecretError::Missing { path: path.to_path_buf() })
            }
            Err(error) => Err(file(error)),
        }
    }

    /// A new secret.
    pub fn draw() -> Self {
        Self { current: Version { number: 1, key: entropy::bytes() }, earlier: Vec::new() }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut versions =
            text.lines().filter(|line| !line.trim().is_empty()).map(Version::parse).collect::<Option<Vec<_>>>()?;
        versions.sort_by_key(|version| version.number);
        let current = versions.pop()?;
        Some(Self { current, earlier: versions })
    }

    fn write(&self, path: &Path) -> std::io::Result<()> {
        let key = Zeroizing::new(BASE64URL_NOPAD.encode(&self.current.key));
        let line = Zeroizing::new(format!("{} {}\n", self.current.number, *key));
        private_file::write(path, line.as_bytes())
    }

    /// What each version is recognised by: a value that says nothing of the secret itself.
    pub fn marks(&self) -> impl Iterator<Item = (u32, String)> {
        let versions = std::iter::once(&self.current).chain(&self.earlier);
        versions.map(|version| {
            let mark: [u8; 32] = mac(&version.key, SECRET_MARK, &[]).finalize().into_bytes().into();
            (version.number, BASE64URL_NOPAD.encode(&mark))
        })
    }

    /// The number of the current version: what new lanes are derived from.
    pub fn current_version(&self) -> u32 {
        self.current.number
    }

    /// The key of a version; of the current one where the version is unknown, so that the work is the same.
    pub(crate) fn key(&self, version: u32) -> &[u8; 32] {
        let known = self.earlier.iter().find(|earlier| earlier.number == version);
        &known.unwrap_or(&self.current).key
    }

    /// Whether it has this version; without it what was derived from it is lost.
    pub(crate) fn has(&self, version: u32) -> bool {
        std::iter::once(&self.current).chain(&self.earlier).any(|known| known.number == version)
    }

    /// What a version gives for a purpose: the same again whenever it is asked for.
    pub(crate) fn derive(&self, version: u32, label: &str, message: &[u8]) -> [u8; 32] {
        mac(self.key(version), label, message).finalize().into_bytes().into()
    }

    /// A MAC under the current version.
    pub(crate) fn mac(&self, label: &str, message: &[u8]) -> [u8; 32] {
        mac(&self.current.key, label, message).finalize().into_bytes().into()
    }

    /// Whether a MAC was made under any version. Constant time per version.
    pub(crate) fn verifies(&self, label: &str, message: &[u8], tag: &[u8; 32]) -> bool {
        let versions = std::iter::once(&self.current).chain(&self.earlier);
        versions.fold(false, |found, version| found | mac(&version.key, label, message).verify_slice(tag).is_ok())
    }
}

impl Version {
    fn parse(line: &str) -> Option<Self> {
        let (number, key) = line.trim().split_once(' ')?;
        let mut bytes = BASE64URL_NOPAD.decode(key.trim().as_bytes()).ok()?;
        let key = bytes.as_slice().try_into();
        bytes.zeroize();
        Some(Self { number: number.parse().ok()?, key: key.ok()? })
    }
}

impl fmt::Debug for MasterSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterSecret(..)")
    }
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
fn mac(key: &[u8; 32], label: &str, message: &[u8]) -> Hmac<Sha256> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("any length is a key");
    let mut input = a2a_proto::codec::Writer::label(label);
    input.fixed(message);
    mac.update(input.as_slice());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_drawn_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let drawn = MasterSecret::open(&path, true).unwrap();
        let read = MasterSecret::open(&path, false).unwrap();
        assert_eq!(drawn.key(1), read.key(1));
    }

    #[test]
    fn a_missing_secret_of_a_store_in_use_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let missing = MasterSecret::open(&path, false);
        assert!(matches!(missing, Err(MasterSecretError::Missing { .. })));
        assert!(!path.exists());
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_may_read_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        MasterSecret::open(&path, true).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn an_earlier_version_still_verifies() {
        let (one, two) = (BASE64URL_NOPAD.encode(&[1; 32]), BASE64URL_NOPAD.encode(&[2; 32]));
        let before = MasterSecret::parse(&format!("1 {one}\n")).unwrap();
        let after = MasterSecret::parse(&format!("1 {one}\n2 {two}\n")).unwrap();
        let tag = before.mac("label", b"message");
        assert_eq!(after.current_version(), 2);
        assert!(after.verifies("label", b"message", &tag));
        assert!(!before.verifies("label", b"message", &after.mac("label", b"message")));
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", MasterSecret::draw()), "MasterSecret(..)");
    }
}
