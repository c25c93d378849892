//! Stores and their tills; enrolment codes and revoking, for administrators.

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Answer, Failure, Shared, Visit, blocking, page, show as render, words};
use crate::service::access::{Place, Scope};
use crate::service::{Hq, enrol};
use crate::store::now_ms;
use crate::store::pages::{self, TillRow};
use crate::store::tills::{self, StoreRow};

/// A till that was not heard for so long is worth a call.
pub const SILENT_MS: i64 = 24 * 3_600_000;

/// The page.
pub async fn show(State(hq): Shared, visit: Visit) -> Answer {
    visit.must(Place::Stores)?;
    render(move || {
        let (stores, rows) = visible(&hq, &visit)?;
        Ok(list(&visit, &stores, &rows, None))
    })
    .await
}

/// The stores that the person may see, and tills.
fn visible(hq: &Hq, visit: &Visit) -> anyhow::Result<(Vec<StoreRow>, Vec<TillRow>)> {
    let db = hq.reading();
    let scope = Scope::of(&db.conn, &visit.person)?;
    let stores = tills::stores(&db.conn)?.into_iter().filter(|store| scope.sees_store(&store.code)).collect();
    Ok((stores, pages::tills(&db.conn)?))
}

/// Refused as if it were not there, where the store is not the person's to see.
fn must_see(hq: &Hq, visit: &Visit, store: &str) -> Result<(), Failure> {
    let sees = Scope::of(&hq.reading().conn, &visit.person)?.sees_store(store);
    if sees { Ok(()) } else { Err(Failure::Missing(Box::new(visit.clone()))) }
}

/// Stores, tills, and a code that was just made.
fn list(visit: &Visit, stores: &[StoreRow], rows: &[TillRow], code: Option<(&str, &str)>) -> Markup {
    let is_admin = visit.person.role.may(Place::Tills);
    let body = html! {
        @if let Some((till, code)) = code {
            section.notice.good role="status" {
                p { (visit.lang.of(format!("{till} 的注册码，只显示这一次，24 小时内有效："), format!("Enrolment code of {till}. It is shown once and holds for 24 hours:"))) }
                p.code { (code) }
            }
        }
        @if stores.is_empty() { p.notice { (visit.t("还没有门店。用 jihui-hq store add 添加。", "No store yet: add one with jihui-hq store add.")) } }
        @for store in stores {
            section.card {
                h2 { (store.name) " " small { (store.code) " · " (visit.t("地区", "district")) " " (store.district) " · " (visit.t("服务", "serves")) " " (store.serves.join(", ")) } " " a href={ "/console/stores/register/" (words::encode(&store.code)) } { (visit.t("资料和合同", "Register and contract")) } }
                (tills_of(visit, rows.iter().filter(|t| t.store == store.code).collect(), is_admin))
                @if is_admin {
                    form.inline method="post" action="/console/stores/till" {
                        input type="hidden" name="store" value=(store.code);
                        label for={ "till-" (store.code) } { (visit.t("添加款台", "Add a till")) }
                        input id={ "till-" (store.code) } name="till" required size="6" placeholder="02";
                        button { (visit.t("生成注册码", "Make a code")) }
                    }
                }
            }
        }
    };
    page::page(visit, Place::Stores, visit.t("门店和款台", "Stores and tills"), body)
}

fn tills_of(visit: &Visit, rows: Vec<&TillRow>, is_admin: bool) -> Markup {
    if rows.is_empty() {
        return html! { p { (visit.t("这家店还没有款台。", "This store has no till yet.")) } };
    }
    html! {
        div.scroll { table {
            caption.unseen { (visit.t("款台", "Tills")) }
            thead { tr {
                th scope="col" { (visit.t("款台", "Till")) } th scope="col" { (visit.t("状态", "State")) }
                th scope="col" { (visit.t("最近联系", "Last heard")) } th scope="col" { (visit.t("记录", "Records")) }
                @if is_admin { th scope="col" { (visit.t("操作", "Action")) } }
            } }
            tbody { @for row in rows { tr {
                td { (row.till) }
                td { (key_state(visit, row)) @if row.cloned { " " span.state.bad { (visit.t("可能被复制", "may be cloned")) } } }
                td { (heard(visit, row)) }
                td { @if let Some((epoch, through)) = &row.epoch { (through) " " small { (epoch) } } @else { "–" } }
                @if is_admin { td { @if row.key.as_deref() == Some("current") { a href={ "/console/stores/revoke/" (row.store) "/" (row.till) } { (visit.t("作废密钥", "Revoke")) } } } }
            } } }
        } }
    }
}

