-- What the tills of one store share, kept once: products, promotions, staff and some settings.
INSERT INTO lists (name, version) VALUES ('shop', 0);

CREATE TABLE shop (
    store   TEXT NOT NULL REFERENCES stores (code),
    kind    TEXT NOT NULL CHECK (kind IN ('product', 'promotion', 'staff', 'setting')),
    key     TEXT NOT NULL,
    -- JSON; none: it is gone, and tills are told so.
    body    TEXT,
    at      TEXT NOT NULL,
    "by"    TEXT NOT NULL,
    -- Where it was entered; none: at headquarters.
    till    TEXT,
    version INTEGER NOT NULL,
    PRIMARY KEY (store, kind, key)
) WITHOUT ROWID;
CREATE INDEX shop_by_version ON shop (store, version);

-- Changes of tills that were counted, each once, with the digest of what they said.
CREATE TABLE shop_changes (
    store  TEXT NOT NULL REFERENCES stores (code),
    id     TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (store, id)
) WITHOUT ROWID;

-- A return may come from another till of the store than the sale: the claim that it is of.
ALTER TABLE reversals ADD COLUMN claim_id INTEGER REFERENCES claims (id);
UPDATE reversals SET claim_id =
    (SELECT min(c.id) FROM claims c WHERE c.till_id = reversals.till_id AND c.uuid = reversals.of_uuid)
WHERE state <> 'waiting';
CREATE INDEX reversals_by_claim_row ON reversals (claim_id);
CREATE INDEX claims_by_sale ON claims (store, sale);
