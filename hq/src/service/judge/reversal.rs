//! Returns: pricing.md's rule, applied to what was granted.

use std::collections::BTreeMap;

use crate::params;
use crate::store::sql::Conn;
use anyhow::{Context as _, Result};
use domain::quantity::Quantity;
use domain::returns::{Parts, give_back, step};
use domain::time::parse_date;
use domain::usage::{Movement, OFFLINE};

use super::Posted;
use crate::service::{catalogue, usage};
use crate::store::claims::{self, Claim};
use crate::store::tills::TillKey;

/// A line that came back, as it is kept.
type Line = (u32, String);

/// A reversal's claim, and how much of which line came back.
type OfClaim = (Claim, Vec<(u32, Quantity)>);

/// What becomes of a reversal, now that its record was kept.
pub fn take(
    conn: &Conn,
    record_id: i64,
    from: &TillKey,
    of: &str,
    lines: &[(u32, Quantity)],
    version: u64,
) -> Result<(&'static str, Vec<String>)> {
    let kept: Vec<Line> = lines.iter().map(|(line, quantity)| (*line, quantity.to_string())).collect();
    let claim = match claims::of_till(conn, from.till_id, of)? {
        Some(own) => Some(own),
        // Goods come back at any till of the store that sold them.
        None => claims::of_store(conn, &from.store, of)?,
    };
    let (state, outcome) = match &claim {
        None if claims::is_known(conn, of)? => ("rejected", "rejected"),
        // Before its claim has come it waits.
        None => ("waiting", "held"),
        Some(claim) if fits(conn, claim, lines)? => {
            post(conn, record_id, claim, lines, version)?;
            ("accepted", "accepted")
        }
        Some(_) => ("rejected", "rejected"),
    };
    conn.execute(
        "INSERT INTO reversals (record_id, of_uuid, till_id, state, lines, claim_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            record_id,
            of,
            from.till_id,
            state,
            serde_json::to_string(&kept)?,
            claim.as_ref().map(|claim| claim.id)
        ],
    )?;
    if let Some(claim) = claim.filter(|_| state == "accepted") {
        usage::note(conn, &claim)?;
    }
    Ok((outcome, if state == "rejected" { vec!["R14".into()] } else { Vec::new() }))
}

