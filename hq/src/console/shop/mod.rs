//! A store's goods, prices, promotions and staff: what its tills share. Tills get a change with their
//! next sync.

mod goods;
mod import;
mod labels;
mod list;
mod prices;
mod products;
mod promotions;
mod report;
mod staff;
mod stock;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use std::sync::Arc;

use super::{Failure, Visit, claims, files, page, words};
use crate::service::Hq;
use crate::service::access::Place;
use crate::service::shop::prices::come;
use crate::store::tills::{self, StoreRow};

/// Routes of the place.
pub fn routes() -> Router<Arc<Hq>> {
    Router::new()
        .route("/console/shop", get(products::show))
        .route("/console/shop/products.csv", get(list::csv))
        .route("/console/shop/products.xlsx", get(list::xlsx))
        .route("/console/shop/labels", get(labels::show))
        .route("/console/shop/labels.pdf", get(labels::pdf))
        .route(
            "/console/shop/import",
            get(import::show).post(import::upload).layer(DefaultBodyLimit::max(LARGEST_FILE)),
        )
        .route("/console/shop/import/{id}", get(import::one).post(import::apply))
        .route("/console/shop/stock", get(stock::show).post(stock::enter))
        .route("/console/shop/stock.csv", get(stock::csv))
        .route("/console/shop/stock.xlsx", get(stock::xlsx))
        .route("/console/shop/stock/sales", post(stock::sales).layer(DefaultBodyLimit::max(LARGEST_FILE)))
        .route("/console/shop/stock/strike", post(goods::strike))
        .route("/console/shop/stock/product", get(goods::one))
        .route("/console/signs/goods", get(goods::found))
        .route("/console/shop/report", get(report::show))
        .route("/console/shop/report.csv", get(report::csv))
        .route("/console/shop/report.xlsx", get(report::xlsx))
        .route("/console/shop/prices", get(prices::show).post(prices::save))
        .route("/console/shop/prices/take-back", post(prices::take_back))
        .route("/console/shop/product", get(products::form).post(products::save))
        .route("/console/shop/promotions", get(promotions::show).post(promotions::post))
        .route("/console/shop/staff", get(staff::show).post(staff::post))
}

/// The pages of the place: address, Chinese, English.
const TABS: [(&str, &str, &str); 8] = [
    ("/console/shop", "商品", "Products"),
    ("/console/shop/prices", "调价", "Prices to come"),
    ("/console/shop/import", "导入导出", "Files"),
    ("/console/shop/labels", "价签", "Shelf labels"),
    ("/console/shop/stock", "库存", "Stock"),
    ("/console/shop/report", "报表", "Report"),
    ("/console/shop/promotions", "促销", "Promotions"),
    ("/console/shop/staff", "员工", "Staff"),
];

/// Most bytes of an uploaded file: a price list of a hundred thousand products is smaller.
const LARGEST_FILE: usize = 16 << 20;

/// A table as CSV or as a workbook.
fn table_file(name: &str, sheet: &sheets::Sheet, is_book: bool) -> Result<Response, Failure> {
    Ok(files::sheet(&format!("{name}.{}", if is_book { "xlsx" } else { "csv" }), sheet)?)
}

/// The store that a page is about, and those that it could be about.
struct Chosen {
    store: StoreRow,
    all: Vec<StoreRow>,
}

/// A manager's own store; else the one that was asked for, or the first. None: there is no store yet.
fn chosen(hq: &Hq, visit: &Visit, wanted: Option<&str>) -> Result<Option<Chosen>, Failure> {
    visit.must(Place::Shop)?;
    come(hq)?;
    let visible = claims::visible(hq, visit)?;
    let all = tills::stores(&hq.reading().conn)?;
    let all: Vec<_> =
        all.into_iter().filter(|s| visible.as_ref().is_none_or(|codes| codes.contains(&s.code))).collect();
    let wanted = wanted.map(str::trim).filter(|code| !code.is_empty());
    match wanted {
        Some(code) => match all.iter().find(|s| s.code == code).cloned() {
            Some(store) => Ok(Some(Chosen { store, all })),
            None => Err(Failure::Missing(Box::new(visit.clone()))),
        },
        None => Ok(all.first().cloned().map(|store| Chosen { store, all })),
    }
}

