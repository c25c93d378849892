//! A period of headquarters' records, for an auditor: NDJSON, one [`Line`] a line.
//!
//! First a header that headquarters signed, then what stands before the period and is needed to check
//! it, then every record of the period in the order of the public log, then a signed end. Whoever has
//! headquarters' public key needs nothing else.

use serde::{Deserialize, Serialize};

use crate::jws::Jwk;

/// `typ` of the header; its JWS carries headquarters' key.
pub const HEADER: &str = "jihui-export";
/// `typ` of the end.
pub const END: &str = "jihui-export-end";

/// One line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// The first: a JWS whose payload is a [`Header`].
    Export(String),
    /// A record from before the period.
    Before(Before),
    /// A record of the period.
    Record(Taken),
    /// The last: a JWS whose payload is an [`End`].
    End(String),
}

/// What the period is, and by which keys it is checked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Header {
    /// 1.
    pub v: u8,
    /// Headquarters' id.
    pub hq: String,
    /// First date of the period, by when headquarters took the records (Asia/Shanghai).
    pub from: String,
    /// Last date of the period.
    pub to: String,
    /// When the export was made.
    pub at: String,
    /// The head before the first record of the period, signed.
    pub first: String,
    /// The head after the last, signed.
    pub last: String,
    /// The complete subtrees of the first head, largest first.
    pub peaks: Vec<String>,
    /// What shows that the last head goes on from the first.
    pub consistency: Vec<String>,
    /// Where headquarters was restored: the head with which its log began anew.
    pub begins: Option<Begins>,
    /// Stores, with their names.
    pub stores: Vec<Store>,
    /// Every till of the period with all its keys.
    pub tills: Vec<Till>,
}

/// The first leaf of a log that began anew.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Begins {
    /// The last head of the log before it, signed.
    pub head: String,
    /// Its path to the first head's root.
    pub path: Vec<String>,
}

/// A store.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Store {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
}

/// A till, as headquarters knows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Till {
    /// Store's code.
    pub store: String,
    /// Till's code.
    pub till: String,
    /// Its keys, earlier ones too.
    pub keys: Vec<Jwk>,
}

/// A record from before the period: where a chain stood, or what a return of the period is of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Before {
    /// The record.
    pub jws: String,
    /// Its leaf.
    pub index: u64,
    /// Its path to the first head's root.
    pub path: Vec<String>,
    /// Whether it came by branch.
    pub branch: bool,
    /// What became of it.
    pub outcome: String,
}

/// A record of the period.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Taken {
    /// The record.
    pub jws: String,
    /// Its leaf.
    pub index: u64,
    /// Whether it came by branch.
    pub branch: bool,
    /// What became of it when it came.
    pub outcome: String,
    /// Reason codes.
    pub reasons: Vec<String>,
    /// Of a claim: what headquarters grants today, subsidy and purse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted: Option<String>,
}

/// What was sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct End {
    /// Lines before this one.
    pub lines: u64,
    /// SHA-256 of all bytes before this line.
    pub sha256: String,
}
