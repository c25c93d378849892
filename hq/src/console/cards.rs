//! Cards to print: ten on an A4 sheet, with a barcode and a masked name, and nothing that says why.

use axum::extract::State;
use domain::bars;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Asked, Shared, Visit, filled, form, page, show as render};
use crate::service::access::{Place, Scope};
use crate::service::now;
use crate::store::cards as kept;
use crate::store::{audit, households, tills};

/// Cards of a sheet.
const SHEET: i64 = 10;

/// What the address says.
#[derive(Debug, Default, Deserialize)]
pub struct Ask {
    district: Option<String>,
    store: Option<String>,
    page: Option<i64>,
}

/// A card's number and whose it is.
struct Card {
    name: String,
    number: String,
}

/// A sheet.
pub async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Cards)?;
    render(move || {
        let at = ask.page.unwrap_or(0).clamp(0, 1_000_000);
        // Somebody who may see one district gets no other.
        let wanted = ask.district.clone().unwrap_or_default();
        let scope = Scope::of(&hq.reading().conn, &visit.person)?;
        let within = scope.district().unwrap_or_default();
        let district = if wanted.starts_with(within) { wanted } else { within.to_owned() };
        let store = filled(ask.store.as_ref());
        let today = domain::time::business_date(now());
        let db = hq.reading();
        let rows = households::with_cards(&db.conn, &district, store.as_deref(), today, at * SHEET, SHEET)?;
        let all = households::card_count(&db.conn, &district, store.as_deref(), today)?;
        let stores = tills::stores(&db.conn)?.into_iter().filter(|s| scope.sees_store(&s.code));
        let stores: Vec<_> = stores.map(|s| (s.code.clone(), format!("{} {}", s.code, s.name))).collect();
        if !rows.is_empty() {
            let which = json!({ "cards": rows.len(), "sheet": at + 1, "store": store, "district": district });
            audit(&hq.db().conn, &visit.person.name, "cards page", &which.to_string())?;
        }
        drop(db);
        for (_, _, card) in &rows {
            kept::printed(&hq.db().conn, card, &visit.person.name)?;
        }
        let mut cards = Vec::new();
        for (name, sealed, _) in rows {
            let private: Value = serde_json::from_slice(&hq.keys.open_sealed(&sealed)?).map_err(anyhow::Error::from)?;
            if let Some(number) = private["card_number"].as_str() {
                cards.push(Card { name, number: number.to_owned() });
            }
        }
        let body = html! {
            form.filters method="get" action=(Place::Cards.path()) {
                (form::select("store", visit.t("常去门店", "Home store"), Some(visit.t("全部", "all")), store.as_ref(), &stores))
                (form::text("district", visit.t("地区代码", "District code"), Some(&district)))
                button.main { (visit.t("查看", "Show")) }
            }
            @if cards.is_empty() {
                p.notice { (visit.t("这个地区没有带卡号的家庭。卡号在名册的 card_number 列里。", "No household here has a card number; they come with the roster's column card_number.")) }
            } @else {
                p.screen.notice { (visit.lang.of(format!("共 {all} 张，每页 {SHEET} 张；用浏览器打印，纸张选 A4，缩放 100%。"), format!("{all} cards, {SHEET} a sheet. Print with the browser on A4 at 100 %."))) }
                div.sheet { @for card in &cards { (one(&visit, card)) } }
            }
            (page::paging(&visit, at, SHEET, all, &|at| {
                let store = super::words::encode(store.as_deref().unwrap_or_default());
                format!("/console/cards?store={store}&district={}&page={at}", super::words::encode(&district))
            }))
        };
        Ok(page::page(&visit, Place::Cards, visit.t("打印卡片", "Cards to print"), body))
    })
    .await
}

fn one(visit: &Visit, card: &Card) -> Markup {
    html! {
        article.benefit {
            p.head { (page::mark()) "爱心卡" }
            p.name { (card.name) }
            (barcode(&card.number))
            p.number { (grouped(&card.number)) }
            @if barcode_data(&card.number).is_none() { p { (visit.t("号码不能印成条码", "the number has no barcode")) } }
        }
    }
}

/// Digits in fours, as people read them out.
fn grouped(number: &str) -> String {
    let chars: Vec<char> = number.chars().collect();
    chars.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// Pairs of digits take half the room; an odd digit at the front goes by itself.
fn barcode_data(number: &str) -> Option<Vec<u8>> {
    let bytes = number.as_bytes();
    if !bytes.iter().all(u8::is_ascii_digit) {
        return bytes.iter().all(|b| b.is_ascii_graphic() && *b != b'{').then(|| [b"{B", bytes].concat());
    }
    let (odd, pairs) = bytes.split_at(bytes.len() % 2);
    let mut data = if odd.is_empty() { b"{C".to_vec() } else { [b"{B", odd, b"{C"].concat() };
    data.extend(pairs.chunks(2).map(|pair| (pair[0] - b'0') * 10 + (pair[1] - b'0')));
    Some(data)
}

/// Code 128 with quiet zones of ten modules.
fn barcode(number: &str) -> Markup {
    let Some(bars) = barcode_data(number).and_then(|data| bars::code128(&data)) else { return html! {} };
    let width = bars.modules.len() + 20;
    html! {
        svg.barcode viewBox=(format!("0 0 {width} 40")) preserveAspectRatio="none" role="img" aria-label=(number) {
            @for (x, black) in bars.modules.iter().enumerate() {
                @if *black { rect x=(x + 10) y="0" width="1.02" height="40" {} }
            }
        }
    }
}
