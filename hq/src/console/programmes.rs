//! Programmes: their versions, and one of them in words.

use axum::extract::{Path, State};
use domain::barcode::Selector;
use domain::lang::Lang;
use domain::programme::{Limit, Measure, Programme, Table, Unit};
use maud::{Markup, html};

use super::{Answer, Failure, Shared, Visit, page, show as render};
use crate::service::access::Place;
use crate::service::{catalogue, now};

/// The list.
pub async fn show(State(hq): Shared, visit: Visit) -> Answer {
    visit.must(Place::Programmes)?;
    render(move || {
        let mut list: Vec<Programme> = catalogue::published(&hq.db().conn)?.into_iter().map(|(p, _)| p).collect();
        list.sort_by(|a, b| (&a.code, b.version).cmp(&(&b.code, a.version)));
        let today = domain::time::business_date(now());
        let body = html! {
            @if list.is_empty() { p.notice { (visit.t("还没有项目。用 jihui-hq programmes import 导入。", "No programme yet: import some with jihui-hq programmes import.")) } }
            @else { div.scroll { table {
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
        let list = catalogue::published(&hq.db().conn)?;
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
            dt { (lang.of("给谁", "For whom")) } dd { (categories.join(comma)) @if let Some(tags) = any(&p.tags) { " · " (lang.of("标签", "tags")) " " (tags) } }
            dt { (lang.of("给什么", "What it gives")) } dd { (domain::words::benefit(lang, p.benefit)) }
            dt { (lang.of("哪些商品", "Which goods")) } dd { (selectors(lang, &p.include)) @if !p.exclude.is_empty() { "；" (lang.of("不含 ", "without ")) (selectors(lang, &p.exclude)) } }
            dt { (lang.of("哪些地区和门店", "Districts and stores")) }
            dd { (any(&p.districts).unwrap_or_else(|| lang.of("所有地区", "all districts").into())) " · " (any(&p.stores).unwrap_or_else(|| lang.of("所有门店", "all stores").into())) }
            dt { (lang.of("什么时候", "When")) } dd { (p.valid_from) " – " (p.valid_to) @if let Some(days) = &p.weekdays { " · " (days.iter().map(ToString::to_string).collect::<Vec<_>>().join(comma)) } }
            dt { (lang.of("限额", "Limits")) } dd { @if p.limits.is_empty() { (lang.of("没有限额", "none")) } @else { ul { @for limit in &p.limits { li { (limit_words(lang, limit)) } } } } }
            @if let Some(minimum) = &p.minimum {
                dt { (lang.of("起用条件", "Minimum")) }
                dd { @if let Some(gross) = minimum.gross { "¥" (gross) " " } @if let Some(kinds) = minimum.kinds { (kinds) (lang.of(" 种商品", " kinds of goods")) } }
            }
            @if !p.ceilings.is_empty() {
                dt { (lang.of("最高限价", "Ceilings")) }
                dd { @for c in &p.ceilings { (selectors(lang, std::slice::from_ref(&c.selector))) " ¥" (c.price) (per(lang, c.unit)) " " } }
            }
            dt { (lang.of("谁承担", "Who bears it")) }
            dd { @match &p.fund { Some(fund) => { (lang.of("资金", "fund")) " " (fund) " " (percent(p)) } None => { (lang.of("门店自担", "borne by stores")) } } }
            @if let Some(offline) = &p.offline {
                dt { (lang.of("离线额度", "Offline amount")) }
                dd { (lang.of("常去门店", "home store")) " ¥" (offline.home) " · " (lang.of("其他门店", "elsewhere")) " ¥" (offline.other) }
            }
        } }
    }
}

fn per(lang: Lang, unit: Unit) -> &'static str {
    match unit {
        Unit::Piece => lang.of("/件", " a piece"),
        Unit::Kg => lang.of("/公斤", " a kg"),
    }
}

fn selectors(lang: Lang, list: &[Selector]) -> String {
    let one = |s: &Selector| match s {
        Selector::All => lang.of("所有商品", "all goods").to_owned(),
        Selector::Group(path) => path.clone(),
        Selector::Product(key) => key.parts().1,
    };
    list.iter().map(one).collect::<Vec<_>>().join(lang.of("、", ", "))
}

fn limit_words(lang: Lang, limit: &Limit) -> String {
    fn sizes<T: std::fmt::Display>(lang: Lang, table: &Table<T>) -> String {
        match table {
            Table::Flat(figure) => figure.to_string(),
            Table::BySize(table) => {
                let rows = table.iter().map(|(size, figure)| {
                    lang.of(format!("{size}口起 {figure}"), format!("{figure} from {size} persons"))
                });
                rows.collect::<Vec<_>>().join(lang.of("，", ", "))
            }
        }
    }
    let amount = match &limit.measure {
        Measure::Discount(table) => format!("{} {}", sizes(lang, table), lang.of("元", "yuan")),
        Measure::Quantity(table, Unit::Kg) => format!("{} {}", sizes(lang, table), lang.of("公斤", "kg")),
        Measure::Quantity(table, Unit::Piece) => format!("{} {}", sizes(lang, table), lang.of("件", "pieces")),
    };
    let who = if limit.per_person { lang.of("每人", "a person") } else { lang.of("每户", "a household") };
    let each = if limit.each_product { lang.of("，每种商品分别计算", ", each product by itself") } else { "" };
    lang.of(
        format!("{who}{} {amount}{each}", domain::words::period(lang, limit.per)),
        format!("{amount} {who} {}{each}", domain::words::period(lang, limit.per)),
    )
}
