//! What pages ask of the kept sums.

use std::collections::BTreeMap;

use anyhow::Result;

use super::Given;
use crate::params;
use crate::store::sql::{Conn, Param as _, Row, Value};

/// What figures are told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Day.
    Day,
    /// Month.
    Month,
    /// Store.
    Store,
    /// County of the household.
    District,
    /// Programme.
    Programme,
    /// Category.
    Category,
    /// Persons of the household.
    Size,
    /// Product group.
    Goods,
}

/// Which figures; what is absent does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// First day, `2026-10-01`.
    pub first: String,
    /// Last day.
    pub last: String,
    /// Key of the period: `2026`, `2026-Q4`, `2026-11`.
    pub period: String,
    /// Months of the period.
    pub months: Vec<String>,
    /// Store.
    pub store: Option<String>,
    /// Programme.
    pub programme: Option<String>,
    /// Category.
    pub category: Option<String>,
    /// Persons of the household.
    pub size: Option<i64>,
    /// District prefix of the household.
    pub district: Option<String>,
    /// Stores that the person may see; absent: all.
    pub visible: Option<Vec<String>>,
}

/// Figures of one day, store, …
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// Which.
    pub key: String,
    /// Visits with something given.
    pub claims: i64,
    /// Different households; none where that is not known.
    pub households: Option<i64>,
    /// What was given.
    pub given: Given,
}

/// Conditions and their values, as they are put together.
#[derive(Default)]
struct Where {
    parts: Vec<String>,
    values: Vec<Value>,
}

impl Where {
    fn add(&mut self, condition: impl Into<String>, values: impl IntoIterator<Item = Value>) {
        self.parts.push(condition.into());
        self.values.extend(values);
    }

    fn is(&mut self, column: &str, value: impl crate::store::sql::Param) {
        self.add(format!("{column} = ?"), [value.value()]);
    }

    fn one_of(&mut self, column: &str, values: &[String]) {
        self.add(format!("{column} IN ({})", vec!["?"; values.len()].join(", ")), values.iter().map(|v| v.value()));
    }

    fn text(&self) -> String {
        if self.parts.is_empty() { "1 = 1".into() } else { self.parts.join(" AND ") }
    }
}

impl Filter {
    /// The one store that is asked for or may be seen, where it is one.
    fn only_store(&self) -> Option<&str> {
        match (&self.store, self.visible.as_deref()) {
            (Some(store), None) => Some(store),
            (Some(store), Some(codes)) if codes.contains(store) => Some(store),
            (None, Some([only])) => Some(only),
            _ => None,
        }
    }

    fn stores(&self, w: &mut Where) {
        if let Some(store) = &self.store {
            w.is("store", store);
        }
        if let Some(visible) = &self.visible {
            w.one_of("store", visible);
        }
    }

    fn families(&self, w: &mut Where) {
        if let Some(category) = &self.category {
            w.is("category", category);
        }
        if let Some(size) = self.size {
            w.is("size", size);
        }
        if let Some(district) = &self.district {
            w.add("substr(district, 1, length(?)) = ?", [district.value(), district.value()]);
        }
    }

    /// One programme, each of them, or claims as a whole.
    fn programmes(&self, by: By, w: &mut Where) {
        match (&self.programme, by) {
            (Some(programme), _) => w.is("programme", programme),
            (None, By::Programme | By::Goods) => w.add("programme <> ''", []),
            (None, By::Day | By::Month | By::Store | By::District | By::Category | By::Size) => w.is("programme", ""),
        }
    }
}

/// The figures of a filter, by what is asked for; in the order of their keys.
pub fn figures(conn: &Conn, by: By, f: &Filter) -> Result<Vec<Figures>> {
    let (table, key, at) = match by {
        By::Day => ("usage_days", "day", "day"),
        By::Month => ("usage_months", "month", "month"),
        By::Store => ("usage_months", "store", "month"),
        By::District => ("usage_months", "district", "month"),
        By::Programme => ("usage_months", "programme", "month"),
        By::Category => ("usage_months", "category", "month"),
        By::Size => ("usage_months", "size", "month"),
        By::Goods => ("usage_goods", "product_group", "month"),
    };
    let mut w = Where::default();
    match by {
        By::Day => w.add("day >= ? AND day <= ?", [f.first.value(), f.last.value()]),
        By::Month | By::Store | By::District | By::Programme | By::Category | By::Size | By::Goods => {
            w.one_of(at, &f.months);
        }
    }
    f.programmes(by, &mut w);
    f.stores(&mut w);
    if by == By::Goods {
        // Goods are kept by category alone: no page offers size and district beside them.
        if let Some(category) = &f.category {
            w.is("category", category);
        }
    } else {
        f.families(&mut w);
    }
    let sql = format!(
        "SELECT {key}, sum(claims), sum(discount_fen), sum(subsidy_fen), sum(purse_fen) FROM {table}
         WHERE {} GROUP BY {key} ORDER BY {key}",
        w.text()
    );
    let rows = conn.all(&sql, &w.values, |row| {
        let key = if by == By::Size { row.get::<i64>(0)?.to_string() } else { row.get(0)? };
        let given = Given { discount: row.get(2)?, subsidy: row.get(3)?, purse: row.get(4)? };
        Ok(Figures { key, claims: row.get(1)?, households: None, given })
    })?;
    let mut households = households(conn, by, f)?;
    Ok(rows
        .into_iter()
        .map(|row| Figures {
            households: if by == By::Goods { None } else { Some(households.remove(&row.key).unwrap_or(0)) },
            ..row
        })
        .collect())
}

