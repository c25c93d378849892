//! Disputes of stores, with a picture of the slip.

use anyhow::Result;

use super::now_ms;
use crate::params;
use crate::store::sql::{Conn, Row};

/// A dispute; its picture is asked for apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// Row.
    pub id: i64,
    /// Claim's row.
    pub claim_id: i64,
    /// Id by which the store sent it.
    pub letter: String,
    /// What it says, as a digest.
    pub digest: String,
    /// When, in milliseconds.
    pub at: i64,
    /// Who.
    pub who: String,
    /// Why, in words.
    pub note: String,
    /// The claim's state before it.
    pub before: String,
    /// `open`, `upheld` or `refused`.
    pub state: String,
    /// What was answered, in words.
    pub answer: String,
    /// Name of the picture's file.
    pub picture_name: String,
    /// `image/jpeg`, `image/png`, or empty: there is none.
    pub picture_type: String,
}

const COLUMNS: &str = "id, claim_id, letter, digest, at, who, note, before, state, answer, picture_name, picture_type";

fn dispute(row: &Row) -> Result<Dispute> {
    Ok(Dispute {
        id: row.get(0)?,
        claim_id: row.get(1)?,
        letter: row.get(2)?,
        digest: row.get(3)?,
        at: row.get(4)?,
        who: row.get(5)?,
        note: row.get(6)?,
        before: row.get(7)?,
        state: row.get(8)?,
        answer: row.get(9)?,
        picture_name: row.get(10)?,
        picture_type: row.get(11)?,
    })
}

/// Keeps a dispute; its row. Row, time, state and answer are the database's.
pub fn insert(conn: &Conn, d: &Dispute, picture: Option<&[u8]>) -> Result<i64> {
    let sql = "INSERT INTO disputes (claim_id, letter, digest, at, who, note, before, state, picture_name,
                 picture_type, picture)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'open', ?8, ?9, ?10) RETURNING id";
    let picture = picture.map(<[u8]>::to_vec);
    conn.value(
        sql,
        params![
            d.claim_id,
            d.letter,
            d.digest,
            now_ms(),
            d.who,
            d.note,
            d.before,
            d.picture_name,
            d.picture_type,
            picture
        ],
    )
}

/// A claim's disputes, oldest first.
pub fn of_claim(conn: &Conn, claim_id: i64) -> Result<Vec<Dispute>> {
    let sql = format!("SELECT {COLUMNS} FROM disputes WHERE claim_id = ?1 ORDER BY id");
    conn.all(&sql, params![claim_id], dispute)
}

/// A claim's newest dispute.
pub fn newest(conn: &Conn, claim_id: i64) -> Result<Option<Dispute>> {
    let sql = format!("SELECT {COLUMNS} FROM disputes WHERE claim_id = ?1 ORDER BY id DESC LIMIT 1");
    conn.optional(&sql, params![claim_id], dispute)
}

/// What a store sent under an id.
pub fn by_letter(conn: &Conn, store: &str, letter: &str) -> Result<Option<Dispute>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM disputes WHERE letter = ?1
           AND claim_id IN (SELECT id FROM claims WHERE store = ?2) ORDER BY id LIMIT 1"
    );
    conn.optional(&sql, params![letter, store], dispute)
}

/// A dispute by its row, with its picture.
pub fn picture(conn: &Conn, id: i64) -> Result<Option<(Dispute, Option<Vec<u8>>)>> {
    let sql = format!("SELECT {COLUMNS}, picture FROM disputes WHERE id = ?1");
    conn.optional(&sql, params![id], |row| Ok((dispute(row)?, row.get(12)?)))
}

/// Answers a claim's open dispute.
pub fn answer(conn: &Conn, claim_id: i64, state: &str, words: &str) -> Result<()> {
    conn.execute(
        "UPDATE disputes SET state = ?2, answer = ?3 WHERE claim_id = ?1 AND state = 'open'",
        params![claim_id, state, words],
    )?;
    Ok(())
}
