//! Vouchers for the accountant, the list that is published, and the rules of settlement.

use axum::extract::{Form, State};
use chrono::Datelike as _;
use domain::money::Money;
use domain::time::business_date;
use maud::{Markup, html};
use serde::Deserialize;

use super::{change, tabs};
use crate::console::files;
use crate::console::{
    Answer, Asked, Shared, Visit, blocking, claims, filled, form as fields, page, show as render, words,
};
use crate::service::access::{Place, Role};
use crate::service::settle::{self, published as list, voucher};
use crate::service::{Hq, now};
use crate::store::audit;

const PATH: &str = "/console/settlement/reports";

/// From which day to which.
#[derive(Debug, Default, Deserialize)]
pub struct Ask {
    from: Option<String>,
    to: Option<String>,
}

impl Ask {
    /// The days that were asked for; else this year's.
    fn days(&self) -> (String, String) {
        let today = business_date(now());
        let first = today.with_ordinal(1).unwrap_or(today).to_string();
        let (from, to) = (
            filled(self.from.as_ref()).unwrap_or(first),
            filled(self.to.as_ref()).unwrap_or(format!("{:04}-12-31", today.year())),
        );
        if voucher::is_range(&from, &to) { (from, to) } else { (today.to_string(), today.to_string()) }
    }
}

/// The page. What is published tells of all stores, and no manager needs vouchers.
pub async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Settlement)?;
    visit.must(Place::Funds)?;
    render(move || {
        let (from, to) = ask.days();
        let visible = claims::visible(&hq, &visit)?;
        let db = hq.reading();
        let lines = list::list(&db.conn, &from, &to, visible.as_deref())?;
        let (subjects, above) = (voucher::subjects(&db.conn)?, settle::two_approvals_above(&db.conn)?);
        drop(db);
        let days = format!("from={}&to={}", words::encode(&from), words::encode(&to));
        let body = html! {
            (tabs(&visit, PATH))
            form.filters method="get" action=(PATH) {
                (fields::date("from", visit.t("从", "From"), Some(&from)))
                (fields::date("to", visit.t("到", "To"), Some(&to)))
                button { (visit.t("换日期", "Change")) }
            }
            div.bar {
                p { (visit.t("已付款的补贴（结算期末在这些日子内）；不含任何个人信息，少于 5 户不写户数。", "Subsidies that were paid (of periods that end within these days); no person is named, and fewer than 5 households are not counted.")) }
                a.button href={ (PATH) "/published.csv?" (days) } { (visit.t("公示表", "Published list")) }
                a.button href={ (PATH) "/vouchers.csv?" (days) } { (visit.t("会计凭证", "Vouchers")) }
            }
            (published_table(&visit, &lines))
            @if visit.person.role == Role::Admin { (rules_form(&visit, &subjects, above)) }
        };
        Ok(page::page(&visit, Place::Settlement, visit.t("结算：凭证和公示", "Settlement: vouchers and published list"), body))
    })
    .await
}

fn published_table(visit: &Visit, lines: &[list::Line]) -> Markup {
    if lines.is_empty() {
        return html! { p.notice { (visit.t("这些日子里没有已付款的对账表。", "No statement of these days was paid.")) } };
    }
    html! {
        div.scroll { table {
            caption.unseen { (visit.t("公示", "Published list")) }
            thead { tr { th scope="col" { (visit.t("门店", "Store")) } th.number scope="col" { (visit.t("笔数", "Claims")) } th.number scope="col" { (visit.t("户数", "Households")) } th.number scope="col" { (visit.t("金额", "Amount")) } } }
            tbody { @for line in lines { tr {
                td { (line.name) " " small { (line.store) } } td.number { (line.claims) }
                td.number { @match line.households { Some(n) => (n), None => (visit.t("少于 5 户", "fewer than 5")) } }
                td.number { (words::yuan(line.amount.fen_i64())) }
            } } }
            tfoot { tr { th scope="row" { (visit.t("合计", "Total")) } td.number { (lines.iter().map(|l| l.claims).sum::<i64>()) } td {} td.number { (words::yuan(lines.iter().map(|l| l.amount.fen_i64()).sum())) } } }
        } }
    }
}

fn rules_form(visit: &Visit, subjects: &voucher::Subjects, above: Money) -> Markup {
    html! {
        form.card.sheet-form method="post" action=(PATH) {
            h2 { (visit.t("结算设置", "Rules of settlement")) }
            (fields::text("above", visit.t("超过这个金额（元）要两人审批", "Two approvals above (yuan)"), Some(&above.to_string())))
            (fields::text("expense", visit.t("业务活动成本", "Programme cost"), Some(&subjects.expense)))
            (fields::text("payable", visit.t("应付账款", "Accounts payable"), Some(&subjects.payable)))
            (fields::text("prepaid", visit.t("预付账款", "Prepayments"), Some(&subjects.prepaid)))
            (fields::text("receivable", visit.t("其他应收款", "Other receivables"), Some(&subjects.receivable)))
            (fields::text("bank", visit.t("银行存款", "Bank"), Some(&subjects.bank)))
            p.actions { button.main { (visit.t("保存", "Save")) } }
        }
    }
}

/// Rules as they are typed.
#[derive(Deserialize)]
pub struct Rules {
    above: String,
    #[serde(flatten)]
    subjects: voucher::Subjects,
}

/// Writes the rules.
pub async fn rules(State(hq): Shared, visit: Visit, Form(form): Form<Rules>) -> Answer {
    change(hq, visit, PATH.into(), move |hq, visit| match Money::parse(form.above.trim()) {
        Ok(above) => settle::set_rules(hq, &visit.person, above, &form.subjects),
        Err(_) => Ok(Err("金额写成 50000.00 这样。 Write the amount as in 50000.00".into())),
    })
    .await
}

/// Vouchers as a file.
pub async fn vouchers(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Settlement)?;
    visit.must(Place::Funds)?;
    blocking(move || {
        let (from, to) = ask.days();
        let visible = claims::visible(&hq, &visit)?;
        let entries = voucher::entries(&hq.reading().conn, &from, &to, visible.as_deref(), visit.lang)?;
        noted(&hq, &visit, "export vouchers", &from, &to)?;
        Ok(files::sheet("vouchers.csv", &voucher::sheet(&entries, visit.lang))?)
    })
    .await
}

/// The published list as a file.
pub async fn published(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Settlement)?;
    visit.must(Place::Funds)?;
    blocking(move || {
        let (from, to) = ask.days();
        let visible = claims::visible(&hq, &visit)?;
        let lines = list::list(&hq.reading().conn, &from, &to, visible.as_deref())?;
        noted(&hq, &visit, "export published list", &from, &to)?;
        Ok(files::sheet("published.csv", &list::sheet(&lines, &from, &to, visit.lang))?)
    })
    .await
}

fn noted(hq: &Hq, visit: &Visit, action: &str, from: &str, to: &str) -> anyhow::Result<()> {
    audit(&hq.db().conn, &visit.person.name, action, &serde_json::json!({ "from": from, "to": to }).to_string())
}
