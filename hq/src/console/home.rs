//! What waits for this person.

use std::collections::BTreeMap;

use axum::extract::State;
use maud::{Markup, html};

use super::{Answer, Shared, Visit, claims, funds, page, register, settle, show as render, stores, words};
use crate::service::access::Place;
use crate::service::{self, Hq};
use crate::store::pages::{self, ClaimFilter, ClaimRow, ClaimSums, TillRow};
use crate::store::{now_ms, tills};

/// So many claims and tills are named; the rest are a link away.
const NAMED: i64 = 8;

/// What is shown.
struct Waiting {
    sums: BTreeMap<String, ClaimSums>,
    held: Vec<ClaimRow>,
    tills: Vec<TillRow>,
    stores: usize,
}

impl Waiting {
    fn sum(&self, state: &str) -> ClaimSums {
        self.sums.get(state).copied().unwrap_or_default()
    }

    fn all(&self) -> ClaimSums {
        self.sums.values().fold(ClaimSums::default(), |all, one| ClaimSums {
            count: all.count + one.count,
            claimed: all.claimed + one.claimed,
            granted: all.granted + one.granted,
            is_part: false,
        })
    }

    fn silent(&self) -> Vec<&TillRow> {
        self.tills.iter().filter(|t| t.heard.is_some_and(|at| now_ms() - at > stores::SILENT_MS)).collect()
    }
}

/// The page.
pub async fn show(State(hq): Shared, visit: Visit) -> Answer {
    render(move || {
        let role = visit.person.role;
        let visible = claims::visible(&hq, &visit)?;
        let every = ClaimFilter { visible: visible.clone(), ..ClaimFilter::default() };
        let held = ClaimFilter { state: Some("held".into()), ..every.clone() };
        let sees = |store: &str| visible.as_ref().is_none_or(|codes| codes.iter().any(|code| code == store));
        let db = hq.reading();
        let waiting = Waiting {
            sums: pages::sums_by_state(&db.conn, &every)?,
            held: pages::claims(&db.conn, &held, "date", false, 0, NAMED)?,
            tills: pages::tills(&db.conn)?.into_iter().filter(|t| sees(&t.store)).collect(),
            stores: tills::stores(&db.conn)?.into_iter().filter(|s| sees(&s.code)).count(),
        };
        drop(db);
        let (settlement, warnings) = (settle::tile(&hq, &visit)?, funds::warnings(&hq, &visit)?);
        let accounts = register::waiting(&hq, &visit)?;
        let body = html! {
            (warnings)
            (accounts)
            (tiles(&visit, &waiting, &settlement))
            @if role.may(Place::Claims) { (claims::oldest(&visit, &waiting.held)) }
            @if role.may(Place::Stores) { (silent(&visit, &waiting.silent())) }
            @if role.may(Place::Audit) { (copies(&hq, &visit)) }
        };
        Ok(page::page(&visit, Place::Home, visit.t("待办", "To do"), body))
    })
    .await
}

fn tiles(visit: &Visit, waiting: &Waiting, settlement: &Markup) -> Markup {
    let role = visit.person.role;
    let (held, adjusted, all) = (waiting.sum("held"), waiting.sum("adjusted"), waiting.all());
    let silent = waiting.silent().len();
    let unenrolled = waiting.tills.iter().filter(|t| t.key.is_none()).count();
    let (tills, stores) = (waiting.tills.len(), waiting.stores);
    html! {
        div.tiles {
            (settlement)
            @if role.may(Place::Claims) {
                (tile(if role.may(Place::Review) { "/console/review" } else { "/console/claims?state=held&order=up" }, visit.t("待审核的申报", "Claims held for review"), &held.count.to_string(), &amount(visit, &held), held.count > 0))
                (tile("/console/claims?state=adjusted", visit.t("已调减的申报", "Adjusted claims"), &adjusted.count.to_string(), &amount(visit, &adjusted), false))
                (tile("/console/claims", visit.t("全部申报", "All claims"), &all.count.to_string(), &amount(visit, &all), false))
            }
            @if role.may(Place::Stores) {
                (tile("/console/stores", visit.t("超过一天没有联系的款台", "Tills silent for over a day"), &silent.to_string(), &visit.lang.of(format!("共 {tills} 台，{stores} 家店"), format!("of {tills} in {stores} stores")), silent > 0))
                (tile("/console/stores", visit.t("等待注册的款台", "Tills that wait for enrolment"), &unenrolled.to_string(), visit.t("注册码 24 小时内有效", "a code holds for 24 hours"), unenrolled > 0))
            }
            @if role.may(Place::Households) {
                (tile("/console/households", visit.t("家庭", "Households"), visit.t("查找", "Find"), visit.t("按号码或条件", "by number or by filters"), false))
            }
            @if role.may(Place::Cards) {
                (tile("/console/cards", visit.t("打印卡片", "Cards to print"), "A4", visit.t("每页 10 张", "ten a sheet"), false))
            }
        }
        @if held.count == 0 && silent == 0 && unenrolled == 0 { p.notice.good { (visit.t("没有要马上处理的事。", "Nothing waits for you right now.")) } }
    }
}

/// How old the last daily copy is, and whether one failed.
fn copies(hq: &Hq, visit: &Visit) -> Markup {
    let (text, needs_look) = service::copies::sentence(&hq.copies.state(), visit.lang);
    html! { p.notice.warn[needs_look] { (text) } }
}

fn silent(visit: &Visit, tills: &[&TillRow]) -> Markup {
    if tills.is_empty() {
        return html! {};
    }
    html! {
        div.scroll { table {
            caption { (visit.t("该打个电话的款台", "Tills worth a call")) }
            thead { tr { th scope="col" { (visit.t("款台", "Till")) } th scope="col" { (visit.t("最近联系", "Last heard")) } } }
            tbody { @for till in tills.iter().take(8) { tr {
                td { (till.store) "/" (till.till) }
                td { (till.heard.map(words::moment).unwrap_or_default()) }
            } } }
        } }
    }
}

fn amount(visit: &Visit, sums: &ClaimSums) -> String {
    let (claimed, granted) = (words::yuan(sums.claimed), words::yuan(sums.granted));
    visit.lang.of(format!("申报 {claimed}，核准 {granted}"), format!("claimed {claimed}, granted {granted}"))
}

fn tile(to: &str, name: &str, figure: &str, about: &str, attention: bool) -> Markup {
    html! { a.tile.attention[attention] href=(to) { span { (name) } strong { (figure) } small { (about) } } }
}
