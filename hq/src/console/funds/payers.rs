//! Those who pay: federations of city and counties.

use axum::extract::{Form, State};
use maud::html;
use serde::Deserialize;

use super::{change, tabs};
use crate::console::{Answer, Shared, Visit, form as fields, page, show as render};
use crate::service::access::{Place, Role};
use crate::service::funds;
use crate::store::funds as rows;

const PATH: &str = "/console/funds/payers";

/// The page.
pub async fn show(State(hq): Shared, visit: Visit) -> Answer {
    visit.must(Place::Funds)?;
    render(move || {
        let payers = rows::payers(&hq.reading().conn)?;
        let body = html! {
            (tabs(&visit, PATH))
            @if payers.is_empty() { p.notice { (visit.t("还没有出资方。登记之后，在资金的页面写各方的比例。", "No payer yet. Register some, then give their shares on each fund's page.")) } }
            @else { div.scroll { table {
                caption.unseen { (visit.t("出资方", "Payers")) }
                thead { tr { th scope="col" { (visit.t("代码", "Code")) } th scope="col" { (visit.t("名称", "Name")) } th scope="col" { (visit.t("开户行", "Bank")) } th scope="col" { (visit.t("付款账户", "Account")) } } }
                tbody { @for p in &payers { tr { td { (p.code) } td { (p.name) } td { (p.bank) } td { code { (p.shown) } } } } }
            } } }
            @if visit.person.role == Role::Accountant {
                form.card.sheet-form method="post" action=(PATH) {
                    h2 { (visit.t("登记或修改出资方", "Register or change a payer")) }
                    (fields::text("code", visit.t("代码，例如 CITY", "Code, as in CITY"), None))
                    (fields::text("name", visit.t("名称", "Name"), None))
                    (fields::text("bank", visit.t("开户行", "Bank"), None))
                    (fields::text("account", visit.t("账号", "Account"), None))
                    p.actions { button.main { (visit.t("保存", "Save")) } }
                }
            }
        };
        Ok(page::page(&visit, Place::Funds, visit.t("出资方", "Payers"), body))
    })
    .await
}

/// A payer as it is typed.
#[derive(Deserialize)]
pub struct PayerForm {
    code: String,
    name: String,
    bank: String,
    account: String,
}

/// Writes a payer.
pub async fn save(State(hq): Shared, visit: Visit, Form(form): Form<PayerForm>) -> Answer {
    change(hq, visit, PATH.into(), move |hq, visit| {
        funds::put_payer(hq, &visit.person, &form.code, &form.name, &form.bank, &form.account)
    })
    .await
}
