-- Who made a roster version, from what, and how much it changed.
ALTER TABLE roster_versions ADD COLUMN who TEXT NOT NULL DEFAULT '';
ALTER TABLE roster_versions ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE roster_versions ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE roster_versions ADD COLUMN added INTEGER NOT NULL DEFAULT 0;
ALTER TABLE roster_versions ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE roster_versions ADD COLUMN ended INTEGER NOT NULL DEFAULT 0;
ALTER TABLE roster_versions ADD COLUMN unchanged INTEGER NOT NULL DEFAULT 0;

-- Whether the private part differs is seen without opening it; empty: from before this column.
ALTER TABLE members ADD COLUMN private_mac TEXT NOT NULL DEFAULT '';
CREATE INDEX members_by_start ON members (from_version, id);
CREATE INDEX members_by_end ON members (to_version, id) WHERE to_version IS NOT NULL;

-- When the bureau looks again, and whether anything but keeping is stopped (PIPL 47).
ALTER TABLE households ADD COLUMN review_on TEXT;
ALTER TABLE households ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0 CHECK (blocked IN (0, 1));
-- Those that are there already are looked at within half a year.
UPDATE households SET review_on = date('now', '+6 months');
CREATE INDEX households_by_review ON households (review_on) WHERE review_on IS NOT NULL;

-- Other names by which files know a household: certificates, and the names of other files.
CREATE TABLE household_names (
    mac       TEXT PRIMARY KEY,
    household TEXT NOT NULL REFERENCES households (id),
    kind      TEXT NOT NULL CHECK (kind IN ('certificate', 'name'))
) WITHOUT ROWID;
CREATE INDEX household_names_by_household ON household_names (household);

-- Months from one review to the next; a category without a line has no date.
CREATE TABLE review_rules (
    category TEXT PRIMARY KEY,
    months   INTEGER NOT NULL CHECK (months BETWEEN 1 AND 60)
) WITHOUT ROWID;
INSERT INTO review_rules (category, months)
VALUES ('urban_dibao', 6), ('rural_dibao', 6), ('tekun', 12), ('dibao_marginal', 12), ('rigid_expenditure', 12),
       ('other_hardship', 6);

-- How a bureau's columns and words become ours.
CREATE TABLE roster_mappings (
    name TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    "by" TEXT NOT NULL,
    at   INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE roster_imports (
    id         INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    "by"       TEXT NOT NULL,
    district   TEXT NOT NULL,
    source     TEXT NOT NULL,
    -- Sealed; emptied once it is applied, thrown away or too old.
    file_enc   BLOB NOT NULL,
    mapping    TEXT NOT NULL,
    columns    TEXT NOT NULL DEFAULT '[]',
    state      TEXT NOT NULL CHECK (state IN
                 ('reading', 'mapping', 'bad', 'ready', 'applying', 'applied', 'discarded', 'expired')),
    step_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- JSON: counts, what is wrong, what is asked, what was answered. No whole name or number.
    report     TEXT NOT NULL DEFAULT '{}',
    answers    TEXT NOT NULL DEFAULT '{}',
    fingerprint TEXT NOT NULL DEFAULT '',
    note       TEXT NOT NULL DEFAULT '',
    confirms   INTEGER NOT NULL DEFAULT 0 CHECK (confirms IN (0, 1)),
    version    INTEGER
);

-- What an import would change; gone once it is applied or thrown away.
CREATE TABLE roster_import_rows (
    import_id INTEGER NOT NULL REFERENCES roster_imports (id),
    kind      TEXT NOT NULL CHECK (kind IN ('new', 'changed', 'ended', 'absent')),
    n         INTEGER NOT NULL,
    line      INTEGER,
    household TEXT NOT NULL,
    name      TEXT NOT NULL,
    -- JSON: column, old, new; masked.
    columns   TEXT NOT NULL,
    PRIMARY KEY (import_id, kind, n)
) WITHOUT ROWID;

CREATE TABLE cards (
    id         INTEGER PRIMARY KEY,
    mac        TEXT NOT NULL UNIQUE,
    number_enc BLOB NOT NULL,
    tail       TEXT NOT NULL,
    person     TEXT NOT NULL REFERENCES persons (id),
    household  TEXT NOT NULL REFERENCES households (id),
    state      TEXT NOT NULL CHECK (state IN ('active', 'lost', 'replaced')),
    -- 1: headquarters drew its number; 0: a roster file brought it.
    drawn      INTEGER NOT NULL CHECK (drawn IN (0, 1))
);
CREATE INDEX cards_by_household ON cards (household);
CREATE TABLE card_events (
    id     INTEGER PRIMARY KEY,
    card   INTEGER NOT NULL REFERENCES cards (id),
    at     INTEGER NOT NULL,
    "by"   TEXT NOT NULL,
    event  TEXT NOT NULL CHECK (event IN ('issued', 'lost', 'replaced', 'printed')),
    reason TEXT NOT NULL
);
CREATE INDEX card_events_by_card ON card_events (card);

-- Families who asked to take part.
CREATE TABLE applications (
    id           INTEGER PRIMARY KEY,
    at           INTEGER NOT NULL,
    "by"         TEXT NOT NULL,
    district     TEXT NOT NULL,
    category     TEXT NOT NULL,
    size         INTEGER NOT NULL,
    name_masked  TEXT NOT NULL,
    number_mac   TEXT NOT NULL,
    number_tail  TEXT NOT NULL,
    private_enc  BLOB NOT NULL,
    consent_on   TEXT NOT NULL,
    consent_form TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('applied', 'absent', 'confirmed', 'issued', 'refused')),
    household    TEXT REFERENCES households (id),
    person       TEXT REFERENCES persons (id),
    reason       TEXT NOT NULL DEFAULT ''
);
CREATE INDEX applications_by_state ON applications (state, id);
CREATE INDEX applications_by_number ON applications (number_mac);
CREATE TABLE application_events (
    id          INTEGER PRIMARY KEY,
    application INTEGER NOT NULL REFERENCES applications (id),
    at          INTEGER NOT NULL,
    "by"        TEXT NOT NULL,
    event       TEXT NOT NULL,
    reason      TEXT NOT NULL
);
CREATE INDEX application_events_by_application ON application_events (application);

-- What happened to a household by hand, and each look at its whole names and numbers.
CREATE TABLE household_events (
    id        INTEGER PRIMARY KEY,
    household TEXT NOT NULL REFERENCES households (id),
    at        INTEGER NOT NULL,
    "by"      TEXT NOT NULL,
    event     TEXT NOT NULL,
    reason    TEXT NOT NULL
);
CREATE INDEX household_events_by_household ON household_events (household);
