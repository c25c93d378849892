//! Periods of reports: a month, a quarter, a year.

use domain::lang::Lang;

/// A period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Period {
    /// A year.
    Year(u32),
    /// A quarter, 1 to 4.
    Quarter(u32, u32),
    /// A month, 1 to 12.
    Month(u32, u32),
}

impl Period {
    /// Reads `2026`, `2026-Q4` or `2026-11`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = |text: &str, count: usize| {
            let good = text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
            good.then(|| text.parse::<u32>().ok()).flatten()
        };
        let year = digits(text.get(..4)?, 4).filter(|year| *year >= 1000)?;
        match text.get(4..)? {
            "" => Some(Self::Year(year)),
            rest => {
                let rest = rest.strip_prefix('-')?;
                match rest.strip_prefix('Q') {
                    Some(quarter) => digits(quarter, 1).filter(|q| (1..=4).contains(q)).map(|q| Self::Quarter(year, q)),
                    None => digits(rest, 2).filter(|m| (1..=12).contains(m)).map(|m| Self::Month(year, m)),
                }
            }
        }
    }

    /// As it stands in addresses and in kept sums.
    pub fn key(self) -> String {
        match self {
            Self::Year(year) => year.to_string(),
            Self::Quarter(year, quarter) => format!("{year}-Q{quarter}"),
            Self::Month(year, month) => format!("{year}-{month:02}"),
        }
    }

    /// Its months.
    pub fn months(self) -> Vec<String> {
        let (year, months) = match self {
            Self::Year(year) => (year, 1..=12),
            Self::Quarter(year, quarter) => (year, quarter * 3 - 2..=quarter * 3),
            Self::Month(year, month) => (year, month..=month),
        };
        months.map(|month| format!("{year}-{month:02}")).collect()
    }

    /// First and last day. Every month has 31 days here: no day of the next one compares as lower.
    pub fn days(self) -> (String, String) {
        let months = self.months();
        let day = |month: Option<&String>, day: &str| format!("{}-{day}", month.map_or("", String::as_str));
        (day(months.first(), "01"), day(months.last(), "31"))
    }

    /// The newest of these months, within it.
    pub fn newest(self, known: &[String]) -> Option<Self> {
        let months = self.months();
        known.iter().filter(|month| months.contains(month)).max().and_then(|month| Self::parse(month))
    }

    /// In words.
    pub fn word(self, lang: Lang) -> String {
        match self {
            Self::Year(year) => lang.of(format!("{year} 年"), year.to_string()),
            Self::Quarter(year, quarter) => {
                lang.of(format!("{year} 年第 {quarter} 季度"), format!("quarter {quarter} of {year}"))
            }
            Self::Month(year, month) => lang.of(format!("{year} 年 {month} 月"), format!("{year}-{month:02}")),
        }
    }

    /// What can be chosen where these months have claims: years, quarters, months, the newest first.
    pub fn choices(months: &[String]) -> Vec<Self> {
        let all: Vec<(u32, u32)> = months
            .iter()
            .filter_map(|month| match Self::parse(month) {
                Some(Self::Month(year, month)) => Some((year, month)),
                Some(Self::Year(_) | Self::Quarter(..)) | None => None,
            })
            .collect();
        let mut choices: Vec<Self> = Vec::new();
        for make in [
            |(year, _): (u32, u32)| Self::Year(year),
            |(year, month): (u32, u32)| Self::Quarter(year, month.div_ceil(3)),
            |(year, month): (u32, u32)| Self::Month(year, month),
        ] {
            let mut of_kind: Vec<Self> = all.iter().copied().map(make).collect();
            of_kind.sort_unstable();
            of_kind.dedup();
            choices.extend(of_kind.into_iter().rev());
        }
        choices
    }
}

#[cfg(test)]
mod tests {
    use super::Period;

    #[test]
    fn periods_are_read_as_they_are_written() {
        for text in ["2026", "2026-Q4", "2026-11"] {
            assert_eq!(Period::parse(text).unwrap().key(), text);
        }
        for text in ["", "26", "2026-", "2026-Q5", "2026-Q", "2026-13", "2026-00", "2026-1", "20ä6", "2026-11-01"] {
            assert_eq!(Period::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_quarter_has_three_months() {
        let quarter = Period::Quarter(2026, 4);
        assert_eq!(quarter.months(), ["2026-10", "2026-11", "2026-12"]);
        assert_eq!(quarter.days(), ("2026-10-01".into(), "2026-12-31".into()));
        assert_eq!(quarter.newest(&["2026-11".into(), "2027-01".into()]), Some(Period::Month(2026, 11)));
    }
}
