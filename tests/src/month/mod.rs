//! A month of sales at a few tills, rung up through the till's own code and sent up as tills send it.
//!
//! Nothing is written past the programs: the clock alone is set back, in headquarters too, since it
//! holds a claim that comes more than ten days late. That is why headquarters runs in this process.

mod clock;
mod counter;
pub mod dice;
pub mod inside;
pub mod shelves;

use std::path::PathBuf;

use anyhow::Result;
use chrono::{Datelike as _, Days, NaiveDate, Utc, Weekday};
use domain::time::business_date;
use hq::store::place::Database;
use serde::Serialize;

use self::clock::{Clock, moment};
use self::counter::Counter;
use self::dice::Dice;
use self::inside::Inside;
use self::shelves::{Shelves, Shopper};
use crate::{Household, households, roster_csv};

/// These families do not shop, so that whoever tries the demonstration finds their month untouched.
pub const UNTOUCHED: usize = 4;
/// Days before the first sale on which roster, programmes and products are published.
const PUBLISHED_BEFORE: u64 = 8;
/// So many days before the end a store loses its line, for two days and a morning.
const LINE_LOST: u64 = 12;
/// The store without a line has a clock that is fast by so much, in milliseconds.
const FAST_MS: i64 = 80 * 60_000;
const HOUR: i64 = 3600;
/// The hour at which the line comes back.
const LINE_BACK: i64 = 10 * HOUR;

/// What is to be rung up.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Days up to yesterday.
    pub days: u64,
    /// Households of the roster.
    pub households: usize,
    /// Headquarters' folder, with its keys.
    pub headquarters: PathBuf,
    /// Its database, with its stores.
    pub database: Database,
    /// Folders of enrolled tills, with prices and the staff of the demonstration.
    pub tills: Vec<PathBuf>,
}

/// What was rung up.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Rung {
    /// Sales.
    pub sales: u32,
    /// Sales that made a claim.
    pub claims: u32,
    /// Returns.
    pub returns: u32,
    /// Families that are not entitled now, and paid the regular price.
    pub turned_away: u32,
    /// Baskets that were given up.
    pub cleared: u32,
}

/// Publishes the demonstration's lists and rings the month up.
pub fn ring_up(plan: &Plan) -> Result<Rung> {
    let first = business_date(Utc::now()) - Days::new(plan.days);
    let clock = Clock::at(moment(first - Days::new(PUBLISHED_BEFORE), 9 * HOUR));
    let headquarters = Inside::open(plan.database.clone(), &plan.headquarters)?;
    headquarters.publish_programmes(&std::fs::read(crate::data().join("programmes.json"))?)?;
    headquarters.publish_products(&std::fs::read(crate::data().join("products.csv"))?)?;
    headquarters.publish_roster(&roster_csv(plan.households))?;
    let mut month = Month {
        clock,
        dice: Dice::new(2026),
        headquarters,
        shelves: Shelves::new()?,
        families: households(plan.households).split_off(UNTOUCHED.min(plan.households)),
        counters: plan.tills.iter().map(|dir| Counter::open(dir)).collect::<Result<_>>()?,
        rung: Rung::default(),
    };
    for day in 0..plan.days {
        let days_left = plan.days - day;
        month.day(first + Days::new(day), LINE_LOST.checked_sub(days_left))?;
    }
    month.clock.show_the_present();
    for counter in &mut month.counters {
        counter.sync(&month.clock, &month.headquarters)?;
    }
    Ok(month.rung)
}

struct Month {
    clock: Clock,
    dice: Dice,
    headquarters: Inside,
    shelves: Shelves,
    families: Vec<Household>,
    counters: Vec<Counter>,
    rung: Rung,
}

