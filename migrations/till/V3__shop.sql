-- What the tills of one store share: products, promotions, staff and some settings.

-- Changes that were entered here and that headquarters has not taken. A body of JSON, or none: it deletes.
CREATE TABLE shop_changes (
    id   TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('product', 'promotion', 'staff', 'setting')),
    key  TEXT NOT NULL,
    body TEXT,
    at   TEXT NOT NULL,
    "by" TEXT NOT NULL
) WITHOUT ROWID;
-- The last one of a thing is what counts.
CREATE UNIQUE INDEX one_change_waits ON shop_changes (kind, key);

-- Who left signs in no more, and stays in the books.
ALTER TABLE staff ADD COLUMN active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1));

CREATE TABLE promotions (
    code     TEXT PRIMARY KEY,
    document TEXT NOT NULL
) WITHOUT ROWID;
