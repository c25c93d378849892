//! Claims: filters that live in the address, columns that sort, sums.

use std::collections::BTreeMap;

use axum::extract::State;
use domain::claim::ClaimState;
use maud::{Markup, html};
use serde::Deserialize;

use super::{Answer, Asked, ROWS, Shared, Visit, filled, form, page, show as render, words};
use crate::service::Hq;
use crate::service::access::{Place, Scope};
use crate::store::pages::{self, ClaimFilter, ClaimRow, ClaimSums};
use crate::store::sql::Conn;
use crate::store::tills;

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
    category: Option<String>,
    size: Option<String>,
    district: Option<String>,
    group: Option<String>,
    given: Option<String>,
    sort: Option<String>,
    order: Option<String>,
    page: Option<i64>,
}

impl Ask {
    /// The filter, bounded by what the person may see.
    pub fn filter(&self, visit: &Visit, visible: Option<Vec<String>>) -> ClaimFilter {
        ClaimFilter {
            store: filled(self.store.as_ref()),
            state: filled(self.state.as_ref()),
            reason: filled(self.reason.as_ref()),
            programme: filled(self.programme.as_ref()),
            household: filled(self.household.as_ref()).filter(|_| visit.person.role.may(Place::Households)),
            from: filled(self.from.as_ref()),
            to: filled(self.to.as_ref()),
            sale: filled(self.sale.as_ref()),
            category: filled(self.category.as_ref()),
            size: filled(self.size.as_ref()).and_then(|size| size.parse().ok()),
            district: filled(self.district.as_ref()),
            group: filled(self.group.as_ref()),
            is_given: filled(self.given.as_ref()).is_some(),
            visible,
        }
    }

    /// Whether anything is filtered.
    fn is_set(&self) -> bool {
        let fields = [&self.store, &self.state, &self.reason, &self.programme, &self.household];
        let dates = [&self.from, &self.to, &self.sale];
        fields
            .into_iter()
            .chain(dates)
            .chain(self.behind().map(|(_, field)| field))
            .any(|field| filled(field.as_ref()).is_some())
    }

    /// What a figure of a report asks for besides: fields of the address that no field of the form has.
    fn behind(&self) -> [(&'static str, &Option<String>); 5] {
        [
            ("category", &self.category),
            ("size", &self.size),
            ("district", &self.district),
            ("group", &self.group),
            ("given", &self.given),
        ]
    }

    /// The same in words.
    fn behind_words(&self, visit: &Visit) -> Vec<(&'static str, &'static str, String)> {
        let mut words = Vec::new();
        let mut add = |zh, en, value: Option<String>| words.extend(value.map(|value| (zh, en, value)));
        let category = filled(self.category.as_ref());
        add("困难类别", "category", category.map(|code| domain::words::category(visit.lang, &code)));
        add("人口", "persons", filled(self.size.as_ref()));
        add("户籍地区", "district", filled(self.district.as_ref()));
        add("商品类别", "goods", filled(self.group.as_ref()));
        add("只看", "only", filled(self.given.as_ref()).map(|_| visit.t("有优惠的", "with aid given").into()));
        words
    }

    /// Column and direction; the newest come first.
    pub fn sort(&self) -> (&str, bool) {
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
        let behind = self.behind().map(|(name, value)| (name, value.as_deref()));
        let pairs =
            pairs.into_iter().chain(behind).filter_map(|(name, value)| Some((name, value.filter(|v| !v.is_empty())?)));
        let query: Vec<String> = pairs.map(|(name, value)| format!("{name}={}", words::encode(value))).collect();
        if query.is_empty() { path.into() } else { format!("{path}?{}", query.join("&")) }
    }
}

/// Stores that a person may see; none: all.
pub fn visible(hq: &Hq, visit: &Visit) -> anyhow::Result<Option<Vec<String>>> {
    Ok(Scope::of(&hq.reading().conn, &visit.person)?.stores().map(<[String]>::to_vec))
}

/// The page.
pub async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Claims)?;
    render(move || {
        let filter = ask.filter(&visit, visible(&hq, &visit)?);
        let at = ask.page.unwrap_or(0).clamp(0, 1_000_000);
        let (sort, down) = ask.sort();
        let db = hq.reading();
        let rows = pages::claims(&db.conn, &filter, sort, down, at * ROWS, ROWS)?;
        let sums = pages::claim_sums(&db.conn, &filter)?;
        let choices = Choices::read(&db.conn, &filter)?;
        drop(db);
        let body = html! {
            (filters(&visit, &ask, &choices))
            div.bar {
                p { (how_many(&visit, &sums)) @for (zh, en, value) in ask.behind_words(&visit) { " · " (visit.lang.of(zh, en)) " " (value) } }
                @if ask.is_set() { a href=(Place::Claims.path()) { (visit.t("清除筛选", "Clear filters")) } }
                a.button href=(ask.address("/console/claims.csv", sort, down, 0)) { (visit.t("导出表格", "Export CSV")) }
            }
            (table(&visit, &ask, &rows, &sums))
            (page::paging(&visit, at, ROWS, sums.count, &|at| ask.address(Place::Claims.path(), sort, down, at)))
        };
        Ok(page::page(&visit, Place::Claims, visit.t("申报", "Claims"), body))
    })
    .await
}

