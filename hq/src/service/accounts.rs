//! A store's accounts, for its tills: what headquarters has of a month, and what the store signs.

use domain::money::Money;
use domain::time::rfc3339;
use serde_json::json;
use sync::protocol::{Accounts, Signature};

use super::access::Role;
use super::session::Person;
use super::settle::{State, steps};
use super::{Hq, Refusal, now};
use crate::store::tills::TillKey;
use crate::store::{accounts, audit, settle};

/// Longest note, in characters.
const MOST_NOTE: usize = 500;

/// What headquarters has of the asking till's store in a month.
pub fn month(hq: &Hq, who: &TillKey, month: &str) -> Result<Accounts, Refusal> {
    let month = read_month(month)?;
    let db = hq.reading();
    // One moment: days and what is owed belong together.
    let tx = db.conn.snapshot()?;
    Ok(Accounts {
        days: accounts::days(&tx, &who.store, month)?,
        statements: accounts::statements(&tx, &who.store, month)?,
        owed: Money::from_fen(accounts::owed(&tx, &who.store)?.into()),
        signed: accounts::signed(&tx, &who.store, month)?,
        month: month.into(),
        at: rfc3339(now()),
    })
}

/// The store's manager found a month, or a payment, right.
pub fn sign(hq: &Hq, who: &TillKey, said: &Signature) -> Result<(), Refusal> {
    let invalid = |why: &str| Refusal::new("invalid", why.to_owned());
    let is_word = |text: &str| !text.is_empty() && text.len() <= 64 && !text.chars().any(char::is_control);
    if !is_word(&said.id) || !is_word(&said.by) || said.note.chars().count() > MOST_NOTE {
        return Err(invalid("id and by have 1 to 64 characters, the note at most 500"));
    }
    match (&said.month, &said.statement) {
        (Some(month), None) => {
            read_month(month)?;
        }
        (None, Some(statement)) if is_word(statement) => {}
        _ => return Err(invalid("either a month or a statement is signed")),
    }
    if let Some(statement) = &said.statement {
        confirm(hq, who, said, statement)?;
    }
    let db = hq.db();
    let tx = db.begin()?;
    if accounts::sign(&tx, &who.store, &who.till, said)? {
        let about = said.month.as_ref().or(said.statement.as_ref()).map_or("", String::as_str);
        audit(
            &tx,
            &format!("{}/{} {}", who.store, who.till, said.by),
            "signature",
            &json!({ "about": about }).to_string(),
        )?;
    }
    Ok(tx.commit()?)
}

/// The money of a statement arrived, says the store's manager at the till. The same letter again finds
/// it confirmed.
fn confirm(hq: &Hq, who: &TillKey, said: &Signature, statement: &str) -> Result<(), Refusal> {
    let batch = settle::batch(&hq.reading().conn, statement)?.filter(|batch| batch.store == who.store);
    let Some(batch) = batch else {
        return Err(Refusal::new("invalid", "there is no such statement of this store"));
    };
    if State::parse(&batch.state) == Some(State::Confirmed) {
        return Ok(());
    }
    let manager = Person {
        name: format!("{}/{}", who.store, said.by),
        role: Role::Manager,
        store: Some(who.store.clone()),
        district: None,
        confirmed_at: 0,
    };
    steps::confirm(hq, &manager, statement)?.map_err(|why| Refusal::new("conflict", why))
}

/// `2026-11`.
fn read_month(text: &str) -> Result<&str, Refusal> {
    domain::time::parse_date(&format!("{text}-01"))
        .map(|_| text)
        .map_err(|_| Refusal::new("invalid", "a month is written as 2026-11"))
}
