//! What claims stand at in batches, and what is due of them.

use anyhow::Result;

use crate::params;
use crate::store::sql::{Conn, Row};

/// What a claim's programme stood at before and in a batch; amounts are the payer's part, in fen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Claim's row.
    pub claim: i64,
    /// Programme.
    pub programme: String,
    /// Fund.
    pub fund: String,
    /// Month of sale.
    pub month: String,
    /// Before: empty, `held`, `rejected` or `settled`.
    pub was: String,
    /// Now: `held`, `rejected` or `settled`.
    pub standing: String,
    /// Claimed.
    pub asked: i64,
    /// Granted.
    pub granted: i64,
    /// Granted less what came back.
    pub net: i64,
    /// What earlier batches settled.
    pub before: i64,
    /// `net` by tax rate in basis points, as JSON.
    pub rates: String,
    /// `before` by tax rate.
    pub before_rates: String,
}

/// One payer's part of a claim's programme, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Payer.
    pub payer: String,
    /// Share in basis points.
    pub basis_points: u32,
    /// Standing; empty: in none of the payer's batches yet.
    pub standing: String,
    /// What was settled.
    pub settled: i64,
    /// The same by tax rate, as JSON.
    pub rates: String,
    /// The claim's state before its first batch.
    pub back: String,
    /// The batch that carries its state.
    pub batch: Option<i64>,
}

/// A programme's part of a claim, for all payers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Programme.
    pub programme: String,
    /// Fund.
    pub fund: Option<String>,
    /// Claimed.
    pub asked: i64,
    /// Granted before returns.
    pub granted: i64,
    /// What is left of it.
    pub net: i64,
    /// That by tax rate, as JSON.
    pub rates: String,
}

/// that another payer's batch took, and those that changed since.
pub fn candidates(conn: &Conn, payer: &str, store: &str, last: &str) -> Result<std::collections::BTreeSet<i64>> {
    let id = |row: &Row| row.get(0);
    let mut found: std::collections::BTreeSet<i64> = conn
        .all(
            "SELECT c.id FROM claims c WHERE c.store = ?2 AND c.business_date <= ?3
               AND c.state IN ('accepted', 'adjusted', 'reviewed', 'held', 'disputed', 'rejected')
               AND EXISTS (SELECT 1 FROM claim_programmes p JOIN fund_payers f ON f.fund = p.fund
                           WHERE p.claim_id = c.id AND f.payer = ?1)",
            params![payer, store, last],
            id,
        )?
        .into_iter()
        .collect();
    found.extend(conn.all(
        "SELECT d.claim_id FROM dues d JOIN claims c ON c.id = d.claim_id
         WHERE d.store = ?2 AND d.payer = ?1 AND d.standing <> 'settled' AND c.business_date <= ?3",
        params![payer, store, last],
        id,
    )?);
    found.extend(conn.all(
        "SELECT x.claim_id FROM due_changes x JOIN dues d ON d.claim_id = x.claim_id
         WHERE d.store = ?2 AND d.payer = ?1",
        params![payer, store],
        id,
    )?);
    Ok(found)
}

/// A claim's parts.
pub fn parts(conn: &Conn, claim: i64) -> Result<Vec<Part>> {
    let sql = "SELECT programme, fund, asked_fen, granted_fen, subsidy_fen + purse_fen, rates FROM claim_programmes
               WHERE claim_id = ?1 ORDER BY programme";
    conn.all(sql, params![claim], |row| {
        Ok(Part {
            programme: row.get(0)?,
            fund: row.get(1)?,
            asked: row.get(2)?,
            granted: row.get(3)?,
            net: row.get(4)?,
            rates: row.get(5)?,
        })
    })
}

/// What payers owe of a claim's programme; empty: no batch took it yet.
pub fn dues(conn: &Conn, claim: i64, programme: &str) -> Result<Vec<Due>> {
    let sql = "SELECT payer, share_bp, standing, settled_fen, rates, back, batch_id FROM dues
               WHERE claim_id = ?1 AND programme = ?2 ORDER BY n";
    conn.all(sql, params![claim, programme], |row| {
        Ok(Due {
            payer: row.get(0)?,
            basis_points: row.get(1)?,
            standing: row.get(2)?,
            settled: row.get(3)?,
            rates: row.get(4)?,
            back: row.get(5)?,
            batch: row.get(6)?,
        })
    })
}

/// Writes one payer's part; its share stays as it first was.
pub fn put_due(conn: &Conn, claim: i64, programme: &str, store: &str, n: i64, due: &Due) -> Result<()> {
    let sql = "INSERT INTO dues (claim_id, programme, payer, store, n, share_bp, standing, settled_fen, rates, back, batch_id)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
               ON CONFLICT (claim_id, programme, payer) DO UPDATE SET standing = excluded.standing,
                 settled_fen = excluded.settled_fen, rates = excluded.rates, back = excluded.back,
                 batch_id = excluded.batch_id";
    conn.execute(
        sql,
        params![
            claim,
            programme,
            due.payer,
            store,
            n,
            due.basis_points,
            due.standing,
            due.settled,
            due.rates,
            due.back,
            due.batch
        ],
    )?;
    Ok(())
}

/// A claim that no batch holds any more owes nothing: the next batch takes the shares of its own day.
pub fn drop_dues(conn: &Conn, claim: i64) -> Result<()> {
    conn.execute(
        "DELETE FROM dues WHERE claim_id = ?1 AND NOT EXISTS
           (SELECT 1 FROM dues d WHERE d.claim_id = ?1 AND d.standing <> '')",
        params![claim],
    )?;
    Ok(())
}

