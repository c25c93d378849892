//! Workbooks: XLSX a cell at a time, so that one cell in the farthest corner costs nothing; XLS as it is.

use std::io::Cursor;

use calamine::{Data, DataRef, Reader as _, Sheet, SheetType, SheetVisible, Xls, Xlsx};
use chrono::{Datelike as _, NaiveDateTime, NaiveTime};
use domain::table::{Cell, Table};
use rust_decimal::Decimal;

use super::Reading;
use super::collect::{Collect, Found, Raw};
use crate::Problem;

pub(super) fn xlsx(bytes: &[u8], reading: &Reading<'_>) -> Result<Table, Problem> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|err| unreadable(&err))?;
    let names = names(book.sheets_metadata(), reading.sheet)?;
    best(names, |name| {
        let mut cells = book.worksheet_cells_reader(name).map_err(|err| unreadable(&err))?;
        let mut collect = Collect::new(reading);
        let mut row = Raw { line: 1, cells: Vec::new(), width: None };
        while let Some(next) = cells.next_cell().map_err(|err| unreadable(&err).at(row.line))? {
            let (at, place) = next.get_position();
            let line = u64::from(at) + 1;
            if line != row.line {
                collect.push(std::mem::replace(&mut row, Raw { line, cells: Vec::new(), width: None }))?;
            }
            // Looked at before it is copied: many cells may name one long text.
            if let DataRef::SharedString(text) = next.get_value() {
                length(text).map_err(|problem| problem.at(line))?;
            }
            push(&mut row, place, &Data::from(next.get_value().clone()))?;
        }
        collect.push(row)?;
        collect.finish()
    })
}

pub(super) fn xls(bytes: &[u8], reading: &Reading<'_>) -> Result<Table, Problem> {
    let mut book: Xls<_> = Xls::new(Cursor::new(bytes)).map_err(|err| {
        Problem::new(
            "表格打不开：有密码请先取消密码，再另存为 xlsx",
            format!("the workbook cannot be read ({err}): take its password off and save it as xlsx"),
        )
    })?;
    let names = names(book.sheets_metadata(), reading.sheet)?;
    best(names, |name| {
        let range = book.worksheet_range(name).map_err(|err| unreadable(&err))?;
        let (top, left) = range.start().unwrap_or_default();
        let mut collect = Collect::new(reading);
        for (line, cells) in (u64::from(top) + 1..).zip(range.rows()) {
            let mut row = Raw { line, cells: Vec::new(), width: None };
            for (place, cell) in (left..).zip(cells) {
                push(&mut row, place, cell)?;
            }
            collect.push(row)?;
        }
        collect.finish()
    })
}

fn unreadable(err: &impl std::fmt::Display) -> Problem {
    Problem::new(
        "表格读不出来，请另存为 xlsx 后再导入",
        format!("the workbook cannot be read ({err}): save it as xlsx again"),
    )
}

/// The sheet of that name, or all that people see.
fn names(sheets: &[Sheet], wanted: Option<&str>) -> Result<Vec<String>, Problem> {
    let tables = sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let names: Vec<String> = match wanted {
        Some(name) => tables.filter(|sheet| sheet.name.trim() == name.trim()).map(|sheet| sheet.name.clone()).collect(),
        None => tables.filter(|sheet| sheet.visible == SheetVisible::Visible).map(|sheet| sheet.name.clone()).collect(),
    };
    if names.is_empty() {
        let all = sheets.iter().map(|sheet| sheet.name.as_str()).collect::<Vec<_>>().join("、");
        let name = wanted.unwrap_or_default();
        return Err(Problem::new(
            format!("没有工作表「{name}」，有的是：{all}"),
            format!("there is no sheet `{name}` to read; there are: {all}"),
        ));
    }
    Ok(names)
}

/// The first sheet with a known header and rows; without one the first that comes nearest.
fn best(names: Vec<String>, mut read: impl FnMut(&str) -> Result<Option<Found>, Problem>) -> Result<Table, Problem> {
    let mut best: Option<Found> = None;
    for name in names {
        let Some(found) = read(&name)? else { continue };
        let is_better = best.as_ref().is_none_or(|best| found.rank() > best.rank());
        if is_better {
            let is_sure = found.rank() == (true, true);
            best = Some(found);
            if is_sure {
                break;
            }
        }
    }
    match best {
        Some(found) => Ok(found.table),
        None => Err(Problem::new("工作表是空的", "the sheets are empty")),
    }
}

/// Longest text of a cell, in characters: no spreadsheet program keeps a longer one.
const LONGEST: usize = 32_767;
/// Most cells of a row, named or not.
const WIDEST: usize = 16_384;

fn length(text: &str) -> Result<(), Problem> {
    if text.len() <= LONGEST || text.chars().count() <= LONGEST {
        return Ok(());
    }
    Err(Problem::new(
        format!("有一格超过 {LONGEST} 个字，请删短"),
        format!("a cell has more than {LONGEST} characters: shorten it"),
    ))
}

fn push(row: &mut Raw, place: u32, data: &Data) -> Result<(), Problem> {
    if row.cells.len() >= WIDEST {
        return Err(super::damaged().at(row.line));
    }
    let cell = cell(data);
    length(&cell.text).map_err(|problem| problem.at(row.line))?;
    if !cell.text.is_empty() {
        let place = usize::try_from(place).map_err(|err| unreadable(&err))?;
        row.cells.push((place, cell));
    }
    Ok(())
}

fn cell(data: &Data) -> Cell {
    match data {
        Data::Float(number) => self::number(&format!("{number}"), &format!("{number:.14e}")),
        Data::Int(number) => self::number(&number.to_string(), ""),
        Data::DateTime(at) if !at.is_duration() => match at.as_datetime() {
            Some(at) => Cell { text: iso(at), damaged: false },
            None => Cell { text: data.to_string(), damaged: true },
        },
        Data::DateTimeIso(text) => text.strip_suffix("T00:00:00").unwrap_or(text).into(),
        Data::Error(err) => Cell { text: err.to_string(), damaged: true },
        Data::Empty => "".into(),
        Data::String(_) | Data::Bool(_) | Data::DateTime(_) | Data::DurationIso(_) => data.to_string().trim().into(),
    }
}

/// A number as it was typed. Excel keeps 15 digits: what is behind them in its files is the machine's rounding
/// (33.900000000000006), and a longer whole number has lost its end.
fn number(all: &str, fifteen: &str) -> Cell {
    let whole = all.trim_start_matches('-').split('.').next().unwrap_or_default().len();
    if whole > 15 {
        return Cell { text: all.into(), damaged: true };
    }
    match Decimal::from_scientific(fifteen) {
        Ok(number) => Cell { text: number.normalize().to_string(), damaged: false },
        Err(_) => all.into(),
    }
}

/// 2026-01-31, or 2026-01-31 08:30:00, or 08:30:00 alone.
fn iso(at: NaiveDateTime) -> String {
    if at.time() == NaiveTime::MIN {
        at.date().to_string()
    } else if at.year() < 1900 {
        at.format("%H:%M:%S").to_string()
    } else {
        at.format("%Y-%m-%d %H:%M:%S").to_string()
    }
}
