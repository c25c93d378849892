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

/// A row of the roster with what is sealed of it.
#[derive(Debug, Clone)]
pub struct Known {
    /// Row.
    pub id: i64,
    /// What it says.
    pub member: Member,
    /// Sealed private part.
    pub private_enc: Vec<u8>,
    /// Fingerprint of the private part; empty: from before it was kept.
    pub private_mac: String,
    /// First version that has it.
    pub from: u64,
    /// First version that has it no more.
    pub to: Option<u64>,
}

fn known(row: &Row) -> Result<Known> {
    Ok(Known {
        id: row.get(15)?,
        member: member(row)?,
        private_enc: row.get(16)?,
        private_mac: row.get(17)?,
        from: row.get(18)?,
        to: row.get(19)?,
    })
}

const ALL_COLUMNS: &str = "id, private_enc, private_mac, from_version, to_version";

/// All current rows.
pub fn current(conn: &Conn) -> Result<Vec<Known>> {
    let sql = format!("SELECT {COLUMNS}, {ALL_COLUMNS} FROM members WHERE to_version IS NULL ORDER BY id");
    conn.all(&sql, params![], known)
}

/// All rows that a household ever had, the newest first.
pub fn history(conn: &Conn, household: &str) -> Result<Vec<Known>> {
    let sql = format!(
        "SELECT {COLUMNS}, {ALL_COLUMNS} FROM members WHERE household = ?1 ORDER BY from_version DESC, id DESC"
    );
    conn.all(&sql, params![household], known)
}

/// Rows that a version began.
pub fn begun(conn: &Conn, version: u64, skip: i64, most: i64) -> Result<Vec<Known>> {
    let sql =
        format!("SELECT {COLUMNS}, {ALL_COLUMNS} FROM members WHERE from_version = ?1 ORDER BY id LIMIT ?3 OFFSET ?2");
    conn.all(&sql, params![version, skip, most], known)
}

/// Rows that a version took away and put nothing in the place of.
pub fn gone(conn: &Conn, version: u64, most: i64) -> Result<Vec<Known>> {
    let sql = format!(
        "SELECT {COLUMNS}, {ALL_COLUMNS} FROM members WHERE to_version = ?1 AND NOT EXISTS
           (SELECT 1 FROM members n WHERE n.household = members.household AND n.person = members.person
              AND n.from_version = ?1) ORDER BY id LIMIT ?2"
    );
    conn.all(&sql, params![version, most], known)
}

/// The row in whose place a version put another.
pub fn before(conn: &Conn, row: &Known) -> Result<Option<Known>> {
    let sql = format!(
        "SELECT {COLUMNS}, {ALL_COLUMNS} FROM members WHERE household = ?1 AND person = ?2 AND to_version = ?3"
    );
    let e = &row.member.entry;
    conn.optional(&sql, params![e.household, e.person, row.from], known)
}

/// A current row.
pub fn row(conn: &Conn, household: &str, person: &str) -> Result<Option<Known>> {
    let sql = format!(
        "SELECT {COLUMNS}, {ALL_COLUMNS} FROM members WHERE household = ?1 AND person = ?2 AND to_version IS NULL"
    );
    conn.optional(&sql, params![household, person], known)
}

/// Current rows of one household.
pub fn of_household(conn: &Conn, household: &str) -> Result<Vec<(i64, Member)>> {
    let sql = format!("SELECT {COLUMNS}, id FROM members WHERE household = ?1 AND to_version IS NULL ORDER BY id");
    conn.all(&sql, params![household], |row| Ok((row.get(15)?, member(row)?)))
}

/// Current rows that a credential opens, also of households that are only kept.
pub fn found_by(conn: &Conn, mac: &str) -> Result<Vec<Member>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM members WHERE (number_mac = ?1 OR card_mac = ?1) AND to_version IS NULL ORDER BY id"
    );
    conn.all(&sql, params![mac], member)
}

/// Current rows that a credential opens. Households that are only kept (PIPL 47) open for nobody.
pub fn opened_by(conn: &Conn, mac: &str) -> Result<Vec<RosterEntry>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM members WHERE (number_mac = ?1 OR card_mac = ?1) AND to_version IS NULL
           AND household NOT IN (SELECT h.id FROM households h WHERE h.blocked = 1) ORDER BY id"
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
pub fn replace(conn: &Conn, m: &Member, private: (&[u8], &str), version: u64) -> Result<()> {
    end(conn, &m.entry.person, &m.entry.household, version)?;
    insert(conn, m, private, version)
}

/// Puts a new row in the place of one that an earlier version published.
pub fn follow(conn: &Conn, before: i64, m: &Member, private: (&[u8], &str), version: u64) -> Result<()> {
    conn.execute("UPDATE members SET to_version = ?2 WHERE id = ?1", params![before, version])?;
    insert(conn, m, private, version)
}

/// A row of somebody who had none in the household: sealed private part, and its fingerprint.
pub fn insert(conn: &Conn, m: &Member, private: (&[u8], &str), version: u64) -> Result<()> {
    let e = &m.entry;
    conn.execute(
        "INSERT INTO members (person, household, relation, proxy, name_masked, private_enc, number_mac, card_mac, size,
           category, district, home_store, tags, status, valid_from, valid_to, from_version, private_mac)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
        params![
            e.person,
            e.household,
            m.relation,
            e.proxy,
            e.name,
            private.0,
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
            version,
            private.1
        ],
    )?;
    Ok(())
}

