//! Fetching a peer's files from our relay: chunk by chunk into a part, from where the last try stopped, then landing it.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;

use a2a_proto::attachment::{Cut, blob_id};
use a2a_proto::content::{Attachment, Parts};
use a2a_proto::id::MessageId;
use sha2::{Digest as _, Sha256};

use super::land::land;
use super::{Tell, Transfer};
use crate::agent::audit::{self, Note};
use crate::agent::core::Core;
use crate::agent::mail::{flush, view::parts};
use crate::agent::me::Ctx;
use crate::agent::{AttachmentState, AttachmentView, FetchError, Trouble, Untrusted, relays};
use crate::relay_client::RelayFailure;
use crate::store::attachments::{self, FileRecord, FileState, StoredFile};
use crate::store::messages::{self, Message, Way};
use crate::store::peers::{self, PeerKey};
use crate::store::{StoreError, Tx};

/// Files up to this size are fetched without being asked for.
const BY_ITSELF: u64 = 1024 * 1024;
/// How many files one round looks at.
const A_ROUND: usize = 16;

/// Notes the files of a message that just came.
pub(in crate::agent) fn arrived(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: PeerKey,
    message: i64,
    parts: &Parts,
) -> Result<(), StoreError> {
    for (place, attachment) in parts.attachments.iter().enumerate() {
        let state = if attachment.size <= BY_ITSELF { FileState::Wanted } else { FileState::There };
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        let file = StoredFile { message, place, peer, state, done: 0, attempts: 0, record: FileRecord::default() };
        attachments::insert(tx, &file, ctx.now)?;
    }
    Ok(())
}

/// The files of a message as faces see them.
pub(in crate::agent) fn view(tx: &Tx<'_>, message: &Message, parts: &Parts) -> Result<Vec<AttachmentView>, StoreError> {
    if parts.attachments.is_empty() {
        return Ok(Vec::new());
    }
    let files = attachments::of_message(tx, message.id)?;
    let view = |(place, attachment): (usize, &Attachment)| {
        let file = files.iter().find(|file| file.place as usize == place);
        AttachmentView {
            name: Untrusted::new(&attachment.name),
            size: attachment.size,
            state: file.map_or(AttachmentState::Lost, |file| state(file.state)),
            path: file.filter(|_| message.way == Way::In).and_then(|file| file.record.path.clone()),
            reason: file.and_then(|file| file.record.reason.clone()),
        }
    };
    Ok(parts.attachments.iter().enumerate().map(view).collect())
}

fn state(state: FileState) -> AttachmentState {
    match state {
        FileState::Sending => AttachmentState::Sending,
        FileState::Sent => AttachmentState::Sent,
        FileState::There => AttachmentState::NotFetched,
        FileState::Wanted => AttachmentState::Fetching,
        FileState::Saved | FileState::Cleared => AttachmentState::Saved,
        FileState::Lost => AttachmentState::Lost,
    }
}

/// Fetches what is wanted and due, and has the relay delete what was saved.
pub(in crate::agent) async fn fetch_wanted(core: &Arc<Core>) {
    for state in [FileState::Wanted, FileState::Saved] {
        let due = core.read(move |tx, ctx| attachments::due(tx, state, ctx.now, A_ROUND).map_err(Trouble::from));
        for file in due.await.unwrap_or_default() {
            drop(one(core, file, &|_| {}).await);
        }
    }
}

/// Fetches every file of a peer's message; returns where they are.
pub(in crate::agent) async fn fetch(
    core: &Arc<Core>,
    message_id: MessageId,
    tell: Tell<'_>,
) -> Result<Vec<AttachmentView>, FetchError> {
    let files = core
        .write(move |tx, _| {
            let found = messages::by_name(tx, message_id)?.ok_or(FetchError::UnknownMessage)?;
            if found.way == Way::Out {
                return Err(FetchError::Own);
            }
            let files = attachments::of_message(tx, found.id)?;
            if files.is_empty() { Err(FetchError::NoAttachments) } else { Ok(files) }
        })
        .await?;
    for mut file in files {
        if matches!(file.state, FileState::There | FileState::Lost) {
            file.state = FileState::Wanted;
            note(core, &file).await?;
        }
        if file.state == FileState::Wanted {
            one(core, file, tell).await?;
        }
    }
    core.read(move |tx, _| {
        let found = messages::by_name(tx, message_id)?.ok_or(FetchError::UnknownMessage)?;
        Ok(view(tx, &found, &parts(&found)?)?)
    })
    .await
}

async fn one(core: &Arc<Core>, file: StoredFile, tell: Tell<'_>) -> Result<(), FetchError> {
    let (row, place, peer) = (file.message, file.place, file.peer);
    let Some(_alone) = claim(core, &file)? else { return Ok(()) };
    // Another round, or another process, may have fetched it since this one looked.
    let now = core.read(move |tx, _| attachments::of_message(tx, row).map_err(Trouble::from)).await?;
    let is_due = |file: &StoredFile| file.place == place && matches!(file.state, FileState::Wanted | FileState::Saved);
    let Some(file) = now.into_iter().find(is_due) else { return Ok(()) };
    let (attachment, name) = core
        .read(move |tx, _| {
            let found = messages::by_id(tx, row)?.ok_or(FetchError::UnknownMessage)?;
            let attachment = parts(&found)?.attachments.into_iter().nth(place as usize);
            let name = peers::by_key(tx, peer)?.map_or_else(|| "peer".to_owned(), |peer| peer.record.petname);
            Ok::<_, FetchError>((attachment.ok_or(FetchError::UnknownMessage)?, name))
        })
        .await?;
    if file.state == FileState::Saved {
        return Ok(clear(core, file, &attachment).await?);
    }
    match get(core, &file, &attachment, &name, tell).await {
        Ok(Some(path)) => {
            let saved = saved(core, file, path, name).await?;
            Ok(clear(core, saved, &attachment).await?)
        }
        Ok(None) => Ok(()),
        Err(error) => {
            failed(core, file, &error).await?;
            Err(error)
        }
    }
}

