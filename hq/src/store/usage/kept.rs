//! Keeps sums in step: what changed of a claim is added to each of them.

use std::collections::BTreeMap;

use anyhow::Result;

use super::{Cell, Given, Noted, Shares, texts};
use crate::params;
use crate::store::sql::{Conn, Param as _, Value};

/// What a sum changes by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Change {
    claims: i64,
    given: Given,
}

impl Change {
    fn between(before: Given, after: Given) -> Self {
        let claims = i64::from(after.is_something()) - i64::from(before.is_something());
        Self { claims, given: after.minus(before) }
    }
}

/// Adds what a claim gives now, and takes away what it gave before.
pub fn step(conn: &Conn, cell: &Cell, before: &Noted, after: &Shares) -> Result<()> {
    let mut changes = changes(before, after);
    changes.retain(|_, change| *change != Change::default());
    for (table, column, at) in [("usage_months", "month", cell.month()), ("usage_days", "day", &cell.day)] {
        sums(conn, cell, (table, column, at), &changes)?;
    }
    reach(conn, cell, &changes)?;
    let mut changes = goods_changes(before, after);
    changes.retain(|_, change| *change != Change::default());
    goods(conn, cell, &changes)
}

/// By programme; '' is the claim as a whole.
fn changes(before: &Noted, after: &Shares) -> BTreeMap<String, Change> {
    let mut pairs: BTreeMap<String, (Given, Given)> = BTreeMap::new();
    for (code, (given, _)) in before {
        pairs.entry(code.clone()).or_default().0 = *given;
    }
    for (code, share) in after {
        pairs.entry(code.clone()).or_default().1 = share.given();
    }
    let whole = pairs
        .values()
        .fold((Given::default(), Given::default()), |(b, a), (before, after)| (b.plus(*before), a.plus(*after)));
    pairs.insert(String::new(), whole);
    pairs.into_iter().map(|(code, (before, after))| (code, Change::between(before, after))).collect()
}

fn goods_changes(before: &Noted, after: &Shares) -> BTreeMap<(String, String), Change> {
    let mut pairs: BTreeMap<(String, String), (Given, Given)> = BTreeMap::new();
    for (code, (_, goods)) in before {
        for (group, given) in goods {
            pairs.entry((code.clone(), group.clone())).or_default().0 = *given;
        }
    }
    for (code, share) in after {
        for (group, given) in &share.goods {
            pairs.entry((code.clone(), group.clone())).or_default().1 = *given;
        }
    }
    pairs.into_iter().map(|(key, (before, after))| (key, Change::between(before, after))).collect()
}

impl Change {
    fn values(self) -> [Value; 4] {
        let Given { discount, subsidy, purse } = self.given;
        [self.claims, discount, subsidy, purse].map(|n| n.value())
    }
}

fn sums(conn: &Conn, cell: &Cell, at: (&str, &str, &str), changes: &BTreeMap<String, Change>) -> Result<()> {
    let (table, column, at) = at;
    let key = |programme: &str| {
        let mut key = texts(&[at, programme, &cell.store, &cell.category]);
        key.extend([cell.size.value(), cell.district.value()]);
        key
    };
    let row = |(programme, change): (&String, &Change)| [key(programme), change.values().into()].concat();
    let rows: Vec<_> = changes.iter().map(row).collect();
    conn.insert_many(
        &format!(
            "{table} ({column}, programme, store, category, size, district, claims, discount_fen, subsidy_fen, purse_fen)"
        ),
        &rows,
        &format!(
            "ON CONFLICT ({column}, programme, store, category, size, district) DO UPDATE SET
               claims = {table}.claims + excluded.claims, discount_fen = {table}.discount_fen + excluded.discount_fen,
               subsidy_fen = {table}.subsidy_fen + excluded.subsidy_fen,
               purse_fen = {table}.purse_fen + excluded.purse_fen"
        ),
    )?;
    for (programme, _) in changes.iter().filter(|(_, change)| change.claims < 0) {
        conn.execute(
            &format!(
                "DELETE FROM {table} WHERE {column} = ?1 AND programme = ?2 AND store = ?3 AND category = ?4
                   AND size = ?5 AND district = ?6 AND claims = 0"
            ),
            &key(programme),
        )?;
    }
    Ok(())
}

