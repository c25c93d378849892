//! Signs of fraud: small rules that people can read and set. They look at a claim when it is judged, and
//! all they ever do is hold it for a person (R15), saying why. None ends or limits a family's help.

mod family;
mod prices;
#[cfg(test)]
mod tests;
mod till;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use domain::lang::Lang;
use domain::pricing::{PricedLine, Reason};
use domain::time::parse_rfc3339;
use serde_json::{Value, json};

use super::access::Action;
use super::session::Person;
use super::{Hq, stated, verify};
use crate::store::audit;
use crate::store::facts::{self, Fact, Found};
use crate::store::sql::Conn;

pub use prices::Price;

/// So many of a till's claims are looked at.
const TILL_CLAIMS: i64 = 60;
/// So many of a household's.
const FAMILY_CLAIMS: i64 = 12;
/// So many closed days of a till.
const CLOSES: i64 = 7;
/// A day in milliseconds.
const DAY_MS: i64 = 86_400_000;
/// For so many days after a till's first claim nothing is held: there is nothing to compare with yet.
pub const LEARN: Number =
    Number {
        key: "learn_days", zh: "新款台先看几天", en: "Days of a new till", default: 14, least: 0, most: 90
    };
/// Under this code the number that all signs share is kept.
const ALL_SIGNS: &str = "ALL";

/// A figure that people set.
#[derive(Debug, Clone, Copy)]
pub struct Number {
    /// Key.
    pub key: &'static str,
    /// What it is, in Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
    /// As it comes.
    pub default: i64,
    /// Lowest.
    pub least: i64,
    /// Highest.
    pub most: i64,
}

/// A sign.
pub struct Sign {
    /// Code.
    pub code: &'static str,
    /// Name in Chinese.
    pub zh: &'static str,
    /// Name in English.
    pub en: &'static str,
    /// What it looks at, as an example; figures stand in braces.
    pub about_zh: &'static str,
    /// In English.
    pub about_en: &'static str,
    /// Whether it holds one claim of a till a day: a habit of a till is seen once a day, not claim by claim.
    pub is_daily: bool,
    /// Whether it is on, as it comes.
    pub is_on: bool,
    /// Its figures.
    pub numbers: &'static [Number],
    /// Looks; where it finds something, why, in Chinese and English.
    pub look: fn(&Facts, &Numbers) -> Option<(String, String)>,
}

/// Figures of a sign as they are set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbers(pub BTreeMap<String, i64>);

impl Numbers {
    /// A figure.
    pub fn get(&self, key: &str) -> i64 {
        self.0.get(key).copied().unwrap_or_default()
    }

    /// A figure as a count of rows.
    pub fn count(&self, key: &str) -> usize {
        usize::try_from(self.get(key)).unwrap_or_default().max(1)
    }
}

/// What signs look at: the claim, and what stands around it, the newest first.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The claim.
    pub this: Fact,
    /// The till's claims, this one first.
    pub till: Vec<Fact>,
    /// The household's claims, this one first.
    pub family: Vec<Fact>,
    /// Households for which this person shopped in the last 30 days.
    pub served: usize,
    /// Closed days of the till: date, sales, sales with help.
    pub closes: Vec<(String, i64, i64)>,
    /// What the lines cost, here and elsewhere.
    pub prices: Vec<Price>,
}

/// All signs, by their codes.
pub fn all() -> impl Iterator<Item = &'static Sign> {
    till::SIGNS.iter().chain(&family::SIGNS).chain(&prices::SIGNS)
}

/// A sign as it is set.
pub struct Set {
    /// The sign.
    pub sign: &'static Sign,
    /// Whether it is on.
    pub is_on: bool,
    /// Its figures.
    pub numbers: Numbers,
}

