//! What anyone may read who holds a slip: whether its record is here, and nothing about the person.

use std::sync::PoisonError;

use anyhow::{Context as _, Result};
use domain::money::Money;
use serde_json::Value;
use sync::log;
use sync::protocol::LogProof;

use super::{Head, head, path_to, rows};
use crate::service::{Hq, Refusal, stated, verify};
use crate::store::{claims, records, tills};

/// Characters of the record's hash that an address carries.
const SHORT: usize = 16;

/// What a slip is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A sale that was claimed.
    Claim {
        /// Its state's code.
        state: String,
        /// What the store claims of its payers.
        claimed: Money,
        /// What headquarters grants; none: that is not decided.
        granted: Option<Money>,
        /// What came back of it since, as claimed.
        returned: Money,
    },
    /// A return.
    Reversal {
        /// What it gives back of its claim.
        given_back: Money,
        /// The outcome's code.
        outcome: String,
    },
    /// A till's own book-keeping, by its kind.
    Other(String),
}

/// What is said of a slip.
#[derive(Debug, Clone)]
pub struct Slip {
    /// What it is about.
    pub about: About,
    /// Receipt number; none where nothing was sold.
    pub number: Option<String>,
    /// Store's code and name.
    pub store: (String, String),
    /// Till's code.
    pub till: String,
    /// When, as the till says; RFC 3339.
    pub at: String,
    /// The record's id.
    pub record: String,
    /// Its whole hash.
    pub hash: String,
    /// The hash of its leaf.
    pub leaf: String,
    /// Where it is in the log.
    pub proof: LogProof,
    /// The head that the proof leads to.
    pub head: Head,
}

/// Looks up `<record id>.<first 16 characters of its hash>`. Unknown and wrong are the same.
pub fn slip(hq: &Hq, address: &str) -> Result<Option<Slip>> {
    let Some((id, short)) = address.split_once('.').filter(|(_, short)| short.len() == SHORT) else {
        return Ok(None);
    };
    let (record, about, store, till, payload, index) = {
        let db = hq.log.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let conn = &db.conn;
        let found = records::by_uuid(conn, id)?.into_iter().find(|r| r.hash.starts_with(short));
        let Some(record) = found else { return Ok(None) };
        let payload = verify::payload(&record.jws).context("a record that was taken")?;
        let about = match record.kind.as_str() {
            "claim" => claim(conn, &record, &payload)?,
            "reversal" => About::Reversal {
                given_back: -stated::contribution("reversal", &payload),
                outcome: record.outcome.clone(),
            },
            other => About::Other(other.into()),
        };
        let (code, till) = tills::till_names(conn, record.till_id)?;
        let name = tills::store(conn, &code)?.map(|store| store.name).unwrap_or_default();
        let index = rows::leaf_of(conn, record.id)?.context("a record without a leaf")?;
        (record, about, (code, name), till, payload, index)
    };
    let head = head(hq)?;
    let proof = match path_to(hq, index, &head) {
        Ok(proof) => proof,
        Err(Refusal::Failed(err)) => return Err(err),
        Err(Refusal::Problem(problem)) => anyhow::bail!("{}", problem.detail),
    };
    let text = |name: &str| payload.get(name).and_then(Value::as_str).map(str::to_owned);
    Ok(Some(Slip {
        about,
        number: text("sale"),
        store,
        till,
        at: text("at").unwrap_or_default(),
        record: record.uuid,
        hash: record.hash,
        leaf: sync::b64(&log::leaf(record.jws.as_bytes())),
        proof,
        head,
    }))
}

fn claim(conn: &crate::store::sql::Conn, record: &records::Record, payload: &Value) -> Result<About> {
    let claim = claims::of_record(conn, record.id)?;
    let state = claim.as_ref().map_or_else(|| record.outcome.clone(), |claim| claim.state.clone());
    let is_open = matches!(state.as_str(), "held" | "disputed");
    let granted = claim.filter(|_| !is_open).map(|claim| Money::from_fen(claim.granted_fen.into()));
    let mut returned = Money::ZERO;
    for jws in rows::reversals_of(conn, record.till_id, &record.uuid)? {
        let payload = verify::payload(&jws).context("a reversal that was taken")?;
        returned -= stated::contribution("reversal", &payload);
    }
    Ok(About::Claim { state, claimed: stated::contribution("claim", payload), granted, returned })
}
