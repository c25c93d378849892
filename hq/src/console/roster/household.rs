//! What is done to one household: members and proxies, cards, looks at whole numbers, and what the law
//! gives the family. Each has a reason.

use axum::extract::{Form, Path, State};
use axum::response::{Html, IntoResponse as _, Response};
use domain::household::CATEGORIES;
use maud::{Markup, html};
use serde::Deserialize;

use super::versions::{Step, kind, step};
use super::{Answer, Failure, Shared, Visit, after, blocking, differs, refused, review, words};
use crate::console::files;
use crate::console::households::{RELATIONS, STATUSES};
use crate::console::page;
use crate::service::Hq;
use crate::service::access::{Action, Place};
use crate::service::roster::edit::{self, Added, Correction, HouseholdCorrection};
use crate::service::roster::privacy::{self, Whole};
use crate::service::roster::{No, cards};
use crate::store::cards::{self as kept, Card, Event};
use crate::store::people::{self, Member};
use crate::store::sql::Conn;
use crate::store::{households, privacy as rows, roster};

/// Steps of a household's history on its page.
const MOST_STEPS: usize = 30;
/// Looks and deeds on its page.
const MOST_EVENTS: i64 = 50;

/// All below a household's members.
pub struct About {
    blocked: bool,
    review_on: Option<String>,
    cards: Vec<(Card, Vec<Event>)>,
    events: Vec<Event>,
    steps: Vec<(Step, Option<roster::Version>)>,
}

impl About {
    /// Reads it.
    pub fn load(hq: &Hq, conn: &Conn, household: &str) -> anyhow::Result<Self> {
        let mut cards = Vec::new();
        for card in kept::of_household(conn, household)? {
            let events = kept::events(conn, card.id)?;
            cards.push((card, events));
        }
        let mut steps = Vec::new();
        for row in people::history(conn, household)?.into_iter().take(MOST_STEPS) {
            let version = roster::one_version(conn, row.from)?;
            steps.push((step(conn, &hq.keys, row)?, version));
        }
        Ok(Self {
            blocked: rows::is_blocked(conn, household)?,
            review_on: households::review_on(conn, household)?,
            events: kept::household_events(conn, household, MOST_EVENTS)?,
            cards,
            steps,
        })
    }

    /// Shows it.
    pub fn show(&self, visit: &Visit, id: &str, members: &[(i64, Member)]) -> Markup {
        let acts = visit.person.role.may_do(Action::ImportRoster);
        html! {
            @if self.blocked { p.notice.warn { (visit.t("这一户“只保存”：门店不能核验，导入不会改它（个人信息保护法第四十七条）。", "This household is only kept: no store can verify it, and no import changes it (PIPL 47).")) } }
            div.halves {
                @if visit.person.role.may_do(Action::LookUpName) { (look_form(visit, id)) }
                section.card {
                    h2 { (visit.t("复核日期", "Next review")) }
                    p { (self.review_on.as_deref().unwrap_or(visit.t("没有定", "none"))) }
                    @if acts && !self.blocked { (review::form(visit, id)) }
                }
            }
            @if acts && !self.blocked { (changes(visit, id, members)) }
            (self.cards(visit))
            @if acts { (self.rights(visit, id)) }
            (self.events(visit))
            (self.history(visit))
        }
    }

    fn cards(&self, visit: &Visit) -> Markup {
        html! { @if !self.cards.is_empty() { div.scroll { table {
            caption { (visit.t("爱心卡的经过", "Cards")) }
            tbody { @for (card, events) in &self.cards { tr {
                td { code { (card.tail) } }
                td { @match card.state.as_str() {
                    "active" => span.state.good { (visit.t("在用", "good")) },
                    "lost" => span.state.bad { (visit.t("已挂失", "lost")) },
                    _ => span.state.bad { (visit.t("已换卡", "replaced")) },
                } }
                td { @for e in events { span.reason { (words::moment(e.at)) " " (privacy::word(visit.lang, &e.event)) " " (e.by) " " (e.reason) } } }
            } } }
        } } } }
    }

    fn events(&self, visit: &Visit) -> Markup {
        html! { @if !self.events.is_empty() { div.scroll { table {
            caption { (visit.t("查看和修改记录", "Looks and changes")) }
            thead { tr { th scope="col" { (visit.t("时间", "Time")) } th scope="col" { (visit.t("谁", "Who")) } th scope="col" { (visit.t("做了什么", "What")) } th scope="col" { (visit.t("原因", "Why")) } } }
            tbody { @for e in &self.events { tr { td.whole { (words::moment(e.at)) } td { (e.by) } td { (privacy::word(visit.lang, &e.event)) } td { (e.reason) } } } }
        } } } }
    }

