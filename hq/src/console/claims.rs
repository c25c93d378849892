//! Claims: filters that live in the address, columns that sort, sums, export.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::header;
use axum::response::IntoResponse as _;
use maud::{Markup, html};
use serde::Deserialize;

use super::{Answer, Failure, ROWS, Shared, Visit, blocking, page, show as render, words};
use crate::service::Hq;
use crate::service::access::{Place, Role};
use crate::store::pages::{self, ClaimFilter, ClaimRow, ClaimSums};
use crate::store::{audit, tills};

/// Most rows of an export.
const EXPORTED: i64 = 200_000;

/// What the address says.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Ask {
    store: Option<String>,
    state: Option<String>,
    reason: Option<String>,
    programme: Option<String>,
    household: Option<String>,
    from: Option<String>,
    to: Option<String>,
    sale: Option<String>,
    sort: Option<String>,
    order: Option<String>,
    page: Option<i64>,
}

impl Ask {
    fn filter(&self, visit: &Visit, visible: Option<Vec<String>>) -> ClaimFilter {
        let filled =
            |text: &Option<String>| text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
        let sees_families = visit.person.role.may(Place::Households);
        ClaimFilter {
            store: filled(&self.store),
            state: filled(&self.state),
            reason: filled(&self.reason),
            programme: filled(&self.programme),
            household: filled(&self.household).filter(|_| sees_families),
            from: filled(&self.from),
            to: filled(&self.to),
            sale: filled(&self.sale),
            visible,
        }
    }

    fn sort(&self) -> (&str, bool) {
        (self.sort.as_deref().unwrap_or("date"), self.order.as_deref() != Some("up"))
    }

    /// The address of the same claims, with other order or page.
    fn address(&self, path: &str, sort: &str, down: bool, at: i64) -> String {
        let at = (at > 0).then(|| at.to_string());
        let pairs = [
            ("store", self.store.as_deref()),
            ("state", self.state.as_deref()),
            ("reason", self.reason.as_deref()),
            ("programme", self.programme.as_deref()),
            ("household", self.household.as_deref()),
            ("from", self.from.as_deref()),
            ("to", self.to.as_deref()),
            ("sale", self.sale.as_deref()),
            ("sort", Some(sort).filter(|sort| *sort != "date")),
            ("order", (!down).then_some("up")),
            ("page", at.as_deref()),
        ];
        let pairs = pairs.into_iter().filter_map(|(name, value)| Some((name, value.filter(|v| !v.is_empty())?)));
        let query: Vec<String> = pairs.map(|(name, value)| format!("{name}={}", words::encode(value))).collect();
        if query.is_empty() { path.into() } else { format!("{path}?{}", query.join("&")) }
    }
}

/// Stores that a person may see; none: all.
pub fn visible(hq: &Hq, visit: &Visit) -> anyhow::Result<Option<Vec<String>>> {
    let person = &visit.person;
    if person.role == Role::Manager {
        return Ok(Some(person.store.iter().cloned().collect()));
    }
    let Some(prefix) = &person.district else { return Ok(None) };
    let stores = tills::stores(&hq.db().conn)?;
    Ok(Some(stores.into_iter().filter(|s| s.district.starts_with(prefix.as_str())).map(|s| s.code).collect()))
}

/// The page.
pub async fn show(State(hq): Shared, visit: Visit, Query(ask): Query<Ask>) -> Answer {
    visit.must(Place::Claims)?;
    render(move || {
        let filter = ask.filter(&visit, visible(&hq, &visit)?);
        let at = ask.page.unwrap_or(0).clamp(0, 1_000_000);
        let (sort, down) = ask.sort();
        let db = hq.db();
        let rows = pages::claims(&db.conn, &filter, sort, down, at * ROWS, ROWS)?;
        let sums = pages::claim_sums(&db.conn, &filter)?;
        let choices = Choices::read(&db.conn, &filter)?;
        drop(db);
        let body = html! {
            (filters(&visit, &ask, &choices))
            (table(&visit, &ask, &rows, &sums))
            (page::paging(&visit, at, ROWS, sums.count, &|at| ask.address(Place::Claims.path(), sort, down, at)))
        };
        Ok(page::page(&visit, Place::Claims, visit.t("申报", "Claims"), body))
    })
    .await
}

