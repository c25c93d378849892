//! Households whose review is due.

use axum::extract::{Form, State};
use domain::household::CATEGORIES;
use maud::{Markup, html};
use serde::Deserialize;

use super::{Answer, Shared, Visit, after, blocking, frame, render};
use crate::console::{Asked, ROWS};
use crate::service::access::{Action, Place};
use crate::service::now;
use crate::service::roster::No;
use crate::service::roster::review::{self, Outcome};
use crate::store::households::{self, Due};
use crate::store::roster as rows;

/// Days ahead that the list shows.
const AHEAD: i64 = 30;

/// What the address says.
#[derive(Debug, Default, Deserialize)]
pub struct Ask {
    page: Option<i64>,
}

/// The list, and the months between reviews.
pub async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Roster)?;
    render(move || {
        let today = domain::time::business_date(now());
        let until = today + chrono::Duration::days(AHEAD);
        let at = ask.page.unwrap_or(0).clamp(0, 10_000);
        let within = visit.person.district.clone().unwrap_or_default();
        let db = hq.reading();
        let due = households::due(&db.conn, &within, until, at * ROWS, ROWS + 1)?;
        let rules = rows::review_rules(&db.conn)?;
        drop(db);
        let more = due.len() > usize::try_from(ROWS).unwrap_or(0);
        let body = html! {
            (table(&visit, &due[..due.len().min(usize::try_from(ROWS).unwrap_or(0))], today))
            p.paging {
                @if at > 0 { a rel="prev" href={ "/console/roster/review?page=" (at - 1) } { (visit.t("上一页", "Previous")) } }
                @if more { a rel="next" href={ "/console/roster/review?page=" (at + 1) } { (visit.t("下一页", "Next")) } }
            }
            @if visit.person.role.may_do(Action::ImportRoster) { (settings(&visit, &rules)) }
        };
        Ok(frame(&visit, "/console/roster/review", visit.t("复核日期", "Dates of review"), body))
    })
    .await
}

fn table(visit: &Visit, due: &[Due], today: chrono::NaiveDate) -> Markup {
    let acts = visit.person.role.may_do(Action::ImportRoster);
    html! {
        @if due.is_empty() { p.notice { (visit.lang.of(format!("今后 {AHEAD} 天没有要复核的家庭。"), format!("No review is due within {AHEAD} days."))) } }
        @else { div.scroll { table {
            caption { (visit.lang.of(format!("今后 {AHEAD} 天到期和已经过期的"), format!("Due within {AHEAD} days, and overdue"))) }
            thead { tr {
                th scope="col" { (visit.t("复核日期", "Review")) } th scope="col" { (visit.t("户主", "Head")) } th scope="col" { (visit.t("类别", "Category")) }
                th scope="col" { (visit.t("地区", "District")) } th scope="col" { (visit.t("状态", "Status")) } th scope="col" { (visit.t("复核结果", "What it came to")) }
            } }
            tbody { @for one in due { tr {
                td.whole { (one.on) @if one.on < today.to_string() { " " span.state.bad { (visit.t("已过期", "overdue")) } } }
                td { a href={ "/console/households/" (one.household.id) } { (one.household.name) } }
                td { (domain::words::category(visit.lang, &one.household.category)) } td { (one.household.district) }
                td { (crate::console::households::status(visit, &one.household.status)) }
                td { @if acts { (form(visit, &one.household.id)) } }
            } } }
        } } }
    }
}

/// What a review came to.
pub fn form(visit: &Visit, household: &str) -> Markup {
    html! { details {
        summary { (visit.t("登记", "Note it")) }
        form.inline method="post" action="/console/roster/review" {
            input type="hidden" name="household" value=(household);
            select name="came" aria-label=(visit.t("结果", "Result")) {
                option value="stays" { (visit.t("继续在保", "goes on")) } option value="grace" { (visit.t("渐退到", "phases out until")) } option value="ends" { (visit.t("停保", "ends")) }
            }
            input type="date" name="day" aria-label=(visit.t("下次复核，或渐退到哪天", "next review, or last day of the phase-out"));
            input name="reason" required placeholder=(visit.t("依据", "on what ground")) aria-label=(visit.t("依据", "Ground")) size="16";
            button { (visit.t("保存", "Save")) }
        }
    } }
}

fn settings(visit: &Visit, rules: &[(String, u32)]) -> Markup {
    html! { section.card {
        h2 { (visit.t("各类别几个月复核一次", "Months between reviews")) }
        @for (category, _) in CATEGORIES {
            @let months = rules.iter().find(|(known, _)| known == category).map(|(_, months)| months.to_string());
            form.inline method="post" action="/console/roster/review" {
                input type="hidden" name="category" value=(category);
                label for={ "m-" (category) } { (domain::words::category(visit.lang, category)) }
                input id={ "m-" (category) } name="months" type="number" min="1" max="60" value=[months];
                button { (visit.t("保存", "Save")) }
            }
        }
    } }
}

/// A form of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Sent {
    household: String,
    came: String,
    day: String,
    reason: String,
    category: String,
    months: String,
}

/// Notes what a review came to, or sets the months of a category.
pub async fn post(State(hq): Shared, visit: Visit, Form(sent): Form<Sent>) -> Answer {
    visit.must(Place::Roster)?;
    let who = visit.person.clone();
    let back = if sent.household.is_empty() {
        "/console/roster/review".into()
    } else {
        format!("/console/households/{}", page_id(&sent.household))
    };
    let done = blocking(move || {
        if !sent.category.is_empty() {
            let months = sent.months.trim();
            let months = if months.is_empty() { None } else { Some(months.parse().unwrap_or(0)) };
            return Ok(review::set_rule(&hq, &who, &sent.category, months)?);
        }
        let day = domain::time::parse_date(sent.day.trim()).ok();
        let came = match (sent.came.as_str(), day) {
            ("stays", _) => Outcome::Stays,
            ("ends", _) => Outcome::Ends,
            ("grace", Some(day)) => Outcome::Grace(day),
            _ => return Ok(Err(No::new("请填渐退到哪一天。", "Give the last day of the phase-out."))),
        };
        Ok(review::reviewed(&hq, &who, &sent.household, came, day, &sent.reason)?)
    })
    .await?;
    Ok(after(&visit, done, &back))
}

/// An id as it stands in an address.
fn page_id(id: &str) -> String {
    id.chars().filter(char::is_ascii_alphanumeric).collect()
}
