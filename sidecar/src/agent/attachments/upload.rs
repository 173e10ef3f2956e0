//! Leaving sealed chunks at the peer's relay, one after the other, from where the last try stopped.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

use a2a_proto::attachment::{Cut, blob_id};
use a2a_proto::content::Attachment;
use a2a_proto::lane::LaneOffer;

use super::{Tell, Transfer};
use crate::agent::Trouble;
use crate::agent::core::Core;
use crate::agent::mail::{flush, view::parts};
use crate::agent::pairing::lanes;
use crate::agent::relays;
use crate::relay_client::RelayFailure;
use crate::store::attachments::{self, FileState, StoredFile};
use crate::store::{messages, outbox, peers};

/// How many files one round looks at.
const A_ROUND: usize = 16;
/// A broken transfer begins again at most so many chunks before where it stopped.
const NOTED_EVERY: u32 = 8;

/// Sends every file whose turn it is; what fails waits for a later round.
pub(in crate::agent) async fn upload_due(core: &Arc<Core>, tell: Tell<'_>) {
    let due = core.read(|tx, ctx| attachments::due(tx, FileState::Sending, ctx.now, A_ROUND).map_err(Trouble::from));
    for file in due.await.unwrap_or_default() {
        one(core, file, tell).await;
    }
}

/// Sends the files of one message, due or not.
pub(in crate::agent) async fn upload_of(core: &Arc<Core>, message: i64, tell: Tell<'_>) {
    let files = core.read(move |tx, _| attachments::of_message(tx, message).map_err(Trouble::from)).await;
    for file in files.unwrap_or_default() {
        if file.state == FileState::Sending {
            one(core, file, tell).await;
        }
    }
}

