//! Persons, households and the sealed rosters of stores.

use anyhow::Result;
use domain::household::{RosterEntry, Status};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::keys::Keys;

/// One current row of the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// As tills get it.
    pub entry: RosterEntry,
    /// `head`, `spouse`, …
    pub relation: String,
    /// Keyed hash of the ID number.
    pub number_mac: String,
    /// Keyed hash of the card.
    pub card_mac: Option<String>,
}

const COLUMNS: &str = "person, household, relation, proxy, name_masked, number_mac, card_mac, size, category, district,
    home_store, tags, status, valid_from, valid_to";

fn member(row: &Row<'_>) -> rusqlite::Result<Member> {
    let bad =
        |problem: String| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, problem.into());
    let date = |text: String| domain::time::parse_date(&text).map_err(bad);
    let tags: String = row.get(11)?;
    let status: String = row.get(12)?;
    Ok(Member {
        entry: RosterEntry {
            person: row.get(0)?,
            household: row.get(1)?,
            proxy: row.get(3)?,
            name: row.get(4)?,
            size: row.get(7)?,
            category: row.get(8)?,
            district: row.get(9)?,
            home_store: row.get(10)?,
            tags: tags.split(';').filter(|tag| !tag.is_empty()).map(Into::into).collect(),
            status: Status::parse(&status).map_err(bad)?,
            valid_from: date(row.get(13)?)?,
            valid_to: row.get::<_, Option<String>>(14)?.map(date).transpose()?,
        },
        relation: row.get(2)?,
        number_mac: row.get(5)?,
        card_mac: row.get(6)?,
    })
}

/// All current rows.
pub fn current(conn: &Connection) -> Result<Vec<Member>> {
    let mut statement = conn.prepare(&format!("SELECT {COLUMNS} FROM members WHERE to_version IS NULL ORDER BY id"))?;
    Ok(statement.query_map([], member)?.collect::<rusqlite::Result<_>>()?)
}

/// Current rows of one household.
pub fn of_household(conn: &Connection, household: &str) -> Result<Vec<(i64, Member)>> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {COLUMNS}, id FROM members WHERE household = ?1 AND to_version IS NULL ORDER BY id"
    ))?;
    let read = |row: &Row<'_>| Ok((row.get(15)?, member(row)?));
    Ok(statement.query_map([household], read)?.collect::<rusqlite::Result<_>>()?)
}

/// Current rows that a credential opens.
pub fn opened_by(conn: &Connection, mac: &str) -> Result<Vec<RosterEntry>> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM members WHERE (number_mac = ?1 OR card_mac = ?1) AND to_version IS NULL ORDER BY id"
    ))?;
    let rows = statement.query_map([mac], member)?;
    Ok(rows.map(|row| row.map(|m| m.entry)).collect::<rusqlite::Result<_>>()?)
}

/// The row of a person and household as it stood in a roster version; none: now.
pub fn at_version(
    conn: &Connection,
    household: &str,
    person: &str,
    version: Option<u64>,
) -> Result<Option<RosterEntry>> {
    let filter = match version {
        Some(_) => "from_version <= ?3 AND (to_version IS NULL OR to_version > ?3)",
        None => "to_version IS NULL AND ?3 = 0",
    };
    let mut statement = conn
        .prepare_cached(&format!("SELECT {COLUMNS} FROM members WHERE household = ?1 AND person = ?2 AND {filter}"))?;
    Ok(statement.query_row(params![household, person, version.unwrap_or(0)], member).optional()?.map(|m| m.entry))
}

/// Ends a current row and puts a new one in its place.
pub fn replace(conn: &Connection, m: &Member, private_enc: &[u8], version: u64) -> Result<()> {
    end(conn, &m.entry.person, &m.entry.household, version)?;
    let e = &m.entry;
    conn.prepare_cached(
        "INSERT INTO members (person, household, relation, proxy, name_masked, private_enc, number_mac, card_mac, size,
           category, district, home_store, tags, status, valid_from, valid_to, from_version)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
    )?
    .execute(params![
        e.person,
        e.household,
        m.relation,
        e.proxy,
        e.name,
        private_enc,
        m.number_mac,
        m.card_mac,
        e.size,
        e.category,
        e.district,
        e.home_store,
        e.tags.join(";"),
        e.status.word(),
        e.valid_from.to_string(),
        e.valid_to.map(|d| d.to_string()),
        version
    ])?;
    Ok(())
}

