//! What claims come to, by store, category, size and programme, now and then.

use std::collections::{BTreeMap, BTreeSet};

/// By what sums are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cut {
    /// Everything together.
    All,
    /// By programme.
    Programme,
    /// By store.
    Store,
    /// By the household's category.
    Category,
    /// By the household's size.
    Size,
}

impl Cut {
    /// All of them, as pages show them.
    pub const ALL: [Self; 5] = [Self::All, Self::Programme, Self::Store, Self::Category, Self::Size];
}

/// Sums in fen. A claim and a household count where they were given something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Claims.
    pub claims: i64,
    /// Households.
    pub households: i64,
    /// Taken off.
    pub discount: i64,
    /// Of it repaid by funds.
    pub subsidy: i64,
    /// Paid by purses.
    pub purse: i64,
}

impl Figures {
    /// What the store bears.
    pub fn concession(&self) -> i64 {
        self.discount - self.subsidy
    }

    /// What funds pay.
    pub fn claim(&self) -> i64 {
        self.subsidy + self.purse
    }

    /// Whether anything is given.
    pub fn is_something(&self) -> bool {
        self.discount != 0 || self.purse != 0
    }

    /// The amounts of another, added.
    pub fn add(&mut self, other: &Self) {
        self.claims += other.claims;
        self.households += other.households;
        self.discount += other.discount;
        self.subsidy += other.subsidy;
        self.purse += other.purse;
    }
}

/// Sums by cut and key: under the versions that were in force, and under the others.
#[derive(Debug, Clone, Default)]
pub struct Sums {
    rows: BTreeMap<(Cut, String), [Figures; 2]>,
    /// Rows of the household at hand that were given something, by side.
    touched: BTreeSet<(Cut, String, usize)>,
}

impl Sums {
    /// Adds a claim's amounts to a row.
    pub fn add(&mut self, cut: Cut, key: &str, side: usize, figures: &Figures) {
        let row = self.rows.entry((cut, key.into())).or_default();
        let given = i64::from(figures.is_something());
        row[side].add(&Figures { claims: given, households: 0, ..*figures });
        if given == 1 {
            self.touched.insert((cut, key.into(), side));
        }
    }

    /// The household at hand is done.
    pub fn next_household(&mut self) {
        for (cut, key, side) in std::mem::take(&mut self.touched) {
            if let Some(row) = self.rows.get_mut(&(cut, key)) {
                row[side].households += 1;
            }
        }
    }

    /// Rows of a cut: key, now, then.
    pub fn of(&self, cut: Cut) -> Vec<(&str, [Figures; 2])> {
        let mut rows: Vec<_> = self
            .rows
            .iter()
            .filter(|((c, _), _)| *c == cut)
            .map(|((_, key), figures)| (key.as_str(), *figures))
            .collect();
        if cut == Cut::Size {
            rows.sort_by_key(|(size, _)| size.parse::<u32>().unwrap_or(0));
        }
        rows
    }

    /// Everything together, now and then.
    pub fn all(&self) -> [Figures; 2] {
        self.of(Cut::All).first().map(|(_, figures)| *figures).unwrap_or_default()
    }
}
