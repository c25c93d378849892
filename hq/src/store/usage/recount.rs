//! Counts everything anew: to fill what is kept, and to check it.

use std::collections::BTreeMap;

use anyhow::Result;

use super::{Given, goods_of};
use crate::params;
use crate::store::sql::Conn;

/// What each claim gives, by programme, and ('') as a whole.
const GIVEN: &str = "SELECT c.id, c.business_date AS day, c.store, coalesce(c.household, '') AS household, c.category,
      c.size, c.district, p.programme, p.discount_fen, p.subsidy_fen, p.purse_fen
    FROM claim_programmes p JOIN claims c ON c.id = p.claim_id
    WHERE (p.discount_fen <> 0 OR p.subsidy_fen <> 0 OR p.purse_fen <> 0) AND c.category IS NOT NULL
    UNION ALL
    SELECT c.id, c.business_date, c.store, coalesce(c.household, ''), c.category, c.size, c.district, '',
      w.discount_fen, w.subsidy_fen, w.purse_fen
    FROM (SELECT claim_id, sum(discount_fen) AS discount_fen, sum(subsidy_fen) AS subsidy_fen,
            sum(purse_fen) AS purse_fen FROM claim_programmes GROUP BY claim_id) AS w
    JOIN claims c ON c.id = w.claim_id
    WHERE (w.discount_fen <> 0 OR w.subsidy_fen <> 0 OR w.purse_fen <> 0) AND c.category IS NOT NULL";

/// Months, quarters and years of a day.
const PERIODS: [&str; 3] = [
    "substr(g.day, 1, 7)",
    "substr(g.day, 1, 4) || '-Q' || CASE WHEN substr(g.day, 6, 2) <= '03' THEN '1' WHEN substr(g.day, 6, 2) <= '06'
       THEN '2' WHEN substr(g.day, 6, 2) <= '09' THEN '3' ELSE '4' END",
    "substr(g.day, 1, 4)",
];

/// The sums of a table that is kept by month or by day.
fn sums(at: &str) -> String {
    format!(
        "SELECT {at} AS k1, g.programme AS k2, g.store AS k3, g.category AS k4, g.size AS k5, g.district AS k6,
           count(*) AS n, sum(g.discount_fen) AS d, sum(g.subsidy_fen) AS s, sum(g.purse_fen) AS p
         FROM ({GIVEN}) AS g GROUP BY 1, 2, 3, 4, 5, 6"
    )
}

/// How often each household came, and the claim that came first.
fn reach(period: &str, store: &str) -> String {
    format!(
        "SELECT {period} AS k1, g.programme AS k2, {store} AS k3, g.household AS k4, count(*) AS n, min(g.id) AS first
         FROM ({GIVEN}) AS g GROUP BY 1, 2, 3, 4"
    )
}

/// The six ways in which households are counted.
fn ways() -> impl Iterator<Item = String> {
    PERIODS.into_iter().flat_map(|period| ["g.store", "''"].map(|store| reach(period, store)))
}

/// Fills everything that is kept from the claims that were noted. Prices are the caller's.
pub fn fill(conn: &Conn) -> Result<()> {
    for table in ["usage_months", "usage_days", "usage_goods", "usage_reach", "usage_reached"] {
        conn.execute(&format!("DELETE FROM {table}"), params![])?;
    }
    for (table, column, at) in [("usage_months", "month", "substr(g.day, 1, 7)"), ("usage_days", "day", "g.day")] {
        conn.execute(
            &format!(
                "INSERT INTO {table} ({column}, programme, store, category, size, district, claims, discount_fen,
                   subsidy_fen, purse_fen) {}",
                sums(at)
            ),
            params![],
        )?;
    }
    for way in ways() {
        conn.execute(
            &format!(
                "INSERT INTO usage_reach (period, programme, store, household, category, size, district, claims)
                 SELECT r.k1, r.k2, r.k3, r.k4, c.category, c.size, c.district, r.n FROM ({way}) AS r
                 JOIN claims c ON c.id = r.first"
            ),
            params![],
        )?;
    }
    conn.execute(
        "INSERT INTO usage_reached (period, programme, store, category, size, district, households)
         SELECT period, programme, store, category, size, district, count(*) FROM usage_reach
         GROUP BY period, programme, store, category, size, district",
        params![],
    )?;
    for ((month, programme, store, group, category), (claims, given)) in goods(conn)? {
        conn.execute(
            "INSERT INTO usage_goods (month, programme, store, product_group, category, claims, discount_fen,
               subsidy_fen, purse_fen) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![month, programme, store, group, category, claims, given.discount, given.subsidy, given.purse],
        )?;
    }
    Ok(())
}

type GoodsKey = (String, String, String, String, String);

/// Product groups, from each claim's own note.
fn goods(conn: &Conn) -> Result<BTreeMap<GoodsKey, (i64, Given)>> {
    let sql = "SELECT substr(c.business_date, 1, 7), p.programme, c.store, c.category, p.goods
               FROM claim_programmes p JOIN claims c ON c.id = p.claim_id
               WHERE p.goods <> '[]' AND c.category IS NOT NULL";
    let mut sums: BTreeMap<GoodsKey, (i64, Given)> = BTreeMap::new();
    let read = |row: &crate::store::sql::Row| {
        let text = |n| row.get::<String>(n);
        Ok((text(0)?, text(1)?, text(2)?, text(3)?, text(4)?))
    };
    for (month, programme, store, category, text) in conn.all(sql, params![], read)? {
        for (group, given) in goods_of(&text)? {
            if given.is_something() {
                let key = (month.clone(), programme.clone(), store.clone(), group, category.clone());
                let sum = sums.entry(key).or_default();
                *sum = (sum.0 + 1, sum.1.plus(given));
            }
        }
    }
    Ok(sums)
}

