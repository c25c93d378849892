//! What each programme gave, claim by claim. Whatever changes what a claim gives calls [`note`]: it is the one place
//! that keeps the sums behind the console's pages in step.

use std::collections::BTreeMap;

use crate::store::sql::Conn;
use anyhow::Result;
use domain::barcode::ProductKey;

use super::judge::{Posted, reversal};
use super::{funds, stated, stock, verify};
use crate::store::claims::{self, Claim};
use crate::store::pages;
use crate::store::usage::{self, Cell, Given, Shares, kept, prices, recount};
use crate::store::{Db, records};

/// Notes what a claim asked of each programme and what balances count of it, less what came back; all kept sums
/// follow in the same transaction.
pub fn note(conn: &Conn, claim: &Claim) -> Result<()> {
    match read(conn, claim)? {
        Some((said, posted)) => {
            stock::note(conn, claim, &said)?;
            let cell = cell(conn, claim, &said)?;
            note_said(conn, claim, (&said, &posted), cell)
        }
        None => Ok(()),
    }
}

/// The same of a claim that just came, whose words were read already: nothing of it was noted, and nothing came back.
pub fn note_new(conn: &Conn, claim: &Claim, said: &stated::Claim, posted: &[Posted]) -> Result<()> {
    stock::note_new(conn, claim, said)?;
    let stood = usage::stood(conn, &said.household, said.roster_version)?;
    let cell = claim.business_date.clone().map(|day| (at(claim, day, stood), true));
    note_said(conn, claim, (said, posted), cell)
}

fn note_said(
    conn: &Conn,
    claim: &Claim,
    (said, posted): (&stated::Claim, &[Posted]),
    cell: Option<(Cell, bool)>,
) -> Result<()> {
    let shares = shares(said, posted);
    match cell {
        None => shares.iter().try_for_each(|(code, share)| pages::put_part(conn, claim.id, code, &share.part))?,
        Some((cell, is_new)) => {
            let before = if is_new { BTreeMap::new() } else { usage::noted(conn, claim.id)? };
            usage::put(conn, claim.id, &cell, &shares)?;
            kept::step(conn, &cell, &before, &shares)?;
            if is_new {
                prices::add(conn, &sold(&cell, said))?;
            }
        }
    }
    funds::note(conn, claim, said, posted)
}

/// What a claim says, and what balances count of it; none where it cannot be read.
fn read(conn: &Conn, claim: &Claim) -> Result<Option<(stated::Claim, Vec<Posted>)>> {
    let payload = verify::payload(&records::jws(conn, claim.record_id)?);
    let Some(said) = payload.and_then(|payload| stated::claim(&payload).ok()) else {
        return Ok(None);
    };
    Ok(Some((said, reversal::remaining(conn, claim)?)))
}

/// Where it is counted, and whether that is new; none without a date.
fn cell(conn: &Conn, claim: &Claim, said: &stated::Claim) -> Result<Option<(Cell, bool)>> {
    let Some(day) = claim.business_date.clone() else {
        return Ok(None);
    };
    let known = usage::counted_at(conn, claim.id)?;
    let is_new = known.is_none();
    let stood = match known {
        Some(known) => known,
        None => usage::stood(conn, &said.household, said.roster_version)?,
    };
    Ok(Some((at(claim, day, stood), is_new)))
}

fn at(claim: &Claim, day: String, (category, size, district): (String, i64, String)) -> Cell {
    let household = claim.household.clone().unwrap_or_default();
    Cell { day, store: claim.store.clone(), household, category, size, district }
}