/// All signs as they are set, and how long a new till is only watched.
pub fn settings(conn: &Conn) -> Result<(Vec<Set>, i64)> {
    let kept: BTreeMap<String, (bool, BTreeMap<String, i64>)> = facts::settings(conn)?
        .into_iter()
        .map(|(code, is_on, numbers)| Ok((code, (is_on, serde_json::from_str(&numbers).context("a sign's numbers")?))))
        .collect::<Result<_>>()?;
    let value = |code: &str, n: &Number| {
        let set = kept.get(code).and_then(|(_, numbers)| numbers.get(n.key)).copied();
        set.unwrap_or(n.default).clamp(n.least, n.most)
    };
    let set = |sign: &'static Sign| Set {
        sign,
        is_on: kept.get(sign.code).map_or(sign.is_on, |(is_on, _)| *is_on),
        numbers: Numbers(sign.numbers.iter().map(|n| (n.key.to_owned(), value(sign.code, n))).collect()),
    };
    Ok((all().map(set).collect(), value(ALL_SIGNS, &LEARN)))
}

/// What a sign looks at, with its figures as they are set.
pub fn example(lang: Lang, sign: &Sign, numbers: &Numbers) -> String {
    let text = lang.of(sign.about_zh, sign.about_en).to_owned();
    numbers.0.iter().fold(text, |text, (key, value)| text.replace(&format!("{{{key}}}"), &value.to_string()))
}

/// Changes a sign's settings; what cannot be is named.
pub fn set(
    hq: &Hq,
    person: &Person,
    code: &str,
    is_on: bool,
    given: &BTreeMap<String, i64>,
) -> Result<Result<(), String>> {
    if !person.role.may_do(Action::EditSigns) {
        return Ok(Err("只有审核员或系统管理员能改。 Only a reviewer or an administrator sets signs.".into()));
    }
    let sign = all().find(|sign| sign.code == code);
    let numbers: Vec<Number> = match sign {
        Some(sign) => sign.numbers.to_vec(),
        None if code == ALL_SIGNS => vec![LEARN],
        None => return Ok(Err("没有这个迹象。 There is no such sign.".into())),
    };
    for number in &numbers {
        let value = given.get(number.key).copied().unwrap_or(number.default);
        if !(number.least..=number.most).contains(&value) {
            return Ok(Err(format!(
                "“{}”要在 {} 到 {} 之间。 “{}” is between {} and {}.",
                number.zh, number.least, number.most, number.en, number.least, number.most
            )));
        }
    }
    let kept: BTreeMap<&str, i64> =
        numbers.iter().map(|n| (n.key, given.get(n.key).copied().unwrap_or(n.default))).collect();
    let db = hq.db();
    let tx = db.begin()?;
    facts::put_setting(&tx, code, is_on, &serde_json::to_string(&kept)?)?;
    audit(&tx, &person.name, "set sign", &json!({"sign": code, "on": is_on, "numbers": kept}).to_string())?;
    tx.commit()?;
    Ok(Ok(()))
}

/// A claim's own figures, from what its till states and what headquarters came to.
pub fn fact(
    conn: &Conn,
    till_id: i64,
    store: &str,
    payload: &Value,
    said: &stated::Claim,
    own: &[PricedLine],
) -> Result<Fact> {
    let moment = |key: &str| {
        let text = payload.get(key).and_then(Value::as_str).unwrap_or_default();
        parse_rfc3339(text).map_or(0, |at| at.timestamp_millis())
    };
    let text = |key: &str| payload.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let entries = payload.get("lines").and_then(Value::as_array).into_iter().flatten();
    let by_hand = entries.filter(|l| matches!(l["entry"].as_str(), Some("plu" | "search" | "typed"))).count();
    let mut money: BTreeMap<String, i64> = BTreeMap::new();
    for line in &said.lines {
        *money.entry(line.basket.product.tagged()).or_default() += line.basket.gross().fen_i64();
    }
    let all = money.values().sum::<i64>().max(1);
    let (main_code, most) = money.into_iter().max_by_key(|(_, fen)| *fen).unwrap_or_default();
    let took_last = |line: &PricedLine| matches!(line.reason, Reason::AmountLimited | Reason::QuantityLimited);
    Ok(Fact {
        till_id,
        store: store.into(),
        household: said.household.clone(),
        person: said.person.clone(),
        at: moment("at"),
        date: text("business_date"),
        started_at: moment("started_at"),
        verified_by: text("verified_by"),
        is_capped: own.iter().any(took_last),
        is_unpaid: said.totals.due.is_zero(),
        lines: i64::try_from(said.lines.len())?,
        manual_lines: i64::try_from(by_hand)?,
        main_code,
        main_percent: most * 100 / all,
        place: facts::place(conn, &said.household)?,
    })
}

