//! The tables, as a list of steps; `user_version` says how many were taken.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

const STEPS: &[&str] = &[FIRST, WAITING];

const FIRST: &str = "
CREATE TABLE meta (
    key TEXT PRIMARY KEY, number INTEGER, record BLOB
) STRICT;
CREATE TABLE identity (
    id INTEGER PRIMARY KEY CHECK (id = 1), record BLOB NOT NULL
) STRICT;
CREATE TABLE prekeys (
    id INTEGER PRIMARY KEY, bundle_hash BLOB NOT NULL UNIQUE, created_at INTEGER NOT NULL, not_after INTEGER NOT NULL,
    published INTEGER NOT NULL DEFAULT 0, record BLOB NOT NULL
) STRICT;
CREATE TABLE invites (
    invite_id BLOB PRIMARY KEY, state TEXT NOT NULL, expires_at INTEGER NOT NULL, record BLOB NOT NULL
) STRICT;
CREATE TABLE peers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, tag BLOB NOT NULL UNIQUE, name_tag BLOB NOT NULL UNIQUE,
    state TEXT NOT NULL, last_contact INTEGER, record BLOB NOT NULL
) STRICT;
CREATE TABLE sessions (
    sid BLOB PRIMARY KEY, peer INTEGER NOT NULL REFERENCES peers(id) ON DELETE CASCADE,
    used_at INTEGER NOT NULL, record BLOB NOT NULL
) STRICT;
CREATE INDEX sessions_by_peer ON sessions(peer);
CREATE TABLE lanes (
    tag BLOB PRIMARY KEY, peer INTEGER REFERENCES peers(id), invite_id BLOB,
    state TEXT NOT NULL, expires_at INTEGER, record BLOB NOT NULL
) STRICT;
CREATE INDEX lanes_by_peer ON lanes(peer);
CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, peer INTEGER NOT NULL REFERENCES peers(id), direction INTEGER NOT NULL,
    message_id BLOB NOT NULL, epoch INTEGER NOT NULL, number INTEGER NOT NULL, place INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL, sent_at INTEGER NOT NULL, stored_at INTEGER NOT NULL, reply_to BLOB, digest BLOB NOT NULL,
    queued_at INTEGER, reason TEXT, lease_until INTEGER NOT NULL DEFAULT 0, lease_by BLOB, record BLOB NOT NULL,
    UNIQUE (peer, direction, message_id)
) STRICT;
CREATE INDEX messages_by_place ON messages(peer, place, epoch, number, id);
CREATE INDEX messages_by_name ON messages(message_id);
CREATE INDEX messages_by_answer ON messages(peer, reply_to) WHERE reply_to IS NOT NULL;
CREATE INDEX messages_unread ON messages(direction, state) WHERE state = 'unread';
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, envelope_id BLOB NOT NULL UNIQUE,
    peer INTEGER NOT NULL REFERENCES peers(id) ON DELETE CASCADE, route TEXT NOT NULL,
    message INTEGER REFERENCES messages(id), attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt INTEGER NOT NULL, lease_until INTEGER NOT NULL DEFAULT 0, lease_by BLOB, reason TEXT,
    created_at INTEGER NOT NULL, envelope BLOB NOT NULL
) STRICT;
CREATE INDEX outbox_by_peer ON outbox(peer, id);
CREATE TABLE attachments (
    message INTEGER NOT NULL REFERENCES messages(id), place INTEGER NOT NULL, peer INTEGER NOT NULL REFERENCES peers(id),
    state TEXT NOT NULL, done INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, next_attempt INTEGER NOT NULL,
    record BLOB NOT NULL, PRIMARY KEY (message, place)
) STRICT;
CREATE INDEX attachments_by_state ON attachments(state, next_attempt);
CREATE TABLE tasks (
    key TEXT PRIMARY KEY, attempts INTEGER NOT NULL DEFAULT 0, next_attempt INTEGER NOT NULL,
    lease_until INTEGER NOT NULL DEFAULT 0, record BLOB NOT NULL
) STRICT;
CREATE TABLE requests (
    request_id TEXT PRIMARY KEY, tag BLOB NOT NULL UNIQUE, kind TEXT NOT NULL, received_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, record BLOB NOT NULL
) STRICT;
CREATE TABLE replays (
    key BLOB PRIMARY KEY, expires_at INTEGER NOT NULL
) STRICT;
CREATE TABLE held (
    hash BLOB PRIMARY KEY, received_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, peer INTEGER,
    why TEXT NOT NULL, envelope BLOB NOT NULL
) STRICT;
CREATE TABLE receipts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, peer INTEGER NOT NULL REFERENCES peers(id) ON DELETE CASCADE,
    kind INTEGER NOT NULL, message_id BLOB NOT NULL, digest BLOB NOT NULL, due_at INTEGER NOT NULL,
    UNIQUE (peer, kind, message_id)
) STRICT;
CREATE TABLE pending (
    id TEXT PRIMARY KEY, digest BLOB NOT NULL, state TEXT NOT NULL, created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, record BLOB NOT NULL
) STRICT;
CREATE INDEX pending_by_digest ON pending(digest);
CREATE TABLE undo (
    id BLOB PRIMARY KEY, peer INTEGER NOT NULL REFERENCES peers(id) ON DELETE CASCADE,
    until INTEGER NOT NULL, record BLOB NOT NULL
) STRICT;
CREATE INDEX undo_by_peer ON undo(peer);
CREATE TABLE copies (
    message INTEGER PRIMARY KEY, peer INTEGER NOT NULL REFERENCES peers(id) ON DELETE CASCADE, at INTEGER NOT NULL,
    record BLOB NOT NULL
) STRICT;
CREATE INDEX copies_by_age ON copies(at);
CREATE TABLE spent (
    id INTEGER PRIMARY KEY, peer INTEGER NOT NULL REFERENCES peers(id) ON DELETE CASCADE, at INTEGER NOT NULL,
    bytes INTEGER NOT NULL
) STRICT;
CREATE INDEX spent_by_peer ON spent(peer, at);
CREATE TABLE guards (
    peer INTEGER PRIMARY KEY REFERENCES peers(id) ON DELETE CASCADE, record BLOB NOT NULL
) STRICT;
CREATE TABLE notices (
    key TEXT PRIMARY KEY, at INTEGER NOT NULL, record BLOB NOT NULL
) STRICT;
CREATE TABLE cards (
    peer INTEGER PRIMARY KEY REFERENCES peers(id) ON DELETE CASCADE, at INTEGER NOT NULL, record BLOB NOT NULL
) STRICT;
CREATE TABLE peer_capabilities (
    peer INTEGER PRIMARY KEY REFERENCES peers(id) ON DELETE CASCADE, record BLOB NOT NULL
) STRICT;
CREATE TABLE told (
    peer INTEGER PRIMARY KEY REFERENCES peers(id) ON DELETE CASCADE, number INTEGER NOT NULL
) STRICT;
CREATE TRIGGER a_new_session_was_told_nothing AFTER INSERT ON sessions BEGIN
    UPDATE told SET number = 0 WHERE peer = NEW.peer;
