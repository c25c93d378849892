//! Rows as they come from a file: title lines, then the header, then the table.

use std::collections::BTreeMap;

use domain::table::{Cell, Row, Table};

use super::Reading;
use crate::Problem;

/// The header stands within so many rows that are not empty.
const TITLES: usize = 50;

/// A row of a file: the cells that are not empty, by their place from 0.
pub(super) struct Raw {
    pub line: u64,
    pub cells: Vec<(usize, Cell)>,
    /// Cells that the row has, empty or not, where the file says so.
    pub width: Option<usize>,
}

/// A table that was found, and how sure that is.
pub(super) struct Found {
    pub table: Table,
    /// Whether the header was known by its names.
    pub known: bool,
}

impl Found {
    /// Known and filled tables come first.
    pub fn rank(&self) -> (bool, bool) {
        (self.known, !self.table.rows.is_empty())
    }
}

/// Collects a table.
pub(super) struct Collect<'a> {
    reading: &'a Reading<'a>,
    waiting: Vec<Raw>,
    head: Option<Head>,
    rows: Vec<Row>,
    /// Bytes of text so far.
    text: usize,
}

struct Head {
    line: u64,
    names: BTreeMap<usize, String>,
    width: Option<usize>,
    known: bool,
}

impl<'a> Collect<'a> {
    pub fn new(reading: &'a Reading<'a>) -> Self {
        Self { reading, waiting: Vec::new(), head: None, rows: Vec::new(), text: 0 }
    }

    /// The next row.
    pub fn push(&mut self, raw: Raw) -> Result<(), Problem> {
        if raw.cells.is_empty() {
            return Ok(());
        }
        self.text = self.text.saturating_add(raw.cells.iter().map(|(_, cell)| cell.text.len()).sum());
        let most = self.reading.limits.text;
        if self.text > most {
            return Err(Problem::new(
                format!("文字超过 {most} 字节，请拆成几个文件"),
                format!("more than {most} bytes of text: split it into several files"),
            )
            .at(raw.line));
        }
        if self.head.is_some() {
            return self.row(raw);
        }
        let hits = raw.cells.iter().filter(|(_, cell)| self.spelling(&cell.text).is_some()).count();
        let wanted = self.reading.header.clamp(1, self.reading.known.len().max(1));
        if hits >= wanted {
            self.waiting.clear();
            return self.begin(&raw, true);
        }
        self.waiting.push(raw);
        if self.waiting.len() >= TITLES { self.settle() } else { Ok(()) }
    }

    /// The table, if the file had a row.
    pub fn finish(mut self) -> Result<Option<Found>, Problem> {
        if self.head.is_none() {
            self.settle()?;
        }
        Ok(self.head.map(|head| Found {
            table: Table { line: head.line, columns: head.names.into_values().collect(), rows: self.rows },
            known: head.known,
        }))
    }

    /// No row has known names: the first with two cells is the header, or the first at all.
    fn settle(&mut self) -> Result<(), Problem> {
        let waiting = std::mem::take(&mut self.waiting);
        let first = waiting.iter().position(|raw| raw.cells.len() >= 2).unwrap_or(0);
        let mut rows = waiting.into_iter().skip(first);
        if let Some(head) = rows.next() {
            self.begin(&head, false)?;
        }
        rows.try_for_each(|raw| self.row(raw))
    }

    fn begin(&mut self, raw: &Raw, known: bool) -> Result<(), Problem> {
        let mut names = BTreeMap::new();
        for (place, cell) in &raw.cells {
            let name = self.spelling(&cell.text).map_or_else(|| tidy(&cell.text), Into::into);
            if names.values().any(|other| *other == name) {
                // A page that is no table may repeat itself.
                if !known && !self.reading.known.is_empty() {
                    continue;
                }
                return Err(Problem::new("这一列出现了两次，请删掉一列", "this column stands twice: delete one")
                    .at(raw.line)
                    .of(&name));
            }
            names.insert(*place, name);
        }
        let most = self.reading.limits.columns;
        if names.len() > most {
            return Err(Problem::new(
                format!("超过 {most} 列，请删掉用不着的列"),
                format!("more than {most} columns: delete those that are not needed"),
            )
            .at(raw.line));
        }
        self.head = Some(Head { line: raw.line, names, width: raw.width, known });
        Ok(())
    }

    fn row(&mut self, raw: Raw) -> Result<(), Problem> {
        let Some(head) = &self.head else { return Ok(()) };
        check_width(head, &raw)?;
        let most = self.reading.limits.rows;
        if self.rows.len() >= most {
            return Err(Problem::new(
                format!("超过 {most} 行，请拆成几个文件"),
                format!("more than {most} rows: split it into several files"),
            )
            .at(raw.line));
        }
        let mut cells = Vec::with_capacity(raw.cells.len());
        for (place, mut cell) in raw.cells {
            let Some(name) = head.names.get(&place) else { continue };
            if cell.text.chars().any(char::is_control) {
                if self.reading.known.contains(&name.as_str()) {
                    return Err(Problem::new(
                        "单元格里有换行或看不见的字符，请删掉",
                        "holds a line break or another control character: delete it",
                    )
                    .at(raw.line)
                    .of(name));
                }
                cell.text = tidy(&cell.text);
            }
            cells.push((name.clone(), cell));
        }
        // Cells beside the table alone are none of its rows.
        if !cells.is_empty() {
            self.rows.push(Row::new(raw.line, cells));
        }
        Ok(())
    }

    /// The known name that this is, whatever spaces and line breaks stand in it.
    fn spelling(&self, text: &str) -> Option<&'a str> {
        let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        let wanted = bare(text);
        self.reading.known.iter().find(|known| bare(known) == wanted).copied()
    }
}

/// A row of another number of cells than the header has moved its cells to other columns. Notes of one cell have not.
fn check_width(head: &Head, raw: &Raw) -> Result<(), Problem> {
    let (Some(wanted), Some(width)) = (head.width, raw.width) else { return Ok(()) };
    let beyond = raw.cells.last().is_some_and(|(place, _)| *place >= wanted);
    if beyond || width < wanted && width > 1 {
        return Err(Problem::new(
            format!("这一行有 {width} 格，表头有 {wanted} 格，请检查逗号"),
            format!("{width} cells where the header has {wanted}: look at its commas"),
        )
        .at(raw.line));
    }
    Ok(())
}

/// Without control characters.
fn tidy(text: &str) -> String {
    text.split(char::is_control).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