impl Month {
    /// One day at all tills. `lost`: days since the last store's line was lost.
    fn day(&mut self, date: NaiveDate, lost: Option<u64>) -> Result<()> {
        self.clock.wait_until(moment(date, 8 * HOUR - 600));
        let last = self.counters.len().saturating_sub(1);
        if lost == Some(0)
            && let Some(counter) = self.counters.last_mut()
        {
            (counter.has_line, counter.ahead_ms) = (false, FAST_MS);
        }
        let is_manager = date.day().is_multiple_of(6);
        for counter in &mut self.counters {
            counter.sync(&self.clock, &self.headquarters)?;
            counter.open_shift(&mut self.clock, is_manager)?;
        }
        if lost == Some(0) {
            self.headquarters.publish_products(&noodles_are_no_grain()?)?;
        }
        let mut is_back = lost != Some(2);
        for (second, till) in self.times(date) {
            if !is_back && second >= LINE_BACK {
                self.clock.wait_until(moment(date, LINE_BACK));
                self.counters[last].comes_back(&self.clock, &self.headquarters)?;
                is_back = true;
            }
            // For as long as its clock was fast, the till stands still.
            if lost == Some(2) && till == last && (LINE_BACK..LINE_BACK + FAST_MS / 1000).contains(&second) {
                continue;
            }
            self.clock.wait_until(moment(date, second));
            self.visit(till, lost.is_some_and(|days| days < 2))?;
        }
        self.clock.wait_until(moment(date, 19 * HOUR));
        for counter in &mut self.counters {
            counter.close(&mut self.clock, &mut self.dice)?;
            counter.sync(&self.clock, &self.headquarters)?;
        }
        Ok(())
    }

    /// When who comes to which till: seconds of the day, in order.
    fn times(&mut self, date: NaiveDate) -> Vec<(i64, usize)> {
        let weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        let mut times = Vec::new();
        for till in 0..self.counters.len() {
            let visits = if weekend { self.dice.between(25, 31) } else { self.dice.between(16, 22) };
            for _ in 0..visits {
                let (from, to) = match self.dice.between(1, 100) {
                    1..=45 => (8 * HOUR + 300, 11 * HOUR + 1800),
                    46..=62 => (11 * HOUR + 1800, 15 * HOUR + 1800),
                    _ => (15 * HOUR + 1800, 19 * HOUR - 900),
                };
                times.push((self.dice.between(from, to), till));
            }
        }
        times.sort_unstable();
        times
    }

    /// Somebody comes to a till.
    fn visit(&mut self, till: usize, is_line_lost: bool) -> Result<()> {
        let family = if self.dice.chance(38) { self.family(till, is_line_lost) } else { None };
        let shopper = match &family {
            None => Shopper::Passer,
            Some(_) if self.dice.chance(if is_line_lost { 45 } else { 8 }) => Shopper::Larder,
            Some(_) => Shopper::Family,
        };
        let basket = self.shelves.basket(shopper, &mut self.dice);
        let (counter, clock, dice) = (&mut self.counters[till], &mut self.clock, &mut self.dice);
        if dice.chance(2) && counter.take_back(clock, dice)? {
            self.rung.returns += 1;
        }
        counter.scan(clock, dice, &basket)?;
        if dice.chance(2) {
            self.rung.cleared += 1;
            return counter.clear(clock);
        }
        if dice.chance(2) {
            counter.park(clock, dice)?;
        }
        if let Some(family) = &family
            && !counter.verify(clock, dice, &self.headquarters, family)?
        {
            self.rung.turned_away += 1;
        }
        self.rung.claims += u32::from(counter.pay(clock, dice, family.is_some())?);
        self.rung.sales += 1;
        Ok(())
    }

    /// A family that shops here: most are near, few have lost their entitlement.
    fn family(&mut self, till: usize, is_line_lost: bool) -> Option<Household> {
        for _ in 0..20 {
            let family = self.dice.pick(&self.families)?;
            let is_near = family.home_store.is_none_or(|store| store == till + 1);
            // While a line is lost some go from store to store, for all that they may have.
            let wanders = is_line_lost && family.n % 20 == 5;
            let comes = if family.is_eligible() { 100 } else { 20 };
            if (is_near || wanders || self.dice.chance(8)) && self.dice.chance(comes) {
                return Some(family.clone());
            }
        }
        None
    }
}

/// Headquarters moves the small packs of noodles to another group, where no programme reaches them.
fn noodles_are_no_grain() -> Result<Vec<u8>> {
    let csv = std::fs::read_to_string(crate::data().join("products.csv"))?;
    let mut lines = csv.lines();
    let head = lines.next().unwrap_or_default().to_owned();
    let small = lines.filter(|line| line.contains(",800g,") && line.contains(",food/grain/noodles,"));
    let moved = small.fold(head, |csv, line| csv + "\n" + &line.replace("food/grain/noodles", "food/instant"));
    Ok(moved.into_bytes())
}
