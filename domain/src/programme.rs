//! Programmes: what a version of one says, read strictly from its JSON document.

use std::collections::BTreeMap;

use chrono::{NaiveDate, Weekday};

use crate::barcode::Selector;
use crate::id::identifier;
use crate::json::{Node, Object, Refused};
use crate::money::Money;
use crate::quantity::{Percent, Quantity};
use crate::time::{Period, parse_date, parse_weekday};

/// One published version of a programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programme {
    /// Identity, together with the version.
    pub code: String,
    /// Identity, together with the code; the highest one in force counts.
    pub version: u32,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English.
    pub name_en: String,
    /// Fund that repays; none where the store bears everything.
    pub fund: Option<String>,
    /// First business date, inclusive.
    pub valid_from: NaiveDate,
    /// Last business date, inclusive.
    pub valid_to: NaiveDate,
    /// Days of the week on which it fits; absent: all.
    pub weekdays: Option<Vec<Weekday>>,
    /// Eligible beneficiary categories.
    pub categories: Vec<String>,
    /// Tags of which the beneficiary must have one.
    pub tags: Option<Vec<String>>,
    /// GB/T 2260 prefixes of which one must prefix the beneficiary's district.
    pub districts: Option<Vec<String>>,
    /// Stores where it fits.
    pub stores: Option<Vec<String>>,
    /// Some of these must match a line …
    pub include: Vec<Selector>,
    /// … and none of these.
    pub exclude: Vec<Selector>,
    /// What the basket's in-scope lines must reach together.
    pub minimum: Option<Minimum>,
    /// What it gives.
    pub benefit: Benefit,
    /// Highest prices that the fund looks at.
    pub ceilings: Vec<Ceiling>,
    /// Whether the fund looks at no more than the store's lowest price of the last 7 days.
    pub lowest_price_7d: bool,
    /// Share of the discount that the fund repays.
    pub subsidy_share: Percent,
    /// How much of it there is, for whom and when.
    pub limits: Vec<Limit>,
    /// The most for one household since the till last heard from headquarters.
    pub offline: Option<Offline>,
    /// Lower goes first.
    pub priority: i64,
}

/// What the lines in a programme's scope must reach together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minimum {
    /// Sum of their gross.
    pub gross: Option<Money>,
    /// Number of different products.
    pub kinds: Option<u32>,
}

/// What a programme gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Benefit {
    /// Percent of the base price.
    PercentOff(Percent),
    /// Yuan off each piece or kilogram.
    AmountOff(Money, Unit),
    /// A special price for each piece or kilogram.
    FixedPrice(Money, Unit),
    /// A value card, which pays instead of reducing.
    Purse,
}

/// A unit in a programme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A piece, as sold.
    Piece,
    /// A kilogram of content.
    Kg,
}

/// The highest price that the fund looks at, for the lines that match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceiling {
    /// Lines that it holds for.
    pub selector: Selector,
    /// Yuan per unit.
    pub price: Money,
    /// Unit of the price.
    pub unit: Unit,
}

/// A limit of a programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// Identity across versions of the programme.
    pub id: String,
    /// Stretch of time in which it counts.
    pub per: Period,
    /// Lines that count; absent: all.
    pub selector: Option<Selector>,
    /// What it counts, and how much of it there is.
    pub measure: Measure,
    /// Whether it counts for the person instead of the household.
    pub per_person: bool,
    /// Whether it counts each product by itself.
    pub each_product: bool,
}

/// What a limit counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    /// Yuan of discount, or of payment from a purse.
    Discount(Table<Money>),
    /// Discounted quantity.
    Quantity(Table<Quantity>, Unit),
}

/// One figure, or figures by household size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Table<T> {
    /// The same for everyone.
    Flat(T),
    /// By the highest key that is not above the household's size.
    BySize(BTreeMap<u32, T>),
}

impl<T: Copy> Table<T> {
    /// The figure for a household of this size; none below the smallest key.
    pub fn figure(&self, size: u32) -> Option<T> {
        match self {
            Self::Flat(figure) => Some(*figure),
            Self::BySize(table) => table.range(..=size).next_back().map(|(_, figure)| *figure),
        }
    }
}

