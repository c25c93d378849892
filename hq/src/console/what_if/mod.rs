//! What if: what is asked, how far it is, and what came of it.

mod result;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::{Form, State};
use axum::http::header;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use chrono::{Datelike as _, NaiveDate};
use domain::programme::Programme;
use domain::time::{business_date, parse_date};
use maud::{Markup, html};
use serde::Deserialize;

use super::programmes::draft_programme;
use super::{Answer, Asked, Failure, Shared, Visit, blocking, claims, page, show as render};
use crate::console::At;
use crate::service::access::Place;
use crate::service::programmes::typed::Typed;
use crate::service::what_if::{self, Asked as Question, Instead, Job, State as Stand};
use crate::service::{Hq, catalogue, now};
use crate::store::sql::Conn;
use crate::store::{audit, drafts as rows};

/// Routes of the place.
pub fn routes() -> Router<Arc<Hq>> {
    Router::new()
        .route("/console/what-if", get(ask).post(begin))
        .route("/console/what-if/{id}", get(show))
        .route("/console/what-if/{id}/cancel", post(cancel))
        .route("/console/what-if/{id}/csv", get(result::csv))
}

/// What the address says.
#[derive(Debug, Default, Deserialize)]
pub struct Start {
    draft: Option<i64>,
}

/// A code, what it is called, and what may take its place: value and words.
struct Choice {
    code: String,
    name: String,
    options: Vec<(String, String)>,
    chosen: String,
}

fn choices(conn: &Conn, visit: &Visit, draft: Option<i64>) -> anyhow::Result<Vec<Choice>> {
    let mut by_code: BTreeMap<String, Choice> = BTreeMap::new();
    let begin = |code: &str, name: &str, kept: &str| Choice {
        code: code.into(),
        name: name.into(),
        options: vec![
            (String::new(), kept.into()),
            ("none".into(), visit.t("没有这个项目", "no such programme").into()),
        ],
        chosen: String::new(),
    };
    for (p, _) in catalogue::published(conn)? {
        let name = visit.lang.of(p.name_zh.as_str(), p.name_en.as_str());
        let choice = by_code
            .entry(p.code.clone())
            .or_insert_with(|| begin(&p.code, name, visit.t("照当时在用的版本", "as it was in force")));
        let words = visit.lang.of(format!("第 {} 版", p.version), format!("version {}", p.version));
        choice.options.push((format!("v{}", p.version), words));
    }
    for d in rows::open(conn)? {
        let Some(p) = draft_programme(&d) else { continue };
        let name = visit.lang.of(p.name_zh.as_str(), p.name_en.as_str());
        let choice = by_code
            .entry(p.code.clone())
            .or_insert_with(|| begin(&p.code, name, visit.t("没有（新项目）", "none (a new programme)")));
        let words =
            visit.lang.of(format!("{} 的草稿 {}", d.changed_by, d.id), format!("draft {} by {}", d.id, d.changed_by));
        choice.options.push((format!("d{}", d.id), words));
        if draft == Some(d.id) {
            choice.chosen = format!("d{}", d.id);
        }
    }
    Ok(by_code.into_values().collect())
}

/// The question, and what one asked before.
async fn ask(State(hq): Shared, visit: Visit, Asked(start): Asked<Start>) -> Answer {
    visit.must(Place::WhatIf)?;
    render(move || question(&hq, &visit, start.draft, None)).await
}

