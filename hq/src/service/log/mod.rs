//! The public log: heads that headquarters signs, and proofs that anyone may ask for.
//!
//! A head that was given out binds headquarters. So the last one is kept in a file beside the keys:
//! where the database is put back from a backup, the log starts anew with it as its first leaf.

mod check;
mod export;
mod slip;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context as _, Result};
use domain::time::rfc3339;
use serde::{Deserialize, Serialize};
use sync::jws;
use sync::log::{self, Hash};
use sync::protocol::{LogConsistency, LogHead, LogProof, typ};

use super::{Hq, Refusal, now};
use crate::keys::Keys;
use crate::store::place::Database;
use crate::store::sql::Conn;
use crate::store::{Db, log as rows, records};

pub use check::first_difference;
pub use export::{Exported, export};
pub use slip::{About, Slip, slip};

/// Name of the file beside the keys.
const FILE: &str = "log-head.json";
/// A head is signed again after so many seconds, also where nothing came: it says when it was true.
const OLD_SECONDS: u64 = 60;

/// A head and what it says.
#[derive(Debug, Clone)]
pub struct Head {
    /// Signed.
    pub jws: String,
    /// What it says.
    pub body: LogHead,
}

/// The last head, as it is kept outside the database.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeptHead {
    /// The headquarters that it is of.
    pub hq: String,
    /// The head, signed.
    pub head: String,
}

struct Last {
    kept: KeptHead,
    head: Head,
    signed: Instant,
    looked: Instant,
}

/// Where the log is read: a connection of its own, so that neither who writes nor who looks at long
/// pages waits for the public.
pub struct Desk {
    reader: Mutex<Db>,
    file: PathBuf,
    last: Mutex<Option<Last>>,
}

impl Desk {
    /// Opens it; every record has its leaf then.
    pub fn open(db: &Db, place: &Database, keys: &Path) -> Result<Self> {
        if rows::needs_fill(&db.conn)? {
            let tx = db.begin()?;
            rows::fill(&tx)?;
            tx.commit()?;
        }
        let desk = Self { reader: Mutex::new(Db::open_reader(place)?), file: file(keys), last: Mutex::default() };
        if let Some(problem) = behind(&db.conn, &desk.file)? {
            crate::cli::log(&problem);
        }
        Ok(desk)
    }
}

fn file(keys: &Path) -> PathBuf {
    keys.with_file_name(FILE)
}

/// The last head that was given out, from the file beside the keys.
pub fn kept_head(keys: &Path) -> Result<Option<KeptHead>> {
    read_kept(&file(keys))
}

/// The head with which a restored headquarters begins its log, checked by the key file, where that is there.
pub fn head_to_begin_with(keys: &Path) -> Result<Option<String>> {
    let Some(kept) = kept_head(keys)? else { return Ok(None) };
    if keys.exists() {
        let key = Keys::open(keys)?.signing.jwk();
        jws::read::<LogHead>(&kept.head, typ::HEAD, &key)
            .with_context(|| format!("{} is not of this key file", file(keys).display()))?;
    }
    Ok(Some(kept.head))
}

fn read_kept(file: &Path) -> Result<Option<KeptHead>> {
    match std::fs::read(file) {
        Ok(bytes) => {
            let kept = serde_json::from_slice(&bytes).with_context(|| format!("{} is no head", file.display()))?;
            Ok(Some(kept))
        }
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(err) => Err(err).with_context(|| format!("reading {}", file.display())),
    }
}

/// Whether the log is shorter than the last head says: then the database is older than that.
fn behind(conn: &Conn, file: &Path) -> Result<Option<String>> {
    let Some(kept) = read_kept(file)? else { return Ok(None) };
    let said = log_size(&kept.head).context("the kept head")?;
    let is_ours = crate::store::meta(conn, "hq")?.as_ref() == Some(&kept.hq);
    if !is_ours || rows::size(conn)? >= said {
        return Ok(None);
    }
    Ok(Some(
        "数据库比公开日志最后一次签名时旧，像是手工放回的备份：请停下来，用 jihui-hq restore 恢复。 \
         The database is older than the last signed head of the log, as if a copy had been put back by hand: \
         stop, and put it back with `jihui-hq restore`"
            .into(),
    ))
}

