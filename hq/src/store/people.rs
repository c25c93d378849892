//! Persons, households and the sealed rosters of stores.

use crate::params;
use crate::store::sql::{Conn, Row};
use anyhow::Result;
use domain::household::{RosterEntry, Status};

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

fn member(row: &Row) -> Result<Member> {
    let bad = anyhow::Error::msg::<String>;
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
            valid_to: row.get::<Option<String>>(14)?.map(date).transpose()?,
        },
        relation: row.get(2)?,
        number_mac: row.get(5)?,
        card_mac: row.get(6)?,
    })
}

/// All current rows.
pub fn current(conn: &Conn) -> Result<Vec<Member>> {
    conn.all(&format!("SELECT {COLUMNS} FROM members WHERE to_version IS NULL ORDER BY id"), params![], member)
}

/// Current rows of one household.
pub fn of_household(conn: &Conn, household: &str) -> Result<Vec<(i64, Member)>> {
    let sql = format!("SELECT {COLUMNS}, id FROM members WHERE household = ?1 AND to_version IS NULL ORDER BY id");
    conn.all(&sql, params![household], |row| Ok((row.get(15)?, member(row)?)))
}

/// Current rows that a credential opens.
pub fn opened_by(conn: &Conn, mac: &str) -> Result<Vec<RosterEntry>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM members WHERE (number_mac = ?1 OR card_mac = ?1) AND to_version IS NULL ORDER BY id"
    );
    conn.all(&sql, params![mac], |row| Ok(member(row)?.entry))
}

/// The row of a person and household as it stood in a roster version; none: now.
pub fn at_version(conn: &Conn, household: &str, person: &str, version: Option<u64>) -> Result<Option<RosterEntry>> {
    let filter = match version {
        Some(_) => "from_version <= ?3 AND (to_version IS NULL OR to_version > ?3)",
        None => "to_version IS NULL AND ?3 = 0",
    };
    let sql = format!("SELECT {COLUMNS} FROM members WHERE household = ?1 AND person = ?2 AND {filter}");
    conn.optional(&sql, params![household, person, version.unwrap_or(0)], |row| Ok(member(row)?.entry))
}

/// Ends a current row and puts a new one in its place.
pub fn replace(conn: &Conn, m: &Member, private_enc: &[u8], version: u64) -> Result<()> {
    end(conn, &m.entry.person, &m.entry.household, version)?;
    let e = &m.entry;
    conn.execute(
        "INSERT INTO members (person, household, relation, proxy, name_masked, private_enc, number_mac, card_mac, size,
           category, district, home_store, tags, status, valid_from, valid_to, from_version)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        params![
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
        ],
    )?;
    Ok(())
}

fn end(conn: &Conn, person: &str, household: &str, version: u64) -> Result<()> {
    conn.execute(
        "UPDATE members SET to_version = ?3 WHERE person = ?1 AND household = ?2 AND to_version IS NULL",
        params![person, household, version],
    )?;
    // A row that was never published in a version of its own leaves no history.
    conn.execute(
        "DELETE FROM members WHERE from_version = to_version AND person = ?1 AND household = ?2",
        params![person, household],
    )?;
    Ok(())
}

/// The sealed private part of a current row.
pub fn private(conn: &Conn, id: i64) -> Result<Vec<u8>> {
    conn.one("SELECT private_enc FROM members WHERE id = ?1", params![id], |row| row.get(0))
}

/// Opaque id of a household by the name that roster files give it.
pub fn household_id(conn: &Conn, keys: &Keys, external: &str, create: bool) -> Result<Option<String>> {
    let mac = keys.mac("household", external);
    let found: Option<String> =
        conn.optional("SELECT id FROM households WHERE external_mac = ?1", params![&mac], |row| row.get(0))?;
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
pub fn is_household(conn: &Conn, id: &str) -> Result<bool> {
    conn.one("SELECT count(*) > 0 FROM households WHERE id = ?1", params![id], |row| row.get(0))
}

/// Opaque id of a person by ID number, made where there is none.
pub fn person_id(conn: &Conn, keys: &Keys, number: &str) -> Result<String> {
    let mac = keys.mac("credential", number);
    let found: Option<String> =
        conn.optional("SELECT id FROM persons WHERE number_mac = ?1", params![&mac], |row| row.get(0))?;
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
pub fn stretched(conn: &Conn, keys: &Keys, mac: &str) -> Result<Option<[u8; 32]>> {
    let sealed: Option<Vec<u8>> =
        conn.optional("SELECT s_enc FROM credentials WHERE mac = ?1", params![mac], |row| row.get(0))?;
    let Some(sealed) = sealed else {
        return Ok(None);
    };
    Ok(<[u8; 32]>::try_from(keys.open_sealed(&sealed)?).ok())
}

pub fn put_stretched(conn: &Conn, keys: &Keys, mac: &str, s: &[u8; 32]) -> Result<()> {
    conn.execute(
        "INSERT INTO credentials (mac, s_mac, s_enc) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        params![mac, keys.mac("stretched", &sync::b64(s)), keys.seal(s)],
    )?;
    Ok(())
}

/// The credential for which this stands.
pub fn mac_of_stretched(conn: &Conn, keys: &Keys, s: &[u8; 32]) -> Result<Option<String>> {
    let sql = "SELECT mac FROM credentials WHERE s_mac = ?1";
    let s_mac = keys.mac("stretched", &sync::b64(s));
    conn.optional(sql, params![s_mac], |row| row.get(0))
}

/// All credentials, for rebuilding a store's roster.
pub fn credentials(conn: &Conn, keys: &Keys) -> Result<std::collections::BTreeMap<String, [u8; 32]>> {
    let opened = conn.all("SELECT mac, s_enc FROM credentials", params![], |row| {
        let sealed: Vec<u8> = row.get(1)?;
        Ok((row.get(0)?, <[u8; 32]>::try_from(keys.open_sealed(&sealed)?).ok()))
    })?;
    Ok(opened.into_iter().filter_map(|(mac, s)| Some((mac, s?))).collect())
}
