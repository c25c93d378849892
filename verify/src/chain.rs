//! The chain of every till: signed by its keys, without a gap, its running total right.

use std::collections::BTreeMap;

use domain::money::Money;
use serde_json::Value;
use sync::chain::{TYP, first_prev, hash};
use sync::export::Till;
use sync::jws::{Jwk, Unverified};

use crate::Result;

/// A record that its till signed.
#[derive(Clone)]
pub struct Record {
    /// Store's code.
    pub store: String,
    /// Till's code.
    pub till: String,
    /// What it says.
    pub payload: Value,
    /// SHA-256 of its JWS.
    pub hash: String,
    kid: String,
}

impl Record {
    /// A text of the payload.
    pub fn text(&self, name: &str) -> &str {
        self.payload.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// An amount of the payload's totals.
    pub fn total(&self, name: &str) -> Money {
        amount(self.payload.get("totals"), name)
    }

    /// Till, epoch and position, for people.
    pub fn place(&self) -> String {
        format!("record {} of epoch {}, till {}/{}", self.seq(), self.text("epoch"), self.store, self.till)
    }

    fn seq(&self) -> u64 {
        self.payload.get("seq").and_then(Value::as_u64).unwrap_or(0)
    }

    /// What it adds to its till's running total.
    fn adds(&self) -> Money {
        let sum = self.total("subsidy") + self.total("purse");
        match self.text("kind") {
            "claim" => sum,
            "reversal" => -sum,
            _ => Money::ZERO,
        }
    }

    fn stated_total(&self) -> Option<Money> {
        Money::parse_signed(self.text("total_claimed")).ok()
    }
}

/// An amount of an object; what is absent or malformed is nothing.
pub fn amount(object: Option<&Value>, name: &str) -> Money {
    let text = object.and_then(|object| object.get(name)).and_then(Value::as_str);
    text.and_then(|text| Money::parse_signed(text).ok()).unwrap_or_default()
}

/// The keys of all tills, as headquarters certified them.
pub struct Keys(BTreeMap<String, (String, String, Jwk)>);

impl Keys {
    /// Of the export's header.
    pub fn of(tills: &[Till]) -> Self {
        let all = tills.iter().flat_map(|t| t.keys.iter().map(move |key| (t, key)));
        Self(all.map(|(t, key)| (key.thumbprint(), (t.store.clone(), t.till.clone(), key.clone()))).collect())
    }

    /// The signature first; then what the record says.
    pub fn open(&self, jws: &str) -> Result<Record> {
        let unverified = Unverified::parse(jws, TYP, false).map_err(|err| format!("it is no record: {err}"))?;
        let Some((store, till, key)) = self.0.get(unverified.kid()) else {
            return Err(format!("it is signed by a foreign key, {}", unverified.kid()));
        };
        let payload = unverified.verify(key).map_err(|err| format!("till {store}/{till}: {err}"))?;
        let payload = serde_json::from_slice(&payload).map_err(|err| format!("till {store}/{till}: {err}"))?;
        let (store, till) = (store.clone(), till.clone());
        Ok(Record { store, till, payload, hash: hash(jws), kid: unverified.kid().into() })
    }
}

/// Where an epoch stands.
struct At {
    seq: u64,
    hash: String,
}

/// Where all chains stand.
#[derive(Default)]
pub struct Chains {
    epochs: BTreeMap<(String, String, String), At>,
    totals: BTreeMap<(String, String), Money>,
}

impl Chains {
    /// A record from before the period: its chain goes on from there.
    pub fn begin(&mut self, record: &Record) {
        let till = (record.store.clone(), record.till.clone());
        if let Some(total) = record.stated_total() {
            self.totals.insert(till, total);
        }
        self.keep(record);
    }

    fn keep(&mut self, record: &Record) {
        let epoch = (record.store.clone(), record.till.clone(), record.text("epoch").to_owned());
        self.epochs.insert(epoch, At { seq: record.seq(), hash: record.hash.clone() });
    }

    /// The next record of a chain. `is_noted`: headquarters noted that its total is wrong.
    pub fn follow(&mut self, record: &Record, is_noted: bool) -> Result<()> {
        let epoch = (record.store.clone(), record.till.clone(), record.text("epoch").to_owned());
        let first = || first_prev(&record.store, &record.till, record.text("epoch"), &record.kid);
        let (seq, prev) = self.epochs.get(&epoch).map_or_else(|| (0, first()), |at| (at.seq, at.hash.clone()));
        if record.seq() != seq + 1 {
            return Err(format!("it follows record {seq}: what lies between was left out or put elsewhere"));
        }
        if record.text("prev") != prev {
            return Err("it does not follow the record before it: one of the two was changed".into());
        }
        let till = (record.store.clone(), record.till.clone());
        let before = self.totals.get(&till).copied().unwrap_or_default();
        let expected = before + record.adds();
        let is_free = is_noted || record.text("kind") == "epoch";
        if record.stated_total() != Some(expected) && !is_free {
            return Err(format!(
                "its running total is {}, and {before} before it with its own sums makes {expected}",
                record.text("total_claimed")
            ));
        }
        self.totals.insert(till, record.stated_total().unwrap_or(expected));
        self.keep(record);
        Ok(())
    }
}
