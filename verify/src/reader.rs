//! Reads an export line by line and checks each as it comes.

use std::collections::BTreeMap;
use std::io::BufRead;

use domain::record::LogHead;
use domain::time::parse_rfc3339;
use serde_json::Value;
use sync::export::{Before, END, End, HEADER, Header, Line, Taken};
use sync::jws::{self, Jwk, Unverified};
use sync::log::{self, Hash, Peaks};
use sync::protocol::typ;

use crate::chain::{Chains, Keys};
use crate::claims::{Claims, StoreSums};
use crate::{Result, Trusted};

/// What was found to be right.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The period, and whose it is.
    pub header: Header,
    /// The head before it.
    pub first: LogHead,
    /// The head after it.
    pub last: LogHead,
    /// Records in it.
    pub records: u64,
    /// Returns of claims that are not in it.
    pub early: usize,
    /// Sums by store: code and name.
    pub stores: Vec<(String, String, StoreSums)>,
}

/// A line as it stands, and its number.
struct Lines<R> {
    input: R,
    number: u64,
    hash: Vec<u8>,
    digest: sync::Digest,
}

impl<R: BufRead> Lines<R> {
    /// The next line; the digest of all before it.
    fn next(&mut self) -> Result<Option<(Line, String)>> {
        self.hash.clear();
        let read = self.input.read_until(b'\n', &mut self.hash).map_err(|err| format!("reading the export: {err}"))?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        let before = self.digest.so_far();
        self.digest.add(&self.hash);
        let line = serde_json::from_slice(&self.hash).map_err(|err| format!("line {}: {err}", self.number))?;
        Ok(Some((line, before)))
    }
}

/// What is known while reading.
struct Check {
    key: Jwk,
    keys: Keys,
    first: LogHead,
    last: LogHead,
    first_root: Hash,
    begins: Option<LogHead>,
    grown: Peaks,
    /// The root of every size from the first head on.
    roots: Vec<Hash>,
    chains: Chains,
    claims: Claims,
}

/// Checks an export; `seen` are heads that somebody noted elsewhere.
pub fn check(input: impl BufRead, trusted: &Trusted, seen: &[String]) -> Result<Checked> {
    let mut lines = Lines { input, number: 0, hash: Vec::new(), digest: sync::Digest::default() };
    let Some((Line::Export(header), _)) = lines.next()? else {
        return Err("line 1: this is no export, or its header is missing".into());
    };
    let (header, key) = open_header(&header, trusted).map_err(|problem| format!("the header: {problem}"))?;
    let mut check = begin(&header, key).map_err(|problem| format!("the header: {problem}"))?;
    loop {
        let Some((line, so_far)) = lines.next()? else {
            return Err("the export was cut off: its end is missing".into());
        };
        let at = lines.number;
        let place = |problem: String| format!("line {at}: {problem}");
        match line {
            Line::Export(_) => return Err(place("another header".into())),
            Line::Before(before) => check.before(&before).map_err(place)?,
            Line::Record(taken) => check.record(&taken).map_err(place)?,
            Line::End(end) => {
                check.whole()?;
                let end: End = jws::read(&end, END, &check.key).map_err(|err| place(format!("the end: {err}")))?;
                if end.lines != at - 1 || end.sha256 != so_far {
                    return Err(place("the lines are not those that headquarters signed".into()));
                }
                break;
            }
        }
    }
    if lines.next()?.is_some() {
        return Err(format!("line {}: something stands after the end", lines.number));
    }
    for head in seen {
        check.noted(head)?;
    }
    Ok(check.done(header))
}

fn open_header(jws: &str, trusted: &Trusted) -> Result<(Header, Jwk)> {
    let unverified = Unverified::parse(jws, HEADER, true).map_err(|err| err.to_string())?;
    let key = unverified.jwk().map_err(|err| err.to_string())?;
    if !trusted.is(&key) {
        return Err(format!("it is signed by another headquarters, whose key is {}", key.thumbprint()));
    }
    let payload = unverified.verify(&key).map_err(|err| err.to_string())?;
    Ok((serde_json::from_slice(&payload).map_err(|err| err.to_string())?, key))
}

fn begin(header: &Header, key: Jwk) -> Result<Check> {
    let head = |which: &str, jws: &str| {
        jws::read::<LogHead>(jws, typ::HEAD, &key).map_err(|err| format!("the {which} head: {err}"))
    };
    let path = |path: &[String]| log::from_text(path).ok_or("a path is malformed");
    let (first, last) = (head("first", &header.first)?, head("last", &header.last)?);
    let roots = log::read(&first.root).zip(log::read(&last.root));
    let (first_root, last_root) = roots.ok_or("a root is malformed")?;
    let grown = Peaks::of(first.size, path(&header.peaks)?).filter(|peaks| peaks.root() == first_root);
    let grown = grown.ok_or("the subtrees are not those of the first head")?;
    if !log::is_consistent(first.size, &first_root, last.size, &last_root, &path(&header.consistency)?) {
        return Err("the last head does not go on from the first: the log was rewritten between them".into());
    }
    let begins = match &header.begins {
        None => None,
        Some(begins) => {
            let before = head("earlier log's", &begins.head)?;
            let leaf = log::leaf(begins.head.as_bytes());
            if log::root_by_path(&leaf, 0, first.size, &path(&begins.path)?) != Some(first_root) {
                return Err("the log does not begin with the head that it says it begins with".into());
            }
            Some(before)
        }
    };
    let keys = Keys::of(&header.tills);
    let (chains, claims) = (Chains::default(), Claims::default());
    Ok(Check { key, keys, first, last, first_root, begins, grown, roots: vec![first_root], chains, claims })
}

