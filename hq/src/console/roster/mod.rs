//! 名册: imports, versions, reviews and applications; and what the roster keeper does on a household's page.

mod applications;
pub mod household;
mod import;
mod mapping;
mod review;
mod versions;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};

use super::{Answer, Failure, Shared, Visit, blocking, form as fields, multipart, page, show as render, words};
use crate::service::Hq;
use crate::service::access::{Action, Place};
use crate::service::roster::imports::{self, Sent};
use crate::service::roster::read::MOST_BYTES;
use crate::service::roster::{No, mapping as columns};
use crate::store::roster as rows;

/// A file, and what stands around it in a form.
const LARGEST_UPLOAD: usize = MOST_BYTES + 64 * 1024;
/// A mapping of many columns.
const LARGEST_MAPPING: usize = 256 * 1024;
/// Imports in the list.
const MOST_IMPORTS: i64 = 50;

/// Routes of the place.
pub fn routes() -> Router<Arc<Hq>> {
    Router::new()
        .route("/console/roster", get(show))
        .route("/console/roster/upload", post(upload).layer(DefaultBodyLimit::max(LARGEST_UPLOAD)))
        .route("/console/roster/imports/{id}", get(import::show))
        .route("/console/roster/imports/{id}/{act}", post(import::post))
        .route(
            "/console/roster/imports/{id}/mapping",
            get(mapping::show).post(mapping::post).layer(DefaultBodyLimit::max(LARGEST_MAPPING)),
        )
        .route("/console/roster/versions", get(versions::list))
        .route("/console/roster/versions/{version}", get(versions::one))
        .route("/console/roster/review", get(review::show).post(review::post))
        .route("/console/roster/applications", get(applications::show).post(applications::post))
        .route("/console/roster/applications/new", get(applications::form).post(applications::apply))
        .route("/console/households/{id}/{act}", post(household::post))
}

/// The pages of the place: address, Chinese, English.
const TABS: [(&str, &str, &str); 4] = [
    ("/console/roster", "导入", "Imports"),
    ("/console/roster/versions", "版本", "Versions"),
    ("/console/roster/review", "复核", "Reviews"),
    ("/console/roster/applications", "申领", "Applications"),
];

/// A page of the place, with its tabs.
fn frame(visit: &Visit, tab: &str, title: &str, body: Markup) -> Markup {
    let body = html! {
        ul.tabs { @for (path, zh, en) in TABS {
            li { a href=(path) aria-current=[(path == tab).then_some("page")] { (visit.t(zh, en)) } }
        } }
        (body)
    };
    page::page(visit, Place::Roster, title, body)
}

/// Something that was not done, and the way back.
fn refused(visit: &Visit, no: &No, back: &str) -> Response {
    let body = html! {
        p.notice.warn role="alert" { (visit.lang.of(&no.zh, &no.en)) }
        p { a href=(back) { (visit.t("返回", "Back")) } }
    };
    let title = visit.t("没有做这一步", "This was not done");
    let page = page::page(visit, Place::Roster, title, body).into_string();
    (axum::http::StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response()
}

/// After a deed: its page again, or why not.
fn after(visit: &Visit, done: Result<(), No>, back: &str) -> Response {
    match done {
        Ok(()) => Redirect::to(back).into_response(),
        Err(no) => refused(visit, &no, back),
    }
}

/// A column of ours, and a value of it, in words.
fn column(visit: &Visit, code: &str) -> &'static str {
    match code {
        "authority_on" => visit.t("委托书日期", "letter of authority"),
        code => columns::word(visit.lang, code),
    }
}

fn value(visit: &Visit, code: &str, text: &str) -> String {
    match code {
        "category" if !text.is_empty() => domain::words::category(visit.lang, text),
        "status" => super::households::status(visit, text),
        "relation" if !text.is_empty() => super::households::relation(visit, text).into(),
        "proxy" if text == "true" => visit.t("是", "yes").into(),
        _ => text.into(),
    }
}

/// What differs in a row: old, new, by column.
fn differs(visit: &Visit, all: &[crate::service::roster::differ::Differs]) -> Markup {
    if all.iter().all(|one| one.old.is_empty()) {
        let said =
            all.iter().map(|one| format!("{} {}", column(visit, &one.column), value(visit, &one.column, &one.new)));
        return html! { (said.collect::<Vec<_>>().join(" · ")) };
    }
    html! { ul.plain { @for one in all { li {
        (column(visit, &one.column)) "：" @if one.old.is_empty() { (value(visit, &one.column, &one.new)) } @else {
            del { (value(visit, &one.column, &one.old)) } " → "
            @if one.new.is_empty() { (visit.t("（空）", "(none)")) } @else { ins { (value(visit, &one.column, &one.new)) } }
        }
    } } } }
}

