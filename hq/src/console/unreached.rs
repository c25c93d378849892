//! Households that are entitled and did not come: counts; names, masked, for who may see families and says why.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, State};
use axum::routing::get;
use domain::words::category;
use maud::{Markup, html};
use serde::Deserialize;

use super::usage::{Ask, Choices};
use super::{Answer, Asked, Failure, Shared, Visit, page, show as render};
use crate::service::Hq;
use crate::service::access::Place;
use crate::service::report::{decimal, hundredths, unreached};
use crate::store::entitled::{Absent, Group};

/// Pages.
pub fn routes() -> Router<Arc<Hq>> {
    Router::new().route("/console/unreached", get(show).post(list))
}

/// Why somebody wants to see families.
#[derive(Debug, Default, Deserialize)]
struct Why {
    #[serde(default)]
    reason: String,
}

async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Unreached)?;
    render(move || body(&hq, &visit, &ask, None)).await
}

async fn list(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>, Form(why): Form<Why>) -> Answer {
    visit.must(Place::Unreached)?;
    if !unreached::may_list(visit.person.role) {
        return Err(Failure::Forbidden(Box::new(visit), Place::Households));
    }
    render(move || body(&hq, &visit, &ask, Some(&why.reason))).await
}

fn body(hq: &Hq, visit: &Visit, ask: &Ask, reason: Option<&str>) -> Result<Markup, Failure> {
    let db = hq.reading();
    let choices = Choices::read(&db.conn, visit, ask, None)?;
    let whom = unreached::whom(&db.conn, &visit.person, choices.period, ask.wanted())?;
    let groups = unreached::groups(&db.conn, &whom)?;
    drop(db);
    let listed = match reason {
        Some(reason) => Some(unreached::list(hq, &visit.person, &whom, reason)?),
        None => None,
    };
    let body = html! {
        (ask.short_form(visit, Place::Unreached.path(), &choices))
        (counts(visit, &groups, &choices))
        @if unreached::may_list(visit.person.role) { (families(visit, ask, listed.as_ref())) }
    };
    Ok(page::page(visit, Place::Unreached, visit.t("未惠及家庭", "Households not reached"), body))
}

fn counts(visit: &Visit, groups: &[Group], choices: &Choices) -> Markup {
    let (entitled, reached) = groups.iter().fold((0, 0), |(e, r), g| (e + g.entitled, r + g.reached));
    let share = |part: i64, whole: i64| {
        hundredths(part * 100, whole).map_or_else(|| "–".into(), |n| format!("{}%", decimal(n)))
    };
    let period = choices.period.word(visit.lang);
    html! {
        p { (visit.lang.of(
            format!("{period}：名册上符合条件的 {entitled} 户，来过 {reached} 户，没有来过 {} 户（{}）。", entitled - reached, share(entitled - reached, entitled)),
            format!("{period}: {entitled} households entitled by the roster, {reached} came, {} did not ({}).", entitled - reached, share(entitled - reached, entitled)))) }
        @if groups.is_empty() { p.notice { (visit.t("这段时间名册上没有符合条件的家庭。", "The roster entitles no household in this time.")) } }
        @else { div.scroll { table {
            caption { (visit.t("按地区、困难类别和人口", "By district, category and size")) }
            thead { tr {
                th scope="col" { (visit.t("地区", "District")) } th scope="col" { (visit.t("困难类别", "Category")) }
                th.number scope="col" { (visit.t("人口", "Persons")) } th.number scope="col" { (visit.t("符合条件", "Entitled")) }
                th.number scope="col" { (visit.t("来过", "Came")) } th.number scope="col" { (visit.t("没有来过", "Did not")) }
                th.number scope="col" { (visit.t("没有来过的比例", "Share")) }
            } }
            tbody { @for g in groups { tr {
                td.whole { (g.district) } td { (category(visit.lang, &g.category)) } td.number { (g.size) }
                td.number { (g.entitled) } td.number { (g.reached) } td.number { (g.entitled - g.reached) }
                td.number { (share(g.entitled - g.reached, g.entitled)) }
            } } }
            tfoot { tr {
                th scope="row" colspan="3" { (visit.t("合计", "Total")) }
                td.number { (entitled) } td.number { (reached) } td.number { (entitled - reached) } td.number { (share(entitled - reached, entitled)) }
            } }
        } } }
    }
}

/// The form that asks why, and the list once it was said.
fn families(visit: &Visit, ask: &Ask, listed: Option<&Option<Vec<Absent>>>) -> Markup {
    html! {
        section.card {
            h2 { (visit.t("查看是哪些家庭", "See which families")) }
            p { (visit.t("姓名隐去一部分；谁在什么时候、为什么看过会记入审计。", "Names are masked; who looked, when and why goes into the audit.")) }
            form.inline method="post" action=(format!("{}{}", Place::Unreached.path(), ask.query(&[]))) {
                label for="reason" { (visit.t("为什么要看", "Why")) }
                input id="reason" name="reason" required minlength="4" maxlength="200" size="32";
                button { (visit.t("查看名单", "Show the list")) }
            }
            @match listed {
                None => {}
                Some(None) => { p.notice.warn role="alert" { (visit.t("请用至少 4 个字写明原因。", "Say why, in at least 4 characters.")) } }
                Some(Some(rows)) => { (names(visit, rows)) }
            }
        }
    }
}

fn names(visit: &Visit, rows: &[Absent]) -> Markup {
    html! {
        @if i64::try_from(rows.len()).is_ok_and(|n| n >= unreached::MOST) { p { (visit.lang.of(format!("只列出前 {} 户；用上面的条件缩小范围。", unreached::MOST), format!("The first {} only; narrow the filters above.", unreached::MOST))) } }
        div.scroll { table {
            caption { (visit.t("没有来过的家庭", "Families that did not come")) }
            thead { tr {
                th scope="col" { (visit.t("户主", "Head")) } th scope="col" { (visit.t("困难类别", "Category")) }
                th.number scope="col" { (visit.t("人口", "Persons")) } th scope="col" { (visit.t("地区", "District")) }
            } }
            tbody { @for (id, name, code, size, district) in rows { tr {
                td.whole { a href={ "/console/households/" (id) } { (name) } }
                td { (category(visit.lang, code)) } td.number { (size) } td.whole { (district) }
            } } }
        } }
    }
}