fn goods(conn: &Conn, cell: &Cell, changes: &BTreeMap<(String, String), Change>) -> Result<()> {
    let key =
        |(programme, group): &(String, String)| texts(&[cell.month(), programme, &cell.store, group, &cell.category]);
    let rows: Vec<_> = changes.iter().map(|(at, change)| [key(at), change.values().into()].concat()).collect();
    conn.insert_many(
        "usage_goods (month, programme, store, product_group, category, claims, discount_fen, subsidy_fen, purse_fen)",
        &rows,
        "ON CONFLICT (month, programme, store, product_group, category) DO UPDATE SET
           claims = usage_goods.claims + excluded.claims,
           discount_fen = usage_goods.discount_fen + excluded.discount_fen,
           subsidy_fen = usage_goods.subsidy_fen + excluded.subsidy_fen,
           purse_fen = usage_goods.purse_fen + excluded.purse_fen",
    )?;
    for (at, _) in changes.iter().filter(|(_, change)| change.claims < 0) {
        conn.execute(
            "DELETE FROM usage_goods WHERE month = ?1 AND programme = ?2 AND store = ?3 AND product_group = ?4
               AND category = ?5 AND claims = 0",
            &key(at),
        )?;
    }
    Ok(())
}

/// How often a household came, and under what it stands: period, programme and store; claims; category, size and
/// district.
struct Visited {
    key: [String; 3],
    claims: i64,
    at: (String, i64, String),
}

/// Period, programme and store; category, size and district.
type Reached = ([String; 3], (String, i64, String));

/// Counts the household in each period, at the store and anywhere.
fn reach(conn: &Conn, cell: &Cell, changes: &BTreeMap<String, Change>) -> Result<()> {
    let mut reached: BTreeMap<Reached, i64> = BTreeMap::new();
    for by in [-1_i64, 1] {
        let programmes = changes.iter().filter(|(_, change)| change.claims == by).map(|(programme, _)| programme);
        for seen in visited(conn, cell, programmes, by)? {
            let is_gone = seen.claims == 0;
            if is_gone {
                let [period, programme, store] = &seen.key;
                conn.execute(
                    "DELETE FROM usage_reach WHERE period = ?1 AND programme = ?2 AND store = ?3 AND household = ?4",
                    params![period, programme, store, cell.household],
                )?;
            }
            if is_gone || seen.claims == by {
                *reached.entry((seen.key, seen.at)).or_default() += if is_gone { -1 } else { 1 };
            }
        }
    }
    put_reached(conn, &reached)
}

/// How often the household has come now.
fn visited<'a>(
    conn: &Conn,
    cell: &Cell,
    programmes: impl Iterator<Item = &'a String>,
    by: i64,
) -> Result<Vec<Visited>> {
    let mut rows = Vec::new();
    for programme in programmes {
        for period in cell.periods() {
            for store in [cell.store.as_str(), ""] {
                let mut row = texts(&[&period, programme, store, &cell.household, &cell.category]);
                row.extend([cell.size.value(), cell.district.value(), by.value()]);
                rows.push(row);
            }
        }
    }
    conn.insert_returning(
        "usage_reach (period, programme, store, household, category, size, district, claims)",
        &rows,
        "ON CONFLICT (period, programme, store, household) DO UPDATE SET claims = usage_reach.claims + excluded.claims
         RETURNING period, programme, store, claims, category, size, district",
        |row| {
            let key = [row.get(0)?, row.get(1)?, row.get(2)?];
            Ok(Visited { key, claims: row.get(3)?, at: (row.get(4)?, row.get(5)?, row.get(6)?) })
        },
    )
}

fn put_reached(conn: &Conn, reached: &BTreeMap<Reached, i64>) -> Result<()> {
    let key = |([period, programme, store], (category, size, district)): &Reached| {
        let mut key = texts(&[period, programme, store, category]);
        key.extend([size.value(), district.value()]);
        key
    };
    let rows: Vec<_> = reached.iter().map(|(at, by)| [key(at), vec![by.value()]].concat()).collect();
    conn.insert_many(
        "usage_reached (period, programme, store, category, size, district, households)",
        &rows,
        "ON CONFLICT (period, programme, store, category, size, district) DO UPDATE SET
           households = usage_reached.households + excluded.households",
    )?;
    for (at, _) in reached.iter().filter(|(_, by)| **by < 0) {
        conn.execute(
            "DELETE FROM usage_reached WHERE period = ?1 AND programme = ?2 AND store = ?3 AND category = ?4
               AND size = ?5 AND district = ?6 AND households = 0",
            &key(at),
        )?;
    }
    Ok(())
}