/// The right to fetch a file, until it is dropped; none while somebody else has it.
fn claim(core: &Core, file: &StoredFile) -> Result<Option<File>, FetchError> {
    let disk = |error: std::io::Error| FetchError::Disk { reason: error.to_string() };
    crate::durable_file::make_private_folder(&core.incoming).map_err(disk)?;
    let lock = core.incoming.join(format!("{}-{}.lock", file.message, file.place));
    let lock = crate::durable_file::open_private(&lock).map_err(disk)?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => Ok(None),
    }
}

/// The whole file, landed; none while another process fetches it.
async fn get(
    core: &Arc<Core>,
    file: &StoredFile,
    attachment: &Attachment,
    peer: &str,
    tell: Tell<'_>,
) -> Result<Option<PathBuf>, FetchError> {
    let disk = |error: std::io::Error| FetchError::Disk { reason: error.to_string() };
    let cut = Cut::of(attachment.size).ok_or(FetchError::NotGenuine)?;
    crate::durable_file::make_private_folder(&core.incoming).map_err(disk)?;
    let path = core.incoming.join(format!("{}-{}", file.message, file.place));
    let mut part = crate::durable_file::open_private_to_read(&path).map_err(disk)?;
    match part.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => return Ok(None),
    }
    let (first, mut hash) = resume(&mut part, &cut, attachment.size).map_err(disk)?;
    for index in first..cut.count() {
        if cut.bytes_in(index) == 0 {
            break;
        }
        let piece = chunk(core, attachment, &cut, index).await?;
        hash.update(&*piece);
        part.write_all(&piece).map_err(disk)?;
        let done = cut.bytes_before(index + 1);
        tell(Transfer { place: file.place + 1, done, size: attachment.size });
    }
    part.sync_all().map_err(disk)?;
    if <[u8; 32]>::from(hash.finalize()) != attachment.digest {
        drop(std::fs::remove_file(&path));
        return Err(FetchError::NotGenuine);
    }
    land(&path, &core.quarantine, peer, &attachment.name).map(Some).map_err(disk)
}

/// Where to go on: after the whole chunks that are there, whose digest is counted once more.
fn resume(part: &mut File, cut: &Cut, size: u64) -> std::io::Result<(u32, Sha256)> {
    let there = part.metadata()?.len().min(size);
    let whole = u32::try_from(there / cut.room() as u64).unwrap_or(0);
    let keep = cut.bytes_before(whole);
    part.set_len(keep)?;
    part.seek(SeekFrom::Start(0))?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 64 * 1024]);
    loop {
        match part.read(&mut buffer)? {
            0 => return Ok((whole, hash)),
            read => hash.update(&buffer[..read]),
        }
    }
}

async fn chunk(
    core: &Arc<Core>,
    attachment: &Attachment,
    cut: &Cut,
    index: u32,
) -> Result<impl std::ops::Deref<Target = Vec<u8>> + use<>, FetchError> {
    let net = core.net()?;
    let sealed = net.own.blob(&blob_id(&attachment.key, index)).await.map_err(|failure| match failure {
        RelayFailure::NotFound => FetchError::Gone,
        other => relays::trouble(net.client.own_relay(), &other).into(),
    })?;
    cut.open(&attachment.key, index, &sealed).map_err(|_| FetchError::NotGenuine)
}

async fn saved(core: &Arc<Core>, mut file: StoredFile, path: PathBuf, peer: String) -> Result<StoredFile, Trouble> {
    file.state = FileState::Saved;
    file.record.path = Some(path.display().to_string());
    file.record.reason = None;
    core.write(move |tx, ctx| {
        attachments::update(tx, &file)?;
        audit::note(tx, ctx, Note::new("attachment_saved").about(peer))?;
        Ok(file)
    })
    .await
}

/// Lets the relay delete the chunks; what fails is tried again with the next round.
async fn clear(core: &Arc<Core>, mut file: StoredFile, attachment: &Attachment) -> Result<(), Trouble> {
    let Some(cut) = Cut::of(attachment.size) else { return Ok(()) };
    let net = core.net()?;
    for index in 0..cut.count() {
        if net.own.delete_blob(&blob_id(&attachment.key, index)).await.is_err() {
            return put_off(core, file).await;
        }
    }
    file.state = FileState::Cleared;
    note(core, &file).await
}

async fn failed(core: &Arc<Core>, mut file: StoredFile, error: &FetchError) -> Result<(), Trouble> {
    if matches!(error, FetchError::Trouble(_) | FetchError::Disk { .. }) {
        return put_off(core, file).await;
    }
    file.state = FileState::Lost;
    file.record.reason = Some(error.to_string());
    note(core, &file).await
}

async fn put_off(core: &Arc<Core>, file: StoredFile) -> Result<(), Trouble> {
    core.write(move |tx, ctx| {
        let next = flush::next_attempt(ctx.now, file.attempts, None);
        attachments::put_off(tx, &file, next).map_err(Trouble::from)
    })
    .await
}

async fn note(core: &Arc<Core>, file: &StoredFile) -> Result<(), Trouble> {
    let file = file.clone();
    core.write(move |tx, _| attachments::update(tx, &file).map_err(Trouble::from)).await
}
