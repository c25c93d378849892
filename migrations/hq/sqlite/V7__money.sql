-- Stores' register, funds and settlement.

-- What people and the bank call a store.
CREATE TABLE store_register (
    store       TEXT PRIMARY KEY REFERENCES stores (code),
    legal_name  TEXT NOT NULL,
    credit_code TEXT NOT NULL,
    taxpayer    TEXT NOT NULL CHECK (taxpayer IN ('general', 'small_scale')),
    changed_at  INTEGER NOT NULL,
    changed_by  TEXT NOT NULL
) WITHOUT ROWID;

-- An account is asked for by one person and confirmed by another; the newest confirmed one counts.
CREATE TABLE store_accounts (
    id          INTEGER PRIMARY KEY,
    store       TEXT NOT NULL REFERENCES stores (code),
    holder      TEXT NOT NULL,
    bank        TEXT NOT NULL,
    account_enc BLOB NOT NULL,
    shown       TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('asked', 'confirmed', 'refused', 'replaced')),
    asked_by    TEXT NOT NULL,
    asked_at    INTEGER NOT NULL,
    decided_by  TEXT,
    decided_at  INTEGER
);
CREATE INDEX store_accounts_by_store ON store_accounts (store, state);

CREATE TABLE store_contracts (
    store       TEXT NOT NULL REFERENCES stores (code),
    from_date   TEXT NOT NULL,
    settlement  TEXT NOT NULL CHECK (settlement IN ('month', 'quarter')),
    subsidy     TEXT NOT NULL CHECK (subsidy IN ('third_party_payment', 'price_cut')),
    -- In basis points: for goods that the product list gives no rate.
    tax_rate_bp INTEGER NOT NULL,
    set_at      INTEGER NOT NULL,
    set_by      TEXT NOT NULL,
    PRIMARY KEY (store, from_date)
) WITHOUT ROWID;

ALTER TABLE funds ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE funds ADD COLUMN purpose TEXT NOT NULL DEFAULT '';
ALTER TABLE funds ADD COLUMN budget_date TEXT;

CREATE TABLE fund_sources (
    id         INTEGER PRIMARY KEY,
    fund       TEXT NOT NULL REFERENCES funds (code),
    kind       TEXT NOT NULL CHECK (kind IN ('named', 'one_day', 'finance', 'other')),
    agreement  TEXT NOT NULL,
    from_date  TEXT NOT NULL,
    amount_fen INTEGER NOT NULL,
    added_at   INTEGER NOT NULL,
    added_by   TEXT NOT NULL
);
CREATE INDEX fund_sources_by_fund ON fund_sources (fund);

-- Each budget that a fund ever had; the newest one stands in funds.
CREATE TABLE fund_budgets (
    id         INTEGER PRIMARY KEY,
    fund       TEXT NOT NULL REFERENCES funds (code),
    from_date  TEXT NOT NULL,
    budget_fen INTEGER,
    note       TEXT NOT NULL,
    set_at     INTEGER NOT NULL,
    set_by     TEXT NOT NULL
);
CREATE INDEX fund_budgets_by_fund ON fund_budgets (fund);

CREATE TABLE payers (
    code        TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    bank        TEXT NOT NULL,
    account_enc BLOB NOT NULL,
    shown       TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE fund_payers (
    fund     TEXT NOT NULL REFERENCES funds (code),
    payer    TEXT NOT NULL REFERENCES payers (code),
    n        INTEGER NOT NULL,
    share_bp INTEGER NOT NULL CHECK (share_bp > 0 AND share_bp <= 10000),
    PRIMARY KEY (fund, payer)
) WITHOUT ROWID;

-- What claims take of a fund, by month of sale and standing: kept, so that nobody adds up a million.
CREATE TABLE fund_sums (
    fund       TEXT NOT NULL,
    month      TEXT NOT NULL,
    standing   TEXT NOT NULL,
    claims     INTEGER NOT NULL,
    amount_fen INTEGER NOT NULL,
    PRIMARY KEY (fund, month, standing)
) WITHOUT ROWID;

-- The fund of a programme's version that a claim named; what was granted before returns; what is left of
-- it by tax rate; and what of it stands in fund_sums.
ALTER TABLE claim_programmes ADD COLUMN fund TEXT;
ALTER TABLE claim_programmes ADD COLUMN granted_fen INTEGER NOT NULL DEFAULT 0;
ALTER TABLE claim_programmes ADD COLUMN rates TEXT NOT NULL DEFAULT '[]';
ALTER TABLE claim_programmes ADD COLUMN counted_standing TEXT NOT NULL DEFAULT '';
ALTER TABLE claim_programmes ADD COLUMN counted_fen INTEGER NOT NULL DEFAULT 0;
DELETE FROM meta WHERE name = 'claim_programmes';
CREATE INDEX claims_by_store_state ON claims (store, state, business_date);

-- One payer's statement of one store for one period. Its figures and rows never change; its state does.
CREATE TABLE batches (
    id          INTEGER PRIMARY KEY,
    number      TEXT NOT NULL UNIQUE,
    payer       TEXT NOT NULL REFERENCES payers (code),
    store       TEXT NOT NULL REFERENCES stores (code),
    period      TEXT NOT NULL,
    last_date   TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('made', 'checked', 'approved', 'paid', 'confirmed', 'withdrawn')),
    made_at     INTEGER NOT NULL,
    payable_fen INTEGER NOT NULL,
    prepaid_fen INTEGER NOT NULL,
    owed_fen    INTEGER NOT NULL,
    figures     TEXT NOT NULL,
    payee       TEXT NOT NULL,
    bank        TEXT NOT NULL,
    shown       TEXT NOT NULL,
    approvals   INTEGER NOT NULL,
    invoice     TEXT NOT NULL DEFAULT '',
    reference   TEXT NOT NULL DEFAULT '',
    paid_on     TEXT,
    file_at     INTEGER,
    -- The statement that tells of its payment.
    told_in     INTEGER
);
CREATE INDEX batches_by_pair ON batches (payer, store, id);
CREATE INDEX batches_by_state ON batches (state, id);
CREATE INDEX batches_by_store ON batches (store, id);
CREATE TRIGGER batches_are_fixed BEFORE UPDATE OF number, payer, store, period, last_date, made_at, payable_fen,
    prepaid_fen, owed_fen, figures, payee, bank, shown ON batches
