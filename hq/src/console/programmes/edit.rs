//! The editor: a form that posts, does one thing, and comes back with what was typed.

use std::sync::Arc;

use axum::extract::{Form as Body, State};
use axum::response::{Html, IntoResponse as _, Redirect};
use chrono::NaiveDate;
use domain::product::ListedProduct;
use domain::programme::Programme;
use domain::time::{business_date, parse_date};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::super::{Answer, Asked, Failure, Shared, Visit, blocking, page, show as render};
use super::fields::Form;
use super::sheet::{self, Choices};
use super::{Words, example as beside};
use crate::console::At;
use crate::service::access::Place;
use crate::service::programmes::check::Problem;
use crate::service::programmes::typed::Typed;
use crate::service::programmes::{self as service, Writing, example};
use crate::service::{Hq, catalogue, now};
use crate::store::sql::Conn;
use crate::store::{drafts as rows, lists, tills};

/// Products that a search shows at most.
const FOUND: i64 = 20;
/// Fields that say what to do, and are no part of a draft.
const CONTROLS: [&str; 3] = ["do", "draft.code", "draft.revision"];

/// What the address of a new draft says.
#[derive(Debug, Default, Deserialize)]
pub struct Begin {
    code: Option<String>,
    end: Option<String>,
    last: Option<String>,
}

/// What a form is of.
struct Of {
    /// The draft's row and revision; none: not kept yet.
    draft: Option<(i64, u32)>,
    /// The published code that it is a version of.
    code: Option<String>,
}

/// A new draft: of a programme that there is, to end one, or of a new one.
pub async fn begin(State(hq): Shared, visit: Visit, Asked(asked): Asked<Begin>) -> Answer {
    visit.must(Place::Drafting)?;
    render(move || {
        let db = hq.reading();
        let Some(code) = asked.code.filter(|code| !code.is_empty()) else {
            let mut typed = Typed::default();
            for (name, value) in [("benefit", "percent_off"), ("subsidy_share", "100"), ("priority", "10")] {
                typed.set(name, value);
            }
            typed.set("valid_from", service::earliest().to_string());
            return sheet(&db.conn, &visit, &Of { draft: None, code: None }, typed, None);
        };
        let published = catalogue::published(&db.conn)?;
        let typed = match (&asked.end, asked.last.as_deref().map(parse_date)) {
            (None, _) => service::next_version(&published, &code),
            (Some(_), Some(Ok(last))) => service::ending(&published, &code, last),
            (Some(_), _) => {
                return ask_last_day(&visit, &published.into_iter().map(|(p, _)| p).collect::<Vec<_>>(), &code);
            }
        };
        let Some(typed) = typed else { return Err(Failure::Missing(Box::new(visit))) };
        sheet(&db.conn, &visit, &Of { draft: None, code: Some(code) }, typed, None)
    })
    .await
}

/// Ending a programme begins with its last day.
fn ask_last_day(visit: &Visit, published: &[Programme], code: &str) -> Result<Markup, Failure> {
    let Some(p) = published.iter().filter(|p| p.code == code).max_by_key(|p| p.version) else {
        return Err(Failure::Missing(Box::new(visit.clone())));
    };
    let today: NaiveDate = business_date(now());
    let body = html! {
        form.card.sheet-form method="get" action="/console/programme-drafts" {
            input type="hidden" name="code" value=(code); input type="hidden" name="end" value="1";
            div.field { label for="last" { (visit.t("最后一天", "Last day")) } input id="last" type="date" name="last" value=(today) min=(today) required; }
            p.actions { button.main { (visit.t("写停用的草稿", "Draft its end")) } }
        }
        p { (visit.t("停用由一个新版本完成：从第二天起没有人适用，直到以前各版本的有效期都过完。只把结束日期改早是不够的：以前有效期更长的版本会重新生效。",
            "A new version ends it: from the next day on it fits nobody, until all earlier versions have run out. An earlier last day alone would not do: a version that is valid for longer would count again.")) }
    };
    Ok(page::page(
        visit,
        Place::Programmes,
        &format!("{} · {}", visit.t("停用", "End"), visit.lang.of(&p.name_zh, &p.name_en)),
        body,
    ))
}

