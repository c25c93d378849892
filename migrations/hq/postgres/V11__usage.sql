-- Figures that are kept in step with claims, so that no page adds up a million of them.

-- Where a claim's family stood in the roster when it shopped; none: not noted yet. And whether anything of the claim
-- is still given: not where it was rejected, nor where all goods came back.
ALTER TABLE claims ADD COLUMN category TEXT COLLATE "C";
ALTER TABLE claims ADD COLUMN size BIGINT NOT NULL DEFAULT 0;
ALTER TABLE claims ADD COLUMN district TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE claims ADD COLUMN counted BIGINT NOT NULL DEFAULT 0 CHECK (counted IN (0, 1));
-- Whether it ever waited for people.
ALTER TABLE claims ADD COLUMN was_held BIGINT NOT NULL DEFAULT 0 CHECK (was_held IN (0, 1));
CREATE INDEX claims_by_day ON claims (business_date, id);
CREATE INDEX claims_by_state_day ON claims (state, business_date, id);
CREATE INDEX claims_by_store_row ON claims (store, id);
CREATE INDEX claims_by_number ON claims (sale, id);
CREATE INDEX claims_by_state_row ON claims (state, id);
CREATE INDEX claims_by_claimed ON claims (claimed_fen, id);
CREATE INDEX claims_by_granted ON claims (granted_fen, id);
UPDATE claims SET was_held = 1 WHERE state = 'held';
CREATE INDEX claims_by_reason ON claims (business_date, id, reasons) WHERE reasons <> '[]';
CREATE INDEX claims_of_families ON claims (business_date, household, store, category, size, district)
    WHERE counted = 1;
CREATE INDEX claims_that_waited ON claims (business_date, store, counted) WHERE was_held = 1;
CREATE INDEX records_by_arrival ON records (till_id, received_at);

-- The day of the claim beside what it gave, and by product group as JSON: group, discount, subsidy, purse.
ALTER TABLE claim_programmes ADD COLUMN day TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE claim_programmes ADD COLUMN goods TEXT COLLATE "C" NOT NULL DEFAULT '[]';
CREATE INDEX claim_programmes_by_day ON claim_programmes (programme, day, claim_id);

-- How many claims of a store stand where.
CREATE TABLE claim_totals (
    store       TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL,
    claims      BIGINT NOT NULL,
    claimed_fen BIGINT NOT NULL,
    granted_fen BIGINT NOT NULL,
    PRIMARY KEY (store, state)
);
INSERT INTO claim_totals (store, state, claims, claimed_fen, granted_fen)
SELECT store, state, count(*), sum(claimed_fen), sum(granted_fen) FROM claims GROUP BY store, state;
CREATE FUNCTION keep_claim_totals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        UPDATE claim_totals SET claims = claims - 1, claimed_fen = claimed_fen - OLD.claimed_fen,
            granted_fen = granted_fen - OLD.granted_fen WHERE store = OLD.store AND state = OLD.state;
    END IF;
    INSERT INTO claim_totals (store, state, claims, claimed_fen, granted_fen)
    VALUES (NEW.store, NEW.state, 1, NEW.claimed_fen, NEW.granted_fen)
    ON CONFLICT (store, state) DO UPDATE SET claims = claim_totals.claims + 1,
        claimed_fen = claim_totals.claimed_fen + excluded.claimed_fen,
        granted_fen = claim_totals.granted_fen + excluded.granted_fen;
    UPDATE claims SET was_held = 1 WHERE id = NEW.id AND NEW.state = 'held' AND was_held = 0;
    RETURN NULL;
END $$;
CREATE TRIGGER claim_totals_new AFTER INSERT ON claims FOR EACH ROW EXECUTE FUNCTION keep_claim_totals();
CREATE TRIGGER claim_totals_changed AFTER UPDATE OF state, claimed_fen, granted_fen ON claims
    FOR EACH ROW EXECUTE FUNCTION keep_claim_totals();

