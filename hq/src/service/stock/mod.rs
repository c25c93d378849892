//! A store's stock: what is entered, and what claims are held against.

mod entry;

use std::collections::BTreeMap;

use anyhow::Result;
use chrono::{Datelike as _, Months, NaiveDate};
use domain::quantity::Quantity;

use super::judge::reversal;
use super::{stated, verify};
use crate::store::claims::{self, Claim};
use crate::store::sql::Conn;
use crate::store::stock::{self, Move};
use crate::store::{Db, records};

pub use entry::{KINDS, Kind, Typed, enter, import_sold, signed, strike};

/// A month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    /// Its first day.
    pub first: NaiveDate,
    /// Its last day.
    pub last: NaiveDate,
}

impl Month {
    /// The month of a day.
    pub fn of(day: NaiveDate) -> Self {
        let first = day.with_day(1).unwrap_or(day);
        let last = first.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt()).unwrap_or(first);
        Self { first, last }
    }

    /// As 2026-11.
    pub fn parse(text: &str) -> Option<Self> {
        domain::time::parse_date(&format!("{text}-01")).ok().map(Self::of)
    }

    /// As 2026-11.
    pub fn key(self) -> String {
        self.first.format("%Y-%m").to_string()
    }
}

/// A product's month, in thousandths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Tagged code.
    pub product: String,
    /// When the month began, by the books.
    pub opening: i64,
    /// Received.
    pub received: i64,
    /// Of that, donated.
    pub donated: i64,
    /// Sold with help, by claims.
    pub helped: i64,
    /// Sold otherwise.
    pub sold: i64,
    /// Handed out.
    pub given: i64,
    /// What the last count found.
    pub counted: Option<i64>,
    /// What counts found more (or less) than the books said.
    pub difference: i64,
    /// When the month ended, by the books.
    pub closing: i64,
    /// Whether anything was ever entered of it: else there is nothing to hold claims against.
    pub is_kept: bool,
}

impl Line {
    /// How much more was sold with help than there can have been.
    pub fn above(&self) -> i64 {
        if self.is_kept { (self.helped - self.received - self.opening.max(0)).max(0) } else { 0 }
    }

    /// Whether the month has anything of it.
    fn is_of_month(&self) -> bool {
        self.opening != 0
            || self.received != 0
            || self.helped != 0
            || self.sold != 0
            || self.given != 0
            || self.counted.is_some()
    }
}

/// A day of a product: what came and went, then what was counted when it was over.
#[derive(Default)]
struct Day {
    received: i64,
    donated: i64,
    helped: i64,
    sold: i64,
    given: i64,
    counted: Option<i64>,
}

impl Day {
    fn add(&mut self, entry: &Move) {
        match entry.kind.as_str() {
            "received" => {
                self.received += entry.milli;
                self.donated += if entry.is_donated { entry.milli } else { 0 };
            }
            "sold" => self.sold += entry.milli,
            "given" => self.given += entry.milli,
            _ => self.counted = Some(entry.milli),
        }
    }
}

/// A store's month, by product; of one product or of all.
pub fn month(conn: &Conn, store: &str, product: Option<&str>, month: Month) -> Result<Vec<Line>> {
    let (first, last) = (month.first.to_string(), month.last.to_string());
    let mut days: BTreeMap<String, BTreeMap<String, Day>> = BTreeMap::new();
    let mut kept = std::collections::BTreeSet::new();
    for entry in stock::until(conn, store, product, &last)? {
        // Goods that were only sold were never held to anything.
        if matches!(entry.kind.as_str(), "received" | "counted") {
            kept.insert(entry.product.clone());
        }
        days.entry(entry.product.clone()).or_default().entry(entry.date.clone()).or_default().add(&entry);
    }
    for (product, date, milli) in stock::helped(conn, store, product, &last)? {
        days.entry(product).or_default().entry(date).or_default().helped += milli;
    }
    let lines = days.into_iter().map(|(product, days)| {
        let is_kept = kept.contains(&product);
        fold(Line { product, is_kept, ..Line::default() }, &days, &first)
    });
    Ok(lines.filter(Line::is_of_month).collect())
}

/// Adds up a product's days; what lies before `first` makes the opening.
fn fold(mut line: Line, days: &BTreeMap<String, Day>, first: &str) -> Line {
    for (date, day) in days {
        line.closing += day.received - day.helped - day.sold - day.given;
        let found = day.counted.map(|counted| counted - line.closing);
        line.closing = day.counted.unwrap_or(line.closing);
        if date.as_str() < first {
            line.opening = line.closing;
            continue;
        }
        line.received += day.received;
        line.donated += day.donated;
        line.helped += day.helped;
        line.sold += day.sold;
        line.given += day.given;
        line.difference += found.unwrap_or(0);
        line.counted = day.counted.or(line.counted);
    }
    line
}