fn end(conn: &Connection, person: &str, household: &str, version: u64) -> Result<()> {
    conn.prepare_cached(
        "UPDATE members SET to_version = ?3 WHERE person = ?1 AND household = ?2 AND to_version IS NULL",
    )?
    .execute(params![person, household, version])?;
    // A row that was never published in a version of its own leaves no history.
    conn.prepare_cached("DELETE FROM members WHERE from_version = to_version AND person = ?1 AND household = ?2")?
        .execute([person, household])?;
    Ok(())
}

/// The sealed private part of a current row.
pub fn private(conn: &Connection, id: i64) -> Result<Vec<u8>> {
    Ok(conn.query_row("SELECT private_enc FROM members WHERE id = ?1", [id], |row| row.get(0))?)
}

/// Opaque id of a household by the name that roster files give it.
pub fn household_id(conn: &Connection, keys: &Keys, external: &str, create: bool) -> Result<Option<String>> {
    let mac = keys.mac("household", external);
    let found: Option<String> = conn
        .prepare_cached("SELECT id FROM households WHERE external_mac = ?1")?
        .query_row([&mac], |row| row.get(0))
        .optional()?;
    if found.is_some() || !create {
        return Ok(found);
    }
    let id = format!("H{}", sync::random_base32(10));
    conn.execute(
        "INSERT INTO households (id, external_mac, external_enc) VALUES (?1, ?2, ?3)",
        params![id, mac, keys.seal(external.as_bytes())],
    )?;
    Ok(Some(id))
}

/// Whether this is one of headquarters' own household ids.
pub fn is_household(conn: &Connection, id: &str) -> Result<bool> {
    Ok(conn.query_row("SELECT count(*) > 0 FROM households WHERE id = ?1", [id], |row| row.get(0))?)
}

/// Opaque id of a person by ID number, made where there is none.
pub fn person_id(conn: &Connection, keys: &Keys, number: &str) -> Result<String> {
    let mac = keys.mac("credential", number);
    let found: Option<String> = conn
        .prepare_cached("SELECT id FROM persons WHERE number_mac = ?1")?
        .query_row([&mac], |row| row.get(0))
        .optional()?;
    if let Some(id) = found {
        return Ok(id);
    }
    let id = format!("P{}", sync::random_base32(10));
    conn.execute(
        "INSERT INTO persons (id, number_mac, number_enc) VALUES (?1, ?2, ?3)",
        params![id, mac, keys.seal(number.as_bytes())],
    )?;
    Ok(id)
}

/// What stands for a number, where it was computed before.
pub fn stretched(conn: &Connection, keys: &Keys, mac: &str) -> Result<Option<[u8; 32]>> {
    let sealed: Option<Vec<u8>> = conn
        .prepare_cached("SELECT s_enc FROM credentials WHERE mac = ?1")?
        .query_row([mac], |row| row.get(0))
        .optional()?;
    let Some(sealed) = sealed else {
        return Ok(None);
    };
    Ok(<[u8; 32]>::try_from(keys.open_sealed(&sealed)?).ok())
}

pub fn put_stretched(conn: &Connection, keys: &Keys, mac: &str, s: &[u8; 32]) -> Result<()> {
    conn.execute(
        "INSERT OR IGNORE INTO credentials (mac, s_mac, s_enc) VALUES (?1, ?2, ?3)",
        params![mac, keys.mac("stretched", &sync::b64(s)), keys.seal(s)],
    )?;
    Ok(())
}

/// The credential for which this stands.
pub fn mac_of_stretched(conn: &Connection, keys: &Keys, s: &[u8; 32]) -> Result<Option<String>> {
    let sql = "SELECT mac FROM credentials WHERE s_mac = ?1";
    let s_mac = keys.mac("stretched", &sync::b64(s));
    Ok(conn.prepare_cached(sql)?.query_row([s_mac], |row| row.get(0)).optional()?)
}

/// All credentials, for rebuilding a store's roster.
pub fn credentials(conn: &Connection, keys: &Keys) -> Result<std::collections::BTreeMap<String, [u8; 32]>> {
    let mut statement = conn.prepare("SELECT mac, s_enc FROM credentials")?;
    let mut rows = statement.query([])?;
    let mut all = std::collections::BTreeMap::new();
    while let Some(row) = rows.next()? {
        let sealed: Vec<u8> = row.get(1)?;
        if let Ok(s) = <[u8; 32]>::try_from(keys.open_sealed(&sealed)?) {
            all.insert(row.get(0)?, s);
        }
    }
    Ok(all)
}
