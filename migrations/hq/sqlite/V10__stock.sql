-- The shop at headquarters: product files; what it received, sold and counted; what its tills took.

-- Files that were uploaded to be looked at; `content` is what was read, and empty once it is applied.
CREATE TABLE shop_imports (
    id         INTEGER PRIMARY KEY,
    store      TEXT NOT NULL REFERENCES stores (code),
    who        TEXT NOT NULL,
    at         INTEGER NOT NULL,
    file       TEXT NOT NULL,
    content    TEXT NOT NULL,
    is_applied INTEGER NOT NULL DEFAULT 0 CHECK (is_applied IN (0, 1)),
    added      INTEGER NOT NULL DEFAULT 0,
    changed    INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX shop_imports_by_store ON shop_imports (store, id);

-- What a store enters of its goods: received, sold to others than families, handed out, counted. Quantities are in
-- thousandths of the product's unit; a count's is what was found.
CREATE TABLE stock_moves (
    id         INTEGER PRIMARY KEY,
    store      TEXT NOT NULL REFERENCES stores (code),
    product    TEXT NOT NULL,
    date       TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('received', 'sold', 'given', 'counted')),
    milli      INTEGER NOT NULL,
    -- Whether goods that were received were bought or donated.
    is_donated INTEGER NOT NULL DEFAULT 0 CHECK (is_donated IN (0, 1)),
    cost_fen   INTEGER,
    -- Supplier or donor.
    source     TEXT NOT NULL DEFAULT '',
    invoice    TEXT NOT NULL DEFAULT '',
    -- Families that donated goods were handed out to: how many, never who.
    households INTEGER,
    -- Of a count that differs: why.
    note       TEXT NOT NULL DEFAULT '',
    who        TEXT NOT NULL,
    at         INTEGER NOT NULL,
    -- Who struck it out; none: it counts.
    struck_by  TEXT
);
CREATE INDEX stock_moves_by_product ON stock_moves (store, product, date, id);

-- What each claim sold with help, by product and less returns: goods that left the shelf whatever became of the claim.
CREATE TABLE claim_goods (
    claim_id INTEGER NOT NULL REFERENCES claims (id),
    store    TEXT NOT NULL,
    product  TEXT NOT NULL,
    date     TEXT NOT NULL,
    milli    INTEGER NOT NULL,
    PRIMARY KEY (claim_id, product)
) WITHOUT ROWID;
CREATE INDEX claim_goods_by_product ON claim_goods (store, product, date);

-- A till's day by figure, as its day close and events say: money in fen, else how many.
CREATE TABLE till_days (
    till_id INTEGER NOT NULL REFERENCES tills (id),
    store   TEXT NOT NULL,
    till    TEXT NOT NULL,
    date    TEXT NOT NULL,
    name    TEXT NOT NULL,
    amount  INTEGER NOT NULL,
    PRIMARY KEY (till_id, date, name)
) WITHOUT ROWID;
CREATE INDEX till_days_by_store ON till_days (store, date);

-- Each price that a product of a store had, from when on (milliseconds).
CREATE TABLE shop_prices (
    id        INTEGER PRIMARY KEY,
    store     TEXT NOT NULL,
    product   TEXT NOT NULL,
    at        INTEGER NOT NULL,
    price_fen INTEGER NOT NULL
);
CREATE INDEX shop_prices_by_product ON shop_prices (store, product, at, id);

-- Prices that hold from a date on. `dropped`: the product was gone by then.
CREATE TABLE prices_to_come (
    id        INTEGER PRIMARY KEY,
    store     TEXT NOT NULL REFERENCES stores (code),
    product   TEXT NOT NULL,
    date      TEXT NOT NULL,
    price_fen INTEGER NOT NULL,
    who       TEXT NOT NULL,
    at        INTEGER NOT NULL,
    state     TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'applied', 'taken_back', 'dropped'))
);
CREATE INDEX prices_to_come_by_store ON prices_to_come (store, state, date, id);
CREATE INDEX prices_to_come_by_date ON prices_to_come (state, date, id);
