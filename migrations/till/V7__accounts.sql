-- The store's accounts with headquarters, as they were told last, a month at a time.
CREATE TABLE accounts (
    month      TEXT PRIMARY KEY,
    document   TEXT NOT NULL,
    fetched_at INTEGER NOT NULL
) WITHOUT ROWID;

-- What the store has to say to headquarters beside its records: that a decision is wrong, that a
-- month or a payment is right. It waits until headquarters answers.
CREATE TABLE letters (
    id     TEXT PRIMARY KEY,
    kind   TEXT NOT NULL CHECK (kind IN ('dispute', 'signature')),
    -- The claim, or the month or statement.
    about  TEXT NOT NULL,
    body   TEXT NOT NULL,
    at     INTEGER NOT NULL,
    "by"   TEXT NOT NULL,
    state  TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'taken', 'refused')),
    -- Why headquarters does not take it.
    problem TEXT
) WITHOUT ROWID;
CREATE INDEX letters_by_state ON letters (state, at);
CREATE INDEX letters_by_about ON letters (about);
