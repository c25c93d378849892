//! Quarterly disclosure: what may be published, what was, and the files.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse as _, Redirect};
use axum::routing::get;
use domain::lang::Lang;
use domain::time::business_date;
use maud::{Markup, html};
use serde::Deserialize;
use sheets::pdf::{Block, Document, Paper};
use sheets::{Column, Kind, Sheet, Value};

use super::files;
use super::{Answer, Asked, Failure, Shared, Visit, blocking, filled, form, page, show as render, words};
use crate::service::access::Place;
use crate::service::disclosure::table::{Row, Table};
use crate::service::disclosure::{self, Shown};
use crate::service::report::Period;
use crate::service::{Hq, catalogue, now};
use crate::store::audit;
use crate::store::disclosures::{self, Version};
use crate::store::sql::Conn;
use crate::store::usage::read;

/// Pages and files.
pub fn routes() -> Router<Arc<Hq>> {
    Router::new().route("/console/disclosure", get(show).post(publish)).route("/console/disclosure/file", get(file))
}

/// What the address says.
#[derive(Debug, Clone, Default, Deserialize)]
struct Ask {
    quarter: Option<String>,
    version: Option<i64>,
    #[serde(rename = "as")]
    kind: Option<String>,
    problem: Option<String>,
}

/// What the form says.
#[derive(Debug, Default, Deserialize)]
struct Wish {
    #[serde(default)]
    quarter: String,
    #[serde(default)]
    reason: String,
}

/// Names that a table is written with.
struct Names {
    programmes: BTreeMap<String, (String, String)>,
    funds: BTreeMap<String, (String, String)>,
}

impl Names {
    fn read(conn: &Conn) -> anyhow::Result<Self> {
        Ok(Self { programmes: catalogue::names(conn)?, funds: disclosures::fund_words(conn)? })
    }

    /// Project, fund and source of a row.
    fn words(&self, lang: Lang, row: &Row) -> [String; 3] {
        let name =
            |code: &String| self.programmes.get(code).map_or_else(|| code.clone(), |(zh, en)| lang.of(zh, en).clone());
        let project = match row.programmes.as_slice() {
            [only] => name(only),
            several => lang.of(format!("其他 {} 个项目", several.len()), format!("{} other projects", several.len())),
        };
        let (fund, source) = self.fund(lang, row.fund.as_ref());
        [project, fund, source]
    }

    fn fund(&self, lang: Lang, code: Option<&String>) -> (String, String) {
        match code {
            Some(code) => self.funds.get(code).cloned().unwrap_or_else(|| (code.clone(), String::new())),
            None => (lang.of("（无）", "(none)").into(), lang.of("门店让利", "given by stores").into()),
        }
    }
}

fn quarters(months: &[String]) -> Vec<Period> {
    Period::choices(months).into_iter().filter(|p| matches!(p, Period::Quarter(..))).collect()
}

/// The quarter that is asked for; else the newest that is over, else the newest.
fn chosen(ask: &Ask, quarters: &[Period], today: &str) -> Option<Period> {
    let asked = ask.quarter.as_deref().and_then(disclosure::quarter);
    asked.or_else(|| quarters.iter().copied().find(|q| disclosure::is_over(*q, today))).or(quarters.first().copied())
}

fn today() -> String {
    business_date(now()).to_string()
}

async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Disclosure)?;
    render(move || {
        let db = hq.reading();
        let quarters = quarters(&read::months(&db.conn)?);
        let title = visit.t("信息公开", "Disclosure");
        let Some(period) = chosen(&ask, &quarters, &today()) else {
            let none =
                html! { p.notice { (visit.t("还没有可以公开的季度。", "There is no quarter to publish yet.")) } };
            return Ok(page::page(&visit, Place::Disclosure, title, none));
        };
        let (shown, names) = (disclosure::show(&db.conn, period)?, Names::read(&db.conn)?);
        drop(db);
        let options: Vec<_> = quarters.iter().map(|q| (q.key(), q.word(visit.lang))).collect();
        let body = html! {
            form.filters method="get" action=(Place::Disclosure.path()) {
                (form::select("quarter", visit.t("季度", "Quarter"), None, Some(&period.key()), &options))
                button.main { (visit.t("查看", "Show")) }
            }
            @if let Some(problem) = filled(ask.problem.as_ref()) { p.notice.warn role="alert" { (problem) } }
            (draft(&visit, period, &shown, &names))
            @for (version, table) in &shown.versions { (published(&visit, period, version, table, &names)) }
        };
        Ok(page::page(&visit, Place::Disclosure, title, body))
    })
    .await
}

