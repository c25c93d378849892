//! What the roster and the balances say when a card is shown.

use chrono::NaiveDate;
use domain::household::RosterEntry;
use domain::programme::{Measure, Programme};
use domain::sale::Heard;
use domain::usage::{Amount, OFFLINE, Used};
use rusqlite::{OptionalExtension as _, params};

use crate::sale::json;
use crate::{Result, Store};

impl Store {
    /// The sealed entries under a digest.
    pub fn sealed(&self, digest: &str) -> Result<Option<Vec<u8>>> {
        let mut statement = self.conn.prepare_cached("SELECT sealed FROM roster WHERE digest = ?1")?;
        Ok(statement.query_row([digest], |row| row.get(0)).optional()?)
    }

    /// This till's records that are counted in the balances.
    pub fn heard(&self) -> Result<Option<Heard>> {
        self.setting("heard")?.map(|text| json(&text)).transpose()
    }

    /// What a household (or the person) has used of every limit in the periods of a date: what
    /// headquarters counts, and this till's own later records.
    pub fn used(&self, entry: &RosterEntry, date: NaiveDate, programmes: &[Programme]) -> Result<Used> {
        let mut used = Used::default();
        for programme in programmes.iter().filter(|p| p.in_force(date)) {
            for limit in &programme.limits {
                let Some(period) = limit.per.key(date) else {
                    continue;
                };
                let person = if limit.per_person { entry.person.as_str() } else { "" };
                let milli = self.used_of(&entry.household, person, &programme.code, &limit.id, &period)?;
                let money = matches!(limit.measure, Measure::Discount(_));
                set(&mut used, &programme.code, &limit.id, Amount::from_milli(milli.max(0), money));
            }
            if programme.offline.is_some() {
                let milli = self.used_of(&entry.household, "", &programme.code, OFFLINE, "")?;
                set(&mut used, &programme.code, OFFLINE, Amount::from_milli(milli.max(0), true));
            }
        }
        Ok(used)
    }

    fn used_of(&self, household: &str, person: &str, programme: &str, limit: &str, period: &str) -> Result<i64> {
        let counted: i64 = self
            .conn
            .prepare_cached(
                "SELECT used_milli FROM balances WHERE household = ?1 AND person = ?2 AND programme = ?3
                   AND limit_id = ?4 AND period = ?5",
            )?
            .query_row(params![household, person, programme, limit, period], |row| row.get(0))
            .optional()?
            .unwrap_or(0);
        let later: i64 = self
            .conn
            .prepare_cached(
                "SELECT coalesce(sum(milli), 0) FROM movements WHERE counted = 0 AND household = ?1 AND person = ?2
                   AND programme = ?3 AND limit_id = ?4 AND period = ?5",
            )?
            .query_row(params![household, person, programme, limit, period], |row| row.get(0))?;
        Ok(counted + later)
    }
}

/// Sets one figure; a code's versions share it, so a second version changes nothing.
fn set(used: &mut Used, programme: &str, limit: &str, amount: Amount) {
    used.0.entry(programme.into()).or_default().insert(limit.into(), amount);
}
