//! The till's signed chain and its outbox.

use std::path::Path;

use chrono::DateTime;
use domain::money::Money;
use domain::record::{Head, RecordKind};
use domain::usage::Movement;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::db::file_error;
use crate::{Result, Store, StoreError, audit, settings};

/// A record that was signed and is to be kept.
#[derive(Debug, Clone)]
pub struct NewRecord {
    /// Id.
    pub uuid: String,
    /// What it is about.
    pub kind: RecordKind,
    /// Position in the present epoch.
    pub seq: u64,
    /// SHA-256 of the JWS.
    pub hash: String,
    /// The compact JWS.
    pub jws: String,
    /// Its time, in milliseconds.
    pub at_ms: i64,
    /// What it adds to the till's running total.
    pub claimed: Money,
    /// Household and person whose limits it moved.
    pub holder: Option<(String, String)>,
    /// What it used of limits.
    pub movements: Vec<Movement>,
}

/// A record as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordRow {
    /// Epoch.
    pub epoch: String,
    /// Position.
    pub seq: u64,
    /// Id.
    pub uuid: String,
    /// SHA-256 of the JWS, as it was computed when it was signed.
    pub hash: String,
    /// The compact JWS.
    pub jws: String,
    /// Whether it was fetched back from headquarters.
    pub adopted: bool,
}

/// An epoch as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpochRow {
    /// Order.
    pub n: i64,
    /// Name.
    pub epoch: String,
    /// Thumbprint of the key that signs in it.
    pub kid: String,
    /// `prev` of its first record.
    pub first_prev: String,
    /// Whether the till has gone on.
    pub closed: bool,
    /// What headquarters last acknowledged.
    pub answered_through: u64,
    /// Hash of that record.
    pub answered_hash: Option<String>,
    /// Last `seq`.
    pub last: u64,
}

impl Store {
    /// Where the chain stands; none before enrolment.
    pub fn head(&self) -> Result<Option<Head>> {
        head(&self.conn)
    }

    /// Opens an epoch, closing the one before it, and writes its first record where there is one.
    pub fn open_epoch(
        &mut self,
        epoch: &str,
        kid: &str,
        first_prev: &str,
        at_ms: i64,
        seal: impl FnOnce(&Head) -> std::result::Result<Option<NewRecord>, String>,
    ) -> Result<()> {
        let tx = self.begin()?;
        tx.execute("UPDATE epochs SET closed = 1 WHERE closed = 0", [])?;
        tx.execute("INSERT INTO epochs (epoch, kid, first_prev) VALUES (?1, ?2, ?3)", params![epoch, kid, first_prev])?;
        let head = head(&tx)?.ok_or_else(|| StoreError::Corrupt("an epoch just opened is not there".into()))?;
        if let Some(record) = seal(&head).map_err(StoreError::Seal)? {
            append(&tx, &head, &record)?;
        }
        audit::write(&tx, at_ms, None, "epoch", epoch)?;
        tx.commit()?;
        self.write_witness()
    }

    /// Appends one record that belongs to no sale, with its audit row.
    pub fn append(
        &mut self,
        staff: Option<&str>,
        action: &str,
        detail: &str,
        seal: impl FnOnce(&Head) -> std::result::Result<NewRecord, String>,
    ) -> Result<()> {
        let tx = self.begin()?;
        let head = need_head(&tx)?;
        let record = seal(&head).map_err(StoreError::Seal)?;
        append(&tx, &head, &record)?;
        audit::write(&tx, record.at_ms, staff, action, detail)?;
        tx.commit()?;
        self.write_witness()
    }

