//! What a shelf label says of a product: its price, and what a family that is verified pays for it.

use std::collections::BTreeMap;

use anyhow::Result;
use chrono::{Datelike, Days, NaiveDate, Weekday};
use domain::basket::{Basket, BasketLine, Beneficiary, SaleUnit};
use domain::money::Money;
use domain::pricing::{counting, price};
use domain::product::Product;
use domain::programme::{Limit, Measure, Programme, Table, Unit};
use domain::quantity::Quantity;
use domain::time::Period;
use domain::usage::Used;
use sheets::pdf::Label;
use sync::protocol::{Shared, read_shared};

use super::prices;
use crate::service::programmes::NOBODY;
use crate::store::lists;
use crate::store::shop::Entry;
use crate::store::sql::Conn;
use crate::store::tills::StoreRow;

/// A weekday's programme is looked for so many days ahead: a label hangs for longer than a day.
const DAYS: u64 = 7;
/// The household that a label speaks to: one person.
const SIZE: u32 = 1;

/// What a verified family pays for one unit, and on which condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reduced {
    /// Yuan for one unit.
    pub price: Money,
    /// Programme's code.
    pub programme: String,
    /// The condition in Chinese, as it stands on the label; empty where there is none but to be verified.
    pub condition: String,
}

/// A product of a store's list; none where the list holds something that cannot be read.
pub fn product(entry: &Entry) -> Option<Product> {
    let body = serde_json::from_str(entry.body.as_deref()?).ok()?;
    match read_shared("product", &entry.key, &body) {
        Ok(Shared::Product(product)) => Some(product),
        _ => None,
    }
}

/// The label of a product.
pub fn label(product: &Product, reduced: Option<&Reduced>) -> Label {
    let mut prices = vec![("零售价".to_owned(), product.price.unwrap_or_default())];
    prices.extend(reduced.map(|reduced| ("惠民价（凭核验）".to_owned(), reduced.price)));
    Label {
        name: product.name.clone(),
        spec: product.spec.clone(),
        unit: unit(product).into(),
        prices,
        note: reduced.map(|reduced| reduced.condition.clone()).unwrap_or_default(),
        code: product.key.parts().1,
    }
}

/// What the price is for, in Chinese.
fn unit(product: &Product) -> &str {
    match (product.unit_name.as_str(), product.unit) {
        ("", SaleUnit::Piece) => "件",
        ("", SaleUnit::Kg) => "公斤",
        ("", SaleUnit::Jin) => "斤",
        (name, _) => name,
    }
}

/// What programmes give in a store from a day on.
pub struct Shelf<'a> {
    store: &'a StoreRow,
    /// Each with the day on which it is looked at, and the household that it is for.
    programmes: Vec<(Programme, NaiveDate, Beneficiary)>,
}

impl<'a> Shelf<'a> {
    /// Reads what is in force.
    pub fn open(store: &'a StoreRow, programmes: &[Programme], today: NaiveDate) -> Self {
        let empty = basket(store, today, None, Vec::new());
        let mut found = Vec::new();
        for programme in counting(programmes, &empty).into_iter().filter(|p| !p.is_purse()) {
            let fits_here = programme.stores.as_ref().is_none_or(|stores| stores.contains(&store.code));
            let day = day(programme, today);
            if let (true, Some(day), Some(family)) = (fits_here, day, family(programme, store)) {
                found.push((programme.clone(), day, family));
            }
        }
        Self { store, programmes: found }
    }

    /// The lowest price of the programmes for one unit; none where no programme takes anything off.
    pub fn reduced(&self, conn: &Conn, product: &Product) -> Result<Option<Reduced>> {
        // Headquarters' group counts, as it does at a till.
        let group = lists::product_group(conn, &product.key.tagged())?;
        let Some(mut line) = line(product, group) else { return Ok(None) };
        let lowest = prices::lowest(conn, &self.store.code, &product.key.tagged())?;
        line.lowest_price_7d = lowest.map(|fen| Money::from_fen(fen.into()));
        let mut lowest: Option<(Money, &Programme)> = None;
        for (programme, day, family) in &self.programmes {
            let basket = basket(self.store, *day, Some(family.clone()), vec![line.clone()]);
            let priced = price(std::slice::from_ref(programme), &basket);
            let net = priced.lines.first().filter(|line| line.discount > Money::ZERO).map(|line| line.net);
            if let Some(net) =
                net.filter(|net| lowest.is_none_or(|(price, p)| (*net, programme.priority) < (price, p.priority)))
            {
                lowest = Some((net, programme));
            }
        }
        Ok(lowest.map(|(price, p)| Reduced { price, programme: p.code.clone(), condition: condition(p, &line) }))
    }
}

