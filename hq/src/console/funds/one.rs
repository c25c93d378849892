//! One fund: budget, what became of it month by month, sources, payers.

use std::collections::BTreeMap;

use axum::extract::{Form, Path, State};
use domain::money::Money;
use maud::{Markup, html};
use serde::Deserialize;

use super::{Shown, change, share, tabs};
use crate::console::{Answer, Failure, Shared, Visit, form as fields, page, show as render, words};
use crate::service::access::{Place, Role};
use crate::service::funds::{self, KINDS};
use crate::service::settle::statement::percent;
use crate::store::funds::{self as rows, Budget, Payer, Share, Source, Sum};

/// The page.
pub async fn show(State(hq): Shared, visit: Visit, Path(code): Path<String>) -> Answer {
    visit.must(Place::Funds)?;
    render(move || {
        let db = hq.reading();
        let Some(fund) = rows::fund(&db.conn, &code)? else { return Err(Failure::Missing(Box::new(visit))) };
        let sums = rows::sums(&db.conn, &code)?;
        let (sources, budgets) = (rows::sources(&db.conn, &code)?, rows::budgets(&db.conn, &code)?);
        let (shares, payers) = (rows::shares(&db.conn, &code)?, rows::payers(&db.conn)?);
        drop(db);
        let shown = Shown { figures: funds::figures(&sums), fund };
        let base = format!("/console/funds/{}", words::encode(&code));
        let body = html! {
            (tabs(&visit, ""))
            (figures(&visit, &base, &shown))
            (months(&visit, &sums, shown.fund.budget))
            div.halves {
                (source_card(&visit, &base, &sources))
                (payer_card(&visit, &base, &shares, &payers))
            }
            (budget_card(&visit, &base, &budgets))
        };
        let title = format!("{} {}", shown.name(), code);
        Ok(page::page(&visit, Place::Funds, &title, body))
    })
    .await
}

fn figures(visit: &Visit, base: &str, shown: &Shown) -> Markup {
    let f = &shown.figures;
    let can_release = f.waiting > 0 && matches!(visit.person.role, Role::Approver | Role::Reviewer);
    html! {
        section.card {
            @if !shown.fund.purpose.is_empty() { p { (visit.t("用途：", "Purpose: ")) (shown.fund.purpose) } }
            p.figures {
                (visit.t("预算", "Budget")) " " strong { (shown.fund.budget.map_or_else(|| "–".to_owned(), words::yuan)) }
                @if let Some(date) = &shown.fund.budget_date { small { (date) } }
                (share(visit, shown))
            }
            dl {
                dt { (visit.t("暂缓占用（待审核、有异议）", "Reserved (held, disputed)")) } dd { (words::yuan(f.reserved)) }
                dt { (visit.t("已申报（已核准、已入批）", "Claimed (granted, batched)")) } dd { (words::yuan(f.claimed)) }
                dt { (visit.t("已审批", "Approved")) } dd { (words::yuan(f.approved)) }
                dt { (visit.t("已付", "Paid")) } dd { (words::yuan(f.paid)) }
                @if let Some(left) = shown.left() { dt { (visit.t("剩余", "Left")) } dd { strong { (words::yuan(left)) } } }
                dt { (visit.t("等待资金", "Waiting for the fund")) } dd { (words::yuan(f.waiting)) }
            }
            @if can_release {
                form method="post" action={ (base) "/release" } {
                    button.main { (visit.t("按先后放行，放到预算为止", "Let go what fits, oldest first")) }
                }
            }
        }
    }
}

/// What was sold in each month, and what is left after it.
fn months(visit: &Visit, sums: &[Sum], budget: Option<i64>) -> Markup {
    let mut by_month: BTreeMap<&str, Vec<&Sum>> = BTreeMap::new();
    for sum in sums.iter().filter(|sum| sum.standing != "rejected") {
        by_month.entry(&sum.month).or_default().push(sum);
    }
    let mut left = budget;
    let rows: Vec<(&str, funds::Figures, Option<i64>)> = by_month
        .into_iter()
        .map(|(month, sums)| {
            let f = funds::figures(&sums.into_iter().cloned().collect::<Vec<_>>());
            left = left.map(|left| left - f.taken());
            (month, f, left)
        })
        .collect();
    html! {
        @if !rows.is_empty() { div.scroll { table {
            caption { (visit.t("按销售月份的消耗", "Burn-down by month of sale")) }
            thead { tr {
                th scope="col" { (visit.t("月份", "Month")) }
                @for (zh, en) in [("等待资金", "Waiting"), ("暂缓占用", "Reserved"), ("已申报", "Claimed"), ("已审批", "Approved"), ("已付", "Paid"), ("当月合计", "Month"), ("月末剩余", "Left after")] { th.number scope="col" { (visit.t(zh, en)) } }
            } }
            tbody { @for (month, f, left) in &rows { tr {
                td { (month) }
                @for fen in [f.waiting, f.reserved, f.claimed, f.approved, f.paid, f.taken()] { td.number { (words::yuan(fen)) } }
                td.number { (left.map_or_else(|| "–".to_owned(), words::yuan)) }
            } } }
        } } }
    }
}

