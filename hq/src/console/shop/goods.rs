//! One product's month: what was entered, and the claims that sold it with help. To reviewers: which
//! products of which stores were sold with help beyond what was received.

use axum::extract::{Form, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::time::business_date;
use maud::{Markup, html};
use serde::Deserialize;

use super::stock::{TAB, names};
use super::{chosen, frame, no_store, of_form};
use crate::console::{Answer, Asked, Failure, Shared, Visit, blocking, filled, page, show as render, words};
use crate::service::access::{Place, Scope};
use crate::service::stock::{self, Line, Month, signed};
use crate::service::{Hq, now};
use crate::store::stock::{self as books, Move, Sold};
use crate::store::{shop as rows, tills};

/// Reviewers' list.
const FOUND: &str = "/console/signs/goods";
/// Most claims of a list.
const MOST: i64 = 500;

/// What the address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Ask {
    store: Option<String>,
    month: Option<String>,
    key: Option<String>,
}

impl Ask {
    fn month(&self) -> Month {
        let asked = filled(self.month.as_ref()).and_then(|text| Month::parse(&text));
        asked.unwrap_or_else(|| Month::of(business_date(now())))
    }
}

/// A product's month, to its store.
pub async fn one(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    render(move || {
        let Some(chosen) = chosen(&hq, &visit, ask.store.as_deref())? else { return Ok(no_store(&visit)) };
        let Some(key) = filled(ask.key.as_ref()) else { return Err(Failure::Missing(Box::new(visit))) };
        let (store, month) = (&chosen.store.code, ask.month());
        let db = hq.reading();
        let name = names(rows::find(&db.conn, store, "product", &key)?.as_slice()).remove(&key);
        let moves = books::of_product(&db.conn, store, &key, &month.first.to_string(), &month.last.to_string())?;
        let claims = claims(&db.conn, store, &key, month)?;
        drop(db);
        let body = html! {
            h2 { (name.as_deref().unwrap_or(&key)) " " small { code { (key) } " · " (month.key()) } }
            (entered(&visit, store, &moves))
            (sold(&visit, &claims))
            p { a.button href={ (TAB) "?store=" (words::encode(store)) "&month=" (month.key()) } { (visit.t("返回", "Back")) } }
        };
        Ok(frame(&visit, &chosen, TAB, body))
    })
    .await
}

fn claims(conn: &crate::store::sql::Conn, store: &str, key: &str, month: Month) -> anyhow::Result<Vec<Sold>> {
    books::claims(conn, store, key, &month.first.to_string(), &month.last.to_string(), MOST)
}

fn entered(visit: &Visit, store: &str, moves: &[Move]) -> Markup {
    let word = |m: &Move| match (m.kind.as_str(), m.is_donated) {
        ("received", false) => visit.t("收货（采购）", "received, bought"),
        ("received", true) => visit.t("收货（捐赠）", "received, donated"),
        ("sold", _) => visit.t("其他销售", "other sales"),
        ("given", _) => visit.t("发放", "handed out"),
        _ => visit.t("盘点", "counted"),
    };
    let detail = |m: &Move| {
        let cost = m.cost_fen.map(words::yuan).unwrap_or_default();
        let families = m.households.map(|n| visit.lang.of(format!("{n} 户"), format!("{n} households")));
        let parts = [m.source.clone(), m.invoice.clone(), cost, families.unwrap_or_default(), m.note.clone()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    };
    html! {
        @if moves.is_empty() { p.notice { (visit.t("这个月没有登记。", "Nothing was entered in this month.")) } }
        @else { div.scroll { table {
            caption { (visit.t("登记", "Entered")) }
            thead { tr {
                th scope="col" { (visit.t("日期", "Date")) } th scope="col" { (visit.t("什么", "What")) } th.number scope="col" { (visit.t("数量", "Quantity")) }
                th scope="col" { (visit.t("来源、发票、原因", "Source, invoice, reason")) } th scope="col" { (visit.t("谁", "Who")) } th scope="col" { span.unseen { (visit.t("划掉", "Strike out")) } }
            } }
            tbody { @for m in moves { tr {
                td.whole { (m.date) } td { (word(m)) }
                td.number { @if m.struck_by.is_some() { s { (signed(m.milli)) } } @else { (signed(m.milli)) } }
                td.wrap { (detail(m)) } td { (m.who) }
                td { @match &m.struck_by {
                    Some(who) => small { (visit.t("已划掉：", "struck out by ")) (who) },
                    None => form method="post" action={ (TAB) "/strike" } {
                        input type="hidden" name="store" value=(store); input type="hidden" name="id" value=(m.id);
                        input type="hidden" name="key" value=(m.product); input type="hidden" name="month" value=(m.date.get(..7).unwrap_or_default());
                        button.quiet { (visit.t("划掉", "Strike out")) }
                    },
                } }
            } } }
        } } }
    }
}

fn sold(visit: &Visit, claims: &[Sold]) -> Markup {
    html! {
        @if !claims.is_empty() { div.scroll { table {
            caption { (visit.t("惠民销售，来自申报", "Sold with help, by claims")) }
            thead { tr { th scope="col" { (visit.t("日期", "Date")) } th scope="col" { (visit.t("小票", "Receipt")) } th scope="col" { (visit.t("状态", "State")) } th.number scope="col" { (visit.t("数量", "Quantity")) } } }
            tbody { @for claim in claims { tr {
                td.whole { (claim.date) }
                td { a href={ "/console/claims/" (words::encode(&claim.uuid)) "?row=" (claim.claim) } { (claim.sale.as_deref().unwrap_or(&claim.uuid)) } }
                td { (words::state(visit.lang, &claim.state)) }
                td.number { (signed(claim.milli)) }
            } } }
        } } }
    }
}

/// What is struck out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Strike {
    store: String,
    id: String,
    key: String,
    month: String,
}

