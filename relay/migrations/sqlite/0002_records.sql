-- What an owner keeps here beside mail, by shelf: attachments' chunks, a webhook, places in listings.
CREATE TABLE record (
    mailbox INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    shelf INTEGER NOT NULL,
    key BLOB NOT NULL,
    -- the lane that it came by, where it came by one
    lane BLOB,
    bytes INTEGER NOT NULL,
    expires_at INTEGER,
    value BLOB NOT NULL
);
CREATE UNIQUE INDEX record_key ON record (mailbox, shelf, key);
CREATE INDEX record_holders ON record (shelf, key, mailbox) WHERE lane IS NULL;
CREATE INDEX record_bytes ON record (mailbox, shelf, lane, bytes);
CREATE INDEX record_expiry ON record (expires_at) WHERE expires_at IS NOT NULL;
