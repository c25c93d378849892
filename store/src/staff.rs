//! Staff: named people with a PIN.

use domain::role::StaffRole;
use rusqlite::{OptionalExtension as _, params};

use crate::{Result, Store, StoreError};

impl Store {
    /// Adds a staff member, or gives one a new PIN and role.
    pub fn put_staff(&self, code: &str, role: StaffRole, pin_hash: &str) -> Result<()> {
        self.conn.execute(
            "INSERT INTO staff (code, role, pin_hash) VALUES (?1, ?2, ?3)
             ON CONFLICT (code) DO UPDATE SET role = excluded.role, pin_hash = excluded.pin_hash",
            params![code, role.word(), pin_hash],
        )?;
        Ok(())
    }

    /// Role and PIN hash of a staff member.
    pub fn staff(&self, code: &str) -> Result<Option<(StaffRole, String)>> {
        let row: Option<(String, String)> = self
            .conn
            .query_row("SELECT role, pin_hash FROM staff WHERE code = ?1", [code], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        row.map(|(role, hash)| Ok((StaffRole::parse(&role).map_err(StoreError::Corrupt)?, hash))).transpose()
    }

    /// All staff, by code.
    pub fn staff_list(&self) -> Result<Vec<(String, StaffRole)>> {
        let mut statement = self.conn.prepare_cached("SELECT code, role FROM staff ORDER BY code")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
        rows.map(|row| {
            let (code, role) = row?;
            Ok((code, StaffRole::parse(&role).map_err(StoreError::Corrupt)?))
        })
        .collect()
    }
}
