//! Stock: a month by product, what is entered, and claims held against what was bought.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _, Redirect};
use domain::time::business_date;
use maud::{Markup, html};
use serde::Deserialize;
use sheets::{Column, Kind as Holds, Sheet, Value};

use super::{Chosen, chosen, frame, no_store, of_form, table_file};
use crate::console::multipart;
use crate::console::{Answer, Asked, Failure, Shared, Visit, blocking, filled, form as fields, show as render, words};
use crate::service::access::Place;
use crate::service::shop::labels::product;
use crate::service::stock::{self, Kind, Line, Month, Typed, signed};
use crate::service::{Hq, now};
use crate::store::{audit, shop as rows};

/// Where it is.
pub const TAB: &str = "/console/shop/stock";
/// So many products stand on the page; the file has all.
const SHOWN: usize = 500;

/// What the address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Ask {
    store: Option<String>,
    month: Option<String>,
    q: Option<String>,
    saved: Option<String>,
}

impl Ask {
    fn month(&self) -> Month {
        let asked = filled(self.month.as_ref()).and_then(|text| Month::parse(&text));
        asked.unwrap_or_else(|| Month::of(business_date(now())))
    }
}

/// A month's lines with the products' names, those that something is wrong with first.
fn lines(hq: &Hq, store: &str, ask: &Ask) -> Result<Vec<(Line, String)>, Failure> {
    let db = hq.reading();
    let lines = stock::month(&db.conn, store, None, ask.month())?;
    let names = names(&rows::of_kind(&db.conn, store, "product")?);
    drop(db);
    let text = filled(ask.q.as_ref()).unwrap_or_default();
    let named = lines.into_iter().map(|line| {
        let name = names.get(&line.product).cloned().unwrap_or_default();
        (line, name)
    });
    let mut found: Vec<(Line, String)> =
        named.filter(|(line, name)| name.contains(&text) || line.product.contains(&text)).collect();
    found.sort_by_key(|(line, name)| (-line.above(), name.clone(), line.product.clone()));
    Ok(found)
}

/// Names of products, by tagged code.
pub fn names(entries: &[rows::Entry]) -> BTreeMap<String, String> {
    let named = entries.iter().filter_map(product).map(|p| (p.key.tagged(), format!("{} {}", p.name, p.spec)));
    named.map(|(key, name)| (key, name.trim().to_owned())).collect()
}

/// The page.
pub async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    render(move || {
        let Some(chosen) = chosen(&hq, &visit, ask.store.as_deref())? else { return Ok(no_store(&visit)) };
        page(&hq, &visit, &chosen, &ask, None)
    })
    .await
}

fn page(
    hq: &Arc<Hq>,
    visit: &Visit,
    chosen: &Chosen,
    ask: &Ask,
    refused: Option<(&Entry, &[String])>,
) -> Result<Markup, Failure> {
    let (store, month) = (&chosen.store.code, ask.month());
    let lines = lines(hq, store, ask)?;
    let asked = format!("store={}&month={}", words::encode(store), month.key());
    let body = html! {
        @if let Some(what) = &ask.saved { p.notice.good role="status" { (what) " " (visit.t("已登记。", "is entered.")) } }
        @if let Some((_, problems)) = refused {
            div.notice.warn role="alert" { (visit.t("没有登记。", "Nothing was entered.")) @for problem in problems.iter().take(50) { p { (problem) } } }
        }
        form.filters method="get" action=(TAB) {
            input type="hidden" name="store" value=(store);
            div.field { label for="month" { (visit.t("月份", "Month")) } input id="month" type="month" name="month" value=(month.key()); }
            (fields::text("q", visit.t("名称或条码", "Name or barcode"), ask.q.as_ref()))
            button.main { (visit.t("查看", "Show")) }
            a.button href={ (TAB) ".xlsx?" (asked) } { "Excel" }
            a.button href={ (TAB) ".csv?" (asked) } { "CSV" }
        }
        (forms(visit, store, refused.map(|(typed, _)| typed)))
        (table(visit, &lines, &asked))
    };
    Ok(frame(visit, chosen, TAB, body))
}

