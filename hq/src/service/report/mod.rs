//! Reports on what was given: within what a person may see, from kept sums alone.

pub mod burn;
pub mod peers;
pub mod period;
pub mod unreached;

pub use period::Period;

use crate::store::usage::read::Filter;

/// What a report is asked for; what is absent does not matter.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
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
}

impl Wanted {
    /// As a filter on a period, within these stores.
    pub fn over(self, period: Period, visible: Option<Vec<String>>) -> Filter {
        let (first, last) = period.days();
        Filter {
            first,
            last,
            period: period.key(),
            months: period.months(),
            store: self.store,
            programme: self.programme,
            category: self.category,
            size: self.size,
            district: self.district,
            visible,
        }
    }
}

/// A part of a whole in hundredths, rounded; none of nothing.
pub fn hundredths(part: i64, whole: i64) -> Option<i64> {
    (whole != 0).then(|| (part * 100 + whole / 2) / whole)
}

/// Hundredths as people read them: 1.85.
pub fn decimal(hundredths: i64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
