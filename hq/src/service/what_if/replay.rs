//! A household's claims in the order of their time, priced twice: under the versions that were in
//! force, and under the others. Limits count what each pricing gave; before the period both count
//! what balances counted.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use domain::basket::Basket;
use domain::household::RosterEntry;
use domain::money::Money;
use domain::pricing::{Priced, Totals, price};
use domain::programme::{Measure, Programme};
use domain::quantity::Quantity;
use domain::returns::{Parts, give_back, step};
use domain::time::parse_date;
use domain::usage::{Amount, OFFLINE, Used};

use super::{Asked, Cut, Figures, Instead, Outcome};
use crate::service::judge::{self, Posted, Sender, knowledge};
use crate::service::{roster, stated, verify};
use crate::store::lists::Published;
use crate::store::replay::{self as rows, Back, Past};
use crate::store::sql::Conn;

/// Differences that are kept to be looked at.
const SHOWN: usize = 200;

/// Why a claim does not come to what was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It was held, adjusted or decided by people.
    Decided,
    /// Above a limit, within the offline amount.
    Excess,
    /// Made without a line: the till did not know all that was used.
    Offline,
    /// The till went by other balances than the claims before it make.
    Balances,
    /// A product is in another group now than the till and headquarters had it then.
    Groups,
    /// None of these, such as a roster that changed since.
    Other,
}

/// One of them.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The claim's id.
    pub uuid: String,
    /// Its store.
    pub store: String,
    /// Its date.
    pub date: String,
    /// Why.
    pub why: Why,
    /// What funds were to pay for it, in fen: as granted, and as priced again.
    pub claim: [i64; 2],
    /// The discount, likewise.
    pub discount: [i64; 2],
}

/// What one pricing of a household's claims used and gave so far.
#[derive(Default)]
struct Side {
    /// By programme, limit, period and person, in thousandths.
    used: BTreeMap<(String, String, String, String), i64>,
    /// By till, balances gone by, and programme: given since then, in fen.
    since: BTreeMap<(i64, String, String), i64>,
    /// Lines of each claim.
    posted: BTreeMap<i64, Vec<Posted>>,
    /// The programme that took something off a claim's line.
    programmes: BTreeMap<(i64, u32), String>,
}

/// A claim of the period, with all that its pricing needs.
struct Claim {
    past: Past,
    date: NaiveDate,
    at_ms: i64,
    said: stated::Claim,
    basket: Basket,
    entry: Option<RosterEntry>,
}

/// A household as it was read.
pub struct Seen {
    before: Vec<Past>,
    claims: Vec<Claim>,
    returns: Vec<(i64, Back)>,
}

/// The whole run.
pub struct Replay<'a> {
    asked: &'a Asked,
    published: &'a [(Programme, Published)],
    /// All versions that may stand behind a limit.
    versions: Vec<Programme>,
    /// Those that take another's place, valid all through.
    instead: Vec<Programme>,
    begin: String,
    /// What came of it so far.
    pub outcome: Outcome,
}

impl<'a> Replay<'a> {
    /// Nothing is priced yet.
    pub fn new(asked: &'a Asked, published: &'a [(Programme, Published)], begin: Option<NaiveDate>) -> Self {
        let whole = |instead: &Instead| match instead {
            Instead::Nothing => None,
            Instead::Version(p) => Some(Programme { valid_from: asked.from, valid_to: asked.to, ..p.as_ref().clone() }),
        };
        let instead: Vec<Programme> = asked.instead.values().filter_map(whole).collect();
        let versions = published.iter().map(|(p, _)| p).chain(&instead).cloned().collect();
        let begin = begin.map_or_else(|| "0000-00-00".to_owned(), |date| date.to_string());
        Self { asked, published, versions, instead, begin, outcome: Outcome::default() }
    }

