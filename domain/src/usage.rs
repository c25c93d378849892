//! What has been used of limits: by household or person, programme, limit and period.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::json::{Node, Refused};
use crate::money::Money;
use crate::programme::{Limit, Measure, Programme};
use crate::quantity::Quantity;

/// The key under which the offline amount is counted beside the limits.
pub const OFFLINE: &str = "offline";

/// `{code: {limit id: amount or quantity, "offline": amount}}`; what is absent is 0.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Used(pub BTreeMap<String, BTreeMap<String, Amount>>);

impl Used {
    /// What is used of one limit.
    pub fn get(&self, programme: &str, limit: &str) -> Amount {
        self.0.get(programme).and_then(|limits| limits.get(limit)).copied().unwrap_or_default()
    }

    /// Adds to what is used of one limit.
    pub fn add(&mut self, programme: &str, limit: &str, amount: Amount) {
        let entry = self.0.entry(programme.into()).or_default().entry(limit.into()).or_default();
        *entry = Amount(entry.0 + amount.0);
    }

    /// Raises what is used of each limit to at least what `other` says.
    pub fn raise_to(&mut self, other: &Self) {
        for (programme, limits) in &other.0 {
            for (limit, amount) in limits {
                let entry = self.0.entry(programme.clone()).or_default().entry(limit.clone()).or_default();
                *entry = Amount(entry.0.max(amount.0));
            }
        }
    }

    /// Reads it, checked against what the versions of each code have.
    pub fn read(node: &Node<'_>, programmes: &[Programme]) -> Result<Self, Refused> {
        let mut used = Self::default();
        for (code, limits) in node.entries()? {
            let versions: Vec<_> = programmes.iter().filter(|p| p.code == code).collect();
            if versions.is_empty() {
                return Err(limits.refuse("no such programme"));
            }
            let mut amounts = BTreeMap::new();
            for (id, value) in limits.entries()? {
                amounts.insert(id.into(), read_amount(&versions, id, &value)?);
            }
            used.0.insert(code.into(), amounts);
        }
        Ok(used)
    }
}

fn read_amount(versions: &[&Programme], id: &str, value: &Node<'_>) -> Result<Amount, Refused> {
    if id == OFFLINE {
        if versions.iter().all(|p| p.offline.is_none()) {
            return Err(value.refuse("the programme has no offline amount"));
        }
        return value.parse(Money::parse).map(Amount::from);
    }
    let limit: &Limit =
        versions.iter().find_map(|p| p.limit(id)).ok_or_else(|| value.refuse("the programme has no such limit"))?;
    if limit.per == crate::time::Period::Sale {
        return Err(value.refuse("nothing is used of a limit per sale before the sale"));
    }
    match limit.measure {
        Measure::Discount(_) => value.parse(Money::parse).map(Amount::from),
        Measure::Quantity(..) => value.parse(Quantity::parse).map(Amount::from),
    }
}

/// Yuan or a quantity, depending on the limit that it belongs to. Yuan keep their two decimals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(pub Decimal);

impl Amount {
    /// In thousandths, the smallest unit that either kind has.
    pub fn milli(self) -> i64 {
        let mut decimal = self.0;
        decimal.rescale(3);
        i64::try_from(decimal.mantissa()).unwrap_or(i64::MAX)
    }

    /// As yuan, in fen.
    pub fn fen(self) -> i128 {
        let mut decimal = self.0;
        decimal.rescale(2);
        decimal.mantissa()
    }

    /// Whether nothing is used.
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// From thousandths, printed as `measure` asks.
    pub fn from_milli(milli: i64, money: bool) -> Self {
        if money { Money::from_fen(i128::from(milli) / 10).into() } else { Quantity::from_milli(milli.into()).into() }
    }

    /// Less `other`, but never below 0.
    pub fn less(self, other: Self) -> Self {
        Self((self.0 - other.0).max(Decimal::ZERO))
    }
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self(money.decimal())
    }
}

impl From<Quantity> for Amount {
    fn from(quantity: Quantity) -> Self {
        Self(quantity.decimal())
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0.to_string())
    }
}

impl Serialize for Amount {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let value =
            crate::json::plain(&text, 3, crate::money::MAX_FEN * 10, "9999999.99").map_err(serde::de::Error::custom)?;
        let money = text.split_once('.').is_some_and(|(_, decimals)| decimals.len() == 2);
        Ok(Self::from_milli(i64::try_from(value).unwrap_or(i64::MAX), money))
    }
}

/// One movement of a limit: what a record used (or, negative, gave back) in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// Programme's code.
    pub programme: String,
    /// Limit's id, or [`OFFLINE`].
    pub limit: String,
    /// Period's key; empty for the offline amount.
    pub period: String,
    /// Whether the limit is held by the person.
    pub per_person: bool,
    /// Whether the amount is yuan.
    pub money: bool,
    /// In thousandths.
    pub milli: i64,
}