/// Different households, by key.
fn households(conn: &Conn, by: By, f: &Filter) -> Result<BTreeMap<String, i64>> {
    let key = match by {
        By::Goods => return Ok(BTreeMap::new()),
        By::Day => return households_by_day(conn, f),
        By::Month => "period",
        By::Store => "store",
        By::District => "district",
        By::Programme => "programme",
        By::Category => "category",
        By::Size => "size",
    };
    let mut w = Where::default();
    if by == By::Month {
        w.one_of("period", &f.months);
    } else {
        w.is("period", &f.period);
    }
    let count = reached(by, f, &mut w);
    let sql = format!("SELECT {key}, {count} WHERE {} GROUP BY {key}", w.text());
    let read = |row: &Row| {
        let key = if by == By::Size { row.get::<i64>(0)?.to_string() } else { row.get(0)? };
        Ok((key, row.get(1)?))
    };
    Ok(conn.all(&sql, &w.values, read)?.into_iter().collect())
}

/// What counts households: the kept count, or, over some stores together, the rows of households.
fn reached(by: By, f: &Filter, w: &mut Where) -> &'static str {
    f.programmes(by, w);
    f.families(w);
    let kept = "sum(households) FROM usage_reached";
    if by == By::Store {
        w.add("store <> ''", []);
        f.stores(w);
        kept
    } else if let Some(store) = f.only_store() {
        w.is("store", store);
        kept
    } else if f.visible.is_none() {
        w.is("store", "");
        kept
    } else {
        f.stores(w);
        "count(DISTINCT household) FROM usage_reach"
    }
}

fn households_by_day(conn: &Conn, f: &Filter) -> Result<BTreeMap<String, i64>> {
    let mut w = Where::default();
    w.add("counted = 1 AND business_date >= ? AND business_date <= ?", [f.first.value(), f.last.value()]);
    f.stores(&mut w);
    f.families(&mut w);
    if let Some(programme) = &f.programme {
        w.add(
            "EXISTS (SELECT 1 FROM claim_programmes p WHERE p.claim_id = claims.id AND p.programme = ?
               AND (p.discount_fen <> 0 OR p.subsidy_fen <> 0 OR p.purse_fen <> 0))",
            [programme.value()],
        );
    }
    let sql = format!(
        "SELECT business_date, count(DISTINCT household) FROM claims WHERE {} GROUP BY business_date",
        w.text()
    );
    Ok(conn.all(&sql, &w.values, |row| Ok((row.get(0)?, row.get(1)?)))?.into_iter().collect())
}

/// The whole period in one row: each household counts once.
pub fn whole(conn: &Conn, f: &Filter) -> Result<Figures> {
    let of_months = figures(conn, By::Month, f)?;
    let mut w = Where::default();
    w.is("period", &f.period);
    let count = reached(By::Month, f, &mut w);
    let households: Option<i64> = conn.value(&format!("SELECT {count} WHERE {}", w.text()), &w.values)?;
    Ok(Figures {
        key: f.period.clone(),
        claims: of_months.iter().map(|m| m.claims).sum(),
        households: Some(households.unwrap_or(0)),
        given: of_months.iter().fold(Given::default(), |sum, m| sum.plus(m.given)),
    })
}

/// Months in which there are claims with something given, the newest first.
pub fn months(conn: &Conn) -> Result<Vec<String>> {
    // One step of the index a month.
    let sql = "WITH RECURSIVE m (month) AS (
                 SELECT max(month) FROM usage_months
                 UNION ALL SELECT (SELECT max(u.month) FROM usage_months u WHERE u.month < m.month) FROM m
                   WHERE m.month IS NOT NULL)
               SELECT month FROM m WHERE month IS NOT NULL ORDER BY month DESC";
    conn.all(sql, params![], |row| row.get(0))
}

/// Counties in which households were reached in a period.
pub fn districts(conn: &Conn, period: &str) -> Result<Vec<String>> {
    let sql = "SELECT DISTINCT district FROM usage_reached WHERE period = ?1 AND programme = '' AND store = ''
               ORDER BY district";
    conn.all(sql, params![period], |row| row.get(0))
}

/// By store: claims that waited for people at any time, and how many of them give nothing now.
pub fn waited(conn: &Conn, f: &Filter) -> Result<BTreeMap<String, (i64, i64)>> {
    let mut w = Where::default();
    w.add("was_held = 1 AND business_date >= ? AND business_date <= ?", [f.first.value(), f.last.value()]);
    let sql = format!("SELECT store, count(*), sum(1 - counted) FROM claims WHERE {} GROUP BY store", w.text());
    Ok(conn.all(&sql, &w.values, |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?.into_iter().collect())
}

/// Given by programme and month, over all stores: subsidy and purse together are the funds' money.
pub fn by_programme(conn: &Conn) -> Result<Vec<(String, String, Given)>> {
    let sql = "SELECT month, programme, sum(discount_fen), sum(subsidy_fen), sum(purse_fen) FROM usage_months
               WHERE programme <> '' GROUP BY month, programme ORDER BY month, programme";
    let read = |row: &Row| {
        let given = Given { discount: row.get(2)?, subsidy: row.get(3)?, purse: row.get(4)? };
        Ok((row.get(0)?, row.get(1)?, given))
    };
    conn.all(sql, params![], read)
}

/// Funds and their budgets.
pub fn funds(conn: &Conn) -> Result<Vec<(String, Option<i64>)>> {
    conn.all("SELECT code, budget_fen FROM funds ORDER BY code", params![], |row| Ok((row.get(0)?, row.get(1)?)))
}