-- What was given, by month and by day. Programme '' stands for the claim as a whole, so that a visit under two
-- programmes counts once.
CREATE TABLE usage_months (
    month        TEXT COLLATE "C" NOT NULL,
    programme    TEXT COLLATE "C" NOT NULL,
    store        TEXT COLLATE "C" NOT NULL,
    category     TEXT COLLATE "C" NOT NULL,
    size         BIGINT NOT NULL,
    district     TEXT COLLATE "C" NOT NULL,
    claims       BIGINT NOT NULL,
    discount_fen BIGINT NOT NULL,
    subsidy_fen  BIGINT NOT NULL,
    purse_fen    BIGINT NOT NULL,
    PRIMARY KEY (month, programme, store, category, size, district)
);
CREATE TABLE usage_days (
    day          TEXT COLLATE "C" NOT NULL,
    programme    TEXT COLLATE "C" NOT NULL,
    store        TEXT COLLATE "C" NOT NULL,
    category     TEXT COLLATE "C" NOT NULL,
    size         BIGINT NOT NULL,
    district     TEXT COLLATE "C" NOT NULL,
    claims       BIGINT NOT NULL,
    discount_fen BIGINT NOT NULL,
    subsidy_fen  BIGINT NOT NULL,
    purse_fen    BIGINT NOT NULL,
    PRIMARY KEY (day, programme, store, category, size, district)
);
CREATE TABLE usage_goods (
    month         TEXT COLLATE "C" NOT NULL,
    programme     TEXT COLLATE "C" NOT NULL,
    store         TEXT COLLATE "C" NOT NULL,
    product_group TEXT COLLATE "C" NOT NULL,
    category      TEXT COLLATE "C" NOT NULL,
    claims        BIGINT NOT NULL,
    discount_fen  BIGINT NOT NULL,
    subsidy_fen   BIGINT NOT NULL,
    purse_fen     BIGINT NOT NULL,
    PRIMARY KEY (month, programme, store, product_group, category)
);

-- Which households came in a month, a quarter ('2026-Q4') or a year; store '' and programme '' stand for any. A
-- household stands under one category, size and district a period: those of its first claim.
CREATE TABLE usage_reach (
    period    TEXT COLLATE "C" NOT NULL,
    programme TEXT COLLATE "C" NOT NULL,
    store     TEXT COLLATE "C" NOT NULL,
    household TEXT COLLATE "C" NOT NULL,
    category  TEXT COLLATE "C" NOT NULL,
    size      BIGINT NOT NULL,
    district  TEXT COLLATE "C" NOT NULL,
    claims    BIGINT NOT NULL,
    PRIMARY KEY (period, programme, store, household)
);
CREATE TABLE usage_reached (
    period     TEXT COLLATE "C" NOT NULL,
    programme  TEXT COLLATE "C" NOT NULL,
    store      TEXT COLLATE "C" NOT NULL,
    category   TEXT COLLATE "C" NOT NULL,
    size       BIGINT NOT NULL,
    district   TEXT COLLATE "C" NOT NULL,
    households BIGINT NOT NULL,
    PRIMARY KEY (period, programme, store, category, size, district)
);

-- What families were asked for a product with a barcode before any aid: units sold and what they cost.
CREATE TABLE usage_prices (
    month TEXT COLLATE "C" NOT NULL,
    code  TEXT COLLATE "C" NOT NULL,
    store TEXT COLLATE "C" NOT NULL,
    milli BIGINT NOT NULL,
    fen   BIGINT NOT NULL,
    PRIMARY KEY (month, code, store)
);

-- Who is entitled when, without reading anybody's row.
CREATE INDEX members_entitled ON members (household, category, size, district, status, valid_from, valid_to,
    from_version, to_version, home_store);
CREATE INDEX members_by_place ON members (district, id) WHERE to_version IS NULL;

-- What was published. A version stays as it is; the next one says why it differs.
CREATE TABLE disclosures (
    quarter      TEXT COLLATE "C" NOT NULL,
    version      BIGINT NOT NULL,
    published_at BIGINT NOT NULL,
    published_by TEXT COLLATE "C" NOT NULL,
    reason       TEXT COLLATE "C" NOT NULL,
    body         TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (quarter, version)
);
CREATE FUNCTION keep_disclosures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was published stays';
END $$;
CREATE TRIGGER disclosures_stay BEFORE UPDATE ON disclosures
    FOR EACH ROW EXECUTE FUNCTION keep_disclosures();
CREATE TRIGGER disclosures_are_kept BEFORE DELETE ON disclosures
    FOR EACH ROW EXECUTE FUNCTION keep_disclosures();
-- Whose figures a published row held, never published: by them a correction knows how many families it tells of.
CREATE TABLE disclosure_families (
    quarter   TEXT COLLATE "C" NOT NULL,
    version   BIGINT NOT NULL,
    programme TEXT COLLATE "C" NOT NULL,
    household TEXT COLLATE "C" NOT NULL,
    visits    BIGINT NOT NULL,
    fen       BIGINT NOT NULL,
    PRIMARY KEY (quarter, version, programme, household)
);

-- Everything that is kept is counted once from the claims that are there.
DELETE FROM meta WHERE name = 'claim_programmes';
