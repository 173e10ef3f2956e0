//! The log as a file that anybody can check without this machine: one JSON object a line, a signed head first.
//!
//! A redacted export says when, what and how approved, but not whom. An export about one peer holds nothing of the other
//! entries but their digests, which keep the chain whole.

use std::sync::Arc;

use a2a_proto::id::AgentId;
use a2a_proto::time::Timestamp;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde::{Deserialize, Serialize};

use super::chain::{Checker, Link, open_digest, private_digest};
use super::{record_of, stored_link};
use crate::agent::core::Core;
use crate::agent::me::Ctx;
use crate::agent::{AuditError, AuditExport, AuditQuery, AuditReport, Trouble};
use crate::store::Tx;
use crate::store::audit::{self, AuditRow, OpenPart, PrivatePart};

const VERSION: u32 = 1;
const LABEL_HEAD: &str = "a2a/1/sig/export";

/// The first line: what the file holds, under the device's signature, so that no entry can be cut off at either end.
#[derive(Serialize, Deserialize)]
struct Head {
    a2a_audit: u32,
    agent_id: AgentId,
    exported_at: Timestamp,
    epoch: u32,
    after: u64,
    after_hash: String,
    last: u64,
    last_hash: String,
    certificates: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct SignedHead {
    head: Head,
    signature: String,
}

/// An entry; what is left out stands as a digest.
#[derive(Serialize, Deserialize)]
struct Line {
    number: u64,
    epoch: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    open: Option<OpenPart>,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    private: Option<PrivatePart>,
    #[serde(skip_serializing_if = "Option::is_none")]
    private_digest: Option<String>,
    hash: String,
    signature: String,
}

/// The lines of an export.
pub(in crate::agent) async fn export(core: &Arc<Core>, wanted: AuditExport) -> Result<Vec<String>, AuditError> {
    core.read(move |tx, ctx| export_in(tx, ctx, &wanted).map_err(AuditError::from)).await
}

/// The same, in a transaction.
pub(in crate::agent) fn export_in(tx: &Tx<'_>, ctx: Ctx<'_>, wanted: &AuditExport) -> Result<Vec<String>, Trouble> {
    let query = AuditQuery { peer: None, limit: Some(usize::MAX), ..wanted.query.clone() };
    let rows = super::select(tx, &query)?;
    let previous = match rows.first() {
        Some(first) => audit::hash_of(tx, first.number - 1)?.unwrap_or([0; 32]),
        None => [0; 32],
    };
    let after = rows.first().map_or(0, |first| first.number - 1);
    let (last, last_hash) = rows.last().map_or((after, previous), |row| (row.number, row.hash));
    let head = Head {
        a2a_audit: VERSION,
        agent_id: *ctx.me.id(),
        exported_at: ctx.now,
        epoch: ctx.me.certificate.epoch(),
        after,
        after_hash: HEXLOWER.encode(&previous),
        last,
        last_hash: HEXLOWER.encode(&last_hash),
        certificates: super::certificates(ctx).iter().map(|bytes| BASE64URL_NOPAD.encode(bytes)).collect(),
    };
    let signature = ctx.me.device.sign(LABEL_HEAD, &bytes(&head)?);
    let mut lines = vec![text(&SignedHead { head, signature: BASE64URL_NOPAD.encode(&signature) })?];
    for row in &rows {
        lines.push(text(&line(row, wanted)?)?);
    }
    Ok(lines)
}

fn line(row: &AuditRow, wanted: &AuditExport) -> Result<Line, Trouble> {
    let (record, link) = (record_of(row)?, stored_link(row)?);
    let concerned = wanted.query.peer.as_ref().is_none_or(|peer| record.private.peer.as_ref() == Some(peer));
    let shows_private = concerned && !wanted.redacted;
    Ok(Line {
        number: row.number,
        epoch: record.open.epoch,
        open_digest: (!concerned).then(|| HEXLOWER.encode(&link.open)),
        open: concerned.then_some(record.open),
        private_digest: (!shows_private).then(|| HEXLOWER.encode(&link.private)),
        private: shows_private.then_some(record.private),
        hash: HEXLOWER.encode(&row.hash),
        signature: BASE64URL_NOPAD.encode(&row.signature),
    })
}

fn bytes(value: &impl Serialize) -> Result<Vec<u8>, Trouble> {
    serde_json::to_vec(value).map_err(|_| Trouble::Internal("an export cannot be written"))
}

fn text(value: &impl Serialize) -> Result<String, Trouble> {
    String::from_utf8(bytes(value)?).map_err(|_| Trouble::Internal("an export cannot be written"))
}

/// Checks an exported file; needs nothing but the file.
pub(in crate::agent) fn verify(file: &str) -> Result<AuditReport, AuditError> {
    let mut lines = file.lines();
    let first = lines.next().and_then(|line| serde_json::from_str::<SignedHead>(line).ok());
    let SignedHead { head, signature } = first.ok_or(AuditError::NotAnExport)?;
    if head.a2a_audit != VERSION {
        return Err(AuditError::NotAnExport);
    }
    let certificates: Vec<Vec<u8>> = head.certificates.iter().filter_map(|text| base64(text)).collect();
    let after_hash = hex(&head.after_hash).ok_or(AuditError::NotAnExport)?;
    let mut checker = Checker::after(head.agent_id, &certificates, head.after, after_hash);
    let signature = base64(&signature).unwrap_or_default();
    if !checker.is_signed(head.epoch, LABEL_HEAD, &bytes(&head)?, &signature) {
        return Ok(AuditReport::broken(
            head.after,
            None,
            "The file's first line is not signed by that agent's device.",
        ));
    }
    for line in lines {
        let link = serde_json::from_str::<Line>(line).ok().and_then(|line| link(&line));
        if !link.is_some_and(|link| checker.take(&link)) {
            return Ok(AuditReport::broken_after(checker.last().0));
        }
    }
    let (number, hash) = checker.last();
    if (number, Some(hash)) != (head.last, hex(&head.last_hash)) {
        return Ok(AuditReport::broken(number, Some(number + 1), "Entries at the end are missing."));
    }
    Ok(AuditReport::sound(
        number - head.after,
        format!("All {} entries fit together and are signed by the agent {}.", number - head.after, checker.agent()),
    ))
}

fn link(line: &Line) -> Option<Link> {
    let open = match (&line.open, &line.open_digest) {
        (Some(part), None) if part.epoch == line.epoch => open_digest(part)?,
        (None, Some(digest)) => hex(digest)?,
        _ => return None,
    };
    let private = match (&line.private, &line.private_digest) {
        (Some(part), None) => private_digest(part)?,
        (None, Some(digest)) => hex(digest)?,
        _ => return None,
    };
    let (hash, signature) = (hex(&line.hash)?, base64(&line.signature)?);
    Some(Link { number: line.number, epoch: line.epoch, open, private, hash, signature })
}

fn hex(text: &str) -> Option<[u8; 32]> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

fn base64(text: &str) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(text.as_bytes()).ok()
}
