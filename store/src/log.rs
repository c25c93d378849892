//! What the till saw of headquarters' public log.

use domain::record::LogHead;
use rusqlite::{OptionalExtension as _, params};

use crate::{Result, Store, audit};

/// A head that was verified, and what headquarters signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenHead {
    /// What it says.
    pub head: LogHead,
    /// As it was signed.
    pub jws: String,
}

/// Something of the log that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogProblem {
    /// The verified head, as it was signed; empty where there was none.
    pub kept: String,
    /// What headquarters said then.
    pub told: String,
    /// What is wrong, a sentence in both languages.
    pub problem: String,
    /// When it was seen first, in milliseconds.
    pub at_ms: i64,
}

impl Store {
    /// The last verified head of a headquarters' log.
    pub fn log_head(&self, hq: &str) -> Result<Option<SeenHead>> {
        let sql = "SELECT size, root, at, jws FROM log_heads WHERE hq = ?1";
        let found = self.conn.query_row(sql, [hq], |row| {
            let head = LogHead { size: row.get(0)?, root: row.get(1)?, at: row.get(2)? };
            Ok(SeenHead { head, jws: row.get(3)? })
        });
        Ok(found.optional()?)
    }

    /// The last verified head of any log that the till saw.
    pub fn last_log_head(&self) -> Result<Option<LogHead>> {
        let sql = "SELECT size, root, at FROM log_heads ORDER BY seen_at DESC LIMIT 1";
        let read = |row: &rusqlite::Row<'_>| Ok(LogHead { size: row.get(0)?, root: row.get(1)?, at: row.get(2)? });
        Ok(self.conn.query_row(sql, [], read).optional()?)
    }

    /// Keeps a verified head in the place of the one before it of the same headquarters.
    pub fn keep_log_head(&mut self, hq: &str, seen: &SeenHead, now_ms: i64) -> Result<()> {
        let SeenHead { head, jws } = seen;
        let tx = self.begin()?;
        let is_new: bool = tx.query_row(
            "SELECT NOT EXISTS (SELECT 1 FROM log_heads WHERE hq = ?1) AND EXISTS (SELECT 1 FROM log_heads)",
            [hq],
            |row| row.get(0),
        )?;
        tx.execute(
            "INSERT INTO log_heads (hq, size, root, at, jws, seen_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (hq) DO UPDATE SET size = excluded.size, root = excluded.root, at = excluded.at,
               jws = excluded.jws, seen_at = excluded.seen_at",
            params![hq, head.size, head.root, head.at, jws, now_ms],
        )?;
        if is_new {
            audit::write(&tx, now_ms, None, "log anew", hq)?;
        }
        Ok(tx.commit()?)
    }

    /// Keeps what does not fit the last verified head, once for each; whether it is new.
    pub fn keep_log_problem(&mut self, hq: &str, problem: &LogProblem) -> Result<bool> {
        let tx = self.begin()?;
        let is_new = tx.execute(
            "INSERT INTO log_problems (hq, kept, told, problem, at) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
            params![hq, problem.kept, problem.told, problem.problem, problem.at_ms],
        )? > 0;
        if is_new {
            audit::write(&tx, problem.at_ms, None, "log differs", &problem.problem)?;
        }
        tx.commit()?;
        Ok(is_new)
    }

    /// What does not fit the head that still stands, of the log that was seen last; none: all is well.
    pub fn log_problem(&self) -> Result<Option<LogProblem>> {
        let sql = "SELECT p.kept, p.told, p.problem, p.at FROM log_problems p
                   WHERE p.kept = coalesce((SELECT h.jws FROM log_heads h WHERE h.hq = p.hq), '')
                   ORDER BY p.at DESC LIMIT 1";
        let found = self.conn.query_row(sql, [], |row| {
            Ok(LogProblem { kept: row.get(0)?, told: row.get(1)?, problem: row.get(2)?, at_ms: row.get(3)? })
        });
        Ok(found.optional()?)
    }
}
