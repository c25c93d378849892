//! What an XLSX holds when it is unzipped, before anybody unzips it into memory.

use std::io::{Cursor, Read as _, Write};

use zip::ZipArchive;

use crate::Problem;

/// More parts than any workbook has.
const MOST_PARTS: usize = 10_000;

/// An element of five bytes costs the reader many times as much: of those that it keeps there may be one for so
/// many bytes that a workbook may have.
const BYTES_A_TAG: u64 = 16;

/// Refuses a zip whose parts say that they are larger than so many bytes, or are although they say otherwise.
pub(crate) fn check(bytes: &[u8], most: u64) -> Result<(), Problem> {
    let damaged = |err: zip::result::ZipError| {
        Problem::new("文件损坏，打不开，请重新导出", format!("the workbook is damaged ({err}): export it again"))
    };
    let large = || {
        Problem::new(
            format!("表格解压后超过 {most} 字节，请拆成几个文件"),
            format!("the workbook has more than {most} bytes when it is unzipped: split it into several files"),
        )
    };
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    if zip.len() > MOST_PARTS {
        return Err(large());
    }
    let mut stated = 0_u64;
    for part in 0..zip.len() {
        stated = stated.saturating_add(zip.by_index_raw(part).map_err(damaged)?.size());
    }
    if stated > most {
        return Err(large());
    }
    // The directory may lie: what comes out is counted too.
    let mut left = most;
    let mut tags = Tags::default();
    for part in 0..zip.len() {
        let part = zip.by_index(part).map_err(damaged)?;
        // Sheets are read a cell at a time; of all else each element is kept.
        tags.counts = !part.name().map_err(damaged)?.starts_with("xl/worksheets/");
        let read =
            std::io::copy(&mut part.take(left.saturating_add(1)), &mut tags).map_err(|err| damaged(err.into()))?;
        left = left.checked_sub(read).ok_or_else(large)?;
        if tags.count > most / BYTES_A_TAG {
            return Err(large());
        }
    }
    Ok(())
}

/// Counts what begins an element.
#[derive(Default)]
struct Tags {
    counts: bool,
    count: u64,
}

impl Write for Tags {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.counts {
            let found = bytes.iter().filter(|byte| **byte == b'<').count();
            self.count = self.count.saturating_add(u64::try_from(found).unwrap_or(u64::MAX));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
