//! Wrong PINs in a row: whoever guesses waits, and the shop's manager can read of it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Wrong ones in a row before somebody waits.
const FREE: u32 = 10;
/// The first wait; it doubles.
const FIRST: Duration = Duration::from_secs(30);
/// The longest wait: all PINs of four digits take months.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// Codes that are remembered: a shop has no more people, and made-up codes open nothing.
const MOST: usize = 200;

/// Who typed how many wrong ones, and when the last was.
#[derive(Debug, Default)]
pub struct Pins {
    wrong: BTreeMap<String, (u32, Instant)>,
}

impl Pins {
    /// How long somebody still has to wait.
    pub fn wait(&self, staff: &str, now: Instant) -> Option<Duration> {
        let (wrong, last) = self.wrong.get(staff)?;
        let pause = FIRST.saturating_mul(1 << wrong.checked_sub(FREE)?.min(10)).min(LONGEST);
        pause.checked_sub(now.saturating_duration_since(*last)).filter(|left| !left.is_zero())
    }

    /// Notes what came of a PIN; whether somebody has to wait from now on.
    pub fn note(&mut self, staff: &str, is_right: bool, now: Instant) -> bool {
        if is_right {
            self.wrong.remove(staff);
            return false;
        }
        if self.wrong.len() >= MOST && !self.wrong.contains_key(staff) {
            self.wrong.clear();
        }
        let entry = self.wrong.entry(staff.into()).or_insert((0, now));
        *entry = (entry.0.saturating_add(1), now);
        entry.0 >= FREE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_guesses_waits_longer_and_longer_and_nobody_else_does() {
        let (mut pins, start) = (Pins::default(), Instant::now());
        for n in 1..FREE {
            assert!(!pins.note("m1", false, start), "{n}");
            assert_eq!(pins.wait("m1", start), None);
        }
        assert!(pins.note("m1", false, start));
        assert_eq!(pins.wait("m1", start), Some(FIRST));
        assert_eq!(pins.wait("c1", start), None);
        let later = start + FIRST;
        assert_eq!(pins.wait("m1", later), None);
        pins.note("m1", false, later);
        assert_eq!(pins.wait("m1", later), Some(FIRST * 2));
        for _ in 0..40 {
            pins.note("m1", false, later);
        }
        assert_eq!(pins.wait("m1", later), Some(LONGEST));
        pins.note("m1", true, later);
        assert_eq!(pins.wait("m1", later), None);
    }

    #[test]
    fn made_up_codes_do_not_fill_the_memory() {
        let (mut pins, now) = (Pins::default(), Instant::now());
        for n in 0..10_000 {
            pins.note(&n.to_string(), false, now);
        }
        assert!(pins.wrong.len() <= MOST);
    }
}
