//! Files that a page offers: the same figures for a spreadsheet or on paper.

use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use domain::money::Money;
use sheets::pdf::Document;
use sheets::{Sheet, Value};

/// A table as a file, by what its name ends with: `.xlsx`, else CSV.
pub fn sheet(name: &str, sheet: &Sheet) -> anyhow::Result<Response> {
    if name.ends_with(".xlsx") {
        let book = sheet.to_xlsx().map_err(|problem| anyhow::anyhow!(problem.english()))?;
        let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        return Ok(bytes(name, kind, book));
    }
    Ok(bytes(name, "text/csv; charset=utf-8", sheet.to_csv().into_bytes()))
}

/// A document as PDF.
pub fn pdf(name: &str, document: &Document) -> anyhow::Result<Response> {
    let font = sheets::font::system().map_err(anyhow::Error::msg)?;
    let made = document.to_pdf(&font).map_err(anyhow::Error::msg)?;
    Ok(bytes(name, "application/pdf", made.bytes))
}

/// An answer that browsers keep as a file.
pub fn bytes(name: &str, kind: &str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, bytes).into_response()
}

/// An amount in fen, for a spreadsheet to reckon with.
pub fn figure(fen: i64) -> Value {
    Money::from_fen(fen.into()).into()
}
