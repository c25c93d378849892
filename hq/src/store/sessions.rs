//! Users and their sessions.

use crate::params;
use crate::store::sql::Conn;
use crate::store::sql::Row;
use anyhow::Result;

/// Someone who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Name.
    pub name: String,
    /// Role's code.
    pub role: String,
    /// The store of a manager.
    pub store: Option<String>,
    /// District prefix that bounds what is seen.
    pub district: Option<String>,
    /// Argon2id hash.
    pub password_hash: String,
}

/// A user by name.
pub fn user(conn: &Conn, name: &str) -> Result<Option<User>> {
    let sql = "SELECT name, role, store, district, password_hash FROM users WHERE name = ?1";
    let read = |row: &Row| {
        Ok(User {
            name: row.get(0)?,
            role: row.get(1)?,
            store: row.get(2)?,
            district: row.get(3)?,
            password_hash: row.get(4)?,
        })
    };
    conn.optional(sql, params![name], read)
}

/// Keeps a session; old ones go.
pub fn insert(conn: &Conn, digest: &str, user: &str, at_ms: i64, oldest_ms: i64) -> Result<()> {
    conn.execute("DELETE FROM sessions WHERE created_at < ?1", params![oldest_ms])?;
    conn.execute(
        "INSERT INTO sessions (digest, \"user\", created_at, seen_at) VALUES (?1, ?2, ?3, ?3)",
        params![digest, user, at_ms],
    )?;
    Ok(())
}

/// Whose session it is, when it began and when it was last used, in ms since 1970.
pub fn find(conn: &Conn, digest: &str) -> Result<Option<(String, i64, i64)>> {
    let sql = "SELECT \"user\", created_at, seen_at FROM sessions WHERE digest = ?1";
    Ok(conn.optional(sql, params![digest], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?)
}

/// Notes that a session was used.
pub fn touch(conn: &Conn, digest: &str, at_ms: i64) -> Result<()> {
    conn.execute("UPDATE sessions SET seen_at = ?2 WHERE digest = ?1", params![digest, at_ms])?;
    Ok(())
}

/// Ends a session.
pub fn delete(conn: &Conn, digest: &str) -> Result<()> {
    conn.execute("DELETE FROM sessions WHERE digest = ?1", params![digest])?;
    Ok(())
}

/// Gives a user a new password and ends the user's sessions; whether there is such a user.
pub fn set_password(conn: &Conn, name: &str, hash: &str) -> Result<bool> {
    conn.execute("DELETE FROM sessions WHERE \"user\" = ?1", params![name])?;
    Ok(conn.execute("UPDATE users SET password_hash = ?2 WHERE name = ?1", params![name, hash])? > 0)
}