/// Bounds while the till has not heard from headquarters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offline {
    /// At the household's home store.
    pub home: Money,
    /// Anywhere else.
    pub other: Money,
}

impl Programme {
    /// Whether this is a value card.
    pub fn is_purse(&self) -> bool {
        self.benefit == Benefit::Purse
    }

    /// Whether this version's dates include `date`.
    pub fn in_force(&self, date: NaiveDate) -> bool {
        (self.valid_from..=self.valid_to).contains(&date)
    }

    /// The limit of this id.
    pub fn limit(&self, id: &str) -> Option<&Limit> {
        self.limits.iter().find(|limit| limit.id == id)
    }

    /// Reads one version.
    pub fn read(node: &Node<'_>) -> Result<Self, Refused> {
        let o = node.object(FIELDS)?;
        let name = o.need("name")?.object(&["zh", "en"])?;
        let (benefit, purse) = read_benefit(&o.need("benefit")?)?;
        let scope = o.need("scope")?.object(&["include", "exclude"])?;
        let programme = Self {
            code: o.need("code")?.parse(identifier)?,
            version: o.need("version")?.count()?,
            name_zh: name.need("zh")?.text()?.into(),
            name_en: name.need("en")?.text()?.into(),
            fund: o.need("fund").and_then(|n| if n.is_null() { Ok(None) } else { n.parse(identifier).map(Some) })?,
            valid_from: o.need("valid_from")?.parse(parse_date)?,
            valid_to: o.need("valid_to")?.parse(parse_date)?,
            weekdays: o.opt("weekdays", |n| n.full_list()?.iter().map(|d| d.parse(parse_weekday)).collect())?,
            categories: identifiers(&o.need("categories")?)?,
            tags: o.opt("tags", |n| identifiers(&n))?,
            districts: o.opt("districts", |n| identifiers(&n))?,
            stores: o.opt("stores", |n| identifiers(&n))?,
            include: selectors(&scope.need("include")?.full_list()?)?,
            exclude: scope.opt("exclude", |n| selectors(&n.list()?))?.unwrap_or_default(),
            minimum: o.opt("minimum", |n| read_minimum(&n))?,
            benefit,
            ceilings: o.opt("ceilings", |n| n.full_list()?.iter().map(read_ceiling).collect())?.unwrap_or_default(),
            lowest_price_7d: o.opt("lowest_price_7d", |n| n.bool())?.unwrap_or(false),
            subsidy_share: o.need("subsidy_share")?.parse(Percent::parse)?,
            limits: o.opt("limits", |n| n.list()?.iter().map(read_limit).collect())?.unwrap_or_default(),
            offline: o.opt("offline", |n| read_offline(&n))?,
            priority: o.need("priority")?.integer()?,
        };
        programme.check(&o, purse)?;
        Ok(programme)
    }

    /// Rules between the fields of one version.
    fn check(&self, o: &Object<'_>, purse: bool) -> Result<(), Refused> {
        if self.valid_from > self.valid_to {
            return Err(o.need("valid_from")?.refuse("is after `valid_to`"));
        }
        if self.fund.is_none() && self.subsidy_share.basis_points() != 0 {
            return Err(o.need("fund")?.refuse("may be null only where `subsidy_share` is 0"));
        }
        for (i, limit) in self.limits.iter().enumerate() {
            if self.limits[..i].iter().any(|earlier| earlier.id == limit.id) {
                return Err(o.need("limits")?.refuse(format!("limit `{}` stands twice", limit.id)));
            }
        }
        if !purse {
            return Ok(());
        }
        if self.subsidy_share != Percent::HUNDRED {
            return Err(o.need("subsidy_share")?.refuse("must be 100 for a purse"));
        }
        let by_quantity = self.limits.iter().any(|limit| matches!(limit.measure, Measure::Quantity(..)));
        if !self.ceilings.is_empty() || self.lowest_price_7d || by_quantity {
            return Err(o.refuse("a purse has no ceilings, quantity limits or `lowest_price_7d`"));
        }
        Ok(())
    }
}