    fn history(&self, visit: &Visit) -> Markup {
        html! { div.scroll { table {
            caption { (visit.t("名册里的历史", "History in the roster")) }
            thead { tr { th.number scope="col" { (visit.t("版本", "Version")) } th scope="col" { (visit.t("时间", "Time")) } th scope="col" { (visit.t("来源", "From")) } th scope="col" { (visit.t("姓名", "Name")) } th scope="col" { (visit.t("差异（旧 → 新）", "Difference (old → new)")) } } }
            tbody { @for (step, version) in &self.steps { tr {
                td.number { (step.row.from) }
                td.whole { @if let Some(version) = version { (words::moment(version.at)) " " (version.who) } }
                td { @if let Some(version) = version { (kind(visit, &version.kind)) @if version.kind == "import" { " " (version.source) } } }
                td { (step.row.member.entry.name) }
                td { (differs(visit, &step.columns)) @if step.row.to.is_some() { small { (visit.t("已被后来的版本替换", "replaced since")) } } }
            } } }
        } } }
    }

    fn rights(&self, visit: &Visit, id: &str) -> Markup {
        let form = |act: &str, class: &str, word: &str| {
            html! { form.inline method="post" action={ "/console/households/" (id) "/" (act) } {
                (reason(visit)) button class=(class) { (word) }
            } }
        };
        html! { details.card {
            summary { (visit.t("家庭的权利：查阅、只保存、删除", "The family's rights: a copy, keeping only, deletion")) }
            (form("paper", "", visit.t("这一户的全部信息（PDF，给本人）", "All that is kept, as PDF")))
            (form("export", "", visit.t("这一户的全部信息（CSV）", "All that is kept, as CSV")))
            @if self.blocked { (form("unblock", "", visit.t("解除“只保存”", "Use it again"))) }
            @else { (form("block", "", visit.t("只保存，停止使用", "Only keep it"))) }
            (form("erase", "danger", visit.t("删除（没有申报记录的家庭）", "Delete (a household without claims)")))
        } }
    }
}

fn reason(visit: &Visit) -> Markup {
    html! { input name="reason" required minlength="2" maxlength="200" autocomplete="off" placeholder=(visit.t("原因", "reason")) aria-label=(visit.t("原因", "Reason")); }
}

fn look_form(visit: &Visit, id: &str) -> Markup {
    html! { section.card {
        h2 { (visit.t("完整姓名和号码", "Whole names and numbers")) }
        form.inline method="post" action={ "/console/households/" (id) "/look" } { (reason(visit)) button { (visit.t("查看", "Look")) } }
        small { (visit.t("每次查看都记下谁、什么时候、为什么，列在本页下方。", "Each look is noted with who, when and why, and is listed below.")) }
    } }
}

