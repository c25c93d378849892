//! Business dates and the periods in which limits count.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, SecondsFormat, Utc, Weekday};

/// The shop's time zone: Asia/Shanghai, which has had no summer time since 1991.
pub fn shanghai() -> FixedOffset {
    FixedOffset::east_opt(8 * 3600).expect("eight hours are a valid offset")
}

/// The date in Asia/Shanghai, whatever zone the machine is set to.
pub fn business_date(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&shanghai()).date_naive()
}

/// The last millisecond of a business date.
pub fn end_of_day(date: NaiveDate) -> DateTime<Utc> {
    let midnight = date.and_time(chrono::NaiveTime::MIN).and_utc() - chrono::TimeDelta::hours(8);
    midnight + chrono::TimeDelta::days(1) - chrono::TimeDelta::milliseconds(1)
}

/// RFC 3339 with Shanghai's offset, to the millisecond.
pub fn rfc3339(at: DateTime<Utc>) -> String {
    at.with_timezone(&shanghai()).to_rfc3339_opts(SecondsFormat::Millis, false)
}

/// Reads RFC 3339 with an offset.
pub fn parse_rfc3339(text: &str) -> Result<DateTime<Utc>, String> {
    DateTime::parse_from_rfc3339(text)
        .map(|at| at.with_timezone(&Utc))
        .map_err(|_| format!("`{text}` is not a time (RFC 3339 with offset)"))
}

/// Reads a date written as `2026-11-24`, and nothing looser.
pub fn parse_date(text: &str) -> Result<NaiveDate, String> {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .filter(|_| shape)
        .ok_or_else(|| format!("`{}` is not a date (2026-11-24)", text.chars().take(40).collect::<String>()))
}

/// Reads `mon` … `sun`.
pub fn parse_weekday(text: &str) -> Result<Weekday, String> {
    Ok(match text {
        "mon" => Weekday::Mon,
        "tue" => Weekday::Tue,
        "wed" => Weekday::Wed,
        "thu" => Weekday::Thu,
        "fri" => Weekday::Fri,
        "sat" => Weekday::Sat,
        "sun" => Weekday::Sun,
        _ => {
            return Err(format!("`{text}` is not a weekday (mon tue wed thu fri sat sun)"));
        }
    })
}

/// The stretch of time in which a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// One sale; nothing is carried between sales.
    Sale,
    /// One business date.
    Day,
    /// ISO week, from Monday.
    Week,
    /// Calendar month.
    Month,
    /// January and February, March and April, …
    TwoMonths,
    /// Calendar quarter.
    Quarter,
    /// January to June, July to December.
    HalfYear,
    /// Calendar year.
    Year,
    /// The programme's whole validity, across its versions.
    Programme,
}

impl Period {
    /// Reads the word of a programme's limit.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(match text {
            "sale" => Self::Sale,
            "day" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            "two_months" => Self::TwoMonths,
            "quarter" => Self::Quarter,
            "half_year" => Self::HalfYear,
            "year" => Self::Year,
            "programme" => Self::Programme,
            _ => return Err(format!("`{text}` is not a period")),
        })
    }

    /// The name of the period that holds `date`, as balances carry it; none for a single sale.
    pub fn key(self, date: NaiveDate) -> Option<String> {
        let (year, month0) = (date.year(), date.month0());
        Some(match self {
            Self::Sale => return None,
            Self::Day => date.format("%Y-%m-%d").to_string(),
            Self::Week => {
                let week = date.iso_week();
                format!("{}-W{:02}", week.year(), week.week())
            }
            Self::Month => date.format("%Y-%m").to_string(),
            Self::TwoMonths => format!("{year}-B{}", month0 / 2 + 1),
            Self::Quarter => format!("{year}-Q{}", month0 / 3 + 1),
            Self::HalfYear => format!("{year}-H{}", month0 / 6 + 1),
            Self::Year => year.to_string(),
            Self::Programme => "all".into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_named_as_balances_name_them() {
        let key = |period: Period, date: &str| period.key(parse_date(date).unwrap()).unwrap();
        assert_eq!(key(Period::Day, "2026-11-24"), "2026-11-24");
        assert_eq!(key(Period::Week, "2026-11-24"), "2026-W48");
        assert_eq!(key(Period::Week, "2027-01-01"), "2026-W53");
        assert_eq!(key(Period::Month, "2026-11-24"), "2026-11");
        assert_eq!(key(Period::TwoMonths, "2026-11-24"), "2026-B6");
        assert_eq!(key(Period::Quarter, "2026-11-24"), "2026-Q4");
        assert_eq!(key(Period::HalfYear, "2026-11-24"), "2026-H2");
        assert_eq!(key(Period::Year, "2026-11-24"), "2026");
        assert_eq!(key(Period::Programme, "2026-11-24"), "all");
        assert_eq!(Period::Sale.key(parse_date("2026-11-24").unwrap()), None);
    }

    #[test]
    fn the_business_date_is_shanghais() {
        let at = parse_rfc3339("2026-11-24T16:30:00Z").unwrap();
        assert_eq!(business_date(at).to_string(), "2026-11-25");
        assert!(parse_date("2026-2-30").is_err());
        assert!(parse_date("2026-02-30").is_err());
        assert!(parse_date("+026-02-03").is_err());
    }
}
