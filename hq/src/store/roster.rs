//! Versions of the roster, imports that wait for a person, mappings, and dates of review.

use anyhow::Result;
use chrono::{Months, NaiveDate};

use crate::params;
use crate::service::roster::plan::Counts;
use crate::store::now_ms;
use crate::store::sql::{Conn, Row};

/// A version of the roster: who made it, from what.
#[derive(Debug, Clone)]
pub struct Version {
    /// Number.
    pub version: u64,
    /// When, in milliseconds.
    pub at: i64,
    /// Who.
    pub who: String,
    /// `import`, `edit`, `card`, `review`, `block`, `store`, `key`; empty: from before this was noted.
    pub kind: String,
    /// File, household or store.
    pub source: String,
    /// New rows.
    pub added: u64,
    /// Changed rows.
    pub changed: u64,
    /// Rows that no longer count.
    pub ended: u64,
    /// Rows that stayed.
    pub unchanged: u64,
}

impl Version {
    /// A new one.
    pub fn of(version: u64, who: &str, kind: &str, source: &str, counts: &Counts) -> Self {
        let Counts { added, changed, ended, unchanged, .. } = *counts;
        let (who, kind, source) = (who.into(), kind.into(), source.into());
        Self { version, at: now_ms(), who, kind, source, added, changed, ended, unchanged }
    }
}

/// Publishes a version.
pub fn put_version(conn: &Conn, v: &Version) -> Result<()> {
    conn.execute(
        "INSERT INTO roster_versions (version, published_at, who, kind, source, added, changed, ended, unchanged)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![v.version, v.at, v.who, v.kind, v.source, v.added, v.changed, v.ended, v.unchanged],
    )?;
    Ok(())
}

const VERSION: &str = "version, published_at, who, kind, source, added, changed, ended, unchanged";

fn version(row: &Row) -> Result<Version> {
    Ok(Version {
        version: row.get(0)?,
        at: row.get(1)?,
        who: row.get(2)?,
        kind: row.get(3)?,
        source: row.get(4)?,
        added: row.get(5)?,
        changed: row.get(6)?,
        ended: row.get(7)?,
        unchanged: row.get(8)?,
    })
}

/// Versions before one, the newest first; without what headquarters does by itself unless asked.
pub fn versions(conn: &Conn, before: Option<u64>, most: i64) -> Result<Vec<Version>> {
    let sql = format!(
        "SELECT {VERSION} FROM roster_versions WHERE (?1 IS NULL OR version < ?1) AND kind NOT IN ('key', 'store')
         ORDER BY version DESC LIMIT ?2"
    );
    conn.all(&sql, params![before, most], version)
}

/// One version.
pub fn one_version(conn: &Conn, number: u64) -> Result<Option<Version>> {
    conn.optional(&format!("SELECT {VERSION} FROM roster_versions WHERE version = ?1"), params![number], version)
}

/// An import.
#[derive(Debug, Clone)]
pub struct Import {
    /// Row.
    pub id: i64,
    /// When it began.
    pub at: i64,
    /// Who began it.
    pub by: String,
    /// District prefix of who began it.
    pub district: String,
    /// Name of the file.
    pub source: String,
    /// JSON.
    pub mapping: String,
    /// JSON: the file's columns.
    pub columns: String,
    /// `reading`, `mapping`, `bad`, `ready`, `applying`, `applied`, `discarded`, `expired`.
    pub state: String,
    /// When its state last changed.
    pub step_at: i64,
    /// Until when it can be applied.
    pub expires_at: i64,
    /// JSON.
    pub report: String,
    /// JSON.
    pub answers: String,
    /// Of the plan that was shown.
    pub fingerprint: String,
    /// What a person should know.
    pub note: String,
    /// Whether it confirms applications.
    pub confirms: bool,
    /// The version that it became.
    pub version: Option<u64>,
}

