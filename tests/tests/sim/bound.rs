//! No limit is exceeded by more than the bound: for a household and a limit,
//! E ≤ Σ [h + (1+ρ)·min(O, max(0, L−B))] over the tills' stretches without headquarters that began before
//! its books reached L.

use std::collections::{BTreeMap, BTreeSet};

use domain::money::Money;
use domain::programme::{Measure, Programme};
use hq::params;
use hq::service::catalogue;

use crate::ledger::WentBy;
use crate::world::{Failure, World, fails};

/// What one claim took of a limit, and when headquarters got it.
struct Taken {
    id: String,
    milli: i64,
    received_ms: i64,
}

/// What was used of one limit in one period, and by which claims.
struct Balance {
    key: String,
    programme: String,
    limit: String,
    used: i64,
    claims: Vec<Taken>,
}

/// One stretch of a till without headquarters.
#[derive(Debug, Default)]
struct Stretch {
    heard: Option<i64>,
    offline: i64,
    hold: i64,
    copies: i64,
}

/// A hold as headquarters has it at the end.
struct Hold {
    state: String,
    expires_ms: i64,
}

/// What headquarters knows.
struct Books {
    balances: Vec<Balance>,
    holds: BTreeMap<String, Hold>,
    programmes: Vec<Programme>,
}

fn books(world: &World<'_>) -> anyhow::Result<Books> {
    let sql = "SELECT household, person, programme, limit_id, period, used_milli FROM balances WHERE money = 1";
    let claims = "SELECT r.uuid, sum(m.milli), min(r.received_at) FROM movements m
                  JOIN records r ON r.id = m.record_id JOIN claims c ON c.record_id = r.id
                  WHERE m.household = ?1 AND m.person = ?2 AND m.programme = ?3 AND m.limit_id = ?4 AND m.period = ?5
                  GROUP BY r.uuid";
    world.net.at_headquarters(|hq| {
        let db = hq.db();
        let rows: Vec<([String; 5], i64)> = db.conn.all(sql, params![], |row| {
            Ok(([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?], row.get(5)?))
        })?;
        let mut balances = Vec::with_capacity(rows.len());
        for (key, used) in rows {
            let [household, person, programme, limit, period] = &key;
            let of_key = params![household, person, programme, limit, period];
            let taken =
                |row: &_| Ok(Taken { id: get(row, 0)?, milli: get_i64(row, 1)?, received_ms: get_i64(row, 2)? });
            let claims = db.conn.all(claims, of_key, taken)?;
            let (programme, limit) = (programme.clone(), limit.clone());
            balances.push(Balance { key: key.join("|"), programme, limit, used, claims });
        }
        let holds = db.conn.all("SELECT id, state, expires_at FROM holds", params![], |row| {
            Ok((get(row, 0)?, Hold { state: get(row, 1)?, expires_ms: get_i64(row, 2)? }))
        })?;
        let programmes = catalogue::published(&db.conn)?.into_iter().map(|(p, _)| p).collect();
        Ok(Books { balances, holds: holds.into_iter().collect(), programmes })
    })
}

fn get(row: &hq::store::sql::Row, n: usize) -> anyhow::Result<String> {
    row.get(n)
}

fn get_i64(row: &hq::store::sql::Row, n: usize) -> anyhow::Result<i64> {
    row.get(n)
}

/// The highest figure of a limit that any version has, in thousandths.
fn figure(versions: &[&Programme], limit: &str, size: u32) -> i64 {
    let of = |p: &&Programme| match &p.limit(limit)?.measure {
        Measure::Discount(table) => table.figure(size).map(milli),
        Measure::Quantity(..) => None,
    };
    versions.iter().filter_map(of).max().unwrap_or(0)
}

fn milli(money: Money) -> i64 {
    money.fen_i64() * 10
}

/// `h`, of a claim that was priced by a hold: nothing as long as headquarters held when it came; all of it where it
/// was paid (or its sum was told) in time and came late. Headquarters that was restored may have forgotten the hold.
/// A claim that goes by any other hold than a live one of its own is a finding.
fn held_and_late(
    world: &World<'_>,
    holds: &BTreeMap<String, Hold>,
    by: &WentBy,
    id: &str,
    taken: &Taken,
) -> Option<i64> {
    match holds.get(id) {
        Some(hold) if hold.state == "used" && taken.received_ms <= hold.expires_ms => Some(0),
        Some(hold) if hold.state == "used" && (by.at_ms <= hold.expires_ms || by.told_in_time) => Some(taken.milli),
        _ => world.faults.restores_hq.then_some(taken.milli),
    }
}

/// The checker; how many claims were held for and came late.
pub fn check(world: &World<'_>) -> Result<u64, Failure> {
    let Books { balances, holds, programmes } = books(world)?;
    let known: BTreeMap<&str, &WentBy> =
        world.ledger.entries.iter().filter_map(|e| Some((e.id.as_str(), e.went_by.as_ref()?))).collect();
    let mut late = BTreeSet::new();
    for balance in balances {
        let versions: Vec<&Programme> = programmes.iter().filter(|p| p.code == balance.programme).collect();
        let claims: Vec<(&&WentBy, &Taken)> =
            balance.claims.iter().filter_map(|taken| Some((known.get(taken.id.as_str())?, taken))).collect();
        let size = claims.iter().map(|(by, _)| by.size).max().unwrap_or(1);
        let limit = figure(&versions, &balance.limit, size);
        let mut stretches: BTreeMap<u64, Stretch> = BTreeMap::new();
        for (by, taken) in claims {
            let stretch = stretches.entry(by.stretch).or_default();
            stretch.copies = world.ledger.copies.get(&by.stretch).copied().unwrap_or(0);
            if let Some(id) = &by.hold {
                let Some(hold) = held_and_late(world, &holds, by, id, taken) else {
                    let state = holds.get(id).map(|hold| (&hold.state, hold.expires_ms - by.at_ms));
                    return fails("bound", format!("claim {} goes by hold {id}, which is {state:?}", taken.id));
                };
                if hold > 0 {
                    late.insert(id.clone());
                }
                stretch.hold += hold;
                continue;
            }
            if world.online {
                return fails("bound", format!("claim {} was not held, and every till was online", taken.id));
            }
            let heard = by.heard.get(&balance.key).copied().unwrap_or(0);
            stretch.heard = Some(stretch.heard.map_or(heard, |before| before.min(heard)));
            let home_or_other = |o: domain::programme::Offline| milli(if by.at_home { o.home } else { o.other });
            // A programme without an offline amount is bounded by what is left alone.
            let most = versions.iter().filter_map(|p| p.offline).map(home_or_other).max().unwrap_or(i64::MAX);
            stretch.offline = stretch.offline.max(most);
        }
        let left = |s: &Stretch| s.heard.map_or(0, |heard| (limit - heard).max(0));
        let bound: i64 = stretches.values().map(|s| s.hold + (1 + s.copies) * s.offline.min(left(s))).sum();
        let excess = balance.used - limit;
        if excess > bound.max(0) {
            let (key, used) = (&balance.key, balance.used);
            return fails(
                "bound",
                format!("{key}: {used} used of {limit}, {excess} above, and the bound is {bound} ({stretches:?})"),
            );
        }
    }
    Ok(u64::try_from(late.len()).unwrap_or(u64::MAX))
}