fn options(visit: &Visit, all: &[(&str, &str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(code, zh, en)| ((*code).into(), visit.lang.of(*zh, *en).into())).collect()
}

/// Fields of one of several forms of a page, each with an id of its own.
struct Fields(String);

impl Fields {
    fn input(&self, kind: &str, name: &str, label: &str, value: Option<&str>) -> Markup {
        let id = format!("{name}-{}", self.0);
        html! { div.field { label for=(id) { (label) } input id=(id) type=(kind) name=(name) value=[value] autocomplete="off"; } }
    }

    fn choice(&self, name: &str, label: &str, chosen: &str, options: &[(String, String)]) -> Markup {
        let id = format!("{name}-{}", self.0);
        html! { div.field { label for=(id) { (label) } select id=(id) name=(name) {
            @for (value, text) in options { option value=(value) selected[value == chosen] { (text) } }
        } } }
    }
}

fn changes(visit: &Visit, id: &str, members: &[(i64, Member)]) -> Markup {
    let path = format!("/console/households/{id}");
    html! {
        details.card {
            summary { (visit.t("更正成员、发卡、挂失、补卡", "Correct members; issue, lose and replace cards")) }
            @for (n, (_, m)) in members.iter().enumerate() { (member_forms(visit, &path, n, m)) }
        }
        details.card {
            summary { (visit.t("添加成员或代办人", "Add a member or a proxy")) }
            (add_form(visit, &path))
        }
        @if let Some((_, m)) = members.first() { details.card {
            summary { (visit.t("更正家庭信息", "Correct the household")) }
            (household_form(visit, &path, m))
        } }
    }
}

fn member_forms(visit: &Visit, path: &str, n: usize, m: &Member) -> Markup {
    let e = &m.entry;
    let f = Fields(n.to_string());
    let to = e.valid_to.map(|day| day.to_string());
    let has_card = m.card_mac.is_some();
    html! {
        h2 { (e.name) @if e.proxy { " " small { (visit.t("代办人", "proxy")) } } }
        form.sheet-form method="post" action={ (path) "/correct" } {
            input type="hidden" name="person" value=(e.person);
            (f.input("text", "name", visit.t("姓名（不改就空着）", "Name (empty: as it is)"), None))
            (f.choice("relation", visit.t("关系", "Relation"), &m.relation, &options(visit, &RELATIONS)))
            (f.choice("status", visit.t("状态", "Status"), e.status.word(), &options(visit, &STATUSES)))
            (f.input("date", "valid_from", visit.t("起始日", "First day"), Some(&e.valid_from.to_string())))
            (f.input("date", "valid_to", visit.t("有效期至", "Last day"), to.as_deref()))
            div.field { label { (visit.t("原因", "Reason")) } (reason(visit)) } p.actions { button { (visit.t("更正", "Correct")) } }
        }
        form.inline method="post" action={ (path) "/" (if has_card { "replace" } else { "issue" }) } {
            input type="hidden" name="person" value=(e.person); (reason(visit))
            button { (if has_card { visit.t("补卡（旧卡作废）", "Replace the card") } else { visit.t("发卡", "Issue a card") }) }
            @if has_card { button formaction={ (path) "/lose" } { (visit.t("挂失", "Report it lost")) } }
            button formaction={ (path) "/remove" } { (visit.t("移出这一户", "Take out of the household")) }
        }
    }
}

fn add_form(visit: &Visit, path: &str) -> Markup {
    let f = Fields("add".into());
    html! { form.sheet-form method="post" action={ (path) "/add" } {
        (f.input("text", "number", visit.t("身份证号", "ID number"), None)) (f.input("text", "name", visit.t("姓名", "Name"), None))
        (f.choice("relation", visit.t("关系", "Relation"), "other", &options(visit, &RELATIONS)))
        div.field { label { input type="checkbox" name="proxy" value="yes"; " " (visit.t("代办人（可以给几户代办）", "proxy (may shop for several families)")) } }
        (f.input("date", "authority_on", visit.t("委托书日期", "Letter of authority of"), None))
        div.field { label { (visit.t("原因", "Reason")) } (reason(visit)) } p.actions { button { (visit.t("添加", "Add")) } }
    } }
}

fn household_form(visit: &Visit, path: &str, m: &Member) -> Markup {
    let f = Fields("all".into());
    let categories: Vec<_> =
        CATEGORIES.iter().map(|(code, _)| ((*code).into(), domain::words::category(visit.lang, code))).collect();
    html! { form.sheet-form method="post" action={ (path) "/household" } {
        (f.input("number", "size", visit.t("保障人口", "Persons covered"), Some(&m.entry.size.to_string())))
        (f.choice("category", visit.t("类别", "Category"), &m.entry.category, &categories))
        (f.input("text", "district", visit.t("地区代码", "District code"), Some(&m.entry.district)))
        (f.input("text", "home_store", visit.t("常去门店", "Home store"), m.entry.home_store.as_deref()))
        (f.input("text", "street", visit.t("住址（不改就空着）", "Address (empty: as it is)"), None))
        div.field { label { (visit.t("原因", "Reason")) } (reason(visit)) } p.actions { button { (visit.t("更正", "Correct")) } }
    } }
}

/// Any of the forms.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Sent {
    reason: String,
    person: String,
    name: String,
    relation: String,
    status: String,
    valid_from: String,
    valid_to: String,
    number: String,
    proxy: String,
    authority_on: String,
    size: String,
    category: String,
    district: String,
    home_store: String,
    street: String,
}

/// Does what a form says.
pub async fn post(
    State(hq): Shared,
    visit: Visit,
    Path((id, act)): Path<(String, String)>,
    Form(sent): Form<Sent>,
) -> Answer {
    visit.must(Place::Households)?;
    let back = format!("/console/households/{id}");
    match act.as_str() {
        "look" => look(hq, visit, id, sent).await,
        "export" | "paper" => export(hq, visit, id, sent, act == "paper").await,
        _ => {
            let who = visit.clone();
            let done = blocking(move || deed(&hq, &who, &id, &act, sent)).await?;
            let back = if matches!(done, Ok(true)) { "/console/households".into() } else { back };
            Ok(after(&visit, done.map(|_| ()), &back))
        }
    }
}

