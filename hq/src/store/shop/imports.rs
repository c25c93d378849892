//! Product files that were uploaded, from the first look to their use.

use anyhow::Result;

use crate::params;
use crate::store::now_ms;
use crate::store::sql::{Conn, Row};

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Row.
    pub id: i64,
    /// Store's code.
    pub store: String,
    /// Who sent it.
    pub who: String,
    /// When, in milliseconds.
    pub at: i64,
    /// What the file was called.
    pub file: String,
    /// What was read of it, as JSON; empty once it is applied.
    pub content: String,
    /// Whether it was applied.
    pub is_applied: bool,
    /// Products that it brought.
    pub added: i64,
    /// Products that it changed.
    pub changed: i64,
}

const COLUMNS: &str = "id, store, who, at, file, content, is_applied, added, changed";

fn import(row: &Row) -> Result<Import> {
    Ok(Import {
        id: row.get(0)?,
        store: row.get(1)?,
        who: row.get(2)?,
        at: row.get(3)?,
        file: row.get(4)?,
        content: row.get(5)?,
        is_applied: row.get(6)?,
        added: row.get(7)?,
        changed: row.get(8)?,
    })
}

/// Keeps a file to look at; what the same person left lying there of the same store is gone.
pub fn insert(conn: &Conn, store: &str, who: &str, file: &str, content: &str) -> Result<i64> {
    conn.execute("DELETE FROM shop_imports WHERE store = ?1 AND who = ?2 AND is_applied = 0", params![store, who])?;
    let sql = "INSERT INTO shop_imports (store, who, at, file, content) VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id";
    conn.value(sql, params![store, who, now_ms(), file, content])
}

/// One.
pub fn find(conn: &Conn, id: i64) -> Result<Option<Import>> {
    conn.optional(&format!("SELECT {COLUMNS} FROM shop_imports WHERE id = ?1"), params![id], import)
}

/// A store's newest.
pub fn newest(conn: &Conn, store: &str, most: i64) -> Result<Vec<Import>> {
    let sql = format!("SELECT {COLUMNS} FROM shop_imports WHERE store = ?1 ORDER BY id DESC LIMIT ?2");
    conn.all(&sql, params![store, most], import)
}

/// Notes that it was applied.
pub fn applied(conn: &Conn, id: i64, added: i64, changed: i64) -> Result<()> {
    let sql = "UPDATE shop_imports SET is_applied = 1, content = '', added = ?2, changed = ?3 WHERE id = ?1";
    conn.execute(sql, params![id, added, changed])?;
    Ok(())
}
