//! A store's entry in the register: name, tax, account, contract.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Redirect};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Answer, Failure, Shared, Visit, blocking, claims, form as fields, page, show as render, words};
use crate::service::access::{Place, Role};
use crate::service::settle::statement::{percent, subsidy, taxpayer};
use crate::service::{Hq, Told, register};
use crate::store::register::{self as rows, Account, Contract, Entry};
use crate::store::tills;

/// Routes of the page.
pub fn routes() -> Router<Arc<Hq>> {
    Router::new()
        .route("/console/stores/register/{store}", get(show))
        .route("/console/stores/register/{store}/entry", post(entry))
        .route("/console/stores/register/{store}/account", post(account))
        .route("/console/stores/register/{store}/decide", post(decide))
        .route("/console/stores/register/{store}/contract", post(contract))
}

/// What is shown.
struct Shown {
    name: String,
    entry: Option<Entry>,
    confirmed: Option<Account>,
    asked: Option<Account>,
    contracts: Vec<Contract>,
}

async fn show(State(hq): Shared, visit: Visit, Path(store): Path<String>) -> Answer {
    visit.must(Place::Stores)?;
    render(move || {
        let visible = claims::visible(&hq, &visit)?;
        let is_visible = visible.as_ref().is_none_or(|codes| codes.contains(&store));
        let db = hq.reading();
        let Some(row) = tills::store(&db.conn, &store)?.filter(|_| is_visible) else {
            return Err(Failure::Missing(Box::new(visit)));
        };
        let shown = Shown {
            name: row.name,
            entry: rows::entry(&db.conn, &store)?,
            confirmed: rows::account(&db.conn, &store, "confirmed")?,
            asked: rows::account(&db.conn, &store, "asked")?,
            contracts: rows::contracts(&db.conn, &store)?,
        };
        drop(db);
        let base = format!("/console/stores/register/{}", words::encode(&store));
        let body = html! {
            (entry_card(&visit, &base, shown.entry.as_ref()))
            (account_card(&visit, &base, &shown))
            (contract_card(&visit, &base, &shown.contracts))
            p { a href="/console/stores" { (visit.t("回到门店", "Back to the stores")) } }
        };
        let title =
            visit.lang.of(format!("{} {store} 的资料", shown.name), format!("Register of {} {store}", shown.name));
        Ok(page::page(&visit, Place::Stores, &title, body))
    })
    .await
}

/// Accounts that wait for a second person, for the page of what is to do.
pub fn waiting(hq: &Hq, visit: &Visit) -> Result<Markup, Failure> {
    if !matches!(visit.person.role, Role::Accountant | Role::Approver) {
        return Ok(html! {});
    }
    let visible = claims::visible(hq, visit)?;
    let asked = rows::accounts_asked(&hq.reading().conn)?;
    let asked: Vec<String> =
        asked.into_iter().filter(|code| visible.as_ref().is_none_or(|codes| codes.contains(code))).collect();
    Ok(html! {
        @for store in &asked { p.notice.warn {
            (visit.t("收款账户等待第二个人确认：", "An account waits for a second person: "))
            a href={ "/console/stores/register/" (words::encode(store)) } { (store) }
        } }
    })
}

fn entry_card(visit: &Visit, base: &str, entry: Option<&Entry>) -> Markup {
    let kinds: Vec<(String, String)> =
        ["general", "small_scale"].map(|code| (code.into(), taxpayer(visit.lang, code).into())).into();
    let value = |of: fn(&Entry) -> &String| entry.map(of);
    html! {
        section.card {
            h2 { (visit.t("单位", "Legal person")) }
            @match entry {
                Some(e) => dl {
                    dt { (visit.t("单位名称", "Legal name")) } dd { (e.legal_name) }
                    dt { (visit.t("统一社会信用代码", "Credit code")) } dd { code { (e.credit_code) } }
                    dt { (visit.t("纳税人", "Taxpayer")) } dd { (taxpayer(visit.lang, &e.taxpayer)) }
                },
                None => p { (visit.t("还没有登记。没有单位名称、账户和合同，就不能制对账表。", "Not registered yet. Without a legal name, an account and a contract no statement can be made.")) }
            }
            @if visit.person.role == Role::Accountant {
                details { summary { (visit.t("修改", "Change")) }
                    form.sheet-form method="post" action={ (base) "/entry" } {
                        (fields::text("legal_name", visit.t("单位名称", "Legal name"), value(|e| &e.legal_name)))
                        (fields::text("credit_code", visit.t("统一社会信用代码（18 位）", "Credit code (18)"), value(|e| &e.credit_code)))
                        (fields::select("taxpayer", visit.t("纳税人", "Taxpayer"), None, value(|e| &e.taxpayer), &kinds))
                        p.actions { button.main { (visit.t("保存", "Save")) } }
                    }
                }
            }
        }
    }
}

fn account_card(visit: &Visit, base: &str, shown: &Shown) -> Markup {
    let role = visit.person.role;
    let line = |a: &Account| html! { (a.holder) " · " (a.bank) " · " code { (a.shown) } };
    html! {
        section.card {
            h2 { (visit.t("收款账户", "Account")) }
            @match &shown.confirmed { Some(a) => p { (line(a)) }, None => p { (visit.t("还没有经两人确认的账户。", "No account yet that two people confirmed.")) } }
            @if let Some(a) = &shown.asked {
                div.notice.warn {
                    p { (visit.t("等待第二个人确认：", "Waits for a second person: ")) (line(a)) " · " (a.asked_by) " " (words::moment(a.asked_at)) }
                    @if matches!(role, Role::Accountant | Role::Approver) && a.asked_by != visit.person.name {
                        form.inline method="post" action={ (base) "/decide" } {
                            input type="hidden" name="id" value=(a.id);
                            button.main name="act" value="confirm" { (visit.t("核对无误，确认", "Confirm")) }
                            button name="act" value="refuse" { (visit.t("不同意", "Refuse")) }
                        }
                    }
                }
            }
            @if role == Role::Accountant {
                details { summary { (visit.t("申请更换账户", "Ask for another account")) }
                    form.sheet-form method="post" action={ (base) "/account" } {
                        (fields::text("holder", visit.t("户名", "Holder"), None))
                        (fields::text("bank", visit.t("开户行", "Bank"), None))
                        (fields::text("number", visit.t("账号", "Number"), None))
                        p.actions { button.main { (visit.t("提交，等另一人确认", "Ask; another person confirms")) } }
                    }
                }
            }
        }
    }
}