fn source_card(visit: &Visit, base: &str, sources: &[Source]) -> Markup {
    let kinds: Vec<(String, String)> =
        KINDS.iter().map(|(code, zh, en)| ((*code).to_owned(), visit.t(zh, en).to_owned())).collect();
    let word = |code: &str| kinds.iter().find(|(known, _)| known == code).map_or("", |(_, word)| word.as_str());
    html! {
        section.card {
            h2 { (visit.t("资金来源", "Sources")) }
            @if sources.is_empty() { p { (visit.t("还没有登记。", "None yet.")) } } @else { div.scroll { table {
                thead { tr { th scope="col" { (visit.t("来源", "Source")) } th scope="col" { (visit.t("协议号", "Agreement")) } th scope="col" { (visit.t("日期", "Date")) } th.number scope="col" { (visit.t("金额", "Amount")) } } }
                tbody { @for s in sources { tr { td { (word(&s.kind)) } td { (s.agreement) } td { (s.date) } td.number { (words::yuan(s.amount)) } } } }
                tfoot { tr { th scope="row" colspan="3" { (visit.t("合计", "Total")) } td.number { (words::yuan(sources.iter().map(|s| s.amount).sum())) } } }
            } } }
            @if visit.person.role == Role::Accountant {
                details { summary { (visit.t("登记来源", "Add a source")) }
                    form.sheet-form method="post" action={ (base) "/source" } {
                        (fields::select("kind", visit.t("来源", "Source"), None, None, &kinds))
                        (fields::text("agreement", visit.t("协议号", "Agreement"), None))
                        (fields::date("date", visit.t("日期", "Date"), None))
                        (fields::text("amount", visit.t("金额（元）", "Amount (yuan)"), None))
                        p.actions { button.main { (visit.t("保存", "Save")) } }
                    }
                }
            }
        }
    }
}

fn payer_card(visit: &Visit, base: &str, shares: &[Share], payers: &[Payer]) -> Markup {
    let name = |code: &str| payers.iter().find(|p| p.code == code).map_or(code.to_owned(), |p| p.name.clone());
    let now = shares
        .iter()
        .map(|s| format!("{} {}", s.payer, percent(i64::from(s.basis_points))))
        .collect::<Vec<_>>()
        .join("; ");
    html! {
        section.card {
            h2 { (visit.t("出资方和比例", "Payers and shares")) }
            @if shares.is_empty() { p { (visit.t("还没有出资方，申报还不能结算。", "No payer yet: claims cannot be settled.")) } }
            @else { dl { @for s in shares { dt { (name(&s.payer)) } dd { (percent(i64::from(s.basis_points))) } } } }
            @if visit.person.role == Role::Accountant {
                details { summary { (visit.t("改比例", "Change the shares")) }
                    form.sheet-form method="post" action={ (base) "/shares" } {
                        (fields::text("shares", visit.t("例如 CITY 60%; COUNTY 40%", "As in CITY 60%; COUNTY 40%"), Some(&now)))
                        p.actions { button.main { (visit.t("保存", "Save")) } small { (visit.t("已经入批的申报不变。", "Claims that are in a batch stay as they are.")) } }
                    }
                }
            }
        }
    }
}

