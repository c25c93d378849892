//! The store's report: what its tills took, day by day.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use domain::tender::TenderKind;
use domain::time::business_date;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;
use sheets::{Column, Kind, Sheet, Value};

use super::{chosen, frame, no_store, table_file};
use crate::console::files::figure;
use crate::console::{Answer, Asked, Shared, Visit, blocking, filled, show as render, words};
use crate::service::stock::Month;
use crate::service::takings::{self, TENDERS, TillDay};
use crate::service::{Hq, now};
use crate::store::audit;

const TAB: &str = "/console/shop/report";

/// What the address says.
#[derive(Debug, Default, Deserialize)]
pub struct Ask {
    store: Option<String>,
    month: Option<String>,
}

impl Ask {
    fn month(&self) -> Month {
        let asked = filled(self.month.as_ref()).and_then(|text| Month::parse(&text));
        asked.unwrap_or_else(|| Month::of(business_date(now())))
    }
}

/// A figure of the report: Chinese, English, its name, whether it is money.
const FIGURES: [(&str, &str, &str, bool); 7] = [
    ("销售笔数", "Sales", "sales", false),
    ("其中惠民", "With help", "subsidised_sales", false),
    ("销售额", "Gross", "gross", true),
    ("惠民优惠", "Discount", "discount", true),
    ("资金承担", "Fund's part", "subsidy", true),
    ("爱心卡", "Value card", "purse", true),
    ("作废", "Voids", "voids", false),
];

/// What stands behind the means of payment.
const LAST: [(&str, &str, &str, bool); 5] = [
    ("改价", "Overrides", "overrides", false),
    ("开钱箱", "Drawer opened", "drawers", false),
    ("存入", "Cash in", "cash_in", true),
    ("取出", "Cash out", "cash_out", true),
    ("长短款", "Over or short", "over", true),
];

/// All figures of a day, in the report's order: name, amount, whether it is money.
fn figures(visit: &Visit, day: &TillDay) -> Vec<(String, i64, bool)> {
    let plain = |(zh, en, name, is_money): &(&'static str, &'static str, &str, bool)| {
        (visit.t(zh, en).to_owned(), day.of(name), *is_money)
    };
    let tender = |kind: &TenderKind| {
        let name = visit.lang.of(kind.zh().to_owned(), kind.word().replace('_', " "));
        (name, day.tender(*kind), true)
    };
    FIGURES.iter().map(plain).chain(TENDERS.iter().map(tender)).chain(LAST.iter().map(plain)).collect()
}

fn total(days: &[TillDay]) -> TillDay {
    let mut total = TillDay::default();
    days.iter().for_each(|day| total.add(day));
    total
}

/// The page.
pub async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    render(move || {
        let Some(chosen) = chosen(&hq, &visit, ask.store.as_deref())? else { return Ok(no_store(&visit)) };
        let (store, month) = (&chosen.store.code, ask.month());
        let days = takings::month(&hq.reading().conn, store, month)?;
        let asked = format!("store={}&month={}", words::encode(store), month.key());
        let body = html! {
            form.filters method="get" action=(TAB) {
                input type="hidden" name="store" value=(store);
                div.field { label for="month" { (visit.t("月份", "Month")) } input id="month" type="month" name="month" value=(month.key()); }
                button.main { (visit.t("查看", "Show")) }
                a.button href={ (TAB) ".xlsx?" (asked) } { "Excel" }
                a.button href={ (TAB) ".csv?" (asked) } { "CSV" }
            }
            @if days.is_empty() { p.notice { (visit.t("这个月还没有日结和交班的记录。款台日结并同步后就有。", "No day close or event of this month yet: they come with the tills' sync.")) } }
            @else { (table(&visit, &days)) }
        };
        Ok(frame(&visit, &chosen, TAB, body))
    })
    .await
}

fn table(visit: &Visit, days: &[TillDay]) -> Markup {
    let cells = |day: &TillDay| {
        html! { @for (_, amount, is_money) in figures(visit, day) {
            td.number { @if amount == 0 { "–" } @else if is_money { @if amount < 0 { span.less { (words::yuan(amount)) } } @else { (words::yuan(amount)) } } @else { (amount) } }
        } }
    };
    html! {
        p { (visit.t("来自各款台的日结和事件；没有日结的那天只有事件。", "From the tills' day closes and events; a day that is not closed has its events alone.")) }
        div.scroll { table {
            thead { tr {
                th scope="col" { (visit.t("日期", "Date")) } th scope="col" { (visit.t("款台", "Till")) } th scope="col" { (visit.t("日结", "Closed")) }
                @for (name, _, _) in figures(visit, &TillDay::default()) { th.number scope="col" { (name) } }
            } }
            tbody { @for day in days { tr {
                td.whole { (day.date) } td { (day.till) }
                td { @if day.is_closed() { (visit.t("是", "yes")) } @else { span.state.warn { (visit.t("未日结", "open")) } } }
                (cells(day))
            } } }
            tfoot { tr { th scope="row" colspan="3" { (visit.t("合计", "Total")) } (cells(&total(days))) } }
        } }
    }
}

/// The month as CSV.
pub async fn csv(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    file(hq, visit, ask, false).await
}

/// The month as a workbook.
pub async fn xlsx(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    file(hq, visit, ask, true).await
}

async fn file(hq: Arc<Hq>, visit: Visit, ask: Ask, is_book: bool) -> Answer {
    blocking(move || {
        let Some(chosen) = chosen(&hq, &visit, ask.store.as_deref())? else {
            return Ok(Redirect::to("/console/shop").into_response());
        };
        let (store, month) = (&chosen.store.code, ask.month());
        let days = takings::month(&hq.reading().conn, store, month)?;
        let texts = visit.lang.of(["日期", "款台", "日结"], ["Date", "Till", "Closed"]);
        let kind = |is_money: bool| if is_money { Kind::Amount } else { Kind::Count };
        let columns = texts.into_iter().map(|name| Column::new(name, Kind::Text));
        let columns = columns.chain(
            figures(&visit, &TillDay::default())
                .into_iter()
                .map(|(name, _, is_money)| Column::new(name, kind(is_money))),
        );
        let mut sheet = Sheet::new(columns);
        let row = |texts: [String; 3], day: &TillDay| -> Vec<Value> {
            let value = |(_, amount, is_money): (String, i64, bool)| {
                if is_money { figure(amount) } else { Value::number(amount) }
            };
            texts.into_iter().map(Value::Text).chain(figures(&visit, day).into_iter().map(value)).collect()
        };
        for day in &days {
            let closed = if day.is_closed() { visit.t("是", "yes") } else { visit.t("否", "no") };
            sheet.rows.push(row([day.date.clone(), day.till.clone(), closed.into()], day));
        }
        sheet.totals = Some(row([visit.t("合计", "Total").into(), String::new(), String::new()], &total(&days)));
        let detail = json!({ "store": store, "month": month.key(), "rows": days.len() });
        audit(&hq.db().conn, &visit.person.name, "shop report", &detail.to_string())?;
        table_file(&format!("report-{store}-{}", month.key()), &sheet, is_book)
    })
    .await
}
