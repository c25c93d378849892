//! The print spool. Sale first, paper second: nothing here can undo or delay a sale.

use rusqlite::{OptionalExtension as _, params};

use crate::{Result, Sealed, Store};

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Waits for the printer.
    Queued,
    /// The first byte may have gone out.
    Sending,
    /// All bytes went out.
    Sent,
    /// Nothing went out, and it waited too long: only a person prints it again.
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
    /// When it was queued, in ms since 1970.
    pub at_ms: i64,
    /// Whether it opens the drawer, and is no paper.
    pub is_drawer: bool,
}

impl Store {
    /// Queues paper that belongs to no new sale: a copy, a report, a test page.
    pub fn queue_print(&self, number: &str, copy: u32, bytes: &[u8], at_ms: i64) -> Result<i64> {
        let id = insert(&self.conn, number, copy, bytes, at_ms)?;
        // Whoever asks for a receipt again has settled what became of it before.
        self.conn
            .prepare_cached(
                "UPDATE print_jobs SET problem = 'reprinted'
                 WHERE state IN ('failed', 'uncertain') AND number = ?1 AND id < ?2",
            )?
            .execute(params![number, id])?;
        Ok(id)
    }

    /// Queues the drawer's pulse.
    pub fn queue_drawer(&self, bytes: &[u8], at_ms: i64) -> Result<i64> {
        insert_kind(&self.conn, "", 0, bytes, at_ms, "drawer")
    }

    /// Gives up the jobs that have waited since before a time: hours later nobody stands there to
    /// take the paper. How many they were.
    pub fn expire_print_jobs(&self, before_ms: i64) -> Result<usize> {
        Ok(self
            .conn
            .prepare_cached(
                "UPDATE print_jobs SET state = 'failed', problem = 'expired' WHERE state = 'queued' AND created_at < ?1",
            )?
            .execute([before_ms])?)
    }

    /// Oldest job that waits.
    pub fn next_print_job(&self) -> Result<Option<Job>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT id, bytes, created_at, kind = 'drawer' FROM print_jobs WHERE state = 'queued' ORDER BY id LIMIT 1",
        )?;
        let job = |row: &rusqlite::Row<'_>| {
            Ok(Job { id: row.get(0)?, bytes: row.get(1)?, at_ms: row.get(2)?, is_drawer: row.get(3)? })
        };
        Ok(statement.query_row([], job).optional()?)
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
        Ok(self.conn.query_row(
            "SELECT coalesce(max(copy), 0) FROM print_jobs WHERE number = ?1 AND kind = 'paper'",
            [number],
            |row| row.get(0),
        )?)
    }

    /// Jobs that are not known to be on paper: (waiting, left to a person and not printed again).
    pub fn unprinted(&self) -> Result<(u32, u32)> {
        let mut statement = self.conn.prepare_cached(
            "SELECT coalesce(sum(state IN ('queued', 'sending')), 0), coalesce(sum(state IN ('failed', 'uncertain')), 0)
             FROM print_jobs WHERE state IN ('queued', 'sending', 'failed', 'uncertain') AND problem IS NOT 'reprinted'
             AND kind = 'paper'",
        )?;
        Ok(statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?)
    }
}

pub(crate) fn insert(conn: &rusqlite::Connection, number: &str, copy: u32, bytes: &[u8], at_ms: i64) -> Result<i64> {
    insert_kind(conn, number, copy, bytes, at_ms, "paper")
}

fn insert_kind(
    conn: &rusqlite::Connection,
    number: &str,
    copy: u32,
    bytes: &[u8],
    at_ms: i64,
    kind: &str,
) -> Result<i64> {
    conn.prepare_cached(
        "INSERT INTO print_jobs (number, copy, bytes, state, created_at, kind) VALUES (?1, ?2, ?3, 'queued', ?4, ?5)",
    )?
    .execute(params![number, copy, bytes, at_ms, kind])?;
    Ok(conn.last_insert_rowid())
}

/// The drawer's pulse and the paper of a sale or a return; the paper's job.
pub(crate) fn insert_sealed(conn: &rusqlite::Connection, sealed: &Sealed, at_ms: i64) -> Result<Option<i64>> {
    if let Some(pulse) = &sealed.drawer {
        insert_kind(conn, &sealed.number, 0, pulse, at_ms, "drawer")?;
    }
    sealed.paper.as_ref().map(|bytes| insert(conn, &sealed.number, 0, bytes, at_ms)).transpose()
}
