//! Everything that can happen to a till.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::effect::Finished;
use super::refusal::Refusal;
use super::screen::{Parked, Shift, Staff};
use crate::household::RosterEntry;
use crate::product::Product;
use crate::resident::Credential;
use crate::sale::{Entry, Heard, VerifiedBy};
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
    /// A code was scanned or typed.
    Scanned { code: String, entry: Entry },
    /// The product of a scanned code.
    ProductFound { code: String, entry: Entry, found: Result<Product, Refusal> },
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
    /// The whole basket is to go.
    Clear,
    /// Something was paid; no amount: all that is due.
    Pay { kind: TenderKind, amount: Option<String>, reference: Option<String> },
    /// The sale is in the store, or is not.
    Committed(Result<Finished, Refusal>),
    /// Programmes or the age of balances changed.
    Refreshed { programmes: Vec<crate::programme::Programme> },
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