/// A draft that was kept.
pub async fn open(State(hq): Shared, visit: Visit, At(id): At<i64>) -> Answer {
    visit.must(Place::Drafting)?;
    render(move || {
        let db = hq.reading();
        let Some(draft) = rows::by_id(&db.conn, id)?.filter(|d| d.state == "draft") else {
            return Err(Failure::Missing(Box::new(visit)));
        };
        let typed: Typed = serde_json::from_str(&draft.typed).map_err(anyhow::Error::from)?;
        let of = Of { draft: Some((id, draft.revision)), code: draft.base.map(|_| draft.code.clone()) };
        let problems = judged(&db.conn, &of, &typed)?.err().unwrap_or_default();
        sheet(&db.conn, &visit, &of, typed, Some(problems))
    })
    .await
}

/// A new draft's form.
pub async fn post_new(State(hq): Shared, visit: Visit, Body(pairs): Body<Vec<(String, String)>>) -> Answer {
    answer(hq, visit, None, pairs).await
}

/// A kept draft's form.
pub async fn post(
    State(hq): Shared,
    visit: Visit,
    At(id): At<i64>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Answer {
    answer(hq, visit, Some(id), pairs).await
}

async fn answer(hq: Arc<Hq>, visit: Visit, id: Option<i64>, pairs: Vec<(String, String)>) -> Answer {
    visit.must(Place::Drafting)?;
    let done = blocking(move || {
        let all = Typed(pairs);
        let control = |name: &str| all.get(name).to_owned();
        let (what, code, revision) = (control("do"), control("draft.code"), control("draft.revision"));
        let of =
            Of { draft: id.map(|id| (id, revision.parse().unwrap_or(0))), code: (!code.is_empty()).then_some(code) };
        let mut typed = Typed(all.0.into_iter().filter(|(name, _)| !CONTROLS.contains(&name.as_str())).collect());
        let mut problems = None;
        match what.split_once(' ').unwrap_or((what.as_str(), "")) {
            ("save", _) => {
                let writing = Writing { of: of.draft, code: of.code.as_deref(), typed: &typed };
                match service::save(&hq, &visit.person, &writing)? {
                    Ok(id) => return Ok(Ok(format!("/console/programme-drafts/{id}?saved=1"))),
                    Err(problem) => problems = Some(vec![problem]),
                }
            }
            (change, about) if change != "check" && !change.is_empty() => {
                apply(&hq.reading().conn, &mut typed, change, about)?;
            }
            _ => problems = judged(&hq.reading().conn, &of, &typed)?.err(),
        }
        Ok(Err(sheet(&hq.reading().conn, &visit, &of, typed, problems)?))
    })
    .await?;
    Ok(match done {
        Ok(address) => Redirect::to(&address).into_response(),
        Err(sheet) => Html(sheet.into_string()).into_response(),
    })
}

fn judged(conn: &Conn, of: &Of, typed: &Typed) -> Result<Result<(Programme, Value), Vec<Problem>>, Failure> {
    Ok(service::judge(conn, &Writing { of: of.draft, code: of.code.as_deref(), typed })?)
}

/// Does what a button says to the fields.
fn apply(conn: &Conn, typed: &mut Typed, change: &str, about: &str) -> anyhow::Result<()> {
    match change {
        "include" | "exclude" => {
            let word = if about.is_empty() { typed.get("pick.group").to_owned() } else { about.to_owned() };
            let table = format!("scope.{change}");
            let row = typed.rows(&table);
            let is_new = (0..row).all(|n| typed.get(&format!("{table}[{n}]")) != word);
            if is_new && !word.is_empty() {
                typed.set(format!("{table}[{row}]"), word);
            }
        }
        "add" if about == "limits" => {
            let row = typed.rows("limits");
            for (field, value) in
                [("per", "month"), ("kind", "discount"), ("holder", "household"), ("unit", "piece"), ("id", "")]
            {
                typed.set(format!("limits[{row}].{field}"), value);
            }
        }
        "add" if about == "ceilings" => {
            let row = typed.rows("ceilings");
            for (field, value) in [("match", "all"), ("unit", "piece"), ("price", "")] {
                typed.set(format!("ceilings[{row}].{field}"), value);
            }
        }
        "try" => example::add(conn, typed, about)?,
        "remove" => {
            if let Some((table, row)) = about.split_once(' ')
                && let Ok(row) = row.parse()
            {
                typed.remove_row(table, row);
            }
        }
        // What is looked for is found while the form is shown.
        _ => {}
    }
    Ok(())
}

/// The form, with the example beside it. `problems`: none where nobody asked yet.
fn sheet(
    conn: &Conn,
    visit: &Visit,
    of: &Of,
    mut typed: Typed,
    problems: Option<Vec<Problem>>,
) -> Result<Markup, Failure> {
    example::begin(conn, &mut typed)?;
    let choices = choices(conn, &typed)?;
    let draft = judged(conn, of, &typed)?.ok().map(|(draft, _)| draft);
    let ran = draft.as_ref().map(|draft| example::run(conn, &typed, draft)).transpose()?.flatten();
    let was_asked = problems.is_some();
    let mut problems = problems.unwrap_or_default();
    let shown = match ran {
        None => None,
        Some(Ok(shown)) => Some(shown),
        Some(Err(wrong)) => {
            problems.extend(wrong);
            None
        }
    };
    let published = of.code.as_deref().map(|code| service::versions(conn, code)).transpose()?.unwrap_or_default();
    let newest = published.iter().max_by_key(|p| p.version);
    let said = Words::of(conn, visit.lang, published.iter().chain(&draft))?;
    let title = match newest {
        Some(p) => visit.lang.of(
            format!("{} · 写第 {} 版", p.name_zh, p.version + 1),
            format!("{} · writing version {}", p.name_en, p.version + 1),
        ),
        None => visit.t("写新项目", "Write a new programme").to_owned(),
    };
    let form = Form { visit, typed: &typed, problems: &problems };
    let action =
        of.draft.map_or("/console/programme-drafts".to_owned(), |(id, _)| format!("/console/programme-drafts/{id}"));
    let body = html! {
        (top(&form, of, was_asked, draft.as_ref(), &published))
        form.editor method="post" action=(action) {
            // Enter in a field does no more than this.
            button.unseen name="do" value="check" tabindex="-1" { (form.t("检查并计算", "Check and reckon")) }
            input type="hidden" name="draft.code" value=(of.code.as_deref().unwrap_or_default());
            input type="hidden" name="draft.revision" value=(of.draft.map_or(0, |(_, revision)| revision));
            div {
                (sheet::identity(&form, &choices, of.code.is_none()))
                (sheet::whom(&form, &choices))
                (sheet::scope(&form, &choices))
                (sheet::benefit(&form))
                (sheet::limits(&form, &choices))
                (sheet::ceilings(&form, &choices))
                (sheet::offline(&form))
                p.inline {
                    button.main name="do" value="save" { (form.t("保存草稿", "Save the draft")) }
                    button name="do" value="check" { (form.t("检查并计算", "Check and reckon")) }
                    a.button href="/console/programmes" { (form.t("返回", "Back")) }
                }
            }
            (beside::card(&form, &choices, draft.as_ref(), shown.as_ref()))
        }
        @if let (Some(old), Some(new)) = (newest, &draft) { (said.diff(old, new)) }
    };
    Ok(page::page(visit, Place::Programmes, &title, body))
}

/// What stands above the form: whether it was kept, what is wrong with it, what to mind.
fn top(form: &Form<'_>, of: &Of, was_asked: bool, draft: Option<&Programme>, published: &[Programme]) -> Markup {
    let known = |problem: &&Problem| problem.field.is_empty() || problem.field == "code" && of.code.is_some();
    html! {
        @if form.visit.here.ends_with("?saved=1") { p.notice.good role="status" { (form.t("草稿已保存。", "The draft is saved.")) } }
        @if !form.problems.is_empty() {
            p.notice.warn role="alert" {
                @if of.draft.is_some() && was_asked { (form.t("还不能发布：请改正标出的各项。", "Not ready to be published: correct what is marked.")) } @else { (form.t("请改正标出的各项。", "Correct what is marked.")) }
                @for problem in form.problems.iter().filter(known) { " " (form.visit.lang.of(&problem.zh, &problem.en)) }
            }
        }
        @if let Some((id, _)) = of.draft { @if draft.is_some() && form.problems.is_empty() {
            p.notice { (form.t("草稿完整，可以请另一位同事看过差别后发布：", "The draft is whole. A colleague can look at the differences and publish it: "))
                a href={ "/console/programme-drafts/" (id) "/review" } { (form.t("看差别和发布", "differences and publishing")) } }
        } }
        @if let Some(p) = draft { (mind(form.visit, p, published)) }
    }
}

/// What a version does that may surprise.
pub fn mind(visit: &Visit, p: &Programme, published: &[Programme]) -> Markup {
    html! {
        @if let Some(old) = service::comes_back(p, published) {
            p.notice.warn { (visit.lang.of(
                format!("这一版到 {} 结束，而第 {} 版有效到 {}：之后第 {} 版会重新生效。要停用项目，请用“停用这个项目”。", p.valid_to, old.version, old.valid_to, old.version),
                format!("This version ends on {}, but version {} is valid until {} and will count again after it. To end the programme, use “End this programme”.", p.valid_to, old.version, old.valid_to))) }
        }
        @if p.valid_from < service::earliest() {
            p.notice.warn { (visit.lang.of(
                format!("最早从 {} 起生效：发布前请把开始日期改到这一天或以后。", service::earliest()),
                format!("It can take effect on {} at the earliest: set the first day to that or later before it is published.", service::earliest()))) }
        }
    }
}

/// What there is to choose from, and what the search found.
fn choices(conn: &Conn, typed: &Typed) -> anyhow::Result<Choices> {
    let mut goods: Vec<(String, String)> = Vec::new();
    let text = typed.get("pick.goods");
    if !text.is_empty() {
        for document in rows::find_products(conn, text, FOUND)? {
            if let Ok(p) = serde_json::from_str::<ListedProduct>(&document)
                && let Ok(key) = p.key()
            {
                goods.push((key.tagged(), p.name));
            }
        }
        // A code that headquarters' list does not have may be a store's own.
        if let Ok(key) = crate::service::shop::typed_key(text).map(|key| key.tagged())
            && goods.iter().all(|(known, _)| *known != key)
            && text.bytes().any(|b| b.is_ascii_digit())
        {
            goods.push((key, text.to_owned()));
        }
    }
    let found = goods.len();
    for (_, value) in typed.0.iter().filter(|(name, _)| name.starts_with("scope.") || name.ends_with(".match")) {
        let is_product = value.starts_with("barcode:") || value.starts_with("plu:");
        if is_product && goods.iter().all(|(known, _)| known != value) {
            goods.push((value.clone(), lists::product_name(conn, value)?.unwrap_or_default()));
        }
    }
    let mut groups: std::collections::BTreeMap<String, i64> = std::collections::BTreeMap::new();
    for (path, count) in rows::groups(conn)? {
        for (end, _) in path.match_indices('/').chain([(path.len(), "")]) {
            *groups.entry(path[..end].to_owned()).or_default() += count;
        }
    }
    let stores = tills::stores(conn)?.into_iter().map(|store| (store.code, store.name)).collect();
    Ok(Choices { funds: rows::funds(conn)?, stores, groups: groups.into_iter().collect(), goods, found })
}