fn key_state(visit: &Visit, row: &TillRow) -> Markup {
    let (class, text) = match row.key.as_deref() {
        Some("current") => ("good", visit.t("已注册", "enrolled")),
        Some("pending") => ("warn", visit.t("已注册，还没上传", "enrolled, nothing sent yet")),
        Some("revoked") => ("bad", visit.t("密钥已作废", "revoked")),
        Some(_) => ("warn", visit.t("已更换", "replaced")),
        None => ("warn", visit.t("等待注册", "waits for enrolment")),
    };
    html! { span class={ "state " (class) } { (text) } }
}

fn heard(visit: &Visit, row: &TillRow) -> Markup {
    match row.heard {
        None => html! { (visit.t("从未", "never")) },
        Some(at) if now_ms() - at > SILENT_MS => {
            html! { (words::moment(at)) " " span.state.warn { (visit.t("超过一天", "over a day ago")) } }
        }
        Some(at) => html! { (words::moment(at)) },
    }
}

/// A till to add.
#[derive(Deserialize)]
pub struct NewTill {
    store: String,
    till: String,
}

/// Makes an enrolment code and shows it once.
pub async fn add_till(State(hq): Shared, visit: Visit, Form(new): Form<NewTill>) -> Answer {
    visit.must(Place::Tills)?;
    render(move || {
        let named = format!("{}/{}", new.store, new.till.trim());
        let Ok((store, till)) = domain::id::store_till(&named) else {
            return Ok(wrong_till(&visit));
        };
        must_see(&hq, &visit, &store)?;
        let Some(code) = enrol::make_code(&hq, &visit.person.name, &store, &till)? else {
            return Err(Failure::Missing(Box::new(visit)));
        };
        let (stores, rows) = visible(&hq, &visit)?;
        Ok(list(&visit, &stores, &rows, Some((&named, &code))))
    })
    .await
}

/// A number that no till can have.
fn wrong_till(visit: &Visit) -> Markup {
    let body = html! {
        p.notice.warn role="alert" { (visit.t("款台编号只用字母、数字、点、横线和下划线，例如 02。没有生成注册码。", "A till's code has letters, digits, dots, hyphens and underscores only, as in 02. No enrolment code was made.")) }
        p { a.button href="/console/stores" { (visit.t("返回", "Back")) } }
    };
    page::page(visit, Place::Stores, visit.t("款台编号不能用", "This cannot be a till's code"), body)
}

/// Asks before a key is revoked: it cannot be undone.
pub async fn ask_revoke(State(hq): Shared, visit: Visit, Path((store, till)): Path<(String, String)>) -> Answer {
    visit.must(Place::Tills)?;
    render(move || {
        must_see(&hq, &visit, &store)?;
        if tills::till_id(&hq.reading().conn, &store, &till, false)?.is_none() {
            return Err(Failure::Missing(Box::new(visit)));
        }
        let body = html! {
            p.notice.warn { (visit.t("作废以后，这台款台只能上传以前的记录，要用新的注册码重新注册。机器被盗或丢失时使用。", "After this the till can only send what it sold before, and needs a new code to enrol again. For a theft or a lost machine.")) }
            form method="post" { button.danger { (visit.t("作废密钥", "Revoke")) } " " a.button href="/console/stores" { (visit.t("返回", "Back")) } }
        };
        Ok(page::page(&visit, Place::Stores, &visit.lang.of(format!("作废 {store}/{till} 的密钥？"), format!("Revoke the keys of {store}/{till}?")), body))
    })
    .await
}

/// Revokes a till's keys.
pub async fn revoke(State(hq): Shared, visit: Visit, Path((store, till)): Path<(String, String)>) -> Answer {
    visit.must(Place::Tills)?;
    blocking(move || {
        must_see(&hq, &visit, &store)?;
        match enrol::revoke(&hq, &visit.person.name, &store, &till)? {
            true => Ok(()),
            false => Err(Failure::Missing(Box::new(visit))),
        }
    })
    .await?;
    Ok(Redirect::to("/console/stores").into_response())
}
