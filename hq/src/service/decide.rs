//! A claim's state changes here.

use anyhow::Result;
use serde_json::Value;

use super::funds;
use crate::params;
use crate::store::bump;
use crate::store::sql::Conn;

/// Puts a claim into a state; its store's tills hear of it, and its funds count it there.
pub fn set_state(conn: &Conn, claim_id: i64, state: &str, _who: &str, _event: &str, _detail: &Value) -> Result<()> {
    conn.execute(
        "UPDATE claims SET state = ?2, version = ?3 WHERE id = ?1",
        params![claim_id, state, bump(conn, "decisions")?],
    )?;
    funds::count(conn, claim_id)
}
