//! Tables that people send: CSV in UTF-8 or GB18030, and XLSX.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{Data, Reader as _};

/// More rows than any roster or price list has.
pub const MAX_ROWS: usize = 2_000_000;

/// Rows by column name, each with its line in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Column names, as the first row gives them.
    pub columns: Vec<String>,
    /// The rows after it.
    pub rows: Vec<Row>,
}

/// One row; empty cells are absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Line in the file, counted from 1.
    pub line: u64,
    cells: BTreeMap<String, String>,
}

impl Row {
    /// The cell of a column, where it is not empty.
    pub fn get(&self, column: &str) -> Option<&str> {
        self.cells.get(column).map(String::as_str)
    }

    /// The cell of a column that must be filled.
    pub fn need(&self, column: &str) -> Result<&str, String> {
        self.get(column).ok_or_else(|| format!("`{column}` is empty"))
    }

    /// Parses a cell; the error names the column.
    pub fn parse<T>(&self, column: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<Option<T>, String> {
        self.get(column).map(parse).transpose().map_err(|problem| format!("{column}: {problem}"))
    }

    /// Parses a cell that must be filled.
    pub fn parse_needed<T>(&self, column: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<T, String> {
        parse(self.need(column)?).map_err(|problem| format!("{column}: {problem}"))
    }
}

impl Table {
    /// Reads a file by its content: XLSX by its signature, else CSV.
    pub fn read(bytes: &[u8], known: &[&str], required: &[&str]) -> Result<Self, String> {
        let table = if bytes.starts_with(b"PK\x03\x04") { Self::from_xlsx(bytes)? } else { Self::from_csv(bytes)? };
        for column in &table.columns {
            if !known.contains(&column.as_str()) {
                return Err(format!("line 1: unknown column `{column}`"));
            }
        }
        for column in required {
            if !table.columns.iter().any(|c| c == column) {
                return Err(format!("line 1: column `{column}` is missing"));
            }
        }
        Ok(table)
    }

    fn from_csv(bytes: &[u8]) -> Result<Self, String> {
        // One kind of line end: the reader counts lines by it.
        let text = decode(bytes)?.replace("\r\n", "\n");
        let mut reader = csv::ReaderBuilder::new().flexible(false).trim(csv::Trim::All).from_reader(text.as_bytes());
        let columns: Vec<String> = reader.headers().map_err(|err| csv_problem(&err))?.iter().map(Into::into).collect();
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|err| csv_problem(&err))?;
            let line = record.position().map_or(0, csv::Position::line);
            rows.push(row(&columns, line, record.iter().map(Into::into))?);
            if rows.len() > MAX_ROWS {
                return Err(format!("more than {MAX_ROWS} rows"));
            }
        }
        check_columns(&columns)?;
        Ok(Self { columns, rows })
    }

    fn from_xlsx(bytes: &[u8]) -> Result<Self, String> {
        let mut book: calamine::Xlsx<_> =
            calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(|err| format!("not a workbook: {err}"))?;
        let sheet = book
            .worksheet_range_at(0)
            .ok_or("the workbook has no sheet")?
            .map_err(|err| format!("the first sheet cannot be read: {err}"))?;
        let mut lines = sheet.rows();
        let columns: Vec<String> = lines
            .next()
            .ok_or("the first sheet is empty")?
            .iter()
            .map(cell_text)
            .take_while(|c| !c.is_empty())
            .collect();
        check_columns(&columns)?;
        let mut rows = Vec::new();
        for (line, cells) in (2..).zip(lines) {
            let cells: Vec<String> = cells.iter().take(columns.len()).map(cell_text).collect();
            if cells.iter().any(|cell| !cell.is_empty()) {
                rows.push(row(&columns, line, cells.into_iter())?);
            }
        }
        Ok(Self { columns, rows })
    }
}

fn check_columns(columns: &[String]) -> Result<(), String> {
    match columns.iter().enumerate().find(|(i, column)| columns[..*i].contains(column)) {
        Some((_, column)) => Err(format!("line 1: column `{column}` stands twice")),
        None => Ok(()),
    }
}

fn row(columns: &[String], line: u64, cells: impl Iterator<Item = String>) -> Result<Row, String> {
    let cells: BTreeMap<_, _> = columns.iter().cloned().zip(cells).filter(|(_, cell)| !cell.is_empty()).collect();
    match cells.iter().find(|(_, cell)| cell.chars().any(char::is_control)) {
        Some((column, _)) => Err(format!("line {line}: {column}: holds a control character")),
        None => Ok(Row { line, cells }),
    }
}

fn cell_text(cell: &Data) -> String {
    match cell {
        // Excel keeps numbers as floats: a barcode must come back as its digits.
        Data::Float(number) => format!("{number}"),
        Data::DateTime(at) => at.as_datetime().map(|at| at.date().to_string()).unwrap_or_default(),
        other => other.to_string().trim().into(),
    }
}

/// UTF-8 where it is, else GB18030, as spreadsheet programs in China save CSV.
fn decode(bytes: &[u8]) -> Result<String, String> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.into());
    }
    match encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) => Ok(text.into_owned()),
        None => Err("the file is neither UTF-8 nor GB18030".into()),
    }
}

fn csv_problem(err: &csv::Error) -> String {
    let line = err.position().map_or(1, csv::Position::line);
    match err.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("line {line}: {len} cells where the first line has {expected_len}")
        }
        _ => format!("line {line}: {err}"),
    }
}
