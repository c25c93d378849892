//! The audit trail: who did what, when. It holds no number and no name of a family.

use rusqlite::{Connection, params};

use crate::Result;

pub(crate) fn write(conn: &Connection, at_ms: i64, staff: Option<&str>, action: &str, detail: &str) -> Result<()> {
    conn.prepare_cached("INSERT INTO audit (at, staff, action, detail) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![at_ms, staff, action, detail])?;
    Ok(())
}