impl Check {
    fn before(&mut self, before: &Before) -> Result<()> {
        let place = format!("what the log has at {}", before.index);
        let record = self.keys.open(&before.jws).map_err(|problem| format!("{place}: {problem}"))?;
        let path = log::from_text(&before.path).unwrap_or_default();
        let leaf = log::leaf(before.jws.as_bytes());
        if log::root_by_path(&leaf, before.index, self.first.size, &path) != Some(self.first_root) {
            return Err(format!("{place}: it is not in the log under the first head"));
        }
        if !before.branch {
            self.chains.begin(&record);
        }
        self.claims.begin(&record, &before.outcome).map_err(|problem| format!("{}: {problem}", record.place()))
    }

    fn record(&mut self, taken: &Taken) -> Result<()> {
        let expected = self.grown.size();
        if taken.index != expected {
            return Err(format!(
                "the log's {expected} is missing here, this is {}: left out or put elsewhere",
                taken.index
            ));
        }
        let record = self.keys.open(&taken.jws).map_err(|problem| format!("the log's {expected}: {problem}"))?;
        let place = |problem: String| format!("{}: {problem}", record.place());
        if !taken.branch {
            // Headquarters noted it, or looked no further.
            let is_noted = taken.reasons.iter().any(|reason| ["R08", "R09", "R17"].contains(&reason.as_str()))
                || record.text("kind") == "reversal" && taken.outcome != "accepted";
            self.chains.follow(&record, is_noted).map_err(place)?;
        }
        self.claims.take(&record, &taken.outcome, &taken.reasons, taken.granted.as_deref()).map_err(place)?;
        if record.text("kind") == "day_close"
            && let Some(head) = record.payload.get("log_head").filter(|head| !head.is_null())
        {
            self.witnessed(head).map_err(place)?;
        }
        self.grown.push(log::leaf(taken.jws.as_bytes()));
        self.roots.push(self.grown.root());
        Ok(())
    }

    /// A head that a till saw: where it is of this period, it is of these records.
    fn witnessed(&self, head: &Value) -> Result<()> {
        let Ok(head) = serde_json::from_value::<LogHead>(head.clone()) else {
            return Err("the head that it saw is malformed".into());
        };
        let time = |head: &LogHead| parse_rfc3339(&head.at).ok();
        let is_older = self.begins.as_ref().is_some_and(|begins| time(&head) <= time(begins));
        match self.root_at(head.size) {
            Some(root) if !is_older && sync::b64(&root) != head.root => {
                Err(format!("it saw another log: a head of {} with another root", head.size))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn root_at(&self, size: u64) -> Option<Hash> {
        let at = size.checked_sub(self.first.size).and_then(|n| usize::try_from(n).ok())?;
        self.roots.get(at).copied()
    }

    /// All records of the period make the root that headquarters signed.
    fn whole(&self) -> Result<()> {
        let (size, last) = (self.grown.size(), &self.last);
        if size != last.size {
            return Err(format!("the last head is of {} records, and the export ends after {size}", last.size));
        }
        if sync::b64(&self.grown.root()) != last.root {
            return Err(
                "the records do not make the root that headquarters signed: one was changed or put elsewhere".into()
            );
        }
        Ok(())
    }

    /// A head that was noted elsewhere is of these records.
    fn noted(&self, jws: &str) -> Result<()> {
        let head: LogHead =
            jws::read(jws.trim(), typ::HEAD, &self.key).map_err(|err| format!("the noted head: {err}"))?;
        match self.root_at(head.size) {
            Some(root) if sync::b64(&root) == head.root => Ok(()),
            Some(_) => Err(format!("the noted head of {} is of other records than these", head.size)),
            None => Err(format!(
                "the noted head is of {} records, which lies outside of this export ({} to {}): ask for another period",
                head.size, self.first.size, self.last.size
            )),
        }
    }

    fn done(self, header: Header) -> Checked {
        let names: BTreeMap<_, _> = header.stores.iter().map(|s| (s.code.clone(), s.name.clone())).collect();
        let name = |code: &String| names.get(code).cloned().unwrap_or_default();
        let early = self.claims.early();
        let stores = self.claims.sums.into_iter().map(|(code, sums)| (code.clone(), name(&code), sums)).collect();
        let records = self.last.size - self.first.size;
        Checked { early, header, first: self.first, last: self.last, records, stores }
    }
}
