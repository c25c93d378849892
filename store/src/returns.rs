//! Returns: rows against the lines of a sale, with a running check.

use domain::money::Money;
use domain::record::{Head, ReversedLine};
use domain::returns::PaidBy;
use domain::tender::TenderKind;
use rusqlite::params;

use crate::chain::{append, need_head};
use crate::sale::{Sealed, to_json};
use crate::{Result, SaleSeal, Store, StoreError, audit, print};

/// A return that was worked out against a sale.
#[derive(Debug, Clone)]
pub struct ReturnPlan {
    /// Id of the return, and of its reversal.
    pub uuid: String,
    /// Sale's key.
    pub sale_id: i64,
    /// Open shift.
    pub shift: i64,
    /// Staff code.
    pub cashier: String,
    /// Time in milliseconds.
    pub at_ms: i64,
    /// Date in Asia/Shanghai.
    pub business_date: String,
    /// What the customer said.
    pub reason: String,
    /// Whether the whole sale is void.
    pub is_void: bool,
    /// What the customer gets back.
    pub refund: Money,
    /// The same by means of payment.
    pub tenders: Vec<(TenderKind, Money)>,
    /// Lines and what is reversed of each.
    pub lines: Vec<ReversedLine>,
}

impl Store {
    /// Commits a return with its reversal and its paper.
    pub fn commit_return(
        &mut self,
        plan: &ReturnPlan,
        seal: impl FnOnce(&Head) -> std::result::Result<Sealed, String>,
    ) -> Result<SaleSeal> {
        let tx = self.begin()?;
        let head = need_head(&tx)?;
        let sealed = seal(&head).map_err(StoreError::Seal)?;
        tx.execute(
            "INSERT INTO returns (uuid, number, sale_id, shift_id, cashier, at, business_date, reason, refund_fen,
               reversed, receipt, kind) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                plan.uuid,
                sealed.number,
                plan.sale_id,
                plan.shift,
                plan.cashier,
                plan.at_ms,
                plan.business_date,
                plan.reason,
                plan.refund.fen_i64(),
                sealed.record.is_some(),
                sealed.receipt,
                if plan.is_void { "void" } else { "return" },
            ],
        )?;
        let return_id = tx.last_insert_rowid();
        for line in &plan.lines {
            let sold: i64 = tx.query_row(
                "SELECT quantity_milli - coalesce((SELECT sum(l.quantity_milli) FROM return_lines l
                   JOIN returns r ON r.id = l.return_id WHERE r.sale_id = ?1 AND l.line = ?2), 0)
                 FROM sale_lines WHERE sale_id = ?1 AND line = ?2",
                params![plan.sale_id, line.line],
                |row| row.get(0),
            )?;
            // Checked again inside the transaction: never more than was sold.
            if line.quantity.milli_i64() > sold {
                return Err(StoreError::Corrupt(format!("line {} would come back twice", line.line)));
            }
            tx.execute(
                "INSERT INTO return_lines (return_id, line, quantity_milli, parts, discount_fen, subsidy_fen, paid_fen,
                   purse_fen) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    return_id,
                    line.line,
                    line.quantity.milli_i64(),
                    to_json(&line.parts)?,
                    line.parts.discount.fen_i64(),
                    line.parts.subsidy.fen_i64(),
                    line.parts.paid.fen_i64(),
                    line.parts.purse().fen_i64(),
                ],
            )?;
        }
        for (kind, amount) in &plan.tenders {
            tx.execute(
                "INSERT INTO refund_tenders (return_id, kind, amount_fen) VALUES (?1, ?2, ?3)",
                params![return_id, kind.word(), amount.fen_i64()],
            )?;
        }
        tx.execute("UPDATE epochs SET receipts = receipts + 1 WHERE closed = 0", [])?;
        audit::write(&tx, plan.at_ms, Some(&plan.cashier), "return", &sealed.number)?;
        if let Some(record) = &sealed.record {
            append(&tx, &head, record)?;
        }
        let job = print::insert_sealed(&tx, &sealed, plan.at_ms)?;
        tx.commit()?;
        self.write_witness();
        Ok(SaleSeal { number: sealed.number, job, claimed: sealed.record.is_some() })
    }

    /// What each means of payment paid of a sale, in the order of payment, and what went back by it.
    pub fn paid_by(&self, sale_id: i64) -> Result<Vec<PaidBy>> {
        // What a return of an older program paid back, no row speaks of: it was cash.
        let mut statement = self.conn.prepare_cached(
            "WITH back AS (
               SELECT t.kind, t.amount_fen FROM refund_tenders t JOIN returns r ON r.id = t.return_id
               WHERE r.sale_id = ?1 AND t.kind <> 'cash'
             ), paid AS (
               SELECT kind, min(n) AS n, sum(amount_fen) AS fen FROM tenders WHERE sale_id = ?1 GROUP BY kind
             )
             SELECT p.kind,
               p.fen - CASE p.kind WHEN 'cash' THEN (SELECT change_fen FROM sales WHERE id = ?1) ELSE 0 END,
               CASE p.kind
                 WHEN 'cash' THEN (SELECT coalesce(sum(refund_fen), 0) FROM returns WHERE sale_id = ?1)
                   - (SELECT coalesce(sum(amount_fen), 0) FROM back)
                 ELSE (SELECT coalesce(sum(amount_fen), 0) FROM back WHERE back.kind = p.kind)
               END
             FROM paid p ORDER BY p.n",
        )?;
        let mut rows = statement.query([sale_id])?;
        let mut list = Vec::new();
        while let Some(row) = rows.next()? {
            let fen = |fen: i64| Money::from_fen(fen.into());
            let kind = TenderKind::kept(&row.get::<_, String>(0)?).map_err(StoreError::Corrupt)?;
            list.push(PaidBy { kind, paid: fen(row.get(1)?), back: fen(row.get(2)?) });
        }
        Ok(list)
    }

    /// The receipt of a sale or a return as data.
    pub fn receipt(&self, number: &str) -> Result<Option<String>> {
        use rusqlite::OptionalExtension as _;
        Ok(self
            .conn
            .query_row(
                "SELECT receipt FROM sales WHERE number = ?1 UNION ALL SELECT receipt FROM returns WHERE number = ?1
                 UNION ALL SELECT receipt FROM refunds WHERE number = ?1",
                [number],
                |row| row.get(0),
            )
            .optional()?)
    }
}