fn question(hq: &Hq, visit: &Visit, draft: Option<i64>, problem: Option<&str>) -> Result<Markup, Failure> {
    let choices = choices(&hq.reading().conn, visit, draft)?;
    let today = business_date(now());
    let first = today.with_day(1).unwrap_or(today);
    let body = html! {
        @if let Some(problem) = problem { p.notice.warn role="alert" { (problem) } }
        (bounds(visit))
        form.card method="post" action="/console/what-if" {
            div.sheet-form {
                div.field { label for="from" { (visit.t("从", "From")) } input id="from" type="date" name="from" value=(first) required; }
                div.field { label for="to" { (visit.t("到", "To")) } input id="to" type="date" name="to" value=(today) required; }
                @for c in &choices { div.field {
                    label for={ "c." (c.code) } { (c.name) " " small { (c.code) } }
                    select id={ "c." (c.code) } name={ "c." (c.code) } { @for (value, text) in &c.options { option value=(value) selected[*value == c.chosen] { (text) } } }
                } }
                p.actions { button.main { (visit.t("开始试算", "Begin")) } }
            }
        }
        (before(visit, &hq.what_ifs.of(&visit.person.name)))
    };
    Ok(page::page(visit, Place::WhatIf, Place::WhatIf.word(visit.lang), body))
}

/// What a what-if can and cannot tell.
fn bounds(visit: &Visit) -> Markup {
    html! {
        div.notice { p { (visit.t("用另一些版本，把过去一段时间的申报重新算一遍，看会有什么不同。",
            "Prices the claims of a past period again under other versions, to see what would have changed.")) }
        p { (visit.t("申报里只有当时在某个项目范围内的商品，也只有当时符合条件的家庭：范围、类别和地区只能改小，改大的部分看不到；爱心卡只按当时要求的金额算。新版本当作整个时段有效；时段以前用掉的限额照当时的算，新增的限额从时段第一天算起。",
            "Claims hold only goods that were then in the scope of some programme, and only families that were then eligible: what widens scope, categories or districts cannot be seen, and value cards pay what was asked of them then. The other version counts all through the period; what was used of limits before it counts as it was, and a new limit begins with the period.")) } }
    }
}

fn before(visit: &Visit, jobs: &[Arc<Job>]) -> Markup {
    html! {
        @if !jobs.is_empty() { section.card { h2 { (visit.t("试算过的（退出后不保留）", "Asked before (kept for this session)")) }
            ul { @for job in jobs { li { a href={ "/console/what-if/" (job.id) } { (said(visit, &job.asked)) } } } }
        } }
    }
}

/// A question in one line.
fn said(visit: &Visit, asked: &Question) -> String {
    let changes: Vec<String> = asked.said.iter().map(|(name, what)| format!("{name}：{what}")).collect();
    let changes = if changes.is_empty() {
        visit.t("照当时在用的版本", "as in force").to_owned()
    } else {
        changes.join(visit.t("；", "; "))
    };
    format!("{} – {} · {changes}", asked.from, asked.to)
}

/// Begins one.
async fn begin(State(hq): Shared, visit: Visit, Form(pairs): Form<Vec<(String, String)>>) -> Answer {
    visit.must(Place::WhatIf)?;
    let done = blocking(move || {
        let form = Typed(pairs);
        let again = |text: &str| -> Result<Result<String, Markup>, Failure> {
            Ok(Err(question(&hq, &visit, None, Some(text))?))
        };
        let (Ok(from), Ok(to)) = (parse_date(form.get("from")), parse_date(form.get("to"))) else {
            return again(visit.t("请选择开始和结束日期。", "Choose the first and last day."));
        };
        if from > to {
            return again(visit.t("开始日期不能晚于结束日期。", "The first day cannot be after the last."));
        }
        let stores = claims::visible(&hq, &visit)?;
        let Some(asked) = read(&hq.reading().conn, &visit, from, to, stores, &form)? else {
            return again(visit.t(
                "有的草稿刚才被改过或发布了，请重新选择。",
                "A draft was changed or published meanwhile: choose again.",
            ));
        };
        let words = said(&visit, &asked);
        match what_if::begin(&hq, &visit.person.name, asked)? {
            Some(job) => {
                audit(
                    &hq.db().conn,
                    &visit.person.name,
                    "what-if",
                    &serde_json::json!({ "asked": words }).to_string(),
                )?;
                Ok(Ok(format!("/console/what-if/{}", job.id)))
            }
            None => again(visit.t(
                "您的上一个试算还没有算完：等它算完，或者先停止它。",
                "Your last one still runs: wait for it, or stop it first.",
            )),
        }
    })
    .await?;
    Ok(match done {
        Ok(address) => Redirect::to(&address).into_response(),
        Err(page) => Html(page.into_string()).into_response(),
    })
}

