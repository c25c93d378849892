//! Everything that a till asks its workers and devices to do.

use chrono::NaiveDate;
use uuid::Uuid;

use super::event::Action;
use super::refusal::Refusal;
use super::screen::Parked;
use crate::money::Money;
use crate::pricing::{Priced, Totals};
use crate::product::Product;
use crate::resident::Credential;
use crate::sale::{Draft, Entry, Heard, VerifiedBy};
use crate::usage::Amount;

/// Something to do outside the state machine, or something to tell the person.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Check a PIN; answer with `PinChecked`.
    CheckPin { staff: String, pin: String },
    /// Open a shift; answer with `ShiftOpened`.
    OpenShift { staff: String, float: Money },
    /// Find a product; answer with `ProductFound`.
    FindProduct { code: String, entry: Entry, quantity: Option<String> },
    /// Check a manager's PIN; answer with `Approved`.
    CheckManager { manager: String, pin: String, action: Action },
    /// Ask roster and balances for a date; answer with `Looked`.
    LookUp { credential: Credential, by: VerifiedBy, household: Option<String>, date: NaiveDate },
    /// Keep a basket; answer with `WasParked`.
    Park(Box<Parked>),
    /// Fetch a kept basket; answer with `Recalled`.
    Recall { n: u32 },
    /// Commit a sale; answer with `Committed`.
    Commit(Box<Draft>),
    /// Tell headquarters that a hold is not needed any more.
    LetGo { hold: Uuid },
    /// Record an event that headquarters must be able to rely on.
    Note { event: &'static str, detail: serde_json::Value },
    /// Keep in the audit trail of this till.
    Remember { action: &'static str, detail: String },
    /// Tell the person.
    Tell(Reply),
}

/// What the person is told.
#[derive(Debug, Clone)]
pub enum Reply {
    /// It is done.
    Done,
    /// The basket as it stands.
    Basket(Priced),
    /// The basket as the customer was told its sum.
    Announced(Priced),
    /// How much of it? Scan it again with its weight.
    Weigh { code: String, entry: Entry, product: Box<Product> },
    /// Who is verified and what is left.
    Beneficiary(Box<BeneficiaryView>),
    /// Which household?
    Choose(Vec<(String, String)>),
    /// Something is still due.
    Due(Money),
    /// The sale is paid.
    Sale(Finished),
    /// No, and why.
    Refused(Refusal),
}

/// A verified household as the cashier sees it.
#[derive(Debug, Clone)]
pub struct BeneficiaryView {
    /// Masked name.
    pub name: String,
    /// Category.
    pub category: String,
    /// Opaque id.
    pub household: String,
    /// Whether balances are fresh.
    pub online: bool,
    /// Programmes that fit today, each with what is left of its limits.
    pub programmes: Vec<(String, Vec<(String, Amount)>)>,
    /// What the balances count.
    pub heard: Option<Heard>,
}

/// A sale that is in the store.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Receipt number.
    pub number: String,
    /// As priced.
    pub totals: Totals,
    /// Given back in cash.
    pub change: Money,
    /// Taken off by cash rounding.
    pub rounding: Money,
    /// Waived by the cashier.
    pub waived: Money,
    /// Whether another till takes the payment.
    pub beside: bool,
    /// Ids of the claims made.
    pub claims: Vec<String>,
    /// Print job, where there is a printer.
    pub job: Option<i64>,
}
