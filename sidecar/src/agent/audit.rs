//! The audit log: every decision, chained by hash and signed by the device, so that none can be changed unseen.
//!
//! Entry hash = SHA-256(LP(label) ‖ number u64 ‖ hash of the entry before ‖ LP(entry as JSON)); the device signs it under
//! a label of its own. The log's head is sealed with the rows; who can restore an old copy of the whole home can hide
//! its newest entries, which a backup's copy of the head would show.

use std::sync::Arc;

use a2a_proto::codec::Writer;
use a2a_proto::time::Timestamp;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::core::Core;
use super::me::Ctx;
use super::{ApprovedBy, AuditEntry, AuditError, AuditQuery, AuditReport, Trouble};
use crate::store::audit::{self, AuditRecord, AuditRow};
use crate::store::{StoreError, Tx};

const LABEL_ENTRY: &str = "a2a/1/audit/entry";
const LABEL_SIGNATURE: &str = "a2a/1/sig/audit";
const USUAL_PAGE: usize = 100;
const CHECK_PAGE: usize = 500;

/// What to note.
#[derive(Debug, Clone, Default)]
pub(super) struct Note {
    event: &'static str,
    peer: Option<String>,
    detail: Option<String>,
    approved_by: Option<ApprovedBy>,
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

    /// How the owner approved it.
    pub(super) fn by(mut self, by: ApprovedBy) -> Self {
        self.approved_by = Some(by);
        self
    }
}

/// Appends a note, in the transaction of what it is about.
pub(super) fn note(tx: &Tx<'_>, ctx: Ctx<'_>, note: Note) -> Result<(), StoreError> {
    let record = AuditRecord {
        at: ctx.now.millis(),
        event: note.event.into(),
        peer: note.peer,
        detail: note.detail,
        approved_by: note.approved_by.map(|by| by.words().into()),
    };
    let plain = serde_json::to_vec(&record).map_err(|_| StoreError::Unreadable { table: "audit" })?;
    let (last, previous) = audit::head(tx)?.unwrap_or((0, [0; 32]));
    let hash = entry_hash(last + 1, &previous, &plain);
    let signature = ctx.me.device.sign(LABEL_SIGNATURE, &hash);
    audit::append(tx, last + 1, &hash, &signature, &plain)
}

fn entry_hash(number: u64, previous: &[u8; 32], plain: &[u8]) -> [u8; 32] {
    let mut writer = Writer::label(LABEL_ENTRY);
    writer.u64(number).fixed(previous).lp(plain);
    Sha256::digest(writer.as_slice()).into()
}

/// Entries, oldest first.
pub(super) async fn list(core: &Arc<Core>, query: AuditQuery) -> Result<Vec<AuditEntry>, AuditError> {
    let (after, limit) = (query.after.unwrap_or(0), query.limit.unwrap_or(USUAL_PAGE));
    let rows = core.read(move |tx, _| audit::page(tx, after, limit).map_err(Trouble::from)).await?;
    Ok(rows.iter().map(view).collect::<Result<_, _>>()?)
}

/// The newest entry.
pub(super) fn last(tx: &Tx<'_>) -> Result<Option<AuditEntry>, Trouble> {
    audit::page(tx, 0, 1)?.first().map(view).transpose()
}

fn view(row: &AuditRow) -> Result<AuditEntry, Trouble> {
    let record: AuditRecord =
        serde_json::from_slice(&row.plain).map_err(|_| Trouble::from(StoreError::Unreadable { table: "audit" }))?;
    Ok(AuditEntry {
        number: row.number,
        at: Timestamp::from_millis(record.at),
        event: record.event,
        peer: record.peer,
        detail: record.detail,
        approved_by: record.approved_by,
        hash: HEXLOWER.encode(&row.hash),
    })
}

/// Checks every entry against the one before it and against the device's signature.
pub(super) async fn verify(core: &Arc<Core>) -> Result<AuditReport, AuditError> {
    let report = core.read(|tx, ctx| check_all(tx, ctx).map_err(Trouble::from)).await?;
    Ok(report)
}

pub(super) fn check_all(tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<AuditReport, StoreError> {
    let (mut number, mut previous) = (0, [0; 32]);
    loop {
        let rows = audit::first_after(tx, number, CHECK_PAGE)?;
        if rows.is_empty() {
            return Ok(report(number, None));
        }
        for row in rows {
            if !fits(ctx, &row, number + 1, &previous) {
                return Ok(report(number, Some(number + 1)));
            }
            (number, previous) = (row.number, row.hash);
        }
    }
}

fn fits(ctx: Ctx<'_>, row: &AuditRow, number: u64, previous: &[u8; 32]) -> bool {
    let Ok(signature) = <[u8; 64]>::try_from(row.signature.as_slice()) else {
        return false;
    };
    row.number == number
        && row.hash == entry_hash(number, previous, &row.plain)
        && is_signed(ctx, &row.hash, &signature)
}

/// By this device, or by one before it.
fn is_signed(ctx: Ctx<'_>, hash: &[u8; 32], signature: &[u8; 64]) -> bool {
    let mut devices = std::iter::once(&ctx.me.certificate).chain(&ctx.me.former);
    devices.any(|certificate| certificate.device().verify(LABEL_SIGNATURE, hash, signature).is_ok())
}

fn report(entries: u64, broken_at: Option<u64>) -> AuditReport {
    let summary = match broken_at {
        None => format!("All {entries} entries fit together and are signed by this device."),
        Some(number) => format!("Entry {number} does not fit the one before it, or is not signed by this device."),
    };
    AuditReport { entries, broken_at, summary }
}