BEGIN
    SELECT RAISE(ABORT, 'a batch is fixed when it is made');
END;
CREATE TRIGGER batches_are_kept BEFORE DELETE ON batches
BEGIN
    SELECT RAISE(ABORT, 'a batch is kept');
END;

-- What a claim's programme stood at before and in a batch, and what that makes in fen of this payer.
CREATE TABLE batch_claims (
    batch_id    INTEGER NOT NULL REFERENCES batches (id),
    claim_id    INTEGER NOT NULL REFERENCES claims (id),
    programme   TEXT NOT NULL,
    fund        TEXT NOT NULL,
    month       TEXT NOT NULL,
    was         TEXT NOT NULL CHECK (was IN ('', 'held', 'rejected', 'settled')),
    standing    TEXT NOT NULL CHECK (standing IN ('held', 'rejected', 'settled')),
    asked_fen   INTEGER NOT NULL,
    granted_fen INTEGER NOT NULL,
    net_fen     INTEGER NOT NULL,
    before_fen  INTEGER NOT NULL,
    -- By tax rate: of net_fen and of before_fen.
    rates       TEXT NOT NULL,
    before_rates TEXT NOT NULL,
    PRIMARY KEY (batch_id, claim_id, programme)
) WITHOUT ROWID;
CREATE INDEX batch_claims_by_claim ON batch_claims (claim_id);
CREATE TRIGGER batch_claims_are_fixed BEFORE UPDATE ON batch_claims
BEGIN
    SELECT RAISE(ABORT, 'a batch is fixed when it is made');
END;
CREATE TRIGGER batch_claims_are_kept BEFORE DELETE ON batch_claims
BEGIN
    SELECT RAISE(ABORT, 'a batch is kept');
END;

-- Where each payer's part of a claim stands now. Shares are those of the first batch that took the claim.
CREATE TABLE dues (
    claim_id    INTEGER NOT NULL REFERENCES claims (id),
    programme   TEXT NOT NULL,
    payer       TEXT NOT NULL,
    store       TEXT NOT NULL,
    n           INTEGER NOT NULL,
    share_bp    INTEGER NOT NULL,
    standing    TEXT NOT NULL CHECK (standing IN ('', 'held', 'rejected', 'settled')),
    settled_fen INTEGER NOT NULL,
    rates       TEXT NOT NULL DEFAULT '[]',
    -- The claim's state before its first batch.
    back        TEXT NOT NULL DEFAULT '',
    -- The batch that carries the claim's state.
    batch_id    INTEGER,
    PRIMARY KEY (claim_id, programme, payer)
) WITHOUT ROWID;
CREATE INDEX dues_open ON dues (store, payer, standing) WHERE standing <> 'settled';

-- Claims in batches whose amounts changed since: a return, or a decision.
CREATE TABLE due_changes (
    claim_id INTEGER PRIMARY KEY REFERENCES claims (id)
);

CREATE TABLE batch_steps (
    id       INTEGER PRIMARY KEY,
    batch_id INTEGER NOT NULL REFERENCES batches (id),
    step     TEXT NOT NULL,
    at       INTEGER NOT NULL,
    who      TEXT NOT NULL,
    note     TEXT NOT NULL
);
CREATE INDEX batch_steps_by_batch ON batch_steps (batch_id);

-- What a payer paid a store ahead; statements set it off.
CREATE TABLE advances (
    id         INTEGER PRIMARY KEY,
    payer      TEXT NOT NULL REFERENCES payers (code),
    store      TEXT NOT NULL REFERENCES stores (code),
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
    paid_on    TEXT NOT NULL,
    reference  TEXT NOT NULL,
    added_at   INTEGER NOT NULL,
    added_by   TEXT NOT NULL
);
CREATE INDEX advances_by_pair ON advances (payer, store);
