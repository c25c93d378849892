//! The till's side of sync: one full round down and up.
//!
//! It decides what to send and what to believe; an [`Outbox`] keeps the records, a [`Transport`]
//! carries the bytes. A sale never waits for it.

mod letters;
mod outbox;
mod shop;

pub use letters::{Letter, accounts};
pub use outbox::{Identity, Outbox, OwnEpoch, Request, Response, SyncError, Transport, Waiting};
pub use shop::sale;

use domain::household::RosterEntry;

use crate::jws::{self, Jwk, Key};
use crate::list::{self, Asked};
use crate::protocol::{
    Chain, ChainEpoch, Enrol, Enrolled, Keys, MAX_BODY, MAX_LINES, Outcome, Problem, Receipt, Time, Uploaded, typ,
};
use crate::{b64, random, token};

/// What a round moved.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Moved {
    /// Records that headquarters took.
    pub uploaded: u64,
    /// Records that it knew already.
    pub duplicates: u64,
    /// Records that were fetched back.
    pub fetched: u64,
    /// Changes to what the store's tills share that headquarters took.
    pub shared: u64,
    /// Lines of lists that came down.
    pub lines: u64,
    /// Epochs that were opened.
    pub epochs_opened: u64,
    /// Records that still wait.
    pub unsent: u64,
    /// Whether every record was acknowledged and balances that count them were applied.
    pub heard: bool,
}

/// A connection: an outbox and a transport.
pub struct Engine<'a> {
    outbox: &'a mut dyn Outbox,
    transport: &'a dyn Transport,
    moved: Moved,
}

/// Lists in the order in which they are asked for; balances after others, since they count the upload.
/// What the tills share comes last: nothing that is wrong with it may hold a family's quota up.
const LISTS: [&str; 6] = ["roster", "programmes", "products", "decisions", "balances", "shop"];
/// Most rounds of upload and repair, so that a fault cannot spin.
const MAX_REPAIRS: usize = 4;

type Result<T, E = SyncError> = std::result::Result<T, E>;

/// One full round: time, keys, chain, upload, lists.
pub fn round(outbox: &mut dyn Outbox, transport: &dyn Transport) -> Result<Moved> {
    let mut engine = Engine { outbox, transport, moved: Moved::default() };
    engine.time()?;
    let keys = engine.keys();
    // A revoked till still sends what it sold before.
    let refused = matches!(&keys, Err(SyncError::Refused { word, .. }) if word == "revoked");
    if !refused {
        keys?;
        engine.reconcile()?;
    }
    engine.upload_all(refused)?;
    if refused {
        engine.outbox.revoked().map_err(SyncError::Store)?;
    } else {
        engine.lists()?;
    }
    engine.moved.unsent = engine.count_waiting()?;
    Ok(engine.moved)
}

/// Enrols with a fresh key; the answer is believed only if its key is the one in the code.
pub fn enrol(transport: &dyn Transport, key: &Key, code: &str, software: &str) -> Result<(Enrolled, Jwk)> {
    let path = "/v1/enrolments";
    let invalid = |problem: String| SyncError::Invalid { path: path.into(), problem };
    let fingerprint = code.split_once('.').map(|(_, f)| f).filter(|f| f.len() == 16);
    let Some(fingerprint) = fingerprint else {
        return Err(invalid("the enrolment code is incomplete: type it whole, with the dot".into()));
    };
    let payload = serde_json::to_vec(&Enrol { code: code.into(), software: software.into() })
        .map_err(|err| invalid(err.to_string()))?;
    let body = key.sign_with_jwk(typ::ENROL, &payload).into_bytes();
    let request = Request { post: true, path: path.into(), token: None, content_type: "application/jose", body };
    let answer = accept(path, transport.call(&request).map_err(SyncError::Unreachable)?)?;
    let text = String::from_utf8(answer).map_err(|_| invalid("not a JWS".into()))?;
    let unverified =
        jws::Unverified::parse(text.trim(), typ::ENROLLED, true).map_err(|err| invalid(err.to_string()))?;
    let hq_key = unverified.jwk().map_err(|err| invalid(err.to_string()))?;
    if !hq_key.thumbprint().starts_with(fingerprint) {
        return Err(invalid("this is not the headquarters that the code is from".into()));
    }
    let payload = unverified.verify(&hq_key).map_err(|err| invalid(err.to_string()))?;
    let enrolled: Enrolled = serde_json::from_slice(&payload).map_err(|err| invalid(err.to_string()))?;
    if enrolled.kid != key.kid() {
        return Err(invalid("the answer is for another key".into()));
    }
    Ok((enrolled, hq_key))
}

