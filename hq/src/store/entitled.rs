//! Households that the roster entitles in a period, and whether they came.

use anyhow::Result;

use crate::params;
use crate::store::sql::{Conn, Row};

/// Whom, and when; what is absent does not matter.
#[derive(Debug, Clone, Default)]
pub struct Entitled {
    /// Key of the period.
    pub period: String,
    /// First day.
    pub first: String,
    /// Last day.
    pub last: String,
    /// The roster's version at its end.
    pub version: i64,
    /// Category.
    pub category: Option<String>,
    /// Persons.
    pub size: Option<i64>,
    /// District prefix.
    pub district: Option<String>,
    /// District prefix that bounds what is seen.
    pub within: Option<String>,
}

/// Households of one category, size and county.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// County.
    pub district: String,
    /// Category.
    pub category: String,
    /// Persons.
    pub size: i64,
    /// Entitled.
    pub entitled: i64,
    /// Of them, with something given in the period.
    pub reached: i64,
}

/// Each household once: its members agree in category, size and district.
const HOUSEHOLDS: &str = "SELECT household, min(category) AS category, min(size) AS size, min(district) AS district
    FROM members WHERE from_version <= ?1 AND (to_version IS NULL OR to_version > ?1)
      AND status IN ('active', 'grace') AND valid_from <= ?3 AND (valid_to IS NULL OR valid_to >= ?2)
      AND (?4 IS NULL OR category = ?4) AND (?5 IS NULL OR size = ?5)
      AND (?6 IS NULL OR substr(district, 1, length(?6)) = ?6)
      AND (?7 IS NULL OR substr(district, 1, length(?7)) = ?7)
    GROUP BY household";

/// Whether a household came in the period.
const CAME: &str = "EXISTS (SELECT 1 FROM usage_reach r WHERE r.period = ?8 AND r.programme = '' AND r.store = ''
    AND r.household = h.household)";

/// Counts by county, category and size.
pub fn groups(conn: &Conn, e: &Entitled) -> Result<Vec<Group>> {
    let sql = format!(
        "SELECT substr(h.district, 1, 6), h.category, h.size, count(*), sum(CASE WHEN {CAME} THEN 1 ELSE 0 END)
         FROM ({HOUSEHOLDS}) AS h GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    );
    let given = params![e.version, e.first, e.last, e.category, e.size, e.district, e.within, e.period];
    conn.all(&sql, given, |row: &Row| {
        Ok(Group {
            district: row.get(0)?,
            category: row.get(1)?,
            size: row.get(2)?,
            entitled: row.get(3)?,
            reached: row.get(4)?,
        })
    })
}

/// A household that did not come: id, masked name, category, size, district.
pub type Absent = (String, String, String, i64, String);

/// Households that did not come, for who may see families.
pub fn absent(conn: &Conn, e: &Entitled, most: i64) -> Result<Vec<Absent>> {
    let sql = format!(
        "SELECT h.household, coalesce((SELECT m.name_masked FROM members m WHERE m.household = h.household
             AND m.to_version IS NULL ORDER BY m.relation <> 'head', m.id LIMIT 1), ''), h.category, h.size, h.district
         FROM ({HOUSEHOLDS}) AS h WHERE NOT {CAME} ORDER BY h.district, h.household LIMIT ?9"
    );
    let given = params![e.version, e.first, e.last, e.category, e.size, e.district, e.within, e.period, most];
    conn.all(&sql, given, |row: &Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))
}

/// The newest roster that was published before a moment; the first one where none was.
pub fn version_at(conn: &Conn, before_ms: i64) -> Result<i64> {
    let sql = "SELECT coalesce((SELECT max(version) FROM roster_versions WHERE published_at < ?1),
                 (SELECT min(version) FROM roster_versions), 0)";
    conn.value(sql, params![before_ms])
}
