-- Gateways that announced themselves and may not be in the registry's list yet. For all databases. Words in braces:
-- store/dialect.rs.

CREATE TABLE announced_gateways (
    group_name {name} NOT NULL,
    node       {id} NOT NULL,
    admin      {name} NOT NULL,
    until_ms   {int} NOT NULL,
    PRIMARY KEY (group_name, node)
) {table};
