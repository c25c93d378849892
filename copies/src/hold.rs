//! Who works in a folder: many may share it, one may have it alone.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::{CopyError, Result, file};

/// A hold on a folder; it ends with the value.
#[derive(Debug)]
pub struct Hold {
    // The lock lives as long as the open file.
    _file: File,
}

impl Hold {
    /// Works in a folder beside others.
    pub fn share(dir: &Path) -> Result<Self> {
        Self::take(dir, File::try_lock_shared)
    }

    /// Has a folder alone.
    pub fn alone(dir: &Path) -> Result<Self> {
        Self::take(dir, File::try_lock)
    }

    fn take(dir: &Path, lock: impl FnOnce(&File) -> std::result::Result<(), TryLockError>) -> Result<Self> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(dir).map_err(file(format!("create {}", dir.display())))?;
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let held = options.open(dir.join("lock")).map_err(file("open the lock file"))?;
        match lock(&held) {
            Ok(()) => Ok(Self { _file: held }),
            Err(TryLockError::WouldBlock) => Err(CopyError::InUse(dir.display().to_string())),
            Err(TryLockError::Error(source)) => Err(file("lock the data folder")(source)),
        }
    }
}
