//! Everything that can happen to a till.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::effect::Finished;
use super::holding::{Grant, HoldAsk};
use super::refusal::Refusal;
use super::screen::{Parked, Shift, Staff};
use crate::household::RosterEntry;
use crate::label::Label;
use crate::money::Money;
use crate::product::Product;
use crate::promotion::Promotion;
use crate::resident::Credential;
use crate::sale::{Change, Entry, Heard, VerifiedBy};
use crate::tender::TenderKind;
use crate::usage::Used;

/// What an event needs beside itself: the clock, and an id that nobody has used.
#[derive(Debug, Clone, Copy)]
pub struct Context {
    /// Now, by the till's corrected clock.
    pub now: DateTime<Utc>,
    /// A fresh `UUIDv7`.
    pub id: Uuid,
}

/// Something that a person, a device or a worker did.
#[derive(Debug, Clone)]
pub enum Event {
    /// A staff member gave code and PIN.
    SignIn { staff: String, pin: String },
    /// The PIN was checked.
    PinChecked(Result<Staff, Refusal>),
    /// Whoever is signed in leaves; the shift stays open.
    SignOut,
    /// A shift is to begin with this much cash.
    OpenShift { float: String },
    /// A shift has begun.
    ShiftOpened(Result<Shift, Refusal>),
    /// The shift has ended.
    ShiftClosed,
    /// Nobody is at the till for a moment: only a PIN opens it again, with the basket as it is.
    Lock,
    /// A code was scanned or typed, where somebody said so with how much of it.
    Scanned { code: String, entry: Entry, quantity: Option<String> },
    /// The product of a scanned code.
    ProductFound { code: String, entry: Entry, quantity: Option<String>, found: Result<Found, Refusal> },
    /// The same once more.
    RepeatLast,
    /// A line's quantity is to change.
    SetQuantity { line: u32, value: String },
    /// A line is to go.
    RemoveLine { line: u32 },
    /// A card was shown or a number typed.
    Verify { credential: Result<Credential, String>, by: VerifiedBy, household: Option<String> },
    /// What the roster says of it.
    Looked { found: Result<Looked, Refusal>, by: VerifiedBy, household: Option<String> },
    /// The household is to be forgotten.
    Unverify,
    /// The family does not want a programme this time.
    Decline { programme: String },
    /// The family wants a programme after all.
    Accept { programme: String },
    /// Pay at most this much from a purse.
    Purse { programme: String, amount: String },
    /// The basket is to wait.
    Park,
    /// It waits.
    WasParked(Result<u32, Refusal>),
    /// A waiting basket is to come back.
    Recall { n: u32 },
    /// It comes back.
    Recalled(Result<Parked, Refusal>),
    /// The whole basket is to go, and why.
    Clear { reason: Option<String> },
    /// A manager allows one action.
    Approve { manager: String, pin: String, action: Action },
    /// The manager's PIN was checked.
    Approved { checked: Result<Staff, Refusal>, action: Action },
    /// A small amount is waived; 0 takes it back.
    Waive { amount: String },
    /// The sum was told to the customer.
    Announce,
    /// The basket was written on a numbered slip before, on this date.
    Slip { no: String, date: String },
    /// Something was paid; no amount: all that is due. `seen`: what whoever pressed the key saw as
    /// still due, so that a key that was pressed twice pays once.
    Pay { kind: TenderKind, amount: Option<String>, reference: Option<String>, seen: Option<Money> },
    /// The other till takes the payment, and this is its receipt number.
    Claim { host_receipt: Option<String> },
    /// The sale is in the store, or is not.
    Committed(Result<Finished, Refusal>),
    /// Programmes or the age of balances changed.
    Refreshed { programmes: Vec<crate::programme::Programme>, promotions: Vec<Promotion> },
    /// Headquarters holds a basket under this id.
    Held { id: Uuid, ask: Box<HoldAsk>, grant: Grant },
    /// A claim of a household was made beside the basket: from here on so much is used.
    MadeBeside { household: String, used: Used },
    /// A basket could not be held, for now or at all.
    NotHeld { ask: Box<HoldAsk> },
}

/// What a manager allows, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A price or a discount by hand on one line.
    Change { line: u32, change: Change, reason: String },
    /// To waive more than a cashier may.
    Waive { amount: Money, reason: String },
}

/// What a code stands for.
#[derive(Debug, Clone)]
pub struct Found {
    /// The product.
    pub product: Product,
    /// What the scale's label says, where the code is one.
    pub label: Option<Label>,
    /// The store's own lowest price of the last 7 days.
    pub lowest_price_7d: Option<Money>,
}

impl From<Product> for Found {
    fn from(product: Product) -> Self {
        Self { product, label: None, lowest_price_7d: None }
    }
}

/// What the roster and the balances say of a credential.
#[derive(Debug, Clone)]
pub struct Looked {
    /// Households that the person may shop for, with what each has used.
    pub entries: Vec<(RosterEntry, Used)>,
    /// Version of the roster.
    pub roster_version: u64,
    /// What the balances count.
    pub heard: Option<Heard>,
    /// Whether the balances are fresh.
    pub online: bool,
}
