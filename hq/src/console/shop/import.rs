//! Products from a file: sent, looked at, applied.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _, Redirect};
use domain::product::Product;
use maud::{Markup, html};
use serde::Deserialize;

use super::{Chosen, chosen, frame, no_store, of_form};
use crate::console::multipart;
use crate::console::{Answer, Asked, Failure, Shared, Visit, blocking, show as render, words};
use crate::service::Hq;
use crate::service::access::Place;
use crate::service::shop::import::{self, Changed, Difference, NotApplied};
use crate::store::shop::imports::{self, Import};

const TAB: &str = "/console/shop/import";
/// So many changes and bad rows are shown; the figures count all.
const SHOWN: usize = 500;

/// What the address says.
#[derive(Debug, Default, Deserialize)]
pub struct Ask {
    store: Option<String>,
}

/// Where a file is sent, and what was sent lately.
pub async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    render(move || {
        let Some(chosen) = chosen(&hq, &visit, ask.store.as_deref())? else { return Ok(no_store(&visit)) };
        start(&hq, &visit, &chosen, None)
    })
    .await
}

fn start(hq: &Arc<Hq>, visit: &Visit, chosen: &Chosen, problem: Option<&str>) -> Result<Markup, Failure> {
    let store = &chosen.store.code;
    let newest = imports::newest(&hq.reading().conn, store, 10)?;
    let asked = words::encode(store);
    let body = html! {
        @if let Some(problem) = problem { p.notice.warn role="alert" { (problem) } }
        div.halves {
            form.card method="post" action=(TAB) enctype="multipart/form-data" {
                h2 { (visit.t("导入商品和价格", "Import products and prices")) }
                p { (visit.t(
                    "CSV 或 Excel 文件，要有“条码”或“编号”一列；其余各列（名称、规格、单位、分类、单价、税率）有什么改什么，空格不改。先看差别，再应用。",
                    "CSV or Excel, with a column for the barcode or PLU; of the others (name, spec, unit, group, price, tax rate) only what is filled changes. You see the difference first.",
                )) }
                input type="hidden" name="store" value=(store);
                p { label for="file" { (visit.t("文件（不超过 16 MB）", "File (at most 16 MB)")) }
                    input id="file" type="file" name="file" accept=".csv,.xlsx,.xls" required; }
                button.main { (visit.t("看差别", "See the difference")) }
            }
            section.card {
                h2 { (visit.t("导出商品", "Export the products")) }
                p { (visit.t("导出的文件改好后可以再导入。", "Change the file and import it again.")) }
                p.actions {
                    a.button href={ "/console/shop/products.xlsx?store=" (asked) } { "Excel" } " "
                    a.button href={ "/console/shop/products.csv?store=" (asked) } { "CSV" }
                }
            }
        }
        @if !newest.is_empty() { (sent(visit, &newest)) }
    };
    Ok(frame(visit, chosen, TAB, body))
}

fn sent(visit: &Visit, newest: &[Import]) -> Markup {
    html! {
        div.scroll { table {
            caption { (visit.t("最近的文件", "Latest files")) }
            thead { tr { th scope="col" { (visit.t("时间", "When")) } th scope="col" { (visit.t("文件", "File")) } th scope="col" { (visit.t("谁", "Who")) } th scope="col" { (visit.t("结果", "Outcome")) } } }
            tbody { @for import in newest { tr {
                td.whole { (words::moment(import.at)) }
                td { a href={ (TAB) "/" (import.id) } { (import.file) } }
                td { (import.who) }
                td { (outcome(visit, import)) }
            } } }
        } }
    }
}

fn outcome(visit: &Visit, import: &Import) -> String {
    if import.is_applied {
        let (added, changed) = (import.added, import.changed);
        visit
            .lang
            .of(format!("已应用：新增 {added}，修改 {changed}"), format!("applied: {added} new, {changed} changed"))
    } else {
        visit.t("还没有应用", "not applied yet").into()
    }
}