/// How many claims fit; of many, that they are many.
fn how_many(visit: &Visit, sums: &ClaimSums) -> String {
    let count = sums.count;
    if sums.is_part {
        let most = pages::MOST_COUNTED;
        visit.lang.of(
            format!("共 {most} 笔以上，合计只算到这里；缩小范围再看全部"),
            format!("more than {most} claims; totals stop there, narrow the filters for all"),
        )
    } else {
        visit.lang.of(format!("共 {count} 笔"), format!("{count} claims"))
    }
}

/// What the filters offer.
struct Choices {
    stores: Vec<(String, String)>,
    programmes: BTreeMap<String, (String, String)>,
}

impl Choices {
    fn read(conn: &Conn, filter: &ClaimFilter) -> anyhow::Result<Self> {
        let sees = |code: &String| filter.visible.as_ref().is_none_or(|visible| visible.contains(code));
        let stores = tills::stores(conn)?.into_iter().filter(|s| sees(&s.code));
        let stores = stores.map(|s| (s.code.clone(), format!("{} {}", s.code, s.name))).collect();
        Ok(Self { stores, programmes: crate::service::catalogue::names(conn)? })
    }
}

fn filters(visit: &Visit, ask: &Ask, choices: &Choices) -> Markup {
    let lang = visit.lang;
    let any = Some(visit.t("全部", "all"));
    let states: Vec<_> = ClaimState::ALL.map(|state| (state.code().into(), state.word(lang).into())).into();
    let reasons: Vec<_> =
        words::REASONS.iter().map(|(code, zh, en)| ((*code).into(), format!("{code} {}", lang.of(*zh, *en)))).collect();
    let programmes: Vec<_> =
        choices.programmes.iter().map(|(code, (zh, en))| (code.clone(), lang.of(zh, en).clone())).collect();
    html! {
        form.filters method="get" action=(Place::Claims.path()) {
            (form::select("store", visit.t("门店", "Store"), any, ask.store.as_ref(), &choices.stores))
            (form::select("state", visit.t("状态", "State"), any, ask.state.as_ref(), &states))
            (form::select("reason", visit.t("原因", "Reason"), any, ask.reason.as_ref(), &reasons))
            (form::select("programme", visit.t("项目", "Programme"), any, ask.programme.as_ref(), &programmes))
            (form::date("from", visit.t("从", "From"), ask.from.as_ref()))
            (form::date("to", visit.t("到", "To"), ask.to.as_ref()))
            (form::text("sale", visit.t("小票号", "Receipt"), ask.sale.as_ref()))
            @if visit.person.role.may(Place::Households) {
                (form::text("household", visit.t("户号", "Household"), ask.household.as_ref()))
            }
            @for (name, value) in ask.behind() {
                @if let Some(value) = filled(value.as_ref()) { input type="hidden" name=(name) value=(value); }
            }
            button.main { (visit.t("筛选", "Filter")) }
        }
    }
}

