//! Dates of review: who is due, and what came of it.

use anyhow::Result;
use chrono::NaiveDate;
use domain::household::{RosterEntry, Status};
use serde_json::json;

use super::edit::{Deed, change};
use super::entry::Private;
use super::{No, may};
use crate::service::access::Action;
use crate::service::session::Person;
use crate::service::{Hq, now};
use crate::store::people::Member;
use crate::store::{audit, roster};

/// What a review came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It goes on.
    Stays,
    /// It goes on until a day (渐退).
    Grace(NaiveDate),
    /// It ends.
    Ends,
}

/// Notes what a review came to, and when the next one is.
pub fn reviewed(
    hq: &Hq,
    who: &Person,
    household: &str,
    came: Outcome,
    next: Option<NaiveDate>,
    reason: &str,
) -> Result<Result<(), No>> {
    let today = domain::time::business_date(now());
    let late = match came {
        Outcome::Grace(until) => until < today,
        Outcome::Stays => next.is_some_and(|next| next <= today),
        Outcome::Ends => false,
    };
    if late {
        return Ok(Err(No::new("日期要在今天以后。", "The date must be after today.")));
    }
    let deed = Deed { action: Action::ImportRoster, kind: "review", event: "household review" };
    change(hq, who, household, deed, reason, |change| {
        let category = change.rows.first().map(|row| row.member.entry.category.clone()).unwrap_or_default();
        let next = match came {
            Outcome::Ends => None,
            Outcome::Grace(until) => Some(until),
            Outcome::Stays => match next {
                Some(next) => Some(next),
                None => roster::next_review(change.tx, &category, today)?,
            },
        };
        roster::set_review(change.tx, change.household, next)?;
        for row in change.rows.clone() {
            let was = &row.member.entry;
            let (status, valid_to) = match (came, was.status) {
                (_, Status::Moved | Status::Deceased | Status::Ended) => continue,
                (Outcome::Grace(until), _) => (Status::Grace, Some(until)),
                (Outcome::Ends, _) => (Status::Ended, was.valid_to),
                (Outcome::Stays, Status::Grace) => (Status::Active, None),
                (Outcome::Stays, Status::Active | Status::Suspended) => (was.status, was.valid_to),
            };
            let entry = RosterEntry { status, valid_to, ..was.clone() };
            if entry != *was {
                let private = Private::open(change.keys, &row.private_enc)?;
                change.put(Some(&row), &Member { entry, ..row.member.clone() }, &private)?;
            }
        }
        Ok(Ok(()))
    })
}

/// Sets the months between reviews of a category; none: it has no date.
pub fn set_rule(hq: &Hq, who: &Person, category: &str, months: Option<u32>) -> Result<Result<(), No>> {
    if let Err(no) = may(who, Action::ImportRoster) {
        return Ok(Err(no));
    }
    let known = domain::household::parse_category(category);
    let (Ok(category), true) = (known, months.is_none_or(|months| (1..=60).contains(&months))) else {
        return Ok(Err(No::new("月数要 1 到 60，空着就是不定期。", "Months are 1 to 60; empty means no date.")));
    };
    let db = hq.db();
    let tx = db.begin()?;
    roster::set_review_rule(&tx, &category, months)?;
    audit(&tx, &who.name, "review rule", &json!({ "category": category, "months": months }).to_string())?;
    tx.commit()?;
    Ok(Ok(()))
}
