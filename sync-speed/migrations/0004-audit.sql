-- Who asked for what, from where, and what came of it: one row for each request that meant to change something.
-- For all databases. Words in braces: store/dialect.rs.

CREATE TABLE audit (
    -- Rises with time: the moment, the process, a count.
    id         {name} NOT NULL PRIMARY KEY,
    at_ms      {int} NOT NULL,
    -- Nobody, where the credentials were not right.
    caller     {id},
    address    {name} NOT NULL,
    proxy      {name},
    -- Method and path.
    action     {text} NOT NULL,
    kind       {name},
    target     {text},
    reason     {text},
    status     {int} NOT NULL,
    -- A state, or the word of the refusal.
    outcome    {name} NOT NULL,
    -- In the journal.
    entry      {name},
    -- Refused requests before this one that were counted and not written.
    suppressed {int} NOT NULL
) {table};
CREATE INDEX audit_by_time ON audit (at_ms);
