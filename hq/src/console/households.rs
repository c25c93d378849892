//! Households, masked. A number is looked up by a form's body: it never stands in an address.

use axum::extract::{Form, Path, State};
use axum::response::{Html, IntoResponse as _, Redirect};
use domain::household::CATEGORIES;
use domain::money::Money;
use domain::programme::{Limit, Measure, Programme, Unit};
use domain::resident::{CardNumber, Credential, IdNumber};
use domain::usage::Amount;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::roster::household::About;
use super::{Answer, Asked, Failure, ROWS, Shared, Visit, blocking, filled, form, page, show as render};
use crate::service::access::{Place, Scope};
use crate::service::{Hq, catalogue, now};
use crate::store::households::{self, HouseholdFilter, HouseholdRow};
use crate::store::sql::Conn;
use crate::store::{audit, claims, people};

/// What the address says.
#[derive(Debug, Default, Deserialize)]
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

/// How somebody stands to a household: code, Chinese, English.
pub const RELATIONS: [(&str, &str, &str); 5] = [
    ("head", "户主", "head"),
    ("spouse", "配偶", "spouse"),
    ("child", "子女", "child"),
    ("parent", "父母", "parent"),
    ("other", "其他", "other"),
];

/// The statuses of a household: code, Chinese, English.
pub const STATUSES: [(&str, &str, &str); 6] = [
    ("active", "在保", "active"),
    ("grace", "渐退", "grace"),
    ("suspended", "暂停", "suspended"),
    ("ended", "停保", "ended"),
    ("moved", "迁出", "moved"),
    ("deceased", "死亡", "deceased"),
];

/// A status in words.
pub fn status(visit: &Visit, code: &str) -> String {
    let known = STATUSES.iter().find(|(known, _, _)| *known == code);
    known.map_or_else(|| code.to_owned(), |(_, zh, en)| visit.lang.of(*zh, *en).to_owned())
}

