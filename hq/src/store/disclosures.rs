//! What a quarter's disclosure is made of, and what was published.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::params;
use crate::store::sql::{Conn, Param as _, Row, Value};

/// What a programme gave in a quarter, as sums are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums {
    /// Different households.
    pub households: i64,
    /// Visits.
    pub visits: i64,
    /// The funds' part, with what purses paid.
    pub fund_fen: i64,
    /// The stores' part.
    pub store_fen: i64,
    /// Stores.
    pub stores: i64,
}

/// By household: visits, and what was given in fen, the funds' and the stores' part together.
pub type Families = BTreeMap<String, (i64, i64)>;

fn list(codes: &[String]) -> (String, Vec<Value>) {
    (vec!["?"; codes.len()].join(", "), codes.iter().map(|code| code.value()).collect())
}

/// The sums of some programmes together.
pub fn sums(conn: &Conn, quarter: &str, months: &[String], programmes: &[String]) -> Result<Sums> {
    let ((of_months, mut values), (of_programmes, codes)) = (list(months), list(programmes));
    values.extend(codes.iter().cloned());
    let sql = format!(
        "SELECT coalesce(sum(claims), 0), coalesce(sum(subsidy_fen + purse_fen), 0),
           coalesce(sum(discount_fen - subsidy_fen), 0), count(DISTINCT store)
         FROM usage_months WHERE month IN ({of_months}) AND programme IN ({of_programmes})"
    );
    let read = |row: &Row| {
        Ok(Sums {
            households: 0,
            visits: row.get(0)?,
            fund_fen: row.get(1)?,
            store_fen: row.get(2)?,
            stores: row.get(3)?,
        })
    };
    let sums = conn.one(&sql, &values, read)?;
    let mut values = vec![quarter.value()];
    values.extend(codes);
    let sql = format!(
        "SELECT count(DISTINCT household) FROM usage_reach WHERE period = ? AND store = ''
           AND programme IN ({of_programmes})"
    );
    Ok(Sums { households: conn.value(&sql, &values)?, ..sums })
}

/// Each family's own figures under some programmes.
pub fn families(conn: &Conn, first: &str, last: &str, programmes: &[String]) -> Result<Families> {
    let (of_programmes, codes) = list(programmes);
    let sql = format!(
        "SELECT c.household, count(*), sum(p.discount_fen + p.purse_fen)
         FROM claim_programmes p JOIN claims c ON c.id = p.claim_id
         WHERE p.day >= ? AND p.day <= ? AND p.programme IN ({of_programmes}) AND c.household IS NOT NULL
           AND (p.discount_fen <> 0 OR p.subsidy_fen <> 0 OR p.purse_fen <> 0)
         GROUP BY c.household"
    );
    let values = [vec![first.value(), last.value()], codes].concat();
    let read = |row: &Row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?)));
    Ok(conn.all(&sql, &values, read)?.into_iter().collect())
}

/// The families behind a published row, by its first programme.
pub fn published_families(conn: &Conn, quarter: &str, version: i64, row: &str) -> Result<Families> {
    let sql = "SELECT household, visits, fen FROM disclosure_families
               WHERE quarter = ?1 AND version = ?2 AND programme = ?3";
    let read = |row: &Row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?)));
    Ok(conn.all(sql, params![quarter, version, row], read)?.into_iter().collect())
}

/// A version that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// `2026-Q4`.
    pub quarter: String,
    /// 1, 2, …
    pub version: i64,
    /// When.
    pub at: i64,
    /// Who.
    pub by: String,
    /// Why it differs from the one before; empty: the first.
    pub reason: String,
    /// The table as JSON.
    pub body: String,
}

/// Versions of a quarter, the newest first.
pub fn versions(conn: &Conn, quarter: &str) -> Result<Vec<Version>> {
    let sql = "SELECT quarter, version, published_at, published_by, reason, body FROM disclosures
               WHERE quarter = ?1 ORDER BY version DESC";
    conn.all(sql, params![quarter], |row| {
        Ok(Version {
            quarter: row.get(0)?,
            version: row.get(1)?,
            at: row.get(2)?,
            by: row.get(3)?,
            reason: row.get(4)?,
            body: row.get(5)?,
        })
    })
}

/// Keeps a version, and whose figures its rows hold.
pub fn publish(conn: &Conn, v: &Version, rows: &[(String, Families)]) -> Result<()> {
    conn.execute(
        "INSERT INTO disclosures (quarter, version, published_at, published_by, reason, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![v.quarter, v.version, v.at, v.by, v.reason, v.body],
    )?;
    for (programme, families) in rows {
        for (household, (visits, fen)) in families {
            conn.execute(
                "INSERT INTO disclosure_families (quarter, version, programme, household, visits, fen)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![v.quarter, v.version, programme, household, visits, fen],
            )?;
        }
    }
    Ok(())
}

/// Programmes that gave something in these months.
pub fn programmes(conn: &Conn, months: &[String]) -> Result<Vec<String>> {
    let (of_months, values) = list(months);
    let sql = format!(
        "SELECT DISTINCT programme FROM usage_months WHERE month IN ({of_months}) AND programme <> '' ORDER BY programme"
    );
    conn.all(&sql, &values, |row| row.get(0))
}

/// Claims of these days that still wait for people or are disputed.
pub fn undecided(conn: &Conn, first: &str, last: &str) -> Result<i64> {
    let sql = "SELECT count(*) FROM claims WHERE state IN ('held', 'disputed') AND business_date >= ?1
               AND business_date <= ?2";
    conn.value(sql, params![first, last])
}

/// What people call a fund, and where its money comes from; its code where nobody said.
pub fn fund_words(conn: &Conn) -> Result<BTreeMap<String, (String, String)>> {
    let sql = "SELECT f.code, f.name, s.kind FROM funds f LEFT JOIN fund_sources s ON s.fund = f.code
               ORDER BY f.code, s.from_date, s.id";
    let rows = conn
        .all(sql, params![], |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?, row.get::<Option<String>>(2)?)))?;
    let mut words: BTreeMap<String, (String, String)> = BTreeMap::new();
    for (code, name, kind) in rows {
        let name = if name.is_empty() { code.clone() } else { name };
        let (_, sources) = words.entry(code).or_insert_with(|| (name, String::new()));
        // A published table is Chinese: it is the public's.
        let source = match kind.as_deref() {
            Some("named") => "冠名基金",
            Some("one_day") => "慈心一日捐",
            Some("finance") => "财政",
            Some(_) => "其他",
            None => continue,
        };
        if !sources.split('、').any(|known| known == source) {
            *sources = if sources.is_empty() { source.into() } else { format!("{sources}、{source}") };
        }
    }
    Ok(words)
}