fn column(visit: &Visit, ask: &Ask, name: &str, text: &str, number: bool) -> Markup {
    let (sort, down) = ask.sort();
    let is_sorted = sort == name;
    let order = if down { "descending" } else { "ascending" };
    let mark = match (is_sorted, down) {
        (false, _) => "",
        (true, true) => " ▼",
        (true, false) => " ▲",
    };
    let hint = visit.t("按这一列排序", "sort by this column");
    html! {
        th scope="col" class=[number.then_some("number")] aria-sort=[is_sorted.then_some(order)] {
            a href=(ask.address(Place::Claims.path(), name, !(is_sorted && down), 0)) title=(hint) { (text) (mark) }
        }
    }
}

fn table(visit: &Visit, ask: &Ask, rows: &[ClaimRow], sums: &ClaimSums) -> Markup {
    if rows.is_empty() {
        return html! { p.notice { (visit.t("没有符合条件的申报。放宽条件，或清除筛选再看。", "No claim fits. Widen the filters, or clear them.")) } };
    }
    let families = visit.person.role.may(Place::Households);
    html! {
        div.scroll { table {
            caption.unseen { (visit.t("申报", "Claims")) }
            thead { tr {
                (column(visit, ask, "date", visit.t("营业日", "Date"), false))
                (column(visit, ask, "store", visit.t("门店", "Store"), false))
                (column(visit, ask, "sale", visit.t("小票号", "Receipt"), false))
                @if families { th scope="col" { (visit.t("家庭", "Household")) } }
                (column(visit, ask, "state", visit.t("状态", "State"), false))
                th scope="col" { (visit.t("原因", "Reasons")) }
                (column(visit, ask, "claimed", visit.t("申报金额", "Claimed"), true))
                (column(visit, ask, "granted", visit.t("核准金额", "Granted"), true))
                th.number scope="col" { (visit.t("差额", "Difference")) }
            } }
            tbody { @for row in rows { (one(visit, row, families)) } }
            tfoot { tr {
                th scope="row" colspan=(if families { 6 } else { 5 }) { (visit.t("合计", "Total")) }
                td.number { (words::yuan(sums.claimed)) }
                td.number { (words::yuan(sums.granted)) }
                td.number { (words::difference(sums.granted - sums.claimed)) }
            } }
        } }
    }
}

/// The claims that have waited longest.
pub fn oldest(visit: &Visit, rows: &[ClaimRow]) -> Markup {
    if rows.is_empty() {
        return html! {};
    }
    html! {
        div.scroll { table {
            caption { (visit.t("等得最久的申报", "Claims that have waited longest")) }
            thead { tr {
                th scope="col" { (visit.t("营业日", "Date")) } th scope="col" { (visit.t("门店", "Store")) }
                th scope="col" { (visit.t("小票号", "Receipt")) } th scope="col" { (visit.t("原因", "Reasons")) }
                th.number scope="col" { (visit.t("申报金额", "Claimed")) }
            } }
            tbody { @for row in rows { tr {
                td.whole { (row.date.as_deref().unwrap_or("–")) }
                td.whole { (row.store) "/" (row.till) }
                td.whole { a href={ "/console/claims/" (row.uuid) } { (row.sale.as_deref().unwrap_or(&row.uuid)) } }
                td { (reasons(visit, &row.reasons)) }
                td.number { (words::yuan(row.claimed)) }
            } } }
        } }
    }
}

/// Reasons with their sentences.
fn reasons(visit: &Visit, json: &str) -> Markup {
    html! { @for code in words::codes(json) { span.reason { (code) " " (words::reason(visit.lang, &code)) } } }
}

fn one(visit: &Visit, row: &ClaimRow, families: bool) -> Markup {
    html! {
        tr {
            td.whole { (row.date.as_deref().unwrap_or("–")) }
            td.whole { (row.store) "/" (row.till) }
            td.whole { a href={ "/console/claims/" (row.uuid) } { (row.sale.as_deref().unwrap_or(&row.uuid)) } }
            @if families { td.whole { (row.head.as_deref().unwrap_or("–")) } }
            td { (page::state(visit.lang, &row.state)) }
            td { (reasons(visit, &row.reasons)) }
            td.number { (words::yuan(row.claimed)) }
            td.number { (words::yuan(row.granted)) }
            td.number { (words::difference(row.granted - row.claimed)) }
        }
    }
}