    /// Reads a household's claims and returns.
    pub fn read(&self, conn: &Conn, household: &str) -> Result<Seen> {
        let (from, to) = (self.asked.from.to_string(), self.asked.to.to_string());
        let past = rows::claims(conn, household, &self.begin, &from, &to)?;
        let mut seen = Seen { before: Vec::new(), claims: Vec::new(), returns: Vec::new() };
        for past in past {
            if past.jws.is_empty() {
                seen.before.push(past);
            } else if let Some(claim) = claim(conn, past)? {
                seen.claims.push(claim);
            }
        }
        if seen.claims.is_empty() {
            return Ok(seen);
        }
        for back in rows::returns(conn, household)? {
            let payload = verify::payload(&back.jws).unwrap_or_default();
            let at_ms = stated::envelope(&payload).at.map_or(0, |at| at.timestamp_millis());
            seen.returns.push((at_ms, back));
        }
        Ok(seen)
    }

    /// Prices a household's claims in their order.
    pub fn household(&mut self, mut seen: Seen) -> Result<()> {
        if seen.claims.is_empty() {
            return Ok(());
        }
        let mut sides = [Side::default(), Side::default()];
        let mut dates: BTreeMap<i64, (NaiveDate, String)> = BTreeMap::new();
        for past in &seen.before {
            let date = parse_date(&past.date).map_err(anyhow::Error::msg)?;
            let posted: Vec<Posted> = serde_json::from_str(&past.posted).context("a claim's lines")?;
            dates.insert(past.id, (date, past.person.clone()));
            for side in &mut sides {
                self.count(side, &posted, date, &past.person);
                side.posted.insert(past.id, posted.clone());
            }
        }
        seen.claims.sort_by_key(|claim| (claim.at_ms, claim.past.id));
        seen.returns.sort_by_key(|(at, back)| (*at, back.record_id));
        let mut returned: BTreeMap<(i64, u32), Quantity> = BTreeMap::new();
        let mut returns = seen.returns.iter().peekable();
        for claim in &seen.claims {
            while let Some((_, back)) = returns.next_if(|(at, _)| *at < claim.at_ms) {
                self.give_back(&mut sides, &dates, &mut returned, back)?;
            }
            dates.insert(claim.past.id, (claim.date, claim.past.person.clone()));
            self.claim(&mut sides, claim)?;
        }
        for (_, back) in returns {
            self.give_back(&mut sides, &dates, &mut returned, back)?;
        }
        for claim in &seen.claims {
            self.sum(&sides, claim, &returned)?;
        }
        self.outcome.sums.next_household();
        Ok(())
    }

    /// Counts posted lines in a side's limits.
    fn count(&self, side: &mut Side, posted: &[Posted], date: NaiveDate, person: &str) {
        for m in judge::movements(posted, &self.versions, date) {
            let person = if m.per_person { person } else { "" };
            *side.used.entry((m.programme, m.limit, m.period, person.into())).or_default() += m.milli;
        }
    }

    /// Gives quota back to the period of the sale.
    fn give_back(
        &self,
        sides: &mut [Side; 2],
        dates: &BTreeMap<i64, (NaiveDate, String)>,
        returned: &mut BTreeMap<(i64, u32), Quantity>,
        back: &Back,
    ) -> Result<()> {
        let Some((date, person)) = dates.get(&back.claim_id) else { return Ok(()) };
        let lines: Vec<(u32, String)> = serde_json::from_str(&back.lines).context("a return's lines")?;
        for (line, quantity) in lines {
            let before = returned.get(&(back.claim_id, line)).copied().unwrap_or(Quantity::ZERO);
            let after = before + Quantity::parse(&quantity).map_err(anyhow::Error::msg)?;
            for side in sides.iter_mut() {
                let sold =
                    side.posted.get(&back.claim_id).and_then(|lines| lines.iter().find(|p| p.line == line)).cloned();
                let Some(mut sold) = sold else { continue };
                let whole = Quantity::parse(&sold.quantity).map_err(anyhow::Error::msg)?;
                sold.uses.retain(|used| used.limit != OFFLINE);
                let uses = std::mem::take(&mut sold.uses);
                for used in uses {
                    let milli = give_back(&used, whole, before, after);
                    let one = Posted { uses: vec![used], ..sold.clone() };
                    for m in judge::movements(&[one], &self.versions, *date) {
                        let person = if m.per_person { person.as_str() } else { "" };
                        *side.used.entry((m.programme, m.limit, m.period, person.into())).or_default() -= milli;
                    }
                }
            }
            returned.insert((back.claim_id, line), after);
        }
        Ok(())
    }

