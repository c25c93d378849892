//! One import: how far it is, what is wrong with it, what it would change, and what was decided.

use std::collections::BTreeMap;

use axum::extract::{Form, State};
use axum::response::{Html, IntoResponse as _};
use maud::{Markup, PreEscaped, html};
use serde::Deserialize;

use super::{Answer, Failure, Shared, Visit, after, blocking, differs, frame, state, words};
use crate::console::At;
use crate::console::{Asked, ROWS};
use crate::service::Hq;
use crate::service::access::{Action, Place};
use crate::service::roster::No;
use crate::service::roster::imports::{self, Answers, Report};
use crate::store::roster::{self as rows, Import};

/// What the address says.
#[derive(Debug, Default, Deserialize)]
pub struct Ask {
    kind: Option<String>,
    page: Option<i64>,
}

/// Kinds of rows: code, Chinese, English.
const KINDS: [(&str, &str, &str); 4] = [
    ("new", "新增", "new"),
    ("changed", "改变", "changed"),
    ("ended", "停止", "ended"),
    ("absent", "不在文件里", "not in the file"),
];

/// The page.
pub async fn show(State(hq): Shared, visit: Visit, At(id): At<i64>, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Roster)?;
    let markup = blocking(move || {
        rows::expire_imports(&hq.db().conn)?;
        let Some(import) = imports::visible(&hq, &visit.person, id)? else {
            return Err(Failure::Missing(Box::new(visit)));
        };
        let report: Report = serde_json::from_str(&import.report).map_err(anyhow::Error::from)?;
        let works = matches!(import.state.as_str(), "reading" | "applying") && !imports::is_cut_off(&hq, &import);
        let body = html! {
            (summary(&visit, &import))
            @match import.state.as_str() {
                "reading" | "applying" => (waiting(&hq, &visit, &import)),
                "mapping" => (to_mapping(&visit, &import)),
                "bad" => (bad(&visit, &import, &report)),
                "ready" => (ready(&hq, &visit, &import, &report, &ask)?),
                "applied" => (applied(&visit, &import, &report)),
                _ => p.notice { (visit.t("这次导入已经结束，名册没有变。", "This import is over; the roster did not change.")) },
            }
        };
        let page = frame(&visit, "/console/roster", visit.t("导入名册", "A roster import"), body);
        // A page without scripts looks again by itself.
        Ok(if works { PreEscaped(page.into_string().replacen("</head>", "<meta http-equiv=\"refresh\" content=\"2\"></head>", 1)) } else { page })
    })
    .await?;
    Ok(Html(markup.into_string()).into_response())
}

fn summary(visit: &Visit, import: &Import) -> Markup {
    html! {
        section.card { dl {
            dt { (visit.t("文件", "File")) } dd { (import.source) }
            dt { (visit.t("上传", "Sent")) } dd { (words::moment(import.at)) " " (import.by) }
            dt { (visit.t("状态", "State")) } dd { (state(visit, &import.state)) }
            @if import.confirms { dt { (visit.t("用途", "Purpose")) } dd { (visit.t("确认申领", "confirms applications")) } }
        } }
    }
}

fn waiting(hq: &Hq, visit: &Visit, import: &Import) -> Markup {
    if imports::is_cut_off(hq, import) {
        return html! {
            p.notice.warn { (visit.t("程序中途停过，这次导入没有做完，名册没有变。请放弃后重新上传。", "The program stopped meanwhile; the roster did not change. Discard this import and send the file again.")) }
            (discard(visit, import))
        };
    }
    let progress = imports::progress(hq, import.id);
    let step = match progress.as_ref().map(|p| p.step) {
        Some("digest") => visit.t("正在为新号码计算摘要", "computing digests of new numbers"),
        Some("write") => visit.t("正在写入", "writing"),
        _ => visit.t("正在读取和比较", "reading and comparing"),
    };
    html! {
        p.notice role="status" {
            (step) "…"
            @if let Some(p) = &progress {
                @if p.all > 0 { " " (p.done) " / " (p.all) }
                " " (visit.lang.of(format!("已用 {} 秒", p.since.elapsed().as_secs()), format!("{} s so far", p.since.elapsed().as_secs())))
            }
            " " (visit.t("这一页每 2 秒自己刷新。", "This page looks again every 2 seconds."))
        }
    }
}

fn to_mapping(visit: &Visit, import: &Import) -> Markup {
    html! {
        p.notice.warn { (visit.t("文件读到了，但有的列还不知道是什么。", "The file was read, but some columns are not known yet.")) }
        p { a.button href={ "/console/roster/imports/" (import.id) "/mapping" } { (visit.t("填列的对照", "Say what the columns mean")) } }
        (discard(visit, import))
    }
}

