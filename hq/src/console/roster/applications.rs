//! 申领: families who applied, and the form by which a community takes an application in.

use axum::extract::{Form, State};
use domain::household::CATEGORIES;
use maud::{Markup, html};
use serde::Deserialize;

use super::{Answer, Shared, Visit, after, blocking, fields, frame, render, words};
use crate::console::{Asked, ROWS};
use crate::service::access::{Action, Place};
use crate::service::roster::applications::{self, FORM, Said};
use crate::store::applications::{self as rows, Application};

/// Where an application stands: code, Chinese, English.
const STATES: [(&str, &str, &str); 5] = [
    ("applied", "已申请", "applied"),
    ("confirmed", "民政已确认", "confirmed"),
    ("absent", "不在名单上", "not on the list"),
    ("issued", "已发卡", "card issued"),
    ("refused", "未通过", "refused"),
];

/// What the address says.
#[derive(Debug, Default, Deserialize)]
pub struct Ask {
    state: Option<String>,
    before: Option<i64>,
}

/// The list.
pub async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Roster)?;
    render(move || {
        let known = |state: &&str| STATES.iter().any(|(code, _, _)| code == state);
        let state = ask.state.as_deref().filter(known).unwrap_or("applied").to_owned();
        let within = visit.person.district.clone().unwrap_or_default();
        let all = rows::list(&hq.reading().conn, &state, &within, ask.before, ROWS)?;
        let last = all.last().map(|one| one.id).filter(|_| all.len() == usize::try_from(ROWS).unwrap_or(0));
        let body = html! {
            div.bar { p { (visit.t("家庭在社区申请并单独同意；民政名单确认后发卡。", "A family applies and consents at the community; once the bureau's list confirms it, the card is issued.")) }
                @if visit.person.role.may_do(Action::ImportRoster) { a.button href="/console/roster/applications/new" { (visit.t("登记申领", "New application")) } } }
            ul.tabs { @for (code, zh, en) in STATES {
                li { a href={ "/console/roster/applications?state=" (code) } aria-current=[(code == state).then_some("page")] { (visit.t(zh, en)) } }
            } }
            (table(&visit, &all))
            @if let Some(last) = last { p.paging { a rel="next" href={ "/console/roster/applications?state=" (state) "&before=" (last) } { (visit.t("更早的", "Earlier")) } } }
        };
        Ok(frame(&visit, "/console/roster/applications", visit.t("申领", "Applications"), body))
    })
    .await
}

fn table(visit: &Visit, all: &[Application]) -> Markup {
    let acts = visit.person.role.may_do(Action::ImportRoster);
    html! {
        @if all.is_empty() { p.notice { (visit.t("没有。", "None.")) } } @else { div.scroll { table {
            thead { tr {
                th scope="col" { (visit.t("申请时间", "Applied")) } th scope="col" { (visit.t("姓名", "Name")) } th scope="col" { (visit.t("证件", "ID")) }
                th scope="col" { (visit.t("类别", "Category")) } th.number scope="col" { (visit.t("人口", "Persons")) } th scope="col" { (visit.t("地区", "District")) }
                th scope="col" { (visit.t("同意", "Consent")) } th scope="col" { (visit.t("下一步", "Next")) }
            } }
            tbody { @for one in all { tr {
                td.whole { (words::moment(one.at)) } td { (one.name_masked) } td { (one.number_tail) }
                td { (domain::words::category(visit.lang, &one.category)) } td.number { (one.size) } td { (one.district) }
                td.whole { (one.consent_on) " " small { (one.consent_form) } }
                td {
                    @if let Some(household) = &one.household { a href={ "/console/households/" (household) } { (if one.state == "confirmed" { visit.t("去发卡", "issue the card") } else { visit.t("看这一户", "the household") }) } " " }
                    @if !one.reason.is_empty() { (one.reason) }
                    @if acts && matches!(one.state.as_str(), "applied" | "absent" | "confirmed") { (refuse_form(visit, one.id)) }
                }
            } } }
        } } }
    }
}

fn refuse_form(visit: &Visit, id: i64) -> Markup {
    html! { details {
        summary { (visit.t("不通过", "Refuse")) }
        form.inline method="post" action="/console/roster/applications" {
            input type="hidden" name="id" value=(id);
            input name="reason" required size="24" aria-label=(visit.t("告诉家庭的原因", "reason that is told to the family")) placeholder=(visit.t("告诉家庭的原因，和可以怎么办", "why, and what the family can do"));
            button { (visit.t("保存", "Save")) }
        }
    } }
}

/// A refusal.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Refusal {
    id: i64,
    reason: String,
}

/// Refuses one.
pub async fn post(State(hq): Shared, visit: Visit, Form(sent): Form<Refusal>) -> Answer {
    visit.must(Place::Roster)?;
    let who = visit.person.clone();
    let done = blocking(move || Ok(applications::refuse(&hq, &who, sent.id, &sent.reason)?)).await?;
    Ok(after(&visit, done, "/console/roster/applications"))
}

/// The form.
pub async fn form(visit: Visit) -> Answer {
    visit.must(Place::Roster)?;
    render(move || Ok(blank(&visit))).await
}

fn blank(visit: &Visit) -> Markup {
    let categories: Vec<_> =
        CATEGORIES.iter().map(|(code, _)| ((*code).into(), domain::words::category(visit.lang, code))).collect();
    let text = |name, zh, en| fields::text(name, visit.t(zh, en), None);
    let body = html! {
        form.card.sheet-form method="post" action="/console/roster/applications/new" autocomplete="off" {
            (text("name", "姓名", "Name")) (text("number", "身份证号", "ID number")) (text("certificate", "低保证号", "Certificate"))
            (fields::select("category", visit.t("类别", "Category"), None, None, &categories))
            (text("size", "保障人口", "Persons covered")) (text("district", "地区代码", "District code"))
            (text("street", "住址", "Address")) (text("phone", "电话", "Telephone"))
            h2 { (visit.t("单独同意", "Separate consent")) " " small { (visit.t("同意书版本", "form")) " " (FORM) } }
            p.actions { (visit.t(
                "请家庭先读（或读给家庭听）：为了核对谁可以享受惠民优惠，总会保存姓名、身份证号、低保证号、住址和电话；门店只看到遮住的姓名、类别和人口；购物记录保存 30 年作为凭证；随时可以查看、更正、撤回同意，不同意不影响低保。",
                "Let the family read this, or read it out: to check who may shop with the community discount, the federation keeps name, ID number, certificate, address and telephone; stores see the masked name, category and size alone; what was bought is kept for 30 years as a voucher; the family may see, correct and withdraw at any time, and a no changes nothing about dibao.")) }
            div.field { label { input type="checkbox" name="consent" value="yes" required; " " (visit.t("家庭读过并签了字", "the family has read and signed it")) } }
            (fields::date("consent_on", visit.t("签字日期", "Signed on"), None))
            p.actions { button.main { (visit.t("登记", "Note it")) } }
        }
    };
    frame(visit, "/console/roster/applications", visit.t("登记申领", "New application"), body)
}

/// Takes one in.
pub async fn apply(State(hq): Shared, visit: Visit, Form(said): Form<Said>) -> Answer {
    visit.must(Place::Roster)?;
    let who = visit.person.clone();
    let done = blocking(move || Ok(applications::apply(&hq, &who, &said)?.map(|_| ()))).await?;
    let back = if done.is_ok() { "/console/roster/applications" } else { "/console/roster/applications/new" };
    Ok(after(&visit, done, back))
}
