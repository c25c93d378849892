//! A period for an auditor: every record, and all that is needed to check it without headquarters.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::PoisonError;

use anyhow::{Context as _, Result};
use chrono::{Days, NaiveDate, NaiveTime};
use domain::money::Money;
use domain::time::{rfc3339, shanghai};
use serde::Serialize;
use sync::export::{Before, Begins, END, End, HEADER, Header, Line, Store, Taken, Till};
use sync::jws::Jwk;
use sync::log::{self, Hash};

use super::{Hq, rows, sign};
use crate::service::now;
use crate::store::records::{self, Record};
use crate::store::sql::Conn;
use crate::store::{claims, tills};

/// Records that are read at a time.
const CHUNK: usize = 256;

/// What an export holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// Records of the period.
    pub records: u64,
    /// Size of the log before the first.
    pub from_size: u64,
    /// Size of the log after the last.
    pub to_size: u64,
    /// Thumbprint of headquarters' public key, by which it is checked.
    pub key: String,
}

/// Bytes that are counted and hashed on their way.
struct Out<'a> {
    out: &'a mut dyn Write,
    digest: sync::Digest,
    lines: u64,
}

impl Out<'_> {
    fn line(&mut self, line: &Line) -> Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        self.digest.add(&bytes);
        self.lines += 1;
        self.out.write_all(&bytes).context("writing the export")
    }
}

/// The rows and leaves of a period.
struct Period {
    first: i64,
    end: i64,
    from: u64,
    to: u64,
}

/// Writes what headquarters took from one date to another, both included.
pub fn export(hq: &Hq, from: NaiveDate, to: NaiveDate, out: &mut dyn Write) -> Result<Exported> {
    let db = hq.log.reader.lock().unwrap_or_else(PoisonError::into_inner);
    // One moment, while the server goes on.
    let tx = db.conn.snapshot()?;
    let period = period(&tx, from, to)?;
    let mut out = Out { out, digest: sync::Digest::default(), lines: 0 };
    let header = header(hq, &tx, &period, (from, to))?;
    out.line(&Line::Export(hq.keys.signing.sign_with_jwk(HEADER, &serde_json::to_vec(&header)?)))?;
    for id in before(&tx, &period)? {
        out.line(&Line::Before(one_before(&tx, id, period.from)?))?;
    }
    let mut last = period.first - 1;
    let mut count = 0;
    while last < period.end {
        let chunk = records::from_row(&tx, last + 1, period.end, CHUNK)?;
        let Some(newest) = chunk.last() else { break };
        last = newest.id;
        for record in &chunk {
            out.line(&Line::Record(taken(&tx, record, period.from + count)?))?;
            count += 1;
        }
    }
    let end = End { lines: out.lines, sha256: out.digest.so_far() };
    out.line(&Line::End(hq.keys.signing.sign_json(END, &end)))?;
    out.out.flush().context("writing the export")?;
    Ok(Exported { records: count, from_size: period.from, to_size: period.to, key: hq.keys.signing.kid().into() })
}

fn period(conn: &Conn, from: NaiveDate, to: NaiveDate) -> Result<Period> {
    let start = |date: NaiveDate| -> Result<i64> {
        let local = date.and_time(NaiveTime::MIN).and_local_timezone(shanghai()).single();
        Ok(local.context("a date")?.timestamp_millis())
    };
    let size = rows::size(conn)?;
    let after = to.checked_add_days(Days::new(1)).context("a date that is far off")?;
    let row = |ms: i64| -> Result<Option<(i64, u64)>> {
        let Some(id) = rows::first_since(conn, ms)? else { return Ok(None) };
        let Some(id) = rows::row_from(conn, id)? else { return Ok(None) };
        Ok(rows::leaf_of(conn, id)?.map(|leaf| (id, leaf)))
    };
    let (end, to) = row(start(after)?)?.unwrap_or((i64::MAX, size));
    let (first, from) = row(start(from)?)?.unwrap_or((i64::MAX, size));
    Ok(Period { first, end, from: from.min(to), to })
}

fn header(hq: &Hq, conn: &Conn, period: &Period, (from, to): (NaiveDate, NaiveDate)) -> Result<Header> {
    let mut get = |level: u32, index: u64| rows::node(conn, level, index);
    // A head says when the log was so long: when its last record came.
    let head = |size: u64, row: i64| -> Result<String> {
        let came = rows::received_before(conn, row)?.and_then(chrono::DateTime::from_timestamp_millis);
        let root: Hash = log::root(size, &mut |level, index| rows::node(conn, level, index))?;
        Ok(sign(hq, size, &root, rfc3339(came.unwrap_or_else(now))).jws)
    };
    let (first, last) = (head(period.from, period.first)?, head(period.to, period.end)?);
    let begins = match rows::before(conn)? {
        None => None,
        Some(head) => Some(Begins { head, path: log::to_text(&log::inclusion(0, period.from, &mut get)?) }),
    };
    let mut till_rows = Vec::new();
    for till_id in rows::all_tills(conn)? {
        let (store, till) = tills::till_names(conn, till_id)?;
        let jwks = rows::keys_of(conn, till_id)?;
        let keys = jwks.iter().map(|jwk| serde_json::from_str::<Jwk>(jwk)).collect::<Result<_, _>>();
        till_rows.push(Till { store, till, keys: keys.context("a till's key")? });
    }
    Ok(Header {
        v: 1,
        hq: crate::store::meta(conn, "hq")?.context("headquarters has no id")?,
        from: from.to_string(),
        to: to.to_string(),
        at: rfc3339(now()),
        first,
        last,
        peaks: log::to_text(&log::peaks(period.from, &mut get)?),
        consistency: log::to_text(&log::consistency(period.from, period.to, &mut get)?),
        begins,
        stores: tills::stores(conn)?.into_iter().map(|store| Store { code: store.code, name: store.name }).collect(),
        tills: till_rows,
    })
}

/// Where chains stood, and what returns of the period are of.
fn before(conn: &Conn, period: &Period) -> Result<BTreeSet<i64>> {
    let mut found = BTreeSet::new();
    for till_id in rows::tills_between(conn, period.first, period.end)? {
        found.extend(rows::last_before(conn, till_id, period.first)?);
    }
    found.extend(rows::returned_before(conn, period.first, period.end)?);
    Ok(found)
}

fn one_before(conn: &Conn, id: i64, size: u64) -> Result<Before> {
    let record = records::from_row(conn, id, id + 1, 1)?.pop().context("a record just listed")?;
    let index = rows::leaf_of(conn, id)?.context("a record without a leaf")?;
    let path = log::inclusion(index, size, &mut |level, at| rows::node(conn, level, at))?;
    Ok(Before { jws: record.jws, index, path: log::to_text(&path), branch: record.branch, outcome: record.outcome })
}

fn taken(conn: &Conn, record: &Record, index: u64) -> Result<Taken> {
    let claim = if record.kind == "claim" { claims::of_record(conn, record.id)? } else { None };
    Ok(Taken {
        jws: record.jws.clone(),
        index,
        branch: record.branch,
        outcome: record.outcome.clone(),
        reasons: serde_json::from_str(&record.reasons).context("a record's reasons")?,
        granted: claim.map(|claim| Money::from_fen(claim.granted_fen.into()).to_string()),
    })
}
