//! The chain's records as they were signed, out of a database that may be a newer program's, or damaged.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use crate::db::FILE;
use crate::{Result, StoreError};

/// So many places in a row without a record end the search where nothing says how many there are.
const EMPTY: u32 = 50_000;

/// A record as it was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The compact JWS.
    pub jws: String,
    /// Whether headquarters has not acknowledged it, as far as that can be read.
    pub waits: bool,
}

/// A database that is only read, whatever its version.
pub struct Export {
    conn: Connection,
}

impl Export {
    /// Opens the database of a data folder without changing it.
    pub fn open(dir: &Path) -> Result<Self> {
        let path = dir.join(FILE);
        if !path.exists() {
            return Err(StoreError::Missing(format!("there is no till's database in {}", dir.display())));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(&path, flags)
            .or_else(|_| Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY))?;
        conn.pragma_update(None, "query_only", true)?;
        // Where a page that describes tables is damaged, those described before it can still be read.
        conn.pragma_update(None, "writable_schema", true)?;
        Ok(Self { conn })
    }

    /// Gives every record that can be read, oldest first; how many could not.
    pub fn each(&self, mut take: impl FnMut(Exported) -> Result<()>) -> Result<u64> {
        // A table that cannot be read at all is nothing to go through place by place.
        let mut find = self.conn.prepare("SELECT jws FROM records WHERE id = ?1")?;
        let mut waits = self.conn.prepare("SELECT count(*) > 0 FROM outbox WHERE record_id = ?1").ok();
        let last = self.last();
        let (mut id, mut unreadable, mut empty, mut failed) = (0_i64, 0, 0, 0);
        while last.map_or(empty < EMPTY, |last| id < last) {
            id += 1;
            match find.query_row([id], |row| row.get::<_, String>(0)).optional() {
                Ok(None) => empty += 1,
                Err(_) => (failed, empty) = (failed + 1, empty + 1),
                Ok(Some(jws)) => {
                    let asked = waits.as_mut().map(|waits| waits.query_row([id], |row| row.get(0)));
                    // What may wait had better be sent again: headquarters knows what it has.
                    take(Exported { jws, waits: asked.is_none_or(|waits| waits.unwrap_or(true)) })?;
                    (unreadable, failed, empty) = (unreadable + failed, 0, 0);
                }
            }
        }
        // Without an end that is known, what failed after the last record may be no record at all.
        Ok(if last.is_some() { unreadable + failed } else { unreadable + u64::from(failed > 0) })
    }

    fn last(&self) -> Option<i64> {
        let read = |row: &rusqlite::Row<'_>| row.get::<_, Option<i64>>(0);
        self.conn.query_row("SELECT max(id) FROM records", [], read).ok().flatten()
    }

    /// Writes a consistent copy, whatever the database's version.
    pub fn backup(dir: &Path, to: &Path) -> Result<()> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(dir.join(FILE), flags)?;
        conn.busy_timeout(std::time::Duration::from_secs(10))?;
        Ok(copies::write(&conn, to, copies::Over::Never)?)
    }
}
