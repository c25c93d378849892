//! Programmes: their versions, one of them in words, and the drafts of new ones.

mod drafts;
mod edit;
mod example;
mod fields;
mod sheet;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::{get, post};
use domain::programme::Programme;
use maud::{Markup, html};

use super::{Answer, Failure, Shared, Visit, page, show as render, words as say};
use crate::console::At;
use crate::service::access::Place;
use crate::service::{Hq, catalogue, now, programmes as service};
use crate::store::drafts as rows;

pub use drafts::programme as draft_programme;
pub use words::{Words, selector};

/// Most bytes of the editor's form: a scope may name many products.
const LARGEST_SHEET: usize = 256 * 1024;

/// Routes of the place.
pub fn routes() -> Router<Arc<Hq>> {
    Router::new()
        .route("/console/programmes", get(show))
        .route("/console/programmes/{code}/{version}", get(one))
        .route("/console/programme-drafts", get(edit::begin).post(edit::post_new))
        .route("/console/programme-drafts/{id}", get(edit::open).post(edit::post))
        .route("/console/programme-drafts/{id}/review", get(drafts::review))
        .route("/console/programme-drafts/{id}/publish", post(drafts::publish))
        .route("/console/programme-drafts/{id}/discard", post(drafts::discard))
        .layer(DefaultBodyLimit::max(LARGEST_SHEET))
}

/// The list.
async fn show(State(hq): Shared, visit: Visit) -> Answer {
    visit.must(Place::Programmes)?;
    render(move || {
        let db = hq.reading();
        let mut list: Vec<Programme> = catalogue::published(&db.conn)?.into_iter().map(|(p, _)| p).collect();
        let open = rows::open(&db.conn)?;
        drop(db);
        list.sort_by(|a, b| (&a.code, b.version).cmp(&(&b.code, a.version)));
        let body = html! {
            div.bar {
                @if visit.person.may(Place::Drafting) { a.button href="/console/programme-drafts" { (visit.t("写新项目", "Write a new programme")) } }
                @if visit.person.role.may(Place::WhatIf) { a.button href="/console/what-if" { (visit.t("试算", "What if")) } }
            }
            @if visit.person.may(Place::Drafting) { (drafts::list(&visit, &open)) }
            @if list.is_empty() { p.notice { (visit.t("还没有项目。可以在这里写，也可以用 jihui-hq programmes import 导入。", "No programme yet: write one here, or import some with jihui-hq programmes import.")) } }
            @else { (versions(&visit, &list, true)) }
        };
        Ok(page::page(&visit, Place::Programmes, visit.t("项目", "Programmes"), body))
    })
    .await
}

/// A table of versions.
fn versions(visit: &Visit, list: &[Programme], with_funds: bool) -> Markup {
    let today = domain::time::business_date(now());
    let counts = |p: &Programme| {
        let newer = list.iter().any(|other| other.code == p.code && other.version > p.version && other.in_force(today));
        p.in_force(today) && !newer
    };
    html! {
        div.scroll { table {
            caption.unseen { (visit.t("项目的各个版本", "Versions of programmes")) }
            thead { tr {
                th scope="col" { (visit.t("项目", "Programme")) } th scope="col" { (visit.t("版本", "Version")) } th scope="col" { (visit.t("优惠", "Benefit")) }
                th scope="col" { (visit.t("有效期", "Valid")) }
                @if with_funds { th scope="col" { (visit.t("资金", "Fund")) } th.number scope="col" { (visit.t("资金承担", "Fund's share")) } }
            } }
            tbody { @for p in list { tr {
                td { a href={ "/console/programmes/" (p.code) "/" (p.version) } { (visit.lang.of(&p.name_zh, &p.name_en)) } br; small { (p.code) } }
                td { (p.version) @if counts(p) { " " span.state.good { (visit.t("在用", "in force")) } } @else if p.valid_from > today { " " span.state.warn { (visit.t("未到", "to come")) } } }
                td { (words::benefit(visit.lang, p.benefit)) }
                td { (p.valid_from) " – " (p.valid_to) }
                @if with_funds {
                    td { (p.fund.as_deref().unwrap_or(visit.t("门店自担", "borne by stores"))) }
                    td.number { (words::percent(p)) }
                }
            } } }
        } }
    }
}

/// One version in words, and how it came about.
async fn one(State(hq): Shared, visit: Visit, At((code, version)): At<(String, u32)>) -> Answer {
    visit.must(Place::Programmes)?;
    render(move || {
        let db = hq.reading();
        let list = service::versions(&db.conn, &code)?;
        let Some(p) = list.iter().find(|p| p.version == version) else { return Err(Failure::Missing(Box::new(visit))) };
        let said = Words::of(&db.conn, visit.lang, &list)?;
        let made = rows::published(&db.conn, &code)?;
        drop(db);
        let title = visit
            .lang
            .of(format!("{} · 第 {} 版", p.name_zh, p.version), format!("{} · version {}", p.name_en, p.version));
        let before = list.iter().filter(|other| other.version < version).max_by_key(|other| other.version);
        let encoded = say::encode(&code);
        let body = html! {
            div.bar {
                @if visit.person.may(Place::Drafting) {
                    a.button href={ "/console/programme-drafts?code=" (encoded) } { (visit.t("写新版本", "Write a new version")) }
                    a.button href={ "/console/programme-drafts?code=" (encoded) "&end=1" } { (visit.t("停用这个项目", "End this programme")) }
                }
                @if visit.person.role.may(Place::WhatIf) { a.button href="/console/what-if" { (visit.t("试算", "What if")) } }
            }
            (said.list(p))
            @if let Some(before) = before { (said.diff(before, p)) }
            (history(&visit, &list, &made))
        };
        Ok(page::page(&visit, Place::Programmes, &title, body))
    })
    .await
}

/// All versions of a code, with who drafted and who published each.
fn history(visit: &Visit, list: &[Programme], made: &[rows::Draft]) -> Markup {
    html! {
        div.scroll { table {
            caption { (visit.t("各版本的来历", "How the versions came about")) }
            thead { tr {
                th scope="col" { (visit.t("版本", "Version")) } th scope="col" { (visit.t("有效期", "Valid")) } th scope="col" { (visit.t("优惠", "Benefit")) }
                th scope="col" { (visit.t("起草", "Drafted by")) } th scope="col" { (visit.t("发布", "Published by")) }
            } }
            tbody { @for p in list.iter().rev() {
                @let draft = made.iter().find(|d| d.version == Some(p.version));
                tr {
                    td { a href={ "/console/programmes/" (p.code) "/" (p.version) } { (p.version) } }
                    td { (p.valid_from) " – " (p.valid_to) } td { (words::benefit(visit.lang, p.benefit)) }
                    @match draft {
                        None => { td colspan="2" { (visit.t("由命令行导入", "imported from the command line")) } }
                        Some(d) => {
                            td { (d.drafted_by) @if d.changed_by != d.drafted_by { "、" (d.changed_by) } }
                            td { (d.published_by.as_deref().unwrap_or("–")) " " small { (say::moment(d.published_at.unwrap_or(0))) } }
                        }
                    }
                }
            } }
        } }
    }
}