const FIELDS: &[&str] = &[
    "code",
    "version",
    "name",
    "fund",
    "valid_from",
    "valid_to",
    "weekdays",
    "categories",
    "tags",
    "districts",
    "stores",
    "scope",
    "minimum",
    "benefit",
    "ceilings",
    "lowest_price_7d",
    "subsidy_share",
    "limits",
    "offline",
    "priority",
];

/// Reads `{"programmes": […]}` and checks the versions of a code against each other.
pub fn read_programmes(node: &Node<'_>) -> Result<Vec<Programme>, Refused> {
    let list = node.object(&["programmes"])?.need("programmes")?;
    read_programme_list(&list)
}

/// Reads a list of programmes, as `--cases` and imports carry it.
pub fn read_programme_list(list: &Node<'_>) -> Result<Vec<Programme>, Refused> {
    let nodes = list.full_list()?;
    let mut programmes: Vec<Programme> = Vec::with_capacity(nodes.len());
    for node in &nodes {
        let programme = Programme::read(node)?;
        for other in programmes.iter().filter(|other| other.code == programme.code) {
            consistent(other, &programme).map_err(|problem| node.refuse(problem))?;
        }
        programmes.push(programme);
    }
    Ok(programmes)
}

/// Whether two versions of one code may stand beside each other.
pub fn consistent(a: &Programme, b: &Programme) -> Result<(), String> {
    if a.version == b.version {
        return Err(format!("{} version {} stands twice", b.code, b.version));
    }
    for limit in &b.limits {
        let Some(before) = a.limit(&limit.id) else {
            continue;
        };
        let unit = |m: &Measure| {
            if let Measure::Quantity(_, unit) = m { Some(*unit) } else { None }
        };
        let same = before.per == limit.per
            && unit(&before.measure) == unit(&limit.measure)
            && before.per_person == limit.per_person
            && before.each_product == limit.each_product;
        if !same {
            return Err(format!(
                "limit `{}` of {} changes its period, kind, unit, holder or each_product between versions {} and {}",
                limit.id, b.code, a.version, b.version
            ));
        }
    }
    Ok(())
}

fn identifiers(node: &Node<'_>) -> Result<Vec<String>, Refused> {
    node.full_list()?.iter().map(|item| item.parse(identifier)).collect()
}