/// What may be published now, and the form that does it.
fn draft(visit: &Visit, period: Period, shown: &Shown, names: &Names) -> Markup {
    let first = shown.versions.is_empty();
    let same = shown.versions.first().is_some_and(|(_, table)| table.says_the_same(&shown.table));
    if same {
        return html! { p.notice.good { (visit.t("与最近一次发布的一样，不用更正。", "As it was last published: nothing to correct.")) } };
    }
    html! {
        section.card {
            h2 { (if first { visit.t("待发布", "To be published") } else { visit.t("待更正", "To be corrected") }) }
            @if shown.undecided > 0 { p.notice.warn { (visit.lang.of(
                format!("还有 {} 笔申报没有审核完，暂按申报计。最好审完再发布。", shown.undecided),
                format!("{} claims are not decided and count as claimed. Better decide them first.", shown.undecided))) } }
            (table(visit, period, &shown.table, names))
            @if disclosure::may_publish(visit.person.role) && visit.person.district.is_none() {
                @if disclosure::is_over(period, &today()) {
                    form.inline method="post" action=(Place::Disclosure.path()) {
                        input type="hidden" name="quarter" value=(period.key());
                        @if !first {
                            label for="reason" { (visit.t("更正说明（公开）", "Why it is corrected (public)")) }
                            input id="reason" name="reason" required minlength="4" maxlength="500" size="40";
                        }
                        button.main { (if first { visit.t("发布", "Publish") } else { visit.t("发布更正", "Publish the correction") }) }
                    }
                } @else { p { (visit.t("季度结束后才能发布。", "It can be published when the quarter is over.")) } }
            }
        }
    }
}

fn published(visit: &Visit, period: Period, version: &Version, body: &Table, names: &Names) -> Markup {
    let to =
        |kind: &str| format!("/console/disclosure/file?quarter={}&version={}&as={kind}", period.key(), version.version);
    html! {
        section.card {
            h2 { (visit.lang.of(format!("第 {} 版", version.version), format!("Version {}", version.version))) " " small { (words::moment(version.at)) " · " (version.by) } }
            @if !version.reason.is_empty() { p { (visit.t("更正说明：", "Correction: ")) (version.reason) } }
            (table(visit, period, body, names))
            p { @for kind in ["pdf", "xlsx", "csv"] { a.button href=(to(kind)) { (kind.to_uppercase()) } " " } }
        }
    }
}

fn heads(lang: Lang) -> [&'static str; 9] {
    lang.of(
        ["项目", "资金", "资金来源", "期间", "户数", "次数", "资金支出", "门店让利", "门店数"],
        [
            "Project",
            "Fund",
            "Source",
            "Period",
            "Households",
            "Visits",
            "Paid by the fund",
            "Given by stores",
            "Stores",
        ],
    )
}

fn notes(lang: Lang, body: &Table, names: &Names) -> Vec<String> {
    let mut notes = vec![lang.of(
        "不足 5 户的项目并入“其他”或不列，任何两个数字之差也不少于 5 户。同一户可以受惠于几个项目，户数不能相加。".to_owned(),
        "Projects of fewer than 5 households stand among “other” or are left out; no difference of figures tells of fewer. A household may have several projects: households do not add up.".to_owned(),
    )];
    for fund in &body.withheld {
        let (name, _) = names.fund(lang, fund.as_ref());
        notes.push(
            lang.of(
                format!("资金 {name}：不足 5 户，不列。"),
                format!("Fund {name}: fewer than 5 households, not told."),
            ),
        );
    }
    if body.rows.iter().any(|row| row.is_left) {
        notes.push(lang.of(
            "带 * 的项目更正涉及不足 5 户，保持原数。".to_owned(),
            "Rows with * stay as published: their correction would tell of fewer than 5 households.".to_owned(),
        ));
    }
    notes
}

fn table(visit: &Visit, period: Period, body: &Table, names: &Names) -> Markup {
    let lang = visit.lang;
    html! {
        @if body.rows.is_empty() { p { (visit.t("没有可以公开的数字。", "No figures can be published.")) } }
        @else { div.scroll { table {
            caption.unseen { (visit.t("信息公开", "Disclosure")) }
            thead { tr { @for (n, head) in heads(lang).into_iter().enumerate() { th.number[n > 3] scope="col" { (head) } } } }
            tbody { @for row in &body.rows { @let [project, fund, source] = names.words(lang, row); tr {
                td { (project) @if row.is_left { " *" } } td { (fund) } td { (source) } td.whole { (period.word(lang)) }
                td.number { (row.group.households()) } td.number { (row.group.visits()) }
                td.number { (words::yuan(row.group.fund_fen())) } td.number { (words::yuan(row.group.store_fen())) }
                td.number { (row.group.stores()) }
            } } }
        } } }
        @for note in notes(lang, body, names) { p { small { (note) } } }
    }
}