fn budget_card(visit: &Visit, base: &str, budgets: &[Budget]) -> Markup {
    html! {
        section.card {
            h2 { (visit.t("预算的历次调整", "Budgets")) }
            @if budgets.is_empty() { p { (visit.t("没有设预算：不提醒，也不会让申报等待。", "No budget set: nothing warns, and no claim waits.")) } } @else { div.scroll { table {
                thead { tr { th scope="col" { (visit.t("日期", "Date")) } th.number scope="col" { (visit.t("预算", "Budget")) } th scope="col" { (visit.t("说明", "Note")) } th scope="col" { (visit.t("审批人", "Approver")) } } }
                tbody { @for b in budgets { tr { td { (b.date) } td.number { (b.budget.map_or_else(|| visit.t("不设", "none").to_owned(), words::yuan)) } td { (b.note) } td { (b.who) } } } }
            } } }
            @if visit.person.role == Role::Approver {
                details { summary { (visit.t("定预算", "Set the budget")) }
                    form.sheet-form method="post" action={ (base) "/budget" } {
                        (fields::text("budget", visit.t("预算（元；空白为不设）", "Budget (yuan; empty: none)"), None))
                        (fields::date("date", visit.t("日期", "Date"), None))
                        (fields::text("note", visit.t("说明", "Note"), None))
                        p.actions { button.main { (visit.t("保存", "Save")) } }
                    }
                }
            }
        }
    }
}

fn page_of(code: &str) -> String {
    format!("/console/funds/{}", words::encode(code))
}

/// A source as it is typed.
#[derive(Deserialize)]
pub struct SourceForm {
    kind: String,
    agreement: String,
    date: String,
    amount: String,
}

/// Adds a source.
pub async fn source(State(hq): Shared, visit: Visit, Path(code): Path<String>, Form(form): Form<SourceForm>) -> Answer {
    change(hq, visit, page_of(&code), move |hq, visit| {
        let amount = Money::parse(form.amount.trim()).unwrap_or_default().fen_i64();
        let source = Source { kind: form.kind, agreement: form.agreement.trim().into(), date: form.date, amount };
        funds::add_source(hq, &visit.person, &code, &source)
    })
    .await
}

/// Shares as they are typed.
#[derive(Deserialize)]
pub struct SharesForm {
    shares: String,
}

/// Reads `CITY 60%; COUNTY 40%`; what is no percentage is a share of nothing, which is refused.
fn read_shares(text: &str) -> Vec<Share> {
    let parts = text.split([';', '；', '\n']).map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (payer, share) = part.rsplit_once(char::is_whitespace).unwrap_or((part, ""));
            let share = Money::parse(share.trim_end_matches(['%', '％'])).ok();
            let basis_points = share.and_then(|share| u32::try_from(share.fen()).ok()).unwrap_or(0);
            Share { payer: payer.trim().into(), basis_points }
        })
        .collect()
}

/// Writes the shares.
pub async fn shares(State(hq): Shared, visit: Visit, Path(code): Path<String>, Form(form): Form<SharesForm>) -> Answer {
    change(hq, visit, page_of(&code), move |hq, visit| {
        funds::put_shares(hq, &visit.person, &code, &read_shares(&form.shares))
    })
    .await
}

/// A budget as it is typed.
#[derive(Deserialize)]
pub struct BudgetForm {
    budget: String,
    date: String,
    note: String,
}

/// Sets the budget.
pub async fn budget(State(hq): Shared, visit: Visit, Path(code): Path<String>, Form(form): Form<BudgetForm>) -> Answer {
    change(hq, visit, page_of(&code), move |hq, visit| {
        let text = form.budget.trim().replace(',', "");
        let budget = match (text.is_empty(), Money::parse(&text)) {
            (true, _) => None,
            (false, Ok(budget)) => Some(budget),
            (false, Err(_)) => {
                return Ok(Err("预算写成 100000.00 这样的金额。 Write the budget as in 100000.00".into()));
            }
        };
        funds::set_budget(hq, &visit.person, &code, budget, &form.date, &form.note)
    })
    .await
}

/// Lets go what waited and fits.
pub async fn release(State(hq): Shared, visit: Visit, Path(code): Path<String>) -> Answer {
    change(hq, visit, page_of(&code), move |hq, visit| Ok(funds::let_go(hq, &visit.person, &code)?.map(|_| ()))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_as_people_write_them() {
        let read = |text: &str| read_shares(text).into_iter().map(|s| (s.payer, s.basis_points)).collect::<Vec<_>>();
        assert_eq!(read("CITY 60%; COUNTY 40"), [("CITY".into(), 6_000), ("COUNTY".into(), 4_000)]);
        assert_eq!(read("A 33.34%；B 66.66%"), [("A".into(), 3_334), ("B".into(), 6_666)]);
        assert_eq!(read("CITY sixty"), [("CITY".into(), 0)]);
    }
}
