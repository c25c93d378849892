-- The console: who is signed in, and what pages ask for.

-- A session is known by the digest of its token, which only the browser has.
CREATE TABLE sessions (
    digest     TEXT COLLATE "C" PRIMARY KEY,
    "user"     TEXT COLLATE "C" NOT NULL REFERENCES users (name),
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);

-- Headquarters' own answer to each line, as it was when the claim came.
ALTER TABLE claims ADD COLUMN own TEXT COLLATE "C" NOT NULL DEFAULT '[]';

-- What a claim asked of each programme, and what balances count of it, in fen.
CREATE TABLE claim_programmes (
    claim_id     BIGINT NOT NULL REFERENCES claims (id),
    programme    TEXT COLLATE "C" NOT NULL,
    asked_fen    BIGINT NOT NULL,
    discount_fen BIGINT NOT NULL,
    subsidy_fen  BIGINT NOT NULL,
    purse_fen    BIGINT NOT NULL,
    PRIMARY KEY (claim_id, programme)
);
CREATE INDEX claim_programmes_by_programme ON claim_programmes (programme);
CREATE INDEX audit_by_time ON audit (at);
