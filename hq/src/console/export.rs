//! Lists as files for a spreadsheet.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse as _;
use domain::money::Money;
use sheets::{Column, Kind, Sheet, Value};

use super::{Answer, Asked, Shared, Visit, blocking, claims, words};
use crate::service::access::Place;
use crate::store::{audit, pages};

/// Most rows of a file.
const MOST: i64 = 200_000;

/// The claims that the same address shows.
pub async fn claims(State(hq): Shared, visit: Visit, Asked(ask): Asked<claims::Ask>) -> Answer {
    visit.must(Place::Claims)?;
    let text = blocking(move || {
        let filter = ask.filter(&visit, claims::visible(&hq, &visit)?);
        let (sort, down) = ask.sort();
        let db = hq.reading();
        let rows = pages::claims(&db.conn, &filter, sort, down, 0, MOST)?;
        audit(&hq.db().conn, &visit.person.name, "export claims", &said(rows.len(), &visit))?;
        drop(db);
        let head = visit.lang.of(
            ["营业日", "门店", "款台", "小票号", "状态", "原因", "申报金额", "核准金额", "编号"],
            ["Date", "Store", "Till", "Receipt", "State", "Reasons", "Claimed", "Granted", "Id"],
        );
        let mut sheet = Sheet::new(head.map(|name| Column::new(name, Kind::Text)));
        for row in rows {
            sheet.rows.push(vec![
                row.date.unwrap_or_default().into(),
                row.store.into(),
                row.till.into(),
                row.sale.unwrap_or_default().into(),
                words::state(visit.lang, &row.state).into(),
                words::codes(&row.reasons).join(" ").into(),
                figure(row.claimed),
                figure(row.granted),
                row.uuid.into(),
            ]);
        }
        Ok(sheet.to_csv())
    })
    .await?;
    Ok(attachment("claims.csv", text))
}

/// What the audit says of a file: how many rows, and of what.
pub fn said(rows: usize, visit: &Visit) -> String {
    let asked = visit.here.split_once('?').map(|(_, asked)| asked).unwrap_or_default();
    serde_json::json!({ "rows": rows, "asked": asked }).to_string()
}

/// A table as a file, by what its name ends with: `.xlsx`, else CSV.
pub fn sheet_file(name: &str, sheet: &Sheet) -> Result<axum::response::Response, super::Failure> {
    if name.ends_with(".xlsx") {
        let book = sheet.to_xlsx().map_err(|problem| anyhow::anyhow!(problem.english()))?;
        let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        return Ok(bytes_file(name, kind, book));
    }
    Ok(attachment(name, sheet.to_csv()))
}

/// A file of a kind.
pub fn bytes_file(name: &str, kind: &str, bytes: Vec<u8>) -> axum::response::Response {
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

/// An answer that browsers keep as a file.
pub fn attachment(name: &str, text: String) -> axum::response::Response {
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, text).into_response()
}
