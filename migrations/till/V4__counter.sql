-- What a counter does beside plain sales.

-- A small amount that the cashier waived, the slip that the sale was first written on, the date it was
-- priced at where that is another, and the receipt number in the till that this one stands beside.
ALTER TABLE sales ADD COLUMN waived_fen INTEGER NOT NULL DEFAULT 0 CHECK (waived_fen >= 0);
ALTER TABLE sales ADD COLUMN slip_no TEXT;
ALTER TABLE sales ADD COLUMN priced_on TEXT;
ALTER TABLE sales ADD COLUMN host_receipt TEXT;
CREATE UNIQUE INDEX a_slip_once ON sales (slip_no) WHERE slip_no IS NOT NULL;

-- What a manager changed of a line's price, with name and reason.
ALTER TABLE sale_lines ADD COLUMN changed TEXT;
-- The lowest price of a product in the last days.
CREATE INDEX sale_lines_by_code ON sale_lines (code, at);

-- return, or void of a whole sale.
ALTER TABLE returns ADD COLUMN kind TEXT NOT NULL DEFAULT 'return' CHECK (kind IN ('return', 'void'));

-- Goods taken back without a sale of this till: no receipt (a manager allowed it, and no programme
-- has part in it), or a receipt of another till of the store.
CREATE TABLE refunds (
    id            INTEGER PRIMARY KEY,
    uuid          TEXT NOT NULL UNIQUE,
    number        TEXT NOT NULL UNIQUE,
    kind          TEXT NOT NULL CHECK (kind IN ('no_receipt', 'other_till')),
    of            TEXT,
    shift_id      INTEGER NOT NULL REFERENCES shifts (id),
    cashier       TEXT NOT NULL,
    manager       TEXT,
    at            INTEGER NOT NULL,
    business_date TEXT NOT NULL,
    reason        TEXT NOT NULL,
    lines         TEXT NOT NULL,
    discount_fen  INTEGER NOT NULL,
    subsidy_fen   INTEGER NOT NULL,
    purse_fen     INTEGER NOT NULL,
    refund_fen    INTEGER NOT NULL CHECK (refund_fen >= 0),
    receipt       TEXT NOT NULL
);
CREATE INDEX refunds_by_shift ON refunds (shift_id);
CREATE INDEX refunds_by_date ON refunds (business_date);

-- Cash put into the drawer or taken out of it, and the drawer opened without either.
CREATE TABLE cash_moves (
    id         INTEGER PRIMARY KEY,
    shift_id   INTEGER NOT NULL REFERENCES shifts (id),
    at         INTEGER NOT NULL,
    staff      TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('in', 'out', 'open')),
    amount_fen INTEGER NOT NULL CHECK (amount_fen >= 0),
    reason     TEXT NOT NULL
);
CREATE INDEX cash_moves_by_shift ON cash_moves (shift_id);

-- Why a drawer held more or less than it should.
ALTER TABLE shifts ADD COLUMN reason TEXT;

-- A drawer's pulse is a job of its own: it is never paper, and never late.
ALTER TABLE print_jobs ADD COLUMN kind TEXT NOT NULL DEFAULT 'paper' CHECK (kind IN ('paper', 'drawer'));
-- Receipts go to the first printer, slips and reports to the second, where there is one.
ALTER TABLE print_jobs ADD COLUMN printer INTEGER NOT NULL DEFAULT 1 CHECK (printer IN (1, 2));
-- What waits is counted for every scan: from the index alone, however large the papers are.
DROP INDEX print_jobs_by_state;
CREATE INDEX print_jobs_by_state ON print_jobs (state, kind, problem);
