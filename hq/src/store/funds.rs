//! Funds, where their money comes from, who pays, and what claims take of them.

use std::collections::BTreeMap;

use anyhow::Result;

use super::now_ms;
use crate::params;
use crate::store::sql::{Conn, Row};

/// A fund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fund {
    /// Code.
    pub code: String,
    /// Name; empty until somebody gives it one.
    pub name: String,
    /// Purpose.
    pub purpose: String,
    /// Budget in fen; none: no limit.
    pub budget: Option<i64>,
    /// The budget's date.
    pub budget_date: Option<String>,
}

/// A budget that a fund had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// From this day on.
    pub date: String,
    /// In fen; none: no limit.
    pub budget: Option<i64>,
    /// Why.
    pub note: String,
    /// Who set it.
    pub who: String,
}

/// Where a fund's money comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// `named`, `one_day`, `finance` or `other`.
    pub kind: String,
    /// Number of the agreement.
    pub agreement: String,
    /// Date.
    pub date: String,
    /// In fen.
    pub amount: i64,
}

/// A payer's share of a fund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Payer's code.
    pub payer: String,
    /// In basis points.
    pub basis_points: u32,
}

/// Somebody who pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payer {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Bank.
    pub bank: String,
    /// Sealed number of the account that is paid from.
    pub account_enc: Vec<u8>,
    /// The number as it is shown.
    pub shown: String,
}

/// What claims take of a fund in a month of sale and a standing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// Month of sale.
    pub month: String,
    /// `waiting`, `held`, `granted`, `batched`, `approved` or `paid`.
    pub standing: String,
    /// Programmes of claims.
    pub claims: i64,
    /// In fen.
    pub amount: i64,
}

/// One programme's part of a claim, as it is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Programme.
    pub programme: String,
    /// Its fund.
    pub fund: String,
    /// What balances count, in fen.
    pub amount: i64,
    /// Standing in which it is counted; empty: not yet.
    pub standing: String,
    /// What is counted, in fen.
    pub counted: i64,
}

const FUND: &str = "code, name, purpose, budget_fen, budget_date";

fn fund_row(row: &Row) -> Result<Fund> {
    Ok(Fund {
        code: row.get(0)?,
        name: row.get(1)?,
        purpose: row.get(2)?,
        budget: row.get(3)?,
        budget_date: row.get(4)?,
    })
}

/// All funds.
pub fn funds(conn: &Conn) -> Result<Vec<Fund>> {
    conn.all(&format!("SELECT {FUND} FROM funds ORDER BY code"), params![], fund_row)
}

/// One fund.
pub fn fund(conn: &Conn, code: &str) -> Result<Option<Fund>> {
    conn.optional(&format!("SELECT {FUND} FROM funds WHERE code = ?1"), params![code], fund_row)
}

/// Names a fund, or makes it.
pub fn put_fund(conn: &Conn, code: &str, name: &str, purpose: &str) -> Result<()> {
    let sql = "INSERT INTO funds (code, name, purpose) VALUES (?1, ?2, ?3)
               ON CONFLICT (code) DO UPDATE SET name = excluded.name, purpose = excluded.purpose";
    conn.execute(sql, params![code, name, purpose])?;
    Ok(())
}

/// Sets a budget, and keeps it among those that the fund ever had.
pub fn set_budget(conn: &Conn, fund: &str, budget: Option<i64>, date: &str, note: &str, who: &str) -> Result<()> {
    conn.execute(
        "INSERT INTO fund_budgets (fund, from_date, budget_fen, note, set_at, set_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![fund, date, budget, note, now_ms(), who],
    )?;
    conn.execute("UPDATE funds SET budget_fen = ?2, budget_date = ?3 WHERE code = ?1", params![fund, budget, date])?;
    Ok(())
}

/// Budgets that a fund had, newest first.
pub fn budgets(conn: &Conn, fund: &str) -> Result<Vec<Budget>> {
    let sql = "SELECT from_date, budget_fen, note, set_by FROM fund_budgets WHERE fund = ?1 ORDER BY id DESC LIMIT 50";
    conn.all(sql, params![fund], |row| {
        Ok(Budget { date: row.get(0)?, budget: row.get(1)?, note: row.get(2)?, who: row.get(3)? })
    })
}

/// Adds a source.
pub fn add_source(conn: &Conn, fund: &str, s: &Source, who: &str) -> Result<()> {
    conn.execute(
        "INSERT INTO fund_sources (fund, kind, agreement, from_date, amount_fen, added_at, added_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![fund, s.kind, s.agreement, s.date, s.amount, now_ms(), who],
    )?;
    Ok(())
}

