//! What the tills of one store share, and the changes that were counted.

pub mod imports;
pub mod prices;

use crate::params;
use crate::store::sql::{Conn, Row, containing};
use anyhow::Result;

/// One shared thing of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `product`, `promotion`, `staff` or `setting`.
    pub kind: String,
    /// Key.
    pub key: String,
    /// JSON; none: it is gone.
    pub body: Option<String>,
    /// When it was entered, in RFC 3339.
    pub at: String,
    /// A staff code or a user's name.
    pub by: String,
    /// The till where it was entered; none: at headquarters.
    pub till: Option<String>,
}

const COLUMNS: &str = r#"kind, key, body, at, "by", till"#;

fn entry(row: &Row) -> Result<Entry> {
    Ok(Entry {
        kind: row.get(0)?,
        key: row.get(1)?,
        body: row.get(2)?,
        at: row.get(3)?,
        by: row.get(4)?,
        till: row.get(5)?,
    })
}

/// A store's things that changed after a version, oldest first; a whole list names what is gone, too,
/// so that a till need not guess what was never there.
pub fn changed(conn: &Conn, store: &str, after: Option<u64>) -> Result<Vec<Entry>> {
    let sql = format!("SELECT {COLUMNS} FROM shop WHERE store = ?1 AND version > ?2 ORDER BY version, kind, key");
    conn.all(&sql, params![store, after.unwrap_or(0)], entry)
}

/// One thing, gone or not.
pub fn find(conn: &Conn, store: &str, kind: &str, key: &str) -> Result<Option<Entry>> {
    let sql = format!("SELECT {COLUMNS} FROM shop WHERE store = ?1 AND kind = ?2 AND key = ?3");
    conn.optional(&sql, params![store, kind, key], entry)
}

/// Writes a thing at a version of the list.
pub fn put(conn: &Conn, store: &str, e: &Entry, version: u64) -> Result<()> {
    let sql = r#"INSERT INTO shop (store, kind, key, body, at, "by", till, version, name, words)
           VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
           ON CONFLICT (store, kind, key) DO UPDATE SET body = excluded.body, at = excluded.at, "by" = excluded."by",
             till = excluded.till, version = excluded.version, name = excluded.name, words = excluded.words"#;
    let body: serde_json::Value = e.body.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default();
    let said = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let words = format!("{} {} {}", said("name"), said("spec"), e.key);
    conn.execute(sql, params![store, e.kind, e.key, e.body, e.at, e.by, e.till, version, said("name"), words])?;
    Ok(())
}

/// What a change said that was counted under this id.
pub fn counted(conn: &Conn, store: &str, id: &str) -> Result<Option<String>> {
    let sql = "SELECT digest FROM shop_changes WHERE store = ?1 AND id = ?2";
    conn.optional(sql, params![store, id], |row| row.get(0))
}

/// Counts a change.
pub fn count(conn: &Conn, store: &str, id: &str, digest: &str) -> Result<()> {
    conn.execute("INSERT INTO shop_changes (store, id, digest) VALUES (?1, ?2, ?3)", params![store, id, digest])?;
    Ok(())
}

/// A store's things of one kind, by key; what is gone is left out.
pub fn of_kind(conn: &Conn, store: &str, kind: &str) -> Result<Vec<Entry>> {
    let sql = format!("SELECT {COLUMNS} FROM shop WHERE store = ?1 AND kind = ?2 AND body IS NOT NULL ORDER BY key");
    conn.all(&sql, params![store, kind], entry)
}

/// Products whose name, specification or code holds a text.
const FOUND: &str = "store = ?1 AND kind = 'product' AND body IS NOT NULL AND words LIKE ?2 ESCAPE '\\'";

/// A page of a store's products, by name.
pub fn products(conn: &Conn, store: &str, text: &str, from: i64, rows: i64) -> Result<Vec<Entry>> {
    let sql = format!("SELECT {COLUMNS} FROM shop WHERE {FOUND} ORDER BY name, key LIMIT ?4 OFFSET ?3");
    conn.all(&sql, params![store, containing(text), from, rows], entry)
}

/// How many products that are.
pub fn products_count(conn: &Conn, store: &str, text: &str) -> Result<i64> {
    let sql = format!("SELECT count(*) FROM shop WHERE {FOUND}");
    conn.one(&sql, params![store, containing(text)], |row| row.get(0))
}

/// Products whose words hold a text and that changed on a day or later (none: whenever), by name.
pub fn products_since(conn: &Conn, store: &str, text: &str, since: Option<&str>, most: i64) -> Result<Vec<Entry>> {
    // Times are kept with the shop's own offset, so a day compares as text.
    let sql = format!("SELECT {COLUMNS} FROM shop WHERE {FOUND} AND at >= ?3 ORDER BY name, key LIMIT ?4");
    conn.all(&sql, params![store, containing(text), since.unwrap_or_default(), most], entry)
}
