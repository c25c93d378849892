//! A record's payload as the till states it, read without believing any of it.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::basket::BasketLine;
use domain::id::identifier;
use domain::json::{Node, Object, Refused, Unknown};
use domain::money::Money;
use domain::pricing::Totals;
use domain::quantity::Quantity;
use domain::time::{business_date, parse_date, parse_rfc3339};
use domain::usage::Used;
use serde_json::Value;

/// A claim that comes later than this after its time waits for people, in milliseconds.
const LATE_MS: i64 = 10 * 86_400_000;
/// A till's clock may be this far ahead, in milliseconds.
const AHEAD_MS: i64 = 5 * 60_000;

/// The fields by which a record joins a chain. Without them it is invalid.
#[derive(Debug, Clone)]
pub struct Position {
    /// Epoch.
    pub epoch: String,
    /// Position in it.
    pub seq: u64,
    /// Id.
    pub id: String,
}

/// Reads a record's position.
pub fn position(payload: &Value) -> Option<Position> {
    let text = |name: &str| payload.get(name).and_then(Value::as_str).filter(|t| !t.is_empty() && t.len() <= 128);
    Some(Position {
        epoch: text("epoch")?.into(),
        seq: payload.get("seq").and_then(Value::as_u64).filter(|seq| (1..1 << 53).contains(seq))?,
        id: text("id")?.into(),
    })
}

/// Fields of the envelope that are judged; each may be missing or wrong.
#[derive(Debug, Clone, Default)]
pub struct Envelope {
    /// `claim`, `reversal`, `day_close`, `event`, `epoch`, or what else the till says.
    pub kind: String,
    /// Store's code.
    pub store: String,
    /// Till's code.
    pub till: String,
    /// Time.
    pub at: Option<DateTime<Utc>>,
    /// Business date.
    pub business_date: Option<NaiveDate>,
    /// Receipt number.
    pub sale: Option<String>,
    /// Stated running total.
    pub total_claimed: Option<Money>,
}

/// Reads the envelope.
pub fn envelope(payload: &Value) -> Envelope {
    let text = |name: &str| payload.get(name).and_then(Value::as_str);
    Envelope {
        kind: text("kind").unwrap_or_default().chars().take(40).collect(),
        store: text("store").unwrap_or_default().into(),
        till: text("till").unwrap_or_default().into(),
        at: text("at").and_then(|t| parse_rfc3339(t).ok()),
        business_date: text("business_date").and_then(|t| parse_date(t).ok()),
        sale: text("sale").map(|t| t.chars().take(128).collect()),
        total_claimed: text("total_claimed").and_then(|t| Money::parse_signed(t).ok()),
    }
}

/// A claim as stated.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Household.
    pub household: String,
    /// Person.
    pub person: String,
    /// Version of the roster that the till went by.
    pub roster_version: Option<u64>,
    /// `heard` as JSON, to find claims that went by the same balances.
    pub heard: String,
    /// Whether it came from a manual slip.
    pub slip: bool,
    /// The date of that slip, by which the claim was priced.
    pub slip_date: Option<NaiveDate>,
    /// The hold that it was priced by.
    pub hold: Option<String>,
    /// Whether the till thought that its balances were fresh.
    pub online: bool,
    /// What the till says it knew.
    pub used: Used,
    /// Declined programmes.
    pub decline: Vec<String>,
    /// Asked of purses.
    pub purses: BTreeMap<String, Money>,
    /// Lines with the till's answers.
    pub lines: Vec<Line>,
    /// Programme versions that it names.
    pub versions: BTreeMap<String, u32>,
    /// Sums.
    pub totals: Totals,
}

/// A line of a claim as stated.
#[derive(Debug, Clone)]
pub struct Line {
    /// What was sold.
    pub basket: BasketLine,
    /// Programme that took something off, and its version.
    pub programme: Option<(String, u32)>,
    /// Taken off.
    pub discount: Money,
    /// Repaid by the fund.
    pub subsidy: Money,
    /// Paid by purses.
    pub purses: BTreeMap<String, Money>,
    /// Part of the quantity that the discount stands for.
    pub quantity: Quantity,
}

/// Reads a claim; the refusal says where it is malformed, or which amounts do not add up.
pub fn claim(payload: &Value) -> Result<Claim, Refused> {
    let root = Node::root("claim", payload, Unknown::Ignore);
    let o = root.object(&[])?;
    let text = |name: &str| o.need(name)?.parse(identifier);
    let mut lines = Vec::new();
    for node in o.need("lines")?.full_list()? {
        lines.push(line(&node)?);
    }
    let mut versions = BTreeMap::new();
    for node in o.need("programmes")?.list()? {
        let p = node.object(&[])?;
        versions.insert(p.need("code")?.parse(identifier)?, p.need("version")?.count()?);
    }
    for (code, version) in lines.iter().filter_map(|l| l.programme.clone()) {
        versions.insert(code, version);
    }
    let from = |name: &str| payload.get(name).cloned().unwrap_or_default();
    let used: Used = match from("used") {
        Value::Null => Used::default(),
        value => serde_json::from_value(value).map_err(|err| root.refuse(format!("used: {err}")))?,
    };
    let claim = Claim {
        household: text("household")?,
        person: text("person")?,
        roster_version: o.get("roster_version").and_then(|n| n.value.as_u64()),
        heard: from("heard").to_string(),
        slip: o.get_non_null("slip").is_some(),
        slip_date: payload.pointer("/slip/date").and_then(Value::as_str).and_then(|date| parse_date(date).ok()),
        hold: payload.get("hold").and_then(Value::as_str).map(Into::into),
        online: o.opt("online", |n| n.bool())?.unwrap_or(true),
        used,
        decline: o.opt("decline", |n| n.list()?.iter().map(|d| d.parse(identifier)).collect())?.unwrap_or_default(),
        purses: moneys(&o, "purses")?,
        lines,
        versions,
        totals: serde_json::from_value(from("totals")).map_err(|err| root.refuse(format!("totals: {err}")))?,
    };
    adds_up(&claim).map_err(|problem| root.refuse(problem))?;
    Ok(claim)
}

