//! A receipt as data. It carries no name, no ID number and no category.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::quantity::Quantity;

/// What stands on the paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// What kind of paper it is.
    pub kind: Kind,
    /// Name at the head.
    pub store_name: String,
    /// Store's code.
    pub store: String,
    /// Till's code.
    pub till: String,
    /// Receipt number; epoch included.
    pub number: String,
    /// When the sale was paid.
    pub at: DateTime<Utc>,
    /// Staff code.
    pub cashier: String,
    /// The goods.
    pub lines: Vec<Line>,
    /// Sum of the lines before anything is taken off.
    pub gross: Money,
    /// Off for any customer.
    pub promotion: Money,
    /// Taken off by programmes: 惠民优惠.
    pub discount: Money,
    /// Paid by purses: 爱心卡支付.
    pub purse: Money,
    /// Taken off by cash rounding (negative where rounded up).
    pub rounding: Money,
    /// A small amount that the cashier let go: 让零. It is off `due` already.
    #[serde(default)]
    pub waived: Money,
    /// What the customer was asked for; for a return, what was given back.
    pub due: Money,
    /// Payments: name and amount.
    pub tenders: Vec<(String, Money)>,
    /// Given back in cash.
    pub change: Money,
    /// What is left of limits after this sale.
    pub left: Vec<Left>,
    /// Phone for complaints; empty where none is set.
    pub phone: String,
    /// Address at which anyone can see whether this slip was claimed.
    pub qr: Option<String>,
    /// 0 for the original, else the number of the copy (补打).
    pub copy: u32,
    /// Made in training: it says so at head and foot.
    #[serde(default)]
    pub training: bool,
}

/// What kind of paper it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A sale.
    Sale,
    /// A return against the receipt of this number.
    Return {
        /// Receipt number of the sale.
        of: String,
    },
    /// The whole sale of this number taken back: 作废单.
    Void {
        /// Receipt number of the sale.
        of: String,
    },
    /// 惠民凭条 of a till that stands beside another one, which takes the money.
    Beside {
        /// Number on the other till's receipt, where it is known.
        host_receipt: Option<String>,
    },
}

/// One item on the paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Name and specification.
    pub name: String,
    /// Barcode or PLU.
    pub code: String,
    /// How much.
    pub quantity: Quantity,
    /// Such as 袋 or 公斤.
    pub unit_name: String,
    /// Yuan per unit.
    pub unit_price: Money,
    /// Before anything is taken off.
    pub amount: Money,
    /// Off for any customer.
    pub promotion: Money,
    /// Taken off by a programme, with the programme's name as the paper may show it.
    pub discount: Option<(String, Money)>,
    /// A short word where less than the full discount was given, in the family's words.
    pub note: Option<String>,
}

/// What is left of one limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Programme's name.
    pub name: String,
    /// Period's name, such as 本月.
    pub period: String,
    /// Amount with its unit, such as `12.00元` or `6公斤`.
    pub amount: String,
}

/// The paper's word for a reason, where the family would ask.
pub fn note(reason: crate::pricing::Reason) -> Option<String> {
    use crate::pricing::Reason;
    match reason {
        Reason::QuantityLimited | Reason::AmountLimited => Some("本次用的是剩余额度".into()),
        Reason::LimitReached => Some("优惠额度已用完".into()),
        Reason::Full
        | Reason::NoBeneficiary
        | Reason::NotEligible
        | Reason::NotInScope
        | Reason::MinimumNotMet
        | Reason::NoReduction => None,
    }
}

/// The paper's word for a period.
pub fn period_name(period: crate::time::Period) -> &'static str {
    use crate::time::Period;
    match period {
        Period::Sale => "每次",
        Period::Day => "今天",
        Period::Week => "本周",
        Period::Month => "本月",
        Period::TwoMonths => "本双月",
        Period::Quarter => "本季",
        Period::HalfYear => "本半年",
        Period::Year => "本年",
        Period::Programme => "本项目",
    }
}
