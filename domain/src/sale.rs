//! A sale on its way into the store, and out of it again.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::basket::{Basket, BasketLine};
use crate::household::RosterEntry;
use crate::money::Money;
use crate::pricing::Priced;
use crate::product::Product;
use crate::quantity::Quantity;
use crate::tender::{Tender, TenderKind};
use crate::usage::Used;

/// How a line came into the basket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// A barcode was scanned.
    Scan,
    /// A scale's label was scanned.
    Label,
    /// A PLU was typed.
    Plu,
    /// Found by name.
    Search,
    /// A barcode was typed.
    Typed,
}

impl Entry {
    /// The word that records carry.
    pub fn word(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Label => "label",
            Self::Plu => "plu",
            Self::Search => "search",
            Self::Typed => "typed",
        }
    }
}

/// A line as the till shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleLine {
    /// As pricing takes it.
    pub basket: BasketLine,
    /// The product as sold.
    pub product: Product,
    /// When it was entered.
    pub at: DateTime<Utc>,
    /// How.
    pub entry: Entry,
    /// What a manager changed of its price.
    pub changed: Option<Changed>,
}

/// A price or discount by hand: one line, one named manager, one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// Staff code of the manager who allowed it.
    pub manager: String,
    /// Why.
    pub reason: String,
    /// What.
    pub change: Change,
}

/// What a manager may change of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Another price a unit.
    Price(Money),
    /// Yuan off the line.
    Off(Money),
}

impl Changed {
    /// What it takes off a line beside its price.
    pub fn off(&self, line: &BasketLine) -> Money {
        match self.change {
            Change::Price(_) => Money::ZERO,
            Change::Off(off) => off.min(line.gross()),
        }
    }
}

/// A numbered slip that was written by hand when all else failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManualSlip {
    /// Its number.
    pub no: String,
    /// Its date, by which it is priced.
    pub date: NaiveDate,
}

/// How the household was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifiedBy {
    /// ID-card reader.
    IdCard,
    /// Benefit card.
    Card,
    /// Typed number.
    Typed,
    /// A manual slip, entered afterwards.
    Slip,
}

impl VerifiedBy {
    /// The word that records carry.
    pub fn word(self) -> &'static str {
        match self {
            Self::IdCard => "id_card",
            Self::Card => "card",
            Self::Typed => "typed",
            Self::Slip => "slip",
        }
    }
}

/// This till's records that were counted in the balances that it goes by.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Heard {
    /// Epoch.
    pub epoch: String,
    /// Last counted `seq` in it.
    pub through: u64,
}

/// A household that was verified for one sale, and what is known about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The household and the person.
    pub entry: RosterEntry,
    /// How.
    pub by: VerifiedBy,
    /// When.
    pub at: DateTime<Utc>,
    /// Version of the roster that said so.
    pub roster_version: u64,
    /// What the balances count.
    pub heard: Option<Heard>,
    /// Whether what is known of them is fresh: balances when the card was shown, later what a hold said. The
    /// price goes by the hold alone.
    pub online: bool,
    /// What is used of every limit on the business date.
    pub used: Used,
}

/// Everything about a sale that is being committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Id of the sale, and of its claim where it makes one (`UUIDv7`).
    pub id: uuid::Uuid,
    /// Staff code.
    pub cashier: String,
    /// Shift.
    pub shift: i64,
    /// When its first line was entered or its household verified.
    pub started_at: DateTime<Utc>,
    /// When it was paid.
    pub at: DateTime<Utc>,
    /// Date in Asia/Shanghai.
    pub business_date: NaiveDate,
    /// As it was priced.
    pub basket: Basket,
    /// The answer.
    pub priced: Priced,
    /// The lines as shown.
    pub lines: Vec<SaleLine>,
    /// The household, if any.
    pub verified: Option<Verified>,
    /// The hold by whose answer it was priced.
    pub hold: Option<uuid::Uuid>,
    /// Payments as given.
    pub tenders: Vec<Tender>,
    /// Given back in cash.
    pub change: Money,
    /// Taken off by cash rounding (negative where rounded up).
    pub rounding: Money,
    /// A small amount that the cashier waived (让零); the store bears it, and no claim sees it.
    pub waived: Money,
    /// The slip that the sale was written on first.
    pub slip: Option<ManualSlip>,
    /// The receipt number in the till that this one stands beside.
    pub host_receipt: Option<String>,
}

impl Draft {
    /// Whether it makes a claim: something was taken off or paid by a programme.
    pub fn makes_claim(&self) -> bool {
        let totals = &self.priced.totals;
        !totals.discount.is_zero() || !totals.purse.is_zero()
    }

    /// Whether cash changes hands, so that the drawer must open.
    pub fn moves_cash(&self) -> bool {
        self.tenders.iter().any(|t| t.kind == TenderKind::Cash && !t.amount.is_zero())
    }
}

/// What is taken back of a sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnLine {
    /// Line of the sale.
    pub line: u32,
    /// How much of it.
    pub quantity: Quantity,
}
