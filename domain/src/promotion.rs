//! A store's own promotions: for any customer, with dates, borne by the store. They come off before
//! any programme looks at a line (spec/pricing.md, `promotion`).

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::{Value, json};

use crate::barcode::Selector;
use crate::id::identifier;
use crate::json::{Node, Object, Refused};
use crate::money::Money;
use crate::quantity::Percent;
use crate::sale::SaleLine;
use crate::time::parse_date;

/// One promotion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    /// Code.
    pub code: String,
    /// Name on screen and shelf.
    pub name: String,
    /// First and last date, both inclusive.
    pub valid: (NaiveDate, NaiveDate),
    /// What it is for.
    pub include: Vec<Selector>,
    /// What it is not for.
    pub exclude: Vec<Selector>,
    /// What it does.
    pub kind: Kind,
}

/// What a promotion does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 特价: another price a sale unit.
    UnitPrice(Money),
    /// 立减: yuan off each sale unit.
    AmountOff(Money),
    /// 折扣: percent off.
    PercentOff(Percent),
    /// 满减: yuan off once the goods reach a sum.
    Threshold {
        /// What they must reach together.
        spend: Money,
        /// What comes off then.
        off: Money,
        /// Whether it comes off again for each further `spend`.
        repeat: bool,
    },
}

impl Promotion {
    /// Reads a promotion's document.
    pub fn read(node: &Node<'_>) -> Result<Self, Refused> {
        let o = node.object(&[
            "code",
            "name",
            "valid_from",
            "valid_to",
            "scope",
            "unit_price",
            "amount_off",
            "percent_off",
            "threshold",
        ])?;
        let scope = o.need("scope")?.object(&["include", "exclude"])?;
        let read = |n: Node<'_>| n.list()?.iter().map(|s| s.parse(Selector::parse)).collect::<Result<Vec<_>, _>>();
        let promotion = Self {
            code: o.need("code")?.parse(identifier)?,
            name: o.need("name")?.parse(name)?,
            valid: (o.need("valid_from")?.parse(parse_date)?, o.need("valid_to")?.parse(parse_date)?),
            include: read(scope.need("include")?)?,
            exclude: scope.opt("exclude", read)?.unwrap_or_default(),
            kind: read_kind(&o)?,
        };
        if promotion.valid.0 > promotion.valid.1 {
            return Err(o.need("valid_from")?.refuse("is after valid_to"));
        }
        if promotion.include.is_empty() {
            return Err(scope.need("include")?.refuse("is empty"));
        }
        Ok(promotion)
    }

    /// Whether it counts on a date.
    pub fn is_valid(&self, date: NaiveDate) -> bool {
        (self.valid.0..=self.valid.1).contains(&date)
    }

    /// Whether it is for a line.
    pub fn covers(&self, line: &SaleLine) -> bool {
        let b = &line.basket;
        let matches = |s: &Selector| s.matches(&b.product, &b.group);
        self.include.iter().any(matches) && !self.exclude.iter().any(matches)
    }

    /// What it takes off one line by itself; nothing where it looks at the basket.
    fn off(&self, line: &SaleLine) -> Money {
        let b = &line.basket;
        let gross = b.gross();
        match self.kind {
            Kind::UnitPrice(price) => (gross - price.times(b.quantity)).max(Money::ZERO),
            Kind::AmountOff(off) => off.times(b.quantity).min(gross),
            Kind::PercentOff(percent) => Money::from_fen((gross.fen() * percent.basis_points() + 5_000) / 10_000),
            Kind::Threshold { .. } => Money::ZERO,
        }
    }
}

fn read_kind(o: &Object<'_>) -> Result<Kind, Refused> {
    let money = |name: &str| o.opt(name, |n| n.parse(Money::parse));
    let kinds = [
        money("unit_price")?.map(Kind::UnitPrice),
        money("amount_off")?.map(Kind::AmountOff),
        o.opt("percent_off", |n| n.parse(Percent::parse))?.map(Kind::PercentOff),
        o.opt("threshold", |n| read_threshold(&n))?,
    ];
    match kinds.into_iter().flatten().collect::<Vec<_>>().as_slice() {
        [one] => Ok(*one),
        _ => Err(o.refuse("must have exactly one of unit_price, amount_off, percent_off, threshold")),
    }
}

