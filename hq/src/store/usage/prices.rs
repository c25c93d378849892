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
    let row = |((month, code, store), (milli, fen)): (&Key, &Sold)| params![month, code, store, milli, fen].to_vec();
    let rows: Vec<_> = sold.iter().map(row).collect();
    conn.insert_many(
        "usage_prices (month, code, store, milli, fen)",
        &rows,
        "ON CONFLICT (month, code, store) DO UPDATE SET milli = usage_prices.milli + excluded.milli,
           fen = usage_prices.fen + excluded.fen",
    )
}

/// All of it, or some months of it.
pub fn between(conn: &Conn, first: &str, last: &str) -> Result<BTreeMap<Key, Sold>> {
    let sql = "SELECT month, code, store, milli, fen FROM usage_prices WHERE month >= ?1 AND month <= ?2";
    let read = |row: &crate::store::sql::Row| Ok(((row.get(0)?, row.get(1)?, row.get(2)?), (row.get(3)?, row.get(4)?)));
    Ok(conn.all(sql, params![first, last], read)?.into_iter().collect())
}

/// One store's sale of a product, or that of another.
#[derive(Debug)]
pub struct Sale {
    /// Product's code.
    pub code: String,
    /// Whether it is the asked store's.
    pub is_own: bool,
    /// What was sold, and for how much.
    pub sold: Sold,
}

/// A month of one store and of all others, product by product.
pub fn beside(conn: &Conn, month: &str, store: &str) -> Result<Vec<Sale>> {
    let sql = "SELECT code, CASE WHEN store = ?2 THEN 1 ELSE 0 END, milli, fen FROM usage_prices WHERE month = ?1
               ORDER BY code";
    let read = |row: &crate::store::sql::Row| {
        Ok(Sale { code: row.get(0)?, is_own: row.get::<i64>(1)? == 1, sold: (row.get(2)?, row.get(3)?) })
    };
    conn.all(sql, params![month, store], read)
}
