//! The bodies of spec/sync.md, and of docs/protocol.md, which adds to it.

mod accounts;
mod shop;

pub use domain::record::LogHead;
use domain::sale::Heard;
use domain::usage::Amount;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::jws::Jwk;

pub use accounts::{AccountDay, AccountStatement, Accounts, Dispute, Signature, Signed};
pub use shop::{
    ForeignLine, ForeignSale, MAX_CHANGES, MAX_SHARED, SHARED_SETTINGS, Shared, ShopChange, ShopChanges, ShopLine,
    ShopPut, ShopTaken, read_shared, shared_key,
};

/// `typ` of each signed body.
pub mod typ {
    pub const ENROL: &str = "jihui-enrol";
    pub const ENROLLED: &str = "jihui-enrolled";
    pub const TIME: &str = "jihui-time";
    pub const KEYS: &str = "jihui-keys";
    pub const LIST: &str = "jihui-list";
    pub const RECEIPT: &str = "jihui-receipt";
    pub const HEAD: &str = "jihui-head";
}

/// Most lines of one upload.
pub const MAX_LINES: usize = 1000;
/// Most bytes of one upload, decompressed.
pub const MAX_BODY: usize = 4 * 1024 * 1024;
/// Most bytes of one record.
pub const MAX_RECORD: usize = 512 * 1024;
/// Most bytes of any other body.
pub const MAX_SMALL_BODY: usize = 512 * 1024;

/// Payload of `POST /v1/enrolments`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Enrol {
    pub code: String,
    pub software: String,
}

/// Answer to an enrolment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolled {
    pub hq: String,
    pub store: String,
    pub till: String,
    pub kid: String,
    pub epoch: String,
    pub roster_salt: String,
    pub roster_key: String,
}

/// Answer of `GET /v1/time`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Time {
    pub nonce: String,
    pub at: String,
}

/// Answer of `GET /v1/keys`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Keys {
    pub roster_salt: String,
    pub roster_key: String,
    pub hq_next: Option<Jwk>,
}

/// A line of the roster list.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RosterLine {
    Put { digest: String, sealed: String },
    Delete(String),
}

/// A line of the programmes and products lists.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemLine {
    Put(Value),
    Delete(String),
}

/// A line of the balances list: absolute.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BalanceLine {
    pub household: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    pub programme: String,
    pub limit: String,
    pub period: String,
    pub used: Amount,
}

/// A line of the decisions list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DecisionLine {
    pub claim: String,
    pub state: String,
    pub reasons: Vec<String>,
    pub discount: String,
    pub subsidy: String,
    pub purse: String,
    pub batch: Option<String>,
}

/// Payload of a list's last line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListEnd {
    pub hq: String,
    pub list: String,
    pub store: String,
    pub after: Option<u64>,
    pub version: u64,
    pub issued_at: String,
    pub rows: u64,
    pub sha256: String,
    /// Balances only: this till's records that are counted in them.
    #[serde(flatten)]
    pub heard: Option<Heard>,
}

/// Body of `POST /v1/lookups`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Lookup {
    pub s: String,
}

/// What became of an uploaded record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Accepted,
    Duplicate,
    Held,
    Adjusted,
    Rejected,
}

/// The result of one uploaded record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RecordResult {
    pub seq: u64,
    pub id: String,
    pub outcome: Outcome,
    pub reasons: Vec<String>,
}

/// Answer of `POST /v1/records`, also inside the problems `gap`, `fork` and `invalid`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Uploaded {
    pub epoch: String,
    pub through: u64,
    pub results: Vec<RecordResult>,
    pub receipt: Option<String>,
}

/// Payload of a receipt.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Receipt {
    pub store: String,
    pub till: String,
    pub epoch: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// For a branch: the hashes of the records that headquarters has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<Vec<String>>,
    pub at: String,
}

/// Answer of `GET /v1/chain`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Chain {
    pub hq: String,
    pub epochs: Vec<ChainEpoch>,
}

/// One epoch as headquarters has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainEpoch {
    pub epoch: String,
    pub through: u64,
    pub hash: Option<String>,
}

/// Body of `PUT /v1/holds/{id}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hold {
    pub claim: String,
    pub household: String,
    pub person: String,
    pub business_date: String,
    pub lines: Vec<Value>,
    pub decline: Vec<String>,
    pub purses: std::collections::BTreeMap<String, String>,
}

/// What a till reads of the answer to a hold: the quote's answer, and what is really used.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HoldAnswer {
    pub lines: Vec<HoldLine>,
    pub used: domain::usage::Used,
    pub expires_at: String,
}

/// One line of it: the most that the claim gets.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HoldLine {
    pub line: u32,
    pub discount: String,
    pub subsidy: String,
    pub purse: String,
}

/// Answer of `GET /v1/log/proof`: where a record is, and the path from it to the root of a head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogProof {
    pub index: u64,
    pub size: u64,
    pub path: Vec<String>,
}

/// Answer of `GET /v1/log/consistency`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogConsistency {
    pub from: u64,
    pub to: u64,
    pub path: Vec<String>,
}

/// An RFC 9457 problem.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    /// Of `gap`: the `seq` that headquarters waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<u64>,
    /// Of `gap`, `fork` and `invalid`: what was taken before it.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub uploaded: Option<Uploaded>,
}

impl Problem {
    /// The word at the end of `type`.
    pub fn word(&self) -> &str {
        self.kind.rsplit('/').next().unwrap_or(&self.kind)
    }
}
