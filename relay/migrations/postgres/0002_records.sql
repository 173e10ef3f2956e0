-- What an owner keeps here beside mail, by shelf: attachments' chunks, a webhook, places in listings.
CREATE TABLE record (
    -- a relay of the format before this one closes accounts too, and does not know this table
    mailbox bytea NOT NULL REFERENCES mailbox ON DELETE CASCADE,
    shelf integer NOT NULL,
    key bytea NOT NULL,
    -- the lane that it came by, where it came by one
    lane bytea,
    bytes bigint NOT NULL,
    expires_at bigint,
    value bytea NOT NULL,
    PRIMARY KEY (mailbox, shelf, key)
);
ALTER TABLE record ALTER COLUMN value SET STORAGE EXTERNAL;
CREATE INDEX record_holders ON record (shelf, key, mailbox) WHERE lane IS NULL;
CREATE INDEX record_expiry ON record (mailbox, expires_at) WHERE expires_at IS NOT NULL;
