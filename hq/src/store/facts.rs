//! What signs of fraud look at, and what they found.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::params;
use crate::store::sql::{Conn, Param as _, Row, Value};

/// A claim's own figures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fact {
    /// Till's row.
    pub till_id: i64,
    /// Store's code.
    pub store: String,
    /// Household.
    pub household: String,
    /// Who shopped.
    pub person: String,
    /// When, in milliseconds.
    pub at: i64,
    /// Business date.
    pub date: String,
    /// When the sale was begun, in milliseconds.
    pub started_at: i64,
    /// `id_card`, `card`, `typed` or `slip`.
    pub verified_by: String,
    /// Whether it took the last of a limit.
    pub is_capped: bool,
    /// Whether nothing was left to pay.
    pub is_unpaid: bool,
    /// Lines.
    pub lines: i64,
    /// Lines that were entered by number, search or hand.
    pub manual_lines: i64,
    /// The code that most of the money is for.
    pub main_code: String,
    /// Its share in percent.
    pub main_percent: i64,
    /// Where the family stands in the roster.
    pub place: i64,
}

const COLUMNS: &str = "till_id, store, household, person, at, business_date, started_at, verified_by, is_capped,
    is_unpaid, lines, manual_lines, main_code, main_percent, place";

fn fact(row: &Row) -> Result<Fact> {
    Ok(Fact {
        till_id: row.get(0)?,
        store: row.get(1)?,
        household: row.get(2)?,
        person: row.get(3)?,
        at: row.get(4)?,
        date: row.get(5)?,
        started_at: row.get(6)?,
        verified_by: row.get(7)?,
        is_capped: row.get(8)?,
        is_unpaid: row.get(9)?,
        lines: row.get(10)?,
        manual_lines: row.get(11)?,
        main_code: row.get(12)?,
        main_percent: row.get(13)?,
        place: row.get(14)?,
    })
}

/// Keeps a claim's figures.
pub fn insert(conn: &Conn, claim_id: i64, f: &Fact) -> Result<()> {
    let sql = format!(
        "INSERT INTO claim_facts (claim_id, {COLUMNS})
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"
    );
    conn.execute(
        &sql,
        params![
            claim_id,
            f.till_id,
            f.store,
            f.household,
            f.person,
            f.at,
            f.date,
            f.started_at,
            f.verified_by,
            f.is_capped,
            f.is_unpaid,
            f.lines,
            f.manual_lines,
            f.main_code,
            f.main_percent,
            f.place
        ],
    )?;
    Ok(())
}

/// A till's claims up to a moment, the newest first.
pub fn of_till(conn: &Conn, till_id: i64, until: i64, most: i64) -> Result<Vec<Fact>> {
    let sql = format!("SELECT {COLUMNS} FROM claim_facts WHERE till_id = ?1 AND at <= ?2 ORDER BY at DESC LIMIT ?3");
    conn.all(&sql, params![till_id, until, most], fact)
}

/// A household's claims up to a moment, the newest first.
pub fn of_household(conn: &Conn, household: &str, until: i64, most: i64) -> Result<Vec<Fact>> {
    let sql = format!("SELECT {COLUMNS} FROM claim_facts WHERE household = ?1 AND at <= ?2 ORDER BY at DESC LIMIT ?3");
    conn.all(&sql, params![household, until, most], fact)
}

/// For which households a person shopped between two moments.
pub fn served_by(conn: &Conn, person: &str, from: i64, until: i64) -> Result<Vec<String>> {
    let sql = "SELECT DISTINCT household FROM claim_facts WHERE person = ?1 AND at >= ?2 AND at <= ?3";
    conn.all(sql, params![person, from, until], |row| row.get(0))
}

/// Where a household stands in the roster: the first row that it has there.
pub fn place(conn: &Conn, household: &str) -> Result<i64> {
    let sql = "SELECT coalesce(min(id), 0) FROM members WHERE household = ?1 AND to_version IS NULL";
    conn.value(sql, params![household])
}

