//! Staff: named people with a PIN.

use domain::role::StaffRole;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::{Result, Store, StoreError};

/// A staff member as the store keeps one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffRow {
    /// Code.
    pub code: String,
    /// Role.
    pub role: StaffRole,
    /// Hash of the PIN.
    pub pin_hash: String,
    /// Whether the person may sign in.
    pub active: bool,
}

impl Store {
    /// Adds a staff member on this till alone, or gives one a new PIN and role. What people change goes
    /// through `put_shared`, by which the store's other tills get it.
    pub fn put_staff(&self, code: &str, role: StaffRole, pin_hash: &str) -> Result<()> {
        put(&self.conn, code, role, pin_hash, true)
    }

    /// Role and PIN hash of a staff member who may sign in.
    pub fn staff(&self, code: &str) -> Result<Option<(StaffRole, String)>> {
        let sql = "SELECT role, pin_hash FROM staff WHERE code = ?1 AND active = 1";
        let row: Option<(String, String)> =
            self.conn.query_row(sql, [code], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        row.map(|(role, hash)| Ok((StaffRole::parse(&role).map_err(StoreError::Corrupt)?, hash))).transpose()
    }

    /// Staff who may sign in, by code.
    pub fn staff_list(&self) -> Result<Vec<(String, StaffRole)>> {
        Ok(all(&self.conn)?.into_iter().filter(|s| s.active).map(|s| (s.code, s.role)).collect())
    }

    /// All staff, those too who may not sign in any more, by code.
    pub fn staff_rows(&self) -> Result<Vec<StaffRow>> {
        all(&self.conn)
    }
}

/// Writes a staff member inside a transaction.
pub(crate) fn put(conn: &Connection, code: &str, role: StaffRole, pin_hash: &str, active: bool) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO staff (code, role, pin_hash, active) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (code) DO UPDATE SET role = excluded.role, pin_hash = excluded.pin_hash, active = excluded.active",
    )?
    .execute(params![code, role.word(), pin_hash, active])?;
    Ok(())
}

/// All staff, by code.
pub(crate) fn all(conn: &Connection) -> Result<Vec<StaffRow>> {
    let mut statement = conn.prepare_cached("SELECT code, role, pin_hash, active FROM staff ORDER BY code")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get(3)?)))?;
    rows.map(|row| {
        let (code, role, pin_hash, active) = row?;
        Ok(StaffRow { code, role: StaffRole::parse(&role).map_err(StoreError::Corrupt)?, pin_hash, active })
    })
    .collect()
}
