//! Shifts and days: what a report adds up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::money::Money;

/// Sums of a shift or a day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// Finished sales.
    pub sales: u64,
    /// Sales with a claim.
    pub subsidised_sales: u64,
    /// Returns.
    pub returns: u64,
    /// Before anything is taken off.
    pub gross: Money,
    /// Off for any customer.
    pub promotion: Money,
    /// Taken off by programmes, less returns.
    pub discount: Money,
    /// Repaid by funds, less returns.
    pub subsidy: Money,
    /// Paid by purses, less returns.
    pub purse: Money,
    /// Cash rounding, borne by the store.
    pub rounding: Money,
    /// Small amounts that cashiers waived, borne by the store.
    #[serde(default)]
    pub waived: Money,
    /// Put into the drawer beside sales.
    #[serde(default)]
    pub cash_in: Money,
    /// Taken out of the drawer beside refunds.
    #[serde(default)]
    pub cash_out: Money,
    /// Paid back to customers.
    pub refunds: Money,
    /// The same by means of payment; the sum is `refunds`.
    #[serde(default)]
    pub refunded: BTreeMap<String, Money>,
    /// Taken by means of payment, change already off.
    pub tenders: BTreeMap<String, Money>,
}

impl Sums {
    /// Cash that the drawer should hold.
    pub fn expected_cash(&self, float: Money) -> Money {
        let cash = |sums: &BTreeMap<String, Money>| sums.get("cash").copied().unwrap_or_default();
        float + cash(&self.tenders) - cash(&self.refunded) + self.cash_in - self.cash_out
    }

    /// What each means of payment brought in, less what went back by it.
    pub fn net_tenders(&self) -> BTreeMap<String, Money> {
        let mut net = self.tenders.clone();
        for (kind, back) in &self.refunded {
            *net.entry(kind.clone()).or_default() -= *back;
        }
        net
    }
}