    /// Takes over records that headquarters has and this database lost.
    pub fn adopt(&mut self, epoch: &str, records: &[NewRecord]) -> Result<()> {
        let tx = self.begin()?;
        let known: Option<i64> =
            tx.query_row("SELECT n FROM epochs WHERE epoch = ?1", [epoch], |row| row.get(0)).optional()?;
        if known.is_none() {
            tx.execute(
                "INSERT INTO epochs (n, epoch, kid, first_prev, closed)
                 SELECT coalesce(min(n), 1) - 1, ?1, '', '', 1 FROM epochs",
                [epoch],
            )?;
        }
        for record in records {
            let known: bool =
                tx.query_row("SELECT count(*) > 0 FROM records WHERE hash = ?1", [&record.hash], |row| row.get(0))?;
            if !known {
                let id = insert(&tx, epoch, record, true)?;
                // Headquarters has it, so its next balances count it.
                moved(&tx, id, record)?;
            }
        }
        tx.commit()?;
        Ok(())
    }

    /// Epochs, oldest first.
    pub fn epochs(&self) -> Result<Vec<EpochRow>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT n, epoch, kid, first_prev, closed, answered_through, answered_hash,
                    coalesce((SELECT max(seq) FROM records r WHERE r.epoch = e.epoch), 0)
             FROM epochs e ORDER BY n",
        )?;
        let read = |row: &Row<'_>| {
            Ok(EpochRow {
                n: row.get(0)?,
                epoch: row.get(1)?,
                kid: row.get(2)?,
                first_prev: row.get(3)?,
                closed: row.get(4)?,
                answered_through: row.get(5)?,
                answered_hash: row.get(6)?,
                last: row.get(7)?,
            })
        };
        Ok(statement.query_map([], read)?.collect::<rusqlite::Result<_>>()?)
    }

    /// All records of an epoch, in order.
    pub fn records(&self, epoch: &str) -> Result<Vec<RecordRow>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT epoch, seq, uuid, hash, jws, adopted FROM records WHERE epoch = ?1 ORDER BY seq, adopted",
        )?;
        Ok(statement.query_map([epoch], record_row)?.collect::<rusqlite::Result<_>>()?)
    }

    /// Hash at a position; where headquarters' record differs from an own one, headquarters'.
    pub fn record_hash(&self, epoch: &str, seq: u64) -> Result<Option<String>> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT hash FROM records WHERE epoch = ?1 AND seq = ?2 ORDER BY adopted DESC LIMIT 1")?;
        Ok(statement.query_row(params![epoch, seq], |row| row.get(0)).optional()?)
    }

    /// One own record.
    pub fn own_record(&self, epoch: &str, seq: u64) -> Result<Option<RecordRow>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT epoch, seq, uuid, hash, jws, adopted FROM records WHERE epoch = ?1 AND seq = ?2 AND adopted = 0",
        )?;
        Ok(statement.query_row(params![epoch, seq], record_row).optional()?)
    }

    /// The record of an id.
    pub fn record_of(&self, uuid: &str) -> Result<Option<String>> {
        let mut statement = self.conn.prepare_cached("SELECT jws FROM records WHERE uuid = ?1 LIMIT 1")?;
        Ok(statement.query_row([uuid], |row| row.get(0)).optional()?)
    }

    /// Own records of an epoch after a position, or, with none, those without a receipt.
    pub fn waiting(&self, epoch: &str, after: Option<u64>, limit: usize) -> Result<Vec<RecordRow>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sql = match after {
            Some(_) => {
                "SELECT epoch, seq, uuid, hash, jws, adopted FROM records
                 WHERE epoch = ?1 AND seq > ?2 AND adopted = 0 ORDER BY seq LIMIT ?3"
            }
            None => {
                "SELECT r.epoch, r.seq, r.uuid, r.hash, r.jws, r.adopted FROM outbox o JOIN records r ON r.id = o.record_id
                 WHERE r.epoch = ?1 AND r.seq > ?2 ORDER BY r.seq LIMIT ?3"
            }
        };
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows = statement.query_map(params![epoch, after.unwrap_or(0), limit], record_row)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// How many records have no receipt, and the time of the oldest, in milliseconds.
    pub fn unsent(&self) -> Result<(u64, Option<i64>)> {
        let mut statement = self.conn.prepare_cached("SELECT count(*), min(created_at) FROM outbox")?;
        Ok(statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?)
    }

    /// A receipt covers an epoch through a position. Where headquarters has another record in the place of an
    /// own one (a clone's, or what this folder wrote before it was put back), the own one still waits.
    pub fn acknowledge(&mut self, epoch: &str, through: u64) -> Result<()> {
        self.conn.execute(
            "DELETE FROM outbox WHERE record_id IN
               (SELECT id FROM records r WHERE r.epoch = ?1 AND r.seq <= ?2 AND r.adopted = 0 AND NOT EXISTS
                  (SELECT 1 FROM records o WHERE o.epoch = r.epoch AND o.seq = r.seq AND o.adopted = 1))",
            params![epoch, through],
        )?;
        Ok(())
    }

    /// Headquarters was restored and may lack what it took by branch: whatever stands in closed epochs waits
    /// again. What it still has it calls a duplicate. A record that was written anew is left out.
    pub fn requeue_closed(&mut self) -> Result<()> {
        self.conn.execute(
            "INSERT OR IGNORE INTO outbox (record_id, created_at)
             SELECT r.id, r.at FROM records r JOIN epochs e ON e.epoch = r.epoch
             WHERE e.closed = 1 AND r.adopted = 0 AND NOT EXISTS
               (SELECT 1 FROM records n WHERE n.uuid = r.uuid AND n.id > r.id AND n.adopted = 0)",
            [],
        )?;
        Ok(())
    }

    /// A receipt covers single records.
    pub fn acknowledge_taken(&mut self, hashes: &[String]) -> Result<()> {
        let tx = self.begin()?;
        for hash in hashes {
            tx.execute("DELETE FROM outbox WHERE record_id = (SELECT id FROM records WHERE hash = ?1)", [hash])?;
        }
        Ok(tx.commit()?)
    }

    /// A record whose signature was wrong is written anew and waits no longer.
    pub fn give_up(&mut self, hash: &str) -> Result<()> {
        self.conn.execute("DELETE FROM outbox WHERE record_id = (SELECT id FROM records WHERE hash = ?1)", [hash])?;
        Ok(())
    }

    /// What headquarters last acknowledged of an epoch.
    pub fn remember_answered(&mut self, epoch: &str, through: u64, hash: Option<&str>) -> Result<()> {
        self.conn.execute(
            "UPDATE epochs SET answered_through = ?2, answered_hash = ?3 WHERE epoch = ?1 AND answered_through <= ?2",
            params![epoch, through, hash],
        )?;
        Ok(())
    }

    /// Whether the witness beside the database has seen more than the database: it was restored.
    pub fn is_behind_witness(&self) -> Result<bool> {
        let Some(head) = self.head()? else {
            return Ok(false);
        };
        let Ok(text) = std::fs::read_to_string(witness_path(self.dir())) else {
            return Ok(false);
        };
        let mut fields = text.split_whitespace();
        let (epoch, seq, hash) = (fields.next(), fields.next().and_then(|s| s.parse::<u64>().ok()), fields.next());
        let (Some(epoch), Some(seq), Some(hash)) = (epoch, seq, hash) else {
            return Ok(false);
        };
        let seen = self.record_hash(epoch, seq)?;
        let newer = domain::record::epoch_number(epoch) > domain::record::epoch_number(&head.epoch);
        Ok(newer || (epoch == head.epoch && seen.as_deref() != Some(hash)))
    }

    /// Notes the last record outside the database; the next start compares.
    pub(crate) fn write_witness(&self) -> Result<()> {
        let Some(head) = self.head()? else {
            return Ok(());
        };
        if head.seq == 0 {
            return Ok(());
        }
        let path = witness_path(self.dir());
        std::fs::write(&path, format!("{} {} {}\n", head.epoch, head.seq, head.hash))
            .map_err(file_error("write the witness"))
    }
}