/// Reversals that waited for a claim that has come now; record and outcome of each.
pub fn settle_waiting(conn: &Conn, claim: &Claim, version: u64) -> Result<Vec<(i64, &'static str, Vec<String>)>> {
    let sql = "SELECT r.record_id, r.lines, t.store FROM reversals r JOIN tills t ON t.id = r.till_id
               WHERE r.of_uuid = ?1 AND r.state = 'waiting' ORDER BY r.id";
    let waiting: Vec<(i64, String, String)> =
        conn.all(sql, params![&claim.uuid], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let mut settled = Vec::new();
    for (record_id, lines, store) in waiting {
        let lines = read_lines(&lines)?;
        let own_store = store == claim.store;
        let (state, reasons) = if own_store && fits(conn, claim, &lines)? {
            post(conn, record_id, claim, &lines, version)?;
            ("accepted", Vec::new())
        } else {
            ("rejected", vec!["R14".into()])
        };
        let claim_id = own_store.then_some(claim.id);
        conn.execute(
            "UPDATE reversals SET state = ?2, claim_id = ?3 WHERE record_id = ?1",
            params![record_id, state, claim_id],
        )?;
        usage::note(conn, claim)?;
        settled.push((record_id, state, reasons));
    }
    Ok(settled)
}

/// Whether the lines are the claim's, and no more comes back than was sold.
fn fits(conn: &Conn, claim: &Claim, lines: &[(u32, Quantity)]) -> Result<bool> {
    let posted: Vec<Posted> = serde_json::from_str(&claim.posted)?;
    // A claim that could not be read has no lines to check, and nothing to give back.
    if posted.is_empty() {
        return Ok(true);
    }
    for (i, (line, quantity)) in lines.iter().enumerate() {
        let Some(sold) = posted.iter().find(|p| p.line == *line) else {
            return Ok(false);
        };
        let left = quantity_of(sold)? - returned(conn, claim, *line, None)?;
        let twice = lines[..i].iter().any(|(earlier, _)| earlier == line);
        if *quantity > left || quantity.milli() == 0 || twice {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Gives quota back to the periods in which the sale was made.
fn post(conn: &Conn, record_id: i64, claim: &Claim, lines: &[(u32, Quantity)], version: u64) -> Result<()> {
    let movements = given_back(conn, claim, lines, record_id)?;
    let (household, person) = (claim.household.clone().unwrap_or_default(), claim.person.clone().unwrap_or_default());
    claims::post(conn, record_id, claim.till_id, &household, &person, &movements, version)
}

/// What one reversal gives back, by what came back before it.
pub fn given_back(conn: &Conn, claim: &Claim, lines: &[(u32, Quantity)], record_id: i64) -> Result<Vec<Movement>> {
    let posted: Vec<Posted> = serde_json::from_str(&claim.posted)?;
    let Some(date) = claim.business_date.as_deref().and_then(|d| parse_date(d).ok()) else {
        return Ok(Vec::new());
    };
    let published = catalogue::published(conn)?;
    let mut movements = Vec::new();
    for (line, quantity) in lines {
        let Some(sold) = posted.iter().find(|p| p.line == *line) else {
            continue;
        };
        let before = returned(conn, claim, *line, Some(record_id))?;
        for used in sold.uses.iter().filter(|u| u.limit != OFFLINE) {
            let limits = published.iter().filter(|(p, _)| p.code == used.programme);
            let Some(limit) = limits.map(|(p, _)| p).find_map(|p| p.limit(&used.limit)) else {
                continue;
            };
            let Some(period) = limit.per.key(date) else {
                continue;
            };
            movements.push(Movement {
                programme: used.programme.clone(),
                limit: used.limit.clone(),
                period,
                per_person: limit.per_person,
                money: used.money,
                milli: -give_back(used, quantity_of(sold)?, before, before + *quantity),
            });
        }
    }
    Ok(movements)
}

/// What balances count of a claim's lines, less what came back so far.
pub fn remaining(conn: &Conn, claim: &Claim) -> Result<Vec<Posted>> {
    let mut posted: Vec<Posted> = serde_json::from_str(&claim.posted)?;
    let came_back = all_returned(conn, claim.id, None)?;
    for sold in &mut posted {
        let back = came_back.get(&sold.line).copied().unwrap_or(Quantity::ZERO);
        if back == Quantity::ZERO {
            continue;
        }
        let gone = step(&sold.parts, quantity_of(sold)?, back, &Parts::default());
        let left = |(code, paid): (&String, &domain::money::Money)| {
            (code.clone(), *paid - gone.purses.get(code).copied().unwrap_or_default())
        };
        sold.parts = Parts {
            discount: sold.parts.discount - gone.discount,
            subsidy: sold.parts.subsidy - gone.subsidy,
            paid: sold.parts.paid - gone.paid,
            purses: sold.parts.purses.iter().map(left).collect(),
        };
    }
    Ok(posted)
}

/// How much of a line came back so far, at any till of the store, or before a given record.
pub fn returned(conn: &Conn, claim: &Claim, line: u32, before: Option<i64>) -> Result<Quantity> {
    Ok(all_returned(conn, claim.id, before)?.get(&line).copied().unwrap_or(Quantity::ZERO))
}

/// The same, of every line of which something came back.
pub fn all_returned(conn: &Conn, claim_id: i64, before: Option<i64>) -> Result<BTreeMap<u32, Quantity>> {
    let sql = "SELECT lines FROM reversals WHERE claim_id = ?1 AND state = 'accepted'
               AND (?2 IS NULL OR record_id < ?2)";
    let rows: Vec<String> = conn.all(sql, params![claim_id, before], |row| row.get(0))?;
    let mut sums: BTreeMap<u32, Quantity> = BTreeMap::new();
    for row in rows {
        for (number, quantity) in read_lines(&row)? {
            let sum = sums.entry(number).or_insert(Quantity::ZERO);
            *sum = *sum + quantity;
        }
    }
    Ok(sums)
}

fn read_lines(text: &str) -> Result<Vec<(u32, Quantity)>> {
    let lines: Vec<Line> = serde_json::from_str(text)?;
    lines
        .into_iter()
        .map(|(line, quantity)| Ok((line, Quantity::parse(&quantity).map_err(anyhow::Error::msg)?)))
        .collect()
}

fn quantity_of(posted: &Posted) -> Result<Quantity> {
    Quantity::parse(&posted.quantity).map_err(anyhow::Error::msg).context("a posted line")
}

/// The claim and lines of a reversal that was accepted, for checking.
pub fn accepted(conn: &Conn, record_id: i64) -> Result<Option<OfClaim>> {
    let sql = "SELECT claim_id, lines FROM reversals WHERE record_id = ?1 AND state = 'accepted'";
    let row: Option<(Option<i64>, String)> =
        conn.optional(sql, params![record_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some((claim_id, lines)) = row else {
        return Ok(None);
    };
    let claim = claim_id.map(|id| claims::by_id(conn, id)).transpose()?.flatten();
    Ok(Some((claim.context("an accepted reversal without its claim")?, read_lines(&lines)?)))
}
