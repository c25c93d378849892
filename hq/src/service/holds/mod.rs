//! Holding a quota while a family shops (spec/sync.md): two stores at one instant never get more than a
//! limit, since one writes at a time, and what is held counts as used for every other hold.

mod asked;
mod claim;
mod quote;
mod verify;

use anyhow::{Context as _, Result};
use chrono::{DateTime, NaiveDate};
use domain::time::{business_date, rfc3339};

use self::asked::Asked;
use super::{Hq, Refusal, catalogue, now, roster};
use crate::store::holds::{self as rows, Hold};
use crate::store::sql::Conn;
use crate::store::tills::TillKey;
use crate::store::{claims, now_ms};

pub use claim::{Coming, take};
pub use quote::{Reserved, sums};
pub use verify::check;

/// A hold lives for so long, in milliseconds.
const LIFE_MS: i64 = 15 * 60_000;
/// So many live holds a till may have: those who pay, and those who went back for something.
const MOST_OF_TILL: usize = 5;

/// Prices a basket by what is used and held everywhere, holds what it uses, and answers the quote. The same
/// again is answered byte for byte.
pub fn put(hq: &Hq, who: &TillKey, id: &str, body: &[u8]) -> Result<String, Refusal> {
    asked::is_id(id).map_err(|problem| Refusal::new("invalid", problem))?;
    let asked = asked::read(body)?;
    let digest = asked.digest();
    let db = hq.db();
    let tx = db.begin()?;
    let at = now_ms();
    if let Some(known) = rows::by_id(&tx, id)? {
        return again(known, who, &digest, at);
    }
    may_be_held(&tx, who, id, &asked, at)?;
    let entry = roster::entry_for(&tx, &asked.household, &asked.person, None, at)?;
    let entry = entry.ok_or_else(|| Refusal::new("unknown", "nobody of this household has this id"))?;
    let programmes: Vec<_> = catalogue::published(&tx)?.into_iter().map(|(programme, _)| programme).collect();
    asked.fits(&programmes)?;
    let others = rows::reserved(&tx, &asked.household, Some((who.till_id, &asked.claim)), at)?;
    let priced = quote::price(&tx, &who.store, &asked, &entry, &programmes, &sums(&others)?)?;
    let expires_at = at + LIFE_MS;
    let answer = priced.answer(&rfc3339(DateTime::from_timestamp_millis(expires_at).unwrap_or_default()))?;
    rows::end_of_claim(&tx, who.till_id, &asked.claim, "replaced")?;
    rows::insert(
        &tx,
        &Hold {
            id: id.into(),
            till_id: who.till_id,
            claim: asked.claim,
            household: asked.household,
            person: asked.person,
            business_date: asked.date.to_string(),
            digest,
            basket: priced.basket()?,
            answer: answer.clone(),
            uses: serde_json::to_string(&priced.uses).context("what a hold reserves")?,
            claims_through: rows::newest_claim(&tx)?,
            expires_at,
            state: "live".into(),
        },
    )?;
    rows::sweep(&tx, at)?;
    tx.commit()?;
    Ok(answer)
}

/// An id that is known: the same answer to the same question, as long as it lives.
fn again(known: Hold, who: &TillKey, digest: &str, at: i64) -> Result<String, Refusal> {
    if known.till_id != who.till_id {
        return Err(Refusal::new("conflict", "another till has a hold of this id; choose another id"));
    }
    if !known.is_live(at) {
        let why = match known.state.as_str() {
            "deleted" => "was let go",
            "replaced" => "was replaced by a later one of its claim",
            "used" => "was used by its claim",
            _ => "has lapsed",
        };
        return Err(Refusal::new("ended", format!("this hold {why}; ask for another one under a new id")));
    }
    if known.digest != digest {
        return Err(Refusal::new("conflict", "this hold was asked for with another body; give the change a new id"));
    }
    Ok(known.answer)
}

/// Whether a new hold may be at all: its date, its claim, and how many there are.
fn may_be_held(tx: &Conn, who: &TillKey, id: &str, asked: &Asked, at: i64) -> Result<(), Refusal> {
    let today = business_date(now());
    if !is_near(today, asked.date) {
        return Err(Refusal::new("invalid", format!("hold.business_date: it is {today} at headquarters")));
    }
    if claims::of_till(tx, who.till_id, &asked.claim)?.is_some() {
        return Err(Refusal::new("ended", "the claim of this hold has come already"));
    }
    // A request that was overtaken by a later one of its claim comes too late: the till goes by the later one.
    if rows::newest_of_claim(tx, who.till_id, &asked.claim)?
        .is_some_and(|newest| asked::made(id) < asked::made(&newest))
    {
        return Err(Refusal::new("ended", "a later hold of this claim is known; ask for another one under a new id"));
    }
    // A new hold of the same claim takes the place of the one before, and does not count.
    let mut others = rows::of_till(tx, who.till_id, at)?;
    others.retain(|(claim, _)| *claim != asked.claim);
    if others.iter().any(|(_, household)| *household == asked.household) {
        let detail = "this till holds for this household already; let that hold go first";
        return Err(Refusal::new("too_many", detail));
    }
    if others.len() >= MOST_OF_TILL {
        let detail = format!("a till may have {MOST_OF_TILL} holds at a time; let one go first");
        return Err(Refusal::new("too_many", detail));
    }
    Ok(())
}

fn is_near(today: NaiveDate, date: NaiveDate) -> bool {
    (date - today).num_days().abs() <= 1
}

/// Lets a hold go. An id that never came stays dead should it come later.
pub fn let_go(hq: &Hq, who: &TillKey, id: &str) -> Result<(), Refusal> {
    asked::is_id(id).map_err(|problem| Refusal::new("invalid", problem))?;
    let db = hq.db();
    let tx = db.begin()?;
    match rows::by_id(&tx, id)? {
        Some(known) if known.till_id != who.till_id => {
            return Err(Refusal::new("unknown", "this till has no such hold"));
        }
        // A hold that lapsed could still be named by a claim: let go is let go.
        Some(known) if known.state == "live" || known.state == "lapsed" => rows::end(&tx, id, "deleted")?,
        Some(_) => return Ok(()),
        None => rows::bury(&tx, id, who.till_id)?,
    }
    rows::sweep(&tx, now_ms())?;
    Ok(tx.commit()?)
}
