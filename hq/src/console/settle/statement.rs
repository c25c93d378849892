//! One statement: its figures, its equations, who did what, and the next step.

use axum::extract::{Form, Path, State};
use maud::{Markup, html};
use serde::Deserialize;

use super::{address, change, seen, state, tabs};
use crate::console::{Answer, Shared, Visit, form as fields, page, show as render, words};
use crate::service::access::{Place, Role};
use crate::service::settle::State as BatchState;
use crate::service::settle::statement::{Equation, Statement, step_word, whole_claims};
use crate::service::settle::steps::{self, Payment};
use crate::store::settle::Step;

/// The page.
pub async fn show(State(hq): Shared, visit: Visit, Path(number): Path<String>) -> Answer {
    visit.must(Place::Settlement)?;
    render(move || {
        seen(&hq, &visit, &number)?;
        let db = hq.reading();
        let Some(statement) = Statement::read(&db.conn, &number)? else {
            return Err(crate::console::Failure::Missing(Box::new(visit)));
        };
        drop(db);
        let base = address(&number);
        let facts: Vec<_> = statement.facts(visit.lang).into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let body = html! {
            (tabs(&visit, ""))
            div.bar {
                p { (state(visit.lang, &statement.batch.state)) " " strong { (words::yuan(statement.batch.payable)) } " " span.whole { "人民币" (domain::money::Money::from_fen(statement.batch.payable.into()).in_words()) } }
                @for (file, name) in [("statement.pdf", "PDF"), ("statement.xlsx", "XLSX"), ("statement.csv", "CSV")] { a.button href={ (base) "/" (file) } { (name) } }
                a.button href={ (base) "/claims.csv" } { (visit.t("申报明细", "Its claims")) }
            }
            (actions(&visit, &base, &statement))
            (table(&visit, &statement))
            section.card {
                @for equation in [statement.claims_equation(visit.lang), statement.money_equation(visit.lang)] { (equation_of(&equation)) }
            }
            section.card {
                div.halves { @for half in facts.chunks(facts.len().div_ceil(2)) { dl { @for (name, value) in half { dt { (name) } dd { (value) } } } } }
                p { small { (whole_claims(visit.lang)) } }
            }
            (history(&visit, &statement.steps))
        };
        let title = visit.lang.of(format!("补贴对账表 {number}"), format!("Statement {number}"));
        Ok(page::page(&visit, Place::Settlement, &title, body))
    })
    .await
}

fn equation_of(equation: &Equation) -> Markup {
    html! {
        h2 { (equation.title) }
        p.figures { small {
            @for (i, (is_less, name, fen)) in equation.terms.iter().enumerate() {
                @if i > 0 { (if *is_less { " − " } else { " + " }) }
                (name) " " strong { (words::yuan(*fen)) }
            }
            " = " (equation.result.0) " " strong { (words::yuan(equation.result.1)) }
        } }
    }
}

fn table(visit: &Visit, statement: &Statement) -> Markup {
    let sheet = statement.sheet(visit.lang);
    let cell = |value: &sheets::Value| match value {
        sheets::Value::Amount(amount) => html! { td.number { (words::yuan(amount.fen_i64())) } },
        sheets::Value::Count(count) => html! { td.number { (count) } },
        sheets::Value::Text(text) => html! { td { (text) } },
        sheets::Value::Empty | sheets::Value::Date(_) | sheets::Value::Percent(_) => html! { td {} },
    };
    html! {
        div.scroll { table {
            caption.unseen { (sheet.title) }
            thead { tr { @for (i, column) in sheet.columns.iter().enumerate() { th.number[i > 2] scope="col" { (column.name) } } } }
            tbody { @for row in &sheet.rows { tr { @for value in row { (cell(value)) } } } }
            @if let Some(totals) = &sheet.totals { tfoot { tr { @for value in totals { (cell(value)) } } } }
        } }
    }
}