fn state(visit: &Visit, code: &str) -> Markup {
    let (class, zh, en) = match code {
        "reading" => ("warn", "正在读取", "being read"),
        "mapping" => ("warn", "等对照", "needs a mapping"),
        "bad" => ("bad", "有错", "has mistakes"),
        "ready" => ("warn", "等确认", "to be applied"),
        "applying" => ("warn", "正在写入", "being applied"),
        "applied" => ("good", "已导入", "applied"),
        "discarded" => ("bad", "已放弃", "discarded"),
        _ => ("bad", "已过期", "expired"),
    };
    html! { span class=(format!("state {class}")) { (visit.t(zh, en)) } }
}

/// Imports, and a form for the next.
async fn show(State(hq): Shared, visit: Visit) -> Answer {
    visit.must(Place::Roster)?;
    render(move || {
        rows::expire_imports(&hq.db().conn)?;
        let db = hq.reading();
        let within = visit.person.district.clone().unwrap_or_default();
        let all = rows::imports(&db.conn, &within, MOST_IMPORTS)?;
        let mappings = rows::mappings(&db.conn)?;
        drop(db);
        let body = html! {
            @if visit.person.role.may_do(Action::ImportRoster) { (upload_form(&visit, &mappings)) }
            @if all.is_empty() { p.notice { (visit.t("还没有导入过名册。", "No roster was imported here yet.")) } }
            @else { div.scroll { table {
                caption { (visit.t("最近的导入", "Latest imports")) }
                thead { tr {
                    th scope="col" { (visit.t("时间", "Time")) } th scope="col" { (visit.t("文件", "File")) }
                    th scope="col" { (visit.t("导入人", "By")) } th scope="col" { (visit.t("状态", "State")) }
                    th.number scope="col" { (visit.t("版本", "Version")) }
                } }
                tbody { @for one in &all { tr {
                    td.whole { (words::moment(one.at)) }
                    td.wrap { a href={ "/console/roster/imports/" (one.id) } { (one.source) } }
                    td { (one.by) } td { (state(&visit, &one.state)) }
                    td.number { @if let Some(version) = one.version { a href={ "/console/roster/versions/" (version) } { (version) } } @else { "–" } }
                } } }
            } } }
        };
        Ok(frame(&visit, "/console/roster", visit.t("名册导入", "Roster imports"), body))
    })
    .await
}

fn upload_form(visit: &Visit, mappings: &[(String, String)]) -> Markup {
    let options: Vec<_> = mappings.iter().map(|(name, _)| (name.clone(), name.clone())).collect();
    html! {
        form.card.sheet-form method="post" action="/console/roster/upload" enctype="multipart/form-data" {
            h2 { (visit.t("导入民政名单", "Import a bureau's list")) }
            div.field {
                label for="file" { (visit.t("文件", "File")) }
                input id="file" type="file" name="file" required accept=".csv,.xls,.xlsx" aria-describedby="file-note";
                small id="file-note" { (visit.t("CSV、XLS、XLSX，最多 32 MB、20 万行。先给您看会变什么，再由您决定。", "CSV, XLS or XLSX, up to 32 MB and 200,000 rows. You see what would change before anything does.")) }
            }
            (fields::select("mapping", visit.t("列的对照", "Mapping of columns"), Some(visit.t("按列名猜", "guess by names")), None, &options))
            div.field {
                label for="confirms" { input id="confirms" type="checkbox" name="confirms" value="yes"; " " (visit.t("这是民政对申领人的确认名单：没有列出的申领标为“不在名单上”", "This list confirms applications: those not on it are marked so")) }
            }
            p.actions { button.main { (visit.t("上传并查看", "Send and look")) } }
        }
    }
}

async fn upload(State(hq): Shared, visit: Visit, headers: HeaderMap, body: Result<Bytes, BytesRejection>) -> Answer {
    visit.must(Place::Roster)?;
    let Ok(body) = body else {
        let no = No::new(
            "文件超过 32 MB，或者上传中断了。请拆成几个文件再试。",
            "The file has more than 32 MB, or it was cut off: split it and try again.",
        );
        return Ok(refused(&visit, &no, "/console/roster"));
    };
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
    let who = visit.person.clone();
    let desk = Arc::clone(&hq);
    let taken = blocking(move || {
        let Some(parts) = multipart::parts(&kind, &body) else {
            return Ok(Err(No::new("上传中断了，请再试一次。", "The file was cut off: try again.")));
        };
        let text =
            |name: &str| parts.iter().find(|part| part.name == name).map(multipart::Part::text).unwrap_or_default();
        let file = parts.iter().find(|part| part.name == "file");
        let source = file.and_then(|part| part.file.clone()).unwrap_or_default();
        let bytes = file.map_or(&b""[..], |part| part.bytes);
        let sent = Sent { source: &source, bytes, mapping: &text("mapping"), confirms: text("confirms") == "yes" };
        Ok(imports::take(&desk, &who, &sent)?)
    })
    .await?;
    match taken {
        Ok(id) => {
            imports::begin(&hq, id);
            Ok(Redirect::to(&format!("/console/roster/imports/{id}")).into_response())
        }
        Err(no) => Ok(refused(&visit, &no, "/console/roster")),
    }
}