/// How far a claim is with each payer that has settled it: batch's state; and whether some have not.
pub fn progress(conn: &Conn, claim: i64) -> Result<(Vec<String>, bool)> {
    let states = conn.all(
        "SELECT b.state FROM dues d JOIN batches b ON b.id = d.batch_id WHERE d.claim_id = ?1 AND d.standing = 'settled'",
        params![claim],
        |row| row.get(0),
    )?;
    let open: i64 =
        conn.value("SELECT count(*) FROM dues WHERE claim_id = ?1 AND standing <> 'settled'", params![claim])?;
    Ok((states, open > 0))
}

/// Notes that a claim of a batch changed since.
pub fn note_change(conn: &Conn, claim: i64) -> Result<()> {
    conn.execute(
        "INSERT INTO due_changes (claim_id) SELECT DISTINCT claim_id FROM dues WHERE claim_id = ?1 AND standing = 'settled'
         ON CONFLICT DO NOTHING",
        params![claim],
    )?;
    Ok(())
}

/// Every payer's batch has the claim's change.
pub fn drop_change(conn: &Conn, claim: i64) -> Result<()> {
    conn.execute("DELETE FROM due_changes WHERE claim_id = ?1", params![claim])?;
    Ok(())
}

/// Keeps a line of a batch.
pub fn insert_line(conn: &Conn, batch: i64, l: &Line) -> Result<()> {
    let sql =
        "INSERT INTO batch_claims (batch_id, claim_id, programme, fund, month, was, standing, asked_fen, granted_fen,
                 net_fen, before_fen, rates, before_rates)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    conn.execute(
        sql,
        params![
            batch,
            l.claim,
            l.programme,
            l.fund,
            l.month,
            l.was,
            l.standing,
            l.asked,
            l.granted,
            l.net,
            l.before,
            l.rates,
            l.before_rates
        ],
    )?;
    Ok(())
}

/// A batch's lines.
pub fn lines(conn: &Conn, batch: i64) -> Result<Vec<Line>> {
    let sql =
        "SELECT claim_id, programme, fund, month, was, standing, asked_fen, granted_fen, net_fen, before_fen, rates,
               before_rates FROM batch_claims WHERE batch_id = ?1 ORDER BY claim_id, programme";
    conn.all(sql, params![batch], |row| {
        Ok(Line {
            claim: row.get(0)?,
            programme: row.get(1)?,
            fund: row.get(2)?,
            month: row.get(3)?,
            was: row.get(4)?,
            standing: row.get(5)?,
            asked: row.get(6)?,
            granted: row.get(7)?,
            net: row.get(8)?,
            before: row.get(9)?,
            rates: row.get(10)?,
            before_rates: row.get(11)?,
        })
    })
}

/// Claims whose state a batch carries.
pub fn carried(conn: &Conn, batch: i64) -> Result<Vec<i64>> {
    let sql = "SELECT DISTINCT b.claim_id FROM batch_claims b JOIN dues d ON d.claim_id = b.claim_id
               WHERE b.batch_id = ?1 AND d.batch_id = ?1 ORDER BY b.claim_id";
    conn.all(sql, params![batch], |row| row.get(0))
}

/// Writes which batches hold a claim.
pub fn name_batches(conn: &Conn, claim: i64) -> Result<()> {
    let sql = "SELECT DISTINCT b.number, b.id FROM batch_claims l JOIN batches b ON b.id = l.batch_id
               WHERE l.claim_id = ?1 AND l.standing = 'settled' AND b.state <> 'withdrawn' ORDER BY b.id";
    let numbers: Vec<String> = conn.all(sql, params![claim], |row| row.get(0))?;
    let named = (!numbers.is_empty()).then(|| numbers.join(", "));
    conn.execute("UPDATE claims SET batch = ?2 WHERE id = ?1", params![claim, named])?;
    Ok(())
}

/// The newest batch of a payer that holds a claim's programme and was not withdrawn.
pub fn batch_of(conn: &Conn, payer: &str, claim: i64, programme: &str) -> Result<Option<i64>> {
    let sql = "SELECT b.id FROM batch_claims l JOIN batches b ON b.id = l.batch_id
               WHERE l.claim_id = ?2 AND l.programme = ?3 AND l.standing = 'settled' AND b.payer = ?1
                 AND b.state <> 'withdrawn' ORDER BY b.id DESC LIMIT 1";
    conn.optional(sql, params![payer, claim, programme], |row| row.get(0))
}

/// Where a claim stands in its chain: till, epoch, seq.
pub fn place(conn: &Conn, claim: i64) -> Result<(String, String, u64)> {
    let sql = "SELECT c.till, r.epoch, r.seq FROM claims c JOIN records r ON r.id = c.record_id WHERE c.id = ?1";
    conn.one(sql, params![claim], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
}

/// A fund that a store's open claims take from, and that nobody pays yet.
pub fn fund_without_payers(conn: &Conn, store: &str, last: &str) -> Result<Option<String>> {
    let sql = "SELECT p.fund FROM claims c JOIN claim_programmes p ON p.claim_id = c.id
               WHERE c.store = ?1 AND c.business_date <= ?2 AND c.state IN ('accepted', 'adjusted', 'reviewed')
                 AND p.fund IS NOT NULL AND p.subsidy_fen + p.purse_fen > 0
                 AND NOT EXISTS (SELECT 1 FROM fund_payers f WHERE f.fund = p.fund) LIMIT 1";
    conn.optional(sql, params![store, last], |row| row.get(0))
}
