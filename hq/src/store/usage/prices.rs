//! What families were asked for a product before any aid, by month and store: stores are compared by it.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::params;
use crate::store::sql::Conn;

/// Month, barcode, store.
pub type Key = (String, String, String);
/// Thousandths sold, and fen.
pub type Sold = (i64, i64);

/// Adds what one claim sold.
pub fn add(conn: &Conn, sold: &BTreeMap<Key, Sold>) -> Result<()> {
    for ((month, code, store), (milli, fen)) in sold {
        conn.execute(
            "INSERT INTO usage_prices (month, code, store, milli, fen) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (month, code, store) DO UPDATE SET milli = usage_prices.milli + excluded.milli,
               fen = usage_prices.fen + excluded.fen",
            params![month, code, store, milli, fen],
        )?;
    }
    Ok(())
}

/// All of it, or some months of it.
pub fn between(conn: &Conn, first: &str, last: &str) -> Result<BTreeMap<Key, Sold>> {
    let sql = "SELECT month, code, store, milli, fen FROM usage_prices WHERE month >= ?1 AND month <= ?2";
    let read = |row: &crate::store::sql::Row| Ok(((row.get(0)?, row.get(1)?, row.get(2)?), (row.get(3)?, row.get(4)?)));
    Ok(conn.all(sql, params![first, last], read)?.into_iter().collect())
}