/// By programme: what was asked, what is given of it, and on which goods.
fn shares(said: &stated::Claim, posted: &[Posted]) -> Shares {
    let mut shares = Shares::new();
    for line in &said.lines {
        let counted = posted.iter().find(|p| p.line == line.basket.line).map(|p| &p.parts);
        let group = &line.basket.group;
        if let Some((code, _)) = &line.programme {
            let share = shares.entry(code.clone()).or_default();
            let discount = counted.map(|c| c.discount).unwrap_or_default();
            let subsidy = counted.map(|c| c.subsidy).unwrap_or_default();
            share.part.asked += line.subsidy;
            share.part.discount += discount;
            share.part.subsidy += subsidy;
            let given = Given { discount: discount.fen_i64(), subsidy: subsidy.fen_i64(), purse: 0 };
            let sum = share.goods.entry(group.clone()).or_default();
            *sum = sum.plus(given);
        }
        for (code, paid) in &line.purses {
            let share = shares.entry(code.clone()).or_default();
            let purse = counted.and_then(|c| c.purses.get(code).copied()).unwrap_or_default();
            share.part.asked += *paid;
            share.part.purse += purse;
            let sum = share.goods.entry(group.clone()).or_default();
            *sum = sum.plus(Given { purse: purse.fen_i64(), ..Given::default() });
        }
    }
    shares
}

/// What families were asked for goods with a barcode, after promotions and before aid.
fn sold(cell: &Cell, said: &stated::Claim) -> BTreeMap<prices::Key, prices::Sold> {
    let mut sold: BTreeMap<prices::Key, prices::Sold> = BTreeMap::new();
    for line in &said.lines {
        if let ProductKey::Gtin(code) = &line.basket.product {
            let sum = sold.entry((cell.month().into(), code.clone(), cell.store.clone())).or_default();
            sum.0 += line.basket.quantity.milli_i64();
            sum.1 += line.basket.regular().fen_i64();
        }
    }
    sold
}

/// Notes it for claims that came before this was kept.
pub fn fill(db: &Db) -> Result<()> {
    if !pages::needs_parts(&db.conn)? {
        return Ok(());
    }
    let tx = db.begin()?;
    for claim in claims::list(&tx, None, None, None)? {
        let Some((said, posted)) = read(&tx, &claim)? else { continue };
        let shares = shares(&said, &posted);
        if let Some((cell, is_new)) = cell(&tx, &claim, &said)? {
            usage::put(&tx, claim.id, &cell, &shares)?;
            if is_new {
                prices::add(&tx, &sold(&cell, &said))?;
            }
        }
        funds::note(&tx, &claim, &said, &posted)?;
    }
    recount::fill(&tx)?;
    pages::parts_are_there(&tx)?;
    tx.commit()
}

/// What claims sold, counted anew for checking.
#[derive(Default)]
pub struct Recount {
    sold: BTreeMap<prices::Key, prices::Sold>,
}

impl Recount {
    /// Counts a claim; what was noted of it and is not so, in words.
    pub fn add(&mut self, conn: &Conn, claim: &Claim) -> Result<Result<(), String>> {
        let Some((said, posted)) = read(conn, claim)? else {
            return Ok(Ok(()));
        };
        let Some((cell, is_new)) = cell(conn, claim, &said)? else {
            return Ok(Ok(()));
        };
        for (key, (milli, fen)) in sold(&cell, &said) {
            let sum = self.sold.entry(key).or_default();
            *sum = (sum.0 + milli, sum.1 + fen);
        }
        let expected: usage::Noted =
            shares(&said, &posted).into_iter().map(|(code, s)| (code, (s.given(), s.goods))).collect();
        if is_new || usage::noted(conn, claim.id)? != expected {
            return Ok(Err("what it gave is noted otherwise than it says".into()));
        }
        Ok(Ok(()))
    }

    /// The first kept sum that is wrong, in words.
    pub fn first_difference(&self, conn: &Conn) -> Result<Option<String>> {
        let kept = prices::between(conn, "", "9")?;
        let wrong = kept
            .iter()
            .find(|(key, sum)| self.sold.get(*key) != Some(*sum))
            .or_else(|| self.sold.iter().find(|(key, sum)| kept.get(*key) != Some(*sum)));
        if let Some(((month, code, store), _)) = wrong {
            return Ok(Some(format!("the kept price of {code} {month} {store} is not what its claims make")));
        }
        recount::first_difference(conn)
    }
}