fn witness_path(dir: &Path) -> std::path::PathBuf {
    dir.join("witness")
}

fn record_row(row: &Row<'_>) -> rusqlite::Result<RecordRow> {
    Ok(RecordRow {
        epoch: row.get(0)?,
        seq: row.get(1)?,
        uuid: row.get(2)?,
        hash: row.get(3)?,
        jws: row.get(4)?,
        adopted: row.get(5)?,
    })
}

pub(crate) fn need_head(conn: &Connection) -> Result<Head> {
    head(conn)?.ok_or_else(|| StoreError::Missing("the till is not enrolled".into()))
}

fn head(conn: &Connection) -> Result<Option<Head>> {
    let mut statement = conn.prepare_cached(
        "SELECT e.epoch, e.first_prev, e.receipts, r.seq, r.hash, r.at FROM epochs e
         LEFT JOIN records r ON r.epoch = e.epoch AND r.adopted = 0
           AND r.seq = (SELECT max(seq) FROM records WHERE epoch = e.epoch AND adopted = 0)
         WHERE e.closed = 0",
    )?;
    let total = total_claimed(conn)?;
    let read = |row: &Row<'_>| {
        let first_prev: String = row.get(1)?;
        let hash: Option<String> = row.get(4)?;
        let at: Option<i64> = row.get(5)?;
        Ok(Head {
            epoch: row.get(0)?,
            seq: row.get::<_, Option<u64>>(3)?.unwrap_or(0),
            hash: hash.unwrap_or(first_prev),
            total_claimed: total,
            at: at.and_then(DateTime::from_timestamp_millis),
            receipts: row.get(2)?,
        })
    };
    Ok(statement.query_row([], read).optional()?)
}

