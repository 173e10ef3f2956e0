-- The relay's memory, first format. Nothing here names who deposited anything.

-- What an operator's commands need to know of the running relay.
CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- Who has a mailbox. AUTOINCREMENT: a closed account's number names nobody else later.
CREATE TABLE account (
    mailbox INTEGER PRIMARY KEY AUTOINCREMENT,
    agent BLOB NOT NULL UNIQUE,
    epoch INTEGER NOT NULL,
    device BLOB NOT NULL,
    handle TEXT UNIQUE
);

-- What an owner shows. Apart from the account, whose row is read on every request of its owner.
CREATE TABLE publication (
    mailbox INTEGER PRIMARY KEY REFERENCES account ON DELETE CASCADE,
    card BLOB,
    card_sequence BLOB,
    bundle BLOB,
    bundle_sequence BLOB,
    knocks_open INTEGER NOT NULL DEFAULT 0
);

-- The counters of a mailbox: one small row, rewritten with every deposit.
CREATE TABLE mailbox (
    mailbox INTEGER PRIMARY KEY REFERENCES account ON DELETE CASCADE,
    last_seq INTEGER NOT NULL DEFAULT 0,
    acknowledged INTEGER NOT NULL DEFAULT 0,
    stored_bytes INTEGER NOT NULL DEFAULT 0,
    stored_envelopes INTEGER NOT NULL DEFAULT 0,
    knocks_pending INTEGER NOT NULL DEFAULT 0
);

-- Lanes into mailboxes. Their keys are derived, never stored.
CREATE TABLE lane (
    lane BLOB PRIMARY KEY,
    mailbox INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    secret_version INTEGER NOT NULL,
    salt BLOB NOT NULL,
    mask BLOB NOT NULL,
    opened_hour INTEGER NOT NULL,
    pending INTEGER NOT NULL DEFAULT 0,
    accepted INTEGER NOT NULL DEFAULT 0,
    -- set for an invite's lane only
    expires_at INTEGER,
    max_envelopes INTEGER,
    invite BLOB,
    token_hash BLOB,
    one_time BLOB
) WITHOUT ROWID;
CREATE INDEX lane_mailbox ON lane (mailbox);
CREATE UNIQUE INDEX lane_invite ON lane (mailbox, invite) WHERE invite IS NOT NULL;
CREATE INDEX lane_expiry ON lane (expires_at) WHERE expires_at IS NOT NULL;

-- Envelopes in the order of their arrival, so that the oldest are found at the beginning. No lane: front door.
CREATE TABLE envelope (
    mailbox INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    lane BLOB,
    hour INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE UNIQUE INDEX envelope_seq ON envelope (mailbox, seq);

-- What was accepted, so that a late retry is told from a second envelope. Outlives the envelope.
-- A knock stands under the empty lane, its envelope id made of its hash.
CREATE TABLE accepted (
    mailbox INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    lane BLOB NOT NULL,
    envelope_id BLOB NOT NULL,
    hash BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (mailbox, lane, envelope_id)
) WITHOUT ROWID;
CREATE INDEX accepted_expiry ON accepted (expires_at);

-- Tokens that let newcomers register: hashes only, and no trace of who used one.
CREATE TABLE registration_token (
    hash BLOB PRIMARY KEY,
    uses_left INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
