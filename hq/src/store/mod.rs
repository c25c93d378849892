//! Headquarters' database: SQLite in a folder, or `PostgreSQL` behind the same calls.

pub mod accounts;
pub mod applications;
pub mod audit;
mod backup;
pub mod cards;
pub mod claims;
pub mod disclosures;
pub mod disputes;
pub mod drafts;
pub mod entitled;
pub mod facts;
pub mod funds;
pub mod households;
pub mod lists;
pub mod pages;
pub mod people;
pub mod place;
pub mod privacy;
pub mod queue;
pub mod records;
pub mod register;
pub mod replay;
pub mod reviews;
pub mod roster;
pub mod sessions;
pub mod settle;
pub mod shop;
pub mod sql;
pub mod stock;
pub mod takings;
pub mod tills;
pub mod usage;
pub mod users;

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rusqlite::Connection;

pub use self::audit::audit;
use self::place::Database;
use self::sql::{Conn, Postgres, Tx};
use crate::params;

mod on_sqlite {
    refinery::embed_migrations!("../migrations/hq/sqlite");
}

mod on_postgres {
    refinery::embed_migrations!("../migrations/hq/postgres");
}

/// The first SQLite without the WAL-reset bug.
const SQLITE_NEEDED: i32 = 3_051_003;
/// How long a command waits for another one's transaction.
const BUSY: Duration = Duration::from_secs(60);

/// An open database.
pub struct Db {
    /// The connection.
    pub conn: Conn,
}

impl Db {
    /// Opens the database, brings it up to date, and makes it where there is none.
    pub fn open(place: &Database) -> Result<Self> {
        let conn = match place {
            Database::Folder(dir) => open_folder(dir)?,
            Database::Server(config) => {
                let conn = Postgres::open(config, false)?;
                // Two servers that start at once do it one after the other.
                conn.upgrade(|client| {
                    on_postgres::migrations::runner().run(client).context("upgrading headquarters' database")?;
                    Ok(())
                })?;
                Conn::postgres(conn)
            }
        };
        let db = Self { conn };
        if db.meta("hq")?.is_none() {
            db.conn.execute(
                "INSERT INTO meta (name, value) VALUES ('hq', ?1) ON CONFLICT DO NOTHING",
                params![sync::random_base32(16)],
            )?;
        }
        Ok(db)
    }

    /// Opens a database that is there, for reading alone: that stops nobody who writes.
    pub fn open_reader(place: &Database) -> Result<Self> {
        let conn = match place {
            Database::Folder(dir) => {
                let conn = Connection::open(dir.join("hq.db")).context("opening headquarters' database")?;
                conn.busy_timeout(BUSY)?;
                conn.pragma_update(None, "query_only", true)?;
                Conn::sqlite(conn)
            }
            Database::Server(config) => Conn::postgres(Postgres::open(config, true)?),
        };
        Ok(Self { conn })
    }

    /// A transaction that takes the write lock at once.
    pub fn begin(&self) -> Result<Tx<'_>> {
        self.conn.begin()
    }

    /// A value about headquarters itself.
    pub fn meta(&self, name: &str) -> Result<Option<String>> {
        meta(&self.conn, name)
    }

    /// Headquarters' random id.
    pub fn hq_id(&self) -> Result<String> {
        self.meta("hq")?.context("headquarters has no id")
    }
}

/// SQLite in a folder.
fn open_folder(dir: &Path) -> Result<Conn> {
    let version = rusqlite::version_number();
    if version < SQLITE_NEEDED {
        bail!("SQLite {version} is older than 3.51.3 and may lose data; rebuild with the bundled one");
    }
    std::fs::create_dir_all(dir).with_context(|| format!("creating {}", dir.display()))?;
    let path = dir.join("hq.db");
    let mut conn = Connection::open(path).context("opening headquarters' database")?;
    conn.busy_timeout(BUSY)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    on_sqlite::migrations::runner().run(&mut conn).context("upgrading headquarters' database")?;
    Ok(Conn::sqlite(conn))
}

/// Headquarters' clock is this far from the machine's, in milliseconds.
static CLOCK_OFFSET_MS: AtomicI64 = AtomicI64::new(0);

/// Moves headquarters' clock in this process. No command reaches it: the demonstration rings up a
/// month that has passed, and headquarters would hold a claim that comes ten days late.
pub fn set_clock_offset(ms: i64) {
    CLOCK_OFFSET_MS.store(ms, Ordering::Relaxed);
}

/// Where headquarters' clock was stopped, in milliseconds since 1970; 0: it goes.
static STOPPED_AT_MS: AtomicI64 = AtomicI64::new(0);

/// Stops headquarters' clock in this process, so that a simulated day is the same every time. No
/// command reaches it.
pub fn stop_clock(at_ms: i64) {
    STOPPED_AT_MS.store(at_ms, Ordering::Relaxed);
}

/// Milliseconds since 1970, by headquarters' clock.
pub fn now_ms() -> i64 {
    let stopped = STOPPED_AT_MS.load(Ordering::Relaxed);
    if stopped != 0 {
        return stopped;
    }
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX).saturating_add(CLOCK_OFFSET_MS.load(Ordering::Relaxed))
}

/// A value about headquarters itself.
pub fn meta(conn: &Conn, name: &str) -> Result<Option<String>> {
    conn.optional("SELECT value FROM meta WHERE name = ?1", params![name], |row| row.get(0))
}

/// Writes (or, without one, forgets) a value about headquarters itself.
pub fn set_meta(conn: &Conn, name: &str, value: Option<&str>) -> Result<()> {
    match value {
        Some(value) => conn.execute(
            "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            params![name, value],
        )?,
        None => conn.execute("DELETE FROM meta WHERE name = ?1", params![name])?,
    };
    Ok(())
}

/// The newest version of a list.
pub fn list_version(conn: &Conn, list: &str) -> Result<u64> {
    conn.one("SELECT version FROM lists WHERE name = ?1", params![list], |row| row.get(0))
}

/// Raises a list's version; the new one.
pub fn bump(conn: &Conn, list: &str) -> Result<u64> {
    let sql = "UPDATE lists SET version = version + 1 WHERE name = ?1 RETURNING version";
    conn.one(sql, params![list], |row| row.get(0))
}