/// What the filters offer.
struct Choices {
    stores: Vec<(String, String)>,
    programmes: Vec<String>,
}

impl Choices {
    fn read(conn: &rusqlite::Connection, filter: &ClaimFilter) -> anyhow::Result<Self> {
        let stores =
            tills::stores(conn)?.into_iter().filter(|s| filter.visible.as_ref().is_none_or(|v| v.contains(&s.code)));
        let mut programmes: Vec<String> =
            crate::service::catalogue::published(conn)?.into_iter().map(|(p, _)| p.code).collect();
        programmes.sort();
        programmes.dedup();
        Ok(Self { stores: stores.map(|s| (s.code, s.name)).collect(), programmes })
    }
}

fn select(name: &str, label: &str, any: &str, chosen: Option<&str>, options: &[(String, String)]) -> Markup {
    html! {
        div.field {
            label for=(name) { (label) }
            select id=(name) name=(name) {
                option value="" { (any) }
                @for (value, text) in options { option value=(value) selected[chosen == Some(value)] { (text) } }
            }
        }
    }
}

fn filters(visit: &Visit, ask: &Ask, choices: &Choices) -> Markup {
    let any = visit.t("全部", "all");
    let own = |list: &[(&str, &str, &str)]| -> Vec<(String, String)> {
        list.iter().map(|(code, zh, en)| ((*code).to_owned(), visit.lang.of(*zh, *en).to_owned())).collect()
    };
    let stores: Vec<(String, String)> =
        choices.stores.iter().map(|(code, name)| (code.clone(), format!("{code} {name}"))).collect();
    let reasons: Vec<(String, String)> =
        own(&words::REASONS).into_iter().map(|(code, text)| (code.clone(), format!("{code} {text}"))).collect();
    let programmes: Vec<(String, String)> =
        choices.programmes.iter().map(|code| (code.clone(), code.clone())).collect();
    html! {
        form.filters method="get" action=(Place::Claims.path()) {
            (select("store", visit.t("门店", "Store"), any, ask.store.as_deref(), &stores))
            (select("state", visit.t("状态", "State"), any, ask.state.as_deref(), &own(&words::STATES[..4])))
            (select("reason", visit.t("原因", "Reason"), any, ask.reason.as_deref(), &reasons))
            (select("programme", visit.t("项目", "Programme"), any, ask.programme.as_deref(), &programmes))
            div.field { label for="from" { (visit.t("从", "From")) } input id="from" type="date" name="from" value=[ask.from.as_deref()]; }
            div.field { label for="to" { (visit.t("到", "To")) } input id="to" type="date" name="to" value=[ask.to.as_deref()]; }
            div.field { label for="sale" { (visit.t("小票号", "Receipt")) } input id="sale" name="sale" value=[ask.sale.as_deref()] size="12"; }
            @if visit.person.role.may(Place::Households) {
                div.field { label for="household" { (visit.t("户号", "Household")) } input id="household" name="household" value=[ask.household.as_deref()] size="12"; }
            }
            div.buttons {
                button.main { (visit.t("筛选", "Filter")) }
                a.button href=(Place::Claims.path()) { (visit.t("清除", "Clear")) }
                @let (sort, down) = ask.sort();
                a.button href=(ask.address("/console/claims.csv", sort, down, 0)) { (visit.t("导出", "Export")) }
            }
        }
    }
}

fn column(visit: &Visit, ask: &Ask, name: &str, text: &str, number: bool) -> Markup {
    let (sort, down) = ask.sort();
    let is_sorted = sort == name;
    let order = if down { "descending" } else { "ascending" };
    let next = !(is_sorted && down);
    let mark = if !is_sorted {
        ""
    } else if down {
        " ▼"
    } else {
        " ▲"
    };
    let hint = visit.t("按这一列排序", "sort by this column");
    html! {
        th scope="col" class=[number.then_some("number")] aria-sort=[is_sorted.then_some(order)] {
            a href=(ask.address(Place::Claims.path(), name, next, 0)) title=(hint) { (text) (mark) }
        }
    }
}

