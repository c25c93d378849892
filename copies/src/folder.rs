//! The folder of copies: one a day, some before upgrades, none for ever.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use domain::time::{business_date, rfc3339};
use rusqlite::Connection;

use crate::write::{Over, problem, write};
use crate::{CopyError, Result, file};

/// Daily copies that are kept.
const DAYS: usize = 7;
/// Copies from before upgrades that are kept.
const UPGRADES: usize = 3;
/// A file that nobody finished in this time never will be.
const STALE: Duration = Duration::from_secs(24 * 3600);

/// Where a database's copies are kept: `NAME-2026-11-24.db` a day, `NAME-V7-2026-11-24-081500.db` before upgrades.
#[derive(Debug, Clone)]
pub struct Daily {
    folder: PathBuf,
    name: String,
    /// Whether it is the data's own folder, which is made where it is not there.
    is_own: bool,
}

/// A copy that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The file.
    pub path: PathBuf,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Whether it is from before an upgrade.
    pub is_before_upgrade: bool,
}

/// How the copies are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// When the newest daily copy was made.
    pub last: Option<DateTime<Utc>>,
    /// Why the last try made none, where it did not.
    pub failed: Option<String>,
}

impl Daily {
    /// The copies of a database called `NAME.db` within its data folder.
    pub fn own(dir: &Path, name: &str) -> Self {
        Self { folder: dir.join("copies"), name: name.into(), is_own: true }
    }

    /// Its copies in a folder that people chose: a stick that is not plugged in is said, and nothing is
    /// written where it would be.
    pub fn elsewhere(folder: PathBuf, name: &str) -> Self {
        Self { folder, name: name.into(), is_own: false }
    }

    fn prepare(&self) -> Result<()> {
        match self.is_own {
            true => private_folder(&self.folder),
            false if self.folder.is_dir() => Ok(()),
            false => Err(CopyError::NoFolder(self.folder.display().to_string())),
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// All copies, oldest first.
    pub fn list(&self) -> Vec<Kept> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut kept: Vec<Kept> = entries.filter_map(|entry| self.kept(entry.path())).collect();
        kept.sort_by(|a, b| (a.at, &a.path).cmp(&(b.at, &b.path)));
        kept
    }

    fn kept(&self, path: PathBuf) -> Option<Kept> {
        let rest = path.file_name()?.to_str()?.strip_prefix(&self.name)?.strip_prefix('-')?.strip_suffix(".db")?;
        let is_before_upgrade = rest.starts_with('V');
        if !is_before_upgrade {
            domain::time::parse_date(rest).ok()?;
        }
        let at = fs::metadata(&path).and_then(|meta| meta.modified()).ok()?.into();
        Some(Kept { path, at, is_before_upgrade })
    }

    /// The newest copy.
    pub fn newest(&self) -> Option<Kept> {
        self.list().pop()
    }

    /// Whether there is a copy of this day.
    pub fn has(&self, now: DateTime<Utc>) -> bool {
        self.path(now).exists()
    }

    fn path(&self, now: DateTime<Utc>) -> PathBuf {
        self.folder.join(format!("{}-{}.db", self.name, business_date(now)))
    }

    /// Checks the database and makes the day's copy, in the place of one made earlier that day. Old ones
    /// go. Where it fails, that is noted beside the copies, and older copies stay.
    pub fn make(&self, conn: &Connection, now: DateTime<Utc>) -> Result<PathBuf> {
        self.make_with(now, |to| {
            // An index that is damaged would be made anew in the copy, and nobody would know.
            match problem(conn) {
                Ok(None) => write(conn, to, Over::Replace),
                Ok(Some(why)) => Err(CopyError::Unsound { path: format!("{}.db", self.name), why }),
                Err(err) => Err(err.into()),
            }
        })
    }

    /// The same, by another way of making the file.
    pub fn make_with<E>(
        &self,
        now: DateTime<Utc>,
        copy: impl FnOnce(&Path) -> std::result::Result<(), E>,
    ) -> std::result::Result<PathBuf, E>
    where
        E: From<CopyError> + std::fmt::Display,
    {
        let to = self.path(now);
        let done = self.prepare().map_err(E::from).and_then(|()| copy(&to));
        match done {
            Ok(()) => {
                fs::remove_file(self.note()).ok();
                self.prune();
                Ok(to)
            }
            Err(err) => {
                // Where this cannot be written either, the missing copy says it.
                fs::write(self.note(), format!("{} {err}\n", rfc3339(now))).ok();
                Err(err)
            }
        }
    }

    /// Makes a copy before a database is brought up to date.
    pub fn before_upgrade(&self, conn: &Connection, version: i32, now: DateTime<Utc>) -> Result<PathBuf> {
        self.prepare()?;
        let stamp = now.with_timezone(&domain::time::shanghai()).format("%Y-%m-%d-%H%M%S");
        let to = self.folder.join(format!("{}-V{version}-{stamp}.db", self.name));
        write(conn, &to, Over::Replace)?;
        self.prune();
        Ok(to)
    }

    /// How the copies are.
    pub fn state(&self) -> State {
        let last = self.list().into_iter().filter(|kept| !kept.is_before_upgrade).map(|kept| kept.at).max();
        let failed = fs::read_to_string(self.note()).ok().map(|text| text.trim().to_owned());
        State { last, failed: failed.filter(|text| !text.is_empty()) }
    }

    fn note(&self) -> PathBuf {
        self.folder.join(format!("{}-failed.txt", self.name))
    }

    /// Forgets what is older than what is kept. What cannot be removed is removed another day.
    fn prune(&self) {
        for (is_before_upgrade, most) in [(false, DAYS), (true, UPGRADES)] {
            let mut kept = self.list();
            kept.retain(|one| one.is_before_upgrade == is_before_upgrade);
            for old in kept.iter().rev().skip(most) {
                fs::remove_file(&old.path).ok();
            }
        }
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let is_part = name.starts_with(&self.name) && name.ends_with(".part");
            let age = entry.metadata().and_then(|meta| meta.modified()).map(|at| SystemTime::now().duration_since(at));
            if is_part && age.is_ok_and(|age| age.is_ok_and(|age| age > STALE)) {
                fs::remove_file(&path).ok();
            }
        }
    }
}

/// A folder that nobody else may look into; one that is there stays as it is.
pub(crate) fn private_folder(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(file(format!("create {}", path.display())))
}
