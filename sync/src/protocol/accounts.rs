//! A store's accounts with headquarters, and what the store says about them (docs/protocol.md).

use domain::money::Money;
use serde::{Deserialize, Serialize};

/// `GET /v1/accounts?month=2026-11`: what headquarters has of the asking till's store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accounts {
    /// `2026-11`.
    pub month: String,
    /// When headquarters looked, RFC 3339.
    pub at: String,
    /// By business date and till.
    pub days: Vec<AccountDay>,
    /// Statements that hold claims of the month.
    pub statements: Vec<AccountStatement>,
    /// Granted to the store and not paid yet, whatever the month.
    pub owed: Money,
    /// What the store signed of this month.
    #[serde(default)]
    pub signed: Option<Signed>,
}

/// A day's claims of one till, as headquarters has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountDay {
    /// Business date.
    pub date: String,
    /// Till's code.
    pub till: String,
    /// How many claims.
    pub claims: u64,
    /// What they asked for.
    pub claimed: Money,
    /// What is granted, those that wait left out.
    pub granted: Money,
    /// What waits for people, as claimed.
    pub held: Money,
    /// What came back of what counts.
    pub returned: Money,
}

/// A statement, as the store may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountStatement {
    /// Its number.
    pub number: String,
    /// Who pays.
    pub payer: String,
    /// `2026-11` or `2026-Q4`.
    pub period: String,
    /// `made`, `checked`, `approved`, `paid` or `confirmed`.
    pub state: String,
    /// How many claims.
    pub claims: u64,
    /// What is paid by it.
    pub payable: Money,
    /// Date of payment.
    pub paid_on: Option<String>,
    /// The bank's reference.
    pub reference: Option<String>,
}

/// A month that the store signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// Staff code.
    pub by: String,
    /// RFC 3339.
    pub at: String,
}

/// `POST /v1/disputes`: a decision is wrong. The same `id` again gets the same answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// UUID of this letter.
    pub id: String,
    /// The claim.
    pub claim: String,
    /// Why, in words.
    pub note: String,
    /// Staff code of the manager.
    pub by: String,
    /// A picture of the slip, JPEG or PNG, base64 with padding.
    pub picture: Option<String>,
    /// The picture's file name.
    pub name: Option<String>,
}

/// `POST /v1/signatures`: the store's manager found a month or a payment right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// UUID of this letter.
    pub id: String,
    /// The month that was reconciled; or none.
    pub month: Option<String>,
    /// The statement whose payment arrived; or none.
    pub statement: Option<String>,
    /// What the store's own books say, as it was signed.
    pub claimed: Money,
    /// What headquarters had granted, as it was signed.
    pub granted: Money,
    /// Staff code of the manager.
    pub by: String,
    /// RFC 3339.
    pub at: String,
    /// What there is to say.
    pub note: String,
}
