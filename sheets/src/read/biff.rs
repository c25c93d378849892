//! An XLS (MS-CFB, MS-XLS) before anybody unpacks it: its shape may name more memory than there is.
//! What goes on to the reader is written anew, of the records that cells are made of alone.

use super::damaged;
use crate::Problem;

mod compound;
#[cfg(test)]
mod tests;

/// Most cells of all sheets together, empty ones between them included.
const MOST_CELLS: usize = 8 << 20;
/// Most sheets.
const MOST_SHEETS: usize = 256;

const BOF: u16 = 0x0809;
const EOF: u16 = 0x000A;
const CONTINUE: u16 = 0x003C;
const FILE_PASS: u16 = 0x002F;
const BOUND_SHEET: u16 = 0x0085;
const SST: u16 = 0x00FC;
const FORMULA: u16 = 0x0006;
const MUL_RK: u16 = 0x00BD;
const LABEL_SST: u16 = 0x00FD;
const STRING: u16 = 0x0207;
/// Codepage, dates, formats, fonts of formats: what says how a cell reads.
const GLOBALS: [u16; 4] = [0x0042, 0x0022, 0x041E, 0x00E0];
/// Number, label, rich label, truth or error, RK.
const CELLS: [u16; 5] = [0x0203, 0x0204, 0x00D6, 0x0205, 0x027E];

/// A record and those that continue it.
struct Record<'a> {
    kind: u16,
    data: &'a [u8],
    more: Vec<&'a [u8]>,
}

/// The workbook with its cells alone, if it may be read at all.
pub(super) fn clean(bytes: &[u8], most_text: usize) -> Result<Vec<u8>, Problem> {
    let (name, stream) = compound::workbook(bytes).ok_or_else(shut)?;
    let mut out = Vec::with_capacity(stream.len());
    let mut sheets = Vec::new();
    let mut longest = 0;
    for record in Records(&stream) {
        let record = record.ok_or_else(damaged)?;
        match record.kind {
            FILE_PASS => return Err(shut()),
            BOUND_SHEET => {
                let start = record.data.first_chunk().map(|at| u32::from_le_bytes(*at)).ok_or_else(damaged)?;
                sheets.push((start, out.len() + 4));
                write(&mut out, &record);
            }
            SST => {
                longest = longest_text(&record).ok_or_else(damaged)?;
                write(&mut out, &record);
            }
            BOF => write(&mut out, &record),
            EOF => break,
            kind if GLOBALS.contains(&kind) => write(&mut out, &record),
            _ => {}
        }
    }
    write(&mut out, &Record { kind: EOF, data: &[], more: Vec::new() });
    if sheets.len() > MOST_SHEETS {
        return Err(large());
    }
    let mut cells = 0_usize;
    let mut texts = 0_usize;
    for (start, place) in sheets {
        let here = u32::try_from(out.len()).map_err(|_| large())?;
        out[place..place + 4].copy_from_slice(&here.to_le_bytes());
        let from = usize::try_from(start).ok().and_then(|start| stream.get(start..)).ok_or_else(damaged)?;
        let size = sheet(from, &mut out)?;
        cells = cells.saturating_add(size.area());
        texts = texts.saturating_add(size.texts);
        if cells > MOST_CELLS || texts.saturating_mul(longest) > most_text.saturating_mul(2) {
            return Err(large());
        }
    }
    Ok(compound::file(name, &out))
}

/// A workbook with a password is a file of another kind within the same shape.
fn shut() -> Problem {
    Problem::new(
        "表格打不开：有密码请先取消密码，再另存为 xlsx",
        "the workbook cannot be read: take its password off and save it as xlsx",
    )
}

fn large() -> Problem {
    Problem::new("表格太大，请拆成几个文件，或另存为 xlsx", "the workbook is too large: split it, or save it as xlsx")
}

/// The corners of what a sheet holds, and how many of its cells name a text.
#[derive(Default)]
struct Size {
    rows: Option<(u16, u16)>,
    columns: Option<(u16, u16)>,
    texts: usize,
}

