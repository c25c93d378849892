//! Days of tills, by figure.

use anyhow::Result;

use crate::params;
use crate::store::sql::{Conn, Row};
use crate::store::{meta, set_meta};

/// A till and a day.
#[derive(Debug, Clone, Copy)]
pub struct Day<'a> {
    /// Till's row.
    pub till_id: i64,
    /// Store's code.
    pub store: &'a str,
    /// Till's code.
    pub till: &'a str,
    /// Business date.
    pub date: &'a str,
}

/// Adds to a figure of a till's day.
pub fn add(conn: &Conn, day: Day<'_>, name: &str, amount: i64) -> Result<()> {
    conn.execute(
        "INSERT INTO till_days (till_id, store, till, date, name, amount) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (till_id, date, name) DO UPDATE SET amount = till_days.amount + excluded.amount",
        params![day.till_id, day.store, day.till, day.date, name, amount],
    )?;
    Ok(())
}

/// A figure of a till's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Business date.
    pub date: String,
    /// Till's code.
    pub till: String,
    /// What it is of.
    pub name: String,
    /// Fen, or how many.
    pub amount: i64,
}

/// A store's figures of some days, by day and till.
pub fn of_store(conn: &Conn, store: &str, first: &str, last: &str) -> Result<Vec<Figure>> {
    let sql = "SELECT date, till, name, amount FROM till_days
               WHERE store = ?1 AND date >= ?2 AND date <= ?3 ORDER BY date, till, name";
    conn.all(sql, params![store, first, last], |row| {
        Ok(Figure { date: row.get(0)?, till: row.get(1)?, name: row.get(2)?, amount: row.get(3)? })
    })
}

/// A record: till's row, store, till, the record itself.
pub type Sent = (i64, String, String, String);

/// Records that came before figures were kept. None: all are kept.
pub fn unkept(conn: &Conn) -> Result<Option<Vec<Sent>>> {
    if meta(conn, "till_days")?.is_some() {
        return Ok(None);
    }
    let sql = "SELECT t.id, t.store, t.till, r.jws FROM records r JOIN tills t ON t.id = r.till_id
               WHERE r.kind IN ('day_close', 'event') AND r.outcome = 'accepted' ORDER BY r.id";
    let read = |row: &Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    conn.all(sql, params![], read).map(Some)
}

/// From now on every record's figures are kept.
pub fn is_filled(conn: &Conn) -> Result<()> {
    set_meta(conn, "till_days", Some("1"))
}
