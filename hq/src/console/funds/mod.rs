//! Funds: what is left of each, where its money comes from, who pays.

mod one;
mod payers;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, State};
use axum::response::{IntoResponse as _, Redirect};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Answer, Failure, Shared, Visit, blocking, form as fields, page, show as render, words};
use crate::service::access::{Place, Role};
use crate::service::funds::{self, Figures};
use crate::service::{Hq, Told};
use crate::store::funds::{self as rows, Fund};

/// Routes of the place.
pub fn routes() -> Router<Arc<Hq>> {
    Router::new()
        .route("/console/funds", get(show).post(add))
        .route("/console/funds/payers", get(payers::show).post(payers::save))
        .route("/console/funds/{code}", get(one::show))
        .route("/console/funds/{code}/source", post(one::source))
        .route("/console/funds/{code}/shares", post(one::shares))
        .route("/console/funds/{code}/budget", post(one::budget))
        .route("/console/funds/{code}/release", post(one::release))
}

/// A fund with its figures.
struct Shown {
    fund: Fund,
    figures: Figures,
}

impl Shown {
    fn name(&self) -> &str {
        if self.fund.name.is_empty() { &self.fund.code } else { &self.fund.name }
    }

    fn left(&self) -> Option<i64> {
        self.fund.budget.map(|budget| budget - self.figures.taken())
    }

    fn percent(&self) -> Option<i64> {
        self.fund.budget.map(|budget| self.figures.percent_of(budget))
    }
}

fn read(hq: &Hq) -> Result<Vec<Shown>, Failure> {
    let db = hq.reading();
    let funds = rows::funds(&db.conn)?;
    let with = |fund: Fund| Ok(Shown { figures: funds::figures(&rows::sums(&db.conn, &fund.code)?), fund });
    funds.into_iter().map(with).collect()
}

/// How much of a budget is asked for: calm below 80 percent, a warning from there, an alarm from 95.
fn share(visit: &Visit, shown: &Shown) -> Markup {
    let Some(percent) = shown.percent() else {
        return html! { small { (visit.t("没有设预算", "no budget set")) } };
    };
    let (class, word) = match percent {
        100.. => ("bad", visit.t("已用完", "used up")),
        95.. => ("bad", visit.t("快用完", "nearly used up")),
        80.. => ("warn", visit.t("超过八成", "above 80%")),
        _ => ("good", visit.t("充足", "enough")),
    };
    html! { span class={ "state " (class) } { (percent) "% " (word) } }
}

/// Warnings for the page of what is to do.
pub fn warnings(hq: &Hq, visit: &Visit) -> Result<Markup, Failure> {
    if !visit.person.role.may(Place::Funds) {
        return Ok(html! {});
    }
    let short: Vec<Shown> = read(hq)?.into_iter().filter(|s| s.percent().is_some_and(|p| p >= 80)).collect();
    Ok(html! {
        @for shown in &short {
            p.notice.warn {
                a href={ "/console/funds/" (words::encode(&shown.fund.code)) } { (shown.name()) } " " (share(visit, shown))
                @if shown.figures.waiting > 0 { " " (visit.t("等待资金的申报：", "claims that wait for it: ")) (words::yuan(shown.figures.waiting)) }
            }
        }
    })
}

fn tabs(visit: &Visit, here: &str) -> Markup {
    html! {
        ul.tabs {
            @for (path, zh, en) in [("/console/funds", "资金", "Funds"), ("/console/funds/payers", "出资方", "Payers")] {
                li { a href=(path) aria-current=[(path == here).then_some("page")] { (visit.t(zh, en)) } }
            }
        }
    }
}

async fn show(State(hq): Shared, visit: Visit) -> Answer {
    visit.must(Place::Funds)?;
    render(move || {
        let shown = read(&hq)?;
        let body = html! {
            (tabs(&visit, "/console/funds"))
            @if shown.is_empty() { p.notice { (visit.t("还没有资金。项目写了资金代码，资金就会出现；也可以在下面登记。", "No fund yet: one appears when a programme names it, or register it below.")) } }
            @else { (table(&visit, &shown)) }
            @if visit.person.role == Role::Accountant { (new_fund(&visit)) }
        };
        Ok(page::page(&visit, Place::Funds, visit.t("资金", "Funds"), body))
    })
    .await
}

fn table(visit: &Visit, shown: &[Shown]) -> Markup {
    let heads = [
        ("预算", "Budget"),
        ("暂缓占用", "Reserved"),
        ("已申报", "Claimed"),
        ("已审批", "Approved"),
        ("已付", "Paid"),
        ("剩余", "Left"),
        ("等待资金", "Waiting"),
    ];
    html! {
        div.scroll { table {
            caption.unseen { (visit.t("资金", "Funds")) }
            thead { tr {
                th scope="col" { (visit.t("资金", "Fund")) }
                @for (zh, en) in heads { th.number scope="col" { (visit.t(zh, en)) } }
                th scope="col" { (visit.t("使用", "Used")) }
            } }
            tbody { @for s in shown { @let f = &s.figures; tr {
                td { a href={ "/console/funds/" (words::encode(&s.fund.code)) } { (s.name()) } " " small { (s.fund.code) } }
                td.number { (s.fund.budget.map_or_else(|| "–".to_owned(), words::yuan)) }
                @for fen in [f.reserved, f.claimed, f.approved, f.paid] { td.number { (words::yuan(fen)) } }
                td.number { (s.left().map_or_else(|| "–".to_owned(), words::yuan)) }
                td.number { @if f.waiting > 0 { span.less { (words::yuan(f.waiting)) } } @else { "–" } }
                td { (share(visit, s)) }
            } } }
        } }
    }
}

fn new_fund(visit: &Visit) -> Markup {
    html! {
        form.card.sheet-form method="post" action="/console/funds" {
            h2 { (visit.t("登记资金", "Register a fund")) }
            (fields::text("code", visit.t("代码", "Code"), None))
            (fields::text("name", visit.t("名称", "Name"), None))
            (fields::text("purpose", visit.t("用途", "Purpose"), None))
            p.actions { button.main { (visit.t("保存", "Save")) } }
        }
    }
}

#[derive(Deserialize)]
struct FundForm {
    code: String,
    name: String,
    purpose: String,
}

async fn add(State(hq): Shared, visit: Visit, Form(form): Form<FundForm>) -> Answer {
    let back = format!("/console/funds/{}", words::encode(form.code.trim()));
    change(hq, visit, back, move |hq, visit| funds::put_fund(hq, &visit.person, &form.code, &form.name, &form.purpose))
        .await
}

/// Does what a form asks for, and goes on to a page.
async fn change(
    hq: Arc<Hq>,
    visit: Visit,
    next: String,
    work: impl FnOnce(&Hq, &Visit) -> Told<()> + Send + 'static,
) -> Answer {
    visit.must(Place::Funds)?;
    blocking(move || {
        Ok(match work(&hq, &visit)? {
            Ok(()) => Redirect::to(&next).into_response(),
            Err(sentence) => page::refused(&visit, Place::Funds, &sentence, "/console/funds"),
        })
    })
    .await
}