fn table(visit: &Visit, ask: &Ask, rows: &[ClaimRow], sums: &ClaimSums) -> Markup {
    if rows.is_empty() {
        return html! { p.notice { (visit.t("没有符合条件的申报。放宽条件，或清除筛选再看。", "No claim fits. Widen the filters, or clear them.")) } };
    }
    html! {
        div.scroll { table {
            caption { (visit.lang.of(format!("共 {} 笔", sums.count), format!("{} claims", sums.count))) }
            thead { tr {
                (column(visit, ask, "date", visit.t("营业日", "Date"), false))
                (column(visit, ask, "store", visit.t("门店", "Store"), false))
                (column(visit, ask, "sale", visit.t("小票号", "Receipt"), false))
                (column(visit, ask, "state", visit.t("状态", "State"), false))
                th scope="col" { (visit.t("原因", "Reasons")) }
                (column(visit, ask, "claimed", visit.t("申报金额", "Claimed"), true))
                (column(visit, ask, "granted", visit.t("核准金额", "Granted"), true))
            } }
            tbody { @for row in rows { tr {
                td { (row.date.as_deref().unwrap_or("–")) }
                td { (row.store) "/" (row.till) }
                td { a href={ "/console/claims/" (row.uuid) } { (row.sale.as_deref().unwrap_or(&row.uuid)) } }
                td { (page::state(visit.lang, &row.state)) }
                td { @for code in words::codes(&row.reasons) { abbr title=(words::reason(visit.lang, &code)) { (code) } " " } }
                td.number { (words::yuan(row.claimed)) }
                td.number { (words::yuan(row.granted)) @if row.granted != row.claimed { br; small.less { (words::yuan(row.granted - row.claimed)) } } }
            } } }
            tfoot { tr {
                th scope="row" colspan="5" { (visit.t("合计", "Total")) }
                td.number { (words::yuan(sums.claimed)) }
                td.number { (words::yuan(sums.granted)) }
            } }
        } }
    }
}

/// The same claims as a file for a spreadsheet.
pub async fn csv(State(hq): Shared, visit: Visit, Query(ask): Query<Ask>) -> Answer {
    visit.must(Place::Claims)?;
    let text = blocking(move || export(&hq, &visit, &ask)).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"claims.csv\""),
    ];
    Ok((headers, text).into_response())
}

fn export(hq: &Arc<Hq>, visit: &Visit, ask: &Ask) -> Result<String, Failure> {
    let filter = ask.filter(visit, visible(hq, visit)?);
    let (sort, down) = ask.sort();
    let db = hq.db();
    let rows = pages::claims(&db.conn, &filter, sort, down, 0, EXPORTED)?;
    audit(&db.conn, &visit.person.name, "export claims", &rows.len().to_string())?;
    drop(db);
    // Spreadsheets know UTF-8 by this mark.
    let mut text = String::from("\u{feff}business_date,store,till,receipt,state,reasons,claimed,granted,id\r\n");
    for row in rows {
        let cells = [
            row.date.unwrap_or_default(),
            row.store,
            row.till,
            row.sale.unwrap_or_default(),
            row.state,
            words::codes(&row.reasons).join(" "),
            domain::money::Money::from_fen(row.claimed.into()).to_string(),
            domain::money::Money::from_fen(row.granted.into()).to_string(),
            row.uuid,
        ];
        text.push_str(&cells.map(|cell| safe(&cell)).join(","));
        text.push_str("\r\n");
    }
    Ok(text)
}

/// A cell that no spreadsheet takes for a formula.
fn safe(cell: &str) -> String {
    let is_number = domain::money::Money::parse_signed(cell).is_ok();
    let text =
        if !is_number && cell.starts_with(['=', '+', '-', '@', '\t']) { format!("'{cell}") } else { cell.to_owned() };
    format!("\"{}\"", text.replace('"', "\"\""))
}