/// A fund's sources.
pub fn sources(conn: &Conn, fund: &str) -> Result<Vec<Source>> {
    let sql = "SELECT kind, agreement, from_date, amount_fen FROM fund_sources WHERE fund = ?1 ORDER BY from_date, id";
    conn.all(sql, params![fund], |row| {
        Ok(Source { kind: row.get(0)?, agreement: row.get(1)?, date: row.get(2)?, amount: row.get(3)? })
    })
}

/// Writes a payer.
pub fn put_payer(conn: &Conn, p: &Payer) -> Result<()> {
    let sql = "INSERT INTO payers (code, name, bank, account_enc, shown) VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT (code) DO UPDATE SET name = excluded.name, bank = excluded.bank,
                 account_enc = excluded.account_enc, shown = excluded.shown";
    conn.execute(sql, params![p.code, p.name, p.bank, p.account_enc, p.shown])?;
    Ok(())
}

/// All payers.
pub fn payers(conn: &Conn) -> Result<Vec<Payer>> {
    conn.all("SELECT code, name, bank, account_enc, shown FROM payers ORDER BY code", params![], |row| {
        Ok(Payer {
            code: row.get(0)?,
            name: row.get(1)?,
            bank: row.get(2)?,
            account_enc: row.get(3)?,
            shown: row.get(4)?,
        })
    })
}

/// A fund's payers, in their order.
pub fn shares(conn: &Conn, fund: &str) -> Result<Vec<Share>> {
    let sql = "SELECT payer, share_bp FROM fund_payers WHERE fund = ?1 ORDER BY n";
    conn.all(sql, params![fund], |row| Ok(Share { payer: row.get(0)?, basis_points: row.get(1)? }))
}

/// Writes a fund's payers.
pub fn put_shares(conn: &Conn, fund: &str, shares: &[Share]) -> Result<()> {
    conn.execute("DELETE FROM fund_payers WHERE fund = ?1", params![fund])?;
    for (n, share) in shares.iter().enumerate() {
        conn.execute(
            "INSERT INTO fund_payers (fund, payer, n, share_bp) VALUES (?1, ?2, ?3, ?4)",
            params![fund, share.payer, i64::try_from(n)?, share.basis_points],
        )?;
    }
    Ok(())
}

/// What claims take of a fund, by month and standing.
pub fn sums(conn: &Conn, fund: &str) -> Result<Vec<Sum>> {
    let sql = "SELECT month, standing, claims, amount_fen FROM fund_sums WHERE fund = ?1 ORDER BY month, standing";
    conn.all(sql, params![fund], |row| {
        Ok(Sum { month: row.get(0)?, standing: row.get(1)?, claims: row.get(2)?, amount: row.get(3)? })
    })
}

/// Keeps which fund each of a claim's programmes takes from, what was granted before returns, and what is left of it by
/// tax rate (JSON). Their parts were noted before.
pub fn put_parts(conn: &Conn, claim: i64, parts: &[(&str, Option<String>, i64, String)]) -> Result<()> {
    let row = |(code, fund, granted, rates): &(&str, Option<String>, i64, String)| {
        params![claim, code, 0_i64, 0_i64, 0_i64, 0_i64, fund, granted, rates].to_vec()
    };
    let rows: Vec<_> = parts.iter().map(row).collect();
    conn.insert_many(
        "claim_programmes (claim_id, programme, asked_fen, discount_fen, subsidy_fen, purse_fen, fund, granted_fen, rates)",
        &rows,
        "ON CONFLICT (claim_id, programme) DO UPDATE SET fund = excluded.fund, granted_fen = excluded.granted_fen,
           rates = excluded.rates",
    )
}

/// A claim's parts that take from a fund.
pub fn counted(conn: &Conn, claim: i64) -> Result<Vec<Counted>> {
    let sql = "SELECT programme, fund, subsidy_fen + purse_fen, counted_standing, counted_fen FROM claim_programmes
               WHERE claim_id = ?1 AND fund IS NOT NULL ORDER BY programme";
    conn.all(sql, params![claim], |row| {
        Ok(Counted {
            programme: row.get(0)?,
            fund: row.get(1)?,
            amount: row.get(2)?,
            standing: row.get(3)?,
            counted: row.get(4)?,
        })
    })
}