fn table(visit: &Visit, lines: &[(Line, String)], asked: &str) -> Markup {
    let above = lines.iter().filter(|(line, _)| line.above() > 0).count();
    html! {
        @if above > 0 {
            p.notice.warn { (visit.lang.of(
                format!("{above} 种商品的惠民销售多于期初加收货。请补登收货或盘点；审核员也看得到。"),
                format!("{above} products were sold with help beyond opening stock and receipts: enter what is missing. Reviewers see it, too."),
            )) }
        }
        @if lines.is_empty() { p.notice { (visit.t("这个月没有收货、销售和盘点。", "Nothing was received, sold or counted in this month.")) } }
        @else { div.scroll { table {
            caption { (visit.lang.of(format!("共 {} 种", lines.len()), format!("{} products", lines.len()))) }
            thead { tr { th scope="col" { (visit.t("商品", "Product")) } @for name in heads(visit) { th.number scope="col" { (name) } } } }
            tbody { @for (line, name) in lines.iter().take(SHOWN) { tr {
                td { a href={ (TAB) "/product?" (asked) "&key=" (words::encode(&line.product)) } { @if name.is_empty() { (line.product) } @else { (name) } } }
                @for figure in figures(line) { td.number { (figure.map(signed).unwrap_or_default()) } }
                td.number { @if line.above() > 0 { span.less { (signed(line.above())) } } @else if !line.is_kept { small { (visit.t("未建账", "no stock kept")) } } @else { "–" } }
            } } }
        } } }
    }
}

/// Columns of figures, in the order of `figures`; the last is what is above.
fn heads(visit: &Visit) -> [&'static str; 10] {
    visit.lang.of(
        ["期初", "收货", "其中捐赠", "惠民销售", "其他销售", "发放", "盘点", "差异", "期末", "超出收货"],
        [
            "Opening",
            "Received",
            "Donated",
            "With help",
            "Other sales",
            "Handed out",
            "Counted",
            "Difference",
            "Closing",
            "Above receipts",
        ],
    )
}

fn figures(line: &Line) -> [Option<i64>; 9] {
    let of = |milli: i64| Some(milli).filter(|milli| *milli != 0);
    [
        Some(line.opening),
        of(line.received),
        of(line.donated),
        of(line.helped),
        of(line.sold),
        of(line.given),
        line.counted,
        of(line.difference),
        Some(line.closing),
    ]
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
        let (store, month) = (&chosen.store.code, ask.month().key());
        let lines = lines(&hq, store, &ask)?;
        let texts = visit.lang.of(["商品", "编码"], ["Product", "Code"]).map(|name| Column::new(name, Holds::Text));
        let mut sheet = Sheet::new(texts.into_iter().chain(heads(&visit).map(|name| Column::new(name, Holds::Count))));
        for (line, name) in lines {
            let count = |milli: i64| Value::Count(domain::quantity::Quantity::from_milli(milli.into()));
            let above = Some(line.above()).filter(|above| *above > 0);
            let figures = figures(&line).into_iter().chain([above]).map(|f| f.map_or(Value::Empty, count));
            let code = line.product.split_once(':').map(|(_, code)| code.to_owned()).unwrap_or_default();
            sheet.rows.push([Value::Text(name), Value::Text(code)].into_iter().chain(figures).collect());
        }
        let detail = serde_json::json!({ "store": store, "month": month, "rows": sheet.rows.len() });
        audit(&hq.db().conn, &visit.person.name, "stock export", &detail.to_string())?;
        table_file(&format!("stock-{store}-{month}"), &sheet, is_book)
    })
    .await
}

/// An entry as it is sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Entry {
    store: String,
    kind: String,
    code: String,
    date: String,
    quantity: String,
    donated: String,
    cost: String,
    source: String,
    invoice: String,
    households: String,
    note: String,
}

fn word(visit: &Visit, kind: Kind) -> &'static str {
    match kind {
        Kind::Received => visit.t("收货", "Received"),
        Kind::Sold => visit.t("其他销售", "Other sales"),
        Kind::Given => visit.t("发放捐赠物资", "Donated goods handed out"),
        Kind::Counted => visit.t("盘点", "Counted"),
    }
}

/// A form for each kind of entry; what was not taken stands in its form again.
fn forms(visit: &Visit, store: &str, refused: Option<&Entry>) -> Markup {
    let today = business_date(now()).to_string();
    html! {
        div.halves {
            @for kind in stock::KINDS {
                @let typed = refused.filter(|typed| typed.kind == kind.code()).cloned();
                details.card open[typed.is_some()] {
                    summary { (word(visit, kind)) }
                    (form(visit, store, kind, &typed.unwrap_or_else(|| Entry { date: today.clone(), ..Entry::default() })))
                    @if kind == Kind::Sold { (sold_file(visit, store)) }
                }
            }
        }
    }
}

