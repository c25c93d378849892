//! The witness: a line outside the database that says how far its chain had come. A database that knows
//! less was put back from a copy, and the till sees that before any network is there.

use std::fs::OpenOptions;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use domain::record::epoch_number;

use crate::{Result, Store};

/// Bytes of the line. It is written over in place, in one piece that a disk keeps or does not.
const LINE: usize = 255;

/// What the witness says of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Witness {
    /// The chain is as far as it was, or nothing was ever signed.
    Fits,
    /// The chain was further: the database was put back.
    Behind,
    /// There is none, though there are records.
    Missing,
    /// It cannot be read.
    Unreadable,
}

impl Store {
    /// Compares the database with the witness beside it.
    pub fn witness(&self) -> Result<Witness> {
        let Some(head) = self.head()? else {
            return Ok(Witness::Fits);
        };
        let text = match std::fs::read(path(self.dir())) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(err) if err.kind() == std::io::ErrorKind::NotFound => {
                return Ok(if head.seq == 0 { Witness::Fits } else { Witness::Missing });
            }
            Err(_) => return Ok(Witness::Unreadable),
        };
        let mut fields = text.split_whitespace();
        let (epoch, seq, hash) = (fields.next(), fields.next().and_then(|s| s.parse::<u64>().ok()), fields.next());
        let (Some(epoch), Some(seq), Some(hash)) = (epoch, seq, hash) else {
            return Ok(Witness::Unreadable);
        };
        let seen = self.record_hash(epoch, seq)?;
        let is_newer = epoch_number(epoch) > epoch_number(&head.epoch);
        let is_other = epoch == head.epoch && seen.as_deref() != Some(hash);
        Ok(if is_newer || is_other { Witness::Behind } else { Witness::Fits })
    }

    /// Notes the last record outside the database; the next start compares. What was committed is
    /// committed: that it cannot be noted undoes nothing, and the next record notes itself.
    pub(crate) fn write_witness(&self) {
        let Ok(Some(head)) = self.head() else {
            return;
        };
        if head.seq == 0 {
            return;
        }
        let line = format!("{} {} {}", head.epoch, head.seq, head.hash);
        let line = format!("{line:<LINE$}\n");
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let opened = options.open(path(self.dir()));
        let written = opened.and_then(|mut file| {
            file.seek(SeekFrom::Start(0))?;
            file.write_all(line.as_bytes())
        });
        // An older line is still true; none at all is said at the next start.
        written.ok();
    }

    /// Writes the witness anew, where it was lost.
    pub fn renew_witness(&self) {
        self.write_witness();
    }
}

fn path(dir: &Path) -> PathBuf {
    dir.join("witness")
}
