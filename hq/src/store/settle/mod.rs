//! Batches: their figures, their way, and what was paid ahead.

mod dues;

use anyhow::Result;

pub use self::dues::*;
use super::now_ms;
use crate::params;
use crate::store::sql::{Conn, Param as _, Row, Value};

/// A batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Row.
    pub id: i64,
    /// Number.
    pub number: String,
    /// Payer's code.
    pub payer: String,
    /// Store's code.
    pub store: String,
    /// Period, as in `2026-11` or `2026-Q4`.
    pub period: String,
    /// Last business date in it.
    pub last_date: String,
    /// `made`, `checked`, `approved`, `paid`, `confirmed` or `withdrawn`.
    pub state: String,
    /// When it was made.
    pub made_at: i64,
    /// What is to be paid, in fen.
    pub payable: i64,
    /// What of it was paid ahead.
    pub prepaid: i64,
    /// What the store owes after it.
    pub owed: i64,
    /// All figures, as JSON.
    pub figures: String,
    /// Payee.
    pub payee: String,
    /// Payee's bank.
    pub bank: String,
    /// Payee's account, masked.
    pub shown: String,
    /// Approvals so far.
    pub approvals: i64,
    /// Invoice's number.
    pub invoice: String,
    /// Bank's reference.
    pub reference: String,
    /// When it was paid.
    pub paid_on: Option<String>,
}

/// A step of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// `made`, `checked`, `approved`, `paid`, `confirmed`, `withdrawn` or `file`.
    pub step: String,
    /// When.
    pub at: i64,
    /// Who.
    pub who: String,
    /// Reason or reference.
    pub note: String,
}

const BATCH: &str = "id, number, payer, store, period, last_date, state, made_at, payable_fen, prepaid_fen, owed_fen,
    figures, payee, bank, shown, approvals, invoice, reference, paid_on";

fn batch_row(row: &Row) -> Result<Batch> {
    Ok(Batch {
        id: row.get(0)?,
        number: row.get(1)?,
        payer: row.get(2)?,
        store: row.get(3)?,
        period: row.get(4)?,
        last_date: row.get(5)?,
        state: row.get(6)?,
        made_at: row.get(7)?,
        payable: row.get(8)?,
        prepaid: row.get(9)?,
        owed: row.get(10)?,
        figures: row.get(11)?,
        payee: row.get(12)?,
        bank: row.get(13)?,
        shown: row.get(14)?,
        approvals: row.get(15)?,
        invoice: row.get(16)?,
        reference: row.get(17)?,
        paid_on: row.get(18)?,
    })
}

/// A batch by its number.
pub fn batch(conn: &Conn, number: &str) -> Result<Option<Batch>> {
    conn.optional(&format!("SELECT {BATCH} FROM batches WHERE number = ?1"), params![number], batch_row)
}

/// The newest batch of a payer and store that was not withdrawn.
pub fn newest(conn: &Conn, payer: &str, store: &str) -> Result<Option<Batch>> {
    let sql = format!(
        "SELECT {BATCH} FROM batches WHERE payer = ?1 AND store = ?2 AND state <> 'withdrawn' ORDER BY id DESC LIMIT 1"
    );
    conn.optional(&sql, params![payer, store], batch_row)
}

/// How many batches of a payer, store and period there ever were.
pub fn count(conn: &Conn, payer: &str, store: &str, period: &str) -> Result<i64> {
    let sql = "SELECT count(*) FROM batches WHERE payer = ?1 AND store = ?2 AND period = ?3";
    conn.value(sql, params![payer, store, period])
}

/// Which batches a list shows; what is absent does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// State.
    pub state: Option<String>,
    /// Payer.
    pub payer: Option<String>,
    /// Store.
    pub store: Option<String>,
    /// Period.
    pub period: Option<String>,
    /// Batches before this row.
    pub before: Option<i64>,
    /// Stores that may be seen; absent: all.
    pub visible: Option<Vec<String>>,
}

