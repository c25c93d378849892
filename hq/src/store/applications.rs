//! Families who applied to take part.

use anyhow::Result;

use crate::params;
use crate::store::cards::Event;
use crate::store::now_ms;
use crate::store::sql::{Conn, Row};

/// An application.
#[derive(Debug, Clone)]
pub struct Application {
    /// Row.
    pub id: i64,
    /// When, in milliseconds.
    pub at: i64,
    /// Who took it in.
    pub by: String,
    /// District code.
    pub district: String,
    /// Category that the family says.
    pub category: String,
    /// Persons.
    pub size: u32,
    /// Masked name.
    pub name_masked: String,
    /// Hash of the ID number.
    pub number_mac: String,
    /// Its last digits.
    pub number_tail: String,
    /// Sealed: name, number, certificate, address, telephone.
    pub private_enc: Vec<u8>,
    /// Day of the consent.
    pub consent_on: String,
    /// Version of the form.
    pub consent_form: String,
    /// `applied`, `absent`, `confirmed`, `issued`, `refused`.
    pub state: String,
    /// Household, once it is confirmed.
    pub household: Option<String>,
    /// Person, once it is confirmed.
    pub person: Option<String>,
    /// Why it was refused.
    pub reason: String,
}

const COLUMNS: &str = "id, at, \"by\", district, category, size, name_masked, number_mac, number_tail, private_enc,
    consent_on, consent_form, state, household, person, reason";

fn application(row: &Row) -> Result<Application> {
    Ok(Application {
        id: row.get(0)?,
        at: row.get(1)?,
        by: row.get(2)?,
        district: row.get(3)?,
        category: row.get(4)?,
        size: row.get(5)?,
        name_masked: row.get(6)?,
        number_mac: row.get(7)?,
        number_tail: row.get(8)?,
        private_enc: row.get(9)?,
        consent_on: row.get(10)?,
        consent_form: row.get(11)?,
        state: row.get(12)?,
        household: row.get(13)?,
        person: row.get(14)?,
        reason: row.get(15)?,
    })
}

/// Keeps an application; its row.
pub fn put(conn: &Conn, a: &Application) -> Result<i64> {
    let sql = "INSERT INTO applications (at, \"by\", district, category, size, name_masked, number_mac, number_tail,
                 private_enc, consent_on, consent_form, state)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) RETURNING id";
    let values = params![
        a.at,
        a.by,
        a.district,
        a.category,
        a.size,
        a.name_masked,
        a.number_mac,
        a.number_tail,
        a.private_enc,
        a.consent_on,
        a.consent_form,
        a.state
    ];
    conn.value(sql, values)
}

/// One.
pub fn one(conn: &Conn, id: i64) -> Result<Option<Application>> {
    conn.optional(&format!("SELECT {COLUMNS} FROM applications WHERE id = ?1"), params![id], application)
}

/// Whether somebody has one under way.
pub fn is_open(conn: &Conn, number_mac: &str) -> Result<bool> {
    let sql =
        "SELECT count(*) > 0 FROM applications WHERE number_mac = ?1 AND state IN ('applied', 'absent', 'confirmed')";
    conn.value(sql, params![number_mac])
}

/// Those that no list has confirmed yet.
pub fn waiting(conn: &Conn) -> Result<Vec<Application>> {
    let sql = format!("SELECT {COLUMNS} FROM applications WHERE state IN ('applied', 'absent') ORDER BY id");
    conn.all(&sql, params![], application)
}

/// Those of a state and district before one, the newest first.
pub fn list(conn: &Conn, state: &str, within: &str, before: Option<i64>, most: i64) -> Result<Vec<Application>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM applications WHERE state = ?1 AND substr(district, 1, length(?2)) = ?2
           AND (?3 IS NULL OR id < ?3) ORDER BY id DESC LIMIT ?4"
    );
    conn.all(&sql, params![state, within, before, most], application)
}

/// Those that are confirmed for a person of a household.
pub fn confirmed_for(conn: &Conn, household: &str, person: &str) -> Result<Vec<i64>> {
    let sql = "SELECT id FROM applications WHERE household = ?1 AND person = ?2 AND state = 'confirmed'";
    conn.all(sql, params![household, person], |row| row.get(0))
}

/// Somebody is on the roster.
pub fn confirm(conn: &Conn, id: i64, household: &str, person: &str) -> Result<()> {
    let sql = "UPDATE applications SET state = 'confirmed', household = ?2, person = ?3 WHERE id = ?1";
    conn.execute(sql, params![id, household, person])?;
    Ok(())
}

/// Changes where one stands.
pub fn set_state(conn: &Conn, id: i64, state: &str, reason: &str) -> Result<()> {
    conn.execute("UPDATE applications SET state = ?2, reason = ?3 WHERE id = ?1", params![id, state, reason])?;
    Ok(())
}

/// Notes what happened.
pub fn add_event(conn: &Conn, id: i64, by: &str, event: &str, reason: &str) -> Result<()> {
    conn.execute(
        "INSERT INTO application_events (application, at, \"by\", event, reason) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![id, now_ms(), by, event, reason],
    )?;
    Ok(())
}

/// What happened, the oldest first.
pub fn events(conn: &Conn, id: i64) -> Result<Vec<Event>> {
    let sql = "SELECT at, \"by\", event, reason FROM application_events WHERE application = ?1 ORDER BY id";
    conn.all(sql, params![id], |row| {
        Ok(Event { at: row.get(0)?, by: row.get(1)?, event: row.get(2)?, reason: row.get(3)? })
    })
}
