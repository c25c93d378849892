//! Prices that hold from a date on.

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect};
use maud::{Markup, html};
use serde::Deserialize;

use super::stock::names;
use super::{Chosen, chosen, frame, no_store, of_form};
use crate::console::{Answer, Asked, Failure, Shared, Visit, blocking, show as render, words};
use crate::service::Hq;
use crate::service::access::Place;
use crate::service::shop::prices;
use crate::store::shop::prices::waiting;
use crate::store::shop::{self as rows};

const TAB: &str = "/console/shop/prices";
/// Most rows of the list.
const MOST: i64 = 1_000;

/// What the address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Ask {
    store: Option<String>,
    code: Option<String>,
}

/// What is typed, or taken back.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    store: String,
    id: String,
    code: String,
    date: String,
    price: String,
}

/// The page.
pub async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    render(move || {
        let Some(chosen) = chosen(&hq, &visit, ask.store.as_deref())? else { return Ok(no_store(&visit)) };
        let typed = Typed { code: ask.code.clone().unwrap_or_default(), ..Typed::default() };
        page(&hq, &visit, &chosen, &typed, None)
    })
    .await
}

fn page(hq: &Hq, visit: &Visit, chosen: &Chosen, typed: &Typed, problem: Option<&str>) -> Result<Markup, Failure> {
    let store = &chosen.store.code;
    let field = |name: &str, label: &str, value: &str, kind: &str| {
        html! { div.field { label for=(name) { (label) } input id=(name) name=(name) type=(kind) value=(value) required autocomplete="off"; } }
    };
    let body = html! {
        @if let Some(problem) = problem { p.notice.warn role="alert" { (problem) } }
        form.card.sheet-form method="post" action=(TAB) {
            h2 { (visit.t("定以后的价格", "Set a price to come")) }
            input type="hidden" name="store" value=(store);
            (field("code", visit.t("条码或编号", "Barcode or PLU"), &typed.code, "text"))
            (field("date", visit.t("从哪天起", "From which day"), &typed.date, "date"))
            (field("price", visit.t("单价（元）", "Price (yuan)"), &typed.price, "text"))
            p.actions { button.main { (visit.t("保存", "Save")) } }
        }
        p { (visit.t("到了那天零点以后，总部把新价格发给各款台；款台在那天第一次联网时换价。同一天再定一次，以后定的为准。", "After midnight headquarters gives the new price to the tills, which take it with their first sync of that day. The later of two for the same day counts.")) }
        (list(hq, visit, store)?)
    };
    Ok(frame(visit, chosen, TAB, body))
}

fn list(hq: &Hq, visit: &Visit, store: &str) -> Result<Markup, Failure> {
    let db = hq.reading();
    let mut shown = Vec::new();
    for to_come in waiting(&db.conn, store, MOST)? {
        let entry = rows::find(&db.conn, store, "product", &to_come.product)?;
        let product = entry.as_ref().and_then(crate::service::shop::labels::product);
        let name = names(entry.as_slice()).into_values().next().unwrap_or_default();
        let price = product.and_then(|p| p.price).map(domain::words::yuan).unwrap_or_default();
        shown.push((to_come, name, price));
    }
    drop(db);
    Ok(html! {
        @if shown.is_empty() { p.notice { (visit.t("没有等着生效的价格。", "No price is to come.")) } }
        @else { div.scroll { table {
            caption { (visit.t("等着生效的价格", "Prices to come")) }
            thead { tr {
                th scope="col" { (visit.t("从哪天起", "From")) } th scope="col" { (visit.t("商品", "Product")) } th scope="col" { (visit.t("条码或编号", "Barcode or PLU")) }
                th.number scope="col" { (visit.t("现价", "Price now")) } th.number scope="col" { (visit.t("新价", "New price")) } th scope="col" { (visit.t("谁定的", "Set by")) }
                th scope="col" { span.unseen { (visit.t("撤回", "Take back")) } }
            } }
            tbody { @for (p, name, price) in &shown { tr {
                td.whole { (p.date) } td { (name) } td { code { (p.product.split_once(':').map_or("", |(_, code)| code)) } }
                td.number { (price) } td.number { strong { (words::yuan(p.price_fen)) } } td { (p.who) }
                td { form method="post" action={ (TAB) "/take-back" } {
                    input type="hidden" name="store" value=(store); input type="hidden" name="id" value=(p.id);
                    button.quiet { (visit.t("撤回", "Take back")) }
                } }
            } } }
        } } }
    })
}

/// Sets a price to come.
pub async fn save(State(hq): Shared, visit: Visit, Form(typed): Form<Typed>) -> Answer {
    visit.must(Place::Shop)?;
    let done = blocking(move || {
        let chosen = of_form(&hq, &visit, &typed.store)?;
        let store = &chosen.store.code;
        match prices::plan(&hq, &visit.person.name, store, &typed.code, &typed.date, &typed.price)? {
            Ok(()) => Ok(Ok(format!("{TAB}?store={}", words::encode(store)))),
            Err(problem) => Ok(Err(page(&hq, &visit, &chosen, &typed, Some(&problem))?)),
        }
    })
    .await?;
    Ok(match done {
        Ok(address) => Redirect::to(&address).into_response(),
        Err(page) => (StatusCode::UNPROCESSABLE_ENTITY, Html(page.into_string())).into_response(),
    })
}

/// Takes one back.
pub async fn take_back(State(hq): Shared, visit: Visit, Form(typed): Form<Typed>) -> Answer {
    visit.must(Place::Shop)?;
    let address = blocking(move || {
        let chosen = of_form(&hq, &visit, &typed.store)?;
        let store = &chosen.store.code;
        let id = typed.id.parse().ok();
        match id.map(|id| prices::take_back(&hq, &visit.person.name, store, id)).transpose()? {
            Some(true) => Ok(format!("{TAB}?store={}", words::encode(store))),
            Some(false) | None => Err(Failure::Missing(Box::new(visit))),
        }
    })
    .await?;
    Ok(Redirect::to(&address).into_response())
}
