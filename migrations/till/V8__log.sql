-- The first version made a table for it that nothing ever filled.
DROP TABLE log_heads;

-- The last head of headquarters' public log that this till verified; one a headquarters, since a
-- restored one starts its log anew.
CREATE TABLE log_heads (
    hq      TEXT PRIMARY KEY,
    size    INTEGER NOT NULL,
    root    TEXT NOT NULL,
    at      TEXT NOT NULL,
    jws     TEXT NOT NULL,
    seen_at INTEGER NOT NULL
) WITHOUT ROWID;

-- Two things that headquarters signed and that cannot both be true: the head that was verified, and
-- what it said then. Both are kept for who looks into it.
CREATE TABLE log_problems (
    hq      TEXT NOT NULL,
    kept    TEXT NOT NULL,
    told    TEXT NOT NULL,
    problem TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (hq, kept)
) WITHOUT ROWID;