/// The list.
pub async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Households)?;
    render(move || {
        let filter = HouseholdFilter {
            category: filled(ask.category.as_ref()),
            status: filled(ask.status.as_ref()),
            district: filled(ask.district.as_ref()),
            within: Scope::of(&hq.reading().conn, &visit.person)?.district().map(Into::into),
        };
        let at = ask.page.unwrap_or(0).clamp(0, 1_000_000);
        let db = hq.reading();
        let rows = households::list(&db.conn, &filter, at * ROWS, ROWS)?;
        let all = households::count(&db.conn, &filter)?;
        drop(db);
        let body = html! {
            @if ask.none.is_some() { p.notice.warn role="alert" { (visit.t("没有查到。请核对号码；名册里没有的，请先导入名册。", "Nobody was found: check the number, or import the roster first.")) } }
            form.card.inline method="post" action="/console/households" {
                label for="number" { (visit.t("身份证号、卡号或户号", "ID number, card number or household")) }
                input id="number" name="number" autocomplete="off" spellcheck="false" required size="24" aria-describedby="number-note";
                button.main { (visit.t("查找", "Find")) }
                small id="number-note" { (visit.t("号码不进地址，也不留在记录里。", "The number goes into no address and no log.")) }
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
    let any = Some(visit.t("全部", "all"));
    let categories: Vec<_> =
        CATEGORIES.iter().map(|(code, _)| ((*code).into(), domain::words::category(visit.lang, code))).collect();
    let statuses: Vec<_> =
        STATUSES.iter().map(|(code, zh, en)| ((*code).into(), visit.lang.of(*zh, *en).into())).collect();
    html! {
        form.filters method="get" action=(Place::Households.path()) {
            (form::select("category", visit.t("类别", "Category"), any, ask.category.as_ref(), &categories))
            (form::select("status", visit.t("状态", "Status"), any, ask.status.as_ref(), &statuses))
            (form::text("district", visit.t("地区代码", "District code"), ask.district.as_ref()))
            button { (visit.t("筛选", "Filter")) }
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

/// Finds households by a number, and goes to the only one's opaque address.
pub async fn find(State(hq): Shared, visit: Visit, Form(sought): Form<Sought>) -> Answer {
    visit.must(Place::Households)?;
    let who = visit.clone();
    let found = blocking(move || {
        let scope = Scope::of(&hq.reading().conn, &who.person)?;
        let found = look_for(&hq, sought.number.trim(), &scope)?;
        audit(&hq.db().conn, &who.person.name, "household search", &json!({ "found": found.len() }).to_string())?;
        Ok(found)
    })
    .await?;
    let to = match found.as_slice() {
        [] => "/console/households?none=1".into(),
        [only] => format!("/console/households/{}", only.id),
        // Somebody who shops for several: no address names whom the number belongs to.
        several => {
            let count = i64::try_from(several.len()).unwrap_or(i64::MAX);
            let title = visit.t("这个号码可以为几户购物", "This number shops for several households");
            let page = page::page(&visit, Place::Households, title, table(&visit, several, count));
            return Ok(Html(page.into_string()).into_response());
        }
    };
    Ok(Redirect::to(&to).into_response())
}

/// Households by their own id, the roster's, or the number of somebody who shops for them.
fn look_for(hq: &Hq, number: &str, scope: &Scope) -> anyhow::Result<Vec<HouseholdRow>> {
    let db = hq.reading();
    let mut ids = Vec::new();
    if people::is_household(&db.conn, number)? {
        ids.push(number.to_owned());
    }
    ids.extend(people::household_id(&db.conn, &hq.keys, number)?);
    let credentials =
        [IdNumber::parse(number).ok().map(Credential::Id), CardNumber::parse(number).ok().map(Credential::Card)];
    for credential in credentials.into_iter().flatten() {
        let mac = hq.keys.mac("credential", &credential.digest_input());
        ids.extend(people::found_by(&db.conn, &mac)?.into_iter().map(|member| member.entry.household));
    }
    let mut found = Vec::new();
    for id in ids {
        let row = households::one(&db.conn, &id)?.filter(|row| scope.sees_district(&row.district));
        found.extend(row.filter(|row| !found.iter().any(|other: &HouseholdRow| other.id == row.id)));
    }
    Ok(found)
}

/// One household: its members, masked, and what it used.
pub async fn one(State(hq): Shared, visit: Visit, Path(id): Path<String>) -> Answer {
    visit.must(Place::Households)?;
    render(move || {
        let db = hq.reading();
        let members = people::of_household(&db.conn, &id)?;
        let scope = Scope::of(&db.conn, &visit.person)?;
        let Some((_, first)) = members.first().filter(|(_, m)| scope.sees_district(&m.entry.district)) else {
            return Err(Failure::Missing(Box::new(visit)));
        };
        audit(&hq.db().conn, &visit.person.name, "household page", &json!({ "household": id }).to_string())?;
        let used = used(&visit, &db.conn, &id, first)?;
        let about = About::load(&hq, &db.conn, &id)?;
        drop(db);
        let body = html! { (details(&visit, &id, &members, &used)) (about.show(&visit, &id, &members)) };
        Ok(page::page(
            &visit,
            Place::Households,
            &visit.lang.of(format!("{} 一户", first.entry.name), format!("Household of {}", first.entry.name)),
            body,
        ))
    })
    .await
}

/// What is used of one limit in its present period.
pub struct Spent {
    /// Programme.
    pub programme: String,
    /// Limit.
    pub limit: String,
    /// What is used.
    pub used: String,
    /// What there is of it.
    pub most: String,
    /// What is left.
    pub left: String,
}

/// What the household used of each limit of the programmes that fit its category today.
fn used(visit: &Visit, conn: &Conn, id: &str, first: &people::Member) -> anyhow::Result<Vec<Spent>> {
    let date = domain::time::business_date(now());
    let mut newest = std::collections::BTreeMap::new();
    for (p, _) in catalogue::published(conn)? {
        if p.in_force(date) && p.categories.contains(&first.entry.category) {
            newest.insert(p.code.clone(), p);
        }
    }
    let mut rows = Vec::new();
    for p in newest.values() {
        let balances = claims::household_balances(conn, id, &p.code)?;
        for limit in &p.limits {
            let Some(period) = limit.per.key(date) else { continue };
            let of_limit = balances.iter().filter(|b| b.limit == limit.id && b.period == period);
            rows.push(spent(visit, p, limit, first.entry.size, of_limit.map(|b| b.used.milli()).sum()));
        }
    }
    Ok(rows)
}

/// A limit in words, with what is used of it.
pub fn spent(visit: &Visit, p: &Programme, limit: &Limit, size: u32, used: i64) -> Spent {
    let (most, money, unit) = match &limit.measure {
        Measure::Discount(table) => (table.figure(size).map(|m| m.fen_i64() * 10), true, ""),
        Measure::Quantity(table, Unit::Kg) => {
            (table.figure(size).map(|q| q.milli_i64()), false, visit.t(" 公斤", " kg"))
        }
        Measure::Quantity(table, Unit::Piece) => {
            (table.figure(size).map(|q| q.milli_i64()), false, visit.t(" 件", " pieces"))
        }
    };
    let show = |milli: i64| {
        if money {
            domain::words::yuan(Money::from_fen(i128::from(milli) / 10))
        } else {
            format!("{}{unit}", Amount::from_milli(milli, false))
        }
    };
    let goods = limit.selector.as_ref().map(|s| format!("（{}）", super::programmes::selector(visit.lang, s)));
    let holder = if limit.per_person { visit.t("，按人", ", by person") } else { "" };
    Spent {
        programme: visit.lang.of(&p.name_zh, &p.name_en).clone(),
        limit: format!("{}{}{holder}", domain::words::period(visit.lang, limit.per), goods.unwrap_or_default()),
        used: show(used),
        // A limit of each person has no figure for all of them together.
        most: most.filter(|_| !limit.per_person).map_or_else(|| "–".into(), show),
        left: most.filter(|_| !limit.per_person).map_or_else(|| "–".into(), |most| show((most - used).max(0))),
    }
}

/// How somebody stands to the household.
pub fn relation(visit: &Visit, code: &str) -> &'static str {
    let known = RELATIONS.iter().find(|(known, _, _)| *known == code);
    known.map_or(visit.t("其他", "other"), |(_, zh, en)| visit.lang.of(*zh, *en))
}

fn details(visit: &Visit, id: &str, members: &[(i64, people::Member)], used: &[Spent]) -> Markup {
    let first = members.first().map(|(_, m)| &m.entry);
    html! {
        @if let Some(e) = first {
            section.card { dl {
                dt { (visit.t("户号", "Household")) } dd { code { (id) } }
                dt { (visit.t("类别", "Category")) } dd { (domain::words::category(visit.lang, &e.category)) }
                dt { (visit.t("人口", "Persons")) } dd { (e.size) }
                dt { (visit.t("地区", "District")) } dd { (e.district) }
                dt { (visit.t("常去门店", "Home store")) } dd { (e.home_store.as_deref().unwrap_or("–")) }
            } @if visit.person.role.may(Place::Claims) { p { a href={ "/console/claims?household=" (id) } { (visit.t("查看这一户的申报", "Claims of this household")) } } } }
        }
        div.scroll { table {
            caption { (visit.t("本期额度", "Limits of the present periods")) }
            thead { tr {
                th scope="col" { (visit.t("项目", "Programme")) } th scope="col" { (visit.t("额度", "Limit")) }
                th.number scope="col" { (visit.t("已用", "Used")) } th.number scope="col" { (visit.t("上限", "Most")) }
                th.number scope="col" { (visit.t("剩余", "Left")) }
            } }
            tbody {
                @for row in used { tr {
                    td { (row.programme) } td { (row.limit) } td.number { (row.used) } td.number { (row.most) } td.number { (row.left) }
                } }
                @if used.is_empty() { tr { td colspan="5" { (visit.t("没有带限额的项目适用于这一户。", "No programme with a limit fits this household.")) } } }
            }
        } }
        div.scroll { table {
            caption { (visit.t("成员（姓名已遮掩）", "Members (names masked)")) }
            thead { tr { th scope="col" { (visit.t("姓名", "Name")) } th scope="col" { (visit.t("关系", "Relation")) }
                th scope="col" { (visit.t("状态", "Status")) } th scope="col" { (visit.t("有效期", "Valid")) } th scope="col" { (visit.t("爱心卡", "Card")) } } }
            tbody { @for (_, m) in members { tr {
                td { (m.entry.name) @if m.entry.proxy { " " small { (visit.t("代办人", "proxy")) } } }
                td { (relation(visit, &m.relation)) }
                td { (status(visit, m.entry.status.word())) }
                td.whole { (m.entry.valid_from) " – " @if let Some(to) = m.entry.valid_to { (to) } @else { (visit.t("长期", "open")) } }
                td { @if m.card_mac.is_some() { (visit.t("有", "yes")) } @else { "–" } }
            } } }
        } }
    }
}