/// Counts a claim's parts anew, each with its amount: out of the standing where it was, into the one where it is.
pub fn recount(conn: &Conn, claim: i64, month: &str, changes: &[(&Counted, i64)], standing: &str) -> Result<()> {
    let mut sums: BTreeMap<(&str, &str), (i64, i64)> = BTreeMap::new();
    let mut add = |fund, standing, claims, amount| {
        let sum = sums.entry((fund, standing)).or_default();
        *sum = (sum.0 + claims, sum.1 + amount);
    };
    for (was, amount) in changes {
        if !was.standing.is_empty() {
            add(was.fund.as_str(), was.standing.as_str(), -1, -was.counted);
        }
        add(was.fund.as_str(), standing, 1, *amount);
    }
    let row = |((fund, standing), (claims, amount)): (&(&str, &str), &(i64, i64))| {
        params![fund, month, standing, claims, amount].to_vec()
    };
    let rows: Vec<_> = sums.iter().map(row).collect();
    conn.insert_many(
        "fund_sums (fund, month, standing, claims, amount_fen)",
        &rows,
        "ON CONFLICT (fund, month, standing) DO UPDATE SET claims = fund_sums.claims + excluded.claims,
           amount_fen = fund_sums.amount_fen + excluded.amount_fen",
    )?;
    // Those that stay as they are had the same standing, and their amount.
    conn.execute(
        "UPDATE claim_programmes SET counted_standing = ?2,
           counted_fen = CASE WHEN ?3 = 1 THEN 0 ELSE subsidy_fen + purse_fen END
         WHERE claim_id = ?1 AND fund IS NOT NULL",
        params![claim, standing, standing == "rejected"],
    )?;
    Ok(())
}

/// Claims that wait for a fund, oldest first: row, reasons, granted whole.
pub fn waiting(conn: &Conn, fund: &str) -> Result<Vec<(i64, String, bool)>> {
    let sql = "SELECT c.id, c.reasons, CASE WHEN c.granted_fen = c.claimed_fen THEN 1 ELSE 0 END
               FROM claims c JOIN claim_programmes p ON p.claim_id = c.id
               WHERE c.state = 'held' AND p.fund = ?1 AND p.counted_standing = 'waiting'
               ORDER BY c.business_date, c.id";
    conn.all(sql, params![fund], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
}

/// Writes a claim's reasons, at a version of the decisions.
pub fn set_reasons(conn: &Conn, claim: i64, reasons: &str, version: u64) -> Result<()> {
    conn.execute("UPDATE claims SET reasons = ?2, version = ?3 WHERE id = ?1", params![claim, reasons, version])?;
    Ok(())
}

/// The first sum of a fund that is not what its claims make, in words.
pub fn first_difference(conn: &Conn) -> Result<Option<String>> {
    let sql = "SELECT fund, month, standing, sum(kept), sum(made) FROM (
                 SELECT fund, month, standing, amount_fen AS kept, 0 AS made FROM fund_sums
                 UNION ALL
                 SELECT p.fund, substr(coalesce(c.business_date, ''), 1, 7), p.counted_standing, 0, p.counted_fen
                 FROM claim_programmes p JOIN claims c ON c.id = p.claim_id WHERE p.fund IS NOT NULL) AS both_sides
               GROUP BY fund, month, standing HAVING sum(kept) <> sum(made) LIMIT 1";
    let read = |row: &Row| {
        let text = |i: usize| row.get::<String>(i);
        let (kept, made): (i64, i64) = (row.get(3)?, row.get(4)?);
        Ok(format!("fund {} {} {}: {kept} fen are kept, its claims make {made}", text(0)?, text(1)?, text(2)?))
    };
    if let Some(found) = conn.optional(sql, params![], read)? {
        return Ok(Some(found));
    }
    let sql = "SELECT c.uuid FROM claim_programmes p JOIN claims c ON c.id = p.claim_id WHERE p.fund IS NOT NULL
               AND (p.counted_fen <> CASE WHEN c.state = 'rejected' THEN 0 ELSE p.subsidy_fen + p.purse_fen END
                 OR CASE WHEN c.state = 'rejected' THEN 'rejected' WHEN c.state = 'confirmed' THEN 'paid'
                      WHEN c.state IN ('accepted', 'adjusted', 'reviewed') THEN 'granted'
                      WHEN c.state = 'disputed' THEN 'held' ELSE c.state END
                    <> CASE WHEN p.counted_standing = 'waiting' THEN 'held' ELSE p.counted_standing END) LIMIT 1";
    conn.optional(sql, params![], |row| {
        Ok(format!("claim {} is not counted in its fund as it stands", row.get::<String>(0)?))
    })
}
