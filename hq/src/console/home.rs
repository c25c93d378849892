//! What waits for this person.

use axum::extract::State;
use maud::{Markup, html};

use super::{Answer, Shared, Visit, claims, page, show as render, stores, words};
use crate::service::access::Place;
use crate::store::pages::{self, ClaimFilter, ClaimSums};
use crate::store::{now_ms, tills};

/// The page.
pub async fn show(State(hq): Shared, visit: Visit) -> Answer {
    render(move || {
        let role = visit.person.role;
        let visible = claims::visible(&hq, &visit)?;
        let db = hq.db();
        let of_state = |state: Option<&str>| {
            let filter = ClaimFilter { state: state.map(Into::into), visible: visible.clone(), ..ClaimFilter::default() };
            pages::claim_sums(&db.conn, &filter)
        };
        let (all, held, adjusted) = (of_state(None)?, of_state(Some("held"))?, of_state(Some("adjusted"))?);
        let sees = |store: &str| visible.as_ref().is_none_or(|codes| codes.iter().any(|code| code == store));
        let tills: Vec<_> = pages::tills(&db.conn)?.into_iter().filter(|t| sees(&t.store)).collect();
        let stores = tills::stores(&db.conn)?.into_iter().filter(|s| sees(&s.code)).count();
        drop(db);
        let silent = tills.iter().filter(|t| t.heard.is_some_and(|at| now_ms() - at > stores::SILENT_MS)).count();
        let waiting = tills.iter().filter(|t| t.key.is_none()).count();
        let body = html! {
            div.tiles {
                @if role.may(Place::Claims) {
                    (tile("/console/claims?state=held", visit.t("待审核的申报", "Claims held for review"), &held.count.to_string(), &amount(&visit, &held), held.count > 0))
                    (tile("/console/claims?state=adjusted", visit.t("已调减的申报", "Adjusted claims"), &adjusted.count.to_string(), &amount(&visit, &adjusted), false))
                    (tile("/console/claims", visit.t("全部申报", "All claims"), &all.count.to_string(), &amount(&visit, &all), false))
                }
                @if role.may(Place::Stores) {
                    (tile("/console/stores", visit.t("超过一天没有联系的款台", "Tills silent for over a day"), &silent.to_string(), &visit.lang.of(format!("共 {} 台，{stores} 家店", tills.len()), format!("of {} in {stores} stores", tills.len())), silent > 0))
                    (tile("/console/stores", visit.t("等待注册的款台", "Tills that wait for enrolment"), &waiting.to_string(), "", waiting > 0))
                }
                @if role.may(Place::Households) {
                    (tile("/console/households", visit.t("家庭", "Households"), visit.t("查找", "Find"), visit.t("按号码或条件", "by number or by filters"), false))
                }
                @if role.may(Place::Cards) {
                    (tile("/console/cards", visit.t("打印卡片", "Cards to print"), "A4", visit.t("每页 10 张", "ten a sheet"), false))
                }
            }
            @if held.count == 0 && silent == 0 && waiting == 0 { p.notice.good { (visit.t("没有要马上处理的事。", "Nothing waits for you right now.")) } }
        };
        Ok(page::page(&visit, Place::Home, visit.t("待办", "To do"), body))
    })
    .await
}

fn amount(visit: &Visit, sums: &ClaimSums) -> String {
    let (claimed, granted) = (words::yuan(sums.claimed), words::yuan(sums.granted));
    visit.lang.of(format!("申报 {claimed}，核准 {granted}"), format!("claimed {claimed}, granted {granted}"))
}

fn tile(to: &str, name: &str, figure: &str, about: &str, attention: bool) -> Markup {
    html! { a.tile.attention[attention] href=(to) { span { (name) } strong { (figure) } small { (about) } } }
}