/// What the books say of a product when a day is over, without what is counted on that day.
fn book(conn: &Conn, store: &str, product: &str, date: NaiveDate) -> Result<i64> {
    let whole = Month { first: date, last: date };
    let line = month(conn, store, Some(product), whole)?.into_iter().next().unwrap_or_default();
    Ok(line.opening + line.received - line.helped - line.sold - line.given)
}

/// Notes what a claim sold with help, less what came back. A part of a line that came back takes the same
/// part of what was helped with it.
pub fn note(conn: &Conn, claim: &Claim, said: &stated::Claim) -> Result<()> {
    let came_back = reversal::all_returned(conn, claim.id, None)?;
    stock::drop_goods(conn, claim.id)?;
    put(conn, claim, said, &came_back)
}

/// The same of a claim that just came: nothing of it was noted, and nothing came back.
pub fn note_new(conn: &Conn, claim: &Claim, said: &stated::Claim) -> Result<()> {
    put(conn, claim, said, &BTreeMap::new())
}

fn put(conn: &Conn, claim: &Claim, said: &stated::Claim, came_back: &BTreeMap<u32, Quantity>) -> Result<()> {
    let Some(date) = &claim.business_date else { return Ok(()) };
    let mut goods: BTreeMap<String, i64> = BTreeMap::new();
    for line in &said.lines {
        let whole = line.basket.quantity.milli();
        let helped = match (line.discount.is_zero(), line.purses.is_empty()) {
            (false, _) => line.quantity.milli(),
            (true, false) => whole,
            (true, true) => 0,
        };
        let back = came_back.get(&line.basket.line).map_or(0, |quantity| quantity.milli());
        let left = if whole > 0 { helped * (whole - back).max(0) / whole } else { 0 };
        *goods.entry(line.basket.product.tagged()).or_default() += i64::try_from(left)?;
    }
    let goods: Vec<(String, i64)> = goods.into_iter().filter(|(_, milli)| *milli > 0).collect();
    stock::put_goods(conn, claim.id, &claim.store, date, &goods)
}

/// Notes it for claims that came before this was kept.
pub fn fill(db: &Db) -> Result<()> {
    if !stock::is_empty(&db.conn)? {
        return Ok(());
    }
    let tx = db.begin()?;
    for claim in claims::list(&tx, None, None, None)? {
        let payload = verify::payload(&records::jws(&tx, claim.record_id)?);
        if let Some(said) = payload.and_then(|payload| stated::claim(&payload).ok()) {
            note(&tx, &claim, &said)?;
        }
    }
    stock::is_filled(&tx)?;
    tx.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(received: i64, helped: i64, counted: Option<i64>) -> Day {
        Day { received, helped, counted, ..Day::default() }
    }

    #[test]
    fn a_count_sets_the_stock_when_its_day_is_over() {
        let days = [
            ("2026-10-30", day(10_000, 2_000, None)),
            ("2026-11-02", day(5_000, 1_000, Some(11_000))),
            ("2026-11-09", day(0, 4_000, None)),
        ];
        let days: BTreeMap<String, Day> = days.into_iter().map(|(date, day)| (date.to_owned(), day)).collect();
        let line = fold(Line { is_kept: true, ..Line::default() }, &days, "2026-11-01");
        assert_eq!((line.opening, line.received, line.helped), (8_000, 5_000, 5_000));
        assert_eq!((line.counted, line.difference, line.closing), (Some(11_000), -1_000, 7_000));
        assert_eq!(line.above(), 0);
        let short = Line { opening: -3_000, received: 1_000, helped: 4_500, is_kept: true, ..Line::default() };
        assert_eq!(short.above(), 3_500, "a hole of last month is no stock of this one, nor counted twice");
        assert_eq!(Line { is_kept: false, ..short }.above(), 0);
    }

    #[test]
    fn a_month_ends_with_its_last_day() {
        let february = Month::parse("2028-02").unwrap();
        assert_eq!((february.first.to_string(), february.last.to_string()), ("2028-02-01".into(), "2028-02-29".into()));
        assert_eq!(february.key(), "2028-02");
        assert_eq!(Month::parse("2028-13"), None);
    }
}
