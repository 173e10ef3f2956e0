//! Moves everything from one store to another, mailbox by mailbox; begun again it goes on where it was.

use a2a_proto::id::AgentId;
use bytes::Bytes;

use crate::store::{Fact, MailboxCopy, Opened, RecordCopy, Shelf, StoreError};

/// Mailboxes listed at a time.
const PAGE: usize = 500;
/// Envelopes moved at a time.
const ENVELOPES: usize = 256;
/// Records moved at a time: chunks of attachments are large.
const RECORDS: usize = 16;
const UNDER_WAY: &str = "under way";
const DONE: &str = "done";

/// Why a move did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A store did not act.
    #[error("a store did not answer; what has been moved stays, so begin again with the same command")]
    Store(#[from] StoreError),
    /// The target is somebody's.
    #[error("the target has mailboxes of its own. Name an empty one")]
    NotEmpty,
    /// A mailbox is not the same on both sides.
    #[error(
        "a mailbox was not the same after it was moved: does a relay still serve from one of the stores? Stop it and begin again"
    )]
    Differs,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moved {
    /// Mailboxes in all.
    pub mailboxes: u64,
    /// Mailboxes that are the same on both sides.
    pub done: u64,
    /// Mailboxes that an earlier move had moved.
    pub found: u64,
    /// Envelopes moved.
    pub envelopes: u64,
}

/// Whether the store is the target of a move that has not come to its end: nobody may serve from it.
pub async fn is_unfinished(opened: &Opened) -> Result<bool, StoreError> {
    Ok(opened.store.noted(Fact::Move).await?.as_deref() == Some(UNDER_WAY))
}

/// Moves everything. Nobody serves from either store meanwhile. The source is left as it was.
pub async fn migrate(from: &Opened, to: &Opened, mut progress: impl FnMut(Moved)) -> Result<Moved, MigrateError> {
    if to.store.has_accounts().await? && !is_unfinished(to).await? {
        return Err(MigrateError::NotEmpty);
    }
    to.store.note(Fact::Move, UNDER_WAY.to_owned()).await?;
    move_facts(from, to).await?;
    let mut moved = Moved { mailboxes: count(from).await?, ..Moved::default() };
    let mut last = None;
    loop {
        let page = from.movable.mailboxes(last, PAGE).await?;
        let Some(end) = page.last() else { break };
        last = Some(*end);
        for mailbox in page {
            move_mailbox(from, to, mailbox, &mut moved).await?;
            moved.done += 1;
            progress(moved);
        }
    }
    to.store.note(Fact::Move, DONE.to_owned()).await?;
    Ok(moved)
}

async fn count(from: &Opened) -> Result<u64, StoreError> {
    let (mut count, mut last) = (0, None);
    loop {
        let page = from.movable.mailboxes(last, PAGE).await?;
        let Some(end) = page.last() else { return Ok(count) };
        last = Some(*end);
        count += page.len() as u64;
    }
}

async fn move_facts(from: &Opened, to: &Opened) -> Result<(), StoreError> {
    if let Some(url) = from.store.noted(Fact::PublicUrl).await? {
        to.store.note(Fact::PublicUrl, url).await?;
    }
    // Versions of the master secret are counted from one.
    for version in 1.. {
        let Some(mark) = from.store.noted(Fact::SecretMark(version)).await? else { break };
        to.store.note(Fact::SecretMark(version), mark).await?;
    }
    for token in from.store.tokens().await? {
        to.store.revoke_token(token.hash).await?;
        to.store.issue_token(token).await?;
    }
    Ok(())
}

async fn move_mailbox(from: &Opened, to: &Opened, mailbox: AgentId, moved: &mut Moved) -> Result<(), MigrateError> {
    let Some(copy) = from.movable.mailbox_copy(mailbox).await? else { return Err(MigrateError::Differs) };
    if is_same(from, to, &copy).await? {
        moved.found += 1;
        return Ok(());
    }
    to.movable.put_mailbox(copy.clone()).await?;
    let mut after = copy.acknowledged;
    loop {
        let envelopes = from.store.collect(mailbox, after, ENVELOPES).await?.envelopes;
        let Some(last) = envelopes.last() else { break };
        after = last.seq;
        moved.envelopes += envelopes.len() as u64;
        to.movable.put_envelopes(mailbox, envelopes).await?;
    }
    let mut records = from.movable.records(mailbox, None, RECORDS).await?;
    while let Some(last) = records.last().map(place) {
        to.movable.put_records(mailbox, records).await?;
        records = from.movable.records(mailbox, Some(last), RECORDS).await?;
    }
    if is_same(from, to, &copy).await? { Ok(()) } else { Err(MigrateError::Differs) }
}

/// Whether both stores have the same of a mailbox, byte for byte.
async fn is_same(from: &Opened, to: &Opened, copy: &MailboxCopy) -> Result<bool, StoreError> {
    let mailbox = copy.device.agent;
    let there = to.movable.mailbox_copy(mailbox).await?.map(MailboxCopy::in_order);
    if there.is_none_or(|there| there != copy.clone().in_order()) {
        return Ok(false);
    }
    let mut after = 0;
    loop {
        let here = from.store.collect(mailbox, after, ENVELOPES).await?;
        let there = to.store.collect(mailbox, after, ENVELOPES).await?;
        if here != there {
            return Ok(false);
        }
        match here.envelopes.last() {
            Some(last) => after = last.seq,
            None => return are_records_same(from, to, mailbox).await,
        }
    }
}

async fn are_records_same(from: &Opened, to: &Opened, mailbox: AgentId) -> Result<bool, StoreError> {
    let mut after = None;
    loop {
        let here = from.movable.records(mailbox, after.clone(), RECORDS).await?;
        if here != to.movable.records(mailbox, after, RECORDS).await? {
            return Ok(false);
        }
        match here.last() {
            Some(last) => after = Some(place(last)),
            None => return Ok(true),
        }
    }
}

fn place(record: &RecordCopy) -> (Shelf, Bytes) {
    (record.shelf, record.key.clone())
}
