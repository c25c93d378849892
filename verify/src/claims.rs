//! Claims and returns: sums, and that nothing comes back more than it went out.

use std::collections::{BTreeMap, BTreeSet};

use domain::money::Money;
use domain::quantity::Quantity;
use serde_json::Value;

use crate::Result;
use crate::chain::{Record, amount};

/// What a store's records of the period come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreSums {
    /// Claims; the same id twice is one.
    pub claims: u64,
    /// What they ask for: subsidy and purse.
    pub claimed: Money,
    /// What headquarters says that it grants of them.
    pub granted: Money,
    /// Returns that headquarters accepted.
    pub returns: u64,
    /// What they give back.
    pub returned: Money,
}

impl StoreSums {
    /// Claimed, less what came back.
    pub fn net(&self) -> Money {
        self.claimed - self.returned
    }
}

/// What is given back of a claim or a line of it, by name.
const PARTS: [&str; 3] = ["discount", "subsidy", "purse"];

/// What is left of a claim.
struct Left {
    parts: [Money; 3],
    lines: BTreeMap<u64, Quantity>,
}

fn lines(record: &Record) -> impl Iterator<Item = &Value> {
    record.payload.get("lines").and_then(Value::as_array).into_iter().flatten()
}

fn line_quantity(line: &Value) -> Option<(u64, Quantity)> {
    let quantity = line.get("quantity").and_then(Value::as_str)?;
    Some((line.get("line").and_then(Value::as_u64)?, Quantity::parse(quantity).ok()?))
}

/// All claims that were seen.
#[derive(Default)]
pub struct Claims {
    left: BTreeMap<(String, String), Left>,
    seen: BTreeSet<(String, String, String)>,
    /// Accepted returns whose claim has not come yet, by claim: a return may travel faster.
    early: BTreeMap<(String, String), Vec<Record>>,
    /// By store's code.
    pub sums: BTreeMap<String, StoreSums>,
}

impl Claims {
    /// A claim or return from before the period; it counts in no sum.
    pub fn begin(&mut self, record: &Record, outcome: &str) -> Result<()> {
        match record.text("kind") {
            "claim" => self.remember(record),
            "reversal" if outcome == "accepted" => self.take_back(record),
            _ => Ok(()),
        }
    }

    /// Returns whose claim is not in the period.
    pub fn early(&self) -> usize {
        self.early.values().map(Vec::len).sum()
    }

    /// A record of the period, with what headquarters says of it.
    pub fn take(&mut self, record: &Record, outcome: &str, reasons: &[String], granted: Option<&str>) -> Result<()> {
        let id = (record.store.clone(), record.till.clone(), record.text("id").to_owned());
        let is_first = self.seen.insert(id);
        let sums = self.sums.entry(record.store.clone()).or_default();
        match record.text("kind") {
            "claim" => {
                let claimed = record.total("subsidy") + record.total("purse");
                let granted =
                    granted.map_or(Ok(Money::ZERO), Money::parse).map_err(|_| "what is granted is no amount")?;
                if granted > claimed {
                    return Err(format!("headquarters grants {granted}, and only {claimed} were claimed"));
                }
                let is_malformed = reasons.iter().any(|reason| reason == "R17");
                if !is_malformed && let Some(problem) = uneven(record) {
                    return Err(problem);
                }
                if is_first {
                    sums.claims += 1;
                    sums.claimed += claimed;
                    sums.granted += granted;
                    return self.remember(record);
                }
                Ok(())
            }
            "reversal" if outcome == "accepted" => {
                sums.returns += 1;
                sums.returned += record.total("subsidy") + record.total("purse");
                self.take_back(record)
            }
            _ => Ok(()),
        }
    }

    fn remember(&mut self, record: &Record) -> Result<()> {
        let lines = lines(record).filter_map(line_quantity).collect();
        let left = Left { parts: PARTS.map(|part| record.total(part)), lines };
        let id = (record.store.clone(), record.text("id").to_owned());
        // The first of an id counts.
        self.left.entry(id.clone()).or_insert(left);
        self.early.remove(&id).unwrap_or_default().iter().try_for_each(|early| self.take_back(early))
    }

    fn take_back(&mut self, record: &Record) -> Result<()> {
        let of = record.text("of");
        let id = (record.store.clone(), of.to_owned());
        let Some(left) = self.left.get_mut(&id) else {
            self.early.entry(id).or_default().push(record.clone());
            return Ok(());
        };
        for (part, rest) in PARTS.into_iter().zip(&mut left.parts) {
            *rest -= record.total(part);
            if *rest < Money::ZERO {
                return Err(format!("more {part} comes back than claim {of} gave"));
            }
        }
        for (line, quantity) in lines(record).filter_map(line_quantity) {
            let rest = left.lines.get_mut(&line).filter(|rest| **rest >= quantity);
            let Some(rest) = rest else {
                return Err(format!("more of line {line} comes back than claim {of} sold"));
            };
            *rest = *rest - quantity;
        }
        Ok(())
    }
}

/// Whether a claim's totals are not the sums of its lines.
fn uneven(record: &Record) -> Option<String> {
    let uneven = PARTS.into_iter().find(|part| {
        let sum: Money = lines(record).map(|line| amount(Some(line), part)).sum();
        sum != record.total(part)
    })?;
    Some(format!("its {uneven} is {}, and its lines make another sum", record.total(uneven)))
}
