//! Keeps sums in step: what changed of a claim is added to each of them.

use std::collections::BTreeMap;

use anyhow::Result;

use super::{Cell, Given, Noted, Shares, texts};
use crate::params;
use crate::store::sql::{Conn, Param as _};

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
    for (programme, change) in changes(before, after) {
        if change == Change::default() {
            continue;
        }
        sums(conn, cell, &programme, change)?;
        if change.claims != 0 {
            reach(conn, cell, &programme, change.claims)?;
        }
    }
    for ((programme, group), change) in goods_changes(before, after) {
        if change != Change::default() {
            goods(conn, cell, &programme, &group, change)?;
        }
    }
    Ok(())
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

fn sums(conn: &Conn, cell: &Cell, programme: &str, change: Change) -> Result<()> {
    for (table, column, at) in [("usage_months", "month", cell.month()), ("usage_days", "day", &cell.day)] {
        let mut values = texts(&[at, programme, &cell.store, &cell.category]);
        values.extend([cell.size.value(), cell.district.value()]);
        let Given { discount, subsidy, purse } = change.given;
        let added = [change.claims, discount, subsidy, purse].map(|n| n.value());
        conn.execute(
            &format!(
                "INSERT INTO {table} ({column}, programme, store, category, size, district, claims, discount_fen,
                   subsidy_fen, purse_fen) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                 ON CONFLICT ({column}, programme, store, category, size, district) DO UPDATE SET
                   claims = {table}.claims + excluded.claims, discount_fen = {table}.discount_fen + excluded.discount_fen,
                   subsidy_fen = {table}.subsidy_fen + excluded.subsidy_fen,
                   purse_fen = {table}.purse_fen + excluded.purse_fen"
            ),
            &[values.clone(), added.into()].concat(),
        )?;
        if change.claims < 0 {
            conn.execute(
                &format!(
                    "DELETE FROM {table} WHERE {column} = ?1 AND programme = ?2 AND store = ?3 AND category = ?4
                       AND size = ?5 AND district = ?6 AND claims = 0"
                ),
                &values,
            )?;
        }
    }
    Ok(())
}

fn goods(conn: &Conn, cell: &Cell, programme: &str, group: &str, change: Change) -> Result<()> {
    let key = texts(&[cell.month(), programme, &cell.store, group, &cell.category]);
    let Given { discount, subsidy, purse } = change.given;
    let added = [change.claims, discount, subsidy, purse].map(|n| n.value());
    conn.execute(
        "INSERT INTO usage_goods (month, programme, store, product_group, category, claims, discount_fen, subsidy_fen,
           purse_fen) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (month, programme, store, product_group, category) DO UPDATE SET
           claims = usage_goods.claims + excluded.claims,
           discount_fen = usage_goods.discount_fen + excluded.discount_fen,
           subsidy_fen = usage_goods.subsidy_fen + excluded.subsidy_fen,
           purse_fen = usage_goods.purse_fen + excluded.purse_fen",
        &[key.clone(), added.into()].concat(),
    )?;
    if change.claims < 0 {
        conn.execute(
            "DELETE FROM usage_goods WHERE month = ?1 AND programme = ?2 AND store = ?3 AND product_group = ?4
               AND category = ?5 AND claims = 0",
            &key,
        )?;
    }
    Ok(())
}

/// Counts the household in each period, at the store and anywhere.
fn reach(conn: &Conn, cell: &Cell, programme: &str, by: i64) -> Result<()> {
    for period in cell.periods() {
        for store in [cell.store.as_str(), ""] {
            let row = (&period, programme, store);
            let (claims, category, size, district) = visited(conn, cell, row, by)?;
            let gone = claims == 0;
            if gone {
                conn.execute(
                    "DELETE FROM usage_reach WHERE period = ?1 AND programme = ?2 AND store = ?3 AND household = ?4",
                    params![period, programme, store, cell.household],
                )?;
            }
            if gone || claims == by {
                let change = if gone { -1_i64 } else { 1 };
                reached(conn, row, (&category, size, &district), change)?;
            }
        }
    }
    Ok(())
}

type Row<'a> = (&'a String, &'a str, &'a str);

/// How often the household has come now, and under what it stands.
fn visited(conn: &Conn, cell: &Cell, row: Row<'_>, by: i64) -> Result<(i64, String, i64, String)> {
    let (period, programme, store) = row;
    let sql = "INSERT INTO usage_reach (period, programme, store, household, category, size, district, claims)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
               ON CONFLICT (period, programme, store, household) DO UPDATE SET
                 claims = usage_reach.claims + excluded.claims
               RETURNING claims, category, size, district";
    let given = params![period, programme, store, cell.household, cell.category, cell.size, cell.district, by];
    conn.one(sql, given, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
}

fn reached(conn: &Conn, row: Row<'_>, at: (&str, i64, &str), by: i64) -> Result<()> {
    let ((period, programme, store), (category, size, district)) = (row, at);
    conn.execute(
        "INSERT INTO usage_reached (period, programme, store, category, size, district, households)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (period, programme, store, category, size, district) DO UPDATE SET
           households = usage_reached.households + excluded.households",
        params![period, programme, store, category, size, district, by],
    )?;
    if by < 0 {
        conn.execute(
            "DELETE FROM usage_reached WHERE period = ?1 AND programme = ?2 AND store = ?3 AND category = ?4
               AND size = ?5 AND district = ?6 AND households = 0",
            params![period, programme, store, category, size, district],
        )?;
    }
    Ok(())
}