fn sheet(lang: Lang, period: Period, version: &Version, body: &Table, names: &Names) -> Sheet {
    let kinds = [
        Kind::Text,
        Kind::Text,
        Kind::Text,
        Kind::Text,
        Kind::Count,
        Kind::Count,
        Kind::Amount,
        Kind::Amount,
        Kind::Count,
    ];
    let columns = heads(lang).into_iter().zip(kinds).map(|(name, kind)| Column::new(name, kind));
    let rows = body.rows.iter().map(|row| {
        let [project, fund, source] = names.words(lang, row);
        let project = if row.is_left { format!("{project} *") } else { project };
        vec![
            project.into(),
            fund.into(),
            source.into(),
            period.word(lang).into(),
            Value::number(row.group.households()),
            Value::number(row.group.visits()),
            files::figure(row.group.fund_fen()),
            files::figure(row.group.store_fen()),
            Value::number(row.group.stores()),
        ]
    });
    let mut below = notes(lang, body, names);
    if !version.reason.is_empty() {
        below.insert(0, format!("{}{}", lang.of("更正说明：", "Correction: "), version.reason));
    }
    Sheet {
        title: lang.of(
            format!("慈善项目信息公开 {} 第 {} 版", period.key(), version.version),
            format!("Disclosure {} version {}", period.key(), version.version),
        ),
        rows: rows.collect(),
        below,
        ..Sheet::new(columns)
    }
}

async fn file(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Disclosure)?;
    blocking(move || {
        let missing = || Failure::Missing(Box::new(visit.clone()));
        let period = ask.quarter.as_deref().and_then(disclosure::quarter).ok_or_else(missing)?;
        let db = hq.reading();
        let (shown, names) = (disclosure::show(&db.conn, period)?, Names::read(&db.conn)?);
        drop(db);
        let found = shown.versions.iter().find(|(version, _)| ask.version.is_none_or(|n| n == version.version));
        let (version, body) = found.ok_or_else(missing)?;
        let sheet = sheet(visit.lang, period, version, body, &names);
        let name = format!("disclosure-{}-{}", period.key(), version.version);
        let detail = serde_json::json!({ "file": name });
        audit(&hq.db().conn, &visit.person.name, "export disclosure", &detail.to_string())?;
        Ok(match ask.kind.as_deref() {
            Some("pdf") => files::pdf(&format!("{name}.pdf"), &document(visit.lang, version, sheet))?,
            Some("xlsx") => files::sheet(&format!("{name}.xlsx"), &sheet)?,
            _ => files::sheet(&format!("{name}.csv"), &sheet)?,
        })
    })
    .await
}

fn document(lang: Lang, version: &Version, sheet: Sheet) -> Document {
    let title = sheet.title.clone();
    Document {
        title: title.clone(),
        paper: Paper::Landscape,
        lang,
        blocks: vec![
            Block::Title(title),
            Block::Table(Sheet { title: String::new(), ..sheet }),
            Block::Paragraph(lang.of(
                format!("发布时间 {}", words::moment(version.at)),
                format!("Published {}", words::moment(version.at)),
            )),
        ],
        small_print: String::new(),
    }
}

async fn publish(State(hq): Shared, visit: Visit, Query(_): Query<Ask>, Form(wish): Form<Wish>) -> Answer {
    visit.must(Place::Disclosure)?;
    if !disclosure::may_publish(visit.person.role) {
        return Err(Failure::Forbidden(Box::new(visit), Place::Disclosure));
    }
    blocking(move || {
        let period = disclosure::quarter(&wish.quarter).ok_or_else(|| Failure::Missing(Box::new(visit.clone())))?;
        let done = disclosure::publish(&hq, &visit.person, period, &today(), &wish.reason)?;
        let problem = done.err().map(|sentence| format!("&problem={}", words::encode(sentence))).unwrap_or_default();
        let to = format!("{}?quarter={}{problem}", Place::Disclosure.path(), period.key());
        Ok(Redirect::to(&to).into_response())
    })
    .await
}
