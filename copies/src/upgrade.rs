//! Whether a database and a program fit each other.

use rusqlite::{Connection, OptionalExtension as _};

use crate::Result;

/// How a database stands to a program that knows migrations up to some version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// There is nothing in it yet.
    Fresh,
    /// Both are of one version.
    Same,
    /// The database is older and will be brought up to date: its version.
    Older(i32),
    /// The program is older and must leave the database alone: its version.
    Newer(i32),
}

/// Compares a database with the newest version that the program knows.
pub fn fit(conn: &Connection, newest: i32) -> Result<Fit> {
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'refinery_schema_history'";
    let has_history: i64 = conn.query_row(sql, [], |row| row.get(0))?;
    if has_history == 0 {
        return Ok(Fit::Fresh);
    }
    let sql = "SELECT max(version) FROM refinery_schema_history";
    let version: Option<i32> = conn.query_row(sql, [], |row| row.get(0)).optional()?.flatten();
    Ok(match version {
        None => Fit::Fresh,
        Some(version) if version < newest => Fit::Older(version),
        Some(version) if version > newest => Fit::Newer(version),
        Some(_) => Fit::Same,
    })
}
