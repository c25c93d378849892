//! Payments: the file for the bank, its references back, and what is paid ahead.

use axum::extract::{Form, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::money::Money;
use maud::html;
use serde::Deserialize;

use super::{address, change, tabs};
use crate::console::files;
use crate::console::{Answer, Shared, Visit, blocking, claims, form as fields, page, show as render, words};
use crate::service::access::{Place, Role};
use crate::service::settle::payment;
use crate::store::{funds, settle, tills};

const PATH: &str = "/console/settlement/payments";

/// The page.
pub async fn show(State(hq): Shared, visit: Visit) -> Answer {
    visit.must(Place::Settlement)?;
    visit.must(Place::Funds)?;
    render(move || {
        let visible = claims::visible(&hq, &visit)?;
        let db = hq.reading();
        let found = payment::to_pay(&db.conn, None, visible.clone())?;
        let payers = funds::payers(&db.conn)?.into_iter().map(|p| (p.code.clone(), format!("{} {}", p.name, p.code)));
        let payers: Vec<(String, String)> = payers.collect();
        let stores = tills::stores(&db.conn)?;
        let is_restored = settle::setting(&db.conn, settle::RESTORED)?.is_some();
        drop(db);
        let stores: Vec<(String, String)> = stores
            .into_iter()
            .filter(|s| visible.as_ref().is_none_or(|codes| codes.contains(&s.code)))
            .map(|s| (s.code.clone(), format!("{} {}", s.name, s.code)))
            .collect();
        let is_payer = visit.person.role == Role::Payer;
        let body = html! {
            (tabs(&visit, PATH))
            @if is_restored { div.notice.warn {
                p { (visit.t("总部是从备份恢复的。备份以后付过的款要先登记，然后才能制对账表。", "Headquarters was restored from a backup. Enter what was paid since; only then can statements be made.")) }
                @if is_payer { form method="post" action={ (PATH) "/entered" } { button { (visit.t("备份以后的付款都登记好了", "What was paid since is entered")) } } }
            } }
            @if found.is_empty() { p.notice { (visit.t("没有等待付款的批次。", "No batch waits for payment.")) } } @else {
                form method="post" action={ (PATH) "/file" } {
                    div.scroll { table {
                        caption.unseen { (visit.t("等待付款", "To be paid")) }
                        thead { tr { @if is_payer { th scope="col" { (visit.t("选", "Choose")) } } th scope="col" { (visit.t("编号", "Number")) } th scope="col" { (visit.t("付款单位", "Payer")) } th scope="col" { (visit.t("收款单位", "Payee")) } th scope="col" { (visit.t("收款账户", "Account")) } th.number scope="col" { (visit.t("金额", "Amount")) } } }
                        tbody { @for b in &found { tr {
                            @if is_payer { td { input type="checkbox" name="number" value=(b.number) checked aria-label=(b.number); } }
                            td { a href=(address(&b.number)) { (b.number) } } td { (b.payer) } td { (b.payee) } td { (b.bank) " " code { (b.shown) } } td.number { (words::yuan(b.payable)) }
                        } } }
                        tfoot { tr { th scope="row" colspan=(if is_payer { 5 } else { 4 }) { (visit.t("合计", "Total")) } td.number { (words::yuan(found.iter().map(|b| b.payable).sum())) } } }
                    } }
                    @if is_payer { p { button.main { (visit.t("取付款文件", "Fetch the payment file")) } " " small { (visit.t("文件里有完整账号，谁取过会记下来；用完请删除。", "Accounts stand in it in full; who fetches it is noted. Delete it after use.")) } } }
                }
            }
            @if is_payer {
                form.card method="post" action={ (PATH) "/references" } {
                    h2 { (visit.t("登记银行流水号", "Enter the bank's references")) }
                    p { (visit.t("在付款文件里填好“银行流水号”和“付款日期”两列，把整个表（连同表头）粘贴到这里。有一行不对，就一行也不登记。", "Fill the columns Reference and Paid on of the payment file, and paste the whole table with its header here. Where one line is wrong, none is entered.")) }
                    div.field { label for="text" { (visit.t("表格内容（CSV）", "The table (CSV)")) } textarea id="text" name="text" rows="6" required {} }
                    p { button.main { (visit.t("登记", "Enter")) } }
                }
                form.card.sheet-form method="post" action={ (PATH) "/advance" } {
                    h2 { (visit.t("登记预付款", "Enter an advance")) }
                    (fields::select("payer", visit.t("付款单位", "Payer"), None, None, &payers))
                    (fields::select("store", visit.t("门店", "Store"), None, None, &stores))
                    (fields::text("amount", visit.t("金额（元）", "Amount (yuan)"), None))
                    (fields::date("date", visit.t("日期", "Date"), None))
                    (fields::text("reference", visit.t("银行流水号", "Bank's reference"), None))
                    p.actions { button.main { (visit.t("保存", "Save")) } small { (visit.t("下一张对账表自动抵扣。", "The next statement sets it off.")) } }
                }
            }
        };
        Ok(page::page(&visit, Place::Settlement, visit.t("结算：付款", "Settlement: payments"), body))
    })
    .await
}

/// Hands out the payment file of the batches that are ticked.
pub async fn file(State(hq): Shared, visit: Visit, Form(form): Form<Vec<(String, String)>>) -> Answer {
    visit.must(Place::Settlement)?;
    blocking(move || {
        let numbers: Vec<String> =
            form.into_iter().filter(|(name, _)| name == "number").map(|(_, number)| number).collect();
        Ok(match payment::file(&hq, &visit.person, &numbers, visit.lang)? {
            Ok(sheet) => files::sheet("payments.csv", &sheet)?,
            Err(sentence) => page::refused(&visit, Place::Settlement, &sentence, PATH),
        })
    })
    .await
}

/// A bank's answer.
#[derive(Deserialize)]
pub struct References {
    text: String,
}

/// Enters the bank's references.
pub async fn references(State(hq): Shared, visit: Visit, Form(form): Form<References>) -> Answer {
    visit.must(Place::Settlement)?;
    blocking(move || {
        // Copied from a spreadsheet, cells stand apart by tabs.
        let text = if form.text.contains('\t') { form.text.replace('\t', ",") } else { form.text };
        Ok(match payment::import(&hq, &visit.person, text.as_bytes())? {
            Ok(_) => Redirect::to("/console/settlement?state=paid").into_response(),
            Err(sentence) => page::refused(&visit, Place::Settlement, &sentence, PATH),
        })
    })
    .await
}

/// An advance as it is typed.
#[derive(Deserialize)]
pub struct Advance {
    payer: String,
    store: String,
    amount: String,
    date: String,
    reference: String,
}

/// Notes an advance.
pub async fn advance(State(hq): Shared, visit: Visit, Form(form): Form<Advance>) -> Answer {
    change(hq, visit, PATH.into(), move |hq, visit| {
        let amount = Money::parse(form.amount.trim()).unwrap_or_default();
        payment::add_advance(hq, &visit.person, &form.payer, &form.store, amount, &form.date, &form.reference)
    })
    .await
}

/// After a restore: payments are entered.
pub async fn entered(State(hq): Shared, visit: Visit) -> Answer {
    change(hq, visit, PATH.into(), |hq, visit| payment::are_entered(hq, &visit.person)).await
}
