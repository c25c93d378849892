//! Opening the database, and the lock of its folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::Utc;
use copies::{CopyError, Daily, Fit, Over};
use domain::disk::DiskTrouble;
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
    Sqlite(rusqlite::Error),
    /// The disk did not keep, or did not give back, what was asked of it.
    #[error("{0} ({1})")]
    Disk(DiskTrouble, String),
    /// The database cannot be opened: a page of it is damaged. What copy there is, is named.
    #[error("{}", damaged(.0.as_deref()))]
    Damaged(Option<String>),
    /// The data are a newer program's.
    #[error(
        "数据是新版本程序（V{have}）留下的，这个程序（V{newest}）太旧，没有动它。请安装新版本；数据可以用 jihui-till backup 或 jihui-till export 取出。 \
         The data are a newer program's (V{have}); this one (V{newest}) is too old and left them alone. Install the newer program; `jihui-till backup` and `jihui-till export` still take the data out"
    )]
    Newer {
        /// The data's version.
        have: i32,
        /// The newest that this program knows.
        newest: i32,
    },
    /// The schema could not be brought up to date.
    #[error("the till's database cannot be upgraded (is the program older than its data?): {0}")]
    Migration(#[from] refinery::Error),
    /// A copy could not be made or put back.
    #[error("{0}")]
    Copy(#[from] CopyError),
    /// A file operation failed.
    #[error("{what}: {}", told(.source))]
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

impl From<rusqlite::Error> for StoreError {
    fn from(err: rusqlite::Error) -> Self {
        match copies::of_sqlite(&err) {
            Some(trouble) => Self::Disk(trouble, err.to_string()),
            None => Self::Sqlite(err),
        }
    }
}

impl StoreError {
    /// What the disk did, where that is what went wrong.
    pub fn disk(&self) -> Option<DiskTrouble> {
        match self {
            Self::Disk(trouble, _) => Some(*trouble),
            Self::Damaged(_) => Some(DiskTrouble::Damaged),
            Self::File { source, .. } => copies::of_io(source),
            Self::Copy(err) => copies::of_any(err),
            Self::Migration(err) => copies::of_any(err),
            Self::Sqlite(_)
            | Self::Newer { .. }
            | Self::Locked(_)
            | Self::OldSqlite(_)
            | Self::Corrupt(_)
            | Self::Seal(_)
            | Self::Missing(_) => None,
        }
    }
}

fn told(err: &std::io::Error) -> String {
    copies::of_io(err).map_or_else(|| err.to_string(), |trouble| format!("{trouble} ({err})"))
}

fn damaged(copy: Option<&str>) -> String {
    match copy {
        Some(copy) => format!(
            "数据文件有损坏，收银台没有打开，也没有改动它。请运行 jihui-till restore {copy} 恢复这一份每日备份；\
             之后的销售从总部取回，还没上传的先用 jihui-till export 导出。 \
             The data file is damaged; the till did not open and changed nothing. Run `jihui-till export FILE`, then \
             `jihui-till restore {copy}`; what was sent to headquarters since comes back from there"
        ),
        None => "数据文件有损坏，收银台没有打开，也没有改动它，也没有找到每日备份。请用 jihui-till export 导出能读的记录，再用别处的备份恢复。 \
                 The data file is damaged, the till did not open and changed nothing, and there is no daily copy. Run \
                 `jihui-till export FILE` for what can be read, then restore a backup kept elsewhere"
            .into(),
    }
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
        copies::finish(dir, FILE)?;
        open(dir).map_err(|err| match err.disk() {
            Some(DiskTrouble::Damaged) => StoreError::Damaged(newest_copy(dir)),
            _ => err,
        })
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
        Ok(copies::write(&self.conn, to, Over::Never)?)
    }
}

fn open(dir: &Path) -> Result<Store> {
    // SQLite gives its journal the rights of the database.
    private::file(&dir.join(FILE)).map_err(file_error("open the till's database"))?;
    let mut conn = Connection::open(dir.join(FILE))?;
    conn.busy_timeout(BUSY)?;
    // More than the calls of a sale and of the status line have between them.
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    let runner = embedded::migrations::runner();
    let newest = runner.get_migrations().iter().map(refinery::Migration::version).max().unwrap_or(0);
    match copies::fit(&conn, newest)? {
        Fit::Newer(have) => return Err(StoreError::Newer { have, newest }),
        // Without a copy nothing is changed.
        Fit::Older(version) => {
            copies_in(dir).before_upgrade(&conn, version, Utc::now())?;
        }
        Fit::Fresh | Fit::Same => {}
    }
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    runner.run(&mut conn)?;
    let mut store = Store { conn, dir: dir.into() };
    store.fill_initials()?;
    Ok(store)
}

/// The folder's own copies: those of each day, where no other place is set, and those before upgrades.
pub(crate) fn copies_in(dir: &Path) -> Daily {
    Daily::own(dir, "till")
}

fn newest_copy(dir: &Path) -> Option<String> {
    let kept = copies_in(dir).list().into_iter().rev().find(|kept| !kept.is_before_upgrade)?;
    Some(kept.path.display().to_string())
}

/// Puts a backup in the place of the folder's database; where the old one is kept aside. The caller holds
/// the lock.
pub fn restore(dir: &Path, from: &Path) -> Result<Option<PathBuf>> {
    Ok(copies::put_back(dir, FILE, from, &["records", "outbox", "sales"], Utc::now())?)
}

pub(crate) fn file_error(what: &str) -> impl FnOnce(std::io::Error) -> StoreError {
    let what = what.to_owned();
    |source| StoreError::File { what, source }
}

fn create_dir(dir: &Path) -> Result<()> {
    private::folder(dir).map_err(file_error(&format!("create {}", dir.display())))
}