fn read(
    conn: &Conn,
    visit: &Visit,
    from: NaiveDate,
    to: NaiveDate,
    stores: Option<Vec<String>>,
    form: &Typed,
) -> anyhow::Result<Option<Question>> {
    let published: Vec<Programme> = catalogue::published(conn)?.into_iter().map(|(p, _)| p).collect();
    let mut asked = Question { from, to, instead: BTreeMap::new(), said: Vec::new(), stores };
    for choice in choices(conn, visit, None)? {
        let value = form.get(&format!("c.{}", choice.code));
        if value.is_empty() {
            continue;
        }
        let Some((_, words)) = choice.options.iter().find(|(known, _)| known == value) else { return Ok(None) };
        let version = match value.split_at(1) {
            ("v", n) => published.iter().find(|p| p.code == choice.code && p.version.to_string() == n).cloned(),
            ("d", n) => {
                let draft = rows::by_id(conn, n.parse().unwrap_or(0))?;
                draft.as_ref().and_then(draft_programme)
            }
            _ => None,
        };
        let instead = match version {
            Some(p) => Instead::Version(Box::new(p)),
            None if value == "none" => Instead::Nothing,
            None => return Ok(None),
        };
        asked.said.push((choice.name, words.clone()));
        asked.instead.insert(choice.code, instead);
    }
    Ok(Some(asked))
}

/// How far one is, or what came of it.
async fn show(State(hq): Shared, visit: Visit, At(id): At<i64>) -> Answer {
    visit.must(Place::WhatIf)?;
    let (runs, page) = blocking(move || {
        let Some(job) = hq.what_ifs.find(&visit.person.name, id) else { return Err(Failure::Missing(Box::new(visit))) };
        let state = job.state();
        let body = html! {
            p { strong { (said(&visit, &job.asked)) } }
            @match &state {
                Stand::Running => { (progress(&visit, &job)) }
                Stand::Cancelled => { p.notice { (visit.t("已停止。", "Stopped.")) } }
                Stand::Failed => { p.notice.warn { (visit.t("没有算完，请再试一次；还不行，请把时间告诉系统管理员。", "It was not finished: try again, and tell the administrator the time if it stays so.")) } }
                Stand::Done(outcome) => { (result::show(&hq, &visit, id, outcome)?) }
            }
            p { a href="/console/what-if" { (visit.t("再试一个", "Ask another")) } }
            @if let Stand::Done(_) = state { (bounds(&visit)) }
        };
        let page = page::page(&visit, Place::WhatIf, Place::WhatIf.word(visit.lang), body);
        Ok((matches!(state, Stand::Running), page))
    })
    .await?;
    let mut response: Response = Html(page.into_string()).into_response();
    if runs {
        response.headers_mut().insert(header::REFRESH, header::HeaderValue::from_static("2"));
    }
    Ok(response)
}

fn progress(visit: &Visit, job: &Job) -> Markup {
    let (done, all) = (job.done.load(Ordering::Relaxed), job.all.load(Ordering::Relaxed));
    html! {
        section.card {
            p role="status" { (visit.lang.of(format!("正在计算：{done} / {all} 户。这一页会自己更新。", ), format!("Pricing: {done} of {all} households. This page renews itself."))) }
            progress max=(all.max(1)) value=(done.min(all)) {}
            form.inline method="post" action={ "/console/what-if/" (job.id) "/cancel" } { button { (visit.t("停止", "Stop")) } }
        }
    }
}

/// Stops one.
async fn cancel(State(hq): Shared, visit: Visit, At(id): At<i64>) -> Answer {
    visit.must(Place::WhatIf)?;
    match hq.what_ifs.find(&visit.person.name, id) {
        Some(job) => job.cancel(),
        None => return Err(Failure::Missing(Box::new(visit))),
    }
    Ok(Redirect::to(&format!("/console/what-if/{id}")).into_response())
}
