-- Bytes of what came by lanes, as running sums: a chunk is judged by two rows, however many stand already. Kept by the
-- tables themselves, so that no way in or out can forget them.
ALTER TABLE mailbox ADD COLUMN blob_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lane ADD COLUMN blob_bytes INTEGER NOT NULL DEFAULT 0;
UPDATE mailbox SET blob_bytes =
    (SELECT coalesce(sum(bytes), 0) FROM record WHERE record.mailbox = mailbox.mailbox AND record.lane IS NOT NULL);
UPDATE lane SET blob_bytes =
    (SELECT coalesce(sum(bytes), 0) FROM record WHERE record.mailbox = lane.mailbox AND record.lane = lane.lane);

CREATE TRIGGER record_comes AFTER INSERT ON record WHEN NEW.lane IS NOT NULL BEGIN
    UPDATE mailbox SET blob_bytes = blob_bytes + NEW.bytes WHERE mailbox = NEW.mailbox;
    UPDATE lane SET blob_bytes = blob_bytes + NEW.bytes WHERE lane = NEW.lane AND mailbox = NEW.mailbox;
END;
CREATE TRIGGER record_goes AFTER DELETE ON record WHEN OLD.lane IS NOT NULL BEGIN
    UPDATE mailbox SET blob_bytes = blob_bytes - OLD.bytes WHERE mailbox = OLD.mailbox;
    UPDATE lane SET blob_bytes = blob_bytes - OLD.bytes WHERE lane = OLD.lane AND mailbox = OLD.mailbox;
END;
CREATE TRIGGER record_changes AFTER UPDATE OF lane, bytes ON record
WHEN OLD.lane IS NOT NULL OR NEW.lane IS NOT NULL BEGIN
    UPDATE mailbox SET blob_bytes = blob_bytes - iif(OLD.lane IS NULL, 0, OLD.bytes) + iif(NEW.lane IS NULL, 0, NEW.bytes)
        WHERE mailbox = NEW.mailbox;
    UPDATE lane SET blob_bytes = blob_bytes - OLD.bytes WHERE lane = OLD.lane AND mailbox = OLD.mailbox;
    UPDATE lane SET blob_bytes = blob_bytes + NEW.bytes WHERE lane = NEW.lane AND mailbox = NEW.mailbox;
END;