/// Batches, newest first.
pub fn batches(conn: &Conn, filter: &Filter, rows: i64) -> Result<Vec<Batch>> {
    let mut wanted = vec!["1 = 1".to_owned()];
    let mut values: Vec<Value> = Vec::new();
    let named =
        [("state", &filter.state), ("payer", &filter.payer), ("store", &filter.store), ("period", &filter.period)];
    for (column, value) in named {
        if let Some(value) = value {
            values.push(value.value());
            wanted.push(format!("{column} = ?{}", values.len()));
        }
    }
    if let Some(before) = filter.before {
        values.push(before.value());
        wanted.push(format!("id < ?{}", values.len()));
    }
    if let Some(stores) = &filter.visible {
        let mut places = vec!["NULL".to_owned()];
        for store in stores {
            values.push(store.value());
            places.push(format!("?{}", values.len()));
        }
        wanted.push(format!("store IN ({})", places.join(", ")));
    }
    values.push(rows.value());
    let sql =
        format!("SELECT {BATCH} FROM batches WHERE {} ORDER BY id DESC LIMIT ?{}", wanted.join(" AND "), values.len());
    conn.all(&sql, &values, batch_row)
}

/// Keeps a batch; its row.
pub fn insert(conn: &Conn, b: &Batch) -> Result<i64> {
    let sql = "INSERT INTO batches (number, payer, store, period, last_date, state, made_at, payable_fen, prepaid_fen,
                 owed_fen, figures, payee, bank, shown, approvals)
               VALUES (?1, ?2, ?3, ?4, ?5, 'made', ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0) RETURNING id";
    conn.value(
        sql,
        params![
            b.number,
            b.payer,
            b.store,
            b.period,
            b.last_date,
            now_ms(),
            b.payable,
            b.prepaid,
            b.owed,
            b.figures,
            b.payee,
            b.bank,
            b.shown
        ],
    )
}

/// Moves a batch from one state to another; false: it is not there any more.
pub fn advance(conn: &Conn, id: i64, from: &str, to: &str) -> Result<bool> {
    Ok(conn.execute("UPDATE batches SET state = ?3 WHERE id = ?1 AND state = ?2", params![id, from, to])? == 1)
}

/// Counts an approval; how many there are now.
pub fn add_approval(conn: &Conn, id: i64) -> Result<i64> {
    conn.value("UPDATE batches SET approvals = approvals + 1 WHERE id = ?1 RETURNING approvals", params![id])
}

/// Notes the bank's reference and the day of payment.
pub fn set_paid(conn: &Conn, id: i64, reference: &str, paid_on: &str) -> Result<()> {
    conn.execute("UPDATE batches SET reference = ?2, paid_on = ?3 WHERE id = ?1", params![id, reference, paid_on])?;
    Ok(())
}

/// Notes the store's invoice.
pub fn set_invoice(conn: &Conn, id: i64, invoice: &str) -> Result<()> {
    conn.execute("UPDATE batches SET invoice = ?2 WHERE id = ?1", params![id, invoice])?;
    Ok(())
}

/// Notes that a payment file names a batch.
pub fn set_file(conn: &Conn, id: i64) -> Result<()> {
    conn.execute("UPDATE batches SET file_at = ?2 WHERE id = ?1", params![id, now_ms()])?;
    Ok(())
}

/// Payments of a payer to a store that no statement told of yet, in fen.
pub fn untold(conn: &Conn, payer: &str, store: &str) -> Result<i64> {
    let sql = "SELECT coalesce(sum(payable_fen), 0) FROM batches WHERE payer = ?1 AND store = ?2
               AND state IN ('paid', 'confirmed') AND told_in IS NULL";
    conn.value(sql, params![payer, store])
}

/// From now on a statement tells of them.
pub fn tell(conn: &Conn, payer: &str, store: &str, in_batch: i64) -> Result<()> {
    conn.execute(
        "UPDATE batches SET told_in = ?3 WHERE payer = ?1 AND store = ?2 AND state IN ('paid', 'confirmed')
           AND told_in IS NULL",
        params![payer, store, in_batch],
    )?;
    Ok(())
}

/// A statement was withdrawn: what it told of is untold.
pub fn untell(conn: &Conn, batch: i64) -> Result<()> {
    conn.execute("UPDATE batches SET told_in = NULL WHERE told_in = ?1", params![batch])?;
    Ok(())
}

/// What batches of a payer and store have still to be paid, in fen.
pub fn unpaid(conn: &Conn, payer: &str, store: &str) -> Result<i64> {
    let sql = "SELECT coalesce(sum(payable_fen), 0) FROM batches WHERE payer = ?1 AND store = ?2
               AND state IN ('made', 'checked', 'approved')";
    conn.value(sql, params![payer, store])
}

