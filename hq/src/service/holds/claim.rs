//! A claim that names a hold: whether that counts for it.

use anyhow::Result;
use chrono::{DateTime, NaiveDate, Utc};

use crate::service::judge::held::Held;
use crate::service::stated;
use crate::store::holds as rows;
use crate::store::sql::Conn;

/// A claim that comes.
pub struct Coming<'a> {
    /// Till's row.
    pub till_id: i64,
    /// Claim's id.
    pub claim: &'a str,
    /// Its epoch and position.
    pub place: (&'a str, u64),
    /// Whether it came by branch.
    pub branch: bool,
    /// Its time.
    pub at: Option<DateTime<Utc>>,
    /// The date that it is priced for.
    pub date: Option<NaiveDate>,
}

/// The hold that a claim is judged by, if any; whatever its till held for it is over then: the claim came.
pub fn take(conn: &Conn, from: &Coming<'_>, said: Option<&stated::Claim>) -> Result<Option<Held>> {
    let held = match said {
        Some(said) => of_claim(conn, from, said)?,
        None => None,
    };
    rows::end_of_claim(conn, from.till_id, from.claim, "used")?;
    Ok(held)
}

/// None: the claim is judged as offline. A hold that counts is the claim's own, of the same till,
/// household, person and date, was neither let go nor used, the claim was made in its time, and headquarters
/// knew every earlier claim of this till for the household when it priced the hold.
fn of_claim(conn: &Conn, from: &Coming<'_>, said: &stated::Claim) -> Result<Option<Held>> {
    let Some(id) = &said.hold else { return Ok(None) };
    let Some(hold) = rows::by_id(conn, id)? else { return Ok(None) };
    let (Some(at), Some(date)) = (from.at, from.date) else { return Ok(None) };
    let is_its_own = hold.till_id == from.till_id
        && hold.claim == from.claim
        && hold.household == said.household
        && hold.person == said.person
        && hold.business_date == date.to_string();
    // It may have lapsed by now: the claim was made in time, and only came late.
    let is_open = matches!(hold.state.as_str(), "live" | "lapsed");
    if !is_its_own || !is_open || at.timestamp_millis() > hold.expires_at {
        return Ok(None);
    }
    // What this till claimed for the household and headquarters got only later, the hold did not count.
    if rows::came_after(conn, from.till_id, &hold.household, hold.claims_through)? {
        return Ok(None);
    }
    // A chain has no gaps; a branch may.
    let (epoch, seq) = from.place;
    if from.branch && !rows::has_all_before(conn, from.till_id, epoch, seq)? {
        return Ok(None);
    }
    Held::read(&hold).map(Some)
}
