//! Households, masked. A number is looked up by a form's body: it never stands in an address.

use std::collections::BTreeMap;

use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::household::CATEGORIES;
use domain::programme::{Measure, Unit};
use domain::resident::{CardNumber, Credential, IdNumber};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Answer, Failure, ROWS, Shared, Visit, blocking, page, show as render};
use crate::service::access::Place;
use crate::service::{Hq, catalogue, now};
use crate::store::households::{self, HouseholdFilter, HouseholdRow};
use crate::store::{audit, claims, people};

/// What the address says.
#[derive(Debug, Deserialize)]
pub struct Ask {
    category: Option<String>,
    status: Option<String>,
    district: Option<String>,
    page: Option<i64>,
    none: Option<String>,
}

impl Ask {
    fn address(&self, at: i64) -> String {
        let text = |field: &Option<String>| super::words::encode(field.as_deref().unwrap_or_default());
        format!(
            "/console/households?category={}&status={}&district={}&page={at}",
            text(&self.category),
            text(&self.status),
            text(&self.district)
        )
    }
}

/// The statuses of a household: code, Chinese, English.
const STATUSES: [(&str, &str, &str); 6] = [
    ("active", "在保", "active"),
    ("grace", "渐退", "grace"),
    ("suspended", "暂停", "suspended"),
    ("ended", "停保", "ended"),
    ("moved", "迁出", "moved"),
    ("deceased", "死亡", "deceased"),
];

fn status(visit: &Visit, code: &str) -> String {
    let known = STATUSES.iter().find(|(known, _, _)| *known == code);
    known.map_or_else(|| code.to_owned(), |(_, zh, en)| visit.lang.of(*zh, *en).to_owned())
}

/// The list.
pub async fn show(State(hq): Shared, visit: Visit, Query(ask): Query<Ask>) -> Answer {
    visit.must(Place::Households)?;
    render(move || {
        let filled = |text: &Option<String>| text.clone().filter(|t| !t.is_empty());
        let filter = HouseholdFilter {
            category: filled(&ask.category),
            status: filled(&ask.status),
            district: filled(&ask.district),
            within: visit.person.district.clone(),
        };
        let at = ask.page.unwrap_or(0).clamp(0, 1_000_000);
        let db = hq.db();
        let rows = households::list(&db.conn, &filter, at * ROWS, ROWS)?;
        let all = households::count(&db.conn, &filter)?;
        drop(db);
        let body = html! {
            @if ask.none.is_some() { p.notice.warn role="alert" { (visit.t("没有查到。请核对号码；名册里没有的，请先导入名册。", "Nobody was found: check the number, or import the roster first.")) } }
            form.card.inline method="post" action="/console/households" {
                label for="number" { (visit.t("按身份证号、卡号或户号查找", "Find by ID number, card or household")) }
                input id="number" name="number" type="password" autocomplete="off" required size="24";
                button { (visit.t("查找", "Find")) }
            }
            (filters(&visit, &ask))
            (table(&visit, &rows, all))
            (page::paging(&visit, at, ROWS, all, &|at| ask.address(at)))
        };
        Ok(page::page(&visit, Place::Households, visit.t("家庭", "Households"), body))
    })
    .await
}

fn filters(visit: &Visit, ask: &Ask) -> Markup {
    html! {
        form.filters method="get" action=(Place::Households.path()) {
            div.field { label for="category" { (visit.t("类别", "Category")) } select id="category" name="category" {
                option value="" { (visit.t("全部", "all")) }
                @for (code, _) in CATEGORIES { option value=(code) selected[ask.category.as_deref() == Some(code)] { (domain::words::category(visit.lang, code)) } } } }
            div.field { label for="status" { (visit.t("状态", "Status")) } select id="status" name="status" {
                option value="" { (visit.t("全部", "all")) }
                @for (code, zh, en) in STATUSES { option value=(code) selected[ask.status.as_deref() == Some(code)] { (visit.lang.of(zh, en)) } } } }
            div.field { label for="district" { (visit.t("地区代码", "District code")) } input id="district" name="district" value=[ask.district.as_deref()] size="8"; }
            div.buttons { button.main { (visit.t("筛选", "Filter")) } a.button href=(Place::Households.path()) { (visit.t("清除", "Clear")) } }
        }
    }
}

fn table(visit: &Visit, rows: &[HouseholdRow], all: i64) -> Markup {
    if rows.is_empty() {
        return html! { p.notice { (visit.t("没有符合条件的家庭。", "No household fits.")) } };
    }
    html! {
        div.scroll { table {
            caption { (visit.lang.of(format!("共 {all} 户"), format!("{all} households"))) }
            thead { tr {
                th scope="col" { (visit.t("户主", "Head")) } th scope="col" { (visit.t("户号", "Household")) }
                th.number scope="col" { (visit.t("人口", "Persons")) } th scope="col" { (visit.t("类别", "Category")) }
                th scope="col" { (visit.t("地区", "District")) } th scope="col" { (visit.t("状态", "Status")) }
                th scope="col" { (visit.t("常去门店", "Home store")) }
            } }
            tbody { @for row in rows { tr {
                td { a href={ "/console/households/" (row.id) } { (row.name) } }
                td { code { (row.id) } }
                td.number { (row.size) }
                td { (domain::words::category(visit.lang, &row.category)) }
                td { (row.district) }
                td { (status(visit, &row.status)) }
                td { (row.home_store.as_deref().unwrap_or("–")) }
            } } }
        } }
    }
}

