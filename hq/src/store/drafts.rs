//! Drafts of programme versions, and what products and funds there are to choose from.

use crate::params;
use crate::store::sql::{Conn, Row, containing};
use anyhow::Result;

/// A draft, or what became of it.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Row.
    pub id: i64,
    /// Programme's code as typed.
    pub code: String,
    /// The newest published version when it was saved; none: a new programme.
    pub base: Option<u32>,
    /// Fields as typed, in JSON.
    pub typed: String,
    /// The document, once it is whole.
    pub document: Option<String>,
    /// `draft`, `published` or `discarded`.
    pub state: String,
    /// Raised with each change.
    pub revision: u32,
    /// Who began it.
    pub drafted_by: String,
    /// Who changed it last.
    pub changed_by: String,
    /// When, in milliseconds.
    pub changed_at: i64,
    /// The version that it became.
    pub version: Option<u32>,
    /// Who published it.
    pub published_by: Option<String>,
    /// When, in milliseconds.
    pub published_at: Option<i64>,
}

const COLUMNS: &str = "id, code, base, typed, document, state, revision, drafted_by, changed_by, changed_at, version,
    published_by, published_at";

fn draft(row: &Row) -> Result<Draft> {
    Ok(Draft {
        id: row.get(0)?,
        code: row.get(1)?,
        base: row.get(2)?,
        typed: row.get(3)?,
        document: row.get(4)?,
        state: row.get(5)?,
        revision: row.get(6)?,
        drafted_by: row.get(7)?,
        changed_by: row.get(8)?,
        changed_at: row.get(9)?,
        version: row.get(10)?,
        published_by: row.get(11)?,
        published_at: row.get(12)?,
    })
}

/// Keeps a new draft; its row.
pub fn insert(conn: &Conn, d: &Draft) -> Result<i64> {
    conn.value(
        "INSERT INTO programme_drafts (code, base, typed, document, state, revision, drafted_by, changed_by, changed_at)
         VALUES (?1, ?2, ?3, ?4, 'draft', 1, ?5, ?5, ?6) RETURNING id",
        params![d.code, d.base, d.typed, d.document, d.changed_by, d.changed_at],
    )
}

/// Changes a draft whose revision is still this one; whether it was.
pub fn update(conn: &Conn, d: &Draft) -> Result<bool> {
    let changed = conn.execute(
        "UPDATE programme_drafts SET code = ?2, base = ?3, typed = ?4, document = ?5, changed_by = ?6, changed_at = ?7,
           revision = revision + 1 WHERE id = ?1 AND revision = ?8 AND state = 'draft'",
        params![d.id, d.code, d.base, d.typed, d.document, d.changed_by, d.changed_at, d.revision],
    )?;
    Ok(changed == 1)
}

/// Notes that somebody wrote on a draft.
pub fn put_hand(conn: &Conn, id: i64, who: &str) -> Result<()> {
    let sql = "INSERT INTO programme_draft_hands (draft_id, who) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    conn.execute(sql, params![id, who])?;
    Ok(())
}

/// Everyone who wrote on a draft.
pub fn hands(conn: &Conn, id: i64) -> Result<Vec<String>> {
    let sql = "SELECT who FROM programme_draft_hands WHERE draft_id = ?1 ORDER BY who";
    conn.all(sql, params![id], |row| row.get(0))
}

/// A draft became a version.
pub fn publish(conn: &Conn, id: i64, version: u32, who: &str, at: i64) -> Result<()> {
    conn.execute(
        "UPDATE programme_drafts SET state = 'published', version = ?2, published_by = ?3, published_at = ?4
         WHERE id = ?1",
        params![id, version, who, at],
    )?;
    Ok(())
}

/// A draft is given up; whether there was one.
pub fn discard(conn: &Conn, id: i64) -> Result<bool> {
    let sql = "UPDATE programme_drafts SET state = 'discarded' WHERE id = ?1 AND state = 'draft'";
    Ok(conn.execute(sql, params![id])? > 0)
}

/// One of them.
pub fn by_id(conn: &Conn, id: i64) -> Result<Option<Draft>> {
    conn.optional(&format!("SELECT {COLUMNS} FROM programme_drafts WHERE id = ?1"), params![id], draft)
}

/// Those that are still written, oldest first.
pub fn open(conn: &Conn) -> Result<Vec<Draft>> {
    let sql = format!("SELECT {COLUMNS} FROM programme_drafts WHERE state = 'draft' ORDER BY id");
    conn.all(&sql, params![], draft)
}

/// Those that became versions of a code.
pub fn published(conn: &Conn, code: &str) -> Result<Vec<Draft>> {
    let sql =
        format!("SELECT {COLUMNS} FROM programme_drafts WHERE code = ?1 AND state = 'published' ORDER BY version");
    conn.all(&sql, params![code], draft)
}

/// Codes of funds.
pub fn funds(conn: &Conn) -> Result<Vec<String>> {
    conn.all("SELECT code FROM funds ORDER BY code", params![], |row| row.get(0))
}

/// Groups of headquarters' products, and how many products are right in each.
pub fn groups(conn: &Conn) -> Result<Vec<(String, i64)>> {
    let sql = "SELECT product_group, count(*) FROM products GROUP BY product_group ORDER BY product_group";
    conn.all(sql, params![], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Documents of headquarters' products whose name or code holds a text: the first of them.
pub fn find_products(conn: &Conn, text: &str, rows: i64) -> Result<Vec<String>> {
    let sql = r"SELECT document FROM products WHERE document LIKE ?1 ESCAPE '\' ORDER BY code LIMIT ?2";
    conn.all(sql, params![containing(text), rows], |row| row.get(0))
}

/// What any store asks for a product, as its document.
pub fn any_price(conn: &Conn, key: &str) -> Result<Option<String>> {
    let sql = "SELECT body FROM shop WHERE kind = 'product' AND key = ?1 AND body IS NOT NULL
                 AND store IN (SELECT code FROM stores) ORDER BY store LIMIT 1";
    conn.optional(sql, params![key], |row| row.get(0))
}
