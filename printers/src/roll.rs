//! A virtual printer that has no paper, or an open cover: it takes jobs, and prints them later.

use std::io;
use std::path::PathBuf;

use crate::answer::is_printing;
use crate::status::Condition;
use crate::tray::Tray;

/// A tray behind a printer in some condition.
#[derive(Debug)]
pub struct Roll {
    tray: Tray,
    condition: Condition,
    held: Vec<Vec<u8>>,
}

impl Roll {
    /// A printer in a condition.
    pub fn new(tray: Tray, condition: Condition) -> Self {
        Self { tray, condition, held: Vec::new() }
    }

    /// How it is.
    pub fn condition(&self) -> Condition {
        self.condition
    }

    /// Jobs that were taken and are not on paper.
    pub fn waiting(&self) -> usize {
        self.held.len()
    }

    /// Takes a job. It is on paper at once, or when the printer prints again; either way the till has
    /// handed it over.
    ///
    /// # Errors
    /// Where the folder takes no more.
    pub fn take(&mut self, job: &[u8]) -> io::Result<Option<PathBuf>> {
        if is_printing(self.condition) {
            return self.tray.keep(job).map(Some);
        }
        self.held.push(job.into());
        Ok(None)
    }

    /// Changes the condition: with a new roll, or the cover closed, all that was taken comes out in its
    /// order.
    ///
    /// # Errors
    /// Where the folder takes no more.
    pub fn set(&mut self, condition: Condition) -> io::Result<Vec<PathBuf>> {
        self.condition = condition;
        let mut printed = Vec::new();
        while is_printing(condition) && !self.held.is_empty() {
            printed.push(self.tray.keep(&self.held[0])?);
            self.held.remove(0);
        }
        Ok(printed)
    }
}