/// Ends a current row.
pub fn end(conn: &Conn, person: &str, household: &str, version: u64) -> Result<()> {
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

/// Opaque id of a household by the name that roster files give it.
pub fn household_id(conn: &Conn, keys: &Keys, external: &str) -> Result<Option<String>> {
    let mac = keys.mac("household", external);
    let sql = "SELECT id FROM households WHERE external_mac = ?1
               UNION ALL SELECT household FROM household_names WHERE mac IN (?1, ?2) LIMIT 1";
    conn.optional(sql, params![mac, keys.mac("certificate", external)], |row| row.get(0))
}

/// Makes a household of this name; another's name gets a random end.
pub fn make_household(conn: &Conn, keys: &Keys, external: &str) -> Result<String> {
    let id = format!("H{}", sync::random_base32(10));
    let mut external = external.to_owned();
    let taken = "SELECT count(*) > 0 FROM households WHERE external_mac = ?1";
    if conn.value::<bool>(taken, params![keys.mac("household", &external)])? {
        external = format!("{external}#{}", sync::random_base32(8));
    }
    conn.execute(
        "INSERT INTO households (id, external_mac, external_enc) VALUES (?1, ?2, ?3)",
        params![id, keys.mac("household", &external), keys.seal(external.as_bytes())],
    )?;
    Ok(id)
}

/// Remembers another name of a household: `certificate` or `name`.
pub fn name_household(conn: &Conn, mac: &str, household: &str, kind: &str) -> Result<()> {
    conn.execute(
        "INSERT INTO household_names (mac, household, kind) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        params![mac, household, kind],
    )?;
    Ok(())
}

/// All names of households by which files know them.
pub fn household_names(conn: &Conn) -> Result<Vec<(String, String)>> {
    let sql = "SELECT external_mac, id FROM households UNION ALL SELECT mac, household FROM household_names";
    conn.all(sql, params![], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Households that are only kept.
pub fn blocked(conn: &Conn) -> Result<Vec<String>> {
    conn.all("SELECT id FROM households WHERE blocked = 1", params![], |row| row.get(0))
}

/// All persons: hash of the number, opaque id.
pub fn persons(conn: &Conn) -> Result<Vec<(String, String)>> {
    conn.all("SELECT number_mac, id FROM persons", params![], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The person of a number, where one is known.
pub fn person_of(conn: &Conn, mac: &str) -> Result<Option<String>> {
    conn.optional("SELECT id FROM persons WHERE number_mac = ?1", params![mac], |row| row.get(0))
}

/// Writes a row's private part anew, where nothing that stores get changes.
pub fn set_private(conn: &Conn, id: i64, private_enc: &[u8], private_mac: &str) -> Result<()> {
    let sql = "UPDATE members SET private_enc = ?2, private_mac = ?3 WHERE id = ?1";
    conn.execute(sql, params![id, private_enc, private_mac])?;
    Ok(())
}

/// Current rows that a card opens.
pub fn rows_with_card(conn: &Conn, mac: &str) -> Result<Vec<Known>> {
    let sql =
        format!("SELECT {COLUMNS}, {ALL_COLUMNS} FROM members WHERE card_mac = ?1 AND to_version IS NULL ORDER BY id");
    conn.all(&sql, params![mac], known)
}

/// Makes a person.
pub fn make_person(conn: &Conn, mac: &str, number_enc: &[u8]) -> Result<String> {
    let id = format!("P{}", sync::random_base32(10));
    conn.execute("INSERT INTO persons (id, number_mac, number_enc) VALUES (?1, ?2, ?3)", params![id, mac, number_enc])?;
    Ok(id)
}

/// The sealed number of a person.
pub fn number_enc(conn: &Conn, person: &str) -> Result<Vec<u8>> {
    conn.value("SELECT number_enc FROM persons WHERE id = ?1", params![person])
}

/// Whether this is one of headquarters' own household ids.
pub fn is_household(conn: &Conn, id: &str) -> Result<bool> {
    conn.one("SELECT count(*) > 0 FROM households WHERE id = ?1", params![id], |row| row.get(0))
}

/// The same, sealed.
pub fn stretched_enc(conn: &Conn, mac: &str) -> Result<Option<Vec<u8>>> {
    conn.optional("SELECT s_enc FROM credentials WHERE mac = ?1", params![mac], |row| row.get(0))
}

/// What stands for a number, where it was computed before.
pub fn stretched(conn: &Conn, keys: &Keys, mac: &str) -> Result<Option<[u8; 32]>> {
    let Some(sealed) = stretched_enc(conn, mac)? else {
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

/// All credentials, sealed, for rebuilding a store's roster.
pub fn credentials(conn: &Conn) -> Result<std::collections::BTreeMap<String, Vec<u8>>> {
    let all = conn.all("SELECT mac, s_enc FROM credentials", params![], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(all.into_iter().collect())
}

/// Which credentials are known.
pub fn credential_macs(conn: &Conn) -> Result<std::collections::BTreeSet<String>> {
    Ok(conn.all("SELECT mac FROM credentials", params![], |row| row.get(0))?.into_iter().collect())
}
