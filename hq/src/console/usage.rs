//! What programmes gave, by month: a chart, and its table beneath.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Answer, Shared, Visit, chart, claims, page, show as render, words};
use crate::service::access::Place;
use crate::service::catalogue;
use crate::store::pages::{self, ClaimFilter, UsageRow};
use crate::store::tills;

/// What the address says.
#[derive(Debug, Deserialize)]
pub struct Ask {
    year: Option<String>,
    store: Option<String>,
    programme: Option<String>,
}

/// The page.
pub async fn show(State(hq): Shared, visit: Visit, Query(ask): Query<Ask>) -> Answer {
    visit.must(Place::Usage)?;
    render(move || {
        let visible = claims::visible(&hq, &visit)?;
        let filled = |text: &Option<String>| text.clone().filter(|t| !t.is_empty());
        let filter = ClaimFilter { store: filled(&ask.store), visible: visible.clone(), ..ClaimFilter::default() };
        let db = hq.db();
        let years = pages::years(&db.conn)?;
        let year = filled(&ask.year).or_else(|| years.first().cloned()).unwrap_or_default();
        let mut rows = pages::usage(&db.conn, &year, &filter)?;
        let stores = tills::stores(&db.conn)?;
        let names: BTreeMap<String, (String, String)> =
            catalogue::published(&db.conn)?.into_iter().map(|(p, _)| (p.code, (p.name_zh, p.name_en))).collect();
        drop(db);
        if let Some(programme) = filled(&ask.programme) {
            rows.retain(|row| row.programme == programme);
        }
        let stores: Vec<_> = stores.into_iter().filter(|s| visible.as_ref().is_none_or(|v| v.contains(&s.code))).collect();
        let body = html! {
            form.filters method="get" action=(Place::Usage.path()) {
                div.field { label for="year" { (visit.t("年份", "Year")) } select id="year" name="year" { @for y in &years { option value=(y) selected[*y == year] { (y) } } } }
                div.field { label for="store" { (visit.t("门店", "Store")) } select id="store" name="store" {
                    option value="" { (visit.t("全部", "all")) }
                    @for s in &stores { option value=(s.code) selected[ask.store.as_deref() == Some(&s.code)] { (s.code) " " (s.name) } } } }
                div.field { label for="programme" { (visit.t("项目", "Programme")) } select id="programme" name="programme" {
                    option value="" { (visit.t("全部", "all")) }
                    @for (code, (zh, en)) in &names { option value=(code) selected[ask.programme.as_deref() == Some(code)] { (visit.lang.of(zh, en)) } } } }
                div.buttons { button.main { (visit.t("查看", "Show")) } }
            }
            (picture(&visit, &year, &rows))
            (table(&visit, &rows, &names))
        };
        Ok(page::page(&visit, Place::Usage, visit.t("使用情况", "Usage"), body))
    })
    .await
}

fn picture(visit: &Visit, year: &str, rows: &[UsageRow]) -> Markup {
    let mut months: BTreeMap<String, i64> = (1..=12).map(|m| (format!("{year}-{m:02}"), 0)).collect();
    for row in rows {
        *months.entry(row.month.clone()).or_default() += row.discount + row.purse;
    }
    let months: Vec<(String, i64)> = months
        .into_iter()
        .map(|(month, fen)| {
            (
                visit.lang.of(
                    format!("{}月", month.rsplit('-').next().unwrap_or_default().trim_start_matches('0')),
                    month.rsplit('-').next().unwrap_or_default().to_owned(),
                ),
                fen,
            )
        })
        .collect();
    let title = visit.lang.of(
        format!("{year} 年各月惠民优惠和爱心卡支付（元）"),
        format!("Family discounts and purse payments by month of {year} (yuan)"),
    );
    chart::bars(&title, visit.t("同样的数字在下面的表里。", "The same figures are in the table beneath."), &months)
}

fn table(visit: &Visit, rows: &[UsageRow], names: &BTreeMap<String, (String, String)>) -> Markup {
    if rows.is_empty() {
        return html! { p.notice { (visit.t("这段时间没有申报。", "There were no claims in this time.")) } };
    }
    let sum = |of: fn(&UsageRow) -> i64| rows.iter().map(of).sum::<i64>();
    html! {
        div.scroll { table {
            caption { (visit.t("按月份和项目", "By month and programme")) }
            thead { tr {
                th scope="col" { (visit.t("月份", "Month")) } th scope="col" { (visit.t("项目", "Programme")) }
                th.number scope="col" { (visit.t("笔数", "Claims")) } th.number scope="col" { (visit.t("户数", "Households")) }
                th.number scope="col" { (visit.t("惠民优惠", "Discount")) } th.number scope="col" { (visit.t("其中资金承担", "of it by funds")) }
                th.number scope="col" { (visit.t("爱心卡支付", "Purse")) }
            } }
            tbody { @for row in rows { tr {
                td { (row.month) }
                td { @if let Some((zh, en)) = names.get(&row.programme) { (visit.lang.of(zh, en)) } @else { (row.programme) } }
                td.number { (row.claims) } td.number { (row.households) }
                td.number { (words::yuan(row.discount)) } td.number { (words::yuan(row.subsidy)) } td.number { (words::yuan(row.purse)) }
            } } }
            tfoot { tr {
                th scope="row" colspan="4" { (visit.t("合计", "Total")) }
                td.number { (words::yuan(sum(|r| r.discount))) } td.number { (words::yuan(sum(|r| r.subsidy))) } td.number { (words::yuan(sum(|r| r.purse))) }
            } }
        } }
    }
}