/// A till's newest closed days, as they were sent.
pub fn closes(conn: &Conn, till_id: i64, most: i64) -> Result<Vec<String>> {
    let sql = "SELECT jws FROM records WHERE till_id = ?1 AND kind = 'day_close' ORDER BY id DESC LIMIT ?2";
    conn.all(sql, params![till_id, most], |row| row.get(0))
}

/// What codes last cost in other stores, in fen.
pub fn peer_prices(conn: &Conn, store: &str, codes: &[String]) -> Result<BTreeMap<String, Vec<i64>>> {
    let mut prices: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    if codes.is_empty() {
        return Ok(prices);
    }
    let marks = vec!["?"; codes.len()].join(", ");
    let sql = format!("SELECT code, price_fen FROM code_prices WHERE code IN ({marks}) AND store <> ?");
    let mut given: Vec<Value> = codes.iter().map(|code| code.value()).collect();
    given.push(store.value());
    for (code, price) in conn.all(&sql, &given, |row| Ok((row.get::<String>(0)?, row.get::<i64>(1)?)))? {
        prices.entry(code).or_default().push(price);
    }
    Ok(prices)
}

/// Notes what codes cost in a store, unless that is known from later.
pub fn put_prices(conn: &Conn, prices: &BTreeMap<String, i64>, store: &str, at: i64) -> Result<()> {
    let rows: Vec<_> = prices.iter().map(|(code, fen)| params![code, store, fen, at].to_vec()).collect();
    conn.insert_many(
        "code_prices (code, store, price_fen, at)",
        &rows,
        "ON CONFLICT (code, store) DO UPDATE SET price_fen = excluded.price_fen, at = excluded.at
         WHERE code_prices.at <= excluded.at",
    )
}

/// Something that a sign found: its code, and why in both languages.
pub type Found = (String, String, String);

/// Keeps what signs found of a claim.
pub fn put_found(conn: &Conn, claim_id: i64, till_id: i64, date: &str, found: &Found) -> Result<()> {
    conn.execute(
        "INSERT INTO claim_signs (claim_id, sign, till_id, business_date, zh, en) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![claim_id, found.0, till_id, date, found.1, found.2],
    )?;
    Ok(())
}

/// What signs found of a claim.
pub fn found(conn: &Conn, claim_id: i64) -> Result<Vec<Found>> {
    let sql = "SELECT sign, zh, en FROM claim_signs WHERE claim_id = ?1 ORDER BY sign";
    conn.all(sql, params![claim_id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
}

/// Signs that were found on a till's claims of a date.
pub fn found_on(conn: &Conn, till_id: i64, date: &str) -> Result<Vec<String>> {
    let sql = "SELECT DISTINCT sign FROM claim_signs WHERE till_id = ?1 AND business_date = ?2";
    conn.all(sql, params![till_id, date], |row| row.get(0))
}

/// Settings that are not as they came: sign, whether it is on, numbers as JSON.
pub fn settings(conn: &Conn) -> Result<Vec<(String, bool, String)>> {
    let sql = "SELECT sign, is_on, numbers FROM sign_settings";
    conn.all(sql, params![], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
}

/// Keeps a sign's settings.
pub fn put_setting(conn: &Conn, sign: &str, is_on: bool, numbers: &str) -> Result<()> {
    conn.execute(
        "INSERT INTO sign_settings (sign, is_on, numbers) VALUES (?1, ?2, ?3)
         ON CONFLICT (sign) DO UPDATE SET is_on = excluded.is_on, numbers = excluded.numbers",
        params![sign, is_on, numbers],
    )?;
    Ok(())
}

/// How many claims a sign held since a date.
pub fn how_often(conn: &Conn, since: &str) -> Result<BTreeMap<String, i64>> {
    let sql = "SELECT sign, count(*) FROM claim_signs WHERE business_date >= ?1 GROUP BY sign";
    Ok(conn.all(sql, params![since], |row| Ok((row.get(0)?, row.get(1)?)))?.into_iter().collect())
}

/// When a till's first claim was, in milliseconds.
pub fn first_of_till(conn: &Conn, till_id: i64) -> Result<Option<i64>> {
    conn.value("SELECT min(at) FROM claim_facts WHERE till_id = ?1", params![till_id])
}
