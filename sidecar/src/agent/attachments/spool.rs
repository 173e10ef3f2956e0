//! Sealing files once, into copies that wait to be sent: the same bytes however often a transfer breaks off.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use a2a_proto::attachment::{AttachmentKey, Cut};
use a2a_proto::content::Attachment;
use a2a_proto::id::EnvelopeId;
use a2a_proto::limits::{MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS, MAX_FILE_NAME_BYTES};
use sha2::{Digest as _, Sha256};

use super::safe_open::{self, Opened};
use super::{Tell, Transfer};
use crate::agent::core::{Core, rng};
use crate::agent::guard::{FileScan, Found};
use crate::agent::me::Ctx;
use crate::agent::{AttachError, Draft, OutgoingFile, SendError, Trouble};
use crate::store::attachments::{self, FileRecord, FileState, StoredFile};
use crate::store::peers::PeerKey;
use crate::store::{StoreError, Tx, folders};

/// A file that is sealed and waits for its message to be written.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::agent) struct Prepared {
    /// What the message says of it.
    pub(in crate::agent) attachment: Attachment,
    /// The sealed copy.
    pub(in crate::agent) spool: String,
    /// What looks like a secret in it.
    pub(in crate::agent) found: Vec<Found>,
}

/// Seals every file of a draft that is not sealed yet, and returns those; nothing is left behind when one cannot be.
pub(in crate::agent) async fn make_ready(
    core: &Arc<Core>,
    draft: &mut Draft,
    tell: Tell<'_>,
) -> Result<Vec<OutgoingFile>, SendError> {
    if draft.attachments.len() > MAX_ATTACHMENTS {
        return Err(AttachError::TooMany { most: MAX_ATTACHMENTS }.into());
    }
    let unsealed: Vec<&mut OutgoingFile> = draft.attachments.iter_mut().filter(|file| file.ready.is_none()).collect();
    if unsealed.is_empty() {
        return Ok(Vec::new());
    }
    let paths: Vec<PathBuf> = unsealed.iter().map(|file| file.path.clone()).collect();
    let prepared = prepare(core, &paths, tell).await?;
    let sealed = unsealed.into_iter().zip(prepared).map(|(file, ready)| {
        file.ready = Some(ready);
        file.clone()
    });
    Ok(sealed.collect())
}

/// Removes the sealed copies of a draft that was not written.
pub(in crate::agent) fn forget_sealed(core: &Core, files: &[OutgoingFile]) {
    let copies: Vec<String> = files.iter().filter_map(|file| Some(file.ready.as_ref()?.spool.clone())).collect();
    forget_copies(core, &copies);
}

/// Removes sealed copies by their names.
pub(in crate::agent) fn forget_copies(core: &Core, copies: &[String]) {
    for copy in copies {
        drop(std::fs::remove_file(core.outgoing.join(copy)));
    }
}

/// What a message says of the files of a draft.
pub(in crate::agent) fn said_of(draft: &Draft) -> Result<Vec<Attachment>, Trouble> {
    let said = |file: &OutgoingFile| file.ready.as_ref().map(|ready| ready.attachment.clone());
    let all: Option<Vec<Attachment>> = draft.attachments.iter().map(said).collect();
    all.ok_or(Trouble::Internal("a file was not sealed"))
}

async fn prepare(core: &Arc<Core>, paths: &[PathBuf], tell: Tell<'_>) -> Result<Vec<Prepared>, SendError> {
    let allowed = core.read(|tx, _| folders::all(tx).map_err(Trouble::from)).await?;
    let mut prepared = Vec::new();
    for path in paths {
        let (folder, allowed, path) = (core.outgoing.clone(), allowed.clone(), path.clone());
        let sealed = tokio::task::spawn_blocking(move || {
            let opened = safe_open::open(&path, allowed.iter().map(String::as_str))?;
            seal(&folder, opened, &path)
        });
        match sealed.await.unwrap_or(Err(AttachError::Spool { reason: "a thread ended in a fault".into() })) {
            Ok(file) => {
                let size = file.attachment.size;
                prepared.push(file);
                tell(Transfer { place: u32::try_from(prepared.len()).unwrap_or(u32::MAX), done: 0, size });
            }
            Err(error) => {
                forget_all(&core.outgoing, &prepared);
                return Err(error.into());
            }
        }
    }
    Ok(prepared)
}

