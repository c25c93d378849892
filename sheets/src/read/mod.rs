//! Files that people send, read by their content: XLSX, XLS, else CSV.

mod biff;
mod book;
mod collect;
mod lines;

use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::table::Table;

use crate::{Problem, guard};

/// How a file is read.
#[derive(Debug, Clone)]
pub struct Reading<'a> {
    /// The column names that the caller knows, by which the header is found below title lines.
    pub known: &'a [&'a str],
    /// So many known names in one row make it the header; 2.
    pub header: usize,
    /// The workbook's sheet; without a name the first that holds such a table.
    pub sheet: Option<&'a str>,
    /// What is too large.
    pub limits: Limits,
}

impl<'a> Reading<'a> {
    /// With the usual limits.
    pub fn new(known: &'a [&'a str]) -> Self {
        Self { known, header: 2, sheet: None, limits: Limits::default() }
    }

    /// From a sheet by its name.
    #[must_use]
    pub fn sheet(self, name: &'a str) -> Self {
        Self { sheet: Some(name), ..self }
    }

    /// With other limits.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }
}

/// What is too large to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: usize,
    /// Bytes of an XLSX when it is unzipped.
    pub unzipped: u64,
    /// Rows below the header.
    pub rows: usize,
    /// Columns with a name.
    pub columns: usize,
    /// Bytes of text in all cells: a workbook writes a long text once and names it a million times.
    pub text: usize,
}

impl Default for Limits {
    /// More than any roster or price list has.
    fn default() -> Self {
        Self { bytes: 256 << 20, unzipped: 1 << 30, rows: 2_000_000, columns: 256, text: 256 << 20 }
    }
}

/// Reads a table.
///
/// # Errors
/// What is wrong with the file, with line and column where it is in one place.
pub fn read(bytes: &[u8], reading: &Reading<'_>) -> Result<Table, Problem> {
    let most = reading.limits.bytes;
    if bytes.len() > most {
        return Err(Problem::new(
            format!("文件超过 {most} 字节，请拆成几个文件"),
            format!("the file has more than {most} bytes: split it into several files"),
        ));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        guard::check(bytes, reading.limits.unzipped)?;
        unbroken(|| book::xlsx(bytes, reading))
    } else if bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        let clean = biff::clean(bytes, reading.limits.text)?;
        unbroken(|| book::xls(&clean, reading))
    } else {
        lines::read(bytes, reading)
    }
}

/// A reader that stumbles over a damaged workbook stops nothing else.
fn unbroken(read: impl FnOnce() -> Result<Table, Problem>) -> Result<Table, Problem> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(damaged()))
}

fn damaged() -> Problem {
    Problem::new("文件损坏，打不开，请重新导出", "the workbook is damaged: export it again")
}
