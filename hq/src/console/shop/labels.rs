//! Shelf labels to print: which products, what each says, the file.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{Html, IntoResponse as _};
use chrono::NaiveDate;
use domain::time::{business_date, parse_date};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;
use sheets::font;
use sheets::pdf::{Label, Labels, Made};

use super::{Chosen, chosen, files, frame, no_store};
use crate::console::{Answer, Asked, Failure, Shared, Visit, blocking, filled, form as fields, show as render, words};
use crate::service::shop::labels::{self, Shelf};
use crate::service::{Hq, catalogue, now};
use crate::store::{audit, shop as rows};

/// Most labels of a file: a hundred sheets.
const MOST: usize = 2_400;
/// So many of them are shown on the page.
const SHOWN: usize = 50;

/// What the address says.
#[derive(Debug, Default, Deserialize)]
pub struct Ask {
    store: Option<String>,
    q: Option<String>,
    since: Option<String>,
    used: Option<String>,
    frames: Option<String>,
}

impl Ask {
    fn since(&self) -> Option<NaiveDate> {
        filled(self.since.as_ref()).and_then(|text| parse_date(&text).ok())
    }

    /// 24 labels on a sheet; some places may be used already.
    fn grid(&self) -> Labels {
        let used = self.used.as_deref().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        Labels { used, frames: self.frames.is_some(), ..Labels::A4_3X8 }
    }
}

/// The labels that were asked for.
struct Wanted {
    labels: Vec<Label>,
    is_cut: bool,
}

fn wanted(hq: &Hq, chosen: &Chosen, ask: &Ask) -> Result<Wanted, Failure> {
    let (text, since) = (filled(ask.q.as_ref()).unwrap_or_default(), ask.since().map(|day| day.to_string()));
    let most = i64::try_from(MOST).unwrap_or(i64::MAX);
    let db = hq.reading();
    let mut entries = rows::products_since(&db.conn, &chosen.store.code, &text, since.as_deref(), most + 1)?;
    let programmes: Vec<_> = catalogue::published(&db.conn)?.into_iter().map(|(programme, _)| programme).collect();
    let is_cut = entries.len() > MOST;
    entries.truncate(MOST);
    let shelf = Shelf::open(&chosen.store, &programmes, business_date(now()));
    let mut found = Vec::with_capacity(entries.len());
    for product in entries.iter().filter_map(labels::product) {
        found.push(labels::label(&product, shelf.reduced(&db.conn, &product)?.as_ref()));
    }
    Ok(Wanted { labels: found, is_cut })
}

fn made(ask: &Ask, wanted: &Wanted) -> Result<Made, String> {
    ask.grid().to_pdf(&wanted.labels, &font::system()?)
}

/// The page.
pub async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    render(move || page(&hq, &visit, &ask)).await
}

fn page(hq: &Arc<Hq>, visit: &Visit, ask: &Ask) -> Result<Markup, Failure> {
    let Some(chosen) = chosen(hq, visit, ask.store.as_deref())? else { return Ok(no_store(visit)) };
    let wanted = wanted(hq, &chosen, ask)?;
    let made = made(ask, &wanted);
    let store = &chosen.store.code;
    let body = html! {
        form.filters method="get" action="/console/shop/labels" {
            input type="hidden" name="store" value=(store);
            (fields::text("q", visit.t("名称、规格或条码", "Name, specification or barcode"), ask.q.as_ref()))
            (fields::date("since", visit.t("从这天起改过的", "Changed since"), ask.since.as_ref()))
            button { (visit.t("选出商品", "Choose")) }
            a.button href={ "/console/shop/labels?store=" (words::encode(store)) } { (visit.t("全部商品", "All products")) }
        }
        @if wanted.is_cut {
            p.notice.warn { (visit.lang.of(
                format!("一次最多 {MOST} 张，这里是前 {MOST} 张。请用名称或日期分几次打印。"),
                format!("At most {MOST} labels at a time: these are the first {MOST}. Narrow the choice by name or date."),
            )) }
        }
        @match &made {
            Err(problem) => p.notice.warn role="alert" { (problem) },
            Ok(_) if wanted.labels.is_empty() => p.notice { (visit.t("没有这样的商品。", "There is no such product.")) },
            Ok(made) => (ready(visit, store, ask, &wanted, made)),
        }
        @if !wanted.labels.is_empty() { (table(visit, &wanted.labels)) }
    };
    Ok(frame(visit, &chosen, "/console/shop/labels", body))
}

