//! SQLite keeps the store's promises, and the settings that they rest on.

use super::*;
use crate::store::conformance::{QUOTAS, conforms};

fn fresh() -> (tempfile::TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("relay.db"), QUOTAS).unwrap();
    (folder, store)
}

conforms!(Some(fresh()));

/// A commit waits for the disk, and nothing deleted lingers: everything else here rests on these.
#[tokio::test]
async fn a_commit_waits_for_the_disk() {
    let (_folder, store) = fresh();
    let setting = async |name: &'static str| {
        let read = move |connection: &rusqlite::Connection| {
            connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, rusqlite::types::Value>(0))
        };
        format!("{:?}", store.writer.commit(read).await.unwrap())
    };
    for (name, expected) in [
        ("synchronous", "Integer(2)"),
        ("journal_mode", "Text(\"wal\")"),
        ("wal_autocheckpoint", "Integer(0)"),
        ("secure_delete", "Integer(1)"),
        ("foreign_keys", "Integer(1)"),
        ("auto_vacuum", "Integer(2)"),
    ] {
        assert_eq!(setting(name).await, expected, "{name}");
    }
}

/// A sweep gives the room of what was deleted back to the disk, not one page of it.
#[tokio::test]
async fn free_pages_go_back_to_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let quotas = Quotas { mailbox_bytes: u64::MAX, ..QUOTAS };
    let store = SqliteStore::open(&folder.path().join("relay.db"), quotas).unwrap();
    let lane = crate::store::conformance::a_lane(&store).await;
    let mailbox = store.lane(lane).await.unwrap().unwrap().mailbox;
    for byte in 1..=4 {
        let large = Bytes::from(vec![byte; 60_000]);
        let deposit = Deposit { envelope: large, ..crate::store::conformance::a_deposit(lane, byte) };
        store.deposit(deposit).await.unwrap();
    }
    store.acknowledge(mailbox, 4).await.unwrap();
    let free = async || {
        let count = |connection: &rusqlite::Connection| {
            connection.query_row("PRAGMA freelist_count", [], |row| row.get::<_, i64>(0))
        };
        store.readers.read(count).await.unwrap()
    };
    assert!(free().await > 20);
    store.sweep(Timestamp::EPOCH).await.unwrap();
    assert_eq!(free().await, 0);
}

/// Whoever acknowledged hears nothing of what is left to delete, so nobody but the sweep would go on with it.
#[tokio::test]
async fn an_acknowledgement_that_was_cut_off_is_finished_by_the_sweep() {
    let folder = tempfile::tempdir().unwrap();
    let size: usize = 2 * 1024 * 1024;
    let quotas = Quotas { mailbox_bytes: 4 * size as u64, ..QUOTAS };
    let store = SqliteStore::open(&folder.path().join("relay.db"), quotas).unwrap();
    let lane = crate::store::conformance::a_lane(&store).await;
    let mailbox = store.lane(lane).await.unwrap().unwrap().mailbox;
    let large = |byte, length| Deposit {
        envelope: Bytes::from(vec![byte; length]),
        ..crate::store::conformance::a_deposit(lane, byte)
    };
    for byte in 1..=4 {
        assert_eq!(store.deposit(large(byte, size)).await.unwrap(), Deposited::Stored(mailbox));
    }
    // The first of its commits, and then the caller is gone.
    let first = move |connection: &rusqlite::Connection| mailboxes::acknowledge(connection, &mailbox, u64::MAX);
    assert!(store.writer.commit_anyway(first).await.unwrap(), "nothing was left to delete");
    assert_eq!(store.deposit(large(5, 4 * size)).await.unwrap(), Deposited::MailboxFull);
    while store.sweep(Timestamp::EPOCH).await.unwrap().more {}
    assert_eq!(store.deposit(large(5, 4 * size)).await.unwrap(), Deposited::Stored(mailbox));
    // Nothing was taken that arrived after it.
    assert_eq!(store.collect(mailbox, 0, 9).await.unwrap().envelopes.len(), 1);
    assert_eq!(store.sweep(Timestamp::EPOCH).await.unwrap(), Swept::default());
}

/// The writer must not sum up all that stands for each chunk that comes.
#[tokio::test]
async fn a_chunk_is_judged_by_running_sums_that_stay_true() {
    let (_folder, store) = fresh();
    crate::store::conformance::blobs_are_bounded_by_lane_and_by_mailbox(&store).await;
    let off = |connection: &rusqlite::Connection| {
        let off =
            "SELECT (SELECT count(*) FROM mailbox WHERE blob_bytes <> (SELECT coalesce(sum(bytes), 0) FROM record))
            + (SELECT count(*) FROM lane WHERE blob_bytes <>
                (SELECT coalesce(sum(bytes), 0) FROM record WHERE record.lane = lane.lane))";
        let kept = "SELECT blob_bytes FROM mailbox";
        let number = |query| connection.query_row(query, [], |row| row.get::<_, i64>(0));
        Ok((number(off)?, number(kept)?))
    };
    let (off_now, kept) = store.readers.read(off).await.unwrap();
    assert!(off_now == 0 && kept > 0, "{off_now} of the sums are off");
    while store.sweep(Timestamp::from_millis(u64::MAX >> 1)).await.unwrap().more {}
    assert_eq!(store.readers.read(off).await.unwrap(), (0, 0));
    // Not a record stands; the sums say so.
    let lane = LaneId::from_bytes([7; 16]);
    let mailbox = store.lane(lane).await.unwrap().unwrap().mailbox;
    let full = |connection: &rusqlite::Connection| connection.execute("UPDATE mailbox SET blob_bytes = 1 << 40", []);
    store.writer.commit(full).await.unwrap();
    let chunk = NewRecord {
        shelf: Shelf::Blob,
        key: Bytes::from_static(b"chunk"),
        lane: Some(lane),
        value: Bytes::from_static(b"sealed"),
        replaces: None,
        expires_at: None,
        now: Timestamp::EPOCH,
    };
    assert_eq!(store.put_record(mailbox, chunk).await.unwrap(), Put::ShelfFull);
}

