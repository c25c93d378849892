-- The till's own database. Money is in fen, quantities in thousandths, times in milliseconds UTC.
-- No ID number, name or address of a person is ever written here.

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE staff (
    code     TEXT PRIMARY KEY,
    role     TEXT NOT NULL CHECK (role IN ('cashier', 'manager')),
    pin_hash TEXT NOT NULL
) WITHOUT ROWID;

-- What the store sells, at its own prices. The code is 'barcode:' and GTIN-14, or 'plu:' and PLU.
CREATE TABLE products (
    code          TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    spec          TEXT NOT NULL,
    unit_name     TEXT NOT NULL,
    unit          TEXT NOT NULL CHECK (unit IN ('piece', 'kg', 'jin')),
    content_milli INTEGER CHECK (content_milli > 0),
    product_group TEXT NOT NULL,
    price_fen     INTEGER NOT NULL CHECK (price_fen >= 0),
    tax_rate      TEXT NOT NULL
) WITHOUT ROWID;

-- What came down from headquarters, list by list.
CREATE TABLE lists (
    name       TEXT PRIMARY KEY,
    version    INTEGER NOT NULL,
    issued_at  INTEGER NOT NULL,
    applied_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE listed_products (
    code          TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    unit          TEXT NOT NULL,
    content_milli INTEGER,
    product_group TEXT NOT NULL,
    tax_rate      TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE programmes (
    code     TEXT NOT NULL,
    version  INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (code, version)
) WITHOUT ROWID;

CREATE TABLE roster (
    digest TEXT PRIMARY KEY,
    sealed BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE balances (
    household TEXT NOT NULL,
    person    TEXT NOT NULL DEFAULT '',
    programme TEXT NOT NULL,
    limit_id  TEXT NOT NULL,
    period    TEXT NOT NULL,
    used_milli INTEGER NOT NULL,
    PRIMARY KEY (household, person, programme, limit_id, period)
) WITHOUT ROWID;

CREATE TABLE decisions (
    claim    TEXT PRIMARY KEY,
    document TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE shifts (
    id           INTEGER PRIMARY KEY,
    staff        TEXT NOT NULL,
    opened_at    INTEGER NOT NULL,
    float_fen    INTEGER NOT NULL CHECK (float_fen >= 0),
    closed_at    INTEGER,
    counted_fen  INTEGER,
    expected_fen INTEGER
);
CREATE UNIQUE INDEX one_open_shift ON shifts (closed_at IS NULL) WHERE closed_at IS NULL;

CREATE TABLE days (
    business_date TEXT PRIMARY KEY,
    closed_at     INTEGER NOT NULL,
    sums          TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE sales (
    id            INTEGER PRIMARY KEY,
    uuid          TEXT NOT NULL UNIQUE,
    number        TEXT NOT NULL UNIQUE,
    shift_id      INTEGER NOT NULL REFERENCES shifts (id),
    cashier       TEXT NOT NULL,
    started_at    INTEGER NOT NULL,
    at            INTEGER NOT NULL,
    business_date TEXT NOT NULL,
    gross_fen     INTEGER NOT NULL,
    promotion_fen INTEGER NOT NULL,
    discount_fen  INTEGER NOT NULL,
    subsidy_fen   INTEGER NOT NULL,
    concession_fen INTEGER NOT NULL,
    net_fen       INTEGER NOT NULL,
    purse_fen     INTEGER NOT NULL,
    due_fen       INTEGER NOT NULL,
    change_fen    INTEGER NOT NULL CHECK (change_fen >= 0),
    rounding_fen  INTEGER NOT NULL,
    claimed       INTEGER NOT NULL CHECK (claimed IN (0, 1)),
    household     TEXT,
    person        TEXT,
    receipt       TEXT NOT NULL,
    CHECK (gross_fen = net_fen + discount_fen + promotion_fen),
    CHECK (discount_fen = subsidy_fen + concession_fen),
    CHECK (due_fen = net_fen - purse_fen)
);
CREATE INDEX sales_by_date ON sales (business_date);
CREATE INDEX sales_by_shift ON sales (shift_id);

CREATE TABLE sale_lines (
    sale_id        INTEGER NOT NULL REFERENCES sales (id),
    line           INTEGER NOT NULL,
    code           TEXT NOT NULL,
    name           TEXT NOT NULL,
    spec           TEXT NOT NULL,
    unit_name      TEXT NOT NULL,
    unit           TEXT NOT NULL,
    content_milli  INTEGER,
    product_group  TEXT NOT NULL,
    unit_price_fen INTEGER NOT NULL,
    quantity_milli INTEGER NOT NULL CHECK (quantity_milli > 0),
    amount_fen     INTEGER,
    gross_fen      INTEGER NOT NULL,
    promotion_fen  INTEGER NOT NULL,
    programme      TEXT,
    version        INTEGER,
    discount_fen   INTEGER NOT NULL,
    subsidy_fen    INTEGER NOT NULL,
    net_fen        INTEGER NOT NULL,
    purses         TEXT NOT NULL,
    uses           TEXT NOT NULL,
    reason         TEXT NOT NULL,
    entry          TEXT NOT NULL,
    at             INTEGER NOT NULL,
    PRIMARY KEY (sale_id, line),
    CHECK (gross_fen = net_fen + discount_fen + promotion_fen)
) WITHOUT ROWID;

CREATE TABLE tenders (
    sale_id    INTEGER NOT NULL REFERENCES sales (id),
    n          INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    amount_fen INTEGER NOT NULL CHECK (amount_fen >= 0),
    reference  TEXT,
    PRIMARY KEY (sale_id, n)
) WITHOUT ROWID;

CREATE TABLE returns (
    id            INTEGER PRIMARY KEY,
    uuid          TEXT NOT NULL UNIQUE,
    number        TEXT NOT NULL UNIQUE,
    sale_id       INTEGER NOT NULL REFERENCES sales (id),
    shift_id      INTEGER NOT NULL REFERENCES shifts (id),
    cashier       TEXT NOT NULL,
    at            INTEGER NOT NULL,
    business_date TEXT NOT NULL,
    reason        TEXT NOT NULL,
    refund_fen    INTEGER NOT NULL,
    reversed      INTEGER NOT NULL CHECK (reversed IN (0, 1)),
    receipt       TEXT NOT NULL
);
CREATE INDEX returns_by_sale ON returns (sale_id);

CREATE TABLE return_lines (
    return_id      INTEGER NOT NULL REFERENCES returns (id),
    line           INTEGER NOT NULL,
    quantity_milli INTEGER NOT NULL CHECK (quantity_milli > 0),
    parts          TEXT NOT NULL,
    discount_fen   INTEGER NOT NULL,
    subsidy_fen    INTEGER NOT NULL,
    paid_fen       INTEGER NOT NULL,
    purse_fen      INTEGER NOT NULL,
    PRIMARY KEY (return_id, line)
) WITHOUT ROWID;

CREATE TABLE parked (
    n     INTEGER PRIMARY KEY,
    at    INTEGER NOT NULL,
    lines TEXT NOT NULL
);

CREATE TABLE audit (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    staff  TEXT,
    action TEXT NOT NULL,
    detail TEXT NOT NULL
);

-- Paper. A job whose first byte went out is never sent again by itself.
CREATE TABLE print_jobs (
    id         INTEGER PRIMARY KEY,
    number     TEXT NOT NULL,
    copy       INTEGER NOT NULL,
    bytes      BLOB NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'uncertain')),
    created_at INTEGER NOT NULL,
    problem    TEXT
);
CREATE INDEX open_print_jobs ON print_jobs (state) WHERE state IN ('queued', 'sending');

-- The signed chain.
CREATE TABLE epochs (
    n                INTEGER PRIMARY KEY,
    epoch            TEXT NOT NULL UNIQUE,
    kid              TEXT NOT NULL,
    first_prev       TEXT NOT NULL,
    closed           INTEGER NOT NULL DEFAULT 0 CHECK (closed IN (0, 1)),
    receipts         INTEGER NOT NULL DEFAULT 0,
    answered_through INTEGER NOT NULL DEFAULT 0,
    answered_hash    TEXT
);
CREATE UNIQUE INDEX one_open_epoch ON epochs (closed) WHERE closed = 0;

CREATE TABLE records (
    id          INTEGER PRIMARY KEY,
    epoch       TEXT NOT NULL REFERENCES epochs (epoch),
    seq         INTEGER NOT NULL CHECK (seq > 0),
    uuid        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    hash        TEXT NOT NULL UNIQUE,
    jws         TEXT NOT NULL,
    at          INTEGER NOT NULL,
    claimed_fen INTEGER NOT NULL,
    -- Fetched from headquarters, because this database had lost it.
    adopted     INTEGER NOT NULL DEFAULT 0 CHECK (adopted IN (0, 1)),
    UNIQUE (epoch, seq, adopted)
);
CREATE INDEX records_by_uuid ON records (uuid);

-- Records without a receipt. A row goes when headquarters' receipt for it has come, and only then.
CREATE TABLE outbox (
    record_id  INTEGER PRIMARY KEY REFERENCES records (id),
    created_at INTEGER NOT NULL
);

-- What own records used of limits, until balances from headquarters count them.
CREATE TABLE movements (
    id        INTEGER PRIMARY KEY,
    record_id INTEGER NOT NULL REFERENCES records (id),
    household TEXT NOT NULL,
    person    TEXT NOT NULL,
    programme TEXT NOT NULL,
    limit_id  TEXT NOT NULL,
    period    TEXT NOT NULL,
    milli     INTEGER NOT NULL,
    counted   INTEGER NOT NULL DEFAULT 0 CHECK (counted IN (0, 1))
);
CREATE INDEX uncounted_movements ON movements (household) WHERE counted = 0;

-- Quotas held at headquarters while a family shops; filled once holds are answered.
CREATE TABLE holds (
    id         TEXT PRIMARY KEY,
    claim      TEXT NOT NULL,
    body       TEXT NOT NULL,
    answer     TEXT,
    expires_at INTEGER
) WITHOUT ROWID;

-- Heads of the public log that this till saw.
CREATE TABLE log_heads (
    size    INTEGER PRIMARY KEY,
    root    TEXT NOT NULL,
    jws     TEXT NOT NULL,
    seen_at INTEGER NOT NULL
);