    /// Prices one claim both ways.
    fn claim(&mut self, sides: &mut [Side; 2], claim: &Claim) -> Result<()> {
        let now = knowledge::chosen(self.published, &claim.said, claim.at_ms);
        let kept = now.iter().filter(|p| !self.asked.instead.contains_key(&p.code));
        let then: Vec<Programme> = kept.chain(&self.instead).cloned().collect();
        for (n, (side, programmes)) in sides.iter_mut().zip([&now, &then]).enumerate() {
            let used = used(side, claim, programmes);
            let priced = price(programmes, &Basket { used: used.clone(), ..claim.basket.clone() });
            if n == 0 {
                self.compare(claim, &used, &priced.totals)?;
            }
            for sum in &priced.programmes {
                let key = (claim.past.till_id, claim.said.heard.clone(), sum.code.clone());
                *side.since.entry(key).or_default() += (sum.discount + sum.purse).fen_i64();
            }
            for line in &priced.lines {
                side.programmes.extend(line.programme.clone().map(|code| ((claim.past.id, line.line), code)));
            }
            let posted = posted(claim, &priced);
            self.count(side, &posted, claim.date, &claim.past.person);
            side.posted.insert(claim.past.id, posted);
        }
        Ok(())
    }

    fn is_counted(&self, claim: &Claim) -> bool {
        self.asked.stores.as_ref().is_none_or(|stores| stores.contains(&claim.past.store))
    }

    /// Whether the versions in force come to what was granted, and why not.
    fn compare(&mut self, claim: &Claim, used: &Used, own: &Totals) -> Result<()> {
        if !self.is_counted(claim) {
            return Ok(());
        }
        let past = &claim.past;
        let granted: Totals = serde_json::from_str(&past.granted).context("what was granted")?;
        self.outcome.claims += 1;
        if (granted.discount, granted.subsidy, granted.purse) == (own.discount, own.subsidy, own.purse) {
            self.outcome.same += 1;
            return Ok(());
        }
        let reasons: Vec<String> = serde_json::from_str(&past.reasons).unwrap_or_default();
        let said = &claim.said;
        let balances = used.0.iter().any(|(code, limits)| {
            let known = said.used.0.contains_key(code) || said.versions.contains_key(code);
            let differs =
                |(id, mine): (&String, &Amount)| id != OFFLINE && said.used.get(code, id).milli() != mine.milli();
            known && limits.iter().any(differs)
        });
        // Granted as made, whatever became of the money since.
        let as_made = (granted.subsidy, granted.purse) == (said.totals.subsidy, said.totals.purse)
            && granted.discount == said.totals.discount
            && past.state != "held";
        let why = if !as_made {
            Why::Decided
        } else if reasons.iter().any(|r| r == "R03") {
            Why::Excess
        } else if !claim.said.online {
            Why::Offline
        } else if claim.basket.lines.iter().zip(&said.lines).any(|(now, then)| now.group != then.basket.group) {
            Why::Groups
        } else if balances {
            Why::Balances
        } else {
            Why::Other
        };
        let (claimed, priced) = (granted.claim.fen_i64(), own.claim.fen_i64());
        let row = self.outcome.differing.entry(why).or_default();
        *row = (row.0 + 1, row.1 + claimed - priced);
        if self.outcome.differences.len() < SHOWN {
            self.outcome.differences.push(Difference {
                uuid: past.uuid.clone(),
                store: past.store.clone(),
                date: past.date.clone(),
                why,
                claim: [claimed, priced],
                discount: [granted.discount.fen_i64(), own.discount.fen_i64()],
            });
        }
        Ok(())
    }

