//! What a till is doing. Each variant owns the data that is valid there.

use chrono::{DateTime, Utc};

use crate::barcode::ProductKey;
use crate::money::Money;
use crate::pricing::Priced;
use crate::quantity::Quantity;
use crate::role::StaffRole;
use crate::sale::{Entry, SaleLine, Verified};
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
}

/// A basket that waits: goods only, no household and no price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// Number by which it is recalled; 0 before it was kept.
    pub n: u32,
    /// Product, quantity and how it was entered.
    pub lines: Vec<(ProductKey, Quantity, Entry)>,
}
