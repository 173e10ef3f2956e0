//! The audit log: every decision, chained by hash and signed by the device, so that none can be changed unseen.
//!
//! How entries hang together: [`chain`]. The newest one is kept in the vault ([`head`]), so that an old store put back shows;
//! the whole log can be taken out and checked elsewhere ([`mod@export`]).

mod chain;
mod export;
pub(super) mod head;

use std::sync::Arc;

use a2a_proto::time::Timestamp;
use data_encoding::HEXLOWER;

#[cfg(test)]
pub(super) use export::export_in;
pub(super) use export::{export, verify as verify_file};
#[cfg(test)]
pub(super) use head::judge as judge_in;

use self::chain::{Checker, LABEL_SIGNATURE, Link, entry_hash, open_digest, private_digest};
use self::head::Verdict;
use super::core::{Core, random};
use super::me::Ctx;
use super::{ApprovedBy, AuditEntry, AuditError, AuditQuery, AuditReport, Trouble};
use crate::store::audit::{self, AuditRecord, AuditRow, OpenPart, PrivatePart};
use crate::store::{StoreError, Tx};

const USUAL_PAGE: usize = 100;
const CHECK_PAGE: usize = 500;
const UNREADABLE: StoreError = StoreError::Unreadable { table: "audit" };

/// What to note.
#[derive(Debug, Clone, Default)]
pub(super) struct Note {
    event: &'static str,
    peer: Option<String>,
    detail: Option<String>,
    approved_by: Option<ApprovedBy>,
    bytes: Option<[u8; 32]>,
}

impl Note {
    /// A decision or an event.
    pub(super) fn new(event: &'static str) -> Self {
        Self { event, ..Self::default() }
    }

    /// Whom it concerns.
    pub(super) fn about(mut self, peer: impl Into<String>) -> Self {
        self.peer = Some(peer.into());
        self
    }

