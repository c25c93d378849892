//! Quarterly disclosure (慈善法 79, 81; 民政部令第 81 号): one row a project and fund, aggregate by construction. What was
//! published stays; a correction says publicly why.

pub mod group;
pub mod table;

use anyhow::{Context as _, Result};

use self::table::{Row, Table};
use super::Hq;
use super::access::{Action, Role};
use super::report::{Period, burn};
use super::session::Person;
use crate::store::disclosures::{self, Families, Version};
use crate::store::sql::Conn;
use crate::store::{audit, now_ms};

/// Longest public explanation, in characters.
const LONGEST: usize = 500;

/// What a page shows of a quarter.
#[derive(Debug, Clone)]
pub struct Shown {
    /// As it may be published now.
    pub table: Table,
    /// What was published, the newest first.
    pub versions: Vec<(Version, Table)>,
    /// Claims that people have not decided on: they count as claimed.
    pub undecided: i64,
}

/// A quarter: a year's number and 1 to 4.
pub fn quarter(text: &str) -> Option<Period> {
    Period::parse(text).filter(|period| matches!(period, Period::Quarter(..)))
}

/// Whether a quarter is over on a day.
pub fn is_over(period: Period, today: &str) -> bool {
    period.days().1.as_str() < today
}

fn versions(conn: &Conn, quarter: &str) -> Result<Vec<(Version, Table)>> {
    let read = |version: Version| {
        let table = serde_json::from_str(&version.body).context("a disclosure that was published")?;
        Ok((version, table))
    };
    disclosures::versions(conn, quarter)?.into_iter().map(read).collect()
}

/// What may be published now, and what was.
pub fn show(conn: &Conn, period: Period) -> Result<Shown> {
    let (first, last) = period.days();
    let versions = versions(conn, &period.key())?;
    let fresh = fresh(conn, period)?;
    let table = match versions.first() {
        None => fresh,
        Some((version, former)) => correction(conn, period, version.version, former, &fresh)?,
    };
    Ok(Shown { table, versions, undecided: disclosures::undecided(conn, &first, &last)? })
}

fn fresh(conn: &Conn, period: Period) -> Result<Table> {
    let (key, months) = (period.key(), period.months());
    let codes = disclosures::programmes(conn, &months)?;
    let ask = |programmes: &[String]| disclosures::sums(conn, &key, &months, programmes);
    table::first(&codes, &burn::funds_of_programmes(conn)?, &ask)
}

fn correction(conn: &Conn, period: Period, version: i64, former: &Table, fresh: &Table) -> Result<Table> {
    let (key, months) = (period.key(), period.months());
    let (first, last) = period.days();
    let ask = |programmes: &[String]| disclosures::sums(conn, &key, &months, programmes);
    let differing = |row: &Row| {
        let before = disclosures::published_families(conn, &key, version, row.key())?;
        let now = disclosures::families(conn, &first, &last, &row.programmes)?;
        Ok(differing(&before, &now))
    };
    table::corrected(former, fresh, &ask, &differing)
}

/// How many families' figures are not the same.
fn differing(before: &Families, now: &Families) -> i64 {
    let changed = before.iter().filter(|(family, figures)| now.get(*family) != Some(*figures)).count();
    let new = now.keys().filter(|family| !before.contains_key(*family)).count();
    i64::try_from(changed + new).unwrap_or(i64::MAX)
}

/// Who publishes.
pub fn may_publish(role: Role) -> bool {
    role.may_do(Action::PublishList)
}

/// Publishes a quarter: its first table, or a correction with its public explanation. The sentence says what to do
/// where nothing was published.
pub fn publish(
    hq: &Hq,
    person: &Person,
    period: Period,
    today: &str,
    reason: &str,
) -> Result<Result<i64, &'static str>> {
    if !may_publish(person.role) || person.district.is_some() {
        return Ok(Err("由总会的会计发布。请找会计。 An accountant of headquarters publishes; ask one"));
    }
    if !is_over(period, today) {
        return Ok(Err("这个季度还没有结束，请在季度结束后发布。 The quarter is not over; publish when it is"));
    }
    let reason = reason.trim();
    let db = hq.db();
    let tx = db.begin()?;
    let shown = show(&tx, period)?;
    let former = shown.versions.first();
    if former.is_some_and(|(_, table)| table.says_the_same(&shown.table)) {
        return Ok(Err("与已发布的一样，不用更正。 It is as published; there is nothing to correct"));
    }
    if former.is_some() && (reason.chars().count() < 4 || reason.chars().count() > LONGEST) {
        return Ok(Err("更正要公开说明原因，请写明。 A correction is explained in public; write why"));
    }
    if former.is_none() && shown.table.rows.is_empty() {
        return Ok(Err(
            "没有可以发布的数字：各资金都不足 5 户。 Nothing can be published: no fund reached 5 households",
        ));
    }
    let version = former.map_or(1, |(version, _)| version.version + 1);
    let row = Version {
        quarter: period.key(),
        version,
        at: now_ms(),
        by: person.name.clone(),
        reason: if former.is_some() { reason.into() } else { String::new() },
        body: serde_json::to_string(&shown.table)?,
    };
    let families = families(&tx, period, &shown.table, version - 1)?;
    disclosures::publish(&tx, &row, &families)?;
    let detail = serde_json::json!({ "quarter": row.quarter, "version": version, "reason": reason });
    audit(&tx, &person.name, "disclosure publish", &detail.to_string())?;
    tx.commit()?;
    Ok(Ok(version))
}

/// Whose figures each row holds: a row that stays as it was published holds those of that time.
fn families(conn: &Conn, period: Period, table: &Table, former: i64) -> Result<Vec<(String, Families)>> {
    let (first, last) = period.days();
    let of_row = |row: &Row| {
        let families = if row.is_left {
            disclosures::published_families(conn, &period.key(), former, row.key())?
        } else {
            disclosures::families(conn, &first, &last, &row.programmes)?
        };
        Ok((row.key().to_owned(), families))
    };
    table.rows.iter().map(of_row).collect()
}
