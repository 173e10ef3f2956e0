//! What is known of the backup that our relay keeps. One sealed value; none while the owner has not turned it on.

use a2a_proto::address::RelayAuthority;
use a2a_proto::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use super::{StoreError, Tx, audit, backup, meta};

const KEY: &str = "kept_backup";

/// The backup at our relay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptRecord {
    /// The newest one that stands there.
    pub(crate) last: Option<Last>,
    /// Versions whose parts may stand there, beside that of the head: uploads that were cut off.
    pub(crate) begun: Vec<([u8; 16], u32)>,
    /// Until when one process is making another.
    pub(crate) claimed_until: Option<Timestamp>,
    /// Why the last attempt failed, if it did.
    #[serde(default, deserialize_with = "readable")]
    pub(crate) failure: Option<Failed>,
}

/// An attempt that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failed {
    /// Why, in our words.
    pub(crate) why: String,
    /// Since when none has succeeded.
    pub(crate) since: Timestamp,
}

/// A failure as it is written today, else none: it stood there as text once, and the next attempt writes it anew.
fn readable<'de, D: Deserializer<'de>>(stored: D) -> Result<Option<Failed>, D::Error> {
    Ok(serde_json::from_value(serde_json::Value::deserialize(stored)?).unwrap_or_default())
}

impl KeptRecord {
    /// The same once an attempt failed: what failed before it counts, unless the clock was set back meanwhile.
    pub(crate) fn failed(self, why: String, now: Timestamp) -> Self {
        let before = self.failure.map(|failed| failed.since).filter(|since| *since <= now);
        Self { claimed_until: None, failure: Some(Failed { why, since: before.unwrap_or(now) }), ..self }
    }
}

/// Forgets where the newest stands: the relay may not have it any more.
pub(crate) fn forget_last(tx: &Tx<'_>) -> Result<(), StoreError> {
    match load(tx)? {
        Some(record) => save(tx, &KeptRecord { last: None, ..record }),
        None => Ok(()),
    }
}

/// A backup that the relay said is on its disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Last {
    /// Where.
    pub(crate) relay: RelayAuthority,
    /// The moment it shows.
    pub(crate) at: Timestamp,
    /// How large it is, as the relay sees it.
    pub(crate) bytes: u64,
    /// How far the store was.
    pub(crate) mark: Mark,
}

/// How far a store is: two that are equal have nothing new between them that a backup should hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// The newest entry of the audit log.
    entry: u64,
    /// How many messages there are.
    messages: u64,
}

/// How far the store is now.
pub(crate) fn mark(tx: &Tx<'_>) -> Result<Mark, StoreError> {
    Ok(Mark { entry: audit::head(tx)?.map_or(0, |(number, _)| number), messages: backup::messages(tx)? })
}

/// What is known, where the owner turned it on.
pub(crate) fn load(tx: &Tx<'_>) -> Result<Option<KeptRecord>, StoreError> {
    meta::record(tx, KEY)
}

/// Writes it down.
pub(crate) fn save(tx: &Tx<'_>, record: &KeptRecord) -> Result<(), StoreError> {
    meta::set_record(tx, KEY, record)
}

/// Turns it off; false when it was not on.
pub(crate) fn remove(tx: &Tx<'_>) -> Result<bool, StoreError> {
    meta::remove(tx, KEY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_whose_failure_is_text_is_read() {
        let (_folder, store) = crate::store::testing::store();
        let begun = vec![([7u8; 16], 3u32)];
        let before = json!({ "last": null, "begun": begun, "claimed_until": null, "failure": "no room" });
        store.write_blocking(|tx| meta::set_record(tx, KEY, &before)).unwrap();
        let record = store.write_blocking(load).unwrap().unwrap();
        assert_eq!(record, KeptRecord { begun, ..KeptRecord::default() });
        let failed = record.failed("no room".into(), Timestamp::from_secs(7));
        store.write_blocking(|tx| save(tx, &failed)).unwrap();
        assert_eq!(store.write_blocking(load).unwrap(), Some(failed));
    }
}
