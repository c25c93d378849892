//! What a disk did, read off errors.

use domain::disk::DiskTrouble;
use rusqlite::ErrorCode;

/// What an error of SQLite says of the disk; none where it says nothing of it.
pub fn of_sqlite(err: &rusqlite::Error) -> Option<DiskTrouble> {
    match err.sqlite_error_code()? {
        ErrorCode::DiskFull => Some(DiskTrouble::Full),
        ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => Some(DiskTrouble::ReadOnly),
        ErrorCode::SystemIoFailure => Some(DiskTrouble::Failing),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Some(DiskTrouble::Damaged),
        _ => None,
    }
}

/// The same of a file's error.
pub fn of_io(err: &std::io::Error) -> Option<DiskTrouble> {
    use std::io::ErrorKind;
    match err.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Some(DiskTrouble::Full),
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => Some(DiskTrouble::ReadOnly),
        // EIO has no kind of its own.
        _ if err.raw_os_error() == Some(5) => Some(DiskTrouble::Failing),
        _ => None,
    }
}

/// The same of an error and all that caused it.
pub fn of_any(err: &(dyn std::error::Error + 'static)) -> Option<DiskTrouble> {
    let mut next = Some(err);
    while let Some(err) = next {
        let found = err
            .downcast_ref::<rusqlite::Error>()
            .and_then(of_sqlite)
            .or_else(|| err.downcast_ref::<std::io::Error>().and_then(of_io));
        if found.is_some() {
            return found;
        }
        next = err.source();
    }
    None
}

pub(crate) fn sentence(err: &rusqlite::Error) -> String {
    of_sqlite(err).map_or_else(|| err.to_string(), |trouble| format!("{trouble} ({err})"))
}

pub(crate) fn io_sentence(err: &std::io::Error) -> String {
    of_io(err).map_or_else(|| err.to_string(), |trouble| format!("{trouble} ({err})"))
}
