//! What the tills of one store share, and the changes that were counted.

use anyhow::Result;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

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

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
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
pub fn changed(conn: &Connection, store: &str, after: Option<u64>) -> Result<Vec<Entry>> {
    let sql = format!("SELECT {COLUMNS} FROM shop WHERE store = ?1 AND version > ?2 ORDER BY version, kind, key");
    let rows = conn
        .prepare_cached(&sql)?
        .query_map(params![store, after.unwrap_or(0)], entry)?
        .collect::<rusqlite::Result<_>>();
    Ok(rows?)
}

/// One thing, gone or not.
pub fn find(conn: &Connection, store: &str, kind: &str, key: &str) -> Result<Option<Entry>> {
    let sql = format!("SELECT {COLUMNS} FROM shop WHERE store = ?1 AND kind = ?2 AND key = ?3");
    Ok(conn.prepare_cached(&sql)?.query_row([store, kind, key], entry).optional()?)
}

/// Writes a thing at a version of the list.
pub fn put(conn: &Connection, store: &str, e: &Entry, version: u64) -> Result<()> {
    conn.prepare_cached(
        r#"INSERT OR REPLACE INTO shop (store, kind, key, body, at, "by", till, version)
           VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"#,
    )?
    .execute(params![store, e.kind, e.key, e.body, e.at, e.by, e.till, version])?;
    Ok(())
}

/// What a change said that was counted under this id.
pub fn counted(conn: &Connection, store: &str, id: &str) -> Result<Option<String>> {
    let sql = "SELECT digest FROM shop_changes WHERE store = ?1 AND id = ?2";
    Ok(conn.prepare_cached(sql)?.query_row([store, id], |row| row.get(0)).optional()?)
}

/// Counts a change.
pub fn count(conn: &Connection, store: &str, id: &str, digest: &str) -> Result<()> {
    conn.prepare_cached("INSERT INTO shop_changes (store, id, digest) VALUES (?1, ?2, ?3)")?
        .execute([store, id, digest])?;
    Ok(())
}

/// A store's things of one kind, by key; what is gone is left out.
pub fn of_kind(conn: &Connection, store: &str, kind: &str) -> Result<Vec<Entry>> {
    let sql = format!("SELECT {COLUMNS} FROM shop WHERE store = ?1 AND kind = ?2 AND body IS NOT NULL ORDER BY key");
    let rows = conn.prepare_cached(&sql)?.query_map([store, kind], entry)?.collect::<rusqlite::Result<_>>();
    Ok(rows?)
}

/// Products whose name, specification or code holds a text.
const FOUND: &str = "store = ?1 AND kind = 'product' AND body IS NOT NULL AND (?2 = ''
    OR instr(json_extract(body, '$.name'), ?2) > 0 OR instr(coalesce(json_extract(body, '$.spec'), ''), ?2) > 0
    OR instr(key, ?2) > 0)";

/// A page of a store's products, by name.
pub fn products(conn: &Connection, store: &str, text: &str, from: i64, rows: i64) -> Result<Vec<Entry>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM shop WHERE {FOUND} ORDER BY json_extract(body, '$.name'), key LIMIT ?4 OFFSET ?3"
    );
    let rows =
        conn.prepare_cached(&sql)?.query_map(params![store, text, from, rows], entry)?.collect::<rusqlite::Result<_>>();
    Ok(rows?)
}

/// How many products that are.
pub fn products_count(conn: &Connection, store: &str, text: &str) -> Result<i64> {
    let sql = format!("SELECT count(*) FROM shop WHERE {FOUND}");
    Ok(conn.prepare_cached(&sql)?.query_row([store, text], |row| row.get(0))?)
}
