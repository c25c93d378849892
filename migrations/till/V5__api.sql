-- What another till's program asked for through the local API. The id is the one of the claim or the
-- reversal that it made; the hash of the body tells the same request from another one.
CREATE TABLE api_calls (
    id        TEXT PRIMARY KEY,
    kind      TEXT NOT NULL CHECK (kind IN ('claim', 'reversal')),
    body_hash TEXT NOT NULL,
    at        INTEGER NOT NULL
) WITHOUT ROWID;