/// The size that a head says, unchecked.
fn log_size(head: &str) -> Option<u64> {
    super::verify::payload(head)?.get("size")?.as_u64()
}

/// Signs a head.
fn sign(hq: &Hq, size: u64, root: &Hash, at: String) -> Head {
    let body = LogHead { size, root: sync::b64(root), at };
    Head { jws: hq.keys.signing.sign_json(typ::HEAD, &body), body }
}

/// The head of all that is durable.
pub fn head(hq: &Hq) -> Result<Head> {
    let asked = Instant::now();
    let mut last = hq.log.last.lock().unwrap_or_else(PoisonError::into_inner);
    // Made while this one waited: it counts whatever was durable when this one came.
    if let Some(last) = last.as_ref().filter(|last| last.looked >= asked) {
        return Ok(last.head.clone());
    }
    let looked = Instant::now();
    let db = hq.log.reader.lock().unwrap_or_else(PoisonError::into_inner);
    let (id, size) = (db.hq_id()?, rows::size(&db.conn)?);
    if let Some(last) = last.as_mut()
        && (&last.kept.hq, last.head.body.size) == (&id, size)
        && last.signed.elapsed().as_secs() < OLD_SECONDS
    {
        last.looked = looked;
        return Ok(last.head.clone());
    }
    let root = log::root(size, &mut |level, index| rows::node(&db.conn, level, index))?;
    drop(db);
    let head = sign(hq, size, &root, rfc3339(now()));
    let kept = KeptHead { hq: id, head: head.jws.clone() };
    // Kept first, given out then.
    keep(&hq.log.file, &kept)?;
    *last = Some(Last { kept, head: head.clone(), signed: looked, looked });
    Ok(head)
}

/// Writes the head durably. Another server's, of the same log and longer, stays.
fn keep(file: &Path, kept: &KeptHead) -> Result<()> {
    if let Some(there) = read_kept(file)?
        && there.hq == kept.hq
        && log_size(&there.head) > log_size(&kept.head)
    {
        return Ok(());
    }
    let beside = file.with_extension(format!("new-{}", sync::random_base32(8)));
    let write = || -> std::io::Result<()> {
        let mut out = std::fs::File::create(&beside)?;
        out.write_all(&serde_json::to_vec_pretty(kept)?)?;
        out.sync_all()?;
        std::fs::rename(&beside, file)
    };
    let written = write();
    if written.is_err() {
        std::fs::remove_file(&beside).ok();
    }
    written.with_context(|| format!("keeping the log's head in {}", file.display()))
}

fn unknown() -> Refusal {
    Refusal::new("unknown", "the log has nothing like that")
}

/// The path from a record to the root of the present head.
pub fn proof(hq: &Hq, record: &str, hash: &str) -> Result<LogProof, Refusal> {
    let index = {
        let db = hq.log.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let found = records::by_uuid(&db.conn, record)?.into_iter().find(|r| r.hash == hash);
        rows::leaf_of(&db.conn, found.ok_or_else(unknown)?.id)?.ok_or_else(unknown)?
    };
    path_to(hq, index, &head(hq)?)
}

/// The path from a leaf to a head's root.
fn path_to(hq: &Hq, index: u64, head: &Head) -> Result<LogProof, Refusal> {
    let size = head.body.size;
    if index >= size {
        return Err(unknown());
    }
    let db = hq.log.reader.lock().unwrap_or_else(PoisonError::into_inner);
    let path = log::inclusion(index, size, &mut |level, at| rows::node(&db.conn, level, at))?;
    Ok(LogProof { index, size, path: log::to_text(&path) })
}

/// What shows that the log only grew from one size to another.
pub fn consistency(hq: &Hq, from: u64, to: u64) -> Result<LogConsistency, Refusal> {
    if from > to || to > head(hq)?.body.size {
        return Err(unknown());
    }
    let db = hq.log.reader.lock().unwrap_or_else(PoisonError::into_inner);
    let path = log::consistency(from, to, &mut |level, at| rows::node(&db.conn, level, at))?;
    Ok(LogConsistency { from, to, path: log::to_text(&path) })
}
