-- What the tills of one store share, kept once: products, promotions, staff and some settings.
INSERT INTO lists (name, version) VALUES ('shop', 0);

CREATE TABLE shop (
    store   TEXT COLLATE "C" NOT NULL REFERENCES stores (code),
    kind    TEXT COLLATE "C" NOT NULL CHECK (kind IN ('product', 'promotion', 'staff', 'setting')),
    key     TEXT COLLATE "C" NOT NULL,
    -- JSON; none: it is gone, and tills are told so.
    body    TEXT COLLATE "C",
    at      TEXT COLLATE "C" NOT NULL,
    "by"    TEXT COLLATE "C" NOT NULL,
    -- Where it was entered; none: at headquarters.
    till    TEXT COLLATE "C",
    version BIGINT NOT NULL,
    PRIMARY KEY (store, kind, key)
);
CREATE INDEX shop_by_version ON shop (store, version);

-- Changes of tills that were counted, each once, with the digest of what they said.
CREATE TABLE shop_changes (
    store  TEXT COLLATE "C" NOT NULL REFERENCES stores (code),
    id     TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (store, id)
);

-- A return may come from another till of the store than the sale: the claim that it is of.
ALTER TABLE reversals ADD COLUMN claim_id BIGINT REFERENCES claims (id);
CREATE INDEX reversals_by_claim_row ON reversals (claim_id);
CREATE INDEX claims_by_sale ON claims (store, sale);
