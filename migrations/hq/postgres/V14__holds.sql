-- Quotas held while a family shops. What was there before was never filled.
DROP TABLE holds;
CREATE TABLE holds (
    id             TEXT COLLATE "C" PRIMARY KEY,
    till_id        BIGINT NOT NULL REFERENCES tills (id),
    -- The id that the claim will have; empty where a hold was let go before it came, like all that follows.
    claim          TEXT COLLATE "C" NOT NULL,
    household      TEXT COLLATE "C" NOT NULL,
    person         TEXT COLLATE "C" NOT NULL,
    business_date  TEXT COLLATE "C" NOT NULL,
    -- Of what was asked: the same id with the same body gets the same answer.
    digest         TEXT COLLATE "C" NOT NULL,
    -- The lines as they were priced; empty once it is over, as is the answer.
    basket         TEXT COLLATE "C" NOT NULL,
    answer         TEXT COLLATE "C" NOT NULL,
    -- What it reserves of limits, in their periods.
    uses           TEXT COLLATE "C" NOT NULL,
    -- The last claim that was counted when it was priced.
    claims_through BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    -- live (until expires_at), lapsed, deleted, replaced, used.
    state          TEXT COLLATE "C" NOT NULL CHECK (state IN ('live', 'lapsed', 'deleted', 'replaced', 'used')),
    ended_at       BIGINT
);
CREATE INDEX live_holds_by_household ON holds (household) WHERE state = 'live';
CREATE INDEX live_holds_by_till ON holds (till_id) WHERE state = 'live';
CREATE INDEX live_holds_by_expiry ON holds (expires_at) WHERE state = 'live';
CREATE INDEX ended_holds ON holds (ended_at) WHERE state <> 'live';
CREATE INDEX holds_by_claim ON holds (till_id, claim);

-- Which claim was posted by which hold: once. It stays when the hold is swept.
CREATE TABLE hold_claims (
    hold_id  TEXT COLLATE "C" PRIMARY KEY,
    claim_id BIGINT NOT NULL UNIQUE REFERENCES claims (id)
);

-- Whether what came before a record of a closed epoch is there.
CREATE INDEX branch_records ON records (till_id, epoch, seq) WHERE branch = 1;
