//! Copies of a SQLite file: made while others work in it, checked, kept, and put back. It knows neither
//! the till's tables nor headquarters'.

mod folder;
mod hold;
mod put;
mod trouble;
mod upgrade;
mod write;

use std::path::PathBuf;

pub use folder::{Daily, Kept, State};
pub use hold::Hold;
pub use put::{finish, put_back};
pub use trouble::{of_any, of_io, of_sqlite};
pub use upgrade::{Fit, fit};
pub use write::{Over, problem, sound, write};

/// What can go wrong with a copy.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// SQLite said no.
    #[error("{}", trouble::sentence(.0))]
    Sqlite(#[from] rusqlite::Error),
    /// A file operation failed.
    #[error("{what}: {}", trouble::io_sentence(.source))]
    File {
        /// Which one.
        what: String,
        /// Why.
        source: std::io::Error,
    },
    /// The folder that was set for copies is not there.
    #[error(
        "备份文件夹 {0} 不在，请插好U盘或改设置。 The folder of copies is not there; plug the stick in, or set another one"
    )]
    NoFolder(String),
    /// A file that is there is never written over.
    #[error("{0} exists; choose another name")]
    Exists(String),
    /// A file that is no sound copy.
    #[error("{path} is no sound copy: {why}")]
    Unsound {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// Somebody works in the folder.
    #[error(
        "数据目录 {0} 正被另一个济惠程序使用，请先关闭它。 The data folder is in use by another program; close that one first"
    )]
    InUse(String),
}

/// Result of this crate's calls.
pub type Result<T> = std::result::Result<T, CopyError>;

fn file(what: impl std::fmt::Display) -> impl FnOnce(std::io::Error) -> CopyError {
    let what = what.to_string();
    |source| CopyError::File { what, source }
}

/// What was renamed in a folder stays renamed after a power cut.
fn sync_folder(path: &std::path::Path) -> Result<()> {
    #[cfg(unix)]
    std::fs::File::open(path).and_then(|folder| folder.sync_all()).map_err(file(format!("sync {}", path.display())))?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// The folder of a file; a bare name is in the present one.
fn folder_of(path: &std::path::Path) -> PathBuf {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).map_or_else(|| PathBuf::from("."), Into::into)
}
