-- The relay's memory in Postgres, first format. Nothing here names who deposited anything.
--
-- A mailbox is named by its owner's id, and every key of what belongs to it begins with it: that is what a sharded
-- Postgres distributes by. Whoever changes a mailbox locks its row in `mailbox` first, so that changes of one
-- mailbox stand in a row and those of two never wait for one another.

-- What every relay and every command must agree on.
CREATE TABLE fact (
    name text PRIMARY KEY,
    value text NOT NULL
);

-- Who has a mailbox.
CREATE TABLE account (
    mailbox bytea PRIMARY KEY,
    epoch bigint NOT NULL,
    device bytea NOT NULL,
    handle text
);

-- Look-up tables: the two ways to a mailbox that do not begin with its id.
CREATE TABLE handle (
    handle text PRIMARY KEY,
    mailbox bytea NOT NULL
);
CREATE TABLE lane_owner (
    lane bytea PRIMARY KEY,
    mailbox bytea NOT NULL
);

-- What an owner shows.
CREATE TABLE publication (
    mailbox bytea PRIMARY KEY,
    card bytea,
    card_sequence bytea,
    bundle bytea,
    bundle_sequence bytea,
    knocks_open boolean NOT NULL DEFAULT false
);

-- The counters of a mailbox: one small row, rewritten in place with every deposit.
CREATE TABLE mailbox (
    mailbox bytea PRIMARY KEY,
    last_seq bigint NOT NULL DEFAULT 0,
    acknowledged bigint NOT NULL DEFAULT 0,
    stored_bytes bigint NOT NULL DEFAULT 0,
    stored_envelopes bigint NOT NULL DEFAULT 0,
    knocks_pending bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- Lanes into mailboxes. Their keys are derived, never stored.
CREATE TABLE lane (
    mailbox bytea NOT NULL,
    lane bytea NOT NULL,
    secret_version bigint NOT NULL,
    salt bytea NOT NULL,
    mask bytea NOT NULL,
    opened_hour bigint NOT NULL,
    pending bigint NOT NULL DEFAULT 0,
    accepted bigint NOT NULL DEFAULT 0,
    -- set for an invite's lane only
    expires_at bigint,
    max_envelopes bigint,
    invite bytea,
    token_hash bytea,
    one_time bytea,
    PRIMARY KEY (mailbox, lane)
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX lane_invite ON lane (mailbox, invite) WHERE invite IS NOT NULL;
CREATE INDEX lane_expiry ON lane (mailbox, expires_at) WHERE expires_at IS NOT NULL;

-- Envelopes. No lane: front door. They are random bytes, so nothing is gained by compressing them.
CREATE TABLE envelope (
    mailbox bytea NOT NULL,
    seq bigint NOT NULL,
    lane bytea,
    hour bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (mailbox, seq)
);
ALTER TABLE envelope ALTER COLUMN body SET STORAGE EXTERNAL;

-- What was accepted, so that a late retry is told from a second envelope. Outlives the envelope.
-- A knock stands under the empty lane, its envelope id made of its hash.
CREATE TABLE accepted (
    mailbox bytea NOT NULL,
    lane bytea NOT NULL,
    envelope_id bytea NOT NULL,
    hash bytea NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (mailbox, lane, envelope_id)
);
CREATE INDEX accepted_expiry ON accepted (mailbox, expires_at);

-- Tokens that let newcomers register: hashes only, and no trace of who used one.
CREATE TABLE registration_token (
    hash bytea PRIMARY KEY,
    uses_left bigint NOT NULL,
    expires_at bigint NOT NULL
);
