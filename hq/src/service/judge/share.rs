//! What a person gives of a claim, as balances count it.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use domain::money::Money;
use domain::pricing::Totals;
use domain::time::parse_date;
use domain::usage::Movement;

use super::grant::Granted;
use super::{Posted, knowledge, movements, reversal};
use crate::service::{catalogue, stated, usage, verify};
use crate::store::claims::{self, Claim};
use crate::store::sql::Conn;
use crate::store::{bump, records, reviews};

/// How much of a claim is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// All that was claimed.
    AsClaimed,
    /// Nothing.
    Nothing,
    /// Of each named line at most so much of the funds' money, of others all.
    Lines(BTreeMap<u32, Money>),
}

/// A claim's lines with what is given of them.
#[derive(Debug, Clone)]
pub struct Share {
    /// As balances count them.
    pub posted: Vec<Posted>,
    /// Sums.
    pub totals: Totals,
    /// Whether that is less than was claimed.
    pub is_cut: bool,
}

/// A claim as its till stated it, and its time in milliseconds; none where that cannot be read.
pub fn stated(conn: &Conn, claim: &Claim) -> Result<Option<(stated::Claim, i64)>> {
    let Some(payload) = verify::payload(&records::jws(conn, claim.record_id)?) else { return Ok(None) };
    let at = stated::envelope(&payload).at.map_or(0, |at| at.timestamp_millis());
    Ok(stated::claim(&payload).ok().map(|said| (said, at)))
}

/// What is given, line by line.
pub fn share(conn: &Conn, said: &stated::Claim, at_ms: i64, given: &Given) -> Result<Share> {
    let programmes = knowledge::programmes(conn, said, at_ms)?;
    let granted = match given {
        Given::AsClaimed => Granted::as_claimed(said),
        Given::Nothing => Granted::nothing(said),
        Given::Lines(most) => Granted::as_claimed(said).paid_at_most(most),
    };
    Ok(of(said, granted.posted(said, &programmes)))
}

/// Lines that were worked out before, with their sums.
pub fn of(said: &stated::Claim, posted: Vec<Posted>) -> Share {
    let mut totals = Totals { gross: said.totals.gross, promotion: said.totals.promotion, ..Totals::default() };
    for line in &posted {
        totals.discount += line.parts.discount;
        totals.subsidy += line.parts.subsidy;
        totals.purse += line.parts.purse();
    }
    totals.concession = totals.discount - totals.subsidy;
    totals.net = totals.gross - totals.promotion - totals.discount;
    totals.due = totals.net - totals.purse;
    totals.claim = totals.subsidy + totals.purse;
    let claimed = said.totals;
    let is_cut = (totals.discount, totals.subsidy, totals.purse) != (claimed.discount, claimed.subsidy, claimed.purse);
    Share { posted, totals, is_cut }
}

/// Keeps what is given of a claim; balances, what returns gave back and what programmes gave follow.
pub fn keep(conn: &Conn, claim: &Claim, share: &Share) -> Result<()> {
    let posted = serde_json::to_string(&share.posted)?;
    let granted = serde_json::to_string(&share.totals)?;
    reviews::set_granted(conn, claim.id, &granted, share.totals.claim.fen_i64(), &posted)?;
    recount(conn, claim, &share.posted)
}

/// The same where balances count something else than is granted: held claims count as claimed.
pub fn keep_held(conn: &Conn, claim: &Claim, offer: &Share, counted: &Share) -> Result<()> {
    let posted = serde_json::to_string(&counted.posted)?;
    let granted = serde_json::to_string(&offer.totals)?;
    reviews::put_offer(conn, claim.id, &serde_json::to_string(&offer.posted)?)?;
    reviews::set_granted(conn, claim.id, &granted, offer.totals.claim.fen_i64(), &posted)?;
    recount(conn, claim, &counted.posted)
}

fn recount(conn: &Conn, claim: &Claim, posted: &[Posted]) -> Result<()> {
    let version = bump(conn, "balances")?;
    let Some(date) = claim.business_date.as_deref().and_then(|d| parse_date(d).ok()) else { return Ok(()) };
    let programmes: Vec<_> = catalogue::published(conn)?.into_iter().map(|(p, _)| p).collect();
    let (household, person) = (claim.household.clone().unwrap_or_default(), claim.person.clone().unwrap_or_default());
    // All of it is the claim's till's own, also where another till of the store took goods back.
    let move_to = |record_id: i64, wanted: &[Movement]| -> Result<()> {
        let steps = difference(wanted, &reviews::moved(conn, record_id)?);
        claims::post(conn, record_id, claim.till_id, &household, &person, &steps, version)
    };
    move_to(claim.record_id, &movements(posted, &programmes, date))?;
    for record_id in reviews::reversals(conn, claim.id)? {
        // What a return gives back is a part of what was given: it follows.
        let (now, lines) = reversal::accepted(conn, record_id)?.context("a return that was accepted")?;
        move_to(record_id, &reversal::given_back(conn, &now, &lines, record_id)?)?;
    }
    let now = claims::by_id(conn, claim.id)?.context("a claim that was there")?;
    usage::note(conn, &now)
}

/// What leads from the movements that are there to those that are wanted.
fn difference(wanted: &[Movement], there: &[Movement]) -> Vec<Movement> {
    let mut sums: BTreeMap<(String, String, String, bool, bool), i64> = BTreeMap::new();
    for (movements, sign) in [(wanted, 1), (there, -1)] {
        for m in movements {
            let key = (m.programme.clone(), m.limit.clone(), m.period.clone(), m.per_person, m.money);
            *sums.entry(key).or_default() += sign * m.milli;
        }
    }
    let step = |((programme, limit, period, per_person, money), milli)| Movement {
        programme,
        limit,
        period,
        per_person,
        money,
        milli,
    };
    sums.into_iter().map(step).collect()
}