/// One unit of a product.
fn line(product: &Product, group: Option<String>) -> Option<BasketLine> {
    Some(BasketLine {
        line: 1,
        product: product.key.clone(),
        group: group.unwrap_or_else(|| product.group.clone()),
        unit: product.unit,
        content_kg: product.content_kg,
        unit_price: product.price?,
        quantity: Quantity::from_milli(1000),
        amount: None,
        promotion: Money::ZERO,
        lowest_price_7d: None,
    })
}

fn basket(store: &StoreRow, date: NaiveDate, family: Option<Beneficiary>, lines: Vec<BasketLine>) -> Basket {
    Basket {
        store: store.code.clone(),
        business_date: date,
        online: true,
        beneficiary: family,
        used: Used::default(),
        decline: Vec::new(),
        purses: BTreeMap::new(),
        lines,
    }
}

/// The first day from today on which a programme fits.
fn day(p: &Programme, today: NaiveDate) -> Option<NaiveDate> {
    (0..DAYS)
        .filter_map(|n| today.checked_add_days(Days::new(n)))
        .find(|day| p.in_force(*day) && p.weekdays.as_ref().is_none_or(|days| days.contains(&Datelike::weekday(day))))
}

/// A household of one that a programme is for and that may shop here.
fn family(p: &Programme, store: &StoreRow) -> Option<Beneficiary> {
    let category = p.categories.iter().find(|category| *category != NOBODY)?;
    let near = |prefix: &String| {
        let own = std::iter::once(&store.district).chain(&store.serves);
        own.into_iter().any(|d| d.starts_with(prefix.as_str()) || prefix.starts_with(d.as_str()))
    };
    let district = match &p.districts {
        None => store.district.clone(),
        Some(prefixes) => prefixes.iter().find(|prefix| near(prefix))?.clone(),
    };
    Some(Beneficiary {
        household: "label".into(),
        category: category.clone(),
        district,
        size: SIZE,
        home_store: Some(store.code.clone()),
        tags: p.tags.iter().flatten().take(1).cloned().collect(),
    })
}

/// On what a programme's price of this line depends, beside being verified.
fn condition(p: &Programme, line: &BasketLine) -> String {
    // Whom it is for stands on no shelf: who qualifies is seen at the till, by the verification.
    let mut parts = Vec::new();
    if let Some(days) = &p.weekdays {
        parts.push(format!("限{}", days.iter().map(|day| weekday(*day)).collect::<Vec<_>>().join("、")));
    }
    let matching = |limit: &&Limit| limit.selector.as_ref().is_none_or(|s| s.matches(&line.product, &line.group));
    parts.extend(p.limits.iter().filter(matching).map(limit));
    parts.join("；")
}

fn limit(limit: &Limit) -> String {
    let who = if limit.per_person { "每人" } else { "每户" };
    let per = match limit.per {
        Period::Sale => "每次",
        Period::Day => "每天",
        Period::Week => "每周",
        Period::Month => "每月",
        Period::TwoMonths => "每两个月",
        Period::Quarter => "每季度",
        Period::HalfYear => "每半年",
        Period::Year => "每年",
        Period::Programme => "共",
    };
    let (most, by_size) = match &limit.measure {
        Measure::Discount(table) => (format!("最多优惠 {} 元", figure(table)), matches!(table, Table::BySize(_))),
        Measure::Quantity(table, unit) => {
            let unit = match unit {
                Unit::Piece => "件",
                Unit::Kg => "公斤",
            };
            (format!("限 {} {unit}", figure(table)), matches!(table, Table::BySize(_)))
        }
    };
    let size = if by_size { "（1 人户，人多按规定）" } else { "" };
    let each = if limit.each_product { "每种" } else { "" };
    format!("{who}{per}{each}{most}{size}")
}

fn figure<T: Copy + ToString>(table: &Table<T>) -> String {
    let text = table.figure(SIZE).map_or_else(|| "0".into(), |figure| figure.to_string());
    match text.split_once('.') {
        Some((whole, decimals)) if decimals.bytes().all(|b| b == b'0') => whole.into(),
        _ => text,
    }
}

fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "周一",
        Weekday::Tue => "周二",
        Weekday::Wed => "周三",
        Weekday::Thu => "周四",
        Weekday::Fri => "周五",
        Weekday::Sat => "周六",
        Weekday::Sun => "周日",
    }
}
