//! What tills sent: epochs and records, byte for byte.

use crate::params;
use crate::store::sql::{Conn, Row};
use anyhow::Result;

/// An epoch as headquarters has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    /// Name.
    pub epoch: String,
    /// Number before the dash.
    pub n: u64,
    /// Last record that was taken.
    pub through: u64,
    /// Its hash.
    pub hash: Option<String>,
    /// Whether it takes no more.
    pub closed: bool,
}

/// A record as it was sent.
#[derive(Debug, Clone)]
pub struct Record {
    /// Row.
    pub id: i64,
    /// Till's row.
    pub till_id: i64,
    /// Epoch.
    pub epoch: String,
    /// Position.
    pub seq: u64,
    /// Id.
    pub uuid: String,
    /// Kind, as the till says.
    pub kind: String,
    /// SHA-256 of the JWS.
    pub hash: String,
    /// The compact JWS.
    pub jws: String,
    /// Whether it came by branch.
    pub branch: bool,
    /// What became of it.
    pub outcome: String,
    /// Reason codes as JSON.
    pub reasons: String,
}

const COLUMNS: &str = "id, till_id, epoch, seq, uuid, kind, hash, jws, branch, outcome, reasons";

fn record(row: &Row) -> Result<Record> {
    Ok(Record {
        id: row.get(0)?,
        till_id: row.get(1)?,
        epoch: row.get(2)?,
        seq: row.get(3)?,
        uuid: row.get(4)?,
        kind: row.get(5)?,
        hash: row.get(6)?,
        jws: row.get(7)?,
        branch: row.get(8)?,
        outcome: row.get(9)?,
        reasons: row.get(10)?,
    })
}

/// All epochs of a till, oldest first.
pub fn epochs(conn: &Conn, till_id: i64) -> Result<Vec<Epoch>> {
    let sql = "SELECT epoch, n, through, hash, closed FROM epochs WHERE till_id = ?1 ORDER BY n, epoch";
    let read = |row: &Row| {
        Ok(Epoch { epoch: row.get(0)?, n: row.get(1)?, through: row.get(2)?, hash: row.get(3)?, closed: row.get(4)? })
    };
    conn.all(sql, params![till_id], read)
}

/// Makes an epoch known.
pub fn insert_epoch(conn: &Conn, till_id: i64, epoch: &str) -> Result<()> {
    conn.execute(
        "INSERT INTO epochs (till_id, epoch, n) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        params![till_id, epoch, domain::record::epoch_number(epoch)],
    )?;
    Ok(())
}

/// Notes what an epoch's first record says of the one before it. Whether another epoch says the
/// same: then two machines go on as this till, and people are told.
pub fn set_before(conn: &Conn, till_id: i64, epoch: &str, before: &str) -> Result<bool> {
    conn.execute("UPDATE epochs SET before = ?3 WHERE till_id = ?1 AND epoch = ?2", params![till_id, epoch, before])?;
    let sql = "SELECT count(*) > 1 FROM epochs WHERE till_id = ?1 AND before = ?2";
    let cloned: bool = conn.one(sql, params![till_id, before], |row| row.get(0))?;
    if cloned {
        conn.execute("UPDATE tills SET cloned = 1 WHERE id = ?1", params![till_id])?;
    }
    Ok(cloned)
}

/// The epoch takes no more; what has no place in it comes by branch.
pub fn close_epoch(conn: &Conn, till_id: i64, epoch: &str) -> Result<()> {
    conn.execute("UPDATE epochs SET closed = 1 WHERE till_id = ?1 AND epoch = ?2", params![till_id, epoch])?;
    Ok(())
}

/// A later epoch began: those before it take no more.
pub fn close_before(conn: &Conn, till_id: i64, n: u64) -> Result<()> {
    conn.execute("UPDATE epochs SET closed = 1 WHERE till_id = ?1 AND n < ?2", params![till_id, n])?;
    Ok(())
}