/// What of the advances of a payer to a store is not set off yet, in fen.
pub fn prepaid_left(conn: &Conn, payer: &str, store: &str) -> Result<i64> {
    let paid: i64 = conn.value(
        "SELECT coalesce(sum(amount_fen), 0) FROM advances WHERE payer = ?1 AND store = ?2",
        params![payer, store],
    )?;
    let used: i64 = conn.value(
        "SELECT coalesce(sum(prepaid_fen), 0) FROM batches WHERE payer = ?1 AND store = ?2 AND state <> 'withdrawn'",
        params![payer, store],
    )?;
    Ok(paid - used)
}

/// Notes an advance.
pub fn add_advance(
    conn: &Conn,
    payer: &str,
    store: &str,
    fen: i64,
    on: &str,
    reference: &str,
    who: &str,
) -> Result<()> {
    conn.execute(
        "INSERT INTO advances (payer, store, amount_fen, paid_on, reference, added_at, added_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![payer, store, fen, on, reference, now_ms(), who],
    )?;
    Ok(())
}

/// Claims that may have something for a payer's batch of a store up to a date, by row: open ones, those
/// Notes a step.
pub fn add_step(conn: &Conn, batch: i64, step: &str, who: &str, note: &str) -> Result<()> {
    conn.execute(
        "INSERT INTO batch_steps (batch_id, step, at, who, note) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![batch, step, now_ms(), who, note],
    )?;
    Ok(())
}

/// A batch's steps, in their order.
pub fn steps(conn: &Conn, batch: i64) -> Result<Vec<Step>> {
    let sql = "SELECT step, at, who, note FROM batch_steps WHERE batch_id = ?1 ORDER BY id";
    conn.all(sql, params![batch], |row| {
        Ok(Step { step: row.get(0)?, at: row.get(1)?, who: row.get(2)?, note: row.get(3)? })
    })
}

/// Set where headquarters was restored, until what was paid since the backup is entered.
pub const RESTORED: &str = "settle_restored";

/// A setting of headquarters.
pub fn setting(conn: &Conn, name: &str) -> Result<Option<String>> {
    conn.optional("SELECT value FROM meta WHERE name = ?1", params![name], |row| row.get(0))
}

/// Writes a setting.
pub fn put_setting(conn: &Conn, name: &str, value: &str) -> Result<()> {
    conn.execute(
        "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        params![name, value],
    )?;
    Ok(())
}

/// Batches that were approved, with when.
pub fn approved(conn: &Conn) -> Result<Vec<(Batch, i64)>> {
    let sql = "SELECT batch_id, max(at) FROM batch_steps WHERE step = 'approved' GROUP BY batch_id";
    let times: std::collections::BTreeMap<i64, i64> =
        conn.all(sql, params![], |row| Ok((row.get(0)?, row.get(1)?)))?.into_iter().collect();
    let sql = format!("SELECT {BATCH} FROM batches WHERE state IN ('approved', 'paid', 'confirmed') ORDER BY id");
    let batches = conn.all(&sql, params![], batch_row)?;
    Ok(batches.into_iter().filter_map(|batch| times.get(&batch.id).copied().map(|at| (batch, at))).collect())
}

/// What a store was paid for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaidStore {
    /// Code.
    pub store: String,
    /// Name.
    pub name: String,
    /// Claims.
    pub claims: i64,
    /// Their households.
    pub households: i64,
    /// In fen.
    pub amount: i64,
}

/// What stores were paid for by batches of periods that end between two days.
pub fn paid_by_store(conn: &Conn, from: &str, to: &str) -> Result<Vec<PaidStore>> {
    let sql = "SELECT b.store, s.name, count(DISTINCT CASE WHEN l.was <> 'settled' THEN l.claim_id END),
                 count(DISTINCT CASE WHEN l.was <> 'settled' THEN c.household END), sum(l.net_fen - l.before_fen)
               FROM batches b JOIN stores s ON s.code = b.store JOIN batch_claims l ON l.batch_id = b.id
                 JOIN claims c ON c.id = l.claim_id
               WHERE b.state IN ('paid', 'confirmed') AND b.last_date >= ?1 AND b.last_date <= ?2
                 AND l.standing = 'settled'
               GROUP BY b.store, s.name ORDER BY b.store";
    conn.all(sql, params![from, to], |row| {
        Ok(PaidStore {
            store: row.get(0)?,
            name: row.get(1)?,
            claims: row.get(2)?,
            households: row.get(3)?,
            amount: row.get(4)?,
        })
    })
}

/// Takes a setting away.
pub fn drop_setting(conn: &Conn, name: &str) -> Result<()> {
    conn.execute("DELETE FROM meta WHERE name = ?1", params![name])?;
    Ok(())
}