/// What somebody looks for.
#[derive(Deserialize)]
pub struct Sought {
    number: String,
}

/// Finds a household by a number, and goes to its opaque address.
pub async fn find(State(hq): Shared, visit: Visit, Form(sought): Form<Sought>) -> Answer {
    visit.must(Place::Households)?;
    let found = blocking(move || {
        let number = sought.number.trim().to_owned();
        let found = look_for(&hq, &number)?;
        let outcome = if found.is_some() { "found" } else { "nobody" };
        audit(&hq.db().conn, &visit.person.name, "household search", outcome)?;
        Ok(found)
    })
    .await?;
    let to = found.map_or_else(|| "/console/households?none=1".into(), |id| format!("/console/households/{id}"));
    Ok(Redirect::to(&to).into_response())
}

fn look_for(hq: &Hq, number: &str) -> anyhow::Result<Option<String>> {
    let db = hq.db();
    if people::is_household(&db.conn, number)? {
        return Ok(Some(number.to_owned()));
    }
    if let Some(id) = people::household_id(&db.conn, &hq.keys, number, false)? {
        return Ok(Some(id));
    }
    let credentials =
        [IdNumber::parse(number).ok().map(Credential::Id), CardNumber::parse(number).ok().map(Credential::Card)];
    for credential in credentials.into_iter().flatten() {
        let mac = hq.keys.mac("credential", &credential.digest_input());
        if let Some(entry) = people::opened_by(&db.conn, &mac)?.into_iter().next() {
            return Ok(Some(entry.household));
        }
    }
    Ok(None)
}

/// One household: its members, masked, and what it used.
pub async fn one(State(hq): Shared, visit: Visit, Path(id): Path<String>) -> Answer {
    visit.must(Place::Households)?;
    render(move || {
        let db = hq.db();
        let members = people::of_household(&db.conn, &id)?;
        let within = visit.person.district.as_deref().unwrap_or_default();
        let Some((_, first)) = members.first().filter(|(_, m)| m.entry.district.starts_with(within)) else {
            return Err(Failure::Missing(Box::new(visit)));
        };
        audit(&db.conn, &visit.person.name, "household page", &id)?;
        let programmes = catalogue::published(&db.conn)?;
        let date = domain::time::business_date(now());
        let mut used: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (p, _) in
            programmes.iter().filter(|(p, _)| p.in_force(date) && p.categories.contains(&first.entry.category))
        {
            let balances = claims::household_balances(&db.conn, &id, &p.code)?;
            for limit in &p.limits {
                let Some(period) = limit.per.key(date) else { continue };
                let spent =
                    balances.iter().filter(|b| b.limit == limit.id && b.period == period).map(|b| b.used.milli()).sum();
                let (money, unit) = match limit.measure {
                    Measure::Discount(_) => (true, visit.t("元", "yuan")),
                    Measure::Quantity(_, Unit::Kg) => (false, visit.t("公斤", "kg")),
                    Measure::Quantity(_, Unit::Piece) => (false, visit.t("件", "pieces")),
                };
                let amount = domain::usage::Amount::from_milli(spent, money);
                let name = visit.lang.of(p.name_zh.clone(), p.name_en.clone());
                used.entry(name)
                    .or_default()
                    .push(format!("{} {amount} {unit}", domain::words::period(visit.lang, limit.per)));
            }
        }
        drop(db);
        let body = details(&visit, &id, &members, &used);
        Ok(page::page(
            &visit,
            Place::Households,
            &visit.lang.of(format!("{} 一户", first.entry.name), format!("Household of {}", first.entry.name)),
            body,
        ))
    })
    .await
}

fn details(visit: &Visit, id: &str, members: &[(i64, people::Member)], used: &BTreeMap<String, Vec<String>>) -> Markup {
    html! {
        p { code { (id) } " · " a href={ "/console/claims?household=" (id) } { (visit.t("这一户的申报", "its claims")) } }
        div.scroll { table {
            caption { (visit.t("成员（姓名已遮掩）", "Members (names masked)")) }
            thead { tr { th scope="col" { (visit.t("姓名", "Name")) } th scope="col" { (visit.t("关系", "Relation")) } th scope="col" { (visit.t("类别", "Category")) }
                th scope="col" { (visit.t("状态", "Status")) } th scope="col" { (visit.t("有效期", "Valid")) } th scope="col" { (visit.t("爱心卡", "Card")) } } }
            tbody { @for (_, m) in members { tr {
                td { (m.entry.name) @if m.entry.proxy { " " small { (visit.t("代办人", "proxy")) } } }
                td { (m.relation) } td { (domain::words::category(visit.lang, &m.entry.category)) }
                td { (status(visit, m.entry.status.word())) }
                td { (m.entry.valid_from) " – " @if let Some(to) = m.entry.valid_to { (to) } }
                td { @if m.card_mac.is_some() { (visit.t("有", "yes")) } @else { "–" } }
            } } }
        } }
        section.card {
            h2 { (visit.t("本期已用", "Used in the present periods")) }
            @if used.is_empty() { p { (visit.t("没有适用的项目。", "No programme applies.")) } }
            dl { @for (name, lines) in used { dt { (name) } dd { (lines.join(visit.t("；", "; "))) } } }
        }
    }
}