    /// Adds what a claim comes to, less what came back, to the sums.
    fn sum(&mut self, sides: &[Side; 2], claim: &Claim, returned: &BTreeMap<(i64, u32), Quantity>) -> Result<()> {
        if !self.is_counted(claim) {
            return Ok(());
        }
        let category = claim.entry.as_ref().map_or("", |entry| entry.category.as_str());
        let size = claim.entry.as_ref().map_or_else(String::new, |entry| entry.size.to_string());
        for (n, side) in sides.iter().enumerate() {
            let mut by_programme: BTreeMap<String, Figures> = BTreeMap::new();
            let mut all = Figures::default();
            for line in side.posted.get(&claim.past.id).into_iter().flatten() {
                let parts = left(line, returned.get(&(claim.past.id, line.line)).copied())?;
                let reduced = Figures {
                    discount: parts.discount.fen_i64(),
                    subsidy: parts.subsidy.fen_i64(),
                    ..Figures::default()
                };
                all.add(&Figures { purse: parts.purse().fen_i64(), ..reduced });
                if let Some(code) = side.programmes.get(&(claim.past.id, line.line)) {
                    by_programme.entry(code.clone()).or_default().add(&reduced);
                }
                for (code, paid) in &parts.purses {
                    by_programme.entry(code.clone()).or_default().purse += paid.fen_i64();
                }
            }
            let sums = &mut self.outcome.sums;
            sums.add(Cut::All, "", n, &all);
            sums.add(Cut::Store, &claim.past.store, n, &all);
            sums.add(Cut::Category, category, n, &all);
            sums.add(Cut::Size, &size, n, &all);
            for (code, figures) in by_programme {
                sums.add(Cut::Programme, &code, n, &figures);
            }
        }
        Ok(())
    }
}

/// What is left of a line after what came back.
fn left(line: &Posted, back: Option<Quantity>) -> Result<Parts> {
    let Some(back) = back else { return Ok(line.parts.clone()) };
    let whole = Quantity::parse(&line.quantity).map_err(anyhow::Error::msg)?;
    let gone = step(&line.parts, whole, back, &Parts::default());
    let purse =
        |(code, paid): (&String, &Money)| (code.clone(), *paid - gone.purses.get(code).copied().unwrap_or_default());
    Ok(Parts {
        discount: line.parts.discount - gone.discount,
        subsidy: line.parts.subsidy - gone.subsidy,
        paid: line.parts.paid - gone.paid,
        purses: line.parts.purses.iter().map(purse).collect(),
    })
}

/// A claim as it was stated, with headquarters' groups and roster; none: it cannot be read.
fn claim(conn: &Conn, past: Past) -> Result<Option<Claim>> {
    let payload = verify::payload(&past.jws).unwrap_or_default();
    let (Ok(said), Some(at), Ok(date)) =
        (stated::claim(&payload), stated::envelope(&payload).at, parse_date(&past.date))
    else {
        return Ok(None);
    };
    let at_ms = at.timestamp_millis();
    let entry = roster::entry_for(conn, &said.household, &said.person, said.roster_version, at_ms)?;
    let from = Sender { till_id: past.till_id, store: &past.store, at_ms, date };
    let basket = knowledge::basket(conn, &from, &said, entry.as_ref())?;
    Ok(Some(Claim { date, at_ms, said, basket, entry, past }))
}

/// What a side used before a claim, of the limits of the versions that it is priced with.
fn used(side: &Side, claim: &Claim, programmes: &[Programme]) -> Used {
    let mut used = Used::default();
    for p in programmes {
        for limit in &p.limits {
            let Some(period) = limit.per.key(claim.date) else { continue };
            let person = if limit.per_person { claim.past.person.clone() } else { String::new() };
            let key = (p.code.clone(), limit.id.clone(), period, person);
            let milli = side.used.get(&key).copied().unwrap_or(0).max(0);
            let money = matches!(limit.measure, Measure::Discount(_));
            used.0.entry(p.code.clone()).or_default().insert(limit.id.clone(), Amount::from_milli(milli, money));
        }
        if p.offline.is_some() {
            let key = (claim.past.till_id, claim.said.heard.clone(), p.code.clone());
            let given = side.since.get(&key).copied().unwrap_or(0);
            used.0.entry(p.code.clone()).or_default().insert(OFFLINE.into(), Money::from_fen(given.into()).into());
        }
    }
    used
}

/// Lines as limits count them and returns divide them.
fn posted(claim: &Claim, priced: &Priced) -> Vec<Posted> {
    let lines = priced.lines.iter().zip(&claim.basket.lines);
    lines
        .map(|(own, line)| Posted {
            line: own.line,
            quantity: line.quantity.to_string(),
            parts: Parts {
                discount: own.discount,
                subsidy: own.subsidy,
                paid: own.net - own.purse,
                purses: own.purses.clone(),
            },
            uses: own.uses.clone(),
        })
        .collect()
}