/// Keeps a record; its row.
pub fn insert(conn: &Conn, r: &Record) -> Result<i64> {
    let sql = "INSERT INTO records (till_id, epoch, seq, uuid, kind, hash, jws, branch, outcome, reasons, received_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) RETURNING id";
    let id = conn.value(
        sql,
        params![
            r.till_id,
            r.epoch,
            r.seq,
            r.uuid,
            r.kind,
            r.hash,
            r.jws,
            r.branch,
            r.outcome,
            r.reasons,
            super::now_ms()
        ],
    )?;
    if !r.branch {
        conn.execute(
            "UPDATE epochs SET through = ?3, hash = ?4 WHERE till_id = ?1 AND epoch = ?2",
            params![r.till_id, r.epoch, r.seq, r.hash],
        )?;
    }
    Ok(id)
}

/// Sets what became of a record.
pub fn set_outcome(conn: &Conn, id: i64, outcome: &str, reasons: &str) -> Result<()> {
    conn.execute("UPDATE records SET outcome = ?2, reasons = ?3 WHERE id = ?1", params![id, outcome, reasons])?;
    Ok(())
}

/// The compact JWS of a record.
pub fn jws(conn: &Conn, id: i64) -> Result<String> {
    conn.one("SELECT jws FROM records WHERE id = ?1", params![id], |row| row.get(0))
}

/// A till's record by its hash.
pub fn by_hash(conn: &Conn, till_id: i64, hash: &str) -> Result<Option<Record>> {
    let sql = format!("SELECT {COLUMNS} FROM records WHERE till_id = ?1 AND hash = ?2");
    conn.optional(&sql, params![till_id, hash], record)
}

/// A chain's record at a position.
pub fn at(conn: &Conn, till_id: i64, epoch: &str, seq: u64) -> Result<Option<Record>> {
    let sql = format!("SELECT {COLUMNS} FROM records WHERE till_id = ?1 AND epoch = ?2 AND seq = ?3 AND branch = 0");
    conn.optional(&sql, params![till_id, epoch, seq], record)
}

/// Records of any till with this id.
pub fn by_uuid(conn: &Conn, uuid: &str) -> Result<Vec<Record>> {
    let sql = format!("SELECT {COLUMNS} FROM records WHERE uuid = ?1 ORDER BY id");
    conn.all(&sql, params![uuid], record)
}

/// A till's records in an epoch (or all), chain and branch, in the order in which they came.
pub fn of_till(
    conn: &Conn,
    till_id: i64,
    epoch: Option<&str>,
    after: u64,
    branch: bool,
    limit: u64,
) -> Result<Vec<Record>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM records WHERE till_id = ?1 AND (?2 IS NULL OR epoch = ?2) AND seq > ?3
           AND (?4 OR branch = 0) ORDER BY id LIMIT ?5"
    );
    conn.all(&sql, params![till_id, epoch, after, branch, limit], record)
}

/// Records of any till in a range of rows, at most so many, in the order in which they came.
pub fn from_row(conn: &Conn, from: i64, to: i64, limit: usize) -> Result<Vec<Record>> {
    let sql = format!("SELECT {COLUMNS} FROM records WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3");
    conn.all(&sql, params![from, to, u64::try_from(limit)?], record)
}

/// What a till's chain says last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainState {
    /// Stated total, in fen.
    pub total_fen: i64,
    /// Time, in milliseconds.
    pub at: i64,
    /// Last closed day.
    pub close: String,
    /// Whether two machines go on as this till.
    pub is_cloned: bool,
}

/// What the till's chain says last.
pub fn chain_state(conn: &Conn, till_id: i64) -> Result<ChainState> {
    let sql = "SELECT last_total_fen, last_at, last_close, cloned FROM tills WHERE id = ?1";
    let read = |row: &Row| {
        Ok(ChainState { total_fen: row.get(0)?, at: row.get(1)?, close: row.get(2)?, is_cloned: row.get(3)? })
    };
    conn.one(sql, params![till_id], read)
}

/// Notes what the till's chain says last.
pub fn set_chain_state(conn: &Conn, till_id: i64, total_fen: i64, at_ms: i64, close: &str) -> Result<()> {
    conn.execute(
        "UPDATE tills SET last_total_fen = ?2, last_at = ?3, last_close = ?4, heard_from = ?5 WHERE id = ?1",
        params![till_id, total_fen, at_ms, close, super::now_ms()],
    )?;
    Ok(())
}