fn forget_all(folder: &Path, prepared: &[Prepared]) {
    for file in prepared {
        drop(std::fs::remove_file(folder.join(&file.spool)));
    }
}

/// Seals an opened file into a copy of its own.
pub(super) fn seal(folder: &Path, opened: Opened, path: &Path) -> Result<Prepared, AttachError> {
    let shown = || path.display().to_string();
    let Opened { mut file, name, size } = opened;
    if name.len() > MAX_FILE_NAME_BYTES || name.chars().any(char::is_control) {
        return Err(AttachError::BadName { path: shown() });
    }
    let cut = Cut::of(size).ok_or_else(|| match size {
        0 => AttachError::EmptyFile { path: shown() },
        _ => AttachError::TooLarge { path: shown(), most: MAX_ATTACHMENT_BYTES },
    })?;
    let key = AttachmentKey::random(&mut rng());
    let spool = EnvelopeId::random(&mut rng()).to_string();
    let target = folder.join(&spool);
    let mut scan = FileScan::default();
    let written = copy_sealed(&mut file, &target, &cut, &key, &mut scan);
    let digest = written.and_then(|digest| digest.ok_or(AttachError::Changed { path: shown() }));
    if digest.is_err() {
        drop(std::fs::remove_file(&target));
    }
    Ok(Prepared { attachment: Attachment { name, size, digest: digest?, key }, spool, found: scan.found() })
}

/// Copies the file chunk by chunk and returns its digest; none when it is not as long as it was said to be.
fn copy_sealed(
    file: &mut File,
    target: &Path,
    cut: &Cut,
    key: &AttachmentKey,
    scan: &mut FileScan,
) -> Result<Option<[u8; 32]>, AttachError> {
    let spool = |error: std::io::Error| AttachError::Spool { reason: error.to_string() };
    let folder = target.parent().unwrap_or(target);
    crate::durable_file::make_private_folder(folder).map_err(spool)?;
    let mut sealed = crate::durable_file::create_private(target).map_err(spool)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; cut.room()]);
    for index in 0..cut.count() {
        let piece = &mut buffer[..cut.bytes_in(index)];
        if file.read_exact(piece).is_err() {
            return Ok(None);
        }
        hash.update(&*piece);
        scan.take(piece);
        let chunk = cut.seal(&mut rng(), key, index, piece);
        let chunk = chunk.map_err(|_| AttachError::Spool { reason: "a chunk cannot be sealed".into() })?;
        sealed.write_all(&chunk).map_err(spool)?;
    }
    let is_at_end = matches!(file.read(&mut [0]), Ok(0));
    sealed.sync_all().map_err(spool)?;
    Ok(is_at_end.then(|| hash.finalize().into()))
}

/// Notes the files of a message that was just written: its envelope waits until they are at the peer's relay.
pub(in crate::agent) fn note_sending(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    (peer, message): (PeerKey, i64),
    files: &[OutgoingFile],
) -> Result<(), StoreError> {
    for (place, file) in files.iter().filter_map(|file| file.ready.as_ref()).enumerate() {
        let stored = StoredFile {
            message,
            place: u32::try_from(place).unwrap_or(u32::MAX),
            peer,
            state: FileState::Sending,
            done: 0,
            attempts: 0,
            record: FileRecord { path: Some(file.spool.clone()), ..FileRecord::default() },
        };
        attachments::insert(tx, &stored, ctx.now)?;
    }
    Ok(())
}

/// Removes sealed copies that no message waits for and that nobody is about to write one for.
pub(in crate::agent) async fn forget_unused(core: &Arc<Core>) -> Result<(), Trouble> {
    let used = core.read(|tx, _| attachments::outgoing(tx).map_err(Trouble::from)).await?;
    let folder = core.outgoing.clone();
    drop(tokio::task::spawn_blocking(move || remove_unused(&folder, &used)).await);
    Ok(())
}

/// A copy may be this old before its message stands: it waits for the owner, say.
const MAY_STILL_BE_SENT: std::time::Duration = std::time::Duration::from_secs(7 * 24 * 60 * 60);

fn remove_unused(folder: &Path, used: &[String]) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let age = entry.metadata().and_then(|about| about.modified()).ok().and_then(|at| at.elapsed().ok());
        let is_used = entry.file_name().to_str().is_some_and(|name| used.iter().any(|used| used == name));
        if !is_used && age.is_some_and(|age| age > MAY_STILL_BE_SENT) {
            drop(std::fs::remove_file(entry.path()));
        }
    }
}
