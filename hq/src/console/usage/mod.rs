//! What was given, by whatever one asks: a chart, its table, and the claims behind each figure.

mod ask;
mod figures;
mod funds;
mod stores;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use maud::{Markup, html};
use serde_json::json;

use super::{Answer, Asked, Shared, Visit, blocking, files, page, show as render};
use crate::service::Hq;
use crate::service::access::Place;
use crate::store::audit;

pub use ask::{Ask, Choices};
use figures::Shown;

/// Pages and files.
pub fn routes() -> Router<Arc<Hq>> {
    Router::new()
        .route("/console/usage", get(show))
        .route("/console/usage.csv", get(csv))
        .route("/console/usage.xlsx", get(xlsx))
        .route("/console/usage/stores", get(stores::show))
        .route("/console/usage/funds", get(funds::show))
}

/// The pages of this place; `at` is the one that is open.
fn tabs(visit: &Visit, at: &str, query: &str) -> Markup {
    let pages = [
        ("/console/usage", visit.t("概况", "Overview")),
        ("/console/usage/stores", visit.t("门店对比", "Stores compared")),
        ("/console/usage/funds", visit.t("资金进度", "Funds")),
    ];
    html! {
        ul.tabs { @for (path, name) in pages { li { a href=(format!("{path}{query}")) aria-current=[(path == at).then_some("page")] { (name) } } } }
    }
}

async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Usage)?;
    render(move || {
        let shown = Shown::read(&hq, &visit, &ask)?;
        let body = html! {
            (tabs(&visit, "/console/usage", &ask.query(&[])))
            (ask.form(&visit, Place::Usage.path(), &shown.choices, true))
            (figures::picture(&visit, &shown))
            div.bar {
                p { (figures::headline(&visit, &shown)) }
                a.button href=(format!("/console/usage.csv{}", ask.query(&[]))) { (visit.t("导出 CSV", "Export CSV")) }
                a.button href=(format!("/console/usage.xlsx{}", ask.query(&[]))) { (visit.t("导出 XLSX", "Export XLSX")) }
            }
            (figures::table(&visit, &shown))
            p { small { (visit.t(
                "退货和驳回已经减去，算在销售的那一天；待审核的按申报计。同一户在一个时期只算一次，所以各月户数之和不是全年户数。",
                "Returns and rejections are taken off, on the day of the sale; what waits for review counts as claimed. A household counts once a period: those of months do not add up to the year's.")) } }
        };
        Ok(page::page(&visit, Place::Usage, visit.t("使用情况", "Usage"), body))
    })
    .await
}

async fn csv(hq: Shared, visit: Visit, ask: Asked<Ask>) -> Answer {
    file(hq, visit, ask, "usage.csv").await
}

async fn xlsx(hq: Shared, visit: Visit, ask: Asked<Ask>) -> Answer {
    file(hq, visit, ask, "usage.xlsx").await
}

/// What the same address shows.
async fn file(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>, name: &'static str) -> Answer {
    visit.must(Place::Usage)?;
    blocking(move || {
        let shown = Shown::read(&hq, &visit, &ask)?;
        let detail = json!({ "asked": ask.query(&[]) });
        audit(&hq.db().conn, &visit.person.name, "export usage", &detail.to_string())?;
        Ok(files::sheet(name, &figures::sheet(&visit, &shown))?)
    })
    .await
}
