//! Files that a page offers: the same figures for a spreadsheet or on paper.

use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use domain::money::Money;
use sheets::pdf::Document;
use sheets::{Sheet, Value};

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Text with commas.
    Csv,
    /// A workbook.
    Xlsx,
}

/// A sheet as a file of this name, without its ending.
pub fn sheet(name: &str, sheet: &Sheet, form: Form) -> anyhow::Result<Response> {
    Ok(match form {
        Form::Csv => attachment(&format!("{name}.csv"), "text/csv; charset=utf-8", sheet.to_csv().into_bytes()),
        Form::Xlsx => {
            let bytes = sheet.to_xlsx().map_err(|problem| anyhow::anyhow!(problem.english()))?;
            let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            attachment(&format!("{name}.xlsx"), kind, bytes)
        }
    })
}

/// A document as PDF.
pub fn pdf(name: &str, document: &Document) -> anyhow::Result<Response> {
    let font = sheets::font::system().map_err(anyhow::Error::msg)?;
    let made = document.to_pdf(&font).map_err(anyhow::Error::msg)?;
    Ok(attachment(&format!("{name}.pdf"), "application/pdf", made.bytes))
}

/// An amount in fen, for a spreadsheet to reckon with.
pub fn figure(fen: i64) -> Value {
    Money::from_fen(fen.into()).into()
}

fn attachment(name: &str, kind: &str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, bytes).into_response()
}