/// The first kept sum that is not what its claims make, in words.
pub fn first_difference(conn: &Conn) -> Result<Option<String>> {
    let keyed = "k1, k2, k3, k4, k5, k6";
    for (table, column, at) in [("usage_months", "month", "substr(g.day, 1, 7)"), ("usage_days", "day", "g.day")] {
        let kept = format!(
            "SELECT {column} AS k1, programme AS k2, store AS k3, category AS k4, size AS k5, district AS k6,
               claims AS n, discount_fen AS d, subsidy_fen AS s, purse_fen AS p FROM {table}"
        );
        let sql = format!(
            "SELECT k1, k2, k3 FROM ({kept} UNION ALL SELECT {keyed}, -n, -d, -s, -p FROM ({}) AS counted) AS sides
             GROUP BY {keyed} HAVING sum(n) <> 0 OR sum(d) <> 0 OR sum(s) <> 0 OR sum(p) <> 0 LIMIT 1",
            sums(at)
        );
        if let Some(problem) = first(conn, &sql, "usage")? {
            return Ok(Some(problem));
        }
    }
    let recounted: Vec<String> = ways().map(|way| format!("SELECT k1, k2, k3, k4, -n FROM ({way}) AS r")).collect();
    let reach = format!(
        "SELECT k1, k2, k3 FROM (SELECT period AS k1, programme AS k2, store AS k3, household AS k4, claims AS n
           FROM usage_reach UNION ALL {}) AS sides GROUP BY k1, k2, k3, k4 HAVING sum(n) <> 0 LIMIT 1",
        recounted.join(" UNION ALL ")
    );
    let reached = "SELECT k1, k2, k3 FROM (
          SELECT period AS k1, programme AS k2, store AS k3, category AS k4, size AS k5, district AS k6, households AS n
          FROM usage_reached UNION ALL
          SELECT period, programme, store, category, size, district, -count(*) FROM usage_reach
          GROUP BY period, programme, store, category, size, district) AS sides
        GROUP BY k1, k2, k3, k4, k5, k6 HAVING sum(n) <> 0 LIMIT 1";
    let totals = "SELECT k1, k2, k2 FROM (
          SELECT store AS k1, state AS k2, claims AS n, claimed_fen AS c, granted_fen AS g FROM claim_totals UNION ALL
          SELECT store, state, -count(*), -sum(claimed_fen), -sum(granted_fen) FROM claims GROUP BY store, state
        ) AS sides GROUP BY k1, k2 HAVING sum(n) <> 0 OR sum(c) <> 0 OR sum(g) <> 0 LIMIT 1";
    let counted = "SELECT c.uuid, '', '' FROM claims c WHERE c.category IS NOT NULL AND c.counted <>
          CASE WHEN EXISTS (SELECT 1 FROM claim_programmes p WHERE p.claim_id = c.id
            AND (p.discount_fen <> 0 OR p.subsidy_fen <> 0 OR p.purse_fen <> 0)) THEN 1 ELSE 0 END LIMIT 1";
    for (sql, name) in [
        (reach.as_str(), "households"),
        (reached, "households"),
        (totals, "claims by state"),
        (counted, "whether it counts of"),
    ] {
        if let Some(problem) = first(conn, sql, name)? {
            return Ok(Some(problem));
        }
    }
    goods_difference(conn)
}

fn first(conn: &Conn, sql: &str, name: &str) -> Result<Option<String>> {
    let found =
        conn.optional(sql, params![], |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?, row.get::<String>(2)?)))?;
    Ok(found.map(|(at, programme, store)| differs(name, &[&at, &programme, &store])))
}

fn differs(name: &str, place: &[&str]) -> String {
    let place: Vec<&str> = place.iter().copied().filter(|word| !word.is_empty()).collect();
    format!("the kept sum of {name} {} is not what its claims make", place.join(" "))
}

fn goods_difference(conn: &Conn) -> Result<Option<String>> {
    let sql = "SELECT month, programme, store, product_group, category, claims, discount_fen, subsidy_fen, purse_fen
               FROM usage_goods";
    let read = |row: &crate::store::sql::Row| {
        let text = |n| row.get::<String>(n);
        let given = Given { discount: row.get(6)?, subsidy: row.get(7)?, purse: row.get(8)? };
        Ok(((text(0)?, text(1)?, text(2)?, text(3)?, text(4)?), (row.get(5)?, given)))
    };
    let kept: BTreeMap<GoodsKey, (i64, Given)> = conn.all(sql, params![], read)?.into_iter().collect();
    let counted = goods(conn)?;
    let wrong = kept
        .iter()
        .find(|(key, sum)| counted.get(*key) != Some(*sum))
        .or_else(|| counted.iter().find(|(key, sum)| kept.get(*key) != Some(*sum)));
    Ok(wrong.map(|((month, programme, store, group, _), _)| differs("goods", &[month, programme, store, group])))
}
