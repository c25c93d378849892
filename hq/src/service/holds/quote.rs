//! What a hold grants and reserves.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use domain::basket::{Basket, BasketLine};
use domain::household::RosterEntry;
use domain::pricing::{self, Priced, Use, counting};
use domain::programme::{Measure, Programme};
use domain::time::Period;
use domain::usage::{Amount, Used};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::asked::Asked;
use crate::store::holds::{self as rows, Key};
use crate::store::sql::Conn;

/// Every period that lasts longer than one sale.
const PERIODS: [Period; 8] = [
    Period::Day,
    Period::Week,
    Period::Month,
    Period::TwoMonths,
    Period::Quarter,
    Period::HalfYear,
    Period::Year,
    Period::Programme,
];

/// What a hold reserves of one limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reserved {
    /// Programme's code.
    pub programme: String,
    /// Limit's id.
    pub limit: String,
    /// Period's key.
    pub period: String,
    /// Whose limit it is; empty: the household's.
    pub person: String,
    /// In thousandths.
    pub milli: i64,
}

/// A basket that was priced for a hold.
pub struct Quoted {
    lines: Vec<BasketLine>,
    used: Used,
    priced: Priced,
    /// What it reserves.
    pub uses: Vec<Reserved>,
}

/// The answer: pricing.md's, what it went by, and until when it holds.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    priced: &'a Priced,
    used: &'a Used,
    expires_at: &'a str,
}

/// Sums of what several holds reserve.
pub fn sums(holds: &[String]) -> Result<BTreeMap<Key, i64>> {
    let mut sums = BTreeMap::new();
    for text in holds {
        let uses: Vec<Reserved> = serde_json::from_str(text).context("what a hold reserves")?;
        for r in uses {
            let key = Key { person: r.person, programme: r.programme, limit: r.limit, period: r.period };
            *sums.entry(key).or_default() += r.milli;
        }
    }
    Ok(sums)
}

/// Prices what is asked by what everyone used, and what others hold.
pub fn price(
    conn: &Conn,
    store: &str,
    asked: &Asked,
    entry: &RosterEntry,
    programmes: &[Programme],
    others: &BTreeMap<Key, i64>,
) -> Result<Quoted> {
    let codes: Vec<String> = asked.lines.iter().map(|line| line.product.tagged()).collect();
    let groups = rows::groups(conn, &codes)?;
    let own = |(line, code): (&BasketLine, &String)| {
        let group = groups.get(code).unwrap_or(&line.group).clone();
        BasketLine { group, ..line.clone() }
    };
    let mut basket = Basket {
        store: store.into(),
        business_date: asked.date,
        online: true,
        beneficiary: entry.is_eligible(asked.date).then(|| entry.beneficiary()),
        used: Used::default(),
        decline: asked.decline.clone(),
        purses: asked.purses.clone(),
        lines: asked.lines.iter().zip(&codes).map(own).collect(),
    };
    let counting: Vec<&Programme> = counting(programmes, &basket);
    basket.used = used(conn, asked, &counting, others)?;
    let priced = pricing::price(programmes, &basket);
    let uses = priced.lines.iter().flat_map(|line| &line.uses);
    let uses = reserved(uses, &counting, asked.date, &asked.person);
    Ok(Quoted { lines: basket.lines, used: basket.used, priced, uses })
}

/// Used and held of every limit of the programmes that count on the date, whether they fit or not.
fn used(conn: &Conn, asked: &Asked, counting: &[&Programme], others: &BTreeMap<Key, i64>) -> Result<Used> {
    let periods: Vec<String> = PERIODS.iter().filter_map(|period| period.key(asked.date)).collect();
    let balances = rows::balances(conn, &asked.household, &asked.person, &periods)?;
    let mut used = Used::default();
    for programme in counting {
        for limit in &programme.limits {
            let Some(period) = limit.per.key(asked.date) else { continue };
            let person = if limit.per_person { asked.person.clone() } else { String::new() };
            let key = Key { person, programme: programme.code.clone(), limit: limit.id.clone(), period };
            let milli = balances.get(&key).copied().unwrap_or(0).max(0) + others.get(&key).copied().unwrap_or(0);
            let money = matches!(limit.measure, Measure::Discount(_));
            used.add(&key.programme, &key.limit, Amount::from_milli(milli, money));
        }
    }
    Ok(used)
}

/// What uses come to, by limit and period. Limits of one sale and the offline amount reserve nothing.
pub fn reserved<'a>(
    uses: impl Iterator<Item = &'a Use>,
    counting: &[&Programme],
    date: NaiveDate,
    person: &str,
) -> Vec<Reserved> {
    let mut sums: BTreeMap<Key, i64> = BTreeMap::new();
    for used in uses {
        let limit = counting.iter().filter(|p| p.code == used.programme).find_map(|p| p.limit(&used.limit));
        let Some((limit, period)) = limit.and_then(|limit| Some((limit, limit.per.key(date)?))) else { continue };
        let person = if limit.per_person { person.to_owned() } else { String::new() };
        let key = Key { person, programme: used.programme.clone(), limit: used.limit.clone(), period };
        *sums.entry(key).or_default() += used.amount.milli();
    }
    let one = |(key, milli): (Key, i64)| Reserved {
        programme: key.programme,
        limit: key.limit,
        period: key.period,
        person: key.person,
        milli,
    };
    sums.into_iter().filter(|(_, milli)| *milli != 0).map(one).collect()
}

impl Quoted {
    /// The answer's bytes.
    pub fn answer(&self, expires_at: &str) -> Result<String> {
        let answer = Answer { priced: &self.priced, used: &self.used, expires_at };
        serde_json::to_string(&answer).context("a hold's answer")
    }

    /// The lines as they were priced, with headquarters' groups.
    pub fn basket(&self) -> Result<String> {
        let lines: Vec<Value> = self.lines.iter().map(|line| line.to_json().into()).collect();
        serde_json::to_string(&lines).context("a hold's basket")
    }
}
