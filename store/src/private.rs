//! Folders and files that only their owner may open, whatever the system's mask says.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::path::Path;

/// Makes a folder, and those above it that are missing. A folder that is there stays as it is: it may be
/// anybody's.
///
/// # Errors
/// Where it cannot be made.
pub fn folder(dir: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Makes a file where there is none, and closes one that is there to all but its owner.
///
/// # Errors
/// Where it cannot be made.
pub fn file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        }
    }
    #[cfg(not(unix))]
    drop(file);
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::Store;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_tills_folder_database_and_backup_are_their_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let (data, copy) = (dir.path().join("a/till"), dir.path().join("copy.db"));
        let lock = crate::Lock::take(&data).unwrap();
        let store = Store::open(&data).unwrap();
        store.set_setting("roster_key", "secret").unwrap();
        store.backup(&copy).unwrap();
        assert_eq!((mode(dir.path()), mode(&dir.path().join("a")), mode(&data)), (0o755, 0o700, 0o700));
        let names = std::fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let open: Vec<String> = names.filter(|name| name != "lock" && mode(&data.join(name)) != 0o600).collect();
        assert_eq!((open, mode(&copy)), (Vec::<String>::new(), 0o600));
        drop(store);
        // What an earlier version left open to all is closed, and a backup that was is restored closed.
        for path in [&data.join("till.db"), &copy] {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
        }
        drop(Store::open(&data).unwrap());
        assert_eq!(mode(&data.join("till.db")), 0o600);
        crate::restore(&data, &copy).unwrap();
        assert_eq!(mode(&data.join("till.db")), 0o600);
        drop(lock);
    }

    #[test]
    fn a_file_keeps_what_it_holds() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("witness");
        std::fs::write(&path, "kept").unwrap();
        file(&path).unwrap();
        assert_eq!((mode(&path), std::fs::read_to_string(&path).unwrap()), (0o600, "kept".into()));
    }
}