fn bad(visit: &Visit, import: &Import, report: &Report) -> Markup {
    html! {
        p.notice.warn role="alert" { (visit.lang.of(
            format!("有 {} 行不能导入，所以一行也没有导入。请改好文件再上传，或改列的对照。", report.bad.len()),
            format!("{} rows cannot be taken, so none was: correct the file and send it again, or change the mapping.", report.bad.len()))) }
        div.scroll { table {
            thead { tr { th.number scope="col" { (visit.t("行", "Line")) } th scope="col" { (visit.t("姓名", "Name")) } th scope="col" { (visit.t("原因", "Reason")) } } }
            tbody { @for one in &report.bad { tr {
                td.number { @if let Some(line) = one.line { (line) } @else { "–" } } td { (one.who) } td { (visit.lang.of(&one.zh, &one.en)) }
            } } }
        } }
        p { a.button href={ "/console/roster/imports/" (import.id) "/mapping" } { (visit.t("改列的对照", "Change the mapping")) } }
        (discard(visit, import))
    }
}

fn applied(visit: &Visit, import: &Import, report: &Report) -> Markup {
    html! {
        p.notice.good role="status" { (visit.lang.of(
            format!("已导入，用了 {} 秒。各门店下次联网时拿到。", report.took_ms / 1000),
            format!("Applied in {} s; stores get it with their next sync.", report.took_ms / 1000))) }
        (counts(visit, report))
        @if let Some(version) = import.version { p { a href={ "/console/roster/versions/" (version) } { (visit.t("看这个版本改了什么", "What this version changed")) } } }
        (warnings(visit, report))
    }
}

fn counts(visit: &Visit, report: &Report) -> Markup {
    let c = &report.counts;
    let tile = |zh, en, n: u64| html! { div.tile { strong { (n) } (visit.t(zh, en)) } };
    html! { div.tiles.five {
        (tile("新增", "new", c.added)) (tile("改变", "changed", c.changed)) (tile("停止", "ended", c.ended))
        (tile("不变", "unchanged", c.unchanged)) (tile("新的户", "new households", c.households))
    } }
}

fn warnings(visit: &Visit, report: &Report) -> Markup {
    html! { @if !report.warnings.is_empty() { details.card {
        summary { (visit.t("提醒", "Warnings")) " (" (report.warnings.len()) ")" }
        ul { @for text in &report.warnings { li { (text) } } }
    } } }
}

fn discard(visit: &Visit, import: &Import) -> Markup {
    html! { @if visit.person.role.may_do(Action::ImportRoster) {
        form method="post" action={ "/console/roster/imports/" (import.id) "/discard" } { button { (visit.t("放弃这次导入", "Discard this import")) } }
    } }
}

fn ready(hq: &Hq, visit: &Visit, import: &Import, report: &Report, ask: &Ask) -> Result<Markup, Failure> {
    let said: Answers = serde_json::from_str(&import.answers).map_err(anyhow::Error::from)?;
    let open = report.questions.iter().filter(|question| !said.answers.contains_key(&question.key)).count();
    let acts = visit.person.role.may_do(Action::ImportRoster);
    let path = format!("/console/roster/imports/{}", import.id);
    Ok(html! {
        @if import.note == "changed" { p.notice.warn role="alert" { (visit.t("您看过以后名册又变了，所以没有写入。下面是新的差异，请再看一遍。", "The roster changed after you looked, so nothing was written. This is the new difference: look again.")) } }
        (counts(visit, report))
        @if acts { (questions(visit, &path, report, &said)) }
        (difference(hq, visit, import, report, ask)?)
        (warnings(visit, report))
        p { a href={ (path) "/mapping" } { (visit.t("改列的对照", "Change the mapping")) } }
        @if acts {
            p.notice { (visit.lang.of(format!("到 {} 为止可以写入，过后自动放弃。", words::moment(import.expires_at)), format!("It can be applied until {}; then it is discarded.", words::moment(import.expires_at)))) }
            div.inline {
                form method="post" action={ (path) "/apply" } { button.main disabled[open > 0] { (visit.t("写入名册", "Apply to the roster")) } }
                form method="post" action={ (path) "/discard" } { button { (visit.t("放弃这次导入", "Discard this import")) } }
            }
            @if open > 0 { p { small.less { (visit.lang.of(format!("还有 {open} 个问题没有回答。"), format!("{open} questions are open."))) } } }
        }
    })
}

