//! What a store received, sold, handed out and counted; what claims sold with help.

use anyhow::Result;

use crate::params;
use crate::store::sql::{Conn, Row};
use crate::store::{meta, now_ms, set_meta};

/// An entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Move {
    /// Row.
    pub id: i64,
    /// Store's code.
    pub store: String,
    /// Tagged code of the product.
    pub product: String,
    /// Business date.
    pub date: String,
    /// `received`, `sold`, `given` or `counted`.
    pub kind: String,
    /// Thousandths of the product's unit; of a count, what was found.
    pub milli: i64,
    /// Whether it was donated, where it was received.
    pub is_donated: bool,
    /// What it cost.
    pub cost_fen: Option<i64>,
    /// Supplier or donor.
    pub source: String,
    /// Number of the invoice.
    pub invoice: String,
    /// How many families got something.
    pub households: Option<i64>,
    /// Why a count differs.
    pub note: String,
    /// Who entered it.
    pub who: String,
    /// Who struck it out.
    pub struck_by: Option<String>,
}

const COLUMNS: &str = "id, store, product, date, kind, milli, is_donated, cost_fen, source, invoice, households, note,
    who, struck_by";

fn read(row: &Row) -> Result<Move> {
    Ok(Move {
        id: row.get(0)?,
        store: row.get(1)?,
        product: row.get(2)?,
        date: row.get(3)?,
        kind: row.get(4)?,
        milli: row.get(5)?,
        is_donated: row.get(6)?,
        cost_fen: row.get(7)?,
        source: row.get(8)?,
        invoice: row.get(9)?,
        households: row.get(10)?,
        note: row.get(11)?,
        who: row.get(12)?,
        struck_by: row.get(13)?,
    })
}

/// Keeps an entry; its row.
pub fn insert(conn: &Conn, m: &Move) -> Result<i64> {
    let sql = "INSERT INTO stock_moves (store, product, date, kind, milli, is_donated, cost_fen, source, invoice,
           households, note, who, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) RETURNING id";
    conn.value(
        sql,
        params![
            m.store,
            m.product,
            m.date,
            m.kind,
            m.milli,
            m.is_donated,
            m.cost_fen,
            m.source,
            m.invoice,
            m.households,
            m.note,
            m.who,
            now_ms()
        ],
    )
}

/// Strikes an entry of a store out; whether there was one that counted.
pub fn strike(conn: &Conn, store: &str, id: i64, who: &str) -> Result<bool> {
    let sql = "UPDATE stock_moves SET struck_by = ?3 WHERE id = ?1 AND store = ?2 AND struck_by IS NULL";
    Ok(conn.execute(sql, params![id, store, who])? > 0)
}

/// A store's entries that count, up to a date, in their order; of one product or of all.
pub fn until(conn: &Conn, store: &str, product: Option<&str>, last: &str) -> Result<Vec<Move>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM stock_moves WHERE store = ?1 AND (?2 IS NULL OR product = ?2) AND date <= ?3
           AND struck_by IS NULL ORDER BY date, id"
    );
    conn.all(&sql, params![store, product, last], read)
}

/// A product's entries of some days, the newest first, struck out or not.
pub fn of_product(conn: &Conn, store: &str, product: &str, first: &str, last: &str) -> Result<Vec<Move>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM stock_moves WHERE store = ?1 AND product = ?2 AND date >= ?3 AND date <= ?4
           ORDER BY date DESC, id DESC"
    );
    conn.all(&sql, params![store, product, first, last], read)
}

/// What was sold with help up to a date: product, date, thousandths.
pub fn helped(conn: &Conn, store: &str, product: Option<&str>, last: &str) -> Result<Vec<(String, String, i64)>> {
    let sql = "SELECT product, date, sum(milli) FROM claim_goods
               WHERE store = ?1 AND (?2 IS NULL OR product = ?2) AND date <= ?3 GROUP BY product, date";
    conn.all(sql, params![store, product, last], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
}

/// A claim that sold a product with help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sold {
    /// Claim's row.
    pub claim: i64,
    /// Its id.
    pub uuid: String,
    /// Business date.
    pub date: String,
    /// Receipt number.
    pub sale: Option<String>,
    /// State.
    pub state: String,
    /// Thousandths.
    pub milli: i64,
}

/// Claims that sold a product with help on some days.
pub fn claims(conn: &Conn, store: &str, product: &str, first: &str, last: &str, most: i64) -> Result<Vec<Sold>> {
    let sql =
        "SELECT c.id, c.uuid, g.date, c.sale, c.state, g.milli FROM claim_goods g JOIN claims c ON c.id = g.claim_id
               WHERE g.store = ?1 AND g.product = ?2 AND g.date >= ?3 AND g.date <= ?4
               ORDER BY g.date, g.claim_id LIMIT ?5";
    conn.all(sql, params![store, product, first, last, most], |row| {
        Ok(Sold {
            claim: row.get(0)?,
            uuid: row.get(1)?,
            date: row.get(2)?,
            sale: row.get(3)?,
            state: row.get(4)?,
            milli: row.get(5)?,
        })
    })
}

/// Forgets a claim's goods, before they are noted anew.
pub fn drop_goods(conn: &Conn, claim: i64) -> Result<()> {
    conn.execute("DELETE FROM claim_goods WHERE claim_id = ?1", params![claim])?;
    Ok(())
}

/// Notes what a claim sold with help, of which nothing is noted.
pub fn put_goods(conn: &Conn, claim: i64, store: &str, date: &str, goods: &[(String, i64)]) -> Result<()> {
    let row = |(product, milli): &(String, i64)| params![claim, store, product, date, milli].to_vec();
    let rows: Vec<_> = goods.iter().map(row).collect();
    conn.insert_many("claim_goods (claim_id, store, product, date, milli)", &rows, "")
}

/// Whether claims from before this was kept are still to be noted.
pub fn is_empty(conn: &Conn) -> Result<bool> {
    Ok(meta(conn, "claim_goods")?.is_none())
}

/// From now on every claim has its goods.
pub fn is_filled(conn: &Conn) -> Result<()> {
    set_meta(conn, "claim_goods", Some("1"))
}