fn moneys(o: &Object<'_>, name: &str) -> Result<BTreeMap<String, Money>, Refused> {
    let entries = o.get_non_null(name).map(|n| n.entries()).transpose()?.unwrap_or_default();
    entries.into_iter().map(|(code, amount)| Ok((code.into(), amount.parse(Money::parse)?))).collect()
}

fn line(node: &Node<'_>) -> Result<Line, Refused> {
    let o = node.object(&[])?;
    let basket = BasketLine::read(node)?;
    let money = |name: &str| o.need(name)?.parse(Money::parse);
    let programme = match o.get_non_null("programme") {
        Some(code) => Some((code.parse(identifier)?, o.need("version")?.count()?)),
        None => None,
    };
    let line = Line {
        programme,
        discount: money("discount")?,
        subsidy: money("subsidy")?,
        purses: moneys(&o, "purses")?,
        quantity: o.opt("discounted_quantity", |n| n.parse(Quantity::parse))?.unwrap_or(Quantity::ZERO),
        basket,
    };
    let (gross, promotion, concession, net) =
        (money("gross")?, line.basket.promotion, money("concession")?, money("net")?);
    let purse: Money = line.purses.values().copied().sum();
    if gross != line.basket.gross()
        || line.discount != line.subsidy + concession
        || net + line.discount + promotion != gross
        || money("purse")? != purse
        || purse > net
        || (line.programme.is_none() && !line.discount.is_zero())
        || line.quantity > line.basket.quantity
    {
        return Err(node.refuse("its amounts do not add up"));
    }
    Ok(line)
}

fn adds_up(claim: &Claim) -> Result<(), String> {
    let sum = |part: fn(&Line) -> Money| -> Money { claim.lines.iter().map(part).sum() };
    let t = &claim.totals;
    let purse = sum(|l| l.purses.values().copied().sum());
    let fits = t.gross == sum(|l| l.basket.gross())
        && t.promotion == sum(|l| l.basket.promotion)
        && t.discount == sum(|l| l.discount)
        && t.subsidy == sum(|l| l.subsidy)
        && t.concession == t.discount - t.subsidy
        && t.net == t.gross - t.promotion - t.discount
        && t.purse == purse
        && t.due == t.net - t.purse
        && t.claim == t.subsidy + t.purse;
    let mut numbers: Vec<u32> = claim.lines.iter().map(|l| l.basket.line).collect();
    numbers.sort_unstable();
    numbers.dedup();
    if !fits || numbers.len() != claim.lines.len() {
        return Err("its totals are not the sums of its lines".into());
    }
    Ok(())
}

/// A reversal as stated: the claim, and how much of which line came back.
pub fn reversal(payload: &Value) -> Result<(String, Vec<(u32, Quantity)>), Refused> {
    let o = Node::root("reversal", payload, Unknown::Ignore).object(&[])?;
    let mut lines = Vec::new();
    for node in o.need("lines")?.full_list()? {
        let l = node.object(&[])?;
        lines.push((l.need("line")?.count()?, l.need("quantity")?.parse(Quantity::parse)?));
    }
    Ok((o.need("of")?.text()?.chars().take(128).collect(), lines))
}

/// What a record adds to the running total, by its own totals.
pub fn contribution(kind: &str, payload: &Value) -> Money {
    let amount = |name: &str| {
        let text = payload.get("totals").and_then(|t| t.get(name)).and_then(Value::as_str).unwrap_or("0");
        Money::parse_signed(text).unwrap_or_default()
    };
    match kind {
        "claim" => amount("subsidy") + amount("purse"),
        "reversal" => -(amount("subsidy") + amount("purse")),
        _ => Money::ZERO,
    }
}

/// R11: the date is not the time's, lies ahead, goes backwards, is of a closed day, or long ago.
pub fn is_wrong_time(said: &Envelope, now: i64, last_at: i64, last_close: &str) -> bool {
    let (Some(at), Some(date)) = (said.at, said.business_date) else {
        return true;
    };
    let at_ms = at.timestamp_millis();
    business_date(at) != date
        || at_ms > now + AHEAD_MS
        || at_ms < last_at
        || date.to_string().as_str() < last_close
        || now - at_ms > LATE_MS
}