/// Looks at a claim: what the signs that are on find.
pub fn look(conn: &Conn, this: &Fact, said: &stated::Claim) -> Result<Vec<Found>> {
    let (set, learn_days) = settings(conn)?;
    let till = facts::of_till(conn, this.till_id, this.at, TILL_CLAIMS)?;
    let first = facts::first_of_till(conn, this.till_id)?.unwrap_or(this.at);
    if this.at - first < learn_days * DAY_MS {
        return Ok(Vec::new());
    }
    let facts = gather(conn, this, said, till)?;
    let mut found: Vec<Found> = Vec::new();
    let mut today = None;
    for each in set.iter().filter(|each| each.is_on) {
        let Some((zh, en)) = (each.sign.look)(&facts, &each.numbers) else { continue };
        if each.sign.is_daily {
            let today = match &today {
                Some(known) => known,
                None => today.insert(facts::found_on(conn, this.till_id, &this.date)?),
            };
            if today.iter().any(|code| code == each.sign.code) {
                continue;
            }
        }
        found.push((each.sign.code.into(), zh, en));
    }
    Ok(found)
}

fn gather(conn: &Conn, this: &Fact, said: &stated::Claim, till: Vec<Fact>) -> Result<Facts> {
    let with_this = |others: Vec<Fact>| std::iter::once(this.clone()).chain(others).collect::<Vec<_>>();
    let family = facts::of_household(conn, &this.household, this.at, FAMILY_CLAIMS)?;
    let mut served = facts::served_by(conn, &this.person, this.at - 30 * DAY_MS, this.at)?;
    if !served.contains(&this.household) {
        served.push(this.household.clone());
    }
    let closes = facts::closes(conn, this.till_id, CLOSES)?;
    let close = |jws: &String| {
        let payload = verify::payload(jws)?;
        let date = payload["business_date"].as_str()?.to_owned();
        Some((date, payload["sales"].as_i64()?, payload["subsidised_sales"].as_i64()?))
    };
    Ok(Facts {
        this: this.clone(),
        till: with_this(till),
        family: with_this(family),
        served: served.len(),
        closes: closes.iter().filter_map(close).collect(),
        prices: prices::of(conn, &this.store, said)?,
    })
}

/// Keeps a claim's figures, and what its goods cost.
pub fn keep(conn: &Conn, claim_id: i64, this: &Fact, said: &stated::Claim, found: &[Found]) -> Result<()> {
    facts::insert(conn, claim_id, this)?;
    for each in found {
        facts::put_found(conn, claim_id, this.till_id, &this.date, each)?;
    }
    prices::keep(conn, this, said)
}

/// How much a claim wants a look, 0 to 100: why it waits, what signs found, how much it is about.
pub fn risk(reasons: &[String], signs: usize, claimed_fen: i64) -> i64 {
    let of = |code: &str| match code {
        "R10" | "R12" => 40,
        "R08" => 35,
        "R09" | "R14" => 25,
        "R11" | "R16" | "R17" => 15,
        "R01" | "R02" => 12,
        "R03" | "R04" | "R05" | "R06" | "R07" => 8,
        _ => 0,
    };
    let signs = i64::try_from(signs).unwrap_or(i64::MAX).min(4) * 20;
    // One point for 5 yuan, 30 at most.
    let amount = (claimed_fen / 500).clamp(0, 30);
    (reasons.iter().map(|code| of(code)).sum::<i64>() + signs + amount).clamp(0, 100)
}