fn form(visit: &Visit, store: &str, kind: Kind, typed: &Entry) -> Markup {
    let field = |name: &str, label: &str, value: &str, kind_of: &str, needed: bool| {
        let id = format!("{}-{name}", kind.code());
        html! { div.field { label for=(id) { (label) } input id=(id) name=(name) type=(kind_of) value=(value) required[needed] autocomplete="off"; } }
    };
    html! {
        form.sheet-form method="post" action=(TAB) {
            input type="hidden" name="store" value=(store);
            input type="hidden" name="kind" value=(kind.code());
            (field("code", visit.t("条码或编号", "Barcode or PLU"), &typed.code, "text", true))
            (field("date", visit.t("日期", "Date"), &typed.date, "date", true))
            (field("quantity", if kind == Kind::Counted { visit.t("盘点数量（当天营业结束时）", "Found, at the end of the day") } else { visit.t("数量", "Quantity") }, &typed.quantity, "text", true))
            @if kind == Kind::Received {
                (field("source", visit.t("供货商或捐赠方", "Supplier or donor"), &typed.source, "text", true))
                (field("invoice", visit.t("发票号", "Invoice number"), &typed.invoice, "text", false))
                (field("cost", visit.t("金额（元）", "Cost (yuan)"), &typed.cost, "text", false))
                label.tick { input type="checkbox" name="donated" value="1" checked[!typed.donated.is_empty()]; (visit.t("捐赠的", "donated")) }
            }
            @if kind == Kind::Given { (field("households", visit.t("发给几户（不记姓名）", "Households (no names)"), &typed.households, "text", true)) }
            @if matches!(kind, Kind::Counted | Kind::Given) { (field("note", if kind == Kind::Counted { visit.t("有差异时的原因", "Reason, where it differs") } else { visit.t("说明", "Note") }, &typed.note, "text", false)) }
            p.actions { button.main { (visit.t("登记", "Enter")) } }
        }
    }
}

fn sold_file(visit: &Visit, store: &str) -> Markup {
    html! {
        form method="post" action={ (TAB) "/sales" } enctype="multipart/form-data" {
            p { label for="sales" { (visit.t("或导入文件（CSV、Excel），列：日期、条码、数量", "Or a file (CSV, Excel) with columns date, code, quantity")) }
                input type="hidden" name="store" value=(store);
                input id="sales" type="file" name="file" accept=".csv,.xlsx,.xls" required; }
            button { (visit.t("导入", "Import")) }
        }
    }
}

/// Takes an entry.
pub async fn enter(State(hq): Shared, visit: Visit, Form(entry): Form<Entry>) -> Answer {
    visit.must(Place::Shop)?;
    let done = blocking(move || {
        let chosen = of_form(&hq, &visit, &entry.store)?;
        let Some(kind) = Kind::parse(&entry.kind) else { return Err(Failure::Missing(Box::new(visit))) };
        let sent = entry.clone();
        let typed = Typed {
            product: sent.code,
            date: sent.date,
            quantity: sent.quantity,
            is_donated: !sent.donated.is_empty(),
            cost: sent.cost,
            source: sent.source,
            invoice: sent.invoice,
            households: sent.households,
            note: sent.note,
        };
        match stock::enter(&hq, &visit.person.name, &chosen.store.code, kind, &typed)? {
            Ok(()) => Ok(Ok(saved(&chosen.store.code, word(&visit, kind)))),
            Err(problem) => Ok(Err(page(&hq, &visit, &chosen, &Ask::default(), Some((&entry, &[problem])))?)),
        }
    })
    .await?;
    Ok(answer(done))
}

fn saved(store: &str, what: &str) -> String {
    format!("{TAB}?store={}&saved={}", words::encode(store), words::encode(what))
}

fn answer(done: Result<String, Markup>) -> axum::response::Response {
    match done {
        Ok(address) => Redirect::to(&address).into_response(),
        Err(page) => (StatusCode::UNPROCESSABLE_ENTITY, Html(page.into_string())).into_response(),
    }
}

/// Takes a file of sales.
pub async fn sales(
    State(hq): Shared,
    visit: Visit,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Answer {
    visit.must(Place::Shop)?;
    let done = blocking(move || {
        let body = body.unwrap_or_default();
        let form = multipart::fields(&headers, &body);
        let find = |name: &str| form.iter().find(|field| field.name == name);
        let store = find("store").map(|f| f.text().trim().to_owned()).unwrap_or_default();
        let chosen = of_form(&hq, &visit, &store)?;
        let bytes = find("file").map(|file| file.bytes).unwrap_or_default();
        match stock::import_sold(&hq, &visit.person.name, &chosen.store.code, bytes)? {
            Ok(rows) => Ok(Ok(saved(&store, &visit.lang.of(format!("{rows} 行"), format!("{rows} rows"))))),
            Err(problems) => {
                let entry = Entry { kind: Kind::Sold.code().into(), ..Entry::default() };
                Ok(Err(page(&hq, &visit, &chosen, &Ask::default(), Some((&entry, &problems)))?))
            }
        }
    })
    .await?;
    Ok(answer(done))
}
