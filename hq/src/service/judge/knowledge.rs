//! What a claim is priced with: programmes, product groups, the household, and what was used.

use crate::store::sql::Conn;
use anyhow::Result;
use domain::basket::{Basket, BasketLine, Beneficiary};
use domain::household::RosterEntry;
use domain::money::Money;
use domain::programme::{Measure, Programme};
use domain::usage::{Amount, OFFLINE, Used};

use super::Sender;
use crate::service::{catalogue, holds, stated};
use crate::store::holds::{self as rows, Key};
use crate::store::lists::Published;
use crate::store::{claims, now_ms};

/// For so long before a claim's time a till may have gone by an older roster or programme.
const GRACE_MS: i64 = 7 * 86_400_000;
/// A till's clock may be this far behind headquarters'.
const SKEW_MS: i64 = 60_000;

/// The programme versions that a claim is priced with. Of a code that it names: that version, where
/// it was the newest at some time within the 7 days before the claim, else headquarters' own. Of
/// other codes: the version that was the newest all through those days, so that a till which had
/// not heard of a change is not held to it.
pub fn programmes(conn: &Conn, said: &stated::Claim, at_ms: i64) -> Result<Vec<Programme>> {
    Ok(chosen(&catalogue::published(conn)?, said, at_ms))
}

/// The same, of versions that were read.
pub fn chosen(published: &[(Programme, Published)], said: &stated::Claim, at_ms: i64) -> Vec<Programme> {
    let newest_at = |code: &str, when: i64| {
        let known = published.iter().filter(|(p, row)| p.code == code && row.published_at <= when);
        known.map(|(p, _)| p.version).max()
    };
    let mut chosen = Vec::new();
    for (programme, row) in published {
        let code = programme.code.as_str();
        let wanted = match said.versions.get(code) {
            Some(named) if was_newest(published, code, *named, at_ms) => Some(*named),
            Some(_) => None,
            None => {
                newest_at(code, at_ms - GRACE_MS).filter(|version| newest_at(code, at_ms + SKEW_MS) == Some(*version))
            }
        };
        let by_own = said.versions.contains_key(code) && wanted.is_none();
        if wanted == Some(row.version) || by_own {
            chosen.push(programme.clone());
        }
    }
    chosen
}

/// Whether a version was its code's newest at some time within the 7 days before a claim.
pub fn was_newest(published: &[(Programme, Published)], code: &str, version: u32, at_ms: i64) -> bool {
    let of_code = || published.iter().filter(|(p, _)| p.code == code);
    let Some((_, row)) = of_code().find(|(p, _)| p.version == version) else {
        return false;
    };
    let followed = of_code().filter(|(p, _)| p.version > version).map(|(_, r)| r.published_at).min();
    row.published_at <= at_ms + SKEW_MS && followed.is_none_or(|followed| followed >= at_ms - GRACE_MS)
}

/// The claim's basket, with headquarters' own product groups and roster entry.
pub fn basket(conn: &Conn, from: &Sender<'_>, said: &stated::Claim, entry: Option<&RosterEntry>) -> Result<Basket> {
    let codes: Vec<String> = said.lines.iter().map(|line| line.basket.product.tagged()).collect();
    let groups = rows::groups(conn, &codes)?;
    let own = |(line, code): (&stated::Line, &String)| {
        let group = groups.get(code).unwrap_or(&line.basket.group).clone();
        BasketLine { group, ..line.basket.clone() }
    };
    let lines = said.lines.iter().zip(&codes).map(own).collect();
    let beneficiary: Option<Beneficiary> =
        entry.filter(|entry| entry.is_eligible(from.date)).map(RosterEntry::beneficiary);
    Ok(Basket {
        store: from.store.into(),
        business_date: from.date,
        online: said.online,
        beneficiary,
        used: Used::default(),
        decline: said.decline.clone(),
        purses: said.purses.clone(),
        lines,
    })
}

/// What the till knew to be used (never less than its own records), and what everyone used. What others hold
/// counts as theirs: else a claim without a hold could take what two stores were promised.
pub fn used(conn: &Conn, from: &Sender<'_>, said: &stated::Claim, programmes: &[Programme]) -> Result<(Used, Used)> {
    let (mut known, mut everyone) = (said.used.clone(), Used::default());
    let mut own = Used::default();
    let held = holds::sums(&rows::reserved(conn, &said.household, None, now_ms())?)?;
    let mut asked: Vec<(Key, bool)> = Vec::new();
    for programme in programmes {
        for limit in &programme.limits {
            let Some(period) = limit.per.key(from.date) else {
                continue;
            };
            let person = if limit.per_person { said.person.clone() } else { String::new() };
            let key = Key { person, programme: programme.code.clone(), limit: limit.id.clone(), period };
            asked.push((key, matches!(limit.measure, Measure::Discount(_))));
        }
    }
    let keys: Vec<Key> = asked.iter().map(|(key, _)| key.clone()).collect();
    let sums = claims::used(conn, &said.household, from.till_id, &keys)?;
    for ((key, money), (all, mine)) in asked.iter().zip(sums) {
        let all = all.max(0) + held.get(key).copied().unwrap_or(0);
        put(&mut everyone, &key.programme, &key.limit, Amount::from_milli(all, *money));
        put(&mut own, &key.programme, &key.limit, Amount::from_milli(mine.max(0), *money));
    }
    if programmes.iter().any(|programme| programme.offline.is_some()) {
        let given = claims::all_since_heard(conn, from.till_id, &said.heard, &said.household)?;
        for programme in programmes.iter().filter(|programme| programme.offline.is_some()) {
            let given = given.get(&programme.code).copied().unwrap_or(0);
            put(&mut own, &programme.code, OFFLINE, Money::from_fen(given.into()).into());
        }
    }
    known.raise_to(&own);
    everyone.raise_to(&known);
    Ok((known, everyone))
}

fn put(used: &mut Used, programme: &str, limit: &str, amount: Amount) {
    used.0.entry(programme.into()).or_default().insert(limit.into(), amount);
}
