//! The till's copies of each day, and the look at its pages.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use copies::{Daily, Kept, State};
use domain::disk::DiskTrouble;
use rusqlite::{Connection, OpenFlags};

use crate::db::{FILE, copies_in};
use crate::{Result, Store, StoreError, settings};

/// Setting with the folder of daily copies; without it they are in the data folder.
pub const FOLDER: &str = "copies_folder";
/// Pages of a database that a start looks at: at most a blink of an eye. Larger ones are looked at by
/// the daily copy.
const LOOKED_AT: i64 = 16_384;
/// How long a copy waits for somebody's transaction.
const BUSY: Duration = Duration::from_secs(10);

/// Daily copies of the database in a folder. They are made on a connection of their own.
#[derive(Debug, Clone)]
pub struct Copies {
    dir: PathBuf,
}

impl Copies {
    /// Those of a data folder.
    pub fn of(dir: &Path) -> Self {
        Self { dir: dir.into() }
    }

    /// A connection that reads, beside whoever sells.
    fn open(&self) -> Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(self.dir.join(FILE), flags)?;
        conn.busy_timeout(BUSY)?;
        Ok(conn)
    }

    fn daily(&self, conn: Option<&Connection>) -> Daily {
        let set = conn.and_then(|conn| settings::get(conn, FOLDER).ok().flatten());
        match set.filter(|folder| !folder.is_empty()) {
            Some(folder) => Daily::elsewhere(folder.into(), "till"),
            None => copies_in(&self.dir),
        }
    }

    /// Checks the database and makes the day's copy, in the place of an earlier one.
    pub fn make(&self, now: DateTime<Utc>) -> Result<PathBuf> {
        let conn = self.open()?;
        Ok(self.daily(Some(&conn)).make(&conn, now)?)
    }

    /// Makes the day's copy where there is none yet.
    pub fn make_if_due(&self, now: DateTime<Utc>) -> Result<()> {
        let conn = self.open()?;
        let daily = self.daily(Some(&conn));
        if !daily.has(now) {
            daily.make(&conn, now)?;
        }
        Ok(())
    }

    /// How the copies are.
    pub fn state(&self) -> State {
        self.daily(self.open().ok().as_ref()).state()
    }

    /// All copies, oldest first, those before upgrades too.
    pub fn list(&self) -> Vec<Kept> {
        let set = self.daily(self.open().ok().as_ref());
        let own = copies_in(&self.dir);
        let mut all = set.list();
        if set.folder() != own.folder() {
            all.extend(own.list());
            all.sort_by_key(|kept| kept.at);
        }
        all
    }
}

impl Store {
    /// Looks whether pages are damaged, where the database is small enough to do it at once.
    pub fn look_over(&self) -> Result<()> {
        let pages: i64 = self.conn.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        if pages > LOOKED_AT {
            return Ok(());
        }
        let is_damaged = match self.conn.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0)) {
            Ok(said) => said != "ok",
            Err(err) => match copies::of_sqlite(&err) {
                Some(DiskTrouble::Damaged) => true,
                Some(_) | None => return Err(err.into()),
            },
        };
        match is_damaged {
            true => Err(StoreError::Damaged(self.newest_copy())),
            false => Ok(()),
        }
    }

    /// The newest daily copy that can be put back.
    fn newest_copy(&self) -> Option<String> {
        let kept = Copies::of(self.dir()).list().into_iter().rev().find(|kept| !kept.is_before_upgrade)?;
        Some(kept.path.display().to_string())
    }
}
