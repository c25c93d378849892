//! Who did what: sign-ins, pages about families, exports, changes.

use axum::extract::{Query, State};
use maud::html;
use serde::Deserialize;

use super::{Answer, ROWS, Shared, Visit, page, show as render, words};
use crate::service::access::Place;
use crate::store::pages;

/// What the address says.
#[derive(Debug, Deserialize)]
pub struct Ask {
    who: Option<String>,
    action: Option<String>,
    page: Option<i64>,
}

/// The page.
pub async fn show(State(hq): Shared, visit: Visit, Query(ask): Query<Ask>) -> Answer {
    visit.must(Place::Audit)?;
    render(move || {
        let at = ask.page.unwrap_or(0).clamp(0, 1_000_000);
        let filled = |text: &Option<String>| text.clone().filter(|t| !t.is_empty());
        let (who, action) = (filled(&ask.who), filled(&ask.action));
        let rows = pages::audit(&hq.db().conn, who.as_deref(), action.as_deref(), at * ROWS, ROWS + 1)?;
        let more = rows.len() as i64 > ROWS;
        let address = |at: i64| {
            let part = |text: &Option<String>| words::encode(text.as_deref().unwrap_or_default());
            format!("/console/audit?who={}&action={}&page={at}", part(&who), part(&action))
        };
        let shown = usize::try_from(ROWS).unwrap_or(rows.len());
        let body = html! {
            form.filters method="get" action=(Place::Audit.path()) {
                div.field { label for="who" { (visit.t("谁", "Who")) } input id="who" name="who" value=[who.as_deref()] size="12"; }
                div.field { label for="action" { (visit.t("做了什么", "What")) } input id="action" name="action" value=[action.as_deref()] size="16"; }
                div.buttons { button.main { (visit.t("筛选", "Filter")) } a.button href=(Place::Audit.path()) { (visit.t("清除", "Clear")) } }
            }
            @if rows.is_empty() { p.notice { (visit.t("没有符合条件的记录。", "Nothing fits.")) } }
            @else { div.scroll { table {
                thead { tr { th scope="col" { (visit.t("时间", "Time")) } th scope="col" { (visit.t("谁", "Who")) } th scope="col" { (visit.t("做了什么", "What")) } th scope="col" { (visit.t("细节", "Detail")) } } }
                tbody { @for (at, who, action, detail) in rows.iter().take(shown) { tr { td { (words::moment(*at)) } td { (who) } td { (action) } td { (detail) } } } }
            } } }
            @if at > 0 || more { p.paging {
                @if at > 0 { a rel="prev" href=(address(at - 1)) { (visit.t("较新", "Newer")) } }
                @if more { a rel="next" href=(address(at + 1)) { (visit.t("较早", "Older")) } }
            } }
        };
        Ok(page::page(&visit, Place::Audit, visit.t("审计", "Audit"), body))
    })
    .await
}
