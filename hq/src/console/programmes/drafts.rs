//! Drafts: the list, the differences before publishing, publishing and giving up.

use axum::extract::{Form, State};
use axum::response::{Html, IntoResponse as _, Redirect};
use domain::json::{Node, Unknown};
use domain::programme::Programme;
use maud::{Markup, html};
use serde::Deserialize;

use super::super::{Answer, Failure, Shared, Visit, blocking, page, show as render, words as say};
use super::{Words, edit};
use crate::console::At;
use crate::service::Hq;
use crate::service::access::Place;
use crate::service::programmes::{self as service, check::Problem};
use crate::store::drafts::{self as rows, Draft};

/// The drafts that are still written.
pub fn list(visit: &Visit, open: &[Draft]) -> Markup {
    html! {
        @if !open.is_empty() { div.scroll { table {
            caption { (visit.t("草稿", "Drafts")) }
            thead { tr {
                th scope="col" { (visit.t("项目", "Programme")) } th scope="col" { (visit.t("新版本", "Version")) } th scope="col" { (visit.t("最后修改", "Last change")) }
                th scope="col" { (visit.t("情况", "State")) } th scope="col" { (visit.t("操作", "Do")) }
            } }
            tbody { @for d in open { tr {
                td { a href={ "/console/programme-drafts/" (d.id) } { @if d.code.is_empty() { (visit.t("（没有编号）", "(no code)")) } @else { (d.code) } } }
                td { (d.base.unwrap_or(0) + 1) }
                td { (d.changed_by) " " small { (say::moment(d.changed_at)) } }
                td { @if d.document.is_some() { span.state.good { (visit.t("完整", "whole")) } } @else { span.state.warn { (visit.t("没有写完", "unfinished")) } } }
                td { a href={ "/console/programme-drafts/" (d.id) } { (visit.t("继续写", "Go on")) } @if d.document.is_some() { " · " a href={ "/console/programme-drafts/" (d.id) "/review" } { (visit.t("看差别和发布", "Differences and publishing")) } } }
            } } }
        } } }
    }
}

/// The programme of a draft that is whole.
pub fn programme(draft: &Draft) -> Option<Programme> {
    let value = serde_json::from_str(draft.document.as_deref()?).ok()?;
    Programme::read(&Node::root("programme", &value, Unknown::Refuse)).ok()
}

/// What a draft changes, for who publishes it.
pub async fn review(State(hq): Shared, visit: Visit, At(id): At<i64>) -> Answer {
    visit.must(Place::Drafting)?;
    render(move || page_of(&hq, &visit, id, None)).await
}

fn page_of(hq: &Hq, visit: &Visit, id: i64, problem: Option<&Problem>) -> Result<Markup, Failure> {
    let db = hq.reading();
    let missing = || Failure::Missing(Box::new(visit.clone()));
    let draft = rows::by_id(&db.conn, id)?.filter(|d| d.state == "draft").ok_or_else(missing)?;
    let new = programme(&draft).ok_or_else(missing)?;
    let hands = rows::hands(&db.conn, id)?;
    let published = service::versions(&db.conn, &draft.code)?;
    let old = published.iter().max_by_key(|p| p.version);
    let said = Words::of(&db.conn, visit.lang, published.iter().chain([&new]))?;
    drop(db);
    let may = visit.person.may(Place::Publishing) && !hands.contains(&visit.person.name);
    let body = html! {
        @if let Some(problem) = problem { p.notice.warn role="alert" { (visit.t("没有发布。", "Not published. ")) (visit.lang.of(&problem.zh, &problem.en)) } }
        (edit::mind(visit, &new, &published))
        @if let Some(old) = old { (said.diff(old, &new)) }
        (said.list(&new))
        p { (visit.t("写过这个草稿的人：", "Written by: ")) (hands.join(visit.t("、", ", "))) }
        @if may {
            form method="post" action={ "/console/programme-drafts/" (id) "/publish" } {
                input type="hidden" name="revision" value=(draft.revision);
                button.main { (visit.lang.of(format!("发布第 {} 版", new.version), format!("Publish version {}", new.version))) }
            }
        } @else {
            p.notice { (visit.t("由审批人或系统管理员发布，写过草稿的人除外。", "An approver or administrator publishes it, except who wrote on it.")) }
        }
        div.bar {
            a.button href={ "/console/programme-drafts/" (id) } { (visit.t("继续写", "Go on writing")) }
            a.button href={ "/console/what-if?draft=" (id) } { (visit.t("试算", "What if")) }
            form method="post" action={ "/console/programme-drafts/" (id) "/discard" } { button.quiet { (visit.t("放弃这个草稿", "Give this draft up")) } }
        }
    };
    let title = visit.lang.of(
        format!("{} · 第 {} 版草稿", new.name_zh, new.version),
        format!("{} · draft of version {}", new.name_en, new.version),
    );
    Ok(page::page(visit, Place::Programmes, &title, body))
}

/// What was looked at.
#[derive(Debug, Deserialize)]
pub struct Seen {
    revision: u32,
}

/// Publishes it.
pub async fn publish(State(hq): Shared, visit: Visit, At(id): At<i64>, Form(seen): Form<Seen>) -> Answer {
    visit.must(Place::Publishing)?;
    let done = blocking(move || match service::publish(&hq, &visit.person, id, seen.revision)? {
        Ok((code, version)) => Ok(Ok(format!("/console/programmes/{}/{version}", say::encode(&code)))),
        Err(problem) => Ok(Err(page_of(&hq, &visit, id, Some(&problem))?)),
    })
    .await?;
    Ok(match done {
        Ok(address) => Redirect::to(&address).into_response(),
        Err(page) => Html(page.into_string()).into_response(),
    })
}

/// Gives it up.
pub async fn discard(State(hq): Shared, visit: Visit, At(id): At<i64>) -> Answer {
    visit.must(Place::Drafting)?;
    blocking(move || Ok(service::discard(&hq, &visit.person, id)?)).await?;
    Ok(Redirect::to("/console/programmes").into_response())
}
