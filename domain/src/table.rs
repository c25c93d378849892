//! Rows by column name, as files of tables give them; the crate `sheets` reads the files.

use std::collections::BTreeMap;

/// What is said of a number whose digits a spreadsheet program did not keep. The number is not repeated: it
/// may be most of a person's.
const DAMAGED: &str = "表格软件没有保住这个长数字，请把该列设为文本后重新录入。 \
     The spreadsheet program did not keep this long number: format the column as text and enter it again";

/// A table of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Line of the column names in the file, counted from 1.
    pub line: u64,
    /// Column names, from left to right.
    pub columns: Vec<String>,
    /// The rows below them.
    pub rows: Vec<Row>,
}

/// What stands in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Without spaces around it; dates as 2026-01-31.
    pub text: String,
    /// Whether this cannot be what was typed: a number of more than 15 digits or in scientific notation, or a
    /// formula that failed.
    pub damaged: bool,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self { text: text.into(), damaged: false }
    }
}

/// One row; empty cells are absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Line in the file, counted from 1.
    pub line: u64,
    cells: BTreeMap<String, Cell>,
}

impl Row {
    /// A row of the cells that are not empty.
    pub fn new(line: u64, cells: impl IntoIterator<Item = (String, Cell)>) -> Self {
        Self { line, cells: cells.into_iter().filter(|(_, cell)| !cell.text.is_empty()).collect() }
    }

    /// The text of a column's cell, where it is not empty, damaged or not.
    pub fn get(&self, column: &str) -> Option<&str> {
        self.cell(column).map(|cell| cell.text.as_str())
    }

    /// The cell of a column, where it is not empty.
    pub fn cell(&self, column: &str) -> Option<&Cell> {
        self.cells.get(column)
    }

    /// The text of a cell, which must not be damaged.
    fn whole(&self, column: &str) -> Result<Option<&str>, String> {
        match self.cell(column) {
            Some(cell) if cell.damaged => Err(format!("{column}: {DAMAGED}")),
            cell => Ok(cell.map(|cell| cell.text.as_str())),
        }
    }

    /// The cell of a column that must be filled, and not damaged.
    pub fn need(&self, column: &str) -> Result<&str, String> {
        self.whole(column)?.ok_or_else(|| format!("`{column}` is empty"))
    }

    /// Parses a cell; the error names the column.
    pub fn parse<T>(&self, column: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<Option<T>, String> {
        self.whole(column)?.map(parse).transpose().map_err(|problem| format!("{column}: {problem}"))
    }

    /// Parses a cell that must be filled.
    pub fn parse_needed<T>(&self, column: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<T, String> {
        parse(self.need(column)?).map_err(|problem| format!("{column}: {problem}"))
    }
}

impl Table {
    /// Refuses a table with a column that nobody knows, or without one that must be there.
    pub fn check(&self, known: &[&str], required: &[&str]) -> Result<(), String> {
        let line = self.line;
        if let Some(column) = self.columns.iter().find(|column| !known.contains(&column.as_str())) {
            return Err(format!("line {line}: unknown column `{column}`"));
        }
        match required.iter().find(|name| !self.columns.iter().any(|column| column == *name)) {
            Some(name) => Err(format!("line {line}: column `{name}` is missing")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_cell_is_read_by_nobody_who_needs_its_digits() {
        let row = Row::new(
            7,
            [
                ("id".to_owned(), Cell { text: "1.10105E+17".into(), damaged: true }),
                ("name".to_owned(), "王明".into()),
                ("note".to_owned(), "".into()),
            ],
        );
        assert!(row.need("id").unwrap_err().starts_with("id: 表格软件"));
        assert!(row.parse("id", |text| Ok(text.len())).is_err());
        assert!(!row.need("id").unwrap_err().contains("1.1"));
        assert_eq!((row.get("id"), row.cell("id").unwrap().damaged), (Some("1.10105E+17"), true));
        assert_eq!(row.parse_needed("name", |text| Ok(text.len())), Ok(6));
        assert_eq!((row.get("note"), row.parse("note", |_| Err::<(), _>("asked".into()))), (None, Ok(None)));
        assert_eq!(row.need("note").unwrap_err(), "`note` is empty");
    }
}
