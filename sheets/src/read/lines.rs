//! CSV, and text with tabs, in UTF-8, GB18030 or UTF-16.

use csv::Position;
use domain::table::{Cell, Table};
use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};

use super::Reading;
use super::collect::{Collect, Raw};
use crate::Problem;

pub(super) fn read(bytes: &[u8], reading: &Reading<'_>) -> Result<Table, Problem> {
    // One kind of line end: the reader counts lines by it.
    let text = decode(bytes)?.replace("\r\n", "\n");
    if is_page(&text) {
        return Err(Problem::new(
            "这个文件其实是网页，请用 Excel 或 WPS 打开，另存为 xlsx 后再导入",
            "the file is a web page under another name: open it in Excel or WPS and save it as xlsx",
        ));
    }
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let delimiter = if first.contains('\t') && !first.contains(',') { b'\t' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut collect = Collect::new(reading);
    for record in reader.records() {
        let record = record.map_err(|err| {
            let problem = Problem::new("这一行读不懂，请检查引号", format!("cannot be read: {err}"));
            problem.at(err.position().map_or(1, Position::line))
        })?;
        collect.push(Raw {
            line: record.position().map_or(0, |position| line(&text, position)),
            cells: record.iter().map(cell).enumerate().filter(|(_, cell)| !cell.text.is_empty()).collect(),
            width: Some(record.len()),
        })?;
    }
    match collect.finish()? {
        Some(found) => Ok(found.table),
        None => Err(Problem::new("文件是空的", "the file is empty")),
    }
}

/// The reader's position is before the empty lines that it leaves out.
fn line(text: &str, position: &Position) -> u64 {
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    (position.line()..).zip(rest).find(|(_, b)| **b != b'\n').map_or(position.line(), |(line, _)| line)
}

fn cell(text: &str) -> Cell {
    Cell { text: text.into(), damaged: is_scientific(text) }
}

/// `1.10105E+17`: what a spreadsheet program saved of a long number.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let exponent = exponent.strip_prefix('+');
    mantissa.split('.').all(digits) && mantissa.matches('.').count() <= 1 && exponent.is_some_and(digits)
}

/// Programs of offices like to give a web page the name of a workbook.
fn is_page(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(9).collect::<String>().to_ascii_lowercase();
    ["<html", "<!doctype", "<table", "<?xml", "<meta", "<head"].iter().any(|tag| start.starts_with(tag))
}

/// UTF-8 where it is, else GB18030, as spreadsheet programs in China save CSV; UTF-16 by its mark.
fn decode(bytes: &[u8]) -> Result<String, Problem> {
    let wide = match bytes {
        [0xFF, 0xFE, rest @ ..] => Some((UTF_16LE, rest)),
        [0xFE, 0xFF, rest @ ..] => Some((UTF_16BE, rest)),
        _ => None,
    };
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if wide.is_none()
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return Ok(text.into());
    }
    let (encoding, bytes) = wide.unwrap_or((GB18030, bytes));
    encoding.decode_without_bom_handling_and_without_replacement(bytes).map(Into::into).ok_or_else(|| {
        Problem::new(
            "文件的编码认不出来，请另存为 CSV UTF-8 或 xlsx",
            "the file is neither UTF-8 nor GB18030: save it as CSV UTF-8 or xlsx",
        )
    })
}
