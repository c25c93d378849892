//! What is deleted of a household, and what only stays.

use anyhow::Result;

use crate::params;
use crate::store::sql::Conn;

/// Whether a household is only kept.
pub fn is_blocked(conn: &Conn, household: &str) -> Result<bool> {
    let sql = "SELECT count(*) > 0 FROM households WHERE id = ?1 AND blocked = 1";
    conn.value(sql, params![household])
}

/// Only keeps a household, or uses it again.
pub fn set_blocked(conn: &Conn, household: &str, on: bool) -> Result<()> {
    conn.execute("UPDATE households SET blocked = ?2 WHERE id = ?1", params![household, on])?;
    Ok(())
}

/// Whether a household has any claim.
pub fn has_claims(conn: &Conn, household: &str) -> Result<bool> {
    conn.value("SELECT count(*) > 0 FROM claims WHERE household = ?1", params![household])
}

/// Claims of a household: day, state, granted fen.
pub fn claims_of(conn: &Conn, household: &str) -> Result<Vec<(String, String, i64)>> {
    let sql = "SELECT coalesce(business_date, ''), state, granted_fen FROM claims WHERE household = ?1 ORDER BY id";
    conn.all(sql, params![household], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
}

/// Deletes names and numbers of a household, and of its people where they stand in no other. The opaque
/// rows stay, as history.
pub fn erase(conn: &Conn, household: &str, empty: &[u8]) -> Result<()> {
    let sql = "SELECT DISTINCT person FROM members WHERE household = ?1
               AND person NOT IN (SELECT o.person FROM members o WHERE o.household <> ?1)";
    let alone: Vec<String> = conn.all(sql, params![household], |row| row.get(0))?;
    let sql = "SELECT DISTINCT number_mac, coalesce(card_mac, '') FROM members WHERE household = ?1 AND person = ?2";
    for person in &alone {
        for (number, card) in
            conn.all(sql, params![household, person], |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?)))?
        {
            for mac in [&number, &card] {
                conn.execute("DELETE FROM credentials WHERE mac = ?1", params![mac])?;
            }
        }
        let gone = format!("erased:{person}");
        conn.execute(
            "UPDATE persons SET number_mac = ?2, number_enc = ?3 WHERE id = ?1",
            params![person, gone, empty],
        )?;
        conn.execute("UPDATE applications SET name_masked = '*', number_mac = ?2, number_tail = '', private_enc = ?3 WHERE person = ?1", params![person, gone, empty])?;
        conn.execute("UPDATE cards SET number_enc = ?2, tail = '' WHERE person = ?1", params![person, empty])?;
    }
    conn.execute("DELETE FROM holds WHERE household = ?1", params![household])?;
    conn.execute("DELETE FROM household_names WHERE household = ?1", params![household])?;
    conn.execute(
        "UPDATE households SET external_mac = ?2, external_enc = ?3, review_on = NULL WHERE id = ?1",
        params![household, format!("erased:{household}"), empty],
    )?;
    conn.execute(
        "UPDATE members SET name_masked = '*', private_enc = ?2, private_mac = '', number_mac = ?3, card_mac = NULL
         WHERE household = ?1",
        params![household, empty, format!("erased:{household}")],
    )?;
    Ok(())
}
