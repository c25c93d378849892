//! Benefit cards: each number, whose it is, and what became of it.

use anyhow::Result;

use crate::params;
use crate::store::now_ms;
use crate::store::sql::{Conn, Row};

/// A card.
#[derive(Debug, Clone)]
pub struct Card {
    /// Row.
    pub id: i64,
    /// Last digits.
    pub tail: String,
    /// Whose.
    pub person: String,
    /// For which household.
    pub household: String,
    /// `active`, `lost`, `replaced`.
    pub state: String,
}

/// Something that happened.
#[derive(Debug, Clone)]
pub struct Event {
    /// When, in milliseconds.
    pub at: i64,
    /// Who did it.
    pub by: String,
    /// What.
    pub event: String,
    /// Why.
    pub reason: String,
}

fn event(row: &Row) -> Result<Event> {
    Ok(Event { at: row.get(0)?, by: row.get(1)?, event: row.get(2)?, reason: row.get(3)? })
}

/// Every card: its hash, and whether it is a good one that headquarters gave out.
pub fn all(conn: &Conn) -> Result<Vec<(String, bool)>> {
    let sql = "SELECT mac, state FROM cards WHERE state <> 'active' OR drawn = 1";
    conn.all(sql, params![], |row| Ok((row.get(0)?, row.get::<String>(1)? == "active")))
}

/// Cards of a household, the newest first.
pub fn of_household(conn: &Conn, household: &str) -> Result<Vec<Card>> {
    let sql = "SELECT id, tail, person, household, state FROM cards WHERE household = ?1 ORDER BY id DESC";
    conn.all(sql, params![household], |row| {
        Ok(Card { id: row.get(0)?, tail: row.get(1)?, person: row.get(2)?, household: row.get(3)?, state: row.get(4)? })
    })
}

/// What happened to a card, the oldest first.
pub fn events(conn: &Conn, card: i64) -> Result<Vec<Event>> {
    let sql = "SELECT at, \"by\", event, reason FROM card_events WHERE card = ?1 ORDER BY id";
    conn.all(sql, params![card], event)
}

/// A card as the database knows it: `drawn`, where headquarters made its number.
pub struct New<'a> {
    /// Hash of the number.
    pub mac: &'a str,
    /// The number, sealed.
    pub number_enc: &'a [u8],
    /// Its last digits.
    pub tail: &'a str,
    /// Whose.
    pub person: &'a str,
    /// For which household.
    pub household: &'a str,
    /// Whether headquarters made its number.
    pub drawn: bool,
}

/// Notes a card; its row, also where it was noted before.
pub fn note(conn: &Conn, card: &New<'_>) -> Result<i64> {
    conn.execute(
        "INSERT INTO cards (mac, number_enc, tail, person, household, state, drawn)
         VALUES (?1, ?2, ?3, ?4, ?5, 'active', ?6) ON CONFLICT DO NOTHING",
        params![card.mac, card.number_enc, card.tail, card.person, card.household, card.drawn],
    )?;
    conn.value("SELECT id FROM cards WHERE mac = ?1", params![card.mac])
}

/// The row and state of a card.
pub fn by_mac(conn: &Conn, mac: &str) -> Result<Option<(i64, String)>> {
    conn.optional("SELECT id, state FROM cards WHERE mac = ?1", params![mac], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Changes what a card is.
pub fn set_state(conn: &Conn, card: i64, state: &str) -> Result<()> {
    conn.execute("UPDATE cards SET state = ?2 WHERE id = ?1", params![card, state])?;
    Ok(())
}

/// Notes what happened to a card.
pub fn add_event(conn: &Conn, card: i64, by: &str, event: &str, reason: &str) -> Result<()> {
    conn.execute(
        "INSERT INTO card_events (card, at, \"by\", event, reason) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![card, now_ms(), by, event, reason],
    )?;
    Ok(())
}

/// Notes that a card was on a sheet to print; once, however often the page is opened within an hour.
pub fn printed(conn: &Conn, mac: &str, by: &str) -> Result<()> {
    let sql = "SELECT c.id FROM cards c WHERE c.mac = ?1 AND NOT EXISTS
                 (SELECT 1 FROM card_events e WHERE e.card = c.id AND e.event = 'printed' AND e.at > ?2)";
    let fresh: Option<i64> = conn.optional(sql, params![mac, now_ms() - 3_600_000], |row| row.get(0))?;
    fresh.map_or(Ok(()), |card| add_event(conn, card, by, "printed", ""))
}

/// What happened to a household by hand, the newest first.
pub fn household_events(conn: &Conn, household: &str, most: i64) -> Result<Vec<Event>> {
    let sql = "SELECT at, \"by\", event, reason FROM household_events WHERE household = ?1 ORDER BY id DESC LIMIT ?2";
    conn.all(sql, params![household, most], event)
}

/// Notes what happened to a household by hand.
pub fn add_household_event(conn: &Conn, household: &str, by: &str, event: &str, reason: &str) -> Result<()> {
    conn.execute(
        "INSERT INTO household_events (household, at, \"by\", event, reason) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![household, now_ms(), by, event, reason],
    )?;
    Ok(())
}
