//! Headquarters' database. SQLite now; PostgreSQL comes behind the same calls.

pub mod claims;
pub mod disclosures;
pub mod entitled;
pub mod households;
pub mod lists;
pub mod pages;
pub mod people;
pub mod records;
pub mod sessions;
pub mod shop;
pub mod sql;
pub mod tills;
pub mod usage;

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rusqlite::Connection;

use self::sql::{Conn, Tx};
use crate::params;

mod embedded {
    refinery::embed_migrations!("../migrations/hq/sqlite");
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
    /// Opens (or creates) the database in a folder.
    pub fn open(dir: &Path) -> Result<Self> {
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
        embedded::migrations::runner().run(&mut conn).context("upgrading headquarters' database")?;
        let db = Self { conn: Conn::sqlite(conn) };
        if db.meta("hq")?.is_none() {
            db.conn.execute(
                "INSERT INTO meta (name, value) VALUES ('hq', ?1) ON CONFLICT DO NOTHING",
                params![sync::random_base32(16)],
            )?;
        }
        Ok(db)
    }

    /// Opens a database that is there, for reading alone: in WAL mode that stops nobody who writes.
    pub fn open_reader(dir: &Path) -> Result<Self> {
        let conn = Connection::open(dir.join("hq.db")).context("opening headquarters' database")?;
        conn.busy_timeout(BUSY)?;
        conn.pragma_update(None, "query_only", true)?;
        Ok(Self { conn: Conn::sqlite(conn) })
    }

    /// A transaction that takes the write lock at once.
    pub fn begin(&self) -> Result<Tx<'_>> {
        self.conn.begin()
    }

    /// A value about headquarters itself.
    pub fn meta(&self, name: &str) -> Result<Option<String>> {
        Ok(self.conn.optional("SELECT value FROM meta WHERE name = ?1", params![name], |row| row.get(0))?)
    }

    /// Headquarters' random id.
    pub fn hq_id(&self) -> Result<String> {
        self.meta("hq")?.context("headquarters has no id")
    }

    /// Writes a consistent copy while the server may be running.
    pub fn backup(&self, to: &Path) -> Result<()> {
        self.conn.execute("VACUUM INTO ?1", params![to.display().to_string()])?;
        Ok(())
    }

    /// Puts a backup in the folder's place and draws a new id, by which tills notice.
    pub fn restore(dir: &Path, from: &Path) -> Result<()> {
        let check = Connection::open_with_flags(from, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
            .with_context(|| format!("opening {}", from.display()))?;
        let sound: String = check.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        let ours: i64 = check.query_row(
            "SELECT count(*) FROM sqlite_schema WHERE name IN ('records', 'claims', 'roster_items')",
            [],
            |row| row.get(0),
        )?;
        drop(check);
        if sound != "ok" || ours != 3 {
            bail!("{} is no sound backup of headquarters", from.display());
        }
        std::fs::create_dir_all(dir).with_context(|| format!("creating {}", dir.display()))?;
        let incoming = dir.join("hq.db.incoming");
        std::fs::copy(from, &incoming).context("copying the backup")?;
        for suffix in ["-wal", "-shm"] {
            let path = dir.join(format!("hq.db{suffix}"));
            if path.exists() {
                std::fs::remove_file(&path).context("removing the old database's journal")?;
            }
        }
        std::fs::rename(&incoming, dir.join("hq.db")).context("putting the backup in place")?;
        let db = Self::open(dir)?;
        db.conn.execute("UPDATE meta SET value = ?1 WHERE name = 'hq'", params![sync::random_base32(16)])?;
        Ok(())
    }
}

/// Headquarters' clock is this far from the machine's, in milliseconds.
static CLOCK_OFFSET_MS: AtomicI64 = AtomicI64::new(0);

/// Moves headquarters' clock in this process. No command reaches it: the demonstration rings up a
/// month that has passed, and headquarters would hold a claim that comes ten days late.
pub fn set_clock_offset(ms: i64) {
    CLOCK_OFFSET_MS.store(ms, Ordering::Relaxed);
}

/// Milliseconds since 1970, by headquarters' clock.
pub fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX).saturating_add(CLOCK_OFFSET_MS.load(Ordering::Relaxed))
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

/// Notes who did what.
pub fn audit(conn: &Conn, who: &str, action: &str, detail: &str) -> Result<()> {
    conn.execute(
        "INSERT INTO audit (at, who, action, detail) VALUES (?1, ?2, ?3, ?4)",
        params![now_ms(), who, action, detail],
    )?;
    Ok(())
}
