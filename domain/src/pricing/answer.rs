//! The answer to a basket.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::money::Money;
use crate::quantity::Quantity;
use crate::usage::Amount;

/// Why a line got what it got; purses aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The programme's full discount.
    Full,
    /// Less, because a quantity limit left no more.
    QuantityLimited,
    /// Less, because a discount limit or the offline amount left no more.
    AmountLimited,
    /// Nobody is verified.
    NoBeneficiary,
    /// No programme but purses fits.
    NotEligible,
    /// Some fit, and the line is in the scope of none of them.
    NotInScope,
    /// The basket is too small for every programme that the line is in scope of.
    MinimumNotMet,
    /// Nothing is left of the limits.
    LimitReached,
    /// The candidates' rules come to no reduction.
    NoReduction,
}

/// The answer to a basket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Priced {
    /// One answer for each line, in the basket's order.
    pub lines: Vec<PricedLine>,
    /// Programmes with a discount or a payment, by code.
    pub programmes: Vec<ProgrammeSum>,
    /// Sums over all lines.
    pub totals: Totals,
}

/// The answer to one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PricedLine {
    /// The basket line's number.
    pub line: u32,
    /// Before anything is taken off.
    pub gross: Money,
    /// Off for any customer.
    pub promotion: Money,
    /// Programme that takes something off.
    pub programme: Option<String>,
    /// Its version.
    pub version: Option<u32>,
    /// Taken off by the programme.
    pub discount: Money,
    /// Part of the discount that the fund repays.
    pub subsidy: Money,
    /// Part of the discount that the store bears.
    pub concession: Money,
    /// Gross less promotion and discount.
    pub net: Money,
    /// Paid by purses, part of the net.
    pub purse: Money,
    /// The same by purse.
    pub purses: BTreeMap<String, Money>,
    /// Part of the quantity that the discount stands for.
    pub discounted_quantity: Quantity,
    /// Why.
    pub reason: Reason,
    /// Whether the line is in the scope of a programme that fits: such lines belong in a claim.
    #[serde(skip)]
    pub claimed: bool,
    /// What it used up of the limits.
    #[serde(skip)]
    pub uses: Vec<Use>,
}

/// What a line used up of one limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Use {
    /// Programme's code.
    pub programme: String,
    /// Limit's id, or `offline`.
    pub limit: String,
    /// Yuan or quantity, as the limit counts.
    pub amount: Amount,
    /// Whether the amount is yuan.
    pub money: bool,
}

/// Sums of one programme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProgrammeSum {
    /// Programme's code.
    pub code: String,
    /// Version that counted.
    pub version: u32,
    /// Taken off.
    pub discount: Money,
    /// Repaid by the fund.
    pub subsidy: Money,
    /// Borne by the store.
    pub concession: Money,
    /// Paid from the purse.
    pub purse: Money,
}

/// Sums over lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Totals {
    /// Before anything is taken off.
    pub gross: Money,
    /// Off for any customer.
    pub promotion: Money,
    /// Taken off by programmes.
    pub discount: Money,
    /// Repaid by funds.
    pub subsidy: Money,
    /// Borne by the store.
    pub concession: Money,
    /// Gross less promotion and discount.
    pub net: Money,
    /// Paid by purses.
    pub purse: Money,
    /// Net less purses: what the customer pays.
    pub due: Money,
    /// Subsidy and purse: what the store asks for.
    pub claim: Money,
}