/// Asks headquarters for a person who is not in the store's roster. `None`: nobody.
pub fn lookup(outbox: &mut dyn Outbox, transport: &dyn Transport, s: &[u8; 32]) -> Result<Option<Vec<RosterEntry>>> {
    let mut engine = Engine { outbox, transport, moved: Moved::default() };
    let body =
        serde_json::to_vec(&crate::protocol::Lookup { s: b64(s) }).map_err(|err| SyncError::Store(err.to_string()))?;
    let path = "/v1/lookups";
    match engine.call(true, path, "application/json", body) {
        Ok(answer) => serde_json::from_slice(&answer)
            .map(Some)
            .map_err(|err| SyncError::Invalid { path: path.into(), problem: err.to_string() }),
        Err(SyncError::Refused { word, .. }) if word == "unknown" => Ok(None),
        Err(err) => Err(err),
    }
}

fn accept(path: &str, response: Response) -> Result<Vec<u8>> {
    if (200..300).contains(&response.status) {
        return Ok(response.body);
    }
    let problem = problem(&response);
    Err(SyncError::Refused { path: path.into(), word: problem.word().into(), detail: problem.detail })
}

fn problem(response: &Response) -> Problem {
    serde_json::from_slice(&response.body).unwrap_or_else(|_| Problem {
        kind: format!("status {}", response.status),
        title: String::new(),
        status: response.status,
        detail: "an answer that is no problem document".into(),
        expected: None,
        uploaded: None,
    })
}

