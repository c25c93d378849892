//! Stores, tills, their keys and enrolment codes.

use crate::params;
use crate::store::sql::{Conn, Row};
use anyhow::{Context as _, Result};

use super::now_ms;

/// A store.
#[derive(Debug, Clone)]
pub struct StoreRow {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Own district.
    pub district: String,
    /// District prefixes whose roster it gets.
    pub serves: Vec<String>,
    /// Sealed roster key.
    pub roster_key_enc: Vec<u8>,
    /// Quarter in which the key was made.
    pub roster_quarter: String,
}

/// A till and one of its keys.
#[derive(Debug, Clone)]
pub struct TillKey {
    /// Till's row.
    pub till_id: i64,
    /// Store's code.
    pub store: String,
    /// Till's code.
    pub till: String,
    /// Key's name.
    pub kid: String,
    /// Public key as JSON.
    pub jwk: String,
    /// `pending`, `current`, `replaced` or `revoked`.
    pub state: String,
}

pub fn insert_store(conn: &Conn, store: &StoreRow) -> Result<()> {
    conn.execute(
        "INSERT INTO stores (code, name, district, serves, roster_key_enc, roster_quarter, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            store.code,
            store.name,
            store.district,
            store.serves.join(","),
            store.roster_key_enc,
            store.roster_quarter,
            now_ms()
        ],
    )?;
    Ok(())
}

pub fn store(conn: &Conn, code: &str) -> Result<Option<StoreRow>> {
    let sql = "SELECT code, name, district, serves, roster_key_enc, roster_quarter FROM stores WHERE code = ?1";
    conn.optional(sql, params![code], store_row)
}

pub fn stores(conn: &Conn) -> Result<Vec<StoreRow>> {
    let sql = "SELECT code, name, district, serves, roster_key_enc, roster_quarter FROM stores ORDER BY code";
    conn.all(sql, params![], store_row)
}

fn store_row(row: &Row) -> Result<StoreRow> {
    let serves: String = row.get(3)?;
    Ok(StoreRow {
        code: row.get(0)?,
        name: row.get(1)?,
        district: row.get(2)?,
        serves: serves.split(',').map(Into::into).collect(),
        roster_key_enc: row.get(4)?,
        roster_quarter: row.get(5)?,
    })
}

/// The till's row, made where there is none.
pub fn till_id(conn: &Conn, store: &str, till: &str, create: bool) -> Result<Option<i64>> {
    if create {
        conn.execute("INSERT INTO tills (store, till) VALUES (?1, ?2) ON CONFLICT DO NOTHING", params![store, till])?;
    }
    let sql = "SELECT id FROM tills WHERE store = ?1 AND till = ?2";
    conn.optional(sql, params![store, till], |row| row.get(0))
}

/// Store and till of a row.
pub fn till_names(conn: &Conn, till_id: i64) -> Result<(String, String)> {
    let sql = "SELECT store, till FROM tills WHERE id = ?1";
    conn.one(sql, params![till_id], |row| Ok((row.get(0)?, row.get(1)?))).context("a till that is not there")
}

pub fn key(conn: &Conn, kid: &str) -> Result<Option<TillKey>> {
    let sql = "SELECT k.till_id, t.store, t.till, k.kid, k.jwk, k.state FROM till_keys k
               JOIN tills t ON t.id = k.till_id WHERE k.kid = ?1";
    let read = |row: &Row| {
        Ok(TillKey {
            till_id: row.get(0)?,
            store: row.get(1)?,
            till: row.get(2)?,
            kid: row.get(3)?,
            jwk: row.get(4)?,
            state: row.get(5)?,
        })
    };
    conn.optional(sql, params![kid], read)
}

pub fn insert_key(conn: &Conn, till_id: i64, kid: &str, jwk: &str) -> Result<()> {
    let first: bool =
        conn.one("SELECT count(*) = 0 FROM till_keys WHERE till_id = ?1", params![till_id], |row| row.get(0))?;
    let state = if first { "current" } else { "pending" };
    conn.execute(
        "INSERT INTO till_keys (kid, till_id, jwk, state, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![kid, till_id, jwk, state, now_ms()],
    )?;
    Ok(())
}

/// A new key was used for the first time: the one before it is replaced.
pub fn promote(conn: &Conn, till_id: i64, kid: &str) -> Result<()> {
    conn.execute(
        "UPDATE till_keys SET state = 'replaced' WHERE till_id = ?1 AND kid <> ?2 AND state IN ('current', 'pending')
           AND created_at <= (SELECT created_at FROM till_keys WHERE kid = ?2)",
        params![till_id, kid],
    )?;
    conn.execute("UPDATE till_keys SET state = 'current' WHERE kid = ?1", params![kid])?;
    // Enrolled anew, a cloned till is one machine again.
    conn.execute("UPDATE tills SET cloned = 0 WHERE id = ?1", params![till_id])?;
    Ok(())
}

/// All of a till's keys are revoked, as after a theft.
pub fn revoke(conn: &Conn, till_id: i64) -> Result<()> {
    conn.execute("UPDATE till_keys SET state = 'revoked' WHERE till_id = ?1", params![till_id])?;
    Ok(())
}