fn selectors(nodes: &[Node<'_>]) -> Result<Vec<Selector>, Refused> {
    nodes.iter().map(|node| node.parse(Selector::parse)).collect()
}

fn unit(o: &Object<'_>) -> Result<Unit, Refused> {
    o.need("unit")?.parse(|text| match text {
        "piece" => Ok(Unit::Piece),
        "kg" => Ok(Unit::Kg),
        _ => Err(format!("`{text}` is not a unit (piece, kg)")),
    })
}

fn read_benefit(node: &Node<'_>) -> Result<(Benefit, bool), Refused> {
    let o = node.object(&["percent_off", "amount_off", "fixed_price", "purse", "unit"])?;
    let named: Vec<_> = ["percent_off", "amount_off", "fixed_price", "purse"]
        .into_iter()
        .filter(|name| o.get(name).is_some())
        .collect();
    let &[name] = named.as_slice() else {
        return Err(node.refuse("must have exactly one of percent_off, amount_off, fixed_price, purse"));
    };
    let value = o.need(name)?;
    let benefit = match name {
        "percent_off" => Benefit::PercentOff(value.parse(Percent::parse)?),
        "amount_off" => Benefit::AmountOff(value.parse(Money::parse)?, unit(&o)?),
        "fixed_price" => Benefit::FixedPrice(value.parse(Money::parse)?, unit(&o)?),
        _ if value.bool()? => Benefit::Purse,
        _ => return Err(value.refuse("must be true")),
    };
    if matches!(benefit, Benefit::PercentOff(_) | Benefit::Purse) && o.get("unit").is_some() {
        return Err(o.need("unit")?.refuse("belongs to amount_off and fixed_price only"));
    }
    Ok((benefit, benefit == Benefit::Purse))
}

fn read_minimum(node: &Node<'_>) -> Result<Minimum, Refused> {
    let o = node.object(&["gross", "kinds"])?;
    let minimum = Minimum { gross: o.opt("gross", |n| n.parse(Money::parse))?, kinds: o.opt("kinds", |n| n.count())? };
    if minimum.gross.is_none() && minimum.kinds.is_none() {
        return Err(node.refuse("must have gross, kinds or both"));
    }
    Ok(minimum)
}

fn read_ceiling(node: &Node<'_>) -> Result<Ceiling, Refused> {
    let o = node.object(&["match", "price", "unit"])?;
    Ok(Ceiling {
        selector: o.need("match")?.parse(Selector::parse)?,
        price: o.need("price")?.parse(Money::parse)?,
        unit: unit(&o)?,
    })
}

fn read_offline(node: &Node<'_>) -> Result<Offline, Refused> {
    let o = node.object(&["home", "other"])?;
    Ok(Offline { home: o.need("home")?.parse(Money::parse)?, other: o.need("other")?.parse(Money::parse)? })
}

fn read_limit(node: &Node<'_>) -> Result<Limit, Refused> {
    const KINDS: [&str; 4] = ["discount", "discount_by_size", "quantity", "quantity_by_size"];
    let o = node.object(&[
        "id",
        "per",
        "match",
        "discount",
        "discount_by_size",
        "quantity",
        "quantity_by_size",
        "unit",
        "holder",
        "each_product",
    ])?;
    let named: Vec<_> = KINDS.into_iter().filter(|name| o.get(name).is_some()).collect();
    let &[name] = named.as_slice() else {
        return Err(node.refuse("must have exactly one of discount, discount_by_size, quantity, quantity_by_size"));
    };
    let value = o.need(name)?;
    let measure = match name {
        "discount" => Measure::Discount(Table::Flat(value.parse(Money::parse)?)),
        "discount_by_size" => Measure::Discount(by_size(&value, Money::parse)?),
        "quantity" => Measure::Quantity(Table::Flat(value.parse(Quantity::parse)?), unit(&o)?),
        _ => Measure::Quantity(by_size(&value, Quantity::parse)?, unit(&o)?),
    };
    if matches!(measure, Measure::Discount(_)) && o.get("unit").is_some() {
        return Err(o.need("unit")?.refuse("belongs to quantity limits only"));
    }
    let limit = Limit {
        id: o.need("id")?.parse(identifier)?,
        per: o.need("per")?.parse(Period::parse)?,
        selector: o.opt("match", |n| n.parse(Selector::parse))?,
        measure,
        per_person: o.opt("holder", |n| n.parse(parse_holder))?.unwrap_or(false),
        each_product: o.opt("each_product", |n| n.bool())?.unwrap_or(false),
    };
    if limit.id == "offline" {
        return Err(o.need("id")?.refuse("`offline` is not a limit's id: it names the offline amount"));
    }
    if limit.each_product && limit.per != Period::Sale {
        return Err(o.need("each_product")?.refuse("counts only per sale"));
    }
    Ok(limit)
}

/// Whether the limit is held by the person.
fn parse_holder(text: &str) -> Result<bool, String> {
    match text {
        "household" => Ok(false),
        "person" => Ok(true),
        _ => Err(format!("`{text}` is not a holder (household, person)")),
    }
}

fn by_size<T>(node: &Node<'_>, parse: impl Fn(&str) -> Result<T, String>) -> Result<Table<T>, Refused> {
    let mut table = BTreeMap::new();
    for (key, value) in node.entries()? {
        let digits = !key.is_empty() && key.bytes().all(|b| b.is_ascii_digit());
        let size: u32 =
            key.parse().ok().filter(|_| digits).ok_or_else(|| value.refuse("the key must be a household size"))?;
        if table.insert(size, value.parse(&parse)?).is_some() {
            return Err(value.refuse(format!("size {size} stands twice")));
        }
    }
    if table.is_empty() { Err(node.refuse("must not be empty")) } else { Ok(Table::BySize(table)) }
}
