-- Headquarters' database. Money is in fen, quantities in thousandths, times in milliseconds UTC.
-- Columns that end in _enc are sealed with the key of the key file; columns that end in _mac are
-- keyed hashes, by which a number can be found but not read.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- The newest version of each list.
CREATE TABLE lists (
    name    TEXT PRIMARY KEY,
    version INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO lists (name, version)
VALUES ('roster', 0), ('programmes', 0), ('products', 0), ('balances', 0), ('decisions', 0);

CREATE TABLE users (
    name          TEXT PRIMARY KEY,
    role          TEXT NOT NULL,
    store         TEXT,
    district      TEXT,
    password_hash TEXT NOT NULL,
    created_at    INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE stores (
    code           TEXT PRIMARY KEY,
    name           TEXT NOT NULL,
    district       TEXT NOT NULL,
    serves         TEXT NOT NULL,
    roster_key_enc BLOB NOT NULL,
    roster_quarter TEXT NOT NULL,
    created_at     INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE tills (
    id         INTEGER PRIMARY KEY,
    store      TEXT NOT NULL REFERENCES stores (code),
    till       TEXT NOT NULL,
    last_total_fen INTEGER NOT NULL DEFAULT 0,
    last_at    INTEGER NOT NULL DEFAULT 0,
    last_close TEXT NOT NULL DEFAULT '',
    heard_from INTEGER,
    -- Two epochs came with the same 'before': two machines go on as this till.
    cloned     INTEGER NOT NULL DEFAULT 0 CHECK (cloned IN (0, 1)),
    UNIQUE (store, till)
);

CREATE TABLE till_keys (
    kid        TEXT PRIMARY KEY,
    till_id    INTEGER NOT NULL REFERENCES tills (id),
    jwk        TEXT NOT NULL,
    -- pending: enrolled, not used yet; current; replaced: by a later enrolment; revoked: by people.
    state      TEXT NOT NULL CHECK (state IN ('pending', 'current', 'replaced', 'revoked')),
    created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX till_keys_by_till ON till_keys (till_id);

CREATE TABLE enrolments (
    code_hash  TEXT PRIMARY KEY,
    till_id    INTEGER NOT NULL REFERENCES tills (id),
    created_at INTEGER NOT NULL,
    kid        TEXT,
    epoch      TEXT
) WITHOUT ROWID;

CREATE TABLE households (
    id           TEXT PRIMARY KEY,
    external_mac TEXT NOT NULL UNIQUE,
    external_enc BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE persons (
    id         TEXT PRIMARY KEY,
    number_mac TEXT NOT NULL UNIQUE,
    number_enc BLOB NOT NULL
) WITHOUT ROWID;

-- What stands for each number, computed once: Argon2id costs tens of milliseconds.
CREATE TABLE credentials (
    mac   TEXT PRIMARY KEY,
    s_mac TEXT NOT NULL UNIQUE,
    s_enc BLOB NOT NULL
) WITHOUT ROWID;

-- One row a person and household, with its history by roster version.
CREATE TABLE members (
    id           INTEGER PRIMARY KEY,
    person       TEXT NOT NULL REFERENCES persons (id),
    household    TEXT NOT NULL REFERENCES households (id),
    relation     TEXT NOT NULL,
    proxy        INTEGER NOT NULL CHECK (proxy IN (0, 1)),
    name_masked  TEXT NOT NULL,
    private_enc  BLOB NOT NULL,
    number_mac   TEXT NOT NULL,
    card_mac     TEXT,
    size         INTEGER NOT NULL,
    category     TEXT NOT NULL,
    district     TEXT NOT NULL,
    home_store   TEXT,
    tags         TEXT NOT NULL,
    status       TEXT NOT NULL,
    valid_from   TEXT NOT NULL,
    valid_to     TEXT,
    from_version INTEGER NOT NULL,
    to_version   INTEGER
);
CREATE UNIQUE INDEX current_members ON members (person, household) WHERE to_version IS NULL;
CREATE INDEX members_by_household ON members (household);
CREATE INDEX members_by_number ON members (number_mac) WHERE to_version IS NULL;
CREATE INDEX members_by_card ON members (card_mac) WHERE to_version IS NULL AND card_mac IS NOT NULL;

CREATE TABLE roster_versions (
    version      INTEGER PRIMARY KEY,
    published_at INTEGER NOT NULL
);

-- Each store's sealed roster, ready to be sent.
CREATE TABLE roster_items (
    store   TEXT NOT NULL REFERENCES stores (code),
    mac     TEXT NOT NULL,
    digest  TEXT NOT NULL,
    sealed  BLOB NOT NULL,
    content TEXT NOT NULL,
    version INTEGER NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
    PRIMARY KEY (store, mac)
) WITHOUT ROWID;

CREATE TABLE funds (
    code       TEXT PRIMARY KEY,
    budget_fen INTEGER
) WITHOUT ROWID;

CREATE TABLE programmes (
    code         TEXT NOT NULL,
    version      INTEGER NOT NULL,
    document     TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    list_version INTEGER NOT NULL,
    PRIMARY KEY (code, version)
) WITHOUT ROWID;

CREATE TABLE products (
    code         TEXT PRIMARY KEY,
    document     TEXT NOT NULL,
    product_group TEXT NOT NULL,
    list_version INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE epochs (
    till_id INTEGER NOT NULL REFERENCES tills (id),
    epoch   TEXT NOT NULL,
    n       INTEGER NOT NULL,
    through INTEGER NOT NULL DEFAULT 0,
    hash    TEXT,
    -- What its first record says of the epoch before it.
    before  TEXT,
    closed  INTEGER NOT NULL DEFAULT 0 CHECK (closed IN (0, 1)),
    PRIMARY KEY (till_id, epoch)
) WITHOUT ROWID;

CREATE TABLE records (
    id          INTEGER PRIMARY KEY,
    till_id     INTEGER NOT NULL REFERENCES tills (id),
    epoch       TEXT NOT NULL,
    seq         INTEGER NOT NULL,
    uuid        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    hash        TEXT NOT NULL,
    jws         TEXT NOT NULL,
    branch      INTEGER NOT NULL CHECK (branch IN (0, 1)),
    outcome     TEXT NOT NULL,
    reasons     TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    UNIQUE (till_id, hash)
);
CREATE UNIQUE INDEX chain_records ON records (till_id, epoch, seq) WHERE branch = 0;
CREATE INDEX records_by_uuid ON records (uuid);

CREATE TABLE claims (
    id            INTEGER PRIMARY KEY,
    record_id     INTEGER NOT NULL UNIQUE REFERENCES records (id),
    uuid          TEXT NOT NULL,
    till_id       INTEGER NOT NULL REFERENCES tills (id),
    store         TEXT NOT NULL,
    till          TEXT NOT NULL,
    sale          TEXT,
    business_date TEXT,
    household     TEXT,
    person        TEXT,
    state         TEXT NOT NULL,
    reasons       TEXT NOT NULL,
    totals        TEXT NOT NULL,
    granted       TEXT NOT NULL,
    -- What balances count of each line, and what a return divides.
    posted        TEXT NOT NULL,
    heard         TEXT NOT NULL,
    batch         TEXT,
    version       INTEGER NOT NULL
);
CREATE INDEX claims_by_uuid ON claims (uuid);
CREATE INDEX claims_by_store ON claims (store, business_date);
CREATE INDEX claims_by_version ON claims (store, version);
CREATE INDEX claims_by_household ON claims (household);

-- What a claim gave since its till last heard, and what of it exceeded a limit that others used:
-- both are bounded by the offline amount.
CREATE TABLE offline_uses (
    claim_id   INTEGER NOT NULL REFERENCES claims (id),
    programme  TEXT NOT NULL,
    given_fen  INTEGER NOT NULL,
    excess_fen INTEGER NOT NULL,
    PRIMARY KEY (claim_id, programme)
) WITHOUT ROWID;

CREATE TABLE reversals (
    id        INTEGER PRIMARY KEY,
    record_id INTEGER NOT NULL UNIQUE REFERENCES records (id),
    of_uuid   TEXT NOT NULL,
    till_id   INTEGER NOT NULL,
    state     TEXT NOT NULL,
    lines     TEXT NOT NULL
);
CREATE INDEX reversals_by_claim ON reversals (of_uuid);

CREATE TABLE movements (
    id        INTEGER PRIMARY KEY,
    record_id INTEGER NOT NULL REFERENCES records (id),
    till_id   INTEGER NOT NULL,
    household TEXT NOT NULL,
    person    TEXT NOT NULL,
    programme TEXT NOT NULL,
    limit_id  TEXT NOT NULL,
    period    TEXT NOT NULL,
    money     INTEGER NOT NULL CHECK (money IN (0, 1)),
    milli     INTEGER NOT NULL
);
CREATE INDEX movements_by_household ON movements (household, programme, limit_id, period);
CREATE INDEX movements_by_record ON movements (record_id);

CREATE TABLE balances (
    household  TEXT NOT NULL,
    person     TEXT NOT NULL,
    programme  TEXT NOT NULL,
    limit_id   TEXT NOT NULL,
    period     TEXT NOT NULL,
    money      INTEGER NOT NULL CHECK (money IN (0, 1)),
    used_milli INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    PRIMARY KEY (household, person, programme, limit_id, period)
) WITHOUT ROWID;

-- Households whose balances a store gets: its own, and those that it served.
CREATE TABLE store_households (
    store     TEXT NOT NULL REFERENCES stores (code),
    household TEXT NOT NULL,
    version   INTEGER NOT NULL,
    year      TEXT NOT NULL,
    PRIMARY KEY (store, household)
) WITHOUT ROWID;

-- Quotas held while a family shops; filled once holds are answered.
CREATE TABLE holds (
    id         TEXT PRIMARY KEY,
    till_id    INTEGER NOT NULL REFERENCES tills (id),
    claim      TEXT NOT NULL,
    household  TEXT NOT NULL,
    body       TEXT NOT NULL,
    answer     TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    state      TEXT NOT NULL
) WITHOUT ROWID;

-- Leaves of the public log, in commit order; filled once the log is kept.
CREATE TABLE log_leaves (
    leaf      INTEGER PRIMARY KEY,
    record_id INTEGER UNIQUE REFERENCES records (id),
    hash      TEXT NOT NULL
);

CREATE TABLE audit (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    who    TEXT NOT NULL,
    action TEXT NOT NULL,
    detail TEXT NOT NULL
);
