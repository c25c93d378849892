//! Goods taken back without a sale of this till.

use domain::money::Money;
use domain::record::Head;
use rusqlite::params;
use serde_json::Value;

use crate::chain::{append, need_head};
use crate::sale::Sealed;
use crate::{Result, SaleSeal, Store, StoreError, audit, print};

/// Against what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundKind {
    /// Against nothing: a manager allowed it.
    NoReceipt {
        /// Staff code of the manager.
        manager: String,
    },
    /// Against a receipt of another till of the store.
    OtherTill {
        /// Its number.
        of: String,
    },
}

/// A refund that was worked out.
#[derive(Debug, Clone)]
pub struct RefundPlan {
    /// Id of the refund, and of its record.
    pub uuid: String,
    /// Against what.
    pub kind: RefundKind,
    /// Open shift.
    pub shift: i64,
    /// Staff code.
    pub cashier: String,
    /// Time in milliseconds.
    pub at_ms: i64,
    /// Date in Asia/Shanghai.
    pub business_date: String,
    /// What the customer said.
    pub reason: String,
    /// What came back, for people to read.
    pub lines: Value,
    /// Reversed of discounts.
    pub discount: Money,
    /// Reversed of subsidies.
    pub subsidy: Money,
    /// Given back to purses.
    pub purse: Money,
    /// Given back to the customer.
    pub refund: Money,
}

impl Store {
    /// Commits a refund with its record and its paper.
    pub fn commit_refund(
        &mut self,
        plan: &RefundPlan,
        seal: impl FnOnce(&Head) -> std::result::Result<Sealed, String>,
    ) -> Result<SaleSeal> {
        let tx = self.begin()?;
        let head = need_head(&tx)?;
        let sealed = seal(&head).map_err(StoreError::Seal)?;
        let (kind, manager, of) = match &plan.kind {
            RefundKind::NoReceipt { manager } => ("no_receipt", Some(manager), None),
            RefundKind::OtherTill { of } => ("other_till", None, Some(of)),
        };
        tx.execute(
            "INSERT INTO refunds (uuid, number, kind, of, shift_id, cashier, manager, at, business_date, reason, lines,
               discount_fen, subsidy_fen, purse_fen, refund_fen, receipt)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
            params![
                plan.uuid,
                sealed.number,
                kind,
                of,
                plan.shift,
                plan.cashier,
                manager,
                plan.at_ms,
                plan.business_date,
                plan.reason,
                plan.lines.to_string(),
                plan.discount.fen_i64(),
                plan.subsidy.fen_i64(),
                plan.purse.fen_i64(),
                plan.refund.fen_i64(),
                sealed.receipt,
            ],
        )?;
        tx.execute("UPDATE epochs SET receipts = receipts + 1 WHERE closed = 0", [])?;
        audit::write(&tx, plan.at_ms, Some(&plan.cashier), "refund", &sealed.number)?;
        if let Some(record) = &sealed.record {
            append(&tx, &head, record)?;
        }
        let job = print::insert_sealed(&tx, &sealed, plan.at_ms)?;
        tx.commit()?;
        self.write_witness();
        Ok(SaleSeal { number: sealed.number, job, claimed: sealed.record.is_some() })
    }
}
