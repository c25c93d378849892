//! The print spool. Sale first, paper second: nothing here can undo or delay a sale.

use rusqlite::{OptionalExtension as _, params};

use crate::{Result, Store};

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Waits for the printer.
    Queued,
    /// The first byte may have gone out.
    Sending,
    /// All bytes went out.
    Sent,
    /// Nothing went out: it may be tried again.
    Failed,
    /// Some bytes went out: a person looks at the paper.
    Uncertain,
}

impl JobState {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Uncertain => "uncertain",
        }
    }
}

/// A job to print.
#[derive(Debug, Clone)]
pub struct Job {
    /// Key.
    pub id: i64,
    /// ESC/POS bytes.
    pub bytes: Vec<u8>,
}

impl Store {
    /// Queues paper that belongs to no new sale: a copy, a report, a test page.
    pub fn queue_print(&self, number: &str, copy: u32, bytes: &[u8], at_ms: i64) -> Result<i64> {
        insert(&self.conn, number, copy, bytes, at_ms)
    }

    /// Oldest job that waits, or that failed before its first byte.
    pub fn next_print_job(&self) -> Result<Option<Job>> {
        let mut statement =
            self.conn.prepare_cached("SELECT id, bytes FROM print_jobs WHERE state = 'queued' ORDER BY id LIMIT 1")?;
        Ok(statement.query_row([], |row| Ok(Job { id: row.get(0)?, bytes: row.get(1)? })).optional()?)
    }

    /// Notes where a job stands.
    pub fn set_job_state(&self, id: i64, state: JobState, problem: Option<&str>) -> Result<()> {
        self.conn.prepare_cached("UPDATE print_jobs SET state = ?2, problem = ?3 WHERE id = ?1")?.execute(params![
            id,
            state.word(),
            problem
        ])?;
        Ok(())
    }

    /// Jobs that were being sent when the program died: nobody knows what is on the paper.
    pub fn mark_interrupted_jobs(&self) -> Result<usize> {
        Ok(self.conn.execute(
            "UPDATE print_jobs SET state = 'uncertain', problem = 'interrupted' WHERE state = 'sending'",
            [],
        )?)
    }

    /// How many copies of a receipt there are beside the original.
    pub fn copies(&self, number: &str) -> Result<u32> {
        Ok(self
            .conn
            .query_row("SELECT coalesce(max(copy), 0) FROM print_jobs WHERE number = ?1", [number], |row| row.get(0))?)
    }

    /// Jobs by state, for reports: (waiting, uncertain).
    pub fn unprinted(&self) -> Result<(u32, u32)> {
        Ok(self.conn.query_row(
            "SELECT coalesce(sum(state <> 'uncertain'), 0), coalesce(sum(state = 'uncertain'), 0)
             FROM print_jobs WHERE state IN ('queued', 'sending', 'failed', 'uncertain')",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?)
    }
}

pub(crate) fn insert(conn: &rusqlite::Connection, number: &str, copy: u32, bytes: &[u8], at_ms: i64) -> Result<i64> {
    conn.prepare_cached(
        "INSERT INTO print_jobs (number, copy, bytes, state, created_at) VALUES (?1, ?2, ?3, 'queued', ?4)",
    )?
    .execute(params![number, copy, bytes, at_ms])?;
    Ok(conn.last_insert_rowid())
}
