//! `jihui-hq verify`: chains, signatures, the log, and that balances are the sum of claims.

use std::collections::BTreeMap;

use crate::store::sql::Conn;
use anyhow::{Context as _, Result};
use domain::programme::Programme;
use domain::time::parse_date;
use serde_json::Value;
use sync::chain;
use sync::jws::{Jwk, Unverified};

use super::judge::{Posted, movements, reversal};
use super::{Hq, catalogue, holds, log, usage};
use crate::params;
use crate::store::records::{self, Record};
use crate::store::{audit, claims, tills};

/// What was checked.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Checked {
    /// Tills.
    pub tills: u64,
    /// Records.
    pub records: u64,
    /// Claims.
    pub claims: u64,
    /// Live holds.
    pub holds: u64,
    /// Lines of the audit.
    pub audit: u64,
    /// The hash of its newest line: kept elsewhere, it shows whether lines were cut off later.
    pub audit_head: String,
}

/// Checks everything; the inner error is the first difference.
pub fn verify(hq: &Hq) -> Result<Result<Checked, String>> {
    // Before that moment: a head counts what was durable when it was signed.
    let head = log::kept_head(&hq.keys_file)?;
    let db = hq.db();
    // One moment, while the server goes on.
    let tx = db.conn.snapshot()?;
    let mut checked = Checked::default();
    let ids: Vec<i64> = tx.all("SELECT id FROM tills ORDER BY id", params![], |row| row.get(0))?;
    for till_id in ids {
        checked.tills += 1;
        let (store, till) = tills::till_names(&tx, till_id)?;
        match check_till(&tx, till_id, &store, &till)? {
            Ok(count) => checked.records += count,
            Err(problem) => return Ok(Err(format!("till {store}/{till}: {problem}"))),
        }
    }
    if let Some(problem) = log::first_difference(&tx, &hq.keys.signing, head.as_ref())? {
        return Ok(Err(problem));
    }
    let programmes: Vec<Programme> = catalogue::published(&tx)?.into_iter().map(|(p, _)| p).collect();
    let mut recount = usage::Recount::default();
    for claim in claims::list(&tx, None, None, None)? {
        checked.claims += 1;
        if let Err(problem) = recount.add(&tx, &claim)? {
            return Ok(Err(format!("claim {}: {problem}", claim.uuid)));
        }
        if let Err(problem) = check_claim(&tx, &claim, &programmes)? {
            return Ok(Err(format!("claim {}: {problem}", claim.uuid)));
        }
    }
    match holds::check(&tx, &programmes)? {
        Ok(live) => checked.holds = live,
        Err(problem) => return Ok(Err(problem)),
    }
    match audit::check(&tx)? {
        Ok((lines, head)) => (checked.audit, checked.audit_head) = (lines, head),
        Err(problem) => return Ok(Err(problem)),
    }
    if let Some(problem) = check_reversals(&tx)? {
        return Ok(Err(problem));
    }
    if let Some(problem) = crate::store::funds::first_difference(&tx)? {
        return Ok(Err(problem));
    }
    if let Some(problem) = recount.first_difference(&tx)? {
        return Ok(Err(problem));
    }
    Ok(match claims::first_difference(&tx)? {
        Some(problem) => Err(problem),
        None => Ok(checked),
    })
}

fn check_till(tx: &Conn, till_id: i64, store: &str, till: &str) -> Result<Result<u64, String>> {
    let mut count = 0;
    for epoch in records::epochs(tx, till_id)? {
        let mut prev: Option<String> = None;
        let mut through = 0;
        for record in records::of_till(tx, till_id, Some(&epoch.epoch), 0, true, u64::from(u32::MAX))? {
            let place = format!("record {} of epoch {}", record.seq, record.epoch);
            count += 1;
            let (kid, payload) = match check_record(tx, &record)? {
                Ok(checked) => checked,
                Err(problem) => return Ok(Err(format!("{place}: {problem}"))),
            };
            if record.branch {
                continue;
            }
            let expected = prev.unwrap_or_else(|| chain::first_prev(store, till, &epoch.epoch, &kid));
            if record.seq != through + 1 || payload["prev"].as_str() != Some(&expected) {
                return Ok(Err(format!("{place} does not follow the one before it")));
            }
            prev = Some(record.hash);
            through = record.seq;
        }
        if through != epoch.through || prev != epoch.hash {
            return Ok(Err(format!("epoch {} ends at {}, its records at {through}", epoch.epoch, epoch.through)));
        }
    }
    Ok(Ok(count))
}