fn read_threshold(node: &Node<'_>) -> Result<Kind, Refused> {
    let o = node.object(&["spend", "off", "repeat"])?;
    let (spend, off) = (o.need("spend")?.parse(Money::parse)?, o.need("off")?.parse(Money::parse)?);
    if spend.is_zero() || off > spend {
        return Err(node.refuse("`spend` must be above 0 and not below `off`"));
    }
    Ok(Kind::Threshold { spend, off, repeat: o.opt("repeat", |n| n.bool())?.unwrap_or(false) })
}

fn name(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 40 || text.chars().any(char::is_control) {
        return Err("a name has 1 to 40 printable characters".into());
    }
    Ok(text.into())
}

impl Serialize for Promotion {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.document().serialize(serializer)
    }
}

impl Promotion {
    /// Its document, as [`Self::read`] takes it.
    pub fn document(&self) -> Value {
        let words = |list: &[Selector]| list.iter().map(Selector::word).collect::<Vec<_>>();
        let mut document = json!({
            "code": self.code, "name": self.name,
            "valid_from": self.valid.0.to_string(), "valid_to": self.valid.1.to_string(),
            "scope": { "include": words(&self.include), "exclude": words(&self.exclude) },
        });
        match self.kind {
            Kind::UnitPrice(price) => document["unit_price"] = json!(price),
            Kind::AmountOff(off) => document["amount_off"] = json!(off),
            Kind::PercentOff(percent) => document["percent_off"] = json!(percent.to_string()),
            Kind::Threshold { spend, off, repeat } => {
                document["threshold"] = json!({ "spend": spend, "off": off, "repeat": repeat });
            }
        }
        document
    }
}

/// Puts what promotions take off into the lines. Of the promotions for one line the best counts;
/// then, over what is left, the best 满减. A line whose price a manager set takes no part.
pub fn apply(promotions: &[Promotion], date: NaiveDate, lines: &mut [SaleLine]) {
    let valid: Vec<&Promotion> = promotions.iter().filter(|p| p.is_valid(date)).collect();
    for line in lines.iter_mut() {
        line.basket.promotion = match &line.changed {
            Some(changed) => changed.off(&line.basket),
            None => valid.iter().filter(|p| p.covers(line)).map(|p| p.off(line)).max().unwrap_or_default(),
        };
    }
    let best = valid.iter().map(|p| (*p, threshold_off(p, lines))).max_by(|a, b| {
        // Among equals the lower code: the same on every till.
        a.1.cmp(&b.1).then_with(|| b.0.code.cmp(&a.0.code))
    });
    if let Some((promotion, off)) = best.filter(|(_, off)| !off.is_zero()) {
        share(promotion, off, lines);
    }
}

fn takes_part(promotion: &Promotion, line: &SaleLine) -> bool {
    line.changed.is_none() && promotion.covers(line)
}

fn threshold_off(promotion: &Promotion, lines: &[SaleLine]) -> Money {
    let Kind::Threshold { spend, off, repeat } = promotion.kind else {
        return Money::ZERO;
    };
    let sum: Money = lines.iter().filter(|l| takes_part(promotion, l)).map(|l| l.basket.regular()).sum();
    let times = sum.fen() / spend.fen();
    Money::from_fen(off.fen() * if repeat { times } else { times.min(1) })
}

/// Shares what comes off among the lines by what they cost. Each share is the difference of two
/// rounded running sums, so that they add up to the fen and none is above its line.
fn share(promotion: &Promotion, off: Money, lines: &mut [SaleLine]) {
    let sum: Money = lines.iter().filter(|l| takes_part(promotion, l)).map(|l| l.basket.regular()).sum();
    let (mut before, mut given) = (Money::ZERO, Money::ZERO);
    for line in lines.iter_mut().filter(|l| takes_part(promotion, l)) {
        before += line.basket.regular();
        let up_to = Money::from_fen((off.fen() * before.fen() * 2 + sum.fen()) / (sum.fen() * 2));
        line.basket.promotion += up_to - given;
        given = up_to;
    }
}
