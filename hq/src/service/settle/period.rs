//! A month or quarter that is settled.

use chrono::{Datelike as _, Months, NaiveDate};

/// A period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// As in `2026-11` or `2026-Q4`.
    pub code: String,
    /// First day.
    pub first: NaiveDate,
    /// Last day.
    pub last: NaiveDate,
}

impl Period {
    /// Reads a code.
    pub fn parse(code: &str) -> Result<Self, String> {
        let problem = || "结算周期写成 2026-11 或 2026-Q4。 A period is written as 2026-11 or 2026-Q4".to_owned();
        let (year, part) = code.split_once('-').filter(|(year, _)| year.len() == 4).ok_or_else(problem)?;
        let year: i32 = year.parse().map_err(|_| problem())?;
        let (month, months) = match part.strip_prefix('Q') {
            Some(quarter) => match quarter {
                "1" => (1, 3),
                "2" => (4, 3),
                "3" => (7, 3),
                "4" => (10, 3),
                _ => return Err(problem()),
            },
            None if part.len() == 2 => (part.parse().map_err(|_| problem())?, 1),
            None => return Err(problem()),
        };
        let first = NaiveDate::from_ymd_opt(year, month, 1).ok_or_else(problem)?;
        let last =
            first.checked_add_months(Months::new(months)).and_then(|next| next.pred_opt()).ok_or_else(problem)?;
        Ok(Self { code: code.into(), first, last })
    }

    /// The period of a contract (`month` or `quarter`) that holds a day.
    pub fn holding(day: NaiveDate, settlement: &str) -> Result<Self, String> {
        Self::parse(&match settlement {
            "quarter" => format!("{:04}-Q{}", day.year(), day.month0() / 3 + 1),
            _ => format!("{:04}-{:02}", day.year(), day.month()),
        })
    }

    /// `month` or `quarter`.
    pub fn settlement(&self) -> &'static str {
        if self.code.contains('Q') { "quarter" } else { "month" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_quarters_have_their_days() {
        for (code, first, last) in [
            ("2026-11", "2026-11-01", "2026-11-30"),
            ("2028-02", "2028-02-01", "2028-02-29"),
            ("2026-Q4", "2026-10-01", "2026-12-31"),
        ] {
            let period = Period::parse(code).unwrap();
            assert_eq!((period.first.to_string(), period.last.to_string()), (first.into(), last.into()));
            assert_eq!(Period::holding(period.last, period.settlement()).unwrap(), period);
        }
        for wrong in ["", "2026", "2026-13", "2026-1", "2026-Q5", "26-11", "2026-11-1"] {
            assert!(Period::parse(wrong).is_err(), "{wrong}");
        }
    }
}
