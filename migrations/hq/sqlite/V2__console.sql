-- The console: who is signed in, and what pages ask for.

-- A session is known by the digest of its token, which only the browser has.
CREATE TABLE sessions (
    digest     TEXT PRIMARY KEY,
    user       TEXT NOT NULL REFERENCES users (name),
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL
) WITHOUT ROWID;

-- Headquarters' own answer to each line, as it was when the claim came.
ALTER TABLE claims ADD COLUMN own TEXT NOT NULL DEFAULT '[]';

-- What a claim asked of each programme, and what balances count of it, in fen.
CREATE TABLE claim_programmes (
    claim_id     INTEGER NOT NULL REFERENCES claims (id),
    programme    TEXT NOT NULL,
    asked_fen    INTEGER NOT NULL,
    discount_fen INTEGER NOT NULL,
    subsidy_fen  INTEGER NOT NULL,
    purse_fen    INTEGER NOT NULL,
    PRIMARY KEY (claim_id, programme)
) WITHOUT ROWID;
CREATE INDEX claim_programmes_by_programme ON claim_programmes (programme);
CREATE INDEX audit_by_time ON audit (at);