fn contract_card(visit: &Visit, base: &str, contracts: &[Contract]) -> Markup {
    let options =
        |codes: [(&str, &'static str); 2]| codes.map(|(code, word)| (code.to_owned(), word.to_owned())).to_vec();
    let settlement = [("month", visit.t("按月", "by month")), ("quarter", visit.t("按季", "by quarter"))];
    let word = |code: &str| settlement.iter().find(|(known, _)| *known == code).map_or("", |(_, word)| *word);
    let kinds = ["third_party_payment", "price_cut"].map(|code| (code, subsidy(visit.lang, code)));
    html! {
        section.card {
            h2 { (visit.t("合同", "Contract")) }
            @if contracts.is_empty() { p { (visit.t("还没有登记合同。", "No contract yet.")) } } @else {
                div.scroll { table {
                    thead { tr { th scope="col" { (visit.t("起始日期", "From")) } th scope="col" { (visit.t("结算", "Settlement")) } th scope="col" { (visit.t("补贴方式", "Subsidy")) } th.number scope="col" { (visit.t("默认税率", "Default tax rate")) } } }
                    tbody { @for c in contracts { tr { td { (c.from) } td { (word(&c.settlement)) } td { (subsidy(visit.lang, &c.subsidy)) } td.number { (percent(i64::from(c.tax_rate_bp))) } } } }
                } }
            }
            @if visit.person.role == Role::Accountant {
                details { summary { (visit.t("登记合同", "Register a contract")) }
                    form.sheet-form method="post" action={ (base) "/contract" } {
                        (fields::date("from", visit.t("起始日期", "From"), None))
                        (fields::select("settlement", visit.t("结算周期", "Settlement"), None, None, &options(settlement)))
                        (fields::select("subsidy", visit.t("补贴方式", "Subsidy"), None, None, &options(kinds)))
                        (fields::text("tax_rate", visit.t("默认税率（%）", "Default tax rate (%)"), None))
                        p.actions { button.main { (visit.t("保存", "Save")) } }
                    }
                }
            }
        }
    }
}

/// Does what a form asks for, and comes back to the page.
async fn change(
    hq: Arc<Hq>,
    visit: Visit,
    store: String,
    work: impl FnOnce(&Hq, &Visit, &str) -> Told<()> + Send + 'static,
) -> Answer {
    visit.must(Place::Stores)?;
    let back = format!("/console/stores/register/{}", words::encode(&store));
    blocking(move || {
        Ok(match work(&hq, &visit, &store)? {
            Ok(()) => Redirect::to(&back).into_response(),
            Err(sentence) => page::refused(&visit, Place::Stores, &sentence, &back),
        })
    })
    .await
}

#[derive(Deserialize)]
struct EntryForm {
    legal_name: String,
    credit_code: String,
    taxpayer: String,
}

async fn entry(State(hq): Shared, visit: Visit, Path(store): Path<String>, Form(form): Form<EntryForm>) -> Answer {
    let entry = Entry { legal_name: form.legal_name, credit_code: form.credit_code, taxpayer: form.taxpayer };
    change(hq, visit, store, move |hq, visit, store| register::put_entry(hq, &visit.person, store, &entry)).await
}

#[derive(Deserialize)]
struct AccountForm {
    holder: String,
    bank: String,
    number: String,
}

async fn account(State(hq): Shared, visit: Visit, Path(store): Path<String>, Form(form): Form<AccountForm>) -> Answer {
    change(hq, visit, store, move |hq, visit, store| {
        register::ask_account(hq, &visit.person, store, &form.holder, &form.bank, &form.number)
    })
    .await
}

#[derive(Deserialize)]
struct DecideForm {
    id: i64,
    act: String,
}

async fn decide(State(hq): Shared, visit: Visit, Path(store): Path<String>, Form(form): Form<DecideForm>) -> Answer {
    change(hq, visit, store, move |hq, visit, store| {
        register::decide_account(hq, &visit.person, store, form.id, form.act == "confirm")
    })
    .await
}

#[derive(Deserialize)]
struct ContractForm {
    from: String,
    settlement: String,
    subsidy: String,
    tax_rate: String,
}

async fn contract(
    State(hq): Shared,
    visit: Visit,
    Path(store): Path<String>,
    Form(form): Form<ContractForm>,
) -> Answer {
    // A percentage with two decimals has as many figures as yuan and fen: its hundredths are basis points.
    let rate = domain::money::Money::parse(form.tax_rate.trim().trim_end_matches('%')).ok();
    let tax_rate_bp = rate.and_then(|rate| u32::try_from(rate.fen()).ok()).unwrap_or(u32::MAX);
    let contract = Contract { from: form.from, settlement: form.settlement, subsidy: form.subsidy, tax_rate_bp };
    change(hq, visit, store, move |hq, visit, store| register::put_contract(hq, &visit.person, store, &contract)).await
}