#[test]
fn a_store_of_a_newer_relay_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    drop(SqliteStore::open(&path, QUOTAS).unwrap());
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 1000).unwrap();
    let newer = SqliteStore::open(&path, QUOTAS).err().unwrap();
    assert!(matches!(newer, OpenStoreError::Newer { found: 1000, .. }), "{newer}");
}

#[test]
fn the_lock_is_held_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    let first = StoreLock::take(&path).unwrap();
    assert!(matches!(StoreLock::take(&path), Err(OpenStoreError::InUse { .. })));
    drop(first);
    StoreLock::take(&path).unwrap();
}

#[test]
fn the_lock_tells_whether_the_last_relay_was_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    let clean = StoreLock::take(&path).unwrap();
    assert!(!clean.was_cut_off());
    drop(clean);
    std::mem::forget(StoreLock::take(&path).unwrap());
    // The file was left as a killed process leaves it; its lock is this process's still, so a copy is looked at.
    let copy = folder.path().join("copy.db");
    std::fs::copy(folder.path().join("relay.db.lock"), folder.path().join("copy.db.lock")).unwrap();
    let after = StoreLock::take(&copy).unwrap();
    assert!(after.was_cut_off());
    drop(after);
    assert!(!StoreLock::take(&copy).unwrap().was_cut_off());
}

#[test]
fn a_file_that_is_no_store_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    std::fs::write(&path, vec![b'x'; 8192]).unwrap();
    assert!(matches!(SqliteStore::open(&path, QUOTAS), Err(OpenStoreError::Database { .. })));
}

/// Every row of an owner goes with the account, whatever table a later format adds.
#[tokio::test]
async fn no_row_outlives_its_account() {
    let (_folder, store) = fresh();
    crate::store::conformance::quotas_hold_and_are_given_back(&store).await;
    let agents =
        |connection: &rusqlite::Connection| connection.query_row("SELECT agent FROM account", [], columns::agent);
    let agent = store.readers.read(agents).await.unwrap();
    store.close_account(agent).await.unwrap();
    for table in ["account", "publication", "mailbox", "lane", "envelope", "accepted", "record"] {
        let count = move |connection: &rusqlite::Connection| {
            connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0))
        };
        assert_eq!(store.readers.read(count).await.unwrap(), 0, "{table}");
    }
}

/// A backup reads for as long as it takes; commits go on meanwhile.
#[tokio::test]
async fn a_long_reader_holds_up_no_commit() {
    let (folder, store) = fresh();
    let lane = crate::store::conformance::a_lane(&store).await;
    let deposit = async |byte| store.deposit(crate::store::conformance::a_deposit(lane, byte)).await.unwrap();
    deposit(1).await;
    let reader = rusqlite::Connection::open(folder.path().join("relay.db")).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM envelope").unwrap();
    // Long enough for a log that rests to be cut off.
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    let waited = tokio::time::timeout(std::time::Duration::from_secs(3), deposit(2)).await;
    waited.expect("the commit waited for the reader");
}

/// Closing goes in slices; what many slices hold is gone in the end, and counted as gone.
#[tokio::test]
async fn a_lane_and_an_account_with_many_names_close() {
    let (_folder, store) = fresh();
    let lane = crate::store::conformance::a_lane(&store).await;
    let mailbox = store.lane(lane).await.unwrap().unwrap().mailbox;
    let other = crate::store::conformance::second_lane(&store).await;
    for lane in [lane, other] {
        let fill = move |connection: &rusqlite::Connection| {
            connection.execute(
                "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 5000)
                 INSERT INTO accepted (mailbox, lane, envelope_id, hash, expires_at)
                 SELECT mailbox, lane, CAST(printf('%016d', n) AS BLOB), zeroblob(32), 1 << 60
                 FROM number, lane WHERE lane = ?1",
                [lane.as_bytes()],
            )?;
            connection.execute("UPDATE lane SET names = names + 5000 WHERE lane = ?1", [lane.as_bytes()])?;
            connection.execute("UPDATE mailbox SET names = names + 5000", [])
        };
        store.writer.commit(fill).await.unwrap();
    }
    let names = async || {
        let count = |connection: &rusqlite::Connection| {
            let counts = "SELECT (SELECT count(*) FROM accepted), (SELECT coalesce(sum(names), 0) FROM mailbox)";
            connection.query_row(counts, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
        };
        store.readers.read(count).await.unwrap()
    };
    assert_eq!(names().await, (10_000, 10_000));
    store.close_lane(mailbox, lane).await.unwrap();
    assert_eq!(names().await, (5_000, 5_000));
    store.close_account(mailbox).await.unwrap();
    assert_eq!(names().await, (0, 0));
}
