-- What stores signed: a month that they reconciled, or a payment that arrived.
CREATE TABLE signatures (
    id          TEXT COLLATE "C" PRIMARY KEY,
    store       TEXT COLLATE "C" NOT NULL REFERENCES stores (code),
    till        TEXT COLLATE "C" NOT NULL,
    month       TEXT COLLATE "C",
    statement   TEXT COLLATE "C",
    claimed_fen BIGINT NOT NULL,
    granted_fen BIGINT NOT NULL,
    "by"        TEXT COLLATE "C" NOT NULL,
    at          TEXT COLLATE "C" NOT NULL,
    note        TEXT COLLATE "C" NOT NULL,
    received_at BIGINT NOT NULL
);
CREATE INDEX signatures_by_store ON signatures (store, month);
