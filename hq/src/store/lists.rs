//! Programmes and products, and the rosters that are ready to be sent.

use anyhow::Result;
use rusqlite::{Connection, OptionalExtension as _, params};

/// A published programme version.
#[derive(Debug, Clone)]
pub struct Published {
    /// Code.
    pub code: String,
    /// Version.
    pub version: u32,
    /// The document.
    pub document: String,
    /// When it was published, in milliseconds.
    pub published_at: i64,
}

/// All programme versions.
pub fn programmes(conn: &Connection) -> Result<Vec<Published>> {
    let mut statement =
        conn.prepare_cached("SELECT code, version, document, published_at FROM programmes ORDER BY code, version")?;
    let rows = statement.query_map([], |row| {
        Ok(Published { code: row.get(0)?, version: row.get(1)?, document: row.get(2)?, published_at: row.get(3)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Publishes a programme version.
pub fn put_programme(conn: &Connection, p: &Published, list_version: u64) -> Result<()> {
    conn.execute(
        "INSERT INTO programmes (code, version, document, published_at, list_version) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![p.code, p.version, p.document, p.published_at, list_version],
    )?;
    Ok(())
}

/// Makes a fund known, without a budget.
pub fn put_fund(conn: &Connection, code: &str) -> Result<()> {
    conn.execute("INSERT OR IGNORE INTO funds (code) VALUES (?1)", [code])?;
    Ok(())
}

/// Documents of a list of items after a version: programmes or products.
pub fn changed(conn: &Connection, table: Table, after: Option<u64>) -> Result<Vec<String>> {
    let after = after.map_or(-1, |after| i64::try_from(after).unwrap_or(i64::MAX));
    let sql = match table {
        Table::Programmes => "SELECT document FROM programmes WHERE list_version > ?1 ORDER BY code, version",
        Table::Products => "SELECT document FROM products WHERE list_version > ?1 ORDER BY code",
    };
    Ok(conn.prepare(sql)?.query_map([after], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// A list of items.
#[derive(Debug, Clone, Copy)]
pub enum Table {
    /// Programme versions.
    Programmes,
    /// Products.
    Products,
}

/// A product's document, by its tagged code.
pub fn product(conn: &Connection, code: &str) -> Result<Option<String>> {
    let sql = "SELECT document FROM products WHERE code = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([code], |row| row.get(0)).optional()?)
}

/// A product's group, by its tagged code.
pub fn product_group(conn: &Connection, code: &str) -> Result<Option<String>> {
    let sql = "SELECT product_group FROM products WHERE code = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([code], |row| row.get(0)).optional()?)
}

/// A listed product's name.
pub fn product_name(conn: &Connection, code: &str) -> Result<Option<String>> {
    let sql = "SELECT json_extract(document, '$.name') FROM products WHERE code = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([code], |row| row.get(0)).optional()?)
}

/// Puts a product on the list.
pub fn put_product(conn: &Connection, code: &str, document: &str, group: &str, list_version: u64) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO products (code, document, product_group, list_version) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET document = excluded.document, product_group = excluded.product_group,
           list_version = excluded.list_version",
    )?
    .execute(params![code, document, group, list_version])?;
    Ok(())
}

/// An entry of a store's sealed roster.
#[derive(Debug, Clone)]
pub struct Item {
    /// Name of the entry.
    pub digest: String,
    /// Sealed entries.
    pub sealed: Vec<u8>,
    /// Whether it is gone.
    pub deleted: bool,
}

/// A store's roster after a version; whole lists leave out what is gone.
pub fn roster(conn: &Connection, store: &str, after: Option<u64>) -> Result<Vec<Item>> {
    let sql = match after {
        Some(_) => "SELECT digest, sealed, deleted FROM roster_items WHERE store = ?1 AND version > ?2 ORDER BY digest",
        None => {
            "SELECT digest, sealed, deleted FROM roster_items WHERE store = ?1 AND deleted = 0 AND ?2 = 0 ORDER BY digest"
        }
    };
    let rows = conn
        .prepare(sql)?
        .query_map(params![store, after.unwrap_or(0)], |row| {
            Ok(Item { digest: row.get(0)?, sealed: row.get(1)?, deleted: row.get(2)? })
        })?
        .collect::<rusqlite::Result<_>>();
    Ok(rows?)
}

/// What a store's roster holds: credential and fingerprint of its content, gone entries left out.
pub fn roster_contents(conn: &Connection, store: &str) -> Result<std::collections::BTreeMap<String, String>> {
    let mut statement = conn.prepare("SELECT mac, content FROM roster_items WHERE store = ?1 AND deleted = 0")?;
    let rows = statement.query_map([store], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Puts an entry into a store's roster.
pub fn put_roster(conn: &Connection, store: &str, mac: &str, item: &Item, content: &str, version: u64) -> Result<()> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO roster_items (store, mac, digest, sealed, content, version, deleted)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)",
    )?
    .execute(params![store, mac, item.digest, item.sealed, content, version])?;
    Ok(())
}

/// Marks an entry as gone.
pub fn end_roster(conn: &Connection, store: &str, mac: &str, version: u64) -> Result<()> {
    conn.prepare_cached(
        "UPDATE roster_items SET deleted = 1, sealed = x'', version = ?3 WHERE store = ?1 AND mac = ?2",
    )?
    .execute(params![store, mac, version])?;
    Ok(())
}

/// Forgets a store's roster: its key changed.
pub fn clear_roster(conn: &Connection, store: &str) -> Result<()> {
    conn.execute("DELETE FROM roster_items WHERE store = ?1", [store])?;
    Ok(())
}
