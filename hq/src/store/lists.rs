//! Programmes and products, and the rosters that are ready to be sent.

use std::collections::BTreeMap;

use crate::params;
use crate::store::sql::{Conn, Param as _, Value, tuples};
use anyhow::Result;

/// Goods that are asked for in one statement.
const CHUNK: usize = 16;

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
pub fn programmes(conn: &Conn) -> Result<Vec<Published>> {
    let sql = "SELECT code, version, document, published_at FROM programmes ORDER BY code, version";
    conn.all(sql, params![], |row| {
        Ok(Published { code: row.get(0)?, version: row.get(1)?, document: row.get(2)?, published_at: row.get(3)? })
    })
}

/// Publishes a programme version.
pub fn put_programme(conn: &Conn, p: &Published, list_version: u64) -> Result<()> {
    conn.execute(
        "INSERT INTO programmes (code, version, document, published_at, list_version) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![p.code, p.version, p.document, p.published_at, list_version],
    )?;
    Ok(())
}

/// Makes a fund known, without a budget.
pub fn put_fund(conn: &Conn, code: &str) -> Result<()> {
    conn.execute("INSERT INTO funds (code) VALUES (?1) ON CONFLICT DO NOTHING", params![code])?;
    Ok(())
}

/// Documents of a list of items after a version: programmes or products.
pub fn changed(conn: &Conn, table: Table, after: Option<u64>) -> Result<Vec<String>> {
    let after = after.map_or(-1, |after| i64::try_from(after).unwrap_or(i64::MAX));
    let sql = match table {
        Table::Programmes => "SELECT document FROM programmes WHERE list_version > ?1 ORDER BY code, version",
        Table::Products => "SELECT document FROM products WHERE list_version > ?1 ORDER BY code",
    };
    conn.all(sql, params![after], |row| row.get(0))
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
pub fn product(conn: &Conn, code: &str) -> Result<Option<String>> {
    let sql = "SELECT document FROM products WHERE code = ?1";
    conn.optional(sql, params![code], |row| row.get(0))
}

/// A product's group, by its tagged code.
pub fn product_group(conn: &Conn, code: &str) -> Result<Option<String>> {
    let sql = "SELECT product_group FROM products WHERE code = ?1";
    conn.optional(sql, params![code], |row| row.get(0))
}

/// A listed product's name.
pub fn product_name(conn: &Conn, code: &str) -> Result<Option<String>> {
    let document = product(conn, code)?.map(|text| serde_json::from_str::<serde_json::Value>(&text)).transpose()?;
    Ok(document.and_then(|document| document["name"].as_str().map(Into::into)))
}

/// Tax rates of listed products in basis points; `9%`, `9` and `0.09` are the same.
pub fn tax_rates(conn: &Conn, codes: &[String]) -> Result<BTreeMap<String, i64>> {
    let mut rates = BTreeMap::new();
    for chunk in codes.chunks(CHUNK) {
        // Always as many: it stays one prepared statement.
        let sql = format!("SELECT code, document FROM products WHERE code IN {}", tuples(1, CHUNK, 1));
        let given: Vec<Value> = (0..CHUNK).map(|n| chunk.get(n).value()).collect();
        for (code, text) in conn.all(&sql, &given, |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?)))? {
            let document: serde_json::Value = serde_json::from_str(&text)?;
            if let Some(rate) = document["tax_rate"].as_str().and_then(basis_points) {
                rates.insert(code, rate);
            }
        }
    }
    Ok(rates)
}

fn basis_points(text: &str) -> Option<i64> {
    let plain = text.trim().trim_end_matches('%');
    let (whole, part) = plain.split_once('.').unwrap_or((plain, ""));
    // In millionths of the figure that stands there.
    let part: i64 = format!("{part:0<4}").get(..4)?.parse().ok()?;
    let figure = whole.parse::<i64>().ok()?.checked_mul(10_000)?.checked_add(part)?;
    let is_fraction = !text.trim().ends_with('%') && figure < 10_000;
    Some(if is_fraction { figure } else { figure / 100 })
}

/// Puts a product on the list.
pub fn put_product(conn: &Conn, code: &str, document: &str, group: &str, list_version: u64) -> Result<()> {
    conn.execute(
        "INSERT INTO products (code, document, product_group, list_version) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (code) DO UPDATE SET document = excluded.document, product_group = excluded.product_group,
           list_version = excluded.list_version",
        params![code, document, group, list_version],
    )?;
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
pub fn roster(conn: &Conn, store: &str, after: Option<u64>) -> Result<Vec<Item>> {
    let sql = match after {
        Some(_) => "SELECT digest, sealed, deleted FROM roster_items WHERE store = ?1 AND version > ?2 ORDER BY digest",
        None => {
            "SELECT digest, sealed, deleted FROM roster_items WHERE store = ?1 AND deleted = 0 AND ?2 = 0 ORDER BY digest"
        }
    };
    conn.all(sql, params![store, after.unwrap_or(0)], |row| {
        Ok(Item { digest: row.get(0)?, sealed: row.get(1)?, deleted: row.get(2)? })
    })
}

/// What a store's roster holds: credential and fingerprint of its content, gone entries left out.
pub fn roster_contents(conn: &Conn, store: &str) -> Result<BTreeMap<String, String>> {
    let sql = "SELECT mac, content FROM roster_items WHERE store = ?1 AND deleted = 0";
    Ok(conn.all(sql, params![store], |row| Ok((row.get(0)?, row.get(1)?)))?.into_iter().collect())
}

/// The same of some credentials.
pub fn roster_contents_of<'a>(
    conn: &Conn,
    store: &str,
    macs: impl Iterator<Item = &'a str>,
) -> Result<BTreeMap<String, String>> {
    let sql = "SELECT content FROM roster_items WHERE store = ?1 AND mac = ?2 AND deleted = 0";
    let mut contents = BTreeMap::new();
    for mac in macs {
        let content: Option<String> = conn.optional(sql, params![store, mac], |row| row.get(0))?;
        contents.extend(content.map(|content| (mac.to_owned(), content)));
    }
    Ok(contents)
}

/// Puts an entry into a store's roster.
pub fn put_roster(conn: &Conn, store: &str, mac: &str, item: &Item, content: &str, version: u64) -> Result<()> {
    conn.execute(
        "INSERT INTO roster_items (store, mac, digest, sealed, content, version, deleted)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)
         ON CONFLICT (store, mac) DO UPDATE SET digest = excluded.digest, sealed = excluded.sealed,
           content = excluded.content, version = excluded.version, deleted = 0",
        params![store, mac, item.digest, item.sealed, content, version],
    )?;
    Ok(())
}

/// Marks an entry as gone.
pub fn end_roster(conn: &Conn, store: &str, mac: &str, version: u64) -> Result<()> {
    conn.execute(
        "UPDATE roster_items SET deleted = 1, sealed = ?4, version = ?3 WHERE store = ?1 AND mac = ?2",
        params![store, mac, version, Vec::<u8>::new()],
    )?;
    Ok(())
}

/// Forgets a store's roster: its key changed.
pub fn clear_roster(conn: &Conn, store: &str) -> Result<()> {
    conn.execute("DELETE FROM roster_items WHERE store = ?1", params![store])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_tax_rate_is_read_as_people_write_it() {
        for (text, expected) in [
            ("9%", Some(900)),
            ("9", Some(900)),
            ("0.09", Some(900)),
            ("13.5%", Some(1_350)),
            ("0", Some(0)),
            ("0.5%", Some(50)),
            ("x", None),
        ] {
            assert_eq!(super::basis_points(text), expected, "{text}");
        }
    }
}
