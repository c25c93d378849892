//! Workbooks to send: figures are figures, numbers of cards are text.

use chrono::NaiveDate;
use domain::money::Money;
use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};

use crate::Problem;
use crate::sheet::{Kind, Sheet, Value};
use crate::width;

/// Excel keeps so many figures of a number.
const FIGURES: usize = 15;

impl Sheet {
    /// A workbook of this sheet.
    ///
    /// # Errors
    /// Where the sheet is larger than XLSX can be.
    pub fn to_xlsx(&self) -> Result<Vec<u8>, Problem> {
        to_xlsx(std::slice::from_ref(self))
    }
}

/// A workbook of these sheets, whose titles differ.
///
/// # Errors
/// Where a sheet is larger than XLSX can be, or two have one title.
pub fn to_xlsx(sheets: &[Sheet]) -> Result<Vec<u8>, Problem> {
    let mut book = Workbook::new();
    let write = |book: &mut Workbook| -> Result<Vec<u8>, XlsxError> {
        for sheet in sheets {
            fill(book.add_worksheet(), sheet)?;
        }
        book.save_to_buffer()
    };
    write(&mut book).map_err(|err| {
        Problem::new(
            "表格太大，写不成 xlsx，请缩小范围",
            format!("the table cannot be an xlsx ({err}): ask for less of it"),
        )
    })
}

fn fill(page: &mut Worksheet, sheet: &Sheet) -> Result<(), XlsxError> {
    let name = sheet_name(&sheet.title);
    if !name.is_empty() {
        page.set_name(name)?;
    }
    let mut row = 0;
    if !sheet.title.is_empty() {
        page.write_string_with_format(row, 0, &sheet.title, &Format::new().set_bold().set_font_size(14))?;
        row += 1;
    }
    for note in &sheet.above {
        page.write_string(row, 0, note)?;
        row += 1;
    }
    let head = Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::VerticalCenter)
        .set_background_color(Color::RGB(0x00F6_F7F9))
        .set_border_bottom(FormatBorder::Thin);
    for (place, column) in (0..).zip(&sheet.columns) {
        let align = if column.kind.is_figure() { FormatAlign::Right } else { FormatAlign::Left };
        page.write_string_with_format(row, place, &column.name, &head.clone().set_align(align))?;
        page.set_column_width(place, column_width(sheet, usize::from(place)))?;
    }
    page.set_repeat_rows(row, row)?;
    row += 1;
    page.set_freeze_panes(row, 0)?;
    let body = Format::new();
    for values in &sheet.rows {
        line(page, row, values, sheet, &body)?;
        row += 1;
    }
    if let Some(values) = &sheet.totals {
        line(page, row, values, sheet, &Format::new().set_bold().set_border_top(FormatBorder::Thin))?;
        row += 1;
    }
    for note in &sheet.below {
        page.write_string(row, 0, note)?;
        row += 1;
    }
    page.set_paper_size(9);
    page.set_print_fit_to_pages(1, 0);
    Ok(())
}

fn line(page: &mut Worksheet, row: u32, values: &[Value], sheet: &Sheet, format: &Format) -> Result<(), XlsxError> {
    for ((place, value), column) in (0..).zip(values).zip(&sheet.columns) {
        let text = value.plain();
        let (number, code) = match value {
            Value::Amount(amount) => (figures(&amount.to_string()), "#,##0.00"),
            Value::Count(count) if count.is_whole() => (figures(&text), "#,##0"),
            Value::Count(_) => (figures(&text), "#,##0.###"),
            Value::Percent(percent) => (figures(&fraction(percent.basis_points())), "0.00%"),
            Value::Date(date) => (figures(&serial(*date)), "yyyy-mm-dd"),
            Value::Empty | Value::Text(_) => (None, "@"),
        };
        match number {
            Some(number) => page.write_number_with_format(row, place, number, &format.clone().set_num_format(code))?,
            None if text.is_empty() => page.write_blank(row, place, format)?,
            None => {
                let align = if column.kind.is_figure() { FormatAlign::Right } else { FormatAlign::Left };
                page.write_string_with_format(row, place, text, &format.clone().set_num_format("@").set_align(align))?
            }
        };
    }
    Ok(())
}

/// The one place where a figure becomes a float, as the format of the file wants it; none where it would not be kept.
fn figures(text: &str) -> Option<f64> {
    if text.bytes().filter(u8::is_ascii_digit).count() > FIGURES {
        return None;
    }
    text.parse().ok()
}

/// Hundredths of a percent as part of one.
fn fraction(basis_points: i128) -> String {
    // Two more decimals than money has.
    format!("{}e-2", Money::from_fen(basis_points))
}

/// Days since the day before 1900 began, as Excel counts them.
fn serial(date: NaiveDate) -> String {
    let start = NaiveDate::from_ymd_opt(1899, 12, 30).unwrap_or_default();
    date.signed_duration_since(start).num_days().to_string()
}

fn column_width(sheet: &Sheet, place: usize) -> u8 {
    let Some(column) = sheet.columns.get(place) else { return 8 };
    let cells = sheet.rows.iter().chain(&sheet.totals).filter_map(|row| row.get(place));
    let widest = cells.map(|value| width::places(&value.shown())).max().unwrap_or(0);
    let least = match column.kind {
        Kind::Date | Kind::Amount => 10,
        Kind::Text | Kind::Count | Kind::Percent => 6,
    };
    u8::try_from((widest.max(width::places(&column.name)).max(least) + 2).min(60)).unwrap_or(60)
}

/// What Excel lets a sheet be called.
fn sheet_name(title: &str) -> String {
    let name: String =
        title.chars().filter(|c| !matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\') && !c.is_control()).collect();
    let mut name = name.trim_matches('\'').to_owned();
    // Excel counts UTF-16.
    while name.encode_utf16().count() > 31 {
        name.pop();
    }
    name
}
