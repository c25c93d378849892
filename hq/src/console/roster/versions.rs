//! Versions of the roster to look back at, and what each changed.

use axum::extract::State;
use maud::{Markup, html};
use serde::Deserialize;

use super::{Answer, Failure, Shared, Visit, differs, frame, render, words};
use crate::console::At;
use crate::console::{Asked, ROWS};
use crate::keys::Keys;
use crate::service::access::Place;
use crate::service::roster::differ::{Differs, differences};
use crate::service::roster::entry::Private;
use crate::store::people::{self, Known};
use crate::store::roster as rows;
use crate::store::sql::Conn;

/// What the address says.
#[derive(Debug, Default, Deserialize)]
pub struct Ask {
    before: Option<u64>,
    page: Option<i64>,
}

/// What a version came of.
pub fn kind(visit: &Visit, code: &str) -> &'static str {
    match code {
        "import" => visit.t("导入", "import"),
        "edit" => visit.t("更正", "correction"),
        "card" => visit.t("卡", "card"),
        "review" => visit.t("复核", "review"),
        "block" => visit.t("只保存或删除", "keeping or deleting"),
        "store" => visit.t("新门店", "new store"),
        "key" => visit.t("换密钥", "new key"),
        _ => visit.t("以前的", "from before"),
    }
}

/// The list.
pub async fn list(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Roster)?;
    render(move || {
        let all = rows::versions(&hq.reading().conn, ask.before, ROWS)?;
        let last = all.last().map(|one| one.version).filter(|_| all.len() == usize::try_from(ROWS).unwrap_or(0));
        let body = html! {
            @if all.is_empty() { p.notice { (visit.t("还没有版本。", "There is no version yet.")) } }
            @else { div.scroll { table {
                thead { tr {
                    th.number scope="col" { (visit.t("版本", "Version")) } th scope="col" { (visit.t("时间", "Time")) }
                    th scope="col" { (visit.t("操作人", "By")) } th scope="col" { (visit.t("来源", "From")) }
                    th.number scope="col" { (visit.t("新增", "New")) } th.number scope="col" { (visit.t("改变", "Changed")) }
                    th.number scope="col" { (visit.t("停止", "Ended")) } th.number scope="col" { (visit.t("不变", "Unchanged")) }
                } }
                tbody { @for one in &all { tr {
                    td.number { a href={ "/console/roster/versions/" (one.version) } { (one.version) } }
                    td.whole { (words::moment(one.at)) } td { (one.who) }
                    td.wrap { (kind(&visit, &one.kind)) " " (one.source) }
                    td.number { (one.added) } td.number { (one.changed) } td.number { (one.ended) } td.number { (one.unchanged) }
                } } }
            } } }
            @if let Some(last) = last { p.paging { a rel="next" href={ "/console/roster/versions?before=" (last) } { (visit.t("更早的", "Earlier")) } } }
        };
        Ok(frame(&visit, "/console/roster/versions", visit.t("名册的版本", "Versions of the roster"), body))
    })
    .await
}

/// A row of a version: what it was before, and what it is.
pub struct Step {
    /// The row.
    pub row: Known,
    /// What differs.
    pub columns: Vec<Differs>,
    /// Whether nobody was there before.
    pub is_new: bool,
}

/// What came before a row, and what differs from it.
pub fn step(conn: &Conn, keys: &Keys, row: Known) -> anyhow::Result<Step> {
    let before = people::before(conn, &row)?;
    // Nothing is left of what was deleted.
    let open = |known: &Known| Private::open(keys, &known.private_enc);
    let new = open(&row)?;
    let old = before.as_ref().map(&open).transpose()?;
    let was = before.as_ref().zip(old.as_ref()).map(|(known, private)| (&known.member, private));
    let columns = differences(was, (&row.member, &new));
    Ok(Step { row, columns, is_new: before.is_none() })
}

/// One version.
pub async fn one(State(hq): Shared, visit: Visit, At(number): At<u64>, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Roster)?;
    render(move || {
        let db = hq.reading();
        let Some(version) = rows::one_version(&db.conn, number)? else { return Err(Failure::Missing(Box::new(visit))) };
        let at = ask.page.unwrap_or(0).clamp(0, 10_000);
        let within = visit.person.district.clone().unwrap_or_default();
        let sees = |row: &Known| row.member.entry.district.starts_with(&within);
        let begun = people::begun(&db.conn, number, at * ROWS, ROWS)?;
        let more = begun.len() == usize::try_from(ROWS).unwrap_or(0);
        let steps: Vec<Step> =
            begun.into_iter().filter(sees).map(|row| step(&db.conn, &hq.keys, row)).collect::<anyhow::Result<_>>()?;
        let gone: Vec<Known> = people::gone(&db.conn, number, ROWS)?.into_iter().filter(sees).collect();
        drop(db);
        let body = html! {
            section.card { dl {
                dt { (visit.t("时间", "Time")) } dd { (words::moment(version.at)) }
                dt { (visit.t("操作人", "By")) } dd { (version.who) }
                dt { (visit.t("来源", "From")) } dd { (kind(&visit, &version.kind)) " " (version.source) }
                dt { (visit.t("行数", "Rows")) } dd { (visit.lang.of(
                    format!("新增 {}，改变 {}，停止 {}，不变 {}", version.added, version.changed, version.ended, version.unchanged),
                    format!("{} new, {} changed, {} ended, {} unchanged", version.added, version.changed, version.ended, version.unchanged))) }
            } }
            (table(&visit, &steps, &gone))
            p.paging {
                @if at > 0 { a rel="prev" href={ "/console/roster/versions/" (number) "?page=" (at - 1) } { (visit.t("上一页", "Previous")) } }
                @if more { a rel="next" href={ "/console/roster/versions/" (number) "?page=" (at + 1) } { (visit.t("下一页", "Next")) } }
            }
        };
        Ok(frame(&visit, "/console/roster/versions", &visit.lang.of(format!("名册版本 {number}"), format!("Roster version {number}")), body))
    })
    .await
}

fn table(visit: &Visit, steps: &[Step], gone: &[Known]) -> Markup {
    if steps.is_empty() && gone.is_empty() {
        return html! { p.notice { (visit.t("这个版本没有改变您能看到的人。", "This version changed nobody whom you may see.")) } };
    }
    html! { div.scroll { table {
        thead { tr { th scope="col" { (visit.t("姓名", "Name")) } th scope="col" { (visit.t("户", "Household")) } th scope="col" { (visit.t("差异（旧 → 新）", "Difference (old → new)")) } } }
        tbody {
            @for row in gone { tr {
                td { (row.member.entry.name) } td { a href={ "/console/households/" (row.member.entry.household) } { code { (row.member.entry.household) } } }
                td { (visit.t("离开这一户", "left the household")) }
            } }
            @for step in steps { tr {
                td { (step.row.member.entry.name) } td { a href={ "/console/households/" (step.row.member.entry.household) } { code { (step.row.member.entry.household) } } }
                td { @if step.is_new { strong { (visit.t("新增", "new")) } " " } (differs(visit, &step.columns)) }
            } }
        }
    } } }
}
