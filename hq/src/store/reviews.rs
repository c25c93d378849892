//! What people decide about claims: state, history, what counts then.

use anyhow::Result;
use domain::usage::Movement;

use super::now_ms;
use crate::params;
use crate::store::sql::{Conn, Row};

/// A step in a claim's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// When, in milliseconds.
    pub at: i64,
    /// Who; empty: headquarters' program.
    pub who: String,
    /// `judged`, `decided`, `disputed`, `answered`, `batched`, `approved`, `paid`, `confirmed`, `released`.
    pub event: String,
    /// JSON.
    pub detail: String,
}

/// Notes a step in a claim's life.
pub fn note(conn: &Conn, claim_id: i64, who: &str, event: &str, detail: &str) -> Result<()> {
    conn.execute(
        "INSERT INTO claim_events (claim_id, at, who, event, detail) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![claim_id, now_ms(), who, event, detail],
    )?;
    Ok(())
}

/// A claim's history, oldest first.
pub fn events(conn: &Conn, claim_id: i64) -> Result<Vec<EventRow>> {
    let sql = "SELECT at, who, event, detail FROM claim_events WHERE claim_id = ?1 ORDER BY id";
    let read = |row: &Row| Ok(EventRow { at: row.get(0)?, who: row.get(1)?, event: row.get(2)?, detail: row.get(3)? });
    conn.all(sql, params![claim_id], read)
}

/// What the person who decided last said about a claim, in words; none: nobody did.
pub fn last_words(conn: &Conn, claim_id: i64) -> Result<Option<String>> {
    let sql = "SELECT detail FROM claim_events WHERE claim_id = ?1 AND event IN ('decided', 'answered')
               ORDER BY id DESC LIMIT 1";
    let detail: Option<String> = conn.optional(sql, params![claim_id], |row| row.get(0))?;
    let read = |text: String| serde_json::from_str::<serde_json::Value>(&text).ok()?["note"].as_str().map(Into::into);
    Ok(detail.and_then(read).filter(|words: &String| !words.is_empty()))
}

/// State of a claim and the version of that.
pub fn stands(conn: &Conn, claim_id: i64) -> Result<Option<(String, u64)>> {
    let sql = "SELECT state, version FROM claims WHERE id = ?1";
    conn.optional(sql, params![claim_id], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// How much a claim wants a look.
pub fn risk(conn: &Conn, claim_id: i64) -> Result<i64> {
    conn.value("SELECT risk FROM claims WHERE id = ?1", params![claim_id])
}

/// Sets how much a claim wants a look.
pub fn set_risk(conn: &Conn, claim_id: i64, risk: i64) -> Result<()> {
    conn.execute("UPDATE claims SET risk = ?2 WHERE id = ?1", params![claim_id, risk])?;
    Ok(())
}

/// Sets a claim's state, at a version of the decisions.
pub fn set_state(conn: &Conn, claim_id: i64, state: &str, version: u64) -> Result<()> {
    conn.execute("UPDATE claims SET state = ?2, version = ?3 WHERE id = ?1", params![claim_id, state, version])?;
    Ok(())
}

/// Sets a claim's reasons.
pub fn set_reasons(conn: &Conn, claim_id: i64, reasons: &str) -> Result<()> {
    conn.execute("UPDATE claims SET reasons = ?2 WHERE id = ?1", params![claim_id, reasons])?;
    Ok(())
}

/// Sets what is granted of a claim, and its lines as balances count them.
pub fn set_granted(conn: &Conn, claim_id: i64, granted: &str, granted_fen: i64, posted: &str) -> Result<()> {
    conn.execute(
        "UPDATE claims SET granted = ?2, granted_fen = ?3, posted = ?4 WHERE id = ?1",
        params![claim_id, granted, granted_fen, posted],
    )?;
    Ok(())
}

/// Keeps what letting a claim go would give.
pub fn put_offer(conn: &Conn, claim_id: i64, posted: &str) -> Result<()> {
    conn.execute(
        "INSERT INTO claim_offers (claim_id, posted) VALUES (?1, ?2)
         ON CONFLICT (claim_id) DO UPDATE SET posted = excluded.posted",
        params![claim_id, posted],
    )?;
    Ok(())
}

/// What letting a claim go would give, where that was kept.
pub fn offer(conn: &Conn, claim_id: i64) -> Result<Option<String>> {
    conn.optional("SELECT posted FROM claim_offers WHERE claim_id = ?1", params![claim_id], |row| row.get(0))
}

/// What a record moved so far, summed by limit and period.
pub fn moved(conn: &Conn, record_id: i64) -> Result<Vec<Movement>> {
    let sql = "SELECT programme, limit_id, period, CASE WHEN person = '' THEN 0 ELSE 1 END, money, sum(milli)
               FROM movements WHERE record_id = ?1 GROUP BY 1, 2, 3, 4, 5
               HAVING sum(milli) <> 0";
    let read = |row: &Row| {
        Ok(Movement {
            programme: row.get(0)?,
            limit: row.get(1)?,
            period: row.get(2)?,
            per_person: row.get(3)?,
            money: row.get(4)?,
            milli: row.get(5)?,
        })
    };
    conn.all(sql, params![record_id], read)
}

/// Records of the reversals of a claim that were accepted.
pub fn reversals(conn: &Conn, claim_id: i64) -> Result<Vec<i64>> {
    let sql = "SELECT record_id FROM reversals WHERE claim_id = ?1 AND state = 'accepted' ORDER BY id";
    conn.all(sql, params![claim_id], |row| row.get(0))
}

/// The district of a store.
pub fn district(conn: &Conn, store: &str) -> Result<Option<String>> {
    conn.optional("SELECT district FROM stores WHERE code = ?1", params![store], |row| row.get(0))
}

/// Whether a household is somebody's own.
pub fn is_own(conn: &Conn, user: &str, household: &str) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM own_households WHERE user_name = ?1 AND household = ?2)";
    conn.value(sql, params![user, household])
}

/// Who works here and has which household.
pub fn own_households(conn: &Conn) -> Result<Vec<(String, String)>> {
    let sql = "SELECT user_name, household FROM own_households ORDER BY user_name, household";
    conn.all(sql, params![], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Notes that a household is somebody's own.
pub fn put_own(conn: &Conn, user: &str, household: &str) -> Result<()> {
    conn.execute(
        "INSERT INTO own_households (user_name, household) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        params![user, household],
    )?;
    Ok(())
}

/// It is not, after all.
pub fn drop_own(conn: &Conn, user: &str, household: &str) -> Result<()> {
    conn.execute("DELETE FROM own_households WHERE user_name = ?1 AND household = ?2", params![user, household])?;
    Ok(())
}
