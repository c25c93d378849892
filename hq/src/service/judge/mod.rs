//! What headquarters makes of a claim: it prices the lines again, and grants the lower.

mod explain;
mod grant;
pub mod held;
pub mod knowledge;
pub mod reversal;
pub mod share;

use std::collections::BTreeMap;

use crate::store::sql::Conn;
use anyhow::Result;
use chrono::NaiveDate;
use domain::basket::Basket;
use domain::money::Money;
use domain::pricing::{PricedLine, Totals, counting, offline_amount, price};
use domain::programme::Programme;
use domain::returns::Parts;
use domain::usage::Movement;
use serde::{Deserialize, Serialize};

use self::grant::Granted;
use self::held::Held;
use super::{roster, stated};
use crate::store::claims;

/// Who sent a claim, and when.
pub struct Sender<'a> {
    /// Till's row.
    pub till_id: i64,
    /// Store's code.
    pub store: &'a str,
    /// The claim's time, in milliseconds.
    pub at_ms: i64,
    /// The claim's business date.
    pub date: NaiveDate,
}

/// What became of a claim.
#[derive(Debug, Clone, Default)]
pub struct Judgement {
    /// `accepted`, `adjusted`, `held` or `rejected`.
    pub state: &'static str,
    /// Reason codes.
    pub reasons: Vec<String>,
    /// Granted sums.
    pub granted: Totals,
    /// What balances count of each line.
    pub posted: Vec<Posted>,
    /// What letting it go would have balances count, where it is held.
    pub offer: Vec<Posted>,
    /// What is counted, as movements of limits.
    pub movements: Vec<Movement>,
    /// By programme: what was given, and what of it was excess, in fen.
    pub since_heard: BTreeMap<String, (i64, i64)>,
    /// Headquarters' own answer to each line, by what everyone used.
    pub own: Vec<PricedLine>,
}

/// What balances count of a line, and what a return divides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// Line of the claim.
    pub line: u32,
    /// What was sold.
    pub quantity: String,
    /// What was given on it.
    pub parts: Parts,
    /// What it used of limits.
    pub uses: Vec<domain::pricing::Use>,
}

/// Judges a claim whose amounts add up. `flags` are reasons for people, found by the caller; `hold` is the one
/// that it is posted by, or none: then it is judged as offline.
pub fn claim(
    conn: &Conn,
    from: &Sender<'_>,
    said: &stated::Claim,
    flags: &[&'static str],
    hold: Option<&Held>,
) -> Result<Judgement> {
    let entry = roster::entry_for(conn, &said.household, &said.person, said.roster_version, from.at_ms)?;
    let programmes = knowledge::programmes(conn, said, from.at_ms)?;
    let cut_to_nothing = match &entry {
        None => Some("R01"),
        Some(entry) if !entry.is_eligible(from.date) => Some("R02"),
        Some(_) => None,
    };
    let mut basket = knowledge::basket(conn, from, said, entry.as_ref())?;
    let (mut known, mut everyone) = knowledge::used(conn, from, said, &programmes)?;
    if let Some(hold) = hold {
        // The till was told; what others used since is not laid to it.
        known.raise_to(&hold.used);
        everyone = known.clone();
    }
    basket.used = known;
    let own = price(&programmes, &basket);
    let granted = Granted::lower(said, &own);
    let cut = match cut_to_nothing {
        Some(reason) => Some(reason),
        None => granted.is_cut(said).then(|| explain::cut(conn, said, &granted, &programmes, &basket)).transpose()?,
    };
    let (granted, cut) = match hold.map(|hold| hold.bound(&granted, said, &programmes, from.date)) {
        Some(bound) if bound.is_cut(said) => (bound, cut.or(Some("R03"))),
        Some(bound) => (bound, cut),
        None => (granted, cut),
    };
    let open = price(&programmes, &Basket { used: everyone, ..basket.clone() });
    let without_excess = granted.lowered_to(&open);
    let excess = granted.above(&without_excess);
    let beyond = !within_offline(conn, from, said, &programmes, &basket, &excess)?;

    let mut reasons: Vec<String> = flags.iter().copied().map(Into::into).collect();
    reasons.extend(cut.map(Into::into));
    if !excess.is_empty() && !reasons.iter().any(|r| r == "R03") {
        reasons.push("R03".into());
    }
    reasons.sort();
    let held = beyond || !flags.is_empty();
    let state = match (held, cut) {
        (true, _) => "held",
        (false, Some(_)) => "adjusted",
        (false, None) => "accepted",
    };
    let shown = if held { &without_excess } else { &granted };
    // Balances count what was granted; what is held counts as claimed until people decide.
    let counted = if held { Granted::as_claimed(said) } else { granted.clone() };
    let posted = counted.posted(said, &programmes);
    let offer = if held { without_excess.posted(said, &programmes) } else { Vec::new() };
    let movements = movements(&posted, &programmes, from.date);
    let since_heard = counted
        .by_programme()
        .into_iter()
        .map(|(code, given)| {
            let over = excess.get(&code).copied().unwrap_or_default();
            (code, (given.fen_i64(), over.fen_i64()))
        })
        .collect();
    let granted = shown.totals(said);
    Ok(Judgement { state, reasons, granted, posted, offer, movements, since_heard, own: open.lines })
}

/// A claim that cannot be read, or whose amounts do not add up.
pub fn malformed() -> Judgement {
    Judgement { state: "rejected", reasons: vec!["R17".into()], ..Judgement::default() }
}

/// Whether each programme's excess stays within its offline amount, summed over the till's claims
/// that went by the same balances.
fn within_offline(
    conn: &Conn,
    from: &Sender<'_>,
    said: &stated::Claim,
    programmes: &[Programme],
    basket: &Basket,
    excess: &BTreeMap<String, Money>,
) -> Result<bool> {
    for (code, over) in excess {
        let bound = counting(programmes, basket).into_iter().find(|p| p.code == *code).and_then(|p| p.offline);
        let Some(bound) = bound else { continue };
        let (_, before) = claims::since_heard(conn, from.till_id, &said.heard, &said.household, code)?;
        if before + over.fen_i64() > offline_amount(bound, basket).fen_i64() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What posted lines move, in the periods of a date. The offline amount is kept apart.
pub fn movements(posted: &[Posted], programmes: &[Programme], date: NaiveDate) -> Vec<Movement> {
    let uses = posted.iter().flat_map(|line| &line.uses);
    uses.filter_map(|used| {
        let limit = programmes.iter().filter(|p| p.code == used.programme).find_map(|p| p.limit(&used.limit))?;
        Some(Movement {
            programme: used.programme.clone(),
            limit: used.limit.clone(),
            period: limit.per.key(date)?,
            per_person: limit.per_person,
            money: used.money,
            milli: used.amount.milli(),
        })
    })
    .collect()
}
