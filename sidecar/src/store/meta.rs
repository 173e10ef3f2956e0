//! Single values of the store: its key check, cursors and counters.

use rusqlite::{OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::number::{int, uint};
use super::{Place, StoreError, Tx};

const TABLE: &str = "meta";
const KEY_CHECK: &str = "key_check";
const KEY_CHECK_TEXT: &[u8] = b"a2a store";

/// The mailbox sequence up to which everything was taken in.
pub(crate) const COLLECTED: &str = "collected";
/// The mailbox sequence up to which our relay deleted on our word.
pub(crate) const ACKNOWLEDGED: &str = "acknowledged";
/// When our relay last told what is in our mailbox, in milliseconds since the epoch.
pub(crate) const PULLED_AT: &str = "pulled_at";
/// How often the bearer of the local HTTP server was renewed.
pub(crate) const BEARER: &str = "bearer";
/// 1 while the desktop is told nothing.
pub(crate) const QUIET: &str = "quiet";
/// When the owner said that the recovery words are written down, in milliseconds since the epoch.
pub(crate) const WORDS_KEPT_AT: &str = "words_kept_at";
/// When a backup was last made, in milliseconds since the epoch.
pub(crate) const BACKED_UP_AT: &str = "backed_up_at";
/// Until when lanes that this store does not know stay open at our relay: a restored store may be older than they are.
pub(crate) const STRANGE_LANES_UNTIL: &str = "strange_lanes_until";
/// How often the stored identity changed its device, its epoch or its relay: processes that hold an older one write
/// nothing.
pub(crate) const GENERATION: &str = "generation";
/// As [`COLLECTED`], of the mailbox at the relay that we left.
pub(crate) const COLLECTED_LEFT: &str = "collected_left";
/// As [`ACKNOWLEDGED`], of the mailbox at the relay that we left.
pub(crate) const ACKNOWLEDGED_LEFT: &str = "acknowledged_left";
/// The last day, since the epoch, on which this store was found to be an older copy.
pub(crate) const ROLLBACK_DAY: &str = "rollback_day";
/// Whether the vault was told the newest entry of this audit log.
pub(crate) const LOG_KEPT: &str = "log_kept";
/// The entry of the audit log that the vault knew and the log had lost, once that was noted.
pub(crate) const LOG_PUT_BACK: &str = "log_put_back";
/// The highest number of our card.
pub(crate) const CARD_NUMBER: &str = "card_number";

/// 1 once the owner had the account closed, until there is one again.
pub(crate) const CLOSING: &str = "closing";
/// When a relay that accepts us no more was last asked to register us again, in milliseconds since the epoch.
pub(crate) const ASKED_AGAIN_AT: &str = "asked_again_at";

/// Tells a wrong key from damage; writes the check on first use.
pub(super) fn check_key(tx: &Tx<'_>) -> Result<(), StoreError> {
    let place = Place::record(TABLE, KEY_CHECK.as_bytes());
    match stored(tx, KEY_CHECK)? {
        None => put(tx, KEY_CHECK, &tx.seal.seal(place, KEY_CHECK_TEXT)?),
        Some(sealed) => tx.seal.open(place, &sealed).map(drop).map_err(|_| StoreError::WrongKey),
    }
}

/// A counter; 0 before it was set.
pub(crate) fn number(tx: &Tx<'_>, key: &str) -> Result<u64, StoreError> {
    let found: Option<i64> =
        tx.sql.query_row("SELECT number FROM meta WHERE key = ?1", [key], |row| row.get(0)).optional()?;
    Ok(uint(found.unwrap_or(0)))
}

/// Sets a counter.
pub(crate) fn set_number(tx: &Tx<'_>, key: &str, number: u64) -> Result<(), StoreError> {
    tx.sql.execute(
        "INSERT INTO meta (key, number) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET number = excluded.number",
        params![key, int(number)],
    )?;
    Ok(())
}

/// A sealed value; none before it was set.
pub(crate) fn record<T: DeserializeOwned>(tx: &Tx<'_>, key: &str) -> Result<Option<T>, StoreError> {
    let place = Place::record(TABLE, key.as_bytes());
    stored(tx, key)?.map(|sealed| tx.seal.open_record(place, &sealed)).transpose()
}

/// Sets a sealed value.
pub(crate) fn set_record<T: Serialize>(tx: &Tx<'_>, key: &str, value: &T) -> Result<(), StoreError> {
    let sealed = tx.seal.seal_record(Place::record(TABLE, key.as_bytes()), value)?;
    put(tx, key, &sealed)
}

/// Takes a value away; false when there was none.
pub(crate) fn remove(tx: &Tx<'_>, key: &str) -> Result<bool, StoreError> {
    Ok(tx.sql.execute("DELETE FROM meta WHERE key = ?1", [key])? > 0)
}

fn stored(tx: &Tx<'_>, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(tx.sql.query_row("SELECT record FROM meta WHERE key = ?1", [key], |row| row.get(0)).optional()?)
}

fn put(tx: &Tx<'_>, key: &str, sealed: &[u8]) -> Result<(), StoreError> {
    tx.sql.execute(
        "INSERT INTO meta (key, record) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET record = excluded.record",
        params![key, sealed],
    )?;
    Ok(())
}