/// Does it; true: the household has no page any more.
fn deed(hq: &Hq, visit: &Visit, id: &str, act: &str, s: Sent) -> Result<Result<bool, No>, Failure> {
    let (who, why) = (&visit.person, s.reason.as_str());
    let done = match act {
        "correct" => {
            let Sent { person, name, relation, status, valid_from, valid_to, .. } = s.clone();
            edit::correct(hq, who, id, &Correction { person, name, relation, status, valid_from, valid_to }, why)?
        }
        "household" => {
            let Sent { size, category, district, home_store, street, .. } = s.clone();
            edit::correct_household(
                hq,
                who,
                id,
                &HouseholdCorrection { size, category, district, home_store, street },
                why,
            )?
        }
        "add" => {
            let Sent { number, name, relation, authority_on, proxy, .. } = s.clone();
            edit::add(hq, who, id, &Added { number, name, relation, proxy: proxy == "yes", authority_on }, why)?
        }
        "remove" => edit::remove(hq, who, id, &s.person, why)?,
        "issue" => cards::issue(hq, who, id, &s.person, why)?,
        "lose" => cards::lose(hq, who, id, &s.person, why)?,
        "replace" => cards::replace(hq, who, id, &s.person, why)?,
        "block" => privacy::block(hq, who, id, true, why)?,
        "unblock" => privacy::block(hq, who, id, false, why)?,
        "erase" => privacy::erase(hq, who, id, why)?,
        _ => return Err(Failure::Missing(Box::new(visit.clone()))),
    };
    Ok(done.map(|()| act == "erase"))
}

async fn look(hq: std::sync::Arc<Hq>, visit: Visit, id: String, sent: Sent) -> Result<Response, Failure> {
    let who = visit.person.clone();
    let household = id.clone();
    let seen = blocking(move || Ok(privacy::look(&hq, &who, &household, &sent.reason)?)).await?;
    let back = format!("/console/households/{id}");
    Ok(match seen {
        Ok(whole) => {
            let title = visit.t("完整姓名和号码", "Whole names and numbers");
            Html(page::page(&visit, Place::Households, title, whole_page(&visit, &back, &whole)).into_string())
                .into_response()
        }
        Err(no) => refused(&visit, &no, &back),
    })
}

fn whole_page(visit: &Visit, back: &str, whole: &[Whole]) -> Markup {
    html! {
        p.notice { (visit.t("这次查看已经记下。看完请关掉这一页，不要抄录、拍照。", "This look was noted. Close the page when you are done; take no copy and no picture.")) }
        div.scroll { table {
            thead { tr {
                th scope="col" { (visit.t("姓名", "Name")) } th scope="col" { (visit.t("身份证号", "ID number")) } th scope="col" { (visit.t("低保证号", "Certificate")) }
                th scope="col" { (visit.t("住址", "Address")) } th scope="col" { (visit.t("爱心卡号", "Card")) } th scope="col" { (visit.t("单独同意", "Consent")) } th scope="col" { (visit.t("委托书", "Letter")) }
            } }
            tbody { @for one in whole { @let p = &one.private; tr {
                td { (p.name) } td { code { (one.number) } } td { (p.certificate.as_deref().unwrap_or("–")) } td { (p.street.as_deref().unwrap_or("–")) }
                td { code { (p.card_number.as_deref().unwrap_or("–")) } }
                td.whole { @if let Some(day) = p.consent_on { (day) } @else { "–" } } td.whole { @if let Some(day) = p.authority_on { (day) } @else { "–" } }
            } } }
        } }
        p { a.button href=(back) { (visit.t("看完了，返回", "Done, back")) } }
    }
}

async fn export(
    hq: std::sync::Arc<Hq>,
    visit: Visit,
    id: String,
    sent: Sent,
    on_paper: bool,
) -> Result<Response, Failure> {
    let who = visit.person.clone();
    let household = id.clone();
    let made = blocking(move || {
        let sheet = match privacy::export(&hq, &who, &household, &sent.reason)? {
            Ok(sheet) => sheet,
            Err(no) => return Ok(Err(no)),
        };
        Ok(if on_paper { privacy::on_paper(sheet) } else { Ok(sheet.to_csv().into_bytes()) })
    })
    .await?;
    let (kind, end) = if on_paper { ("application/pdf", "pdf") } else { ("text/csv; charset=utf-8", "csv") };
    Ok(match made {
        Ok(bytes) => {
            let plain: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
            files::bytes(&format!("household-{plain}.{end}"), kind, bytes)
        }
        Err(no) => refused(&visit, &no, &format!("/console/households/{id}")),
    })
}
