//! Opening the database, and the lock of its folder.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use crate::{Result, private};

mod embedded {
    refinery::embed_migrations!("../migrations/till");
}

/// The database within its folder.
pub(crate) const FILE: &str = "till.db";
/// The first SQLite without the WAL-reset bug.
const SQLITE_NEEDED: i32 = 3_051_003;
/// Prepared statements that are kept.
const STATEMENTS: usize = 128;
/// How long a command waits for another one's transaction.
const BUSY: Duration = Duration::from_secs(10);

/// What can go wrong in the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite said no.
    #[error("the till's database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The schema could not be brought up to date.
    #[error("the till's database cannot be upgraded (is the program older than its data?): {0}")]
    Migration(#[from] refinery::Error),
    /// A file operation failed.
    #[error("{what}: {source}")]
    File {
        /// Which one.
        what: String,
        /// Why.
        source: std::io::Error,
    },
    /// Another till program holds the folder.
    #[error(
        "数据目录 {0} 正被另一个济惠收银程序使用，请先关闭它。 The data folder is in use by another till program; close that one first"
    )]
    Locked(String),
    /// The bundled SQLite is too old.
    #[error("SQLite {0} is older than 3.51.3 and may lose data; rebuild with the bundled one")]
    OldSqlite(i32),
    /// A row that cannot be.
    #[error("the till's database holds something impossible: {0}")]
    Corrupt(String),
    /// What the caller's seal said.
    #[error("{0}")]
    Seal(String),
    /// What was asked for is not there.
    #[error("{0}")]
    Missing(String),
}

/// The till's database.
pub struct Store {
    pub(crate) conn: Connection,
    dir: PathBuf,
}

/// Held by the one program that sells, syncs or restores in a folder.
#[derive(Debug)]
pub struct Lock {
    // The lock lives as long as the open file.
    _file: File,
}

impl Lock {
    /// Takes the folder's lock, or says who has it.
    pub fn take(dir: &Path) -> Result<Self> {
        create_dir(dir)?;
        let path = dir.join("lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(file_error("open the lock file"))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked(dir.display().to_string())),
            Err(TryLockError::Error(source)) => Err(file_error("lock the data folder")(source)),
        }
    }
}

impl Store {
    /// Opens (or creates) the database in a folder.
    pub fn open(dir: &Path) -> Result<Self> {
        let version = rusqlite::version_number();
        if version < SQLITE_NEEDED {
            return Err(StoreError::OldSqlite(version));
        }
        create_dir(dir)?;
        // SQLite gives its journal the rights of the database.
        private::file(&dir.join(FILE)).map_err(file_error("open the till's database"))?;
        let mut conn = Connection::open(dir.join(FILE))?;
        conn.busy_timeout(BUSY)?;
        // More than the calls of a sale and of the status line have between them.
        conn.set_prepared_statement_cache_capacity(STATEMENTS);
        conn.pragma_update(None, "journal_mode", "WAL")?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        conn.pragma_update(None, "foreign_keys", true)?;
        embedded::migrations::runner().run(&mut conn)?;
        let mut store = Self { conn, dir: dir.into() };
        store.fill_initials()?;
        Ok(store)
    }

    /// The data folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A transaction that takes the write lock at once.
    pub(crate) fn begin(&mut self) -> Result<rusqlite::Transaction<'_>> {
        Ok(self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?)
    }

    /// Writes a consistent copy, while the till may be selling.
    pub fn backup(&self, to: &Path) -> Result<()> {
        if to.exists() {
            let source = std::io::ErrorKind::AlreadyExists.into();
            return Err(file_error(&format!("{} exists; choose another name", to.display()))(source));
        }
        private::file(to).map_err(file_error(&format!("write {}", to.display())))?;
        match self.conn.execute("VACUUM INTO ?1", [to.display().to_string()]) {
            Ok(_) => Ok(()),
            Err(err) => {
                // An empty file is no backup.
                fs::remove_file(to).ok();
                Err(err.into())
            }
        }
    }
}

/// Puts a backup in the place of the folder's database. The caller holds the lock.
pub fn restore(dir: &Path, from: &Path) -> Result<()> {
    let check = Connection::open_with_flags(from, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let sound: String = check.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    let tills: i64 = check.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE name IN ('records', 'outbox', 'sales')",
        [],
        |row| row.get(0),
    )?;
    drop(check);
    if sound != "ok" || tills != 3 {
        return Err(StoreError::Corrupt(format!("{} is no sound backup of a till", from.display())));
    }
    let incoming = dir.join("till.db.incoming");
    private::file(&incoming).map_err(file_error("copy the backup"))?;
    fs::copy(from, &incoming).map_err(file_error("copy the backup"))?;
    private::file(&incoming).map_err(file_error("copy the backup"))?;
    File::open(&incoming).and_then(|f| f.sync_all()).map_err(file_error("write the backup to disk"))?;
    for suffix in ["-wal", "-shm"] {
        match fs::remove_file(dir.join(format!("till.db{suffix}"))) {
            Ok(()) => {}
            Err(err) if err.kind() == std::io::ErrorKind::NotFound => {}
            Err(err) => return Err(file_error("remove the old database's journal")(err)),
        }
    }
    fs::rename(&incoming, dir.join("till.db")).map_err(file_error("put the backup in place"))
}

pub(crate) fn file_error(what: &str) -> impl FnOnce(std::io::Error) -> StoreError {
    let what = what.to_owned();
    |source| StoreError::File { what, source }
}

fn create_dir(dir: &Path) -> Result<()> {
    private::folder(dir).map_err(file_error(&format!("create {}", dir.display())))
}