impl Size {
    fn take(&mut self, row: u16, column: u16) {
        let widen = |range: &mut Option<(u16, u16)>, at: u16| {
            *range = Some(range.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        };
        widen(&mut self.rows, row);
        widen(&mut self.columns, column);
    }

    fn area(&self) -> usize {
        let length = |range: Option<(u16, u16)>| range.map_or(0, |(first, last)| usize::from(last - first) + 1);
        length(self.rows).saturating_mul(length(self.columns))
    }
}

/// Copies the cells of a sheet.
fn sheet(from: &[u8], out: &mut Vec<u8>) -> Result<Size, Problem> {
    let mut size = Size::default();
    let mut depth = 0_usize;
    for record in Records(from) {
        let record = record.ok_or_else(damaged)?;
        match record.kind {
            // Charts within the sheet have cells of their own.
            BOF => {
                depth += 1;
                if depth == 1 {
                    write(out, &record);
                }
                continue;
            }
            EOF if depth <= 1 => break,
            EOF => depth -= 1,
            _ if depth > 1 => {}
            STRING => write(out, &record),
            FORMULA | MUL_RK | LABEL_SST => cell(record, &mut size, out)?,
            kind if CELLS.contains(&kind) => cell(record, &mut size, out)?,
            _ => {}
        }
    }
    write(out, &Record { kind: EOF, data: &[], more: Vec::new() });
    Ok(size)
}

fn cell(mut record: Record<'_>, size: &mut Size, out: &mut Vec<u8>) -> Result<(), Problem> {
    let word =
        |at: usize| record.data.get(at..at + 2).and_then(|two| <[u8; 2]>::try_from(two).ok()).map(u16::from_le_bytes);
    let (Some(row), Some(column)) = (word(0), word(2)) else { return Err(damaged()) };
    size.take(row, column);
    match record.kind {
        MUL_RK => {
            let last = record.data.len().checked_sub(2).and_then(word).filter(|last| *last >= column);
            size.take(row, last.ok_or_else(damaged)?);
        }
        LABEL_SST => size.texts += 1,
        // Its result; how it came about is of no use, and can grow.
        FORMULA => record.data = record.data.get(..20).ok_or_else(damaged)?,
        _ => {}
    }
    record.more.clear();
    write(out, &record);
    Ok(())
}

fn write(out: &mut Vec<u8>, record: &Record<'_>) {
    let mut one = |kind: u16, data: &[u8]| {
        // A record's length is two bytes where it comes from, too.
        let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
        out.extend(kind.to_le_bytes());
        out.extend(length.to_le_bytes());
        out.extend(data);
    };
    one(record.kind, record.data);
    record.more.iter().for_each(|data| one(CONTINUE, data));
}

/// The records of a stream; nothing where it is cut off.
struct Records<'a>(&'a [u8]);

impl<'a> Records<'a> {
    fn one(&mut self) -> Option<(u16, &'a [u8])> {
        let (head, rest) = self.0.split_first_chunk::<4>()?;
        let [a, b, c, d] = *head;
        let (data, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes([c, d])))?;
        self.0 = rest;
        Some((u16::from_le_bytes([a, b]), data))
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Option<Record<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let Some((kind, data)) = self.one() else {
            self.0 = &[];
            return Some(None);
        };
        let mut more = Vec::new();
        while self.0.starts_with(&CONTINUE.to_le_bytes()) {
            let Some((_, data)) = self.one() else { break };
            more.push(data);
        }
        Some(Some(Record { kind, data, more }))
    }
}

/// The longest of the shared texts, in bytes when it is read.
fn longest_text(record: &Record<'_>) -> Option<usize> {
    let mut pieces = std::iter::once(record.data.get(8..)?).chain(record.more.iter().copied());
    let mut here = pieces.next()?;
    let mut longest = 0;
    loop {
        while here.is_empty() {
            match pieces.next() {
                Some(next) => here = next,
                None => return Some(longest),
            }
        }
        let (head, rest) = here.split_first_chunk::<3>()?;
        let (characters, flags) = (usize::from(u16::from_le_bytes([head[0], head[1]])), head[2]);
        here = rest;
        // One character is at most three bytes of UTF-8.
        longest = longest.max(characters * 3);
        let mut behind = 0_usize;
        if flags & 8 != 0 {
            let (runs, rest) = here.split_first_chunk::<2>()?;
            (behind, here) = (usize::from(u16::from_le_bytes(*runs)) * 4, rest);
        }
        if flags & 4 != 0 {
            let (bytes, rest) = here.split_first_chunk::<4>()?;
            behind = behind.checked_add(usize::try_from(u32::from_le_bytes(*bytes)).ok()?)?;
            here = rest;
        }
        let mut left = characters;
        let mut wide = flags & 1 != 0;
        while left > 0 {
            let each = if wide { 2 } else { 1 };
            let now = left.min(here.len() / each);
            left -= now;
            here = here.get(now * each..)?;
            if left > 0 {
                // The next record says anew how wide its characters are.
                let (flag, rest) = pieces.next()?.split_first()?;
                (wide, here) = (flag & 1 != 0, rest);
            }
        }
        while behind > 0 {
            if here.is_empty() {
                here = pieces.next()?;
            }
            let now = behind.min(here.len());
            (behind, here) = (behind - now, &here[now..]);
        }
    }
}
