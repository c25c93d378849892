-- The public log: an RFC 9162 tree whose leaves are the records, in the order of their rows.
DROP TABLE log_leaves;

-- Hashes of every fifth level of the tree, 32 neighbours to a row: what a proof needs lies in two or
-- three rows a level, and a single record writes one.
CREATE TABLE log_tiles (
    level  BIGINT NOT NULL,
    idx    BIGINT NOT NULL,
    hashes BYTEA NOT NULL,
    PRIMARY KEY (level, idx)
);

-- Which leaf a record is: they go on together, and a run begins where a row's number was left out.
CREATE TABLE log_runs (
    first_record BIGINT PRIMARY KEY,
    first_leaf   BIGINT NOT NULL
);
