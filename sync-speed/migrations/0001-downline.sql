-- The downline journal and the table of gateway groups. Times: epoch milliseconds; latencies: microseconds.

CREATE TABLE gateway_groups (
    app        TEXT NOT NULL,
    group_name TEXT NOT NULL,
    PRIMARY KEY (app, group_name)
) STRICT, WITHOUT ROWID;

-- One row per request. The number rises with every entry: gateways order by it.
CREATE TABLE entries (
    number     INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL CHECK (kind IN ('offline', 'online')),
    request    TEXT NOT NULL,
    caller     TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('recorded', 'notifying', 'done', 'partial', 'failed')),
    note       TEXT,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX entries_by_state ON entries (state, number);

CREATE TABLE entry_instances (
    number        INTEGER NOT NULL REFERENCES entries (number) ON DELETE CASCADE,
    app           TEXT NOT NULL,
    instance_id   TEXT NOT NULL,
    ip            TEXT NOT NULL,
    port          INTEGER NOT NULL,
    service_up_ms INTEGER NOT NULL,
    status_before TEXT NOT NULL,
    status        TEXT NOT NULL,
    step          TEXT NOT NULL CHECK (step IN ('pending', 'done', 'refused', 'rolled-back', 'passed-over', 'skipped')),
    detail        TEXT,
    PRIMARY KEY (number, app, instance_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX entry_instances_by_instance ON entry_instances (app, instance_id, number);

CREATE TABLE entry_nodes (
    number      INTEGER NOT NULL REFERENCES entries (number) ON DELETE CASCADE,
    node        TEXT NOT NULL,
    group_name  TEXT NOT NULL,
    app         TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    address     TEXT,
    outcome     TEXT NOT NULL CHECK (outcome IN
        ('pending', 'retrying', 'applied', 'superseded', 'gone', 'refused', 'gave-up')),
    detail      TEXT,
    attempts    INTEGER NOT NULL,
    latency_us  INTEGER,
    PRIMARY KEY (number, node, group_name, app, instance_id)
) STRICT, WITHOUT ROWID;

