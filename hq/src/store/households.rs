//! Households as the console lists them, and the cards that are printed for them.

use crate::params;
use crate::store::sql::{Conn, Row};
use anyhow::Result;
use chrono::NaiveDate;

/// Which households; what is absent does not matter.
#[derive(Debug, Clone, Default)]
pub struct HouseholdFilter {
    /// Category's code.
    pub category: Option<String>,
    /// Status.
    pub status: Option<String>,
    /// District prefix that was asked for.
    pub district: Option<String>,
    /// District prefix that bounds what is seen.
    pub within: Option<String>,
}

/// A household in a list, by its head.
#[derive(Debug, Clone)]
pub struct HouseholdRow {
    /// Opaque id.
    pub id: String,
    /// Masked name of its head.
    pub name: String,
    /// Persons covered.
    pub size: u32,
    /// Category's code.
    pub category: String,
    /// GB/T 2260 code.
    pub district: String,
    /// Status.
    pub status: String,
    /// Store where it usually shops.
    pub home_store: Option<String>,
}

/// The head of each household: the row that says so, else the oldest.
const HEADS: &str = "FROM members m WHERE m.to_version IS NULL
    AND m.id = (SELECT n.id FROM members n WHERE n.household = m.household AND n.to_version IS NULL
                ORDER BY n.relation <> 'head', n.id LIMIT 1)
    AND (?1 IS NULL OR m.category = ?1) AND (?2 IS NULL OR m.status = ?2)
    AND (?3 IS NULL OR substr(m.district, 1, length(?3)) = ?3)
    AND (?4 IS NULL OR substr(m.district, 1, length(?4)) = ?4)";

/// A page of households.
pub fn list(conn: &Conn, f: &HouseholdFilter, skip: i64, most: i64) -> Result<Vec<HouseholdRow>> {
    let sql = format!(
        "SELECT m.household, m.name_masked, m.size, m.category, m.district, m.status, m.home_store {HEADS}
         ORDER BY m.district, m.id LIMIT ?5 OFFSET ?6"
    );
    conn.all(&sql, params![f.category, f.status, f.district, f.within, most, skip], household)
}

fn household(row: &Row) -> Result<HouseholdRow> {
    Ok(HouseholdRow {
        id: row.get(0)?,
        name: row.get(1)?,
        size: row.get(2)?,
        category: row.get(3)?,
        district: row.get(4)?,
        status: row.get(5)?,
        home_store: row.get(6)?,
    })
}

/// One household.
pub fn one(conn: &Conn, id: &str) -> Result<Option<HouseholdRow>> {
    let sql = "SELECT household, name_masked, size, category, district, status, home_store FROM members
               WHERE household = ?1 AND to_version IS NULL ORDER BY relation <> 'head', id LIMIT 1";
    conn.optional(sql, params![id], household)
}

/// How many there are.
pub fn count(conn: &Conn, f: &HouseholdFilter) -> Result<i64> {
    if f.status.is_none() {
        // Members of a household agree in category and district: nobody's head is looked for.
        let sql = "SELECT count(DISTINCT household) FROM members WHERE to_version IS NULL
                     AND (?1 IS NULL OR category = ?1) AND (?2 IS NULL OR substr(district, 1, length(?2)) = ?2)
                     AND (?3 IS NULL OR substr(district, 1, length(?3)) = ?3)";
        return conn.value(sql, params![f.category, f.district, f.within]);
    }
    let sql = format!("SELECT count(*) {HEADS}");
    conn.one(&sql, params![f.category, f.status, f.district, f.within], |row| row.get(0))
}

/// A household whose review is due.
#[derive(Debug, Clone)]
pub struct Due {
    /// The day.
    pub on: String,
    /// By its head.
    pub household: HouseholdRow,
}

/// Live households of a district whose review is due until a day, the longest overdue first.
pub fn due(conn: &Conn, within: &str, until: NaiveDate, skip: i64, most: i64) -> Result<Vec<Due>> {
    let sql = "SELECT m.household, m.name_masked, m.size, m.category, m.district, m.status, m.home_store, h.review_on
               FROM households h JOIN members m ON m.household = h.id AND m.to_version IS NULL
                 AND m.id = (SELECT n.id FROM members n WHERE n.household = h.id AND n.to_version IS NULL
                             ORDER BY n.relation <> 'head', n.id LIMIT 1)
               WHERE h.review_on <= ?1 AND h.blocked = 0 AND m.status IN ('active', 'grace', 'suspended')
                 AND substr(m.district, 1, length(?2)) = ?2
               ORDER BY h.review_on, h.id LIMIT ?4 OFFSET ?3";
    let read = |row: &Row| Ok(Due { household: household(row)?, on: row.get(7)? });
    conn.all(sql, params![until.to_string(), within, skip, most], read)
}

/// When the bureau looks at a household again.
pub fn review_on(conn: &Conn, household: &str) -> Result<Option<String>> {
    Ok(conn.optional("SELECT review_on FROM households WHERE id = ?1", params![household], |row| row.get(0))?.flatten())
}

/// Whose cards are printed: people of entitled households in a district, of a store or of any.
const CARDS: &str =
    "FROM members WHERE to_version IS NULL AND card_mac IS NOT NULL AND substr(district, 1, length(?1)) = ?1
    AND (?2 IS NULL OR home_store = ?2) AND status IN ('active', 'grace')
    AND household NOT IN (SELECT h.id FROM households h WHERE h.blocked = 1)
    AND valid_from <= ?3 AND (valid_to IS NULL OR valid_to >= ?3)";

/// Members who have a card and are entitled on a date: masked name, sealed private part, the card's hash.
pub fn with_cards(
    conn: &Conn,
    district: &str,
    store: Option<&str>,
    date: NaiveDate,
    skip: i64,
    most: i64,
) -> Result<Vec<(String, Vec<u8>, String)>> {
    let sql = format!(
        "SELECT name_masked, private_enc, card_mac {CARDS} ORDER BY home_store, district, id LIMIT ?4 OFFSET ?5"
    );
    let read = |row: &Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    conn.all(&sql, params![district, store, date.to_string(), most, skip], read)
}

/// How many they are.
pub fn card_count(conn: &Conn, district: &str, store: Option<&str>, date: NaiveDate) -> Result<i64> {
    let sql = format!("SELECT count(*) {CARDS}");
    conn.one(&sql, params![district, store, date.to_string()], |row| row.get(0))
}