END;
CREATE TABLE audit (
    number INTEGER PRIMARY KEY, hash BLOB NOT NULL, signature BLOB NOT NULL, record BLOB NOT NULL
) STRICT;
CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'append only'); END;
";

/// What waits is counted by every page and every `a2a_whoami`, without reading all mail.
const WAITING: &str = "
CREATE INDEX messages_waiting ON messages(peer) WHERE direction = 2 AND state = 'waiting';
";

/// How many steps this program knows.
const KNOWN: i64 = STEPS.len() as i64;

/// An error when another program has taken this store further: it may mean something else by what stands there.
pub(super) fn still_known(sql: &Connection) -> Result<(), StoreError> {
    match sql.pragma_query_value(None, "user_version", |row| row.get(0))? {
        found if found > KNOWN => Err(StoreError::Newer { found, known: KNOWN }),
        _ => Ok(()),
    }
}

/// Takes the steps that this store has not taken, all or none.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let sql = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = sql.pragma_query_value(None, "user_version", |row| row.get(0))?;
    still_known(&sql)?;
    for step in STEPS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        sql.execute_batch(step)?;
    }
    sql.pragma_update(None, "user_version", KNOWN)?;
    Ok(sql.commit()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrating_twice_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        migrate(&mut connection).unwrap();
    }

    #[test]
    fn a_newer_store_is_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(migrate(&mut connection), Err(StoreError::Newer { found: 99, .. })));
    }

    #[test]
    fn the_audit_log_cannot_be_rewritten() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        connection.execute("INSERT INTO audit VALUES (1, x'00', x'00', x'00')", []).unwrap();
        assert!(connection.execute("UPDATE audit SET hash = x'01'", []).is_err());
        assert!(connection.execute("DELETE FROM audit", []).is_err());
    }

    #[test]
    fn what_waits_and_what_is_unread_is_counted_without_reading_all_mail() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        for (condition, index) in [
            ("direction = 2 AND state = 'waiting'", "messages_waiting"),
            ("direction = 1 AND state = 'unread'", "messages_unread"),
        ] {
            let plan = format!(
                "EXPLAIN QUERY PLAN SELECT count(*) FROM messages WHERE {condition} AND (?1 IS NULL OR peer = ?1)"
            );
            let how: String = connection.query_row(&plan, [None::<i64>], |row| row.get("detail")).unwrap();
            assert!(how.contains(index), "{condition}: {how}");
        }
    }
}