/// What ended a transfer before its end.
enum Stopped {
    /// Another process sends this file.
    Busy,
    /// The sealed copy is gone or damaged.
    Lost(&'static str),
    /// The relay did not take it, for now or for good.
    NotTaken(Box<LaneOffer>, RelayFailure),
    /// Something here failed.
    Trouble(Trouble),
}

impl From<Trouble> for Stopped {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

async fn one(core: &Arc<Core>, file: StoredFile, tell: Tell<'_>) {
    let (message, place) = (file.message, file.place);
    match transfer(core, file, tell).await {
        Ok(()) => core.nudge.notify_one(),
        Err(Stopped::Busy) => {}
        Err(Stopped::Trouble(error)) => tracing::info!(%error, "an attachment waits for a later try"),
        Err(Stopped::Lost(reason)) => drop(give_up(core, message, place, reason).await),
        Err(Stopped::NotTaken(offer, failure)) => drop(note_failure(core, message, place, &offer, &failure).await),
    }
}

async fn transfer(core: &Arc<Core>, mut file: StoredFile, tell: Tell<'_>) -> Result<(), Stopped> {
    let (message, place, peer) = (file.message, file.place, file.peer);
    let (attachment, peer) = core
        .read(move |tx, _| {
            let message = messages::by_id(tx, message)?.ok_or(Trouble::Internal("a message is gone"))?;
            let attachment = parts(&message)?.attachments.into_iter().nth(place as usize);
            Ok::<_, Trouble>((attachment, peers::by_key(tx, peer)?))
        })
        .await?;
    let (Some(attachment), Some(peer)) = (attachment, peer) else { return Err(Stopped::Lost("it is gone")) };
    let Some(record) = peer.record.deposit.clone() else { return Err(Stopped::Busy) };
    let offer = lanes::live(&record)?;
    let spool = core.outgoing.join(file.record.path.as_deref().unwrap_or_default());
    let sealed = File::options().read(true).write(true).open(&spool);
    if let Ok(sealed) = &sealed
        && let Err(TryLockError::WouldBlock | TryLockError::Error(_)) = sealed.try_lock()
    {
        return Err(Stopped::Busy);
    }
    // Another round, or another process, may have sent it since this one looked; its copy is gone then.
    let now = core.read(move |tx, _| find(tx, message, place)).await?;
    match now.filter(|file| file.state == FileState::Sending) {
        Some(now) => file = now,
        None => return Ok(()),
    }
    let sealed = sealed.map_err(|_| Stopped::Lost("its sealed copy is gone from this computer"))?;
    if file.record.relay.as_ref() != Some(&offer.relay) {
        // The peer has moved: its new relay has none of it.
        file.record.relay = Some(offer.relay.clone());
        file.done = 0;
    }
    send_chunks(core, &mut file, &attachment, &offer, &sealed, tell).await?;
    file.state = FileState::Sent;
    note(core, &file).await?;
    drop(std::fs::remove_file(&spool));
    Ok(())
}

async fn send_chunks(
    core: &Arc<Core>,
    file: &mut StoredFile,
    attachment: &Attachment,
    offer: &LaneOffer,
    sealed: &File,
    tell: Tell<'_>,
) -> Result<(), Stopped> {
    let cut = Cut::of(attachment.size).ok_or(Stopped::Lost("its size is not one that can be sent"))?;
    let chunk_bytes = cut.sealed_bytes();
    for index in file.done..cut.count() {
        let chunk = read_chunk(sealed, u64::from(index) * chunk_bytes as u64, chunk_bytes)
            .map_err(|_| Stopped::Lost("its sealed copy on this computer is damaged"))?;
        let client = &core.net()?.client;
        if let Err(failure) = client.deposit_blob(offer, blob_id(&attachment.key, index), &chunk).await {
            note(core, file).await?;
            return Err(Stopped::NotTaken(Box::new(offer.clone()), failure));
        }
        file.done = index + 1;
        if file.done.is_multiple_of(NOTED_EVERY) {
            note(core, file).await?;
        }
        let done = cut.bytes_before(file.done);
        tell(Transfer { place: file.place + 1, done, size: attachment.size });
    }
    Ok(())
}

fn read_chunk(mut sealed: &File, at: u64, bytes: usize) -> std::io::Result<Vec<u8>> {
    let mut chunk = vec![0; bytes];
    sealed.seek(SeekFrom::Start(at))?;
    sealed.read_exact(&mut chunk)?;
    Ok(chunk)
}

async fn note(core: &Arc<Core>, file: &StoredFile) -> Result<(), Trouble> {
    let file = file.clone();
    core.write(move |tx, _| attachments::update(tx, &file).map_err(Trouble::from)).await
}

/// The message cannot go: a file of it is lost.
async fn give_up(core: &Arc<Core>, message: i64, place: u32, reason: &'static str) -> Result<(), Trouble> {
    core.write(move |tx, _| {
        let Some(mut file) = find(tx, message, place)? else { return Ok(()) };
        file.state = FileState::Lost;
        file.record.reason = Some(reason.to_owned());
        attachments::update(tx, &file)?;
        outbox::drop_message(tx, message)?;
        let text = format!("its attachment {} cannot be sent: {reason}", place + 1);
        Ok(messages::set_state(tx, message, messages::State::Refused, Some(&text))?)
    })
    .await
}

async fn note_failure(
    core: &Arc<Core>,
    message: i64,
    place: u32,
    offer: &LaneOffer,
    failure: &RelayFailure,
) -> Result<(), Trouble> {
    let (relay, lane) = (offer.relay.clone(), offer.lane);
    let is_refused = matches!(failure, RelayFailure::Refused);
    let reason = format!("its attachments go first, and {}", relays::waiting(&relay, failure));
    let after = failure.retry_after();
    core.write(move |tx, ctx| {
        let Some(file) = find(tx, message, place)? else { return Ok(()) };
        if is_refused {
            return Ok(flush::lane_refused(tx, ctx, file.peer, lane)?);
        }
        let next = flush::next_attempt(ctx.now, file.attempts, after);
        attachments::put_off(tx, &file, next)?;
        Ok(messages::set_state(tx, message, messages::State::Waiting, Some(&reason))?)
    })
    .await
}

fn find(tx: &crate::store::Tx<'_>, message: i64, place: u32) -> Result<Option<StoredFile>, Trouble> {
    Ok(attachments::of_message(tx, message)?.into_iter().find(|file| file.place == place))
}