/// The store of a form, which must be one that the person keeps.
fn of_form(hq: &Hq, visit: &Visit, code: &str) -> Result<Chosen, Failure> {
    let chosen = chosen(hq, visit, Some(code))?;
    chosen.filter(|c| c.store.code == code.trim()).ok_or_else(|| Failure::Missing(Box::new(visit.clone())))
}

/// A page of the place, with its tabs and the choice of store.
fn frame(visit: &Visit, chosen: &Chosen, tab: &str, body: Markup) -> Markup {
    let code = &chosen.store.code;
    let body = html! {
        ul.tabs {
            @for (path, zh, en) in TABS {
                li { a href={ (path) "?store=" (words::encode(code)) } aria-current=[(path == tab).then_some("page")] { (visit.t(zh, en)) } }
            }
        }
        @if chosen.all.len() > 1 {
            form.bar method="get" action=(tab) {
                label for="store" { (visit.t("门店", "Store")) }
                select id="store" name="store" {
                    @for store in &chosen.all { option value=(store.code) selected[store.code == *code] { (store.name) " " (store.code) } }
                }
                button { (visit.t("换店", "Change")) }
            }
        }
        (body)
    };
    let (place, name) = (Place::Shop.word(visit.lang), &chosen.store.name);
    page::page(visit, Place::Shop, &format!("{place} · {name}"), body)
}

/// There is no store that could have goods.
fn no_store(visit: &Visit) -> Markup {
    let body = html! { p.notice { (visit.t("还没有门店。请系统管理员用 jihui-hq store add 添加，店长账号要指定门店。", "No store yet: an administrator adds one with jihui-hq store add, and gives each manager a store.")) } };
    page::page(visit, Place::Shop, Place::Shop.word(visit.lang), body)
}

/// What was done, said once.
fn done(visit: &Visit, saved: Option<&String>) -> Markup {
    html! {
        @if let Some(what) = saved {
            p.notice.good role="status" { (what) " " (visit.t("已保存，各款台下次同步时生效。", "is saved; tills take it with their next sync.")) }
        }
    }
}

/// Field and sentence of what cannot be taken.
type Problems = Vec<(&'static str, String)>;

/// One field of a form: label, what was typed, and what is wrong with it.
struct Field<'a> {
    name: &'static str,
    label: &'static str,
    value: &'a str,
    kind: &'static str,
    hint: &'static str,
}

impl<'a> Field<'a> {
    fn text(name: &'static str, label: &'static str, value: &'a str) -> Self {
        Self { name, label, value, kind: "text", hint: "" }
    }

    fn kind(self, kind: &'static str) -> Self {
        Self { kind, ..self }
    }

    fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    fn show(&self, problems: &Problems) -> Markup {
        let problem = problems.iter().find(|(name, _)| *name == self.name).map(|(_, text)| text);
        let note = format!("{}-note", self.name);
        html! {
            div.field {
                label for=(self.name) { (self.label) }
                input id=(self.name) name=(self.name) type=(self.kind) value=(self.value) autocomplete="off"
                    aria-invalid=[problem.map(|_| "true")] aria-describedby=(note);
                small id=(note) {
                    @if let Some(problem) = problem { span.less { (problem) } } @else { (self.hint) }
                }
            }
        }
    }
}

/// A sentence above a form that was not taken.
fn refused(visit: &Visit, problems: &Problems) -> Markup {
    html! {
        @if !problems.is_empty() {
            p.notice.warn role="alert" {
                (visit.t("没有保存，请改正标出的各项。", "Nothing was saved: correct what is marked."))
                @for (_, text) in problems.iter().filter(|(name, _)| name.is_empty()) { " " (text) }
            }
        }
    }
}
