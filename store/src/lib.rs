//! The till's database: SQLite, one module an aggregate, domain types in and out.
//!
//! It decides nothing. A sale, its lines, tenders, audit row, print job, chain record and outbox
//! row commit in one transaction, with one sync to disk.

mod accounts;
mod api;
mod audit;
mod cash;
mod chain;
mod copy;
mod db;
mod export;
mod lists;
mod log;
mod lookup;
mod parked;
mod print;
pub mod private;
mod product;
mod refund;
mod returns;
mod sale;
mod search;
mod settings;
mod shared;
mod shift;
mod staff;
mod training;
mod witness;

pub use accounts::{Letter, OwnClaim};
pub use api::{ApiCall, StoredReturn};
pub use cash::CashMove;
pub use chain::{EpochRow, NewRecord, RecordRow};
pub use copy::{Copies, FOLDER as COPIES_FOLDER};
pub use db::{Lock, Store, StoreError, restore};
pub use export::{Export, Exported};
pub use lists::{ListUpdate, RosterChange};
pub use log::{LogProblem, SeenHead};
pub use print::{Job, JobState};
pub use refund::{RefundKind, RefundPlan};
pub use returns::ReturnPlan;
pub use sale::{SaleSeal, Sealed, StoredLine, StoredSale};
pub use search::MOST_FOUND;
pub use shared::{Shared, SharedChange, SharedKind, SharedLine};
pub use staff::StaffRow;
pub use witness::Witness;

pub use ::copies::{Kept, State as CopyState};

/// Result of the store's calls.
pub type Result<T> = std::result::Result<T, StoreError>;
