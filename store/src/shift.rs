//! Shifts and days.

use std::collections::BTreeMap;

use domain::money::Money;
use domain::record::Head;
use domain::shift::Sums;
use domain::till::Shift;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::chain::{NewRecord, append, need_head};
use crate::sale::to_json;
use crate::{Result, Store, StoreError, audit};

type Seal<'a> = &'a mut dyn FnMut(&Head) -> std::result::Result<NewRecord, String>;

impl Store {
    /// The shift that is open.
    pub fn open_shift_row(&self) -> Result<Option<Shift>> {
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Shift { id: row.get(0)?, float: Money::from_fen(row.get::<_, i64>(1)?.into()) })
        };
        Ok(self.conn.query_row("SELECT id, float_fen FROM shifts WHERE closed_at IS NULL", [], read).optional()?)
    }

    /// Opens a shift with its event.
    pub fn open_shift(&mut self, staff: &str, float: Money, at_ms: i64, seal: Seal<'_>) -> Result<Shift> {
        let tx = self.begin()?;
        let head = need_head(&tx)?;
        tx.execute(
            "INSERT INTO shifts (staff, opened_at, float_fen) VALUES (?1, ?2, ?3)",
            params![staff, at_ms, float.fen_i64()],
        )?;
        let id = tx.last_insert_rowid();
        append(&tx, &head, &seal(&head).map_err(StoreError::Seal)?)?;
        audit::write(&tx, at_ms, Some(staff), "shift_open", &float.to_string())?;
        tx.commit()?;
        self.write_witness();
        Ok(Shift { id, float })
    }

    /// Closes the shift with its event; `reason` says why the drawer is over or short.
    #[allow(clippy::too_many_arguments, reason = "a shift's end is these figures")]
    pub fn close_shift(
        &mut self,
        shift: &Shift,
        counted: Money,
        expected: Money,
        reason: Option<&str>,
        staff: &str,
        at_ms: i64,
        seal: Seal<'_>,
    ) -> Result<()> {
        let tx = self.begin()?;
        let head = need_head(&tx)?;
        tx.execute(
            "UPDATE shifts SET closed_at = ?2, counted_fen = ?3, expected_fen = ?4, reason = ?5
             WHERE id = ?1 AND closed_at IS NULL",
            params![shift.id, at_ms, counted.fen_i64(), expected.fen_i64(), reason],
        )?;
        append(&tx, &head, &seal(&head).map_err(StoreError::Seal)?)?;
        audit::write(&tx, at_ms, Some(staff), "shift_close", &counted.to_string())?;
        tx.commit()?;
        self.write_witness();
        Ok(())
    }

    /// Sums of a shift.
    pub fn shift_sums(&self, shift: i64) -> Result<Sums> {
        sums(&self.conn, "shift_id = ?1", &shift)
    }

    /// Sums of a business date.
    pub fn day_sums(&self, date: &str) -> Result<Sums> {
        sums(&self.conn, "business_date = ?1", &date)
    }

    /// Whether the day is closed already.
    pub fn is_day_closed(&self, date: &str) -> Result<bool> {
        Ok(self.conn.query_row("SELECT count(*) > 0 FROM days WHERE business_date = ?1", [date], |row| row.get(0))?)
    }

    /// Closes a day with its record.
    pub fn close_day(&mut self, date: &str, sums: &Sums, staff: &str, at_ms: i64, seal: Seal<'_>) -> Result<()> {
        let tx = self.begin()?;
        let head = need_head(&tx)?;
        tx.execute(
            "INSERT INTO days (business_date, closed_at, sums) VALUES (?1, ?2, ?3)",
            params![date, at_ms, to_json(sums)?],
        )?;
        append(&tx, &head, &seal(&head).map_err(StoreError::Seal)?)?;
        audit::write(&tx, at_ms, Some(staff), "day_close", date)?;
        tx.commit()?;
        self.write_witness();
        Ok(())
    }
}

