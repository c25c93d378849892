//! What a record's time may be.

use domain::time::business_date;

use super::stated::Envelope;
use crate::store::now_ms;

/// A claim that comes later than this after its time waits for people, in milliseconds.
const LATE_MS: i64 = 10 * 86_400_000;
/// A till's clock may be this far ahead, in milliseconds.
const AHEAD_MS: i64 = 5 * 60_000;

/// R11: the date is not the time's, lies ahead, goes backwards, is of a closed day, or long ago.
pub fn wrong_time(said: &Envelope, last_at: i64, last_close: &str) -> bool {
    let (Some(at), Some(date)) = (said.at, said.business_date) else {
        return true;
    };
    let at_ms = at.timestamp_millis();
    let now = now_ms();
    business_date(at) != date
        || at_ms > now + AHEAD_MS
        || at_ms < last_at
        || date.to_string().as_str() < last_close
        || now - at_ms > LATE_MS
}
