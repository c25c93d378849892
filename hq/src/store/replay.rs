//! Claims household by household, as a what-if goes over them.

use crate::params;
use crate::store::sql::{Conn, Row};
use anyhow::Result;

/// A claim of a household, with its record where it lies in the period.
#[derive(Debug, Clone)]
pub struct Past {
    /// Row.
    pub id: i64,
    /// Claim's id.
    pub uuid: String,
    /// Till's row.
    pub till_id: i64,
    /// Store's code.
    pub store: String,
    /// Date by which it was priced.
    pub date: String,
    /// Person.
    pub person: String,
    /// State.
    pub state: String,
    /// Reason codes as JSON.
    pub reasons: String,
    /// As granted, in JSON.
    pub granted: String,
    /// Lines as balances count them, in JSON.
    pub posted: String,
    /// The record; empty before the period.
    pub jws: String,
}

/// Something that came back.
#[derive(Debug, Clone)]
pub struct Back {
    /// Record's row.
    pub record_id: i64,
    /// The claim's row.
    pub claim_id: i64,
    /// Lines and quantities in JSON.
    pub lines: String,
    /// The record.
    pub jws: String,
}

/// Households with claims, after one, by id.
pub fn households(conn: &Conn, after: &str, rows: i64) -> Result<Vec<String>> {
    let sql = "SELECT DISTINCT household FROM claims WHERE household > ?1 ORDER BY household LIMIT ?2";
    conn.all(sql, params![after, rows], |row| row.get(0))
}

/// How many households the register has.
pub fn households_count(conn: &Conn) -> Result<i64> {
    conn.value("SELECT count(*) FROM households", params![])
}

/// A household's claims from one date to another; records from `period` on.
pub fn claims(conn: &Conn, household: &str, from: &str, period: &str, to: &str) -> Result<Vec<Past>> {
    let sql = "SELECT c.id, c.uuid, c.till_id, c.store, c.business_date, coalesce(c.person, ''), c.state, c.reasons,
                 c.granted, c.posted, CASE WHEN c.business_date >= ?3 THEN r.jws ELSE '' END
               FROM claims c JOIN records r ON r.id = c.record_id
               WHERE c.household = ?1 AND c.business_date >= ?2 AND c.business_date <= ?4 AND c.state <> 'rejected'
                 AND c.posted <> '[]'
               ORDER BY c.id";
    let read = |row: &Row| {
        Ok(Past {
            id: row.get(0)?,
            uuid: row.get(1)?,
            till_id: row.get(2)?,
            store: row.get(3)?,
            date: row.get(4)?,
            person: row.get(5)?,
            state: row.get(6)?,
            reasons: row.get(7)?,
            granted: row.get(8)?,
            posted: row.get(9)?,
            jws: row.get(10)?,
        })
    };
    conn.all(sql, params![household, from, period, to], read)
}

/// What came back of a household's claims, in the order in which it was counted.
pub fn returns(conn: &Conn, household: &str) -> Result<Vec<Back>> {
    let sql = "SELECT v.record_id, v.claim_id, v.lines, r.jws FROM claims c JOIN reversals v ON v.claim_id = c.id
                 JOIN records r ON r.id = v.record_id
               WHERE c.household = ?1 AND v.state = 'accepted' ORDER BY v.record_id";
    let read =
        |row: &Row| Ok(Back { record_id: row.get(0)?, claim_id: row.get(1)?, lines: row.get(2)?, jws: row.get(3)? });
    conn.all(sql, params![household], read)
}
