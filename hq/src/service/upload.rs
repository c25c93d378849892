//! Taking records: each joins its chain or says why not, and is durable before it is acknowledged.

mod busy;
mod known;

use crate::store::sql::Conn;
use anyhow::{Context as _, Result};
use chrono::Datelike as _;
use domain::record::epoch_number;
use domain::time::business_date;
use serde_json::{Value, json};
use sync::chain;
use sync::jws::{Jwk, Unverified};
use sync::protocol::{MAX_LINES, MAX_RECORD, Outcome, Receipt, RecordResult, Uploaded, typ};

use self::busy::Busy;
use self::known::Known;
use super::decide;
use super::judge::{self, Judgement, Sender, reversal};
use super::stated::{self, Envelope, Position};
use super::{Hq, Refusal, now};
use super::{funds, holds, signs, takings, usage};
use crate::store::claims::Claim;
use crate::store::facts::{Fact, Found};
use crate::store::log::Leaves;
use crate::store::records::{self, ChainState, Epoch, Record};
use crate::store::tills::{self, TillKey};
use crate::store::{claims, now_ms, reviews};

/// A line whose signature fits, with its payload.
struct Signed<'a> {
    jws: &'a str,
    hash: String,
    kid: String,
    revoked: bool,
    payload: Value,
    position: Position,
}

/// Why a line does not join the chain.
enum Stop {
    Gap(u64),
    Fork(String),
    Invalid(String),
}

/// Takes an upload of one till.
pub fn upload(hq: &Hq, who: &TillKey, epoch: &str, branch: bool, body: &[u8]) -> Result<Uploaded, Refusal> {
    let text = std::str::from_utf8(body).map_err(|_| Refusal::new("body", "the body is not ASCII"))?;
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.len() > MAX_LINES || lines.iter().any(|line| line.len() > MAX_RECORD) {
        return Err(Refusal::new("size", "at most 1000 records, of at most 512 KiB each"));
    }
    let _busy = Busy::take(hq, who.till_id)?;
    let db = hq.db();
    let tx = db.begin()?;
    let known = records::epochs(&tx, who.till_id)?;
    let found = known.iter().find(|e| e.epoch == epoch);
    let highest = known.iter().map(|e| e.n).max().unwrap_or(0);
    if found.is_none() && !branch && epoch_number(epoch) < highest.max(1) {
        return Err(Refusal::new(
            "unknown",
            format!("this till has no epoch `{epoch}`, and it is not above those it has"),
        ));
    }
    let mut batch = Batch {
        conn: &tx,
        who,
        epoch,
        results: Vec::new(),
        taken: Vec::new(),
        leaves: Leaves::default(),
        known: Known::of(lines.len()),
    };
    let stop = if branch { batch.branch(&lines, found.is_none())? } else { batch.chain(&lines)? };
    if matches!(stop, Some(Stop::Fork(_) | Stop::Invalid(_))) {
        records::close_epoch(&tx, who.till_id, epoch)?;
    }
    let Batch { results, taken, leaves, .. } = batch;
    leaves.append(&tx)?;
    let state = records::epochs(&tx, who.till_id)?.into_iter().find(|e| e.epoch == epoch);
    // Durable first, acknowledged then.
    tx.commit()?;
    drop(db);
    let uploaded = receipt(hq, who, epoch, branch.then_some(taken), state, results);
    match stop {
        None => Ok(uploaded),
        Some(Stop::Gap(expected)) => {
            Err(Refusal::new("gap", format!("record {expected} comes next")).with_upload(Some(expected), uploaded))
        }
        Some(Stop::Fork(detail)) => Err(Refusal::new("fork", detail).with_upload(None, uploaded)),
        Some(Stop::Invalid(detail)) => Err(Refusal::new("invalid", detail).with_upload(None, uploaded)),
    }
}

