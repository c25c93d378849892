//! Cash that goes into the drawer or out of it beside sales, each move with its event.

use domain::money::Money;
use domain::record::Head;
use rusqlite::params;

use crate::chain::{NewRecord, append, need_head};
use crate::{Result, Store, StoreError, audit};

/// A move of cash, or the drawer opened without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CashMove {
    /// Open shift.
    pub shift: i64,
    /// Time in milliseconds.
    pub at_ms: i64,
    /// Staff code.
    pub staff: String,
    /// `in`, `out` or `open`.
    pub kind: &'static str,
    /// How much; 0 where the drawer was only opened.
    pub amount: Money,
    /// Why.
    pub reason: String,
}

impl Store {
    /// Keeps a move with its event.
    pub fn move_cash(
        &mut self,
        moved: &CashMove,
        seal: impl FnOnce(&Head) -> std::result::Result<NewRecord, String>,
    ) -> Result<()> {
        let tx = self.begin()?;
        let head = need_head(&tx)?;
        tx.execute(
            "INSERT INTO cash_moves (shift_id, at, staff, kind, amount_fen, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![moved.shift, moved.at_ms, moved.staff, moved.kind, moved.amount.fen_i64(), moved.reason],
        )?;
        append(&tx, &head, &seal(&head).map_err(StoreError::Seal)?)?;
        let detail = format!("{} {} {}", moved.kind, moved.amount, moved.reason);
        audit::write(&tx, moved.at_ms, Some(&moved.staff), "drawer", &detail)?;
        tx.commit()?;
        self.write_witness();
        Ok(())
    }

    /// Keeps a line in the audit trail.
    pub fn remember(&self, at_ms: i64, staff: Option<&str>, action: &str, detail: &str) -> Result<()> {
        audit::write(&self.conn, at_ms, staff, action, detail)
    }
}
