//! Settings: small values by name.

use rusqlite::{OptionalExtension as _, params};

use crate::{Result, Store};

impl Store {
    /// A setting.
    pub fn setting(&self, name: &str) -> Result<Option<String>> {
        get(&self.conn, name)
    }

    /// Sets a setting.
    pub fn set_setting(&self, name: &str, value: &str) -> Result<()> {
        set(&self.conn, name, value)
    }

    /// Removes a setting.
    pub fn remove_setting(&self, name: &str) -> Result<()> {
        self.conn.execute("DELETE FROM settings WHERE name = ?1", [name])?;
        Ok(())
    }
}

/// A setting inside a transaction.
pub(crate) fn get(conn: &rusqlite::Connection, name: &str) -> Result<Option<String>> {
    let mut statement = conn.prepare_cached("SELECT value FROM settings WHERE name = ?1")?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

/// Sets a setting inside a transaction.
pub(crate) fn set(conn: &rusqlite::Connection, name: &str, value: &str) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )?
    .execute(params![name, value])?;
    Ok(())
}
