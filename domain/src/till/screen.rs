//! What a till is doing. Each variant owns the data that is valid there.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::holding::Held;
use crate::barcode::ProductKey;
use crate::money::Money;
use crate::pricing::Priced;
use crate::quantity::Quantity;
use crate::role::StaffRole;
use crate::sale::{Changed, Entry, ManualSlip, SaleLine, Verified};
use crate::tender::Tender;

/// A signed-in staff member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    /// Code on records and receipts.
    pub code: String,
    /// What they may do.
    pub role: StaffRole,
}

/// An open shift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// Key in the store.
    pub id: i64,
    /// Cash at its start.
    pub float: Money,
}

/// What the till is doing.
#[derive(Debug, Clone)]
pub enum Screen {
    /// Nobody is signed in.
    SignIn,
    /// Signed in, but no shift is open.
    NoShift { staff: Staff },
    /// Selling; an empty basket is a till that waits for a scan.
    Sale { staff: Staff, shift: Shift, sale: Box<OpenSale> },
    /// The sale is with the store; nothing may change it now.
    Committing { staff: Staff, shift: Shift, sale: Box<OpenSale> },
}

/// A basket that is being filled or paid.
#[derive(Debug, Clone, Default)]
pub struct OpenSale {
    /// When its first line was entered or its household verified.
    pub started_at: Option<DateTime<Utc>>,
    /// What is in it.
    pub lines: Vec<SaleLine>,
    /// Number of the next line; numbers are never used twice in a sale.
    pub next_line: u32,
    /// The household, if any.
    pub verified: Option<Verified>,
    /// Programmes that the family does not want.
    pub decline: Vec<String>,
    /// How much to pay from each purse, at most.
    pub purses: std::collections::BTreeMap<String, Money>,
    /// Payments so far.
    pub tenders: Vec<Tender>,
    /// The answer to the basket as it stands.
    pub priced: Option<Priced>,
    /// The date that the answer is for.
    pub priced_on: Option<NaiveDate>,
    /// A small amount that the cashier waived.
    pub waived: Money,
    /// What the customer was told; it never rises.
    pub announced: Option<Money>,
    /// The line that was entered last.
    pub last: Option<u32>,
    /// The manual slip that is being entered.
    pub slip: Option<ManualSlip>,
    /// Id that the claim will have; drawn when somebody is verified, since holds name it.
    pub claim: Option<Uuid>,
    /// What headquarters holds for it; of a basket that has changed since, it only waits to be replaced.
    pub held: Option<Held>,
    /// Whether a hold of this basket does no good: the sum that was told would rise.
    pub no_hold: bool,
}

impl OpenSale {
    /// What is still to be paid, before cash rounding.
    pub fn due(&self) -> Money {
        let total = self.priced.as_ref().map(|priced| priced.totals.due).unwrap_or_default();
        total - self.waived - self.tenders.iter().map(|t| t.amount).sum()
    }
}

/// A basket that waits: goods only, no household and no price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// Number by which it is recalled; 0 before it was kept.
    pub n: u32,
    /// What is in it.
    pub lines: Vec<ParkedLine>,
}

/// A line of a basket that waits. Its price is looked up anew, save what a label or a manager said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedLine {
    /// What is sold.
    pub product: ProductKey,
    /// How much.
    pub quantity: Quantity,
    /// How it was entered.
    pub entry: Entry,
    /// What a scale's label charges.
    pub amount: Option<Money>,
    /// What a manager changed.
    pub changed: Option<Changed>,
    /// Yuan per unit, where that is a manager's price.
    pub unit_price: Option<Money>,
}
