-- How many names are remembered, of a mailbox and of each lane: what bounds them, in rows that every deposit rewrites anyway.
ALTER TABLE mailbox ADD COLUMN names INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lane ADD COLUMN names INTEGER NOT NULL DEFAULT 0;
UPDATE mailbox SET names = (SELECT count(*) FROM accepted WHERE accepted.mailbox = mailbox.mailbox);
UPDATE lane SET names =
    (SELECT count(*) FROM accepted WHERE accepted.mailbox = lane.mailbox AND accepted.lane = lane.lane);