/// What the file is, and the button that fetches it.
fn ready(visit: &Visit, store: &str, ask: &Ask, wanted: &Wanted, made: &Made) -> Markup {
    let (count, pages) = (wanted.labels.len(), made.pages);
    let missing: String = made.missing.iter().map(char::to_string).collect::<Vec<_>>().join(" ");
    html! {
        @if !missing.is_empty() {
            p.notice.warn { (visit.lang.of(
                format!("字体里没有这些字，价签上印成〓，请用笔补上：{missing}"),
                format!("The font lacks these characters; they stand as 〓, to be written by hand: {missing}"),
            )) }
        }
        form.card.sheet-form method="get" action="/console/shop/labels.pdf" {
            h2 { (visit.lang.of(format!("{count} 张价签，{pages} 页 A4（每页 3 × 8 张）"), format!("{count} labels on {pages} sheets of A4 (3 × 8 each)"))) }
            input type="hidden" name="store" value=(store);
            input type="hidden" name="q" value=[&ask.q];
            input type="hidden" name="since" value=[&ask.since];
            div.field {
                label for="used" { (visit.t("第一页已用掉几张", "Labels used on the first sheet")) }
                input id="used" name="used" value=(ask.grid().used) inputmode="numeric";
            }
            label.tick { input type="checkbox" name="frames" value="1"; (visit.t("画裁切线（普通纸）", "Lines to cut along (plain paper)")) }
            p.actions { button.main { (visit.t("下载 PDF", "Download the PDF")) } }
        }
    }
}

fn table(visit: &Visit, labels: &[Label]) -> Markup {
    let count = labels.len();
    html! {
        div.scroll { table {
            caption {
                @if count > SHOWN { (visit.lang.of(format!("前 {SHOWN} 张"), format!("The first {SHOWN}"))) }
                @else { (visit.t("价签上写什么", "What the labels say")) }
            }
            thead { tr {
                th scope="col" { (visit.t("商品", "Product")) } th.number scope="col" { "零售价" }
                th.number scope="col" { "惠民价（凭核验）" } th scope="col" { (visit.t("条件", "Condition")) }
                th scope="col" { (visit.t("条码或编号", "Barcode or PLU")) }
            } }
            tbody { @for label in labels.iter().take(SHOWN) { tr {
                td { (label.name) " " small { (label.spec) } }
                @for place in 0..2 {
                    td.number { @match label.prices.get(place) {
                        Some((_, amount)) => { (domain::words::yuan(*amount)) " " small { "/ " (label.unit) } },
                        None => "–",
                    } }
                }
                td { (label.note) }
                td { code { (label.code) } }
            } } }
        } }
    }
}

/// The file; the page with the reason where it cannot be made.
pub async fn pdf(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    blocking(move || {
        let Some(chosen) = chosen(&hq, &visit, ask.store.as_deref())? else {
            return Ok(Html(no_store(&visit).into_string()).into_response());
        };
        let wanted = wanted(&hq, &chosen, &ask)?;
        match made(&ask, &wanted) {
            Ok(made) => {
                let detail = json!({ "store": chosen.store.code, "labels": wanted.labels.len() });
                audit(&hq.db().conn, &visit.person.name, "shop labels", &detail.to_string())?;
                Ok(files::bytes("labels.pdf", "application/pdf", made.bytes))
            }
            Err(_) => Ok(Html(page(&hq, &visit, &ask)?.into_string()).into_response()),
        }
    })
    .await
}
