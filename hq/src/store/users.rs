//! Users: who may sign in, as what, and bounded by what.

use anyhow::Result;

use super::now_ms;
use super::sql::{Conn, Row};
use crate::params;

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
    /// Whether nobody signs in by this name any more.
    pub blocked: bool,
    /// Whether the password was made by somebody else, and is to be replaced.
    pub must_change: bool,
    /// When this person last signed in.
    pub last_sign_in: Option<i64>,
    /// Sealed secret of the second step, where the person set one up.
    pub totp_enc: Option<Vec<u8>>,
    /// Sealed secret that is offered and not confirmed yet.
    pub totp_offered_enc: Option<Vec<u8>>,
    /// The newest step whose code was used.
    pub totp_step: i64,
}

const COLUMNS: &str = "name, role, store, district, password_hash, blocked, must_change, last_sign_in, totp_enc,
    totp_offered_enc, totp_step";

fn user(row: &Row) -> Result<User> {
    Ok(User {
        name: row.get(0)?,
        role: row.get(1)?,
        store: row.get(2)?,
        district: row.get(3)?,
        password_hash: row.get(4)?,
        blocked: row.get(5)?,
        must_change: row.get(6)?,
        last_sign_in: row.get(7)?,
        totp_enc: row.get(8)?,
        totp_offered_enc: row.get(9)?,
        totp_step: row.get(10)?,
    })
}

/// A user by name.
pub fn find(conn: &Conn, name: &str) -> Result<Option<User>> {
    conn.optional(&format!("SELECT {COLUMNS} FROM users WHERE name = ?1"), params![name], user)
}

/// All of them.
pub fn all(conn: &Conn) -> Result<Vec<User>> {
    conn.all(&format!("SELECT {COLUMNS} FROM users ORDER BY name"), params![], user)
}

/// A user to add.
#[derive(Debug, Clone, Copy)]
pub struct NewUser<'a> {
    /// Name.
    pub name: &'a str,
    /// Role's code.
    pub role: &'a str,
    /// The store of a manager.
    pub store: Option<&'a str>,
    /// District prefix.
    pub district: Option<&'a str>,
    /// Argon2id hash.
    pub password_hash: &'a str,
    /// Whether the password is to be replaced at the first sign-in.
    pub must_change: bool,
}

/// Adds a user; whether there was none of this name.
pub fn insert(conn: &Conn, new: &NewUser<'_>) -> Result<bool> {
    let added = conn.execute(
        "INSERT INTO users (name, role, store, district, password_hash, created_at, must_change)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
        params![new.name, new.role, new.store, new.district, new.password_hash, now_ms(), new.must_change],
    )?;
    Ok(added > 0)
}

/// Gives a user another role or scope and ends the user's sessions.
pub fn set_rights(conn: &Conn, name: &str, role: &str, store: Option<&str>, district: Option<&str>) -> Result<()> {
    end_sessions(conn, name)?;
    conn.execute(
        "UPDATE users SET role = ?2, store = ?3, district = ?4 WHERE name = ?1",
        params![name, role, store, district],
    )?;
    Ok(())
}

/// Blocks a user and ends the user's sessions; or lets the user in again.
pub fn set_blocked(conn: &Conn, name: &str, blocked: bool) -> Result<()> {
    end_sessions(conn, name)?;
    conn.execute("UPDATE users SET blocked = ?2 WHERE name = ?1", params![name, blocked])?;
    Ok(())
}

/// Gives a user a new password and ends the user's sessions; whether there is such a user.
pub fn set_password(conn: &Conn, name: &str, hash: &str, must_change: bool) -> Result<bool> {
    end_sessions(conn, name)?;
    let sql = "UPDATE users SET password_hash = ?2, must_change = ?3 WHERE name = ?1";
    Ok(conn.execute(sql, params![name, hash, must_change])? > 0)
}

/// Ends all sessions of a user.
pub fn end_sessions(conn: &Conn, name: &str) -> Result<()> {
    conn.execute("DELETE FROM sessions WHERE \"user\" = ?1", params![name])?;
    Ok(())
}

/// Notes that a user signed in.
pub fn signed_in(conn: &Conn, name: &str, at_ms: i64) -> Result<()> {
    conn.execute("UPDATE users SET last_sign_in = ?2 WHERE name = ?1", params![name, at_ms])?;
    Ok(())
}

/// Whether somebody else keeps the people, unbounded and not blocked.
pub fn another_admin(conn: &Conn, name: &str) -> Result<bool> {
    let sql = "SELECT count(*) FROM users WHERE role = 'admin' AND blocked = 0 AND district IS NULL AND name <> ?1";
    Ok(conn.value::<i64>(sql, params![name])? > 0)
}

/// Offers a secret for the second step.
pub fn offer_totp(conn: &Conn, name: &str, sealed: &[u8]) -> Result<()> {
    conn.execute("UPDATE users SET totp_offered_enc = ?2 WHERE name = ?1", params![name, sealed])?;
    Ok(())
}

/// The offered secret counts from now on, and the codes of a step that was used do not.
pub fn accept_totp(conn: &Conn, name: &str, step: i64) -> Result<()> {
    conn.execute(
        "UPDATE users SET totp_enc = totp_offered_enc, totp_offered_enc = NULL, totp_step = ?2 WHERE name = ?1",
        params![name, step],
    )?;
    Ok(())
}

/// Without a second step again.
pub fn remove_totp(conn: &Conn, name: &str) -> Result<()> {
    conn.execute(
        "UPDATE users SET totp_enc = NULL, totp_offered_enc = NULL, totp_step = 0 WHERE name = ?1",
        params![name],
    )?;
    put_recovery(conn, name, &[])
}

/// Uses up a step; false where its code was used before.
pub fn use_step(conn: &Conn, name: &str, step: i64) -> Result<bool> {
    let sql = "UPDATE users SET totp_step = ?2 WHERE name = ?1 AND totp_step < ?2";
    Ok(conn.execute(sql, params![name, step])? > 0)
}

/// Puts recovery codes in the place of those there are.
pub fn put_recovery(conn: &Conn, name: &str, macs: &[String]) -> Result<()> {
    conn.execute("DELETE FROM recovery_codes WHERE \"user\" = ?1", params![name])?;
    for mac in macs {
        conn.execute("INSERT INTO recovery_codes (\"user\", mac) VALUES (?1, ?2)", params![name, mac])?;
    }
    Ok(())
}

/// Uses up a recovery code; false where there is none like it.
pub fn use_recovery(conn: &Conn, name: &str, mac: &str) -> Result<bool> {
    Ok(conn.execute("DELETE FROM recovery_codes WHERE \"user\" = ?1 AND mac = ?2", params![name, mac])? > 0)
}

/// Recovery codes that are left.
pub fn recovery_left(conn: &Conn, name: &str) -> Result<i64> {
    conn.value("SELECT count(*) FROM recovery_codes WHERE \"user\" = ?1", params![name])
}
