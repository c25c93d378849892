//! A slip as data: reports, vouchers, blank numbered slips, cash in and out. It carries no name of a
//! resident, no ID number and no category, unless a row says so.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What stands on a slip that is no receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slip {
    /// Name at the head.
    pub store_name: String,
    /// What kind of paper it is, such as 交班单 or 现金存取单.
    pub title: String,
    /// The slip's own number, where it has one.
    #[serde(default)]
    pub number: Option<String>,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Staff code; empty where nobody was signed in.
    pub by: String,
    /// Made in training: it says so at head and foot.
    #[serde(default)]
    pub training: bool,
    /// 0 for the original, else the number of the copy (补打).
    #[serde(default)]
    pub copy: u32,
    /// From the top down.
    #[serde(default)]
    pub rows: Vec<Row>,
    /// To be scanned: Code 128, or a QR code where that is wider than the paper.
    #[serde(default)]
    pub code: Option<String>,
    /// Sentences at the foot.
    #[serde(default)]
    pub foot: Vec<String>,
}

/// One row of a slip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Row {
    /// Words from the left edge, on as many lines as they need.
    Text(String),
    /// Words at the left, a figure at the right.
    Pair(String, String),
    /// The same, bold.
    Strong(String, String),
    /// The same, as large as the paper takes.
    Big(String, String),
    /// A line across.
    Rule,
    /// So many lines to write on by hand.
    Blank(u8),
    /// What the rows below it are about.
    Heading(String),
}
