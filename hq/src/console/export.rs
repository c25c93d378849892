//! Lists as files for a spreadsheet: UTF-8 with its mark, and no cell that is taken for a formula.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse as _;
use domain::money::Money;

use super::{Answer, Asked, Shared, Visit, blocking, claims, usage, words};
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
        audit(&hq.db().conn, &visit.person.name, "export claims", &rows.len().to_string())?;
        drop(db);
        let head = visit.lang.of(
            ["营业日", "门店", "款台", "小票号", "状态", "原因", "申报金额", "核准金额", "编号"],
            ["Date", "Store", "Till", "Receipt", "State", "Reasons", "Claimed", "Granted", "Id"],
        );
        let mut file = File::new(&head);
        for row in rows {
            file.row(&[
                &row.date.unwrap_or_default(),
                &row.store,
                &row.till,
                &row.sale.unwrap_or_default(),
                words::state(visit.lang, &row.state),
                &words::codes(&row.reasons).join(" "),
                &figure(row.claimed),
                &figure(row.granted),
                &row.uuid,
            ]);
        }
        Ok(file.text)
    })
    .await?;
    Ok(attachment("claims.csv", text))
}

/// What programmes gave, as the same address shows it.
pub async fn usage(State(hq): Shared, visit: Visit, Asked(ask): Asked<usage::Ask>) -> Answer {
    visit.must(Place::Usage)?;
    let text = blocking(move || {
        let shown = usage::read(&hq, &visit, &ask)?;
        audit(&hq.db().conn, &visit.person.name, "export usage", &shown.rows.len().to_string())?;
        let head = visit.lang.of(
            ["月份", "项目", "笔数", "户数", "惠民优惠", "资金承担", "门店让利", "爱心卡支付"],
            ["Month", "Programme", "Claims", "Households", "Discount", "Fund's part", "Store's part", "Value card"],
        );
        let mut file = File::new(&head);
        for row in &shown.rows {
            file.row(&[
                &row.month,
                shown.name(visit.lang, &row.programme),
                &row.claims.to_string(),
                &row.households.to_string(),
                &figure(row.discount),
                &figure(row.subsidy),
                &figure(row.discount - row.subsidy),
                &figure(row.purse),
            ]);
        }
        Ok(file.text)
    })
    .await?;
    Ok(attachment("usage.csv", text))
}

/// An amount in fen with two decimals, for a spreadsheet to reckon with.
pub fn figure(fen: i64) -> String {
    Money::from_fen(fen.into()).to_string()
}

/// A file for a browser to keep.
pub fn attachment(name: &str, text: String) -> axum::response::Response {
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, text).into_response()
}

/// A file as it grows.
pub struct File {
    /// What it holds so far.
    pub text: String,
}

impl File {
    /// Spreadsheets know UTF-8 by its mark.
    pub fn new(head: &[&str]) -> Self {
        let mut file = Self { text: "\u{feff}".into() };
        file.row(head);
        file
    }

    /// Adds a row.
    pub fn row(&mut self, cells: &[&str]) {
        let cells: Vec<String> = cells.iter().map(|cell| safe(cell)).collect();
        self.text.push_str(&cells.join(","));
        self.text.push_str("\r\n");
    }
}

/// A cell that no spreadsheet takes for a formula.
fn safe(cell: &str) -> String {
    let is_amount = Money::parse_signed(cell).is_ok();
    let quote = if !is_amount && cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{quote}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(super::safe("=1+1"), "\"'=1+1\"");
        assert_eq!(super::safe("@x\"y"), "\"'@x\"\"y\"");
        assert_eq!(super::safe("-12.00"), "\"-12.00\"");
        assert_eq!(super::safe("和平路店"), "\"和平路店\"");
    }
}