fn receipt(
    hq: &Hq,
    who: &TillKey,
    epoch: &str,
    taken: Option<Vec<String>>,
    state: Option<Epoch>,
    results: Vec<RecordResult>,
) -> Uploaded {
    let (through, hash) = state.map_or((0, None), |e| (e.through, e.hash));
    let at = domain::time::rfc3339(now());
    let (store, till, epoch) = (who.store.clone(), who.till.clone(), epoch.to_owned());
    let body = match taken {
        Some(taken) if taken.is_empty() => None,
        Some(taken) => {
            Some(Receipt { store, till, epoch: epoch.clone(), through: None, hash: None, taken: Some(taken), at })
        }
        None if through == 0 => None,
        None => Some(Receipt { store, till, epoch: epoch.clone(), through: Some(through), hash, taken: None, at }),
    };
    let receipt = body.map(|body| hq.keys.signing.sign_json(typ::RECEIPT, &body));
    Uploaded { epoch, through, results, receipt }
}

struct Batch<'a> {
    conn: &'a Conn,
    who: &'a TillKey,
    epoch: &'a str,
    results: Vec<RecordResult>,
    taken: Vec<String>,
    leaves: Leaves,
    known: Known,
}

impl Batch<'_> {
    /// Records in order, in an epoch that is open; the first that does not fit stops it.
    fn chain(&mut self, lines: &[&str]) -> Result<Option<Stop>> {
        for line in lines {
            let signed = match self.check(line)? {
                Ok(signed) => signed,
                Err(problem) => return Ok(Some(Stop::Invalid(problem))),
            };
            if self.duplicate(&signed)? {
                continue;
            }
            if let Some(stop) = self.place(&signed)? {
                return Ok(Some(stop));
            }
            self.keep(&signed, false)?;
        }
        Ok(None)
    }

    /// Records of a closed epoch, each by itself.
    fn branch(&mut self, lines: &[&str], unknown: bool) -> Result<Option<Stop>> {
        for line in lines {
            let signed = match self.check(line)? {
                Ok(signed) => signed,
                Err(_) => {
                    let reasons = vec!["R10".into()];
                    self.results.push(RecordResult { seq: 0, id: String::new(), outcome: Outcome::Rejected, reasons });
                    continue;
                }
            };
            if unknown {
                records::insert_epoch(self.conn, self.who.till_id, self.epoch)?;
                records::close_epoch(self.conn, self.who.till_id, self.epoch)?;
            }
            self.taken.push(signed.hash.clone());
            if !self.duplicate(&signed)? {
                self.keep(&signed, true)?;
            }
        }
        Ok(None)
    }

    /// The signature first; the payload is read only then.
    fn check<'l>(&self, line: &'l str) -> Result<Result<Signed<'l>, String>> {
        let unverified = match Unverified::parse(line, chain::TYP, false) {
            Ok(unverified) => unverified,
            Err(err) => return Ok(Err(err.to_string())),
        };
        let key = self.known.key(self.conn, unverified.kid())?.filter(|key| key.till_id == self.who.till_id);
        let Some(mut key) = key else {
            return Ok(Err("signed by a key that is not this till's".into()));
        };
        let jwk: Jwk = serde_json::from_str(&key.jwk).context("a till's key")?;
        let payload = match unverified.verify(&jwk) {
            Ok(payload) => payload,
            Err(err) => return Ok(Err(err.to_string())),
        };
        let payload: Value = match serde_json::from_slice(&payload) {
            Ok(payload) => payload,
            Err(err) => return Ok(Err(format!("the payload is not JSON: {err}"))),
        };
        let Some(position) = stated::position(&payload).filter(|p| p.epoch == self.epoch) else {
            return Ok(Err("the payload has no epoch, seq and id of this chain".into()));
        };
        if key.state == "pending" {
            tills::promote(self.conn, key.till_id, &key.kid)?;
            key.state = "current".into();
        }
        self.known.keep(&key);
        let revoked = key.state == "revoked";
        Ok(Ok(Signed { jws: line, hash: chain::hash(line), kid: key.kid, revoked, payload, position }))
    }

    /// Known byte for byte: nothing changes.
    fn duplicate(&mut self, signed: &Signed<'_>) -> Result<bool> {
        let Some(known) = records::by_hash(self.conn, self.who.till_id, &signed.hash)? else {
            return Ok(false);
        };
        let reasons = serde_json::from_str(&known.reasons).context("a record's reasons")?;
        self.results.push(RecordResult { seq: known.seq, id: known.uuid, outcome: Outcome::Duplicate, reasons });
        Ok(true)
    }

    /// Whether a record follows the one before it; opens its epoch where it is the first.
    fn place(&self, signed: &Signed<'_>) -> Result<Option<Stop>> {
        let till_id = self.who.till_id;
        let epochs = records::epochs(self.conn, till_id)?;
        let epoch = epochs.iter().find(|e| e.epoch == self.epoch);
        if epoch.is_some_and(|e| e.closed) {
            return Ok(Some(Stop::Fork(format!("epoch {} is closed; what it still has comes by branch", self.epoch))));
        }
        let through = epoch.map_or(0, |e| e.through);
        let seq = signed.position.seq;
        if seq > through + 1 {
            return Ok(Some(Stop::Gap(through + 1)));
        }
        if seq <= through {
            return Ok(Some(Stop::Fork(format!("another record stands under {seq}"))));
        }
        let first = || chain::first_prev(&self.who.store, &self.who.till, self.epoch, &signed.kid);
        let prev = epoch.and_then(|e| e.hash.clone()).unwrap_or_else(first);
        if signed.payload.get("prev").and_then(Value::as_str) != Some(prev.as_str()) {
            return Ok(Some(Stop::Fork(format!("record {seq} does not follow the one that headquarters has"))));
        }
        if seq == 1 {
            records::insert_epoch(self.conn, till_id, self.epoch)?;
            records::close_before(self.conn, till_id, epoch_number(self.epoch))?;
            let before = signed.payload.get("before").map(Value::to_string);
            if let Some(before) = before.filter(|_| signed.payload["kind"] == "epoch") {
                records::set_before(self.conn, till_id, self.epoch, &before)?;
            }
        }
        Ok(None)
    }

    /// Keeps a record and decides on it.
    fn keep(&mut self, signed: &Signed<'_>, branch: bool) -> Result<()> {
        let (conn, till_id) = (self.conn, self.who.till_id);
        let said = stated::envelope(&signed.payload);
        let same_id = records::by_uuid(conn, &signed.position.id)?;
        let mut flags = self.flags(&said, signed, branch)?;
        let record_id = records::insert(
            conn,
            &Record {
                id: 0,
                till_id,
                epoch: self.epoch.into(),
                seq: signed.position.seq,
                uuid: signed.position.id.clone(),
                kind: said.kind.clone(),
                hash: signed.hash.clone(),
                jws: signed.jws.into(),
                branch,
                outcome: "accepted".into(),
                reasons: "[]".into(),
            },
        )?;
        self.leaves.push(record_id, signed.jws);
        let version = self.known.version(conn, "balances")?;
        let twice = same_id.iter().any(|r| r.till_id == till_id);
        let (outcome, reasons) = match said.kind.as_str() {
            "claim" => {
                let elsewhere = same_id.iter().any(|r| r.till_id != till_id && r.kind == "claim");
                if twice || elsewhere {
                    flags.push("R08");
                }
                if elsewhere {
                    self.hold_others(&signed.position.id)?;
                }
                self.claim(record_id, signed, &said, &flags, (branch, twice), version)?
            }
            _ if twice => ("held", vec!["R08".into()]),
            "reversal" => self.reversal(record_id, signed, &flags, version)?,
            // On other kinds it is noted, and stops nothing.
            _ => {
                takings::note(conn, till_id, &self.who.store, &self.who.till, &signed.payload)?;
                ("accepted", flags.iter().filter(|f| **f == "R09").map(|f| (*f).into()).collect())
            }
        };
        records::set_outcome(conn, record_id, outcome, &serde_json::to_string(&reasons)?)?;
        let outcome = serde_json::from_value(outcome.into()).context("an outcome")?;
        self.results.push(RecordResult { seq: signed.position.seq, id: signed.position.id.clone(), outcome, reasons });
        Ok(())
    }

    /// What makes a record wait for people, whatever it says; and what the chain says last.
    fn flags(&self, said: &Envelope, signed: &Signed<'_>, branch: bool) -> Result<Vec<&'static str>> {
        let ChainState { total_fen, at: last_at, close: last_close, is_cloned } =
            records::chain_state(self.conn, self.who.till_id)?;
        let mut flags = Vec::new();
        let at_ms = said.at.map(|at| at.timestamp_millis());
        let stated_total = said.total_claimed.map(|t| t.fen_i64());
        let expected = total_fen + stated::contribution(&said.kind, &signed.payload).fen_i64();
        // The first record of an epoch states the till's own total, unsent records included.
        let wrong_total = stated_total != Some(expected) && said.kind != "epoch";
        if branch || wrong_total || is_cloned {
            flags.push("R09");
        }
        // Times may go back where an epoch begins: its till had run ahead and was put right.
        let since = if branch || said.kind == "epoch" { 0 } else { last_at };
        let is_wrong = stated::is_wrong_time(said, now_ms(), since, if branch { "" } else { &last_close });
        if is_wrong {
            flags.push("R11");
        }
        if signed.revoked || said.store != self.who.store || said.till != self.who.till {
            flags.push("R12");
        }
        if !branch {
            // One wrong time makes one record wait: it does not become the measure of those after it.
            let close = match (said.kind.as_str(), said.business_date) {
                ("day_close", Some(date)) if !is_wrong => date.to_string().max(last_close),
                _ => last_close,
            };
            let at = at_ms.filter(|_| !is_wrong).unwrap_or(last_at);
            records::set_chain_state(self.conn, self.who.till_id, stated_total.unwrap_or(expected), at, &close)?;
        }
        Ok(flags)
    }

    /// The same claim id came from another till: that one waits for people, too.
    fn hold_others(&self, uuid: &str) -> Result<()> {
        for other in records::by_uuid(self.conn, uuid)? {
            if other.till_id == self.who.till_id || other.kind != "claim" {
                continue;
            }
            let Some(claim) = claims::of_till(self.conn, other.till_id, uuid)? else {
                continue;
            };
            if !decide::hold_duplicate(self.conn, &claim)? {
                continue;
            }
            let text = claims::by_id(self.conn, claim.id)?.map_or_else(String::new, |now| now.reasons);
            records::set_outcome(self.conn, other.id, "held", &text)?;
        }
        Ok(())
    }

    fn claim(
        &self,
        record_id: i64,
        signed: &Signed<'_>,
        said: &Envelope,
        flags: &[&'static str],
        (branch, twice): (bool, bool),
        version: u64,
    ) -> Result<(&'static str, Vec<String>)> {
        let (conn, who) = (self.conn, self.who);
        let read = stated::claim(&signed.payload).ok();
        let mut flags = flags.to_vec();
        if read.as_ref().is_some_and(|claim| claim.slip) {
            flags.push("R16");
        }
        if let Some(claim) = &read
            && funds::is_spent(conn, claim)?
        {
            flags.push("R13");
        }
        // A slip is priced at its own date, and so are the periods that it counts in.
        let slip_date = read.as_ref().and_then(|claim| claim.slip_date);
        let priced_on = match (slip_date, said.business_date) {
            (Some(slip), Some(date)) => Some(slip.min(date)),
            (_, date) => date,
        };
        let (claim, place) = (signed.position.id.as_str(), (self.epoch, signed.position.seq));
        let coming = holds::Coming { till_id: who.till_id, claim, place, branch, at: said.at, date: priced_on };
        let hold = holds::take(conn, &coming, read.as_ref().filter(|_| !twice))?;
        let mut suspected = None;
        let judged = match (&read, said.at, priced_on) {
            (Some(claim), Some(at), Some(date)) => {
                let from = Sender { till_id: who.till_id, store: &who.store, at_ms: at.timestamp_millis(), date };
                let judged = judge::claim(conn, &from, claim, &flags, hold.as_ref())?;
                let fact = signs::fact(conn, who.till_id, &who.store, &signed.payload, claim, &judged.own)?;
                let found = if twice { Vec::new() } else { signs::look(conn, &fact, claim)? };
                suspected = Some((fact, found.clone()));
                if found.is_empty() {
                    judged
                } else {
                    flags.push("R15");
                    judge::claim(conn, &from, claim, &flags, hold.as_ref())?
                }
            }
            _ => judge::malformed(),
        };
        // The second of one id counts in no balance: the first counts.
        let judged = if twice {
            Judgement { posted: Vec::new(), movements: Vec::new(), since_heard: Default::default(), ..judged }
        } else {
            judged
        };
        let holder = read.as_ref().map(|claim| (claim.household.clone(), claim.person.clone()));
        let totals = read.as_ref().map(|claim| claim.totals).unwrap_or_default();
        let mut claim = Claim {
            id: 0,
            record_id,
            uuid: signed.position.id.clone(),
            till_id: who.till_id,
            store: who.store.clone(),
            till: who.till.clone(),
            sale: said.sale.clone(),
            business_date: priced_on.map(|d| d.to_string()),
            household: holder.as_ref().map(|(h, _)| h.clone()),
            person: holder.as_ref().map(|(_, p)| p.clone()),
            state: judged.state.into(),
            reasons: serde_json::to_string(&judged.reasons)?,
            totals: serde_json::to_string(&totals)?,
            granted: serde_json::to_string(&judged.granted)?,
            claimed_fen: totals.claim.fen_i64(),
            granted_fen: judged.granted.claim.fen_i64(),
            posted: serde_json::to_string(&judged.posted)?,
            heard: read.as_ref().map_or_else(String::new, |claim| claim.heard.clone()),
            batch: None,
            own: serde_json::to_string(&judged.own)?,
        };
        claim.id = claims::insert(conn, &claim, self.known.version(conn, "decisions")?)?;
        if let Some(hold) = &hold {
            crate::store::holds::note_claim(conn, &hold.id, claim.id)?;
        }
        if let Some(said) = &read {
            usage::note_new(conn, &claim, said, &judged.posted)?;
        }
        self.remember(claim.id, &judged, claim.claimed_fen, suspected, read.as_ref().filter(|_| !twice))?;
        if let Some((household, person)) = &holder {
            claims::post(conn, record_id, who.till_id, household, person, &judged.movements, version)?;
            let year = business_date(now()).year().to_string();
            claims::serve(conn, &who.store, household, version, &year)?;
        }
        claims::put_since_heard(conn, claim.id, &judged.since_heard)?;
        if !twice {
            for (id, outcome, reasons) in reversal::settle_waiting(conn, &claim, version)? {
                records::set_outcome(conn, id, outcome, &serde_json::to_string(&reasons)?)?;
            }
        }
        Ok((judged.state, judged.reasons))
    }

    /// What people and signs look at later: what letting it go would give, its figures, its history.
    fn remember(
        &self,
        claim_id: i64,
        judged: &Judgement,
        claimed_fen: i64,
        suspected: Option<(Fact, Vec<Found>)>,
        said: Option<&stated::Claim>,
    ) -> Result<()> {
        let conn = self.conn;
        if judged.state == "held" && !judged.offer.is_empty() {
            reviews::put_offer(conn, claim_id, &serde_json::to_string(&judged.offer)?)?;
        }
        let found = suspected.as_ref().map(|(_, found)| found.as_slice()).unwrap_or_default();
        let names: Vec<&str> = found.iter().map(|(sign, _, _)| sign.as_str()).collect();
        let detail = json!({
            "state": judged.state, "reasons": judged.reasons, "granted": judged.granted.claim, "signs": names,
        });
        reviews::note(conn, claim_id, "", "judged", &detail.to_string())?;
        if judged.state != "accepted" {
            reviews::set_risk(conn, claim_id, signs::risk(&judged.reasons, found.len(), claimed_fen))?;
        }
        if let (Some((fact, found)), Some(said)) = (&suspected, said) {
            signs::keep(conn, claim_id, fact, said, found)?;
        }
        Ok(())
    }

    fn reversal(
        &self,
        record_id: i64,
        signed: &Signed<'_>,
        flags: &[&'static str],
        version: u64,
    ) -> Result<(&'static str, Vec<String>)> {
        let Ok((of, lines)) = stated::reversal(&signed.payload) else {
            return Ok(("rejected", vec!["R17".into()]));
        };
        let (outcome, mut reasons) = reversal::take(self.conn, record_id, self.who, &of, &lines, version)?;
        reasons.extend(flags.iter().filter(|f| **f == "R09" && outcome != "held").map(|f| (*f).into()));
        reasons.sort();
        Ok((outcome, reasons))
    }
}
