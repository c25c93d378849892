-- People decide on claims: queue, history, disputes, signs of fraud.

-- How much a claim wants a look, 0 to 100.
ALTER TABLE claims ADD COLUMN risk INTEGER NOT NULL DEFAULT 0;
CREATE INDEX claims_by_state ON claims (state, risk DESC, id);
CREATE INDEX records_by_kind ON records (till_id, kind, id);

-- What became of a claim, step by step; `who` is empty where headquarters' program did it.
CREATE TABLE claim_events (
    id       INTEGER PRIMARY KEY,
    claim_id INTEGER NOT NULL REFERENCES claims (id),
    at       INTEGER NOT NULL,
    who      TEXT NOT NULL,
    event    TEXT NOT NULL,
    detail   TEXT NOT NULL
);
CREATE INDEX claim_events_by_claim ON claim_events (claim_id, id);

-- What signs look at: each claim's own figures, so that a look costs no record to be read again.
CREATE TABLE claim_facts (
    claim_id      INTEGER PRIMARY KEY REFERENCES claims (id),
    till_id       INTEGER NOT NULL,
    store         TEXT NOT NULL,
    household     TEXT NOT NULL,
    person        TEXT NOT NULL,
    at            INTEGER NOT NULL,
    business_date TEXT NOT NULL,
    started_at    INTEGER NOT NULL,
    verified_by   TEXT NOT NULL,
    is_capped     INTEGER NOT NULL CHECK (is_capped IN (0, 1)),
    is_unpaid     INTEGER NOT NULL CHECK (is_unpaid IN (0, 1)),
    lines         INTEGER NOT NULL,
    manual_lines  INTEGER NOT NULL,
    -- The code that most of the money is for, and its share in percent.
    main_code     TEXT NOT NULL,
    main_percent  INTEGER NOT NULL,
    -- Where the family stands in the roster.
    place         INTEGER NOT NULL
);
CREATE INDEX claim_facts_by_till ON claim_facts (till_id, at);
CREATE INDEX claim_facts_by_household ON claim_facts (household, at);
CREATE INDEX claim_facts_by_person ON claim_facts (person, at);

-- What letting a held claim go would give: its lines as balances would count them.
CREATE TABLE claim_offers (
    claim_id INTEGER PRIMARY KEY REFERENCES claims (id),
    posted   TEXT NOT NULL
);

-- What a code last cost in each store, for families: peers are compared by it.
CREATE TABLE code_prices (
    code      TEXT NOT NULL,
    store     TEXT NOT NULL,
    price_fen INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (code, store)
) WITHOUT ROWID;

-- Why a claim is held for R15, in words with figures.
CREATE TABLE claim_signs (
    claim_id      INTEGER NOT NULL REFERENCES claims (id),
    sign          TEXT NOT NULL,
    till_id       INTEGER NOT NULL,
    business_date TEXT NOT NULL,
    zh            TEXT NOT NULL,
    en            TEXT NOT NULL,
    PRIMARY KEY (claim_id, sign)
) WITHOUT ROWID;
CREATE INDEX claim_signs_by_till ON claim_signs (till_id, business_date);

-- Settings of signs that are not as they came: `numbers` is a JSON object.
CREATE TABLE sign_settings (
    sign    TEXT PRIMARY KEY,
    is_on   INTEGER NOT NULL CHECK (is_on IN (0, 1)),
    numbers TEXT NOT NULL
) WITHOUT ROWID;

-- Households of people who work here: they decide on no claim of them.
CREATE TABLE own_households (
    user_name TEXT NOT NULL,
    household TEXT NOT NULL REFERENCES households (id),
    PRIMARY KEY (user_name, household)
) WITHOUT ROWID;

CREATE TABLE disputes (
    id         INTEGER PRIMARY KEY,
    claim_id   INTEGER NOT NULL REFERENCES claims (id),
    letter     TEXT NOT NULL,
    digest     TEXT NOT NULL,
    at         INTEGER NOT NULL,
    who        TEXT NOT NULL,
    note       TEXT NOT NULL,
    -- The claim's state before it: `held`, `adjusted` or `rejected`.
    before     TEXT NOT NULL,
    -- `open`, `upheld` or `refused`.
    state      TEXT NOT NULL CHECK (state IN ('open', 'upheld', 'refused')),
    answer     TEXT NOT NULL DEFAULT '',
    -- A picture of the slip, as it came.
    picture_name TEXT NOT NULL DEFAULT '',
    picture_type TEXT NOT NULL DEFAULT '',
    picture    BLOB
);
CREATE INDEX disputes_by_claim ON disputes (claim_id, id);
CREATE INDEX disputes_by_letter ON disputes (letter);
