//! Settlement: statements on their way from making to the bank's reference.

mod export;
mod list;
mod money;
mod reports;
mod statement;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse as _, Redirect};
use axum::routing::{get, post};
use domain::lang::Lang;
use maud::{Markup, html};

use super::{Answer, Failure, Visit, blocking, claims, page, words};
use crate::service::access::{Place, Role};
use crate::service::settle::State;
use crate::service::{Hq, Told};
use crate::store::settle::{self as rows, Batch, Filter};

/// Most bytes of a bank's file that is pasted.
const LARGEST_FILE: usize = 1024 * 1024;
/// A tile counts so far.
const COUNTED: i64 = 100;

/// Routes of the place.
pub fn routes() -> Router<Arc<Hq>> {
    Router::new()
        .route("/console/settlement", get(list::show).post(list::make))
        .route("/console/settlement/payments", get(money::show))
        .route("/console/settlement/payments/file", post(money::file))
        .route(
            "/console/settlement/payments/references",
            post(money::references).layer(DefaultBodyLimit::max(LARGEST_FILE)),
        )
        .route("/console/settlement/payments/advance", post(money::advance))
        .route("/console/settlement/payments/entered", post(money::entered))
        .route("/console/settlement/reports", get(reports::show).post(reports::rules))
        .route("/console/settlement/reports/vouchers.csv", get(reports::vouchers))
        .route("/console/settlement/reports/published.csv", get(reports::published))
        .route("/console/settlement/batch/{number}", get(statement::show))
        .route("/console/settlement/batch/{number}/step", post(statement::step))
        .route("/console/settlement/batch/{number}/claims.csv", get(export::lines))
        .route("/console/settlement/batch/{number}/{file}", get(export::statement))
}

/// A state of a batch in words.
fn state_word(lang: Lang, code: &str) -> &'static str {
    match State::parse(code) {
        Some(State::Made) => lang.of("待复核", "to be checked"),
        Some(State::Checked) => lang.of("待审批", "to be approved"),
        Some(State::Approved) => lang.of("待付款", "to be paid"),
        Some(State::Paid) => lang.of("已付，待确认", "paid, to be confirmed"),
        Some(State::Confirmed) => lang.of("已确认", "confirmed"),
        Some(State::Withdrawn) => lang.of("已撤回", "taken back"),
        None => "",
    }
}

fn state(lang: Lang, code: &str) -> Markup {
    let class = match State::parse(code) {
        Some(State::Paid | State::Confirmed) => "good",
        Some(State::Made | State::Checked | State::Approved) => "warn",
        Some(State::Withdrawn) | None => "bad",
    };
    html! { span class={ "state " (class) } { (state_word(lang, code)) } }
}

fn address(number: &str) -> String {
    format!("/console/settlement/batch/{}", words::encode(number))
}

fn tabs(visit: &Visit, here: &str) -> Markup {
    let all = [
        ("/console/settlement", "对账表", "Statements"),
        ("/console/settlement/payments", "付款", "Payments"),
        ("/console/settlement/reports", "凭证和公示", "Vouchers and published list"),
    ];
    let is_manager = visit.person.role == Role::Manager;
    html! {
        ul.tabs.screen { @for (path, zh, en) in all.into_iter().filter(|(path, _, _)| !is_manager || path.ends_with("settlement")) {
            li { a href=(path) aria-current=[(path == here).then_some("page")] { (visit.t(zh, en)) } }
        } }
    }
}

/// The state of batches that wait for a role.
fn waits_for(role: Role) -> Option<State> {
    match role {
        Role::Reviewer => Some(State::Made),
        Role::Approver => Some(State::Checked),
        Role::Payer => Some(State::Approved),
        Role::Manager => Some(State::Paid),
        Role::Accountant | Role::Auditor | Role::Roster | Role::Admin => None,
    }
}

/// The tile of what waits for this person, for the page of what is to do.
pub fn tile(hq: &Hq, visit: &Visit) -> Result<Markup, Failure> {
    let Some(waits) = waits_for(visit.person.role) else { return Ok(html! {}) };
    let visible = claims::visible(hq, visit)?;
    let filter = Filter { state: Some(waits.code().into()), visible, ..Filter::default() };
    let found: Vec<Batch> = rows::batches(&hq.reading().conn, &filter, COUNTED)?;
    let count = found.len();
    let more = if i64::try_from(count).is_ok_and(|n| n == COUNTED) { "+" } else { "" };
    let name = state_word(visit.lang, waits.code());
    let sum = words::yuan(found.iter().map(|batch| batch.payable).sum());
    Ok(html! {
        a.tile.attention[count > 0] href={ "/console/settlement?state=" (waits.code()) } {
            span { (visit.t("对账表：", "Statements ")) (name) } strong { (count) (more) } small { (sum) }
        }
    })
}

/// Does what a form asks for, and goes on to a page.
async fn change(
    hq: Arc<Hq>,
    visit: Visit,
    next: String,
    work: impl FnOnce(&Hq, &Visit) -> Told<()> + Send + 'static,
) -> Answer {
    visit.must(Place::Settlement)?;
    blocking(move || {
        Ok(match work(&hq, &visit)? {
            Ok(()) => Redirect::to(&next).into_response(),
            Err(sentence) => page::refused(&visit, Place::Settlement, &sentence, &next),
        })
    })
    .await
}

/// A batch that a person may see.
fn seen(hq: &Hq, visit: &Visit, number: &str) -> Result<Batch, Failure> {
    let visible = claims::visible(hq, visit)?;
    let found = rows::batch(&hq.reading().conn, number)?;
    let found = found.filter(|batch| visible.as_ref().is_none_or(|codes| codes.contains(&batch.store)));
    found.ok_or_else(|| Failure::Missing(Box::new(visit.clone())))
}
