//! The list of products as a file: what an import reads back.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use domain::basket::SaleUnit;
use domain::product::Product;
use serde::Deserialize;
use serde_json::json;
use sheets::{Column, Kind, Sheet, Value};

use super::{chosen, table_file};
use crate::console::{Answer, Asked, Shared, Visit, blocking, filled};
use crate::service::Hq;
use crate::service::shop::labels::product;
use crate::store::{audit, shop as rows};

/// Most rows of a file.
const MOST: i64 = 200_000;

/// What the address says.
#[derive(Debug, Default, Deserialize)]
pub struct Ask {
    store: Option<String>,
    q: Option<String>,
}

/// As CSV.
pub async fn csv(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    file(hq, visit, ask, false).await
}

/// As a workbook.
pub async fn xlsx(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    file(hq, visit, ask, true).await
}

async fn file(hq: Arc<Hq>, visit: Visit, ask: Ask, is_book: bool) -> Answer {
    blocking(move || {
        let Some(chosen) = chosen(&hq, &visit, ask.store.as_deref())? else {
            return Ok(Redirect::to("/console/shop").into_response());
        };
        let (store, text) = (&chosen.store.code, filled(ask.q.as_ref()).unwrap_or_default());
        let entries = rows::products_since(&hq.reading().conn, store, &text, None, MOST)?;
        let head = visit.lang.of(
            ["条码", "编号", "名称", "规格", "单位名称", "计价单位", "每件公斤数", "分类", "单价", "税率"],
            ["barcode", "plu", "name", "spec", "unit_name", "unit", "content_kg", "group", "price", "tax_rate"],
        );
        let kind = |place: usize| match place {
            6 => Kind::Count,
            8 => Kind::Amount,
            _ => Kind::Text,
        };
        let columns = head.into_iter().enumerate().map(|(place, name)| Column::new(name, kind(place)));
        let mut sheet = Sheet::new(columns);
        sheet.rows = entries.iter().filter_map(product).map(|product| row(&visit, product)).collect();
        let detail = json!({ "store": store, "rows": sheet.rows.len() });
        audit(&hq.db().conn, &visit.person.name, "shop export", &detail.to_string())?;
        table_file(&format!("products-{store}"), &sheet, is_book)
    })
    .await
}

fn row(visit: &Visit, p: Product) -> Vec<Value> {
    let (kind, code) = p.key.parts();
    let unit = match p.unit {
        SaleUnit::Piece => visit.t("件", "piece"),
        SaleUnit::Kg => visit.t("公斤", "kg"),
        SaleUnit::Jin => visit.t("斤", "jin"),
    };
    let filled = |text: String| if text.is_empty() { Value::Empty } else { Value::Text(text) };
    vec![
        if kind == "barcode" { code.as_str().into() } else { Value::Empty },
        if kind == "plu" { code.as_str().into() } else { Value::Empty },
        filled(p.name),
        filled(p.spec),
        filled(p.unit_name),
        unit.into(),
        p.content_kg.into(),
        filled(p.group),
        p.price.into(),
        filled(p.tax_rate),
    ]
}
