-- By which means of payment a return was paid back. What was taken back before this was cash, all of it, and
-- so is whatever of a return no row speaks of.
CREATE TABLE refund_tenders (
    return_id  INTEGER NOT NULL REFERENCES returns (id),
    kind       TEXT NOT NULL,
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
    PRIMARY KEY (return_id, kind)
) WITHOUT ROWID;
