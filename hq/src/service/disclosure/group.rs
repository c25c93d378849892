//! Figures of at least five households: there is no way to make one of fewer.

use serde::{Deserialize, Serialize};

use crate::store::disclosures::Sums;

/// Fewer households than this are never told of by themselves.
pub const FEWEST: i64 = 5;

/// Sums that may be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Group {
    households: i64,
    visits: i64,
    fund_fen: i64,
    store_fen: i64,
    stores: i64,
}

/// Sums that nobody looked at yet.
#[derive(Deserialize)]
struct Raw {
    households: i64,
    visits: i64,
    fund_fen: i64,
    store_fen: i64,
    stores: i64,
}

impl TryFrom<Raw> for Group {
    type Error = String;

    fn try_from(raw: Raw) -> Result<Self, String> {
        let Raw { households, visits, fund_fen, store_fen, stores } = raw;
        Self::of(&Sums { households, visits, fund_fen, store_fen, stores })
            .ok_or_else(|| format!("fewer than {FEWEST} households"))
    }
}

impl Group {
    /// None where the households are too few.
    pub fn of(sums: &Sums) -> Option<Self> {
        let Sums { households, visits, fund_fen, store_fen, stores } = sums.clone();
        (households >= FEWEST).then_some(Self { households, visits, fund_fen, store_fen, stores })
    }

    /// Different households.
    pub fn households(&self) -> i64 {
        self.households
    }

    /// Visits.
    pub fn visits(&self) -> i64 {
        self.visits
    }

    /// What the fund gave, in fen.
    pub fn fund_fen(&self) -> i64 {
        self.fund_fen
    }

    /// What stores gave, in fen.
    pub fn store_fen(&self) -> i64 {
        self.store_fen
    }

    /// Stores.
    pub fn stores(&self) -> i64 {
        self.stores
    }
}

#[cfg(test)]
mod tests {
    use super::Group;
    use crate::store::disclosures::Sums;

    #[test]
    fn four_households_make_no_group_however_they_come() {
        let sums = |households| Sums { households, visits: 9, ..Sums::default() };
        assert!(Group::of(&sums(4)).is_none());
        assert_eq!(Group::of(&sums(5)).map(|g| g.households()), Some(5));
        let text = |n: i64| format!(r#"{{"households":{n},"visits":9,"fund_fen":1,"store_fen":0,"stores":1}}"#);
        assert!(serde_json::from_str::<Group>(&text(4)).is_err());
        assert!(serde_json::from_str::<Group>(&text(5)).is_ok());
    }
}