impl Engine<'_> {
    fn send(&self, post: bool, path: &str, content_type: &str, body: Vec<u8>) -> Result<Response> {
        let id = self.outbox.identity().map_err(SyncError::Store)?;
        let token = token::make(&id.key, &id.store, &id.till, self.outbox.now());
        let request = Request { post, path: path.into(), token: Some(token), content_type, body };
        self.transport.call(&request).map_err(SyncError::Unreachable)
    }

    /// Calls, and sets the clock once where headquarters says that it is off.
    fn call(&mut self, post: bool, path: &str, content_type: &str, body: Vec<u8>) -> Result<Vec<u8>> {
        let response = self.send(post, path, content_type, body.clone())?;
        if response.status == 401 && problem(&response).word() == "clock" {
            self.time()?;
            return accept(path, self.send(post, path, content_type, body)?);
        }
        accept(path, response)
    }

    fn get(&mut self, path: &str) -> Result<Vec<u8>> {
        self.call(false, path, "", Vec::new())
    }

    fn time(&mut self) -> Result<()> {
        let nonce = b64(&random::<16>());
        let path = format!("/v1/time?nonce={nonce}");
        let invalid = |problem: String| SyncError::Invalid { path: "/v1/time".into(), problem };
        let asked_at = self.outbox.machine_ms();
        let request = Request { post: false, path: path.clone(), token: None, content_type: "", body: Vec::new() };
        let answer = accept(&path, self.transport.call(&request).map_err(SyncError::Unreachable)?)?;
        let text = String::from_utf8(answer).map_err(|_| invalid("not a JWS".into()))?;
        let id = self.outbox.identity().map_err(SyncError::Store)?;
        let time: Time = jws::read(text.trim(), typ::TIME, &id.hq_key).map_err(|err| invalid(err.to_string()))?;
        if time.nonce != nonce {
            return Err(invalid("it answers another question".into()));
        }
        let at = domain::time::parse_rfc3339(&time.at).map_err(invalid)?;
        let answered_at = self.outbox.machine_ms();
        let middle = asked_at + (answered_at - asked_at) / 2;
        self.outbox.set_clock(at.timestamp_millis() - middle).map_err(SyncError::Store)
    }

    fn keys(&mut self) -> Result<()> {
        let path = "/v1/keys";
        let text = String::from_utf8(self.get(path)?).unwrap_or_default();
        let id = self.outbox.identity().map_err(SyncError::Store)?;
        let keys: Keys = jws::read(text.trim(), typ::KEYS, &id.hq_key)
            .map_err(|err| SyncError::Invalid { path: path.into(), problem: err.to_string() })?;
        self.outbox.set_keys(&keys).map_err(SyncError::Store)
    }

    fn chain(&mut self) -> Result<Chain> {
        let path = "/v1/chain";
        let answer = self.get(path)?;
        serde_json::from_slice(&answer)
            .map_err(|err| SyncError::Invalid { path: path.into(), problem: err.to_string() })
    }

    /// Compares chains: where headquarters has more or other records, they are fetched and the
    /// till goes on in a new epoch.
    fn reconcile(&mut self) -> Result<()> {
        let chain = self.chain()?;
        let known: Vec<String> = chain.epochs.iter().map(|e| e.epoch.clone()).collect();
        let present = self.outbox.identity().map_err(SyncError::Store)?.epoch;
        let mut lost = false;
        for theirs in &chain.epochs {
            lost |= self.reconcile_epoch(theirs)? && theirs.epoch == present;
        }
        let newer = |epoch: &String| domain::record::epoch_number(epoch) > domain::record::epoch_number(&present);
        // An enrolment of another till under this name, or a copy of this one, went on elsewhere.
        if lost || chain.epochs.iter().any(|e| e.through > 0 && newer(&e.epoch)) {
            self.open_epoch("restored", &known)?;
        }
        Ok(())
    }

    /// Fetches what headquarters has of an epoch and the till has not; whether there was any.
    fn reconcile_epoch(&mut self, theirs: &ChainEpoch) -> Result<bool> {
        if theirs.through == 0 {
            return Ok(false);
        }
        let own = self.outbox.epochs().map_err(SyncError::Store)?.into_iter().find(|e| e.epoch == theirs.epoch);
        let mine = self.outbox.record_hash(&theirs.epoch, theirs.through).map_err(SyncError::Store)?;
        if mine.is_some() && mine == theirs.hash {
            return Ok(false);
        }
        let mut after = own.as_ref().map_or(0, |own| own.last.min(theirs.through));
        if mine.is_some() {
            after = 0;
        }
        loop {
            let path = format!("/v1/records?epoch={}&after={after}", theirs.epoch);
            let body = self.get(&path)?;
            let text = String::from_utf8(body).unwrap_or_default();
            let records: Vec<String> = text.lines().filter(|line| !line.is_empty()).map(Into::into).collect();
            if records.is_empty() {
                break;
            }
            self.outbox.adopt(&theirs.epoch, &records).map_err(SyncError::Store)?;
            let count = u64::try_from(records.len()).unwrap_or(0);
            self.moved.fetched += count;
            after += count;
            if after >= theirs.through {
                break;
            }
        }
        Ok(true)
    }

    fn open_epoch(&mut self, reason: &str, known: &[String]) -> Result<()> {
        self.moved.epochs_opened += 1;
        self.outbox.next_epoch(reason, known).map_err(SyncError::Store)
    }

    fn count_waiting(&self) -> Result<u64> {
        let mut count = 0;
        for epoch in self.outbox.epochs().map_err(SyncError::Store)? {
            let waiting = self.outbox.waiting(&epoch.epoch, None, usize::MAX).map_err(SyncError::Store)?;
            count += u64::try_from(waiting.len()).unwrap_or(0);
        }
        Ok(count)
    }

    /// Sends what waits, oldest epoch first, until headquarters has all of it.
    fn upload_all(&mut self, revoked: bool) -> Result<()> {
        for _ in 0..MAX_REPAIRS {
            let chain = if revoked { None } else { Some(self.chain()?) };
            let mut again = false;
            for epoch in self.outbox.epochs().map_err(SyncError::Store)? {
                let theirs = chain.as_ref().and_then(|c| c.epochs.iter().find(|e| e.epoch == epoch.epoch));
                let through = theirs.map(|e| e.through);
                if self.upload_epoch(&epoch, through, chain.is_some())? {
                    again = true;
                    break;
                }
            }
            if !again {
                return Ok(());
            }
        }
        Err(SyncError::Invalid { path: "/v1/records".into(), problem: "the chain cannot be agreed on".into() })
    }

    /// Sends one epoch. Whether another round is needed, because a new epoch was opened.
    fn upload_epoch(&mut self, epoch: &OwnEpoch, theirs: Option<u64>, asked: bool) -> Result<bool> {
        if epoch.closed && self.outbox.waiting(&epoch.epoch, None, 1).map_err(SyncError::Store)?.is_empty() {
            // Nothing of it waits. What a restored headquarters may lack of it is made to wait again.
            return Ok(false);
        }
        if asked && theirs.unwrap_or(0) < epoch.last {
            // Headquarters has fewer than the till ever sent: from there on, in the old epoch.
            match self.upload_chain(&epoch.epoch, theirs.unwrap_or(0), epoch.closed)? {
                Sent::All if !epoch.closed => return Ok(false),
                Sent::NewEpoch => return Ok(true),
                // What headquarters has another record for is not in its chain, and still waits.
                Sent::All | Sent::Branch => {}
            }
        } else if !epoch.closed {
            return self.upload_waiting(&epoch.epoch);
        }
        self.upload_branch(&epoch.epoch)?;
        Ok(false)
    }

    /// What has no receipt yet, though headquarters has it: it answers duplicates, with a receipt.
    fn upload_waiting(&mut self, epoch: &str) -> Result<bool> {
        let first = self.outbox.waiting(epoch, None, 1).map_err(SyncError::Store)?;
        match first.first() {
            None => Ok(false),
            Some(first) => Ok(self.upload_chain(epoch, first.seq - 1, false)? == Sent::NewEpoch),
        }
    }

    fn upload_chain(&mut self, epoch: &str, mut after: u64, closed: bool) -> Result<Sent> {
        loop {
            let batch = bounded(self.outbox.waiting(epoch, Some(after), MAX_LINES).map_err(SyncError::Store)?);
            if batch.is_empty() {
                return Ok(Sent::All);
            }
            let path = format!("/v1/records?epoch={epoch}");
            let response = self.send(true, &path, "application/jose", body(&batch))?;
            if response.status == 200 {
                let uploaded: Uploaded = parse(&path, &response.body)?;
                self.take_receipt(&uploaded)?;
                if uploaded.through <= after && closed {
                    // It knows them, by branch: there, it gives a receipt for them.
                    return Ok(Sent::Branch);
                }
                if uploaded.through <= after {
                    let problem = "it took nothing and says nothing".into();
                    return Err(SyncError::Invalid { path, problem });
                }
                after = uploaded.through;
                continue;
            }
            let problem = problem(&response);
            if let Some(uploaded) = &problem.uploaded {
                self.take_receipt(uploaded)?;
            }
            match (problem.word(), problem.expected) {
                ("clock", _) => self.time()?,
                ("gap", Some(expected)) if expected >= 1 && expected - 1 != after => after = expected - 1,
                ("fork" | "invalid" | "unknown", _) if closed => return Ok(Sent::Branch),
                (word @ ("fork" | "invalid"), _) => {
                    let known = vec![epoch.into()];
                    self.open_epoch(word, &known)?;
                    return Ok(Sent::NewEpoch);
                }
                (word, _) => {
                    return Err(SyncError::Refused { path, word: word.into(), detail: problem.detail.clone() });
                }
            }
        }
    }

    /// Sends what waits of a closed epoch, each record by itself.
    fn upload_branch(&mut self, epoch: &str) -> Result<()> {
        loop {
            let batch = bounded(self.outbox.waiting(epoch, None, MAX_LINES).map_err(SyncError::Store)?);
            if batch.is_empty() {
                return Ok(());
            }
            let path = format!("/v1/records?epoch={epoch}&branch=true");
            let uploaded: Uploaded = parse(&path, &self.call(true, &path, "application/jose", body(&batch))?)?;
            // In order, since a record whose signature fails is not read for its seq.
            for (sent, result) in batch.iter().zip(&uploaded.results) {
                if result.outcome == Outcome::Rejected && result.reasons.iter().any(|r| r == "R10") {
                    self.outbox.restate(epoch, sent.seq).map_err(SyncError::Store)?;
                }
            }
            self.take_receipt(&uploaded)?;
            let left = self.outbox.waiting(epoch, None, MAX_LINES).map_err(SyncError::Store)?;
            if left.len() == batch.len() && left.first().map(|w| &w.hash) == batch.first().map(|w| &w.hash) {
                return Err(SyncError::Invalid { path, problem: "it gave no receipt for what it took".into() });
            }
        }
    }

    /// Counts records as acknowledged only when the receipt verifies and fits the till's own chain.
    fn take_receipt(&mut self, uploaded: &Uploaded) -> Result<()> {
        for result in &uploaded.results {
            match result.outcome {
                Outcome::Duplicate => self.moved.duplicates += 1,
                Outcome::Accepted | Outcome::Held | Outcome::Adjusted | Outcome::Rejected => self.moved.uploaded += 1,
            }
        }
        let Some(receipt) = &uploaded.receipt else {
            return Ok(());
        };
        let invalid = |problem: String| SyncError::Invalid { path: "/v1/records".into(), problem };
        let id = self.outbox.identity().map_err(SyncError::Store)?;
        let receipt: Receipt =
            jws::read(receipt, typ::RECEIPT, &id.hq_key).map_err(|err| invalid(format!("the receipt: {err}")))?;
        if (&receipt.store, &receipt.till) != (&id.store, &id.till) {
            return Err(invalid("the receipt is another till's".into()));
        }
        if let Some(taken) = &receipt.taken {
            return self.outbox.acknowledge_taken(taken).map_err(SyncError::Store);
        }
        let Some(through) = receipt.through.filter(|through| *through > 0) else {
            return Ok(());
        };
        let own = self.outbox.record_hash(&receipt.epoch, through).map_err(SyncError::Store)?;
        if own != receipt.hash {
            return Err(invalid("the receipt is for records that are not the till's".into()));
        }
        self.outbox.remember_answered(&receipt.epoch, through, own.as_deref()).map_err(SyncError::Store)?;
        self.outbox.acknowledge(&receipt.epoch, through).map_err(SyncError::Store)
    }

    fn lists(&mut self) -> Result<()> {
        for list in LISTS {
            if list == "shop" { self.shop()? } else { self.list(list)? }
        }
        self.letters()
    }

    fn list(&mut self, name: &str) -> Result<()> {
        let after = self.outbox.list_version(name).map_err(SyncError::Store)?;
        // Only balances depend on it.
        let unsent = if name == "balances" { self.count_waiting()? } else { 0 };
        match self.fetch(name, after, unsent) {
            // The till is ahead of headquarters (which was restored): take the list whole.
            Err(SyncError::Refused { word, .. }) if word == "unknown" && after.is_some() => {
                self.fetch(name, None, unsent)
            }
            other => other,
        }
    }

    fn fetch(&mut self, name: &str, after: Option<u64>, unsent: u64) -> Result<()> {
        let path = match after {
            Some(version) => format!("/v1/{name}?after={version}"),
            None => format!("/v1/{name}"),
        };
        let invalid = |problem: String| SyncError::Invalid { path: format!("/v1/{name}"), problem };
        let body = self.get(&path)?;
        let id = self.outbox.identity().map_err(SyncError::Store)?;
        let asked = Asked { list: name, store: &id.store, after, hq_key: &id.hq_key };
        let (lines, end) = list::open(&body, &asked).map_err(invalid)?;
        if after.is_some_and(|after| end.version < after) {
            return Err(invalid("its version is lower than the till's".into()));
        }
        if after.is_some() && end.hq != id.hq {
            // Headquarters was restored: versions mean nothing to each other any more.
            return self.fetch(name, None, unsent);
        }
        if name == "balances" {
            // Balances that do not count every record would give a limit out twice.
            if unsent > 0 {
                return Ok(());
            }
            self.moved.heard = true;
        }
        self.outbox.apply(&end, &lines).map_err(SyncError::Store)?;
        self.moved.lines += end.rows;
        Ok(())
    }
}

/// How far an epoch got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    All,
    NewEpoch,
    Branch,
}

/// As many records as one body may hold.
fn bounded(mut records: Vec<Waiting>) -> Vec<Waiting> {
    let mut bytes = 0;
    let fits = records.iter().take_while(|w| {
        bytes += w.jws.len() + 1;
        bytes <= MAX_BODY
    });
    let count = fits.count().max(1);
    records.truncate(count);
    records
}

fn body(batch: &[Waiting]) -> Vec<u8> {
    let mut body = Vec::new();
    for record in batch {
        body.extend_from_slice(record.jws.as_bytes());
        body.push(b'\n');
    }
    body
}

fn parse<T: serde::de::DeserializeOwned>(path: &str, body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|err| SyncError::Invalid { path: path.into(), problem: err.to_string() })
}
