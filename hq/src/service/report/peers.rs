//! A store beside its peers: the stores of its county, or, where those are few, all.

use std::collections::BTreeMap;

use anyhow::Result;

use super::hundredths;
use crate::store::sql::Conn;
use crate::store::tills;
use crate::store::usage::read::{self, By, Filter};
use crate::store::usage::{county, prices};

/// Fewer stores than this are no peers.
const PEERS: usize = 3;

/// A store's ways.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ways {
    /// Visits with something given.
    pub claims: i64,
    /// Different households.
    pub households: i64,
    /// Visits of a household, in hundredths.
    pub visits: Option<i64>,
    /// Discount of a visit, in fen.
    pub discount: Option<i64>,
    /// Claims that waited for people, in hundredths of a percent of all.
    pub held: Option<i64>,
}

/// A store and what is usual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Store's code.
    pub code: String,
    /// Store's name.
    pub name: String,
    /// Its own.
    pub own: Ways,
    /// The medians of its peers.
    pub usual: Ways,
    /// Whether its peers are those of its county.
    pub is_local: bool,
}

/// A product's mean price at a store and at its peers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// GTIN-14.
    pub code: String,
    /// Fen for one, here.
    pub own: i64,
    /// The median of the other stores.
    pub usual: i64,
    /// How many others sold it.
    pub others: usize,
}

impl Price {
    /// How much more it is here, in whole percent.
    pub fn more(&self) -> i64 {
        if self.usual == 0 { 0 } else { (self.own - self.usual) * 100 / self.usual }
    }
}

/// The middle; of an even number the lower one, so that it is some store's figure.
fn median(mut values: Vec<i64>) -> Option<i64> {
    values.sort_unstable();
    values.get(values.len().checked_sub(1)? / 2).copied()
}

/// All stores with what is usual. Who may see which of them is the caller's to ask.
pub fn peers(conn: &Conn, filter: &Filter) -> Result<Vec<Peer>> {
    let all = Filter { store: None, visible: None, ..filter.clone() };
    let figures = read::figures(conn, By::Store, &all)?;
    let waited = read::waited(conn, &all)?;
    let ways: BTreeMap<String, Ways> = figures
        .into_iter()
        .map(|f| {
            let (held, given_nothing) = waited.get(&f.key).copied().unwrap_or_default();
            let households = f.households.unwrap_or(0);
            let own = Ways {
                claims: f.claims,
                households,
                visits: hundredths(f.claims, households),
                discount: f.given.discount.checked_div(f.claims),
                held: hundredths(held * 100, f.claims + given_nothing),
            };
            (f.key, own)
        })
        .collect();
    let stores = tills::stores(conn)?;
    let at: BTreeMap<&str, String> = stores.iter().map(|s| (s.code.as_str(), county(&s.district))).collect();
    Ok(stores
        .iter()
        .filter_map(|store| {
            let own = *ways.get(&store.code)?;
            let home = at.get(store.code.as_str());
            let near: Vec<Ways> =
                ways.iter().filter(|(code, _)| at.get(code.as_str()) == home).map(|(_, w)| *w).collect();
            let is_local = near.len() >= PEERS;
            let among = if is_local { near } else { ways.values().copied().collect() };
            Some(Peer { code: store.code.clone(), name: store.name.clone(), own, usual: usual(&among), is_local })
        })
        .collect())
}

fn usual(among: &[Ways]) -> Ways {
    let some = |of: fn(&Ways) -> Option<i64>| median(among.iter().filter_map(of).collect());
    Ways {
        claims: some(|w| Some(w.claims)).unwrap_or(0),
        households: some(|w| Some(w.households)).unwrap_or(0),
        visits: some(|w| w.visits),
        discount: some(|w| w.discount),
        held: some(|w| w.held),
    }
}

/// A store's prices of a month beside those of others, the dearest first: over a year prices change.
pub fn prices(conn: &Conn, month: &str, store: &str, most: usize) -> Result<Vec<Price>> {
    let mean = |sale: &prices::Sale| (sale.sold.1 * 1000).checked_div(sale.sold.0);
    let mut rows: Vec<Price> = prices::beside(conn, month, store)?
        .chunk_by(|a, b| a.code == b.code)
        .filter_map(|sales| {
            let own = sales.iter().find(|sale| sale.is_own)?;
            let others: Vec<i64> = sales.iter().filter(|sale| !sale.is_own).filter_map(mean).collect();
            let count = others.len();
            Some(Price { code: own.code.clone(), own: mean(own)?, usual: median(others)?, others: count })
        })
        .collect();
    rows.sort_by_key(|price| std::cmp::Reverse((price.more(), price.own)));
    rows.truncate(most);
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::{Price, median};

    #[test]
    fn the_median_is_some_stores_own_figure() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![9]), Some(9));
        assert_eq!(median(vec![9, 1, 5]), Some(5));
        assert_eq!(median(vec![9, 1]), Some(1));
    }

    #[test]
    fn a_price_is_more_or_less_than_usual() {
        let price = |own, usual| Price { code: String::new(), own, usual, others: 2 }.more();
        assert_eq!((price(1100, 1000), price(900, 1000), price(5, 0)), (10, -10, 0));
    }
}