fn questions(visit: &Visit, path: &str, report: &Report, said: &Answers) -> Markup {
    let absent = report.counts.absent;
    html! { @if !report.questions.is_empty() || absent > 0 {
        form.card method="post" action={ (path) "/answer" } {
            h2 { (visit.t("请您决定", "For you to decide")) }
            @for (n, question) in report.questions.iter().enumerate() {
                @let names = question.people.join("、");
                @let what = match question.kind.as_str() {
                    "split" => visit.t("分户：文件把他们单列为新的一户", "Split: the file lists them as a household of their own"),
                    "merge" => visit.t("并户：整户并进了另一户", "Merge: the whole household stands in another one now"),
                    _ => visit.t("换户：文件把他们列在另一户", "Move: the file lists them in another household"),
                };
                fieldset {
                    legend { strong { (names) } " · " (what) " · " (visit.lang.of(format!("第 {} 行", question.line), format!("line {}", question.line))) }
                    p { (visit.t("现在的户", "household now")) " " a href={ "/console/households/" (question.from) } { code { (question.from) } }
                        @if let Some(to) = &question.to { " → " a href={ "/console/households/" (to) } { code { (to) } } } }
                    @let answer = said.answers.get(&question.key).map(String::as_str);
                    input type="hidden" name={ "k" (n) } value=(question.key);
                    label { input type="radio" name={ "a" (n) } value="move" checked[answer == Some("move")]; " " (visit.t("离开原来的户", "they leave the old household")) } " "
                    label { input type="radio" name={ "a" (n) } value="both" checked[answer == Some("both")]; " " (visit.t("两户都在", "they stand in both")) }
                }
            }
            @if absent > 0 { p { label { input type="checkbox" name="ends_absent" value="yes" checked[said.ends_absent]; " "
                (visit.lang.of(format!("把不在文件里的 {absent} 人停保（先在下面“不在文件里”核对名单）"), format!("end the {absent} people who are not in the file (look at the list below first)"))) } } }
            button { (visit.t("保存决定，重新计算", "Save and work it out again")) }
        }
    } }
}

fn difference(hq: &Hq, visit: &Visit, import: &Import, report: &Report, ask: &Ask) -> Result<Markup, Failure> {
    let c = &report.counts;
    let count = |kind: &str| match kind {
        "new" => c.added,
        "changed" => c.changed,
        "ended" => c.ended,
        _ => c.absent,
    };
    let chosen = ask.kind.as_deref().filter(|kind| KINDS.iter().any(|(code, _, _)| code == kind));
    let kind =
        chosen.or_else(|| KINDS.iter().find(|(code, _, _)| count(code) > 0).map(|(code, _, _)| *code)).unwrap_or("new");
    let at = ask.page.unwrap_or(0).clamp(0, 10_000);
    let all = rows::preview(&hq.reading().conn, import.id, kind, at * ROWS, ROWS)?;
    let path = format!("/console/roster/imports/{}", import.id);
    let total = i64::try_from(count(kind)).unwrap_or(i64::MAX);
    let mut lines = Vec::new();
    for row in &all {
        lines.push((row, serde_json::from_str::<Vec<_>>(&row.columns).map_err(anyhow::Error::from)?));
    }
    Ok(html! {
        ul.tabs { @for (code, zh, en) in KINDS {
            li { a href={ (path) "?kind=" (code) } aria-current=[(code == kind).then_some("page")] { (visit.t(zh, en)) " " (count(code)) } }
        } }
        @if all.is_empty() { p.notice { (visit.t("没有。", "None.")) } } @else { div.scroll { table {
            thead { tr {
                th.number scope="col" { (visit.t("行", "Line")) } th scope="col" { (visit.t("姓名", "Name")) }
                th scope="col" { (visit.t("户", "Household")) } th scope="col" { (visit.t("差异（旧 → 新）", "Difference (old → new)")) }
            } }
            tbody { @for (row, columns) in &lines { tr {
                td.number { @if let Some(line) = row.line { (line) } @else { "–" } }
                td { (row.name) }
                td { @if row.household.is_empty() { (visit.t("新的户", "new")) } @else { a href={ "/console/households/" (row.household) } { code { (row.household) } } } }
                td { (differs(visit, columns)) }
            } } }
        } } }
        (crate::console::page::paging(visit, at, ROWS, total, &|at| format!("{path}?kind={kind}&page={at}")))
    })
}

/// A button of the page: `answer`, `apply`, `discard`.
pub async fn post(
    State(hq): Shared,
    visit: Visit,
    At((id, act)): At<(i64, String)>,
    Form(form): Form<Vec<(String, String)>>,
) -> Answer {
    visit.must(Place::Roster)?;
    let who = visit.person.clone();
    let desk = std::sync::Arc::clone(&hq);
    let back = format!("/console/roster/imports/{id}");
    let starts = matches!(act.as_str(), "answer" | "apply");
    let done = blocking(move || {
        Ok(match act.as_str() {
            "answer" => imports::answer(&desk, &who, id, &answers(&form))?,
            "apply" => imports::apply(&desk, &who, id)?,
            "discard" => imports::discard(&desk, &who, id)?,
            _ => Err(No::new("没有这个操作。", "There is no such button.")),
        })
    })
    .await?;
    if done.is_ok() && starts {
        imports::begin(&hq, id);
    }
    Ok(after(&visit, done, &back))
}

fn answers(form: &[(String, String)]) -> Answers {
    let fields: BTreeMap<&str, &str> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let keys = fields.iter().filter_map(|(name, key)| Some((name.strip_prefix('k')?, *key)));
    let answers = keys.filter_map(|(n, key)| {
        let answer = fields.get(format!("a{n}").as_str()).filter(|answer| matches!(**answer, "move" | "both"))?;
        Some((key.to_owned(), (*answer).to_owned()))
    });
    Answers { answers: answers.collect(), ends_absent: fields.get("ends_absent") == Some(&"yes") }
}
