//! The table of a quarter: programmes of too few households stand together as 其他, with others where need be, so that
//! neither a row nor a difference of rows tells of fewer than five households.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::group::{FEWEST, Group};
use crate::store::disclosures::Sums;

/// A row: one programme, or several of one fund that are told of together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Fund; none: stores gave it.
    pub fund: Option<String>,
    /// Programmes.
    pub programmes: Vec<String>,
    /// Their sums.
    pub group: Group,
    /// Whether a correction left it as it was published, because it would tell of too few households.
    #[serde(default)]
    pub is_left: bool,
}

impl Row {
    /// The programme by which its families are kept.
    pub fn key(&self) -> &str {
        self.programmes.first().map_or("", String::as_str)
    }
}

/// What may be published of a quarter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// By fund.
    pub rows: Vec<Row>,
    /// Funds of which nothing is told: fewer than five households in all.
    pub withheld: Vec<Option<String>>,
}

impl Table {
    /// Whether readers would see no difference.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let seen =
            |table: &Self| table.rows.iter().map(|r| (r.programmes.clone(), r.group.clone())).collect::<Vec<_>>();
        seen(self) == seen(other)
    }
}

/// Sums of programmes together.
pub type Ask<'a> = dyn Fn(&[String]) -> Result<Sums> + 'a;

/// The first table of a quarter.
pub fn first(programmes: &[String], fund_of: &BTreeMap<String, Option<String>>, ask: &Ask<'_>) -> Result<Table> {
    let mut by_fund: BTreeMap<Option<String>, Vec<String>> = BTreeMap::new();
    for code in programmes {
        by_fund.entry(fund_of.get(code).cloned().flatten()).or_default().push(code.clone());
    }
    let mut table = Table::default();
    for (fund, codes) in by_fund {
        match rows(&fund, &codes, ask)? {
            Some(rows) => table.rows.extend(rows),
            None => table.withheld.push(fund),
        }
    }
    Ok(table)
}

/// A fund's rows; none where all its programmes together reach too few.
fn rows(fund: &Option<String>, codes: &[String], ask: &Ask<'_>) -> Result<Option<Vec<Row>>> {
    let mut alone: Vec<(Sums, String)> = Vec::new();
    let mut together: Vec<String> = Vec::new();
    for code in codes {
        let sums = ask(std::slice::from_ref(code))?;
        match sums.households {
            0 => {}
            n if n < FEWEST => together.push(code.clone()),
            _ => alone.push((sums, code.clone())),
        }
    }
    // The largest first: the smallest joins the others first.
    alone.sort_by_key(|(sums, code)| (std::cmp::Reverse(sums.households), code.clone()));
    let mut others = None;
    while !together.is_empty() {
        others = Group::of(&ask(&together)?);
        if others.is_some() {
            break;
        }
        let Some((_, smallest)) = alone.pop() else { return Ok(None) };
        together.push(smallest);
    }
    let make = |programmes, group| Row { fund: fund.clone(), programmes, group, is_left: false };
    let mut rows: Vec<Row> =
        alone.into_iter().filter_map(|(sums, code)| Some(make(vec![code], Group::of(&sums)?))).collect();
    rows.sort_by(|a, b| a.programmes.cmp(&b.programmes));
    together.sort();
    rows.extend(others.map(|group| make(together, group)));
    Ok(Some(rows))
}

/// Of how many households a row's figures differ from what was published.
pub type Differing<'a> = dyn Fn(&Row) -> Result<i64> + 'a;