fn history(visit: &Visit, steps: &[Step]) -> Markup {
    html! {
        div.scroll { table {
            caption { (visit.t("经办", "Who did what")) }
            thead { tr { th scope="col" { (visit.t("步骤", "Step")) } th scope="col" { (visit.t("谁", "Who")) } th scope="col" { (visit.t("时间", "When")) } th scope="col" { (visit.t("说明", "Note")) } } }
            tbody { @for s in steps { tr { td { (step_word(visit.lang, &s.step)) } td { (s.who) } td.whole { (words::moment(s.at)) } td { (s.note) } } } }
        } }
    }
}

/// What this person can do now.
fn actions(visit: &Visit, base: &str, statement: &Statement) -> Markup {
    let (role, batch) = (visit.person.role, &statement.batch);
    let Some(now) = BatchState::parse(&batch.state) else { return html! {} };
    let hands = |step: &Step| !matches!(step.step.as_str(), "file" | "withdrawn") && step.who == visit.person.name;
    let is_mine = statement.steps.iter().any(hands);
    let act = format!("{base}/step");
    let button = |code: &str, word: &'static str| {
        html! {
            form.inline method="post" action=(act) { input type="hidden" name="act" value=(code); button.main { (word) } }
        }
    };
    let can_withdraw = matches!(now, BatchState::Made | BatchState::Checked)
        && matches!(role, Role::Accountant | Role::Reviewer | Role::Approver);
    let can_invoice = now != BatchState::Withdrawn && matches!(role, Role::Accountant | Role::Manager);
    let next = match (now, role) {
        (BatchState::Made, Role::Reviewer) if !is_mine => button("check", visit.t("复核无误", "Checked")),
        (BatchState::Checked, Role::Approver) if !is_mine => button("approve", visit.t("同意付款", "Approve")),
        (BatchState::Approved, Role::Payer) if !is_mine => html! {
            form.sheet-form method="post" action=(act) {
                input type="hidden" name="act" value="pay";
                (fields::text("reference", visit.t("银行流水号", "Bank's reference"), None))
                (fields::date("date", visit.t("付款日期", "Paid on"), None))
                p.actions { button.main { (visit.t("登记付款", "Enter the payment")) } }
            }
        },
        (BatchState::Paid, Role::Manager) => button("confirm", visit.t("钱已收到", "The money has come")),
        _ => html! {},
    };
    html! {
        @if can_withdraw || can_invoice || !next.0.is_empty() { section.card.screen {
            (next)
            @if can_invoice { details { summary { (visit.t("登记发票号码", "Enter the invoice")) }
                form.inline method="post" action=(act) {
                    input type="hidden" name="act" value="invoice";
                    (fields::text("text", visit.t("发票号码", "Invoice"), Some(&batch.invoice)))
                    button { (visit.t("保存", "Save")) }
                }
            } }
            @if can_withdraw { details { summary { (visit.t("撤回这一批", "Take it back")) }
                form.inline method="post" action=(act) {
                    input type="hidden" name="act" value="withdraw";
                    (fields::text("text", visit.t("原因", "Reason"), None))
                    button.danger { (visit.t("撤回，申报回到原处", "Take it back; its claims go back")) }
                }
            } }
        } }
    }
}

/// A step that a form asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StepForm {
    act: String,
    text: String,
    reference: String,
    date: String,
}

/// Does a step.
pub async fn step(State(hq): Shared, visit: Visit, Path(number): Path<String>, Form(form): Form<StepForm>) -> Answer {
    change(hq, visit, address(&number), move |hq, visit| {
        let who = &visit.person;
        match form.act.as_str() {
            "check" => steps::check(hq, who, &number),
            "approve" => steps::approve(hq, who, &number),
            "pay" => steps::pay(hq, who, &[Payment { number, reference: form.reference, date: form.date }]),
            "confirm" => steps::confirm(hq, who, &number),
            "invoice" => steps::set_invoice(hq, who, &number, &form.text),
            "withdraw" => steps::withdraw(hq, who, &number, &form.text),
            _ => Ok(Err("没有这一步，请重新打开页面。 There is no such step: open the page again".into())),
        }
    })
    .await
}