/// Strikes an entry out.
pub async fn strike(State(hq): Shared, visit: Visit, Form(form): Form<Strike>) -> Answer {
    visit.must(Place::Shop)?;
    let address = blocking(move || {
        let chosen = of_form(&hq, &visit, &form.store)?;
        let store = &chosen.store.code;
        let known = form.id.parse().ok().map(|id| stock::strike(&hq, &visit.person.name, store, id)).transpose()?;
        if known != Some(true) {
            return Err(Failure::Missing(Box::new(visit)));
        }
        let (month, key) = (words::encode(&form.month), words::encode(&form.key));
        Ok(format!("{TAB}/product?store={}&month={month}&key={key}", words::encode(store)))
    })
    .await?;
    Ok(Redirect::to(&address).into_response())
}

/// To reviewers: claims held against what was bought; with a product, its claims.
pub async fn found(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Signs)?;
    render(move || {
        let scope = Scope::of(&hq.reading().conn, &visit.person)?;
        let body = match (filled(ask.store.as_ref()), filled(ask.key.as_ref())) {
            (Some(store), Some(key)) if scope.sees_store(&store) => {
                let claims = claims(&hq.reading().conn, &store, &key, ask.month())?;
                html! {
                    h2 { (store) " " code { (key) } " " small { (ask.month().key()) } }
                    @if claims.is_empty() { p.notice { (visit.t("没有这样的申报。", "There is no such claim.")) } }
                    (sold(&visit, &claims))
                    p { a.button href={ (FOUND) "?month=" (ask.month().key()) } { (visit.t("返回", "Back")) } }
                }
            }
            (Some(_), Some(_)) => return Err(Failure::Missing(Box::new(visit))),
            _ => list(&hq, &visit, &scope, ask.month())?,
        };
        Ok(page::page(&visit, Place::Signs, visit.t("申报与进货核对", "Claims held against what was bought"), body))
    })
    .await
}

fn list(hq: &Hq, visit: &Visit, scope: &Scope, month: Month) -> Result<Markup, Failure> {
    let db = hq.reading();
    let mut found: Vec<(String, Line, String)> = Vec::new();
    let mut unkept = 0;
    for store in tills::stores(&db.conn)?.into_iter().filter(|store| scope.sees_store(&store.code)) {
        for line in stock::month(&db.conn, &store.code, None, month)? {
            unkept += usize::from(!line.is_kept && line.helped > 0);
            if line.above() > 0 {
                let name = names(rows::find(&db.conn, &store.code, "product", &line.product)?.as_slice());
                let name = name.into_values().next().unwrap_or_else(|| line.product.clone());
                found.push((store.code.clone(), line, name));
            }
        }
    }
    drop(db);
    Ok(html! {
        p { (visit.t("一个月里惠民销售的数量多于期初加收货的商品。门店可能漏登了收货，也可能申报了没有卖出的商品。", "Products of which more was sold with help in a month than opening stock and receipts. A receipt may be missing; or goods were claimed that were never sold.")) }
        form.filters method="get" action=(FOUND) {
            div.field { label for="month" { (visit.t("月份", "Month")) } input id="month" type="month" name="month" value=(month.key()); }
            button.main { (visit.t("查看", "Show")) }
        }
        @if unkept > 0 { p.notice { (visit.lang.of(format!("另有 {unkept} 种有申报的商品，门店没有登记收货或盘点，无法核对。"), format!("Of {unkept} more products with claims nothing was received or counted: there is nothing to hold them against."))) } }
        @if found.is_empty() { p.notice { (visit.t("没有发现。", "Nothing was found.")) } }
        @else { div.scroll { table {
            thead { tr {
                th scope="col" { (visit.t("门店", "Store")) } th scope="col" { (visit.t("商品", "Product")) } th.number scope="col" { (visit.t("期初", "Opening")) }
                th.number scope="col" { (visit.t("收货", "Received")) } th.number scope="col" { (visit.t("惠民销售", "With help")) } th.number scope="col" { (visit.t("超出", "Above")) }
            } }
            tbody { @for (store, line, name) in &found { tr {
                td { (store) }
                td { a href={ (FOUND) "?month=" (month.key()) "&store=" (words::encode(store)) "&key=" (words::encode(&line.product)) } { (name) } }
                td.number { (signed(line.opening)) } td.number { (signed(line.received)) } td.number { (signed(line.helped)) }
                td.number { span.less { (signed(line.above())) } }
            } } }
        } } }
    })
}
