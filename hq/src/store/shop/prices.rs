//! Prices that a product had, and prices to come.

use anyhow::Result;

use crate::params;
use crate::store::sql::{Conn, Row};
use crate::store::{meta, now_ms, set_meta};

/// Notes a price from a moment on, unless the product has it already.
pub fn note(conn: &Conn, store: &str, product: &str, at: i64, price_fen: i64) -> Result<()> {
    let sql =
        "SELECT price_fen, at FROM shop_prices WHERE store = ?1 AND product = ?2 ORDER BY at DESC, id DESC LIMIT 1";
    let last: Option<(i64, i64)> = conn.optional(sql, params![store, product], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if last.is_some_and(|(price, _)| price == price_fen) {
        return Ok(());
    }
    // Who tells last counts, even of an earlier moment.
    let at = last.map_or(at, |(_, last)| at.max(last));
    conn.execute(
        "INSERT INTO shop_prices (store, product, at, price_fen) VALUES (?1, ?2, ?3, ?4)",
        params![store, product, at, price_fen],
    )?;
    Ok(())
}

/// The lowest price since a moment, the one that held then included.
pub fn lowest_since(conn: &Conn, store: &str, product: &str, since: i64) -> Result<Option<i64>> {
    let before = "SELECT price_fen FROM shop_prices WHERE store = ?1 AND product = ?2 AND at <= ?3
                  ORDER BY at DESC, id DESC LIMIT 1";
    let before: Option<i64> = conn.optional(before, params![store, product, since], |row| row.get(0))?;
    let after = "SELECT min(price_fen) FROM shop_prices WHERE store = ?1 AND product = ?2 AND at > ?3";
    let after: Option<i64> = conn.value(after, params![store, product, since])?;
    Ok(before.into_iter().chain(after).min())
}

/// Whether prices from before they were kept are still to be noted.
pub fn is_empty(conn: &Conn) -> Result<bool> {
    Ok(meta(conn, "shop_prices")?.is_none())
}

/// From now on every product has its prices.
pub fn is_filled(conn: &Conn) -> Result<()> {
    set_meta(conn, "shop_prices", Some("1"))
}

/// A price to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToCome {
    /// Row.
    pub id: i64,
    /// Store's code.
    pub store: String,
    /// Tagged code.
    pub product: String,
    /// First business date.
    pub date: String,
    /// Price.
    pub price_fen: i64,
    /// Who set it.
    pub who: String,
}

const COLUMNS: &str = "id, store, product, date, price_fen, who";

fn to_come(row: &Row) -> Result<ToCome> {
    Ok(ToCome {
        id: row.get(0)?,
        store: row.get(1)?,
        product: row.get(2)?,
        date: row.get(3)?,
        price_fen: row.get(4)?,
        who: row.get(5)?,
    })
}

/// Keeps a price to come, in place of another of the same product and date.
pub fn plan(conn: &Conn, p: &ToCome) -> Result<i64> {
    conn.execute(
        "UPDATE prices_to_come SET state = 'taken_back'
         WHERE store = ?1 AND product = ?2 AND date = ?3 AND state = 'waiting'",
        params![p.store, p.product, p.date],
    )?;
    conn.value(
        "INSERT INTO prices_to_come (store, product, date, price_fen, who, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         RETURNING id",
        params![p.store, p.product, p.date, p.price_fen, p.who, now_ms()],
    )
}

/// Those of a store that wait.
pub fn waiting(conn: &Conn, store: &str, most: i64) -> Result<Vec<ToCome>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM prices_to_come WHERE store = ?1 AND state = 'waiting' ORDER BY date, id LIMIT ?2"
    );
    conn.all(&sql, params![store, most], to_come)
}

/// Those of all stores that hold from a date on or before it, in their order.
pub fn due(conn: &Conn, date: &str) -> Result<Vec<ToCome>> {
    let sql = format!("SELECT {COLUMNS} FROM prices_to_come WHERE state = 'waiting' AND date <= ?1 ORDER BY date, id");
    conn.all(&sql, params![date], to_come)
}

/// Sets what became of one that waits; whether there was one.
pub fn set_state(conn: &Conn, store: &str, id: i64, state: &str) -> Result<bool> {
    let sql = "UPDATE prices_to_come SET state = ?3 WHERE id = ?1 AND store = ?2 AND state = 'waiting'";
    Ok(conn.execute(sql, params![id, store, state])? > 0)
}
