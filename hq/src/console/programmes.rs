//! Programmes: their versions, and one of them in words.

use axum::extract::{Path, State};
use domain::barcode::Selector;
use domain::lang::Lang;
use domain::programme::{Limit, Measure, Minimum, Offline, Programme, Table, Unit};
use domain::time::Period;
use maud::{Markup, html};

use super::{Answer, Failure, Shared, Visit, page, show as render};
use crate::service::access::Place;
use crate::service::{catalogue, now};

/// The list.
pub async fn show(State(hq): Shared, visit: Visit) -> Answer {
    visit.must(Place::Programmes)?;
    render(move || {
        let mut list: Vec<Programme> = catalogue::published(&hq.reading().conn)?.into_iter().map(|(p, _)| p).collect();
        list.sort_by(|a, b| (&a.code, b.version).cmp(&(&b.code, a.version)));
        let today = domain::time::business_date(now());
        let body = html! {
            @if list.is_empty() { p.notice { (visit.t("还没有项目。用 jihui-hq programmes import 导入。", "No programme yet: import some with jihui-hq programmes import.")) } }
            @else { div.scroll { table {
                caption.unseen { (visit.t("项目的各个版本", "Versions of programmes")) }
                thead { tr {
                    th scope="col" { (visit.t("项目", "Programme")) } th scope="col" { (visit.t("版本", "Version")) } th scope="col" { (visit.t("优惠", "Benefit")) }
                    th scope="col" { (visit.t("有效期", "Valid")) } th scope="col" { (visit.t("资金", "Fund")) } th.number scope="col" { (visit.t("资金承担", "Fund's share")) }
                } }
                tbody { @for p in &list { tr {
                    td { a href={ "/console/programmes/" (p.code) "/" (p.version) } { (visit.lang.of(&p.name_zh, &p.name_en)) } br; small { (p.code) } }
                    td { (p.version) @if p.in_force(today) { " " span.state.good { (visit.t("在用", "in force")) } } }
                    td { (domain::words::benefit(visit.lang, p.benefit)) }
                    td { (p.valid_from) " – " (p.valid_to) }
                    td { (p.fund.as_deref().unwrap_or(visit.t("门店自担", "borne by stores"))) }
                    td.number { (percent(p)) }
                } } }
            } } }
        };
        Ok(page::page(&visit, Place::Programmes, visit.t("项目", "Programmes"), body))
    })
    .await
}

fn percent(p: &Programme) -> String {
    let points = p.subsidy_share.basis_points();
    if points % 100 == 0 { format!("{}%", points / 100) } else { format!("{}.{:02}%", points / 100, points % 100) }
}

/// One version in words.
pub async fn one(State(hq): Shared, visit: Visit, Path((code, version)): Path<(String, u32)>) -> Answer {
    visit.must(Place::Programmes)?;
    render(move || {
        let list = catalogue::published(&hq.reading().conn)?;
        let found = list.into_iter().map(|(p, _)| p).find(|p| p.code == code && p.version == version);
        let Some(p) = found else { return Err(Failure::Missing(Box::new(visit))) };
        let title = visit
            .lang
            .of(format!("{} · 第 {} 版", p.name_zh, p.version), format!("{} · version {}", p.name_en, p.version));
        Ok(page::page(&visit, Place::Programmes, &title, words(visit.lang, &p)))
    })
    .await
}

fn words(lang: Lang, p: &Programme) -> Markup {
    let categories: Vec<String> = p.categories.iter().map(|c| domain::words::category(lang, c)).collect();
    let comma = lang.of("、", ", ");
    let any = |list: &Option<Vec<String>>| list.as_ref().map(|list| list.join(comma));
    html! {
        section.card { dl {
            dt { (lang.of("编号", "Code")) } dd { code { (p.code) } }
            dt { (lang.of("给谁", "For whom")) } dd { (categories.join(comma)) @if let Some(tags) = any(&p.tags) { "；" (lang.of("标签", "tags")) " " (tags) } }
            dt { (lang.of("给什么", "What it gives")) } dd { (domain::words::benefit(lang, p.benefit)) }
            dt { (lang.of("哪些商品", "Which goods")) } dd { (selectors(lang, &p.include)) @if !p.exclude.is_empty() { (lang.of("；不含 ", "; without ")) (selectors(lang, &p.exclude)) } }
            dt { (lang.of("哪些地区和门店", "Districts and stores")) }
            dd { (any(&p.districts).unwrap_or_else(|| lang.of("所有地区", "all districts").into())) " · " (any(&p.stores).unwrap_or_else(|| lang.of("所有门店", "all stores").into())) }
            dt { (lang.of("什么时候", "When")) }
            dd { (p.valid_from) " – " (p.valid_to) @if let Some(days) = &p.weekdays { " · " (days.iter().map(|day| weekday(lang, *day)).collect::<Vec<_>>().join(comma)) } }
            dt { (lang.of("限额", "Limits")) } dd { @if p.limits.is_empty() { (lang.of("没有限额", "none")) } @else { ul { @for limit in &p.limits { li { (limit_words(lang, limit)) } } } } }
            @if let Some(minimum) = p.minimum { dt { (lang.of("起用条件", "Minimum")) } dd { (minimum_words(lang, minimum)) } }
            @if !p.ceilings.is_empty() {
                dt { (lang.of("最高补贴基准价", "Ceiling prices")) }
                dd { ul { @for c in &p.ceilings { li { (selector(lang, &c.selector)) " " (domain::words::yuan(c.price)) (per(lang, c.unit)) } } } }
            }
            @if p.lowest_price_7d {
                dt { (lang.of("基准价", "Base price")) }
                dd { (lang.of("不高于门店最近 7 天的最低价", "no more than the store's lowest price of the last 7 days")) }
            }
            dt { (lang.of("谁承担", "Who bears it")) } dd { (bearer(lang, p)) }
            @if let Some(offline) = p.offline { dt { (lang.of("离线额度", "Offline amount")) } dd { (offline_words(lang, offline)) } }
        } }
    }
}

