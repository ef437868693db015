-- MySQL and PostgreSQL begin here: what SQLite's first two migrations add up to. Words in braces: store/dialect.rs.

CREATE TABLE gateway_groups (
    app        {name} NOT NULL,
    group_name {name} NOT NULL,
    PRIMARY KEY (app, group_name)
) {table};

-- One row per request. The number rises with every entry: gateways order by it.
CREATE TABLE entries (
    number     {int} NOT NULL PRIMARY KEY,
    id         {name} NOT NULL UNIQUE,
    kind       {name} NOT NULL CHECK (kind IN ('offline', 'online')),
    request    {text} NOT NULL,
    caller     {name} NOT NULL,
    state      {name} NOT NULL CHECK (state IN ('recorded', 'notifying', 'done', 'partial', 'failed')),
    note       {text},
    created_ms {int} NOT NULL,
    updated_ms {int} NOT NULL
) {table};
CREATE INDEX entries_by_state ON entries (state, number);

CREATE TABLE entry_instances (
    number        {int} NOT NULL,
    app           {name} NOT NULL,
    instance_id   {id} NOT NULL,
    ip            {name} NOT NULL,
    port          {int} NOT NULL,
    service_up_ms {int} NOT NULL,
    status_before {name} NOT NULL,
    status        {name} NOT NULL,
    step          {name} NOT NULL CHECK (step IN
        ('pending', 'done', 'refused', 'uncertain', 'rolled-back', 'passed-over', 'skipped')),
    detail        {text},
    PRIMARY KEY (number, app, instance_id),
    FOREIGN KEY (number) REFERENCES entries (number) ON DELETE CASCADE
) {table};
CREATE INDEX entry_instances_by_instance ON entry_instances (app, instance_id, number);

CREATE TABLE entry_nodes (
    number      {int} NOT NULL,
    node        {id} NOT NULL,
    group_name  {name} NOT NULL,
    app         {name} NOT NULL,
    instance_id {id} NOT NULL,
    address     {name},
    outcome     {name} NOT NULL CHECK (outcome IN
        ('pending', 'retrying', 'rejected', 'applied', 'superseded', 'passed-over', 'gone', 'refused', 'gave-up')),
    detail      {text},
    attempts    {int} NOT NULL,
    latency_us  {int},
    PRIMARY KEY (number, node, group_name, app, instance_id),
    FOREIGN KEY (number) REFERENCES entries (number) ON DELETE CASCADE
) {table};
