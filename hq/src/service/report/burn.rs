//! How a fund's budget is used up, month by month.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::service::catalogue;
use crate::store::sql::Conn;
use crate::store::usage::read;

/// A fund's way through its budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Burn {
    /// Fund.
    pub fund: String,
    /// What it may spend; none: nobody set that.
    pub budget: Option<i64>,
    /// What its programmes gave, by month.
    pub months: Vec<(String, i64)>,
}

impl Burn {
    /// All that was given.
    pub fn given(&self) -> i64 {
        self.months.iter().map(|(_, fen)| fen).sum()
    }

    /// What is left.
    pub fn left(&self) -> Option<i64> {
        self.budget.map(|budget| budget - self.given())
    }

    /// How many more months the budget lasts at the mean of the last three; none where nothing is used.
    pub fn lasts(&self) -> Option<i64> {
        let last: Vec<i64> = self.months.iter().rev().take(3).map(|(_, fen)| *fen).collect();
        let count = i64::try_from(last.len()).ok()?;
        let mean = last.iter().sum::<i64>().checked_div(count)?;
        self.left().filter(|left| *left > 0)?.checked_div(mean)
    }
}

/// The fund of each programme, by its newest version.
pub fn funds_of_programmes(conn: &Conn) -> Result<BTreeMap<String, Option<String>>> {
    Ok(catalogue::published(conn)?.into_iter().map(|(p, _)| (p.code, p.fund)).collect())
}

/// All funds, over all stores: a fund's state is nothing of one store's.
pub fn burns(conn: &Conn) -> Result<Vec<Burn>> {
    let fund_of = funds_of_programmes(conn)?;
    let mut given: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
    for (month, programme, sum) in read::by_programme(conn)? {
        if let Some(Some(fund)) = fund_of.get(&programme) {
            *given.entry(fund.clone()).or_default().entry(month).or_default() += sum.subsidy + sum.purse;
        }
    }
    let funds = read::funds(conn)?;
    Ok(funds
        .into_iter()
        .map(|(fund, budget)| {
            let months = given.remove(&fund).unwrap_or_default().into_iter().collect();
            Burn { fund, budget, months }
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::Burn;

    #[test]
    fn what_is_left_lasts_as_long_as_the_last_three_months_say() {
        let months = [("2026-08", 900), ("2026-09", 100), ("2026-10", 200), ("2026-11", 300)];
        let months = months.map(|(month, fen)| (month.to_owned(), fen)).to_vec();
        let burn = Burn { fund: "F".into(), budget: Some(2_000), months };
        assert_eq!((burn.given(), burn.left(), burn.lasts()), (1_500, Some(500), Some(2)));
        let idle = Burn { months: Vec::new(), ..burn.clone() };
        assert_eq!((idle.left(), idle.lasts()), (Some(2_000), None));
        assert_eq!(Burn { budget: None, ..burn }.lasts(), None);
    }
}