/// The payload of a record that was taken, without checking it again.
pub fn payload(jws: &str) -> Option<Value> {
    serde_json::from_slice(&jws.split('.').nth(1).and_then(sync::from_b64)?).ok()
}

/// Hash, signature, and that the columns say what the payload says.
fn check_record(tx: &Conn, record: &Record) -> Result<Result<(String, Value), String>> {
    if chain::hash(&record.jws) != record.hash {
        return Ok(Err("it was changed: its hash is another one".into()));
    }
    let unverified = match Unverified::parse(&record.jws, chain::TYP, false) {
        Ok(unverified) => unverified,
        Err(err) => return Ok(Err(err.to_string())),
    };
    let Some(key) = tills::key(tx, unverified.kid())? else {
        return Ok(Err("its key is not there".into()));
    };
    let jwk: Jwk = serde_json::from_str(&key.jwk).context("a till's key")?;
    let payload: Value = match unverified.verify(&jwk) {
        Ok(payload) => serde_json::from_slice(&payload).context("a payload that was taken")?,
        Err(err) => return Ok(Err(err.to_string())),
    };
    let position = super::stated::position(&payload).context("a payload that was taken")?;
    if (position.seq, &position.id, &position.epoch) != (record.seq, &record.uuid, &record.epoch) {
        return Ok(Err("its columns are not what it says".into()));
    }
    Ok(Ok((key.kid, payload)))
}

/// The claim says what its record says, and balances count just what it posted.
fn check_claim(tx: &Conn, claim: &claims::Claim, programmes: &[Programme]) -> Result<Result<(), String>> {
    let payload = payload(&records::jws(tx, claim.record_id)?).context("a record that was checked")?;
    if let Ok(said) = super::stated::claim(&payload)
        && serde_json::to_string(&said.totals)? != claim.totals
    {
        return Ok(Err("its totals are not its record's".into()));
    }
    let posted: Vec<Posted> = serde_json::from_str(&claim.posted).context("posted lines")?;
    let Some(date) = claim.business_date.as_deref().and_then(|d| parse_date(d).ok()) else {
        return Ok(Ok(()));
    };
    let expected = movements(&posted, programmes, date);
    Ok(same(&expected, &claims::movements_of(tx, claim.record_id)?))
}

fn check_reversals(tx: &Conn) -> Result<Option<String>> {
    let ids: Vec<i64> =
        tx.all("SELECT record_id FROM reversals WHERE state = 'accepted' ORDER BY record_id", params![], |row| {
            row.get(0)
        })?;
    for id in ids {
        let Some((claim, lines)) = reversal::accepted(tx, id)? else {
            continue;
        };
        let expected = reversal::given_back(tx, &claim, &lines, id)?;
        if let Err(problem) = same(&expected, &claims::movements_of(tx, id)?) {
            return Ok(Some(format!("reversal of claim {}: {problem}", claim.uuid)));
        }
    }
    Ok(None)
}

fn same(expected: &[domain::usage::Movement], found: &[(String, String, String, i64)]) -> Result<(), String> {
    let mut sums: BTreeMap<(String, String, String), i64> = BTreeMap::new();
    for m in expected.iter().filter(|m| m.milli != 0) {
        *sums.entry((m.programme.clone(), m.limit.clone(), m.period.clone())).or_default() += m.milli;
    }
    let found: BTreeMap<_, _> =
        found.iter().map(|(p, l, t, milli)| ((p.clone(), l.clone(), t.clone()), *milli)).collect();
    if sums == found { Ok(()) } else { Err("balances count something else than it posted".into()) }
}
