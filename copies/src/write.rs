//! Making one copy: whole, checked and on the disk, or not there.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::{Connection, OpenFlags};

use crate::{CopyError, Result, file, folder_of, sync_folder};

/// What happens to a file that has the name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// It stays, and the copy is refused.
    Never,
    /// The copy takes its place, at once.
    Replace,
}

/// Writes a consistent copy of a database while others may be writing into it. Nobody else may read the
/// file, and under its name it is whole or not there.
pub fn write(from: &Connection, to: &Path, over: Over) -> Result<()> {
    if over == Over::Never && to.exists() {
        return Err(CopyError::Exists(to.display().to_string()));
    }
    let part = Part::beside(to)?;
    from.execute("VACUUM INTO ?1", [part.0.display().to_string()])?;
    sound(&part.0)?;
    // Windows syncs only what is open for writing.
    let open = OpenOptions::new().read(true).write(true).open(&part.0);
    open.and_then(|copy| copy.sync_all()).map_err(file(format!("sync {}", to.display())))?;
    match over {
        Over::Replace => fs::rename(&part.0, to).map_err(file(format!("name {}", to.display())))?,
        Over::Never => match fs::hard_link(&part.0, to) {
            Ok(()) => {}
            Err(err) if err.kind() == std::io::ErrorKind::AlreadyExists => {
                return Err(CopyError::Exists(to.display().to_string()));
            }
            // A stick's file system may know no second name.
            Err(_) => fs::rename(&part.0, to).map_err(file(format!("name {}", to.display())))?,
        },
    }
    drop(part);
    sync_folder(&folder_of(to))
}

/// Whether a file is a sound database.
pub fn sound(path: &Path) -> Result<()> {
    let unsound = |why: String| CopyError::Unsound { path: path.display().to_string(), why };
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(|err| unsound(crate::trouble::sentence(&err)))?;
    match problem(&conn) {
        Ok(None) => Ok(()),
        Ok(Some(why)) => Err(unsound(why)),
        Err(err) => Err(unsound(err.to_string())),
    }
}

/// What is wrong with a database, where something is: a page, or a row that refers to nothing.
pub fn problem(conn: &Connection) -> rusqlite::Result<Option<String>> {
    let said: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if said != "ok" {
        return Ok(Some(said.replace('\n', " ")));
    }
    let mut statement = conn.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query([])?;
    match rows.next()? {
        None => Ok(None),
        Some(row) => {
            let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
            Ok(Some(format!("a row of {table} refers to one of {parent} that is not there")))
        }
    }
}

/// A file that is not finished; gone afterwards, whatever happens.
pub(crate) struct Part(pub PathBuf);

impl Part {
    /// An empty file beside another one, for its owner alone.
    pub fn beside(to: &Path) -> Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = to.file_name().unwrap_or_default().to_string_lossy();
        let path = folder_of(to).join(format!("{name}.{}-{n}.part", std::process::id()));
        // What an ended program of the same number left there.
        fs::remove_file(&path).ok();
        let mut options = OpenOptions::new();
        options.create_new(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&path).map_err(file(format!("write {}", to.display())))?;
        Ok(Self(path))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // It may have got its name already.
        fs::remove_file(&self.0).ok();
        fs::remove_file(self.0.with_extension("part-journal")).ok();
    }
}
