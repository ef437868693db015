-- More outcomes: SQLite cannot change a CHECK, so both tables are written anew.
-- entry_instances: 'uncertain', the registry may have done it. entry_nodes: 'rejected', asked again although the node
-- answered that it will not; 'passed-over', the order ended with the registration that it named.

CREATE TABLE entry_instances_new (
    number        INTEGER NOT NULL REFERENCES entries (number) ON DELETE CASCADE,
    app           TEXT NOT NULL,
    instance_id   TEXT NOT NULL,
    ip            TEXT NOT NULL,
    port          INTEGER NOT NULL,
    service_up_ms INTEGER NOT NULL,
    status_before TEXT NOT NULL,
    status        TEXT NOT NULL,
    step          TEXT NOT NULL CHECK (step IN
        ('pending', 'done', 'refused', 'uncertain', 'rolled-back', 'passed-over', 'skipped')),
    detail        TEXT,
    PRIMARY KEY (number, app, instance_id)
) STRICT, WITHOUT ROWID;
INSERT INTO entry_instances_new
    SELECT number, app, instance_id, ip, port, service_up_ms, status_before, status, step, detail FROM entry_instances;
DROP TABLE entry_instances;
ALTER TABLE entry_instances_new RENAME TO entry_instances;
CREATE INDEX entry_instances_by_instance ON entry_instances (app, instance_id, number);

CREATE TABLE entry_nodes_new (
    number      INTEGER NOT NULL REFERENCES entries (number) ON DELETE CASCADE,
    node        TEXT NOT NULL,
    group_name  TEXT NOT NULL,
    app         TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    address     TEXT,
    outcome     TEXT NOT NULL CHECK (outcome IN
        ('pending', 'retrying', 'rejected', 'applied', 'superseded', 'passed-over', 'gone', 'refused', 'gave-up')),
    detail      TEXT,
    attempts    INTEGER NOT NULL,
    latency_us  INTEGER,
    PRIMARY KEY (number, node, group_name, app, instance_id)
) STRICT, WITHOUT ROWID;
INSERT INTO entry_nodes_new
    SELECT number, node, group_name, app, instance_id, address, outcome, detail, attempts, latency_us FROM entry_nodes;
DROP TABLE entry_nodes;
ALTER TABLE entry_nodes_new RENAME TO entry_nodes;