const IMPORT: &str = "id, at, \"by\", district, source, mapping, columns, state, step_at, expires_at, report, answers,
    fingerprint, note, confirms, version";

fn import(row: &Row) -> Result<Import> {
    Ok(Import {
        id: row.get(0)?,
        at: row.get(1)?,
        by: row.get(2)?,
        district: row.get(3)?,
        source: row.get(4)?,
        mapping: row.get(5)?,
        columns: row.get(6)?,
        state: row.get(7)?,
        step_at: row.get(8)?,
        expires_at: row.get(9)?,
        report: row.get(10)?,
        answers: row.get(11)?,
        fingerprint: row.get(12)?,
        note: row.get(13)?,
        confirms: row.get(14)?,
        version: row.get(15)?,
    })
}

/// Keeps a new import; its row.
pub fn put_import(conn: &Conn, i: &Import, file_enc: &[u8]) -> Result<i64> {
    let sql = "INSERT INTO roster_imports (at, \"by\", district, source, file_enc, mapping, state, step_at, expires_at, confirms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?1, ?8, ?9) RETURNING id";
    conn.value(sql, params![i.at, i.by, i.district, i.source, file_enc, i.mapping, i.state, i.expires_at, i.confirms])
}

/// One import.
pub fn one_import(conn: &Conn, id: i64) -> Result<Option<Import>> {
    conn.optional(&format!("SELECT {IMPORT} FROM roster_imports WHERE id = ?1"), params![id], import)
}

/// Imports of a district, the newest first.
pub fn imports(conn: &Conn, within: &str, most: i64) -> Result<Vec<Import>> {
    let sql = format!(
        "SELECT {IMPORT} FROM roster_imports WHERE substr(district, 1, length(?1)) = ?1 ORDER BY id DESC LIMIT ?2"
    );
    conn.all(&sql, params![within, most], import)
}

/// The sealed file of an import; empty once it is gone.
pub fn import_file(conn: &Conn, id: i64) -> Result<Vec<u8>> {
    conn.value("SELECT file_enc FROM roster_imports WHERE id = ?1", params![id])
}