/// All that the till ever claimed, less reversals.
fn total_claimed(conn: &Connection) -> Result<Money> {
    let text: Option<String> = conn
        .prepare_cached("SELECT value FROM settings WHERE name = 'total_claimed_fen'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let fen: i128 =
        text.map_or(Ok(0), |text| text.parse()).map_err(|_| StoreError::Corrupt("total_claimed_fen".into()))?;
    Ok(Money::from_fen(fen))
}

/// Appends a record to the present epoch, with its outbox row.
pub(crate) fn append(conn: &Connection, head: &Head, record: &NewRecord) -> Result<()> {
    if record.seq != head.seq + 1 {
        return Err(StoreError::Corrupt(format!("record {} does not follow {}", record.seq, head.seq)));
    }
    let id = insert(conn, &head.epoch, record, false)?;
    conn.prepare_cached("INSERT INTO outbox (record_id, created_at) VALUES (?1, ?2)")?
        .execute(params![id, record.at_ms])?;
    moved(conn, id, record)
}

fn insert(conn: &Connection, epoch: &str, record: &NewRecord, adopted: bool) -> Result<i64> {
    conn.prepare_cached(
        "INSERT INTO records (epoch, seq, uuid, kind, hash, jws, at, claimed_fen, adopted)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        epoch,
        record.seq,
        record.uuid,
        record.kind.word(),
        record.hash,
        record.jws,
        record.at_ms,
        record.claimed.fen_i64(),
        adopted
    ])?;
    let id = conn.last_insert_rowid();
    if !record.claimed.is_zero() {
        let total = total_claimed(conn)? + record.claimed;
        settings::set(conn, "total_claimed_fen", &total.fen().to_string())?;
    }
    Ok(id)
}

fn moved(conn: &Connection, record_id: i64, record: &NewRecord) -> Result<()> {
    let Some((household, person)) = &record.holder else {
        return Ok(());
    };
    let mut statement = conn.prepare_cached(
        "INSERT INTO movements (record_id, household, person, programme, limit_id, period, milli)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for m in &record.movements {
        let person = if m.per_person { person.as_str() } else { "" };
        statement.execute(params![record_id, household, person, m.programme, m.limit, m.period, m.milli])?;
    }
    Ok(())
}
