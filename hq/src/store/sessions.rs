//! Sessions of people who signed in. A session is known by the digest of its token.

use anyhow::Result;

use super::sql::{Conn, Row};
use crate::params;

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Digest of its token.
    pub digest: String,
    /// Whose it is.
    pub user: String,
    /// When it began, in ms since 1970.
    pub created_at: i64,
    /// When it was last used.
    pub seen_at: i64,
    /// When the password was last typed.
    pub confirmed_at: i64,
    /// Whether the second step is still to come.
    pub code_due: bool,
    /// Where it began.
    pub address: String,
}

const COLUMNS: &str = "digest, \"user\", created_at, seen_at, confirmed_at, code_due, address";

fn session(row: &Row) -> Result<Session> {
    Ok(Session {
        digest: row.get(0)?,
        user: row.get(1)?,
        created_at: row.get(2)?,
        seen_at: row.get(3)?,
        confirmed_at: row.get(4)?,
        code_due: row.get(5)?,
        address: row.get(6)?,
    })
}

/// Keeps a session; those that began before `oldest_ms` go.
pub fn insert(conn: &Conn, new: &Session, oldest_ms: i64) -> Result<()> {
    conn.execute("DELETE FROM sessions WHERE created_at < ?1", params![oldest_ms])?;
    conn.execute(
        &format!("INSERT INTO sessions ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"),
        params![new.digest, new.user, new.created_at, new.seen_at, new.confirmed_at, new.code_due, new.address],
    )?;
    Ok(())
}

/// A session.
pub fn find(conn: &Conn, digest: &str) -> Result<Option<Session>> {
    conn.optional(&format!("SELECT {COLUMNS} FROM sessions WHERE digest = ?1"), params![digest], session)
}

/// Sessions of a user that were used since a moment, the newest first.
pub fn of_user(conn: &Conn, user: &str, since_ms: i64) -> Result<Vec<Session>> {
    let sql = format!("SELECT {COLUMNS} FROM sessions WHERE \"user\" = ?1 AND seen_at >= ?2 ORDER BY seen_at DESC");
    conn.all(&sql, params![user, since_ms], session)
}

/// Notes that a session was used.
pub fn touch(conn: &Conn, digest: &str, at_ms: i64) -> Result<()> {
    conn.execute("UPDATE sessions SET seen_at = ?2 WHERE digest = ?1", params![digest, at_ms])?;
    Ok(())
}

/// Notes that the password was typed again.
pub fn confirm(conn: &Conn, digest: &str, at_ms: i64) -> Result<()> {
    conn.execute("UPDATE sessions SET confirmed_at = ?2 WHERE digest = ?1", params![digest, at_ms])?;
    Ok(())
}

/// The second step was taken.
pub fn complete(conn: &Conn, digest: &str) -> Result<()> {
    conn.execute("UPDATE sessions SET code_due = 0 WHERE digest = ?1", params![digest])?;
    Ok(())
}

/// Ends a session.
pub fn delete(conn: &Conn, digest: &str) -> Result<()> {
    conn.execute("DELETE FROM sessions WHERE digest = ?1", params![digest])?;
    Ok(())
}