/// Takes an import from one state to another; false: it was in none of those.
pub fn step(conn: &Conn, id: i64, from: &[&str], to: &str) -> Result<bool> {
    let sql = "UPDATE roster_imports SET state = ?3, step_at = ?4 WHERE id = ?1 AND state = ?2";
    for state in from {
        if conn.execute(sql, params![id, state, to, now_ms()])? == 1 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What was found out about an import.
pub fn put_report(conn: &Conn, i: &Import) -> Result<()> {
    conn.execute(
        "UPDATE roster_imports SET mapping = ?2, columns = ?3, state = ?4, report = ?5, answers = ?6, fingerprint = ?7,
           note = ?8, version = ?9, step_at = ?10 WHERE id = ?1",
        params![i.id, i.mapping, i.columns, i.state, i.report, i.answers, i.fingerprint, i.note, i.version, now_ms()],
    )?;
    Ok(())
}

/// Forgets the file and the preview of an import.
pub fn empty_import(conn: &Conn, id: i64) -> Result<()> {
    conn.execute("UPDATE roster_imports SET file_enc = ?2 WHERE id = ?1", params![id, Vec::<u8>::new()])?;
    conn.execute("DELETE FROM roster_import_rows WHERE import_id = ?1", params![id])?;
    Ok(())
}

/// Ends imports whose time is over; the file and what it would have changed are forgotten.
pub fn expire_imports(conn: &Conn) -> Result<()> {
    let sql = "SELECT id FROM roster_imports WHERE state IN ('mapping', 'bad', 'ready') AND expires_at < ?1";
    for id in conn.all(sql, params![now_ms()], |row| row.get::<i64>(0))? {
        step(conn, id, &["mapping", "bad", "ready"], "expired")?;
        empty_import(conn, id)?;
    }
    Ok(())
}

/// A row that an import would change.
#[derive(Debug, Clone)]
pub struct Preview {
    /// `new`, `changed`, `ended`, `absent`.
    pub kind: String,
    /// Line in the file.
    pub line: Option<u64>,
    /// Household; empty: a new one.
    pub household: String,
    /// Masked name.
    pub name: String,
    /// JSON: what differs.
    pub columns: String,
}

/// Keeps what an import would change, in the place of what was kept.
pub fn put_preview(conn: &Conn, id: i64, rows: &[Preview]) -> Result<()> {
    conn.execute("DELETE FROM roster_import_rows WHERE import_id = ?1", params![id])?;
    let sql = "INSERT INTO roster_import_rows (import_id, kind, n, line, household, name, columns)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    for (n, row) in (0_i64..).zip(rows) {
        conn.execute(sql, params![id, row.kind, n, row.line, row.household, row.name, row.columns])?;
    }
    Ok(())
}

/// A page of what an import would change.
pub fn preview(conn: &Conn, id: i64, kind: &str, skip: i64, most: i64) -> Result<Vec<Preview>> {
    let sql = "SELECT kind, line, household, name, columns FROM roster_import_rows
               WHERE import_id = ?1 AND kind = ?2 ORDER BY n LIMIT ?4 OFFSET ?3";
    conn.all(sql, params![id, kind, skip, most], |row| {
        Ok(Preview {
            kind: row.get(0)?,
            line: row.get(1)?,
            household: row.get(2)?,
            name: row.get(3)?,
            columns: row.get(4)?,
        })
    })
}

/// Saved mappings: name and JSON.
pub fn mappings(conn: &Conn) -> Result<Vec<(String, String)>> {
    let sql = "SELECT name, body FROM roster_mappings ORDER BY name";
    conn.all(sql, params![], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Keeps a mapping under a name.
pub fn put_mapping(conn: &Conn, name: &str, body: &str, by: &str) -> Result<()> {
    conn.execute(
        "INSERT INTO roster_mappings (name, body, \"by\", at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (name) DO UPDATE SET body = excluded.body, \"by\" = excluded.\"by\", at = excluded.at",
        params![name, body, by, now_ms()],
    )?;
    Ok(())
}

/// Months from one review to the next, by category.
pub fn review_rules(conn: &Conn) -> Result<Vec<(String, u32)>> {
    conn.all("SELECT category, months FROM review_rules ORDER BY category", params![], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// Sets them for one category; none: it has no date.
pub fn set_review_rule(conn: &Conn, category: &str, months: Option<u32>) -> Result<()> {
    match months {
        Some(months) => conn.execute(
            "INSERT INTO review_rules (category, months) VALUES (?1, ?2)
             ON CONFLICT (category) DO UPDATE SET months = excluded.months",
            params![category, months],
        )?,
        None => conn.execute("DELETE FROM review_rules WHERE category = ?1", params![category])?,
    };
    Ok(())
}

/// The day of the next review of a category, counted from a day.
pub fn next_review(conn: &Conn, category: &str, from: NaiveDate) -> Result<Option<NaiveDate>> {
    let sql = "SELECT months FROM review_rules WHERE category = ?1";
    let months: Option<u32> = conn.optional(sql, params![category], |row| row.get(0))?;
    Ok(months.and_then(|months| from.checked_add_months(Months::new(months))))
}

/// A new household's first review.
pub fn first_review(conn: &Conn, household: &str, category: &str) -> Result<()> {
    let today = domain::time::business_date(crate::service::now());
    set_review(conn, household, next_review(conn, category, today)?)
}

/// Sets when the bureau looks at a household again.
pub fn set_review(conn: &Conn, household: &str, on: Option<NaiveDate>) -> Result<()> {
    let sql = "UPDATE households SET review_on = ?2 WHERE id = ?1";
    conn.execute(sql, params![household, on.map(|day| day.to_string())])?;
    Ok(())
}
