//! Putting a copy in a database's place. A power cut at any moment leaves the old database or the new one,
//! never the one with the other's journal.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags};

use crate::folder::private_folder;
use crate::write::{Part, sound};
use crate::{CopyError, Result, file, sync_folder};

/// Files of a database, in the order in which they leave: without the first, the others are nothing.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];

/// Puts a sound copy that has these tables in the place of `DIR/FILE`. The old files are kept aside, in the
/// folder that is answered. The caller holds the folder's lock.
pub fn put_back(dir: &Path, name: &str, from: &Path, tables: &[&str], now: DateTime<Utc>) -> Result<Option<PathBuf>> {
    sound(from)?;
    has_tables(from, tables)?;
    fs::create_dir_all(dir).map_err(file(format!("create {}", dir.display())))?;
    finish(dir, name)?;
    let part = Part::beside(&incoming(dir, name))?;
    fs::copy(from, &part.0).map_err(file("copy the backup"))?;
    owner_only(&part.0)?;
    sound(&part.0)?;
    let open = fs::OpenOptions::new().read(true).write(true).open(&part.0);
    open.and_then(|copy| copy.sync_all()).map_err(file("write the backup to disk"))?;
    let has_old = dir.join(name).exists();
    let stamp = now.with_timezone(&domain::time::shanghai()).format("%Y-%m-%d-%H%M%S");
    let aside = dir.join(format!("before-restore-{stamp}"));
    if has_old {
        private_folder(&aside)?;
        fs::write(pointer(dir, name), aside.display().to_string()).map_err(file("note where the old database goes"))?;
    }
    // From here on a start finds what is to be put in place.
    fs::rename(&part.0, incoming(dir, name)).map_err(file("put the backup beside"))?;
    sync_folder(dir)?;
    if has_old {
        fs::rename(dir.join(name), aside.join(name)).map_err(file("put the old database aside"))?;
    }
    finish(dir, name)?;
    if !dir.join(name).exists() {
        // Whoever opened the folder in between thought that nothing had begun.
        fs::rename(aside.join(name), dir.join(name)).map_err(file("put the old database back"))?;
        return Err(CopyError::InUse(dir.display().to_string()));
    }
    Ok(has_old.then_some(aside))
}

/// Ends what a power cut left half done. A start calls it before it opens the database.
pub fn finish(dir: &Path, name: &str) -> Result<()> {
    let (target, waiting) = (dir.join(name), incoming(dir, name));
    if !waiting.exists() {
        return Ok(());
    }
    if target.exists() {
        // The old database never left: the restore did not happen.
        fs::remove_file(&waiting).map_err(file("remove what was not put back"))?;
        fs::remove_file(pointer(dir, name)).ok();
        return Ok(());
    }
    let aside = fs::read_to_string(pointer(dir, name)).ok().map(PathBuf::from);
    for suffix in PARTS.iter().skip(1) {
        let journal = dir.join(format!("{name}{suffix}"));
        if !journal.exists() {
            continue;
        }
        match aside.as_ref().filter(|aside| aside.is_dir()) {
            Some(aside) => fs::rename(&journal, aside.join(format!("{name}{suffix}"))),
            None => fs::remove_file(&journal),
        }
        .map_err(file("put the old database's journal aside"))?;
    }
    sync_folder(dir)?;
    fs::rename(&waiting, &target).map_err(file("put the backup in place"))?;
    fs::remove_file(pointer(dir, name)).ok();
    sync_folder(dir)
}

fn incoming(dir: &Path, name: &str) -> PathBuf {
    dir.join(format!("{name}.incoming"))
}

fn pointer(dir: &Path, name: &str) -> PathBuf {
    dir.join(format!("{name}.aside"))
}

fn has_tables(path: &Path, tables: &[&str]) -> Result<()> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    for table in tables {
        let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1";
        let found: i64 = conn.query_row(sql, [table], |row| row.get(0))?;
        if found == 0 {
            let why = format!("it has no table {table}, so it is not from this program");
            return Err(CopyError::Unsound { path: path.display().to_string(), why });
        }
    }
    Ok(())
}

fn owner_only(path: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(file("keep the copy from others"))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}
