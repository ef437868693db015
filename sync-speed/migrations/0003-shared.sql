-- Several nodes on one database, requests that are repeated by their key, offlines that end, and rolling ones.
-- For all databases. Words in braces: store/dialect.rs.

-- Which node works on an entry that is not finished, and until when nobody else may.
ALTER TABLE entries ADD COLUMN owner {id} NOT NULL DEFAULT '';
ALTER TABLE entries ADD COLUMN owned_until_ms {int} NOT NULL DEFAULT 0;
-- The same request, sent again.
ALTER TABLE entries ADD COLUMN idempotency_key {name};
CREATE UNIQUE INDEX entries_by_idempotency_key ON entries (idempotency_key);
-- When an offline ends by itself.
ALTER TABLE entries ADD COLUMN expires_ms {int};
-- A rolling offline: what is planned, as JSON. Its shares are entries of their own, which name it.
ALTER TABLE entries ADD COLUMN rolling {text};
ALTER TABLE entries ADD COLUMN part_of {int};
CREATE INDEX entries_by_part_of ON entries (part_of);
-- What waiting for requests under way came to, as JSON.
ALTER TABLE entries ADD COLUMN drain {text};

-- An offline holds until an online, a newer registration, or its expiry.
ALTER TABLE entry_instances ADD COLUMN ended_ms {int};
ALTER TABLE entry_instances ADD COLUMN end_reason {text};
CREATE INDEX entry_instances_that_hold ON entry_instances (ended_ms, step);
-- What later entries have dealt with holds no longer.
UPDATE entry_instances SET ended_ms = 0, end_reason = 'a newer entry' WHERE step = 'done' AND number < (
    SELECT last FROM (SELECT app, instance_id, MAX(number) AS last FROM entry_instances WHERE step = 'done'
                      GROUP BY app, instance_id) newest
    WHERE newest.app = entry_instances.app AND newest.instance_id = entry_instances.instance_id);

-- The last number that was given to an entry, also when entries are cleared away.
CREATE TABLE numbers (
    name {name} NOT NULL PRIMARY KEY,
    last {int} NOT NULL
) {table};
INSERT INTO numbers (name, last) SELECT 'entry', COALESCE(MAX(number), 0) FROM entries;

-- One request at a time for an application, between nodes.
CREATE TABLE turns (
    app     {name} NOT NULL PRIMARY KEY,
    holder  {id} NOT NULL,
    until_ms {int} NOT NULL
) {table};
