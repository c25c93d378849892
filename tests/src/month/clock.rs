//! The month's clock: headquarters and the tills stand at the same moment of the past.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use pos::shop::Shop;

/// A clock that is set forward from event to event.
pub struct Clock {
    offset_ms: i64,
}

impl Clock {
    /// Stands at a moment.
    pub fn at(moment: DateTime<Utc>) -> Self {
        let mut clock = Self { offset_ms: i64::MIN };
        clock.wait_until(moment);
        clock
    }

    /// What it shows.
    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(Shop::machine_ms() + self.offset_ms).unwrap_or_default()
    }

    /// How far it stands from the machine's clock, in milliseconds.
    pub fn offset_ms(&self) -> i64 {
        self.offset_ms
    }

    /// Sets it forward to a moment, never back.
    pub fn wait_until(&mut self, moment: DateTime<Utc>) {
        self.set(self.offset_ms.max(moment.timestamp_millis() - Shop::machine_ms()));
    }

    /// Sets it forward by so many seconds.
    pub fn wait(&mut self, seconds: i64) {
        self.wait_until(self.now() + Duration::seconds(seconds));
    }

    /// Shows the machine's time again.
    pub fn show_the_present(&mut self) {
        self.set(0);
    }

    fn set(&mut self, offset_ms: i64) {
        self.offset_ms = offset_ms;
        hq::store::set_clock_offset(offset_ms);
    }
}

/// A moment of a business date, in seconds after its midnight.
pub fn moment(date: NaiveDate, second: i64) -> DateTime<Utc> {
    let midnight = date.and_hms_opt(0, 0, 0).unwrap_or_default().and_utc();
    midnight + Duration::seconds(second) - Duration::hours(8)
}
