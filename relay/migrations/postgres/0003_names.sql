-- How many names are remembered, of a mailbox and of each lane: what bounds them, in rows that every deposit rewrites
-- anyway. A relay of the format before this one does not count what it remembers and forgets meanwhile.
ALTER TABLE mailbox ADD COLUMN names bigint NOT NULL DEFAULT 0;
ALTER TABLE lane ADD COLUMN names bigint NOT NULL DEFAULT 0;
UPDATE mailbox SET names = known.count
    FROM (SELECT mailbox, count(*) AS count FROM accepted GROUP BY mailbox) AS known
    WHERE known.mailbox = mailbox.mailbox;
UPDATE lane SET names = known.count
    FROM (SELECT mailbox, lane, count(*) AS count FROM accepted GROUP BY mailbox, lane) AS known
    WHERE known.mailbox = lane.mailbox AND known.lane = lane.lane;