/// Takes a file.
pub async fn upload(
    State(hq): Shared,
    visit: Visit,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Answer {
    visit.must(Place::Shop)?;
    let done = blocking(move || {
        let body = body.unwrap_or_default();
        let fields = multipart::fields(&headers, &body);
        let find = |name: &str| fields.iter().find(|field| field.name == name);
        let store = find("store").map(|f| f.text().trim().to_owned()).unwrap_or_default();
        let Some(file) = find("file").filter(|f| f.file.is_some() && !f.bytes.is_empty()) else {
            let Some(chosen) = chosen(&hq, &visit, Some(&store))? else { return Ok(Err(no_store(&visit))) };
            let text = visit.t("没有收到文件，或者文件超过 16 MB。", "No file came, or it is larger than 16 MB.");
            return Ok(Err(start(&hq, &visit, &chosen, Some(text))?));
        };
        let chosen = of_form(&hq, &visit, &store)?;
        let name = file.file.clone().unwrap_or_default();
        match import::take(&hq, &visit.person.name, &chosen.store.code, &name, file.bytes)? {
            Ok(id) => Ok(Ok(format!("{TAB}/{id}"))),
            Err(problem) => Ok(Err(start(&hq, &visit, &chosen, Some(&problem))?)),
        }
    })
    .await?;
    Ok(match done {
        Ok(address) => Redirect::to(&address).into_response(),
        Err(page) => (StatusCode::UNPROCESSABLE_ENTITY, Html(page.into_string())).into_response(),
    })
}

/// A file of a store that the person keeps.
fn found(hq: &Arc<Hq>, visit: &Visit, id: &str) -> Result<(Import, Chosen), Failure> {
    visit.must(Place::Shop)?;
    let missing = || Failure::Missing(Box::new(visit.clone()));
    let id = id.parse().map_err(|_| missing())?;
    let import = imports::find(&hq.reading().conn, id)?.ok_or_else(missing)?;
    let chosen = of_form(hq, visit, &import.store)?;
    Ok((import, chosen))
}

/// What a file would change.
pub async fn one(State(hq): Shared, visit: Visit, Path(id): Path<String>) -> Answer {
    render(move || {
        let (import, chosen) = found(&hq, &visit, &id)?;
        page(&hq, &visit, &chosen, &import, None)
    })
    .await
}

fn page(
    hq: &Arc<Hq>,
    visit: &Visit,
    chosen: &Chosen,
    import: &Import,
    problem: Option<&str>,
) -> Result<Markup, Failure> {
    let back = format!("{TAB}?store={}", words::encode(&import.store));
    let body = if import.is_applied {
        html! {
            @if let Some(problem) = problem { p.notice.warn role="alert" { (problem) } }
            p.notice.good role="status" { (import.file) " · " (outcome(visit, import)) " " (visit.t("各款台下次同步时生效。", "Tills take it with their next sync.")) }
            p { a.button href=(back) { (visit.t("返回", "Back")) } }
        }
    } else {
        let difference = import::difference(&hq.reading().conn, import)?;
        html! {
            @if let Some(problem) = problem { p.notice.warn role="alert" { (problem) } }
            (summary(visit, import, &difference, &back))
            (bad(visit, &difference))
            @if !difference.changes.is_empty() { (changes(visit, &difference)) }
        }
    };
    Ok(frame(visit, chosen, TAB, body))
}

fn summary(visit: &Visit, import: &Import, d: &Difference, back: &str) -> Markup {
    let (added, same, wrong) = (d.added(), d.same, d.bad.len());
    let changed = d.changes.len() - added;
    let ignored = d.ignored.join(visit.t("、", ", "));
    html! {
        form.card method="post" action={ (TAB) "/" (import.id) } {
            h2 { (import.file) }
            p { (visit.lang.of(
                format!("新增 {added} 种，修改 {changed} 种，不变 {same} 种，有问题 {wrong} 行。"),
                format!("{added} new, {changed} changed, {same} unchanged, {wrong} rows with a problem."),
            )) }
            @if !ignored.is_empty() { p { (visit.t("没有读的列：", "Columns that are not read: ")) (ignored) } }
            input type="hidden" name="seen" value=(d.digest());
            p.actions {
                @if d.changes.is_empty() { (visit.t("没有要改的。 ", "There is nothing to change. ")) }
                @else { button.main { (visit.lang.of(format!("应用这 {} 种", d.changes.len()), format!("Apply these {}", d.changes.len()))) } " " }
                a.button href=(back) { (visit.t("返回", "Back")) }
            }
        }
    }
}

fn bad(visit: &Visit, d: &Difference) -> Markup {
    html! {
        @if !d.bad.is_empty() {
            div.scroll { table {
                caption { (visit.t("有问题的行，应用时跳过", "Rows with a problem: they are left out")) }
                thead { tr { th.number scope="col" { (visit.t("行", "Line")) } th scope="col" { (visit.t("问题", "What is wrong")) } } }
                tbody { @for (line, problem) in d.bad.iter().take(SHOWN) { tr { td.number { (line) } td.wrap { (problem) } } } }
            } }
        }
    }
}

fn changes(visit: &Visit, d: &Difference) -> Markup {
    html! {
        div.scroll { table {
            caption {
                (visit.t("要改什么", "What changes"))
                @if d.changes.len() > SHOWN { " " (visit.lang.of(format!("（前 {SHOWN} 种）"), format!("(the first {SHOWN})"))) }
            }
            thead { tr {
                th.number scope="col" { (visit.t("行", "Line")) } th scope="col" { (visit.t("商品", "Product")) }
                th scope="col" { (visit.t("条码或编号", "Barcode or PLU")) }
                th.number scope="col" { (visit.t("原价格", "Price now")) } th.number scope="col" { (visit.t("新价格", "New price")) }
                th scope="col" { (visit.t("其他改动", "Other changes")) }
            } }
            tbody { @for change in d.changes.iter().take(SHOWN) { (row(visit, change)) } }
        } }
    }
}

fn row(visit: &Visit, change: &Changed) -> Markup {
    let price = |product: &Product| product.price.map(domain::words::yuan).unwrap_or_default();
    let new = &change.new;
    html! { tr {
        td.number { (change.line) }
        td { (new.name) " " small { (new.spec) } }
        td { code { (new.key.parts().1) } }
        @match &change.old {
            Some(old) => {
                td.number { (price(old)) }
                td.number { @if old.price == new.price { "–" } @else { strong { (price(new)) } } }
                td.wrap { (others(visit, old, new)) }
            }
            None => { td.number { "–" } td.number { strong { (price(new)) } } td { span.state.good { (visit.t("新商品", "new")) } } }
        }
    } }
}

/// What else than the price changes, before and after.
fn others(visit: &Visit, old: &Product, new: &Product) -> String {
    let content = |p: &Product| p.content_kg.map(|kg| kg.to_string()).unwrap_or_default();
    let fields = [
        (visit.t("名称", "name"), old.name.clone(), new.name.clone()),
        (visit.t("规格", "spec"), old.spec.clone(), new.spec.clone()),
        (visit.t("单位", "unit name"), old.unit_name.clone(), new.unit_name.clone()),
        (visit.t("计价单位", "unit"), old.unit.word().into(), new.unit.word().into()),
        (visit.t("公斤数", "kg"), content(old), content(new)),
        (visit.t("分类", "group"), old.group.clone(), new.group.clone()),
        (visit.t("税率", "tax rate"), old.tax_rate.clone(), new.tax_rate.clone()),
    ];
    let changed = fields.iter().filter(|(_, before, after)| before != after);
    changed.map(|(name, before, after)| format!("{name} {before} → {after}")).collect::<Vec<_>>().join("；")
}

/// What was seen.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Seen {
    seen: String,
}

/// Applies a file.
pub async fn apply(State(hq): Shared, visit: Visit, Path(id): Path<String>, Form(form): Form<Seen>) -> Answer {
    let done = blocking(move || {
        let (import, chosen) = found(&hq, &visit, &id)?;
        let why = match import::apply(&hq, &visit.person.name, import.id, &form.seen)? {
            Ok(()) => return Ok(Ok(format!("{TAB}/{}", import.id))),
            Err(NotApplied::Already) => visit.t("这个文件已经应用过了。", "This file was applied already."),
            Err(NotApplied::Another) => {
                visit.t("商品刚刚又变了，请再看一遍差别。", "The list has changed since: look at the difference again.")
            }
        };
        let (import, chosen) = found(&hq, &visit, &import.id.to_string()).unwrap_or((import, chosen));
        Ok(Err(page(&hq, &visit, &chosen, &import, Some(why))?))
    })
    .await?;
    Ok(match done {
        Ok(address) => Redirect::to(&address).into_response(),
        Err(page) => (StatusCode::CONFLICT, Html(page.into_string())).into_response(),
    })
}