    /// More, in our words.
    pub(super) fn saying(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// SHA-256 of the exact bytes that the owner decided on.
    pub(super) fn on(mut self, bytes: [u8; 32]) -> Self {
        self.bytes = Some(bytes);
        self
    }

    /// How the owner approved it.
    pub(super) fn by(mut self, by: ApprovedBy) -> Self {
        self.approved_by = Some(by);
        self
    }
}

/// Appends a note, in the transaction of what it is about.
pub(super) fn note(tx: &Tx<'_>, ctx: Ctx<'_>, note: Note) -> Result<(), StoreError> {
    let epoch = ctx.me.certificate.epoch();
    let open = OpenPart {
        at: ctx.now.millis(),
        event: note.event.into(),
        approved_by: note.approved_by.map(|by| by.words().into()),
        epoch,
    };
    let salt = random().map_err(|_| StoreError::NoRandomness)?;
    let bytes = note.bytes.map(|bytes| HEXLOWER.encode(&bytes));
    let record = AuditRecord { open, private: PrivatePart { salt, peer: note.peer, detail: note.detail, bytes } };
    let digests = (open_digest(&record.open), private_digest(&record.private));
    let ((Some(open), Some(private)), Ok(plain)) = (digests, serde_json::to_vec(&record)) else {
        return Err(UNREADABLE);
    };
    let (last, previous) = audit::head(tx)?.unwrap_or((0, [0; 32]));
    let hash = entry_hash(last + 1, &previous, &open, &private);
    let signature = ctx.me.device.sign(LABEL_SIGNATURE, &hash);
    audit::append(tx, last + 1, &hash, &signature, &plain)
}

/// Entries, oldest first.
pub(super) async fn list(core: &Arc<Core>, query: AuditQuery) -> Result<Vec<AuditEntry>, AuditError> {
    core.read(move |tx, _| select(tx, &query)?.iter().map(|row| view(row).map_err(AuditError::from)).collect()).await
}

/// The newest entries that a query asks for, oldest first.
fn select(tx: &Tx<'_>, query: &AuditQuery) -> Result<Vec<AuditRow>, Trouble> {
    let (after, limit) = (query.after.unwrap_or(0), query.limit.unwrap_or(USUAL_PAGE));
    if query.since.is_none() && query.peer.is_none() {
        return Ok(audit::page(tx, after, limit)?);
    }
    let mut found = Vec::new();
    for row in audit::page(tx, after, usize::MAX >> 1)? {
        let record = record_of(&row)?;
        let is_new = query.since.is_none_or(|since| since.millis() <= record.open.at);
        let concerns = query.peer.as_ref().is_none_or(|peer| record.private.peer.as_ref() == Some(peer));
        // Of a time, everything after its first entry counts, whatever the clock said then: the chain stays whole.
        if (is_new || (query.peer.is_none() && !found.is_empty())) && concerns {
            found.push(row);
        }
    }
    let skip = found.len().saturating_sub(limit);
    found.drain(..skip);
    Ok(found)
}

/// The newest entry.
pub(super) fn last(tx: &Tx<'_>) -> Result<Option<AuditEntry>, Trouble> {
    audit::page(tx, 0, 1)?.first().map(view).transpose()
}

fn record_of(row: &AuditRow) -> Result<AuditRecord, Trouble> {
    serde_json::from_slice(&row.plain).map_err(|_| UNREADABLE.into())
}

fn view(row: &AuditRow) -> Result<AuditEntry, Trouble> {
    let AuditRecord { open, private } = record_of(row)?;
    Ok(AuditEntry {
        number: row.number,
        at: Timestamp::from_millis(open.at),
        event: open.event,
        peer: private.peer,
        detail: private.detail,
        bytes: private.bytes,
        approved_by: open.approved_by,
        hash: HEXLOWER.encode(&row.hash),
    })
}

fn stored_link(row: &AuditRow) -> Result<Link, Trouble> {
    let record = record_of(row)?;
    let digests = (open_digest(&record.open), private_digest(&record.private));
    let (Some(open), Some(private)) = digests else { return Err(UNREADABLE.into()) };
    let (hash, signature) = (row.hash, row.signature.clone());
    Ok(Link { number: row.number, epoch: record.open.epoch, open, private, hash, signature })
}

/// The certificates of this agent's devices, past ones included.
fn certificates(ctx: Ctx<'_>) -> Vec<Vec<u8>> {
    let devices = std::iter::once(&ctx.me.certificate).chain(&ctx.me.former);
    devices.map(|certificate| certificate.as_bytes().to_vec()).collect()
}

/// Checks every entry against the one before it and against its device's signature, and the newest against the vault.
pub(super) async fn verify(core: &Arc<Core>) -> Result<AuditReport, AuditError> {
    let kept = head::kept(core).await?;
    let report = core
        .read(move |tx, ctx| {
            let report = check_all(tx, ctx)?;
            let verdict = head::judge(tx, kept.as_ref())?;
            Ok::<_, Trouble>(report.with(verdict))
        })
        .await?;
    Ok(report)
}

pub(super) fn check_all(tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<AuditReport, StoreError> {
    let mut checker = Checker::after(*ctx.me.id(), &certificates(ctx), 0, [0; 32]);
    loop {
        let number = checker.last().0;
        let rows = audit::first_after(tx, number, CHECK_PAGE)?;
        if rows.is_empty() {
            let summary = format!("All {number} entries fit together and are signed by this agent's device.");
            return Ok(AuditReport::sound(number, summary));
        }
        for row in rows {
            let link = stored_link(&row).map_err(|_| UNREADABLE)?;
            if !checker.take(&link) {
                return Ok(AuditReport::broken_after(checker.last().0));
            }
        }
    }
}

impl AuditReport {
    fn sound(entries: u64, summary: String) -> Self {
        Self { entries, broken_at: None, rolled_back: false, kept_until: None, summary }
    }

    fn broken(entries: u64, broken_at: Option<u64>, summary: impl Into<String>) -> Self {
        let broken_at = Some(broken_at.unwrap_or(entries + 1));
        Self { entries, broken_at, rolled_back: false, kept_until: None, summary: summary.into() }
    }

    fn broken_after(number: u64) -> Self {
        let next = number + 1;
        let summary = format!("Entry {next} does not fit the one before it, or is not signed by this agent's device.");
        Self::broken(number, Some(next), summary)
    }

    /// What the vault says beside it.
    fn with(mut self, verdict: Verdict) -> Self {
        match verdict {
            Verdict::Stands(number) => self.kept_until = Some(number),
            Verdict::RolledBack(number) => {
                self.rolled_back = true;
                let more = format!(" But entry {number}, which the vault knows, is gone: an old store was put back.");
                self.summary.push_str(&more);
            }
            Verdict::Nothing => {}
        }
        self
    }
}
