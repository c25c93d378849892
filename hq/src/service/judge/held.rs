//! What a hold granted, and a claim that is posted by it.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use domain::money::Money;
use domain::programme::Programme;
use domain::quantity::Quantity;
use domain::usage::Used;
use serde::Deserialize;

use super::grant::{Amounts, Granted};
use super::movements;
use crate::service::holds::Reserved;
use crate::service::stated;
use crate::store::holds::Hold;

/// A hold that a claim is judged by.
#[derive(Debug, Clone)]
pub struct Held {
    /// Its id.
    pub id: String,
    /// What it told the till to be used.
    pub used: Used,
    /// What it granted, line by line.
    pub granted: Granted,
    /// Version of each programme that gave something.
    pub versions: BTreeMap<String, u32>,
    /// What it reserved, by programme, limit and period, in thousandths.
    reserved: BTreeMap<(String, String, String), i64>,
}

/// As much of an answer as is needed.
#[derive(Deserialize)]
struct Answer {
    lines: Vec<Line>,
    programmes: Vec<Version>,
    used: Used,
}

#[derive(Deserialize)]
struct Line {
    line: u32,
    programme: Option<String>,
    discount: Money,
    subsidy: Money,
    purses: BTreeMap<String, Money>,
    discounted_quantity: Quantity,
}

#[derive(Deserialize)]
struct Version {
    code: String,
    version: u32,
}

impl Held {
    /// Reads what was kept of a hold that is not over.
    pub fn read(hold: &Hold) -> Result<Self> {
        let answer: Answer = serde_json::from_str(&hold.answer).context("a hold's answer")?;
        let uses: Vec<Reserved> = serde_json::from_str(&hold.uses).context("what a hold reserves")?;
        let amounts = |line: Line| {
            let amounts = Amounts {
                programme: line.programme,
                discount: line.discount,
                subsidy: line.subsidy,
                purses: line.purses,
                quantity: line.discounted_quantity,
            };
            (line.line, amounts)
        };
        Ok(Self {
            id: hold.id.clone(),
            used: answer.used,
            granted: Granted::of_lines(answer.lines.into_iter().map(amounts).collect()),
            versions: answer.programmes.into_iter().map(|p| (p.code, p.version)).collect(),
            reserved: uses.into_iter().map(|r| ((r.programme, r.limit, r.period), r.milli)).collect(),
        })
    }

    /// No more than the hold granted. What stays within it by programme and limit is whole, also where lines
    /// were taken away meanwhile; what does not is lowered line by line.
    pub fn bound(&self, granted: &Granted, said: &stated::Claim, programmes: &[Programme], date: NaiveDate) -> Granted {
        if self.covers(granted, said, programmes, date) { granted.clone() } else { granted.at_most(&self.granted) }
    }

    fn covers(&self, granted: &Granted, said: &stated::Claim, programmes: &[Programme], date: NaiveDate) -> bool {
        let most = self.granted.sums();
        let within = |(code, sum): (String, (Money, Money))| {
            let (given, subsidy) = most.get(&code).copied().unwrap_or_default();
            sum.0 <= given && sum.1 <= subsidy
        };
        let mut uses: BTreeMap<(String, String, String), i64> = BTreeMap::new();
        for m in movements(&granted.posted(said, programmes), programmes, date) {
            *uses.entry((m.programme, m.limit, m.period)).or_default() += m.milli;
        }
        granted.sums().into_iter().all(within)
            && uses.iter().all(|(limit, milli)| *milli <= self.reserved.get(limit).copied().unwrap_or(0))
    }
}
