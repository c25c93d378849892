//! No limit is exceeded by more than the bound: for a household and a limit,
//! E ≤ Σ [h + (1+ρ)·min(O, max(0, L−B))] over the tills' stretches without headquarters that began before
//! its books reached L.

use std::collections::BTreeMap;

use domain::money::Money;
use domain::programme::{Measure, Programme};
use hq::params;
use hq::service::catalogue;

use crate::ledger::WentBy;
use crate::world::{Outcome, World, fails};

/// What was used of one limit in one period, and by which claims.
struct Balance {
    key: String,
    programme: String,
    limit: String,
    used: i64,
    claims: Vec<String>,
}

/// One stretch of a till without headquarters.
#[derive(Debug, Default)]
struct Stretch {
    heard: i64,
    offline: i64,
    hold: i64,
    copies: i64,
}

/// `h`, of a claim that was priced by a hold: what it took is laid to nobody else where it came late. No till
/// asks for a hold yet: this stays 0 until one does.
fn held_and_late(went_by: &WentBy) -> Option<i64> {
    went_by.hold.as_ref().map(|_| 0)
}

fn balances(world: &World<'_>) -> anyhow::Result<Vec<Balance>> {
    let sql = "SELECT household, person, programme, limit_id, period, used_milli FROM balances WHERE money = 1";
    let claims = "SELECT DISTINCT r.uuid FROM movements m JOIN records r ON r.id = m.record_id
                  WHERE m.household = ?1 AND m.person = ?2 AND m.programme = ?3 AND m.limit_id = ?4 AND m.period = ?5";
    world.net.at_headquarters(|hq| {
        let db = hq.db();
        let rows: Vec<([String; 5], i64)> = db.conn.all(sql, params![], |row| {
            Ok(([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?], row.get(5)?))
        })?;
        rows.into_iter()
            .map(|(key, used)| {
                let [household, person, programme, limit, period] = &key;
                let claims =
                    db.conn.all(claims, params![household, person, programme, limit, period], |row| row.get(0))?;
                Ok(Balance { key: key.join("|"), programme: programme.clone(), limit: limit.clone(), used, claims })
            })
            .collect()
    })
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

/// The checker.
pub fn check(world: &World<'_>) -> Outcome {
    let programmes: Vec<Programme> = world
        .net
        .at_headquarters(|hq| Ok(catalogue::published(&hq.db().conn)?.into_iter().map(|(p, _)| p).collect()))?;
    let known: BTreeMap<&str, &WentBy> =
        world.ledger.entries.iter().filter_map(|e| Some((e.id.as_str(), e.went_by.as_ref()?))).collect();
    for balance in balances(world)? {
        let versions: Vec<&Programme> = programmes.iter().filter(|p| p.code == balance.programme).collect();
        let claims: Vec<&&WentBy> = balance.claims.iter().filter_map(|id| known.get(id.as_str())).collect();
        let size = claims.iter().map(|w| w.size).max().unwrap_or(1);
        let limit = figure(&versions, &balance.limit, size);
        let excess = balance.used - limit;
        if excess <= 0 {
            continue;
        }
        let mut stretches: BTreeMap<u64, Stretch> = BTreeMap::new();
        for went_by in claims {
            let stretch = stretches.entry(went_by.stretch).or_default();
            stretch.heard = went_by.heard.get(&balance.key).copied().unwrap_or(0);
            stretch.copies = world.ledger.copies.get(&went_by.stretch).copied().unwrap_or(0);
            if let Some(hold) = held_and_late(went_by) {
                stretch.hold += hold;
                continue;
            }
            let offline = versions
                .iter()
                .filter_map(|p| p.offline)
                .map(|o| milli(if went_by.at_home { o.home } else { o.other }))
                .max();
            // Without a hold and with fresh balances a till prices as if headquarters had answered: its offline
            // amount does not bind, and it may take all that was left.
            let most = offline.filter(|_| !went_by.online).unwrap_or(i64::MAX);
            stretch.offline = stretch.offline.max(most);
        }
        let bound: i64 =
            stretches.values().map(|s| s.hold + (1 + s.copies) * s.offline.min((limit - s.heard).max(0))).sum();
        if excess > bound {
            return fails(
                "bound",
                format!(
                    "{}: {} used of {limit}, {excess} above, and the bound is {bound} ({stretches:?})",
                    balance.key, balance.used
                ),
            );
        }
    }
    Ok(())
}
