//! How each fund's budget is used up.

use axum::extract::State;
use maud::{Markup, html};

use super::super::{Answer, Asked, Shared, Visit, page, show as render, words};
use super::ask::Ask;
use super::tabs;
use crate::console::chart::{self, Bar};
use crate::service::access::{Place, Role};
use crate::service::report::burn::{self, Burn};

/// Most months of a chart.
const MONTHS: usize = 12;

/// The page. Funds are the federation's: a store's manager sees none.
pub async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Usage)?;
    render(move || {
        let sees = visit.person.role != Role::Manager && visit.person.district.is_none();
        let burns = if sees { burn::burns(&hq.reading().conn)? } else { Vec::new() };
        let body = html! {
            (tabs(&visit, "/console/usage/funds", &ask.query(&[])))
            @if !sees { p.notice { (visit.t("资金是总会的，只有总会的人员能看。", "Funds are the federation's own: its people see them.")) } }
            @else if burns.is_empty() { p.notice { (visit.t("还没有资金。", "There are no funds yet.")) } }
            @for (n, burn) in burns.iter().enumerate() { (one(&visit, n, burn)) }
        };
        Ok(page::page(&visit, Place::Usage, visit.t("资金进度", "Funds"), body))
    })
    .await
}

fn one(visit: &Visit, n: usize, burn: &Burn) -> Markup {
    let lang = visit.lang;
    let mut before = 0;
    let bars: Vec<Bar> = burn
        .months
        .iter()
        .map(|(month, fen)| {
            let left = burn.budget.map_or(0, |budget| (budget - before - fen).max(0));
            let bar = Bar { name: month.clone(), parts: [left, *fen, before] };
            before += fen;
            bar
        })
        .collect();
    let skip = bars.len().saturating_sub(MONTHS);
    let title = lang.of(
        format!("资金 {}：余下、当月、此前（元）", burn.fund),
        format!("Fund {}: left, this month, before (yuan)", burn.fund),
    );
    let about = visit.t(
        "每月一根柱：从下到上是月末余下的预算、当月给出的、此前给出的。",
        "One bar a month, from below: what is left of the budget at its end, what the month gave, what was given before.",
    );
    let series = lang.of(["余下", "当月给出", "此前给出"], ["left", "given in the month", "given before"]);
    html! {
        section.card {
            h2 { (burn.fund) }
            dl {
                dt { (visit.t("预算", "Budget")) } dd { (burn.budget.map_or_else(|| visit.t("没有设定", "not set").into(), words::yuan)) }
                dt { (visit.t("已给出", "Given")) } dd { (words::yuan(burn.given())) }
                @if let Some(left) = burn.left() { dt { (visit.t("余下", "Left")) } dd { @if left < 0 { span.less { (words::yuan(left)) } } @else { (words::yuan(left)) } } }
                @if let Some(lasts) = burn.lasts() { dt { (visit.t("按近三月还能用", "Lasts, by the last three months")) } dd { (lang.of(format!("约 {lasts} 个月"), format!("about {lasts} months"))) } }
            }
            @if !bars.is_empty() { (chart::bars(&format!("fund{n}"), &title, about, &series, bars.get(skip..).unwrap_or_default())) }
        }
    }
}
