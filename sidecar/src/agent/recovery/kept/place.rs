//! Where a backup stands at a relay: in parts, under names that only the recovery words tell.
//!
//! ```text
//! name(v, i) = HKDF-SHA256(salt = v, backup key of the words; "a2a/1/backup/name" ‖ i u32), 16 bytes
//! head       = name(0…0, 0):  v 16 ‖ number of parts u32
//! parts      = name(v, 0), name(v, 1)…: the sealed file, cut
//! ```
//! The head is put last, so that it always leads to a whole file; then the parts of the one before are deleted.

use a2a_proto::address::RelayAuthority;
use a2a_proto::codec::{Reader, Writer};
use a2a_proto::id::{AgentId, EnvelopeId};
use a2a_proto::keys::BackupKey;
use a2a_proto::limits::MAX_BLOB_BYTES;
use hkdf::Hkdf;
use sha2::Sha256;

use crate::relay_client::{OwnRelay, RelayClient, RelayFailure};

const NAME_LABEL: &[u8] = b"a2a/1/backup/name";
const HEADS_VERSION: [u8; 16] = [0; 16];
/// No relay makes us fetch more than 256 MiB.
const MOST_PARTS: u32 = 1024;
/// The owner's device may put a newer one while we fetch.
const MOST_LOOKS: usize = 3;

/// Which parts make a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// Drawn at random for each.
    pub(super) version: [u8; 16],
    /// How many.
    pub(super) parts: u32,
}

impl Head {
    /// What leads to the parts of a file.
    pub(super) fn of(version: [u8; 16], file: &[u8]) -> Self {
        let parts = u32::try_from(file.len().div_ceil(MAX_BLOB_BYTES)).unwrap_or(u32::MAX);
        Self { version, parts }
    }

    fn write(self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.fixed(&self.version).u32(self.parts);
        writer.finish()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let head = Self { version: reader.array().ok()?, parts: reader.u32().ok()? };
        reader.finish().ok()?;
        (1..=MOST_PARTS).contains(&head.parts).then_some(head)
    }
}

/// What the relay's head leads to, if there is one.
pub(super) async fn find(
    client: &RelayClient,
    relay: &RelayAuthority,
    id: &AgentId,
    words: &BackupKey,
) -> Result<Option<Head>, RelayFailure> {
    match client.backup_part(relay, id, &name(words, &HEADS_VERSION, 0)).await {
        Ok(bytes) => Head::read(&bytes).map(Some).ok_or(RelayFailure::Garbage("its backup has no beginning")),
        Err(RelayFailure::NotFound) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The sealed file that the relay keeps, if it keeps one.
pub(super) async fn fetch(
    client: &RelayClient,
    relay: &RelayAuthority,
    id: &AgentId,
    words: &BackupKey,
) -> Result<Option<Vec<u8>>, RelayFailure> {
    for _ in 0..MOST_LOOKS {
        let Some(head) = find(client, relay, id, words).await? else { return Ok(None) };
        match parts(client, relay, id, words, head).await {
            Err(RelayFailure::NotFound) => {}
            fetched => return fetched.map(Some),
        }
    }
    Err(RelayFailure::Garbage("parts of its backup are missing"))
}

async fn parts(
    client: &RelayClient,
    relay: &RelayAuthority,
    id: &AgentId,
    words: &BackupKey,
    head: Head,
) -> Result<Vec<u8>, RelayFailure> {
    let mut file = Vec::new();
    for number in 0..head.parts {
        file.extend(client.backup_part(relay, id, &name(words, &head.version, number)).await?);
    }
    Ok(file)
}

/// Has our relay keep the parts of a file. They count once [`lead_to`] was heard.
pub(super) async fn put(own: &OwnRelay, words: &BackupKey, head: Head, file: &[u8]) -> Result<(), RelayFailure> {
    for (number, part) in (0..).zip(file.chunks(MAX_BLOB_BYTES)) {
        own.keep_backup_part(&name(words, &head.version, number), part).await?;
    }
    Ok(())
}

/// Lets whoever has the words find these parts.
pub(super) async fn lead_to(own: &OwnRelay, words: &BackupKey, head: Head) -> Result<(), RelayFailure> {
    own.keep_backup_part(&name(words, &HEADS_VERSION, 0), &head.write()).await
}

/// Deletes the parts of a backup that is followed by another.
pub(super) async fn delete(own: &OwnRelay, words: &BackupKey, head: Head) -> Result<(), RelayFailure> {
    for number in 0..head.parts.min(MOST_PARTS) {
        own.delete_backup_part(&name(words, &head.version, number)).await?;
    }
    Ok(())
}

fn name(words: &BackupKey, version: &[u8; 16], number: u32) -> EnvelopeId {
    let mut name = [0; EnvelopeId::SIZE];
    // HKDF refuses only outputs longer than 255 hashes.
    let _ = Hkdf::<Sha256>::new(Some(version), words.as_bytes())
        .expand_multi_info(&[NAME_LABEL, &number.to_be_bytes()], &mut name);
    EnvelopeId::from_bytes(name)
}

#[cfg(test)]
mod tests {
    use a2a_proto::keys::Entropy;

    use super::*;

    #[test]
    fn names_tell_nothing_and_are_never_the_same_twice() {
        let words = |byte| Entropy::from_bytes([byte; 32]).backup_key();
        let mut names = Vec::new();
        for owner in [1, 2] {
            for version in [HEADS_VERSION, [1; 16], [2; 16]] {
                names.extend((0..3).map(|number| name(&words(owner), &version, number).to_string()));
            }
        }
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn a_head_is_read_as_it_was_written_and_nothing_else_is() {
        let head = Head::of([7; 16], &vec![0; MAX_BLOB_BYTES + 1]);
        assert_eq!((Head::read(&head.write()), head.parts), (Some(head), 2));
        let without = Head { parts: 0, ..head };
        let endless = Head { parts: u32::MAX, ..head };
        let longer = [head.write(), vec![0]].concat();
        for wrong in [without.write(), endless.write(), longer, Vec::new()] {
            assert_eq!(Head::read(&wrong), None);
        }
    }
}
