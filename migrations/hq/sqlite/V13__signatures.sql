-- What stores signed: a month that they reconciled, or a payment that arrived.
CREATE TABLE signatures (
    id          TEXT PRIMARY KEY,
    store       TEXT NOT NULL REFERENCES stores (code),
    till        TEXT NOT NULL,
    month       TEXT,
    statement   TEXT,
    claimed_fen INTEGER NOT NULL,
    granted_fen INTEGER NOT NULL,
    "by"        TEXT NOT NULL,
    at          TEXT NOT NULL,
    note        TEXT NOT NULL,
    received_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX signatures_by_store ON signatures (store, month);