fn weekday(lang: Lang, day: chrono::Weekday) -> &'static str {
    const ZH: [&str; 7] = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"];
    const EN: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let n = usize::try_from(day.num_days_from_monday()).unwrap_or(0);
    lang.of(ZH[n], EN[n])
}

fn minimum_words(lang: Lang, minimum: Minimum) -> String {
    let gross = minimum.gross.map(|gross| {
        let gross = domain::words::yuan(gross);
        lang.of(format!("适用商品满 {gross}"), format!("{gross} of such goods"))
    });
    let kinds = minimum.kinds.map(|n| lang.of(format!("至少 {n} 种"), format!("{n} kinds or more")));
    gross.into_iter().chain(kinds).collect::<Vec<_>>().join(lang.of("，", ", "))
}

fn bearer(lang: Lang, p: &Programme) -> String {
    match &p.fund {
        Some(fund) if p.subsidy_share.basis_points() == 10_000 => {
            lang.of(format!("资金 {fund} 全部承担"), format!("fund {fund}, all of it"))
        }
        Some(fund) => lang.of(
            format!("资金 {fund} 承担 {}，其余门店让利", percent(p)),
            format!("fund {fund} {}, the store the rest", percent(p)),
        ),
        None => lang.of("门店自担", "borne by the store").into(),
    }
}

fn offline_words(lang: Lang, offline: Offline) -> String {
    let (home, other) = (domain::words::yuan(offline.home), domain::words::yuan(offline.other));
    lang.of(
        format!("断网时每户最多：常去门店 {home}，其他门店 {other}"),
        format!("without a line, for a household: {home} at its home store, {other} elsewhere"),
    )
}

fn per(lang: Lang, unit: Unit) -> &'static str {
    match unit {
        Unit::Piece => lang.of("/件", " a piece"),
        Unit::Kg => lang.of("/公斤", " a kg"),
    }
}

/// What a selector means, in words where there are some.
pub fn selector(lang: Lang, one: &Selector) -> String {
    match one {
        Selector::All => lang.of("所有商品", "all goods").to_owned(),
        Selector::Group(path) => path.clone(),
        Selector::Product(key) => key.parts().1,
    }
}

fn selectors(lang: Lang, list: &[Selector]) -> String {
    list.iter().map(|one| selector(lang, one)).collect::<Vec<_>>().join(lang.of("、", ", "))
}

/// How often a limit starts anew.
fn each(lang: Lang, period: Period) -> &'static str {
    match period {
        Period::Sale => lang.of("每次购物", "for each sale"),
        Period::Day => lang.of("每天", "a day"),
        Period::Week => lang.of("每周", "a week"),
        Period::Month => lang.of("每月", "a month"),
        Period::TwoMonths => lang.of("每两个月", "for two months"),
        Period::Quarter => lang.of("每季度", "a quarter"),
        Period::HalfYear => lang.of("每半年", "for half a year"),
        Period::Year => lang.of("每年", "a year"),
        Period::Programme => lang.of("整个项目期间", "for the whole programme"),
    }
}

/// Figures by size of household, each in words.
fn by_size<T>(lang: Lang, table: &Table<T>, figure: &dyn Fn(&T) -> String) -> String {
    match table {
        Table::Flat(all) => figure(all),
        Table::BySize(sizes) => {
            let one = |(size, value): (&u32, &T)| {
                lang.of(format!("{size} 口起 {}", figure(value)), format!("{} from {size} persons", figure(value)))
            };
            sizes.iter().map(one).collect::<Vec<_>>().join(lang.of("，", ", "))
        }
    }
}

fn limit_words(lang: Lang, limit: &Limit) -> String {
    let amount = match &limit.measure {
        Measure::Discount(table) => by_size(lang, table, &|money| domain::words::yuan(*money)),
        Measure::Quantity(table, Unit::Kg) => by_size(lang, table, &|q| format!("{q} {}", lang.of("公斤", "kg"))),
        Measure::Quantity(table, Unit::Piece) => by_size(lang, table, &|q| format!("{q} {}", lang.of("件", "pieces"))),
    };
    let goods = limit.selector.as_ref().map(|s| selector(lang, s)).unwrap_or_default();
    let goods = if goods.is_empty() { goods } else { lang.of(format!("{goods}："), format!("{goods}: ")) };
    let who = if limit.per_person { lang.of("每人", "a person") } else { lang.of("每户", "a household") };
    let apart =
        if limit.each_product { lang.of("，每种商品分别计算", ", each product by itself") } else { "" };
    let period = each(lang, limit.per);
    lang.of(format!("{goods}{who}{period} {amount}{apart}"), format!("{goods}{amount} {who} {period}{apart}"))
}
