//! Lists as files for a spreadsheet.

use axum::extract::State;
use sheets::{Column, Kind, Sheet};

use super::files::{self, figure};
use super::{Answer, Asked, Shared, Visit, blocking, claims, words};
use crate::service::access::Place;
use crate::store::{audit, pages};

/// Most rows of a file.
const MOST: i64 = 200_000;

/// The claims that the same address shows.
pub async fn claims(State(hq): Shared, visit: Visit, Asked(ask): Asked<claims::Ask>) -> Answer {
    visit.must(Place::Claims)?;
    blocking(move || {
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
        Ok(files::sheet("claims.csv", &sheet)?)
    })
    .await
}

/// What the audit says of a file: how many rows, and of what.
pub fn said(rows: usize, visit: &Visit) -> String {
    let asked = visit.here.split_once('?').map(|(_, asked)| asked).unwrap_or_default();
    serde_json::json!({ "rows": rows, "asked": asked }).to_string()
}