/// Sums over the sales and returns that `filter` selects.
fn sums(conn: &Connection, filter: &str, key: &dyn rusqlite::ToSql) -> Result<Sums> {
    let fen = |fen: i64| Money::from_fen(fen.into());
    let mut sums = conn.query_row(
        &format!(
            "SELECT count(*), coalesce(sum(claimed), 0), coalesce(sum(gross_fen), 0), coalesce(sum(promotion_fen), 0),
                    coalesce(sum(discount_fen), 0), coalesce(sum(subsidy_fen), 0), coalesce(sum(purse_fen), 0),
                    coalesce(sum(rounding_fen), 0), coalesce(sum(change_fen), 0), coalesce(sum(waived_fen), 0)
             FROM sales WHERE {filter}"
        ),
        [key],
        |row| {
            let mut tenders = BTreeMap::new();
            let change: i64 = row.get(8)?;
            if change != 0 {
                tenders.insert("cash".into(), fen(-change));
            }
            Ok(Sums {
                sales: row.get(0)?,
                subsidised_sales: row.get(1)?,
                returns: 0,
                gross: fen(row.get(2)?),
                promotion: fen(row.get(3)?),
                discount: fen(row.get(4)?),
                subsidy: fen(row.get(5)?),
                purse: fen(row.get(6)?),
                rounding: fen(row.get(7)?),
                waived: fen(row.get(9)?),
                refunds: Money::ZERO,
                refunded: BTreeMap::new(),
                cash_in: Money::ZERO,
                cash_out: Money::ZERO,
                tenders,
            })
        },
    )?;
    let mut tenders = conn.prepare(&format!(
        "SELECT kind, sum(amount_fen) FROM tenders WHERE sale_id IN (SELECT id FROM sales WHERE {filter}) GROUP BY kind"
    ))?;
    let mut rows = tenders.query([key])?;
    while let Some(row) = rows.next()? {
        *sums.tenders.entry(row.get(0)?).or_default() += fen(row.get(1)?);
    }
    let (returns, refunds, discount, subsidy, purse): (u64, i64, i64, i64, i64) = conn.query_row(
        &format!(
            "SELECT count(DISTINCT r.id),
                    coalesce((SELECT sum(refund_fen) FROM returns WHERE {filter}), 0),
                    coalesce(sum(l.discount_fen), 0), coalesce(sum(l.subsidy_fen), 0), coalesce(sum(l.purse_fen), 0)
             FROM (SELECT id FROM returns WHERE {filter}) r JOIN return_lines l ON l.return_id = r.id"
        ),
        [key],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)),
    )?;
    sums.returns = returns;
    sums.refunds = fen(refunds);
    sums.discount -= fen(discount);
    sums.subsidy -= fen(subsidy);
    sums.purse -= fen(purse);
    add_refunds(conn, filter, key, &mut sums)?;
    split_refunds(conn, filter, key, &mut sums)?;
    Ok(sums)
}

/// What came back without a sale of this till, and cash that was put in or taken out.
fn add_refunds(conn: &Connection, filter: &str, key: &dyn rusqlite::ToSql, sums: &mut Sums) -> Result<()> {
    let fen = |fen: i64| Money::from_fen(fen.into());
    let (count, refunds, discount, subsidy, purse): (u64, i64, i64, i64, i64) = conn.query_row(
        &format!(
            "SELECT count(*), coalesce(sum(refund_fen), 0), coalesce(sum(discount_fen), 0),
                    coalesce(sum(subsidy_fen), 0), coalesce(sum(purse_fen), 0) FROM refunds WHERE {filter}"
        ),
        [key],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)),
    )?;
    sums.returns += count;
    sums.refunds += fen(refunds);
    sums.discount -= fen(discount);
    sums.subsidy -= fen(subsidy);
    sums.purse -= fen(purse);
    let moves = conn.query_row(
        &format!(
            "SELECT coalesce(sum(amount_fen) FILTER (WHERE kind = 'in'), 0),
                    coalesce(sum(amount_fen) FILTER (WHERE kind = 'out'), 0)
             FROM (SELECT *, date((at + 28800000) / 1000, 'unixepoch') AS business_date FROM cash_moves) WHERE {filter}"
        ),
        [key],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    (sums.cash_in, sums.cash_out) = (fen(moves.0), fen(moves.1));
    Ok(())
}

/// By which means refunds were paid. What no row speaks of was cash: goods without a sale of this till, and
/// the returns of older programs.
fn split_refunds(conn: &Connection, filter: &str, key: &dyn rusqlite::ToSql, sums: &mut Sums) -> Result<()> {
    let mut statement = conn.prepare(&format!(
        "SELECT kind, sum(amount_fen) FROM refund_tenders
         WHERE kind <> 'cash' AND return_id IN (SELECT id FROM returns WHERE {filter}) GROUP BY kind"
    ))?;
    let mut rows = statement.query([key])?;
    let mut cash = sums.refunds;
    while let Some(row) = rows.next()? {
        let back = Money::from_fen(row.get::<_, i64>(1)?.into());
        cash -= back;
        sums.refunded.insert(row.get(0)?, back);
    }
    if !cash.is_zero() {
        sums.refunded.insert("cash".into(), cash);
    }
    Ok(())
}
