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
pub mod holds;
pub mod households;
pub mod lists;
pub mod log;
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
pub mod trouble;
pub mod turns;
pub mod usage;
pub mod users;

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use copies::{Daily, Fit};
use domain::disk::DiskTrouble;
use rusqlite::Connection;

pub use self::audit::audit;
use self::place::Database;
use self::sql::{Conn, Postgres, Tx};
use crate::{files, params};

mod on_sqlite {
    refinery::embed_migrations!("../migrations/hq/sqlite");
}

mod on_postgres {
    refinery::embed_migrations!("../migrations/hq/postgres");
}

/// The first SQLite without the WAL-reset bug.
const SQLITE_NEEDED: i32 = 3_051_003;
/// The database within its folder.
const FILE: &str = "hq.db";
/// Pages of a database that a start looks at; larger ones are looked at by the daily copy.
const LOOKED_AT: i64 = 16_384;
/// Prepared statements that are kept: more than taking a record and answering a till have between them.
const STATEMENTS: usize = 500;
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
                    let runner = on_postgres::migrations::runner();
                    server_fits(client, newest(runner.get_migrations()))?;
                    runner.run(client).context("upgrading headquarters' database")?;
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
                let conn = Connection::open(dir.join(FILE)).context("opening headquarters' database")?;
                conn.busy_timeout(BUSY)?;
                conn.set_prepared_statement_cache_capacity(STATEMENTS);
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
    files::folder(dir).with_context(|| format!("creating {}", dir.display()))?;
    copies::finish(dir, FILE)?;
    open_sound(dir).map_err(|err| match trouble::of(&err) {
        Some(DiskTrouble::Damaged) => err.context(damaged(dir)),
        Some(_) | None => err,
    })
}

fn open_sound(dir: &Path) -> Result<Conn> {
    let path = dir.join(FILE);
    // SQLite gives its journal the rights of the database.
    files::file(&path).with_context(|| format!("opening {}", path.display()))?;
    let mut conn = Connection::open(path).context("opening headquarters' database")?;
    conn.busy_timeout(BUSY)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    let runner = on_sqlite::migrations::runner();
    let newest = newest(runner.get_migrations());
    match copies::fit(&conn, newest)? {
        Fit::Newer(have) => return Err(trouble::Newer { have, newest }.into()),
        // Without a copy nothing is changed.
        Fit::Older(version) => {
            copies_in(dir).before_upgrade(&conn, version, chrono::Utc::now())?;
        }
        Fit::Fresh | Fit::Same => {}
    }
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    runner.run(&mut conn).context("upgrading headquarters' database")?;
    Ok(Conn::sqlite(conn))
}

/// The copies that are kept in a folder's own.
pub fn copies_in(dir: &Path) -> Daily {
    Daily::own(dir, "hq")
}

fn newest(migrations: &[refinery::Migration]) -> i32 {
    migrations.iter().map(refinery::Migration::version).max().unwrap_or(0)
}

/// Refuses a server's database that a newer program left.
fn server_fits(client: &mut ::postgres::Client, newest: i32) -> Result<()> {
    let sql = "SELECT to_regclass('refinery_schema_history') IS NOT NULL";
    if !client.query_one(sql, &[])?.try_get::<_, bool>(0)? {
        return Ok(());
    }
    let row = client.query_one("SELECT max(version) FROM refinery_schema_history", &[])?;
    match row.try_get::<_, Option<i32>>(0)? {
        Some(have) if have > newest => Err(trouble::Newer { have, newest }.into()),
        Some(_) | None => Ok(()),
    }
}

/// What to do about a damaged database: which copy there is.
fn damaged(dir: &Path) -> String {
    match copies_in(dir).list().into_iter().rev().find(|kept| !kept.is_before_upgrade) {
        Some(kept) => {
            let copy = kept.path.display();
            format!(
                "总部的数据文件有损坏，没有打开，也没有改动它。请运行 jihui-hq restore {copy} 恢复这一份每日备份；款台会把之后的记录重新传上来。 \
                 Headquarters' data file is damaged and was left alone. Run `jihui-hq restore {copy}`; tills send again what came after it"
            )
        }
        None => "总部的数据文件有损坏，没有打开，也没有改动它，这里没有每日备份。请用别处的备份恢复。 \
                 Headquarters' data file is damaged and was left alone, and there is no daily copy here; restore a backup kept elsewhere"
            .into(),
    }
}

/// Looks whether pages of a folder's database are damaged, where it is small enough to do it at once.
pub fn look_over(place: &Database, db: &Db) -> Result<()> {
    let (Database::Folder(dir), Some(conn)) = (place, db.conn.as_sqlite()) else {
        return Ok(());
    };
    let pages: i64 = conn.query_row("PRAGMA page_count", [], |row| row.get(0))?;
    if pages > LOOKED_AT {
        return Ok(());
    }
    let said = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    match said {
        Ok(said) if said == "ok" => Ok(()),
        Ok(said) => Err(anyhow::anyhow!("{said}").context(damaged(dir))),
        Err(err) if copies::of_sqlite(&err) == Some(DiskTrouble::Damaged) => {
            Err(anyhow::Error::from(err).context(damaged(dir)))
        }
        Err(err) => Err(err.into()),
    }
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
    bump_by(conn, list, 1)
}

/// The same by several steps at once: for what comes together and is seen together.
pub fn bump_by(conn: &Conn, list: &str, steps: usize) -> Result<u64> {
    let sql = "UPDATE lists SET version = version + ?2 WHERE name = ?1 RETURNING version";
    conn.one(sql, params![list, i64::try_from(steps)?], |row| row.get(0))
}