/// A correction: the same rows, so that no difference between the two tables tells of fewer than five households. A row
/// of which one to four households differ stays as it was published. What had no row before gets one only where its
/// whole fund had none.
pub fn corrected(former: &Table, fresh: &Table, ask: &Ask<'_>, differing: &Differing<'_>) -> Result<Table> {
    let mut table = Table::default();
    for row in &former.rows {
        let group = match differing(row)? {
            0 => Some(row.group.clone()),
            n if n < FEWEST => None,
            _ => Group::of(&ask(&row.programmes)?),
        };
        let is_left = group.is_none();
        table.rows.push(Row { group: group.unwrap_or_else(|| row.group.clone()), is_left, ..row.clone() });
    }
    let known = |fund: &Option<String>| former.rows.iter().any(|row| row.fund == *fund);
    table.rows.extend(fresh.rows.iter().filter(|row| !known(&row.fund)).cloned());
    table.withheld = fresh.withheld.iter().filter(|fund| !known(fund)).cloned().collect();
    table.rows.sort_by(|a, b| a.fund.cmp(&b.fund));
    Ok(table)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Families of each programme; sums follow from them.
    fn world(spec: &[(&str, std::ops::Range<u32>)]) -> BTreeMap<String, BTreeSet<u32>> {
        spec.iter().map(|(code, families)| ((*code).to_owned(), families.clone().collect())).collect()
    }

    fn ask(world: &BTreeMap<String, BTreeSet<u32>>, codes: &[String]) -> Sums {
        let mut all: BTreeSet<u32> = BTreeSet::new();
        let mut visits = 0;
        for code in codes {
            all.extend(&world[code]);
            visits += i64::try_from(world[code].len()).unwrap();
        }
        let households = i64::try_from(all.len()).unwrap();
        Sums { households, visits, fund_fen: visits * 100, store_fen: 0, stores: 1 }
    }

    fn table(world: &BTreeMap<String, BTreeSet<u32>>) -> Table {
        let codes: Vec<String> = world.keys().cloned().collect();
        let funds = codes.iter().map(|code| (code.clone(), Some("F".to_owned()))).collect();
        first(&codes, &funds, &|codes| Ok(ask(world, codes))).unwrap()
    }

    fn shown(table: &Table) -> Vec<String> {
        table.rows.iter().map(|row| format!("{}={}", row.programmes.join("+"), row.group.households())).collect()
    }

    #[test]
    fn a_small_programme_takes_a_second_one_with_it() {
        // B alone would follow from any total less A and C.
        let world = world(&[("A", 0..20), ("B", 0..3), ("C", 20..28)]);
        assert_eq!(shown(&table(&world)), ["A=20", "B+C=11"]);
    }

    #[test]
    fn small_ones_suffice_together() {
        let world = world(&[("A", 0..20), ("B", 0..3), ("C", 30..34)]);
        assert_eq!(shown(&table(&world)), ["A=20", "B+C=7"]);
    }

    #[test]
    fn the_same_few_families_twice_are_few() {
        let world = world(&[("A", 0..6), ("B", 0..3), ("C", 0..4)]);
        assert_eq!(shown(&table(&world)), ["A+B+C=6"]);
    }

    #[test]
    fn a_fund_of_few_families_is_not_told_of() {
        let table = table(&world(&[("A", 0..2), ("B", 0..4)]));
        assert_eq!((table.rows.len(), table.withheld), (0, vec![Some("F".to_owned())]));
    }

    #[test]
    fn a_correction_of_few_families_waits() {
        let before = world(&[("A", 0..20), ("B", 0..10)]);
        let former = table(&before);
        let correct = |now: &BTreeMap<String, BTreeSet<u32>>| {
            let differing = |row: &Row| {
                let of = |w: &BTreeMap<String, BTreeSet<u32>>| -> BTreeSet<u32> {
                    row.programmes.iter().flat_map(|code| w[code].clone()).collect()
                };
                Ok(i64::try_from(of(&before).symmetric_difference(&of(now)).count()).unwrap())
            };
            corrected(&former, &table(now), &|codes| Ok(ask(now, codes)), &differing).unwrap()
        };
        // One family less under A, six more under B.
        let now = world(&[("A", 0..19), ("B", 0..16)]);
        let corrected = correct(&now);
        assert_eq!(shown(&corrected), ["A=20", "B=16"]);
        assert_eq!(corrected.rows.iter().map(|r| r.is_left).collect::<Vec<_>>(), [true, false]);
        // A programme that had no row gets none: its few families would be the difference.
        let more = world(&[("A", 0..20), ("B", 0..10), ("C", 0..3)]);
        assert_eq!(shown(&correct(&more)), ["A=20", "B=10"]);
    }
}
