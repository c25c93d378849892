//! Staff of a store's tills. A PIN is hashed here and never shown.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::response::{Html, IntoResponse as _, Redirect};
use domain::role::{StaffRole, check_pin};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::products::changed;
use super::{Chosen, Field, Problems, chosen, done, frame, no_store, of_form, refused};
use crate::console::{Answer, Asked, Failure, Shared, Visit, blocking, form as fields, show as render, words};
use crate::service::{Hq, shop};
use crate::store::shop::{self as rows, Entry};

/// Path of the page.
const PATH: &str = "/console/shop/staff";

/// What the address says.
#[derive(Debug, Default, Deserialize)]
pub struct Ask {
    store: Option<String>,
    saved: Option<String>,
}

/// A form of the page: `act` is `add`, `pin`, `stop` or `start`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StaffForm {
    store: String,
    act: String,
    code: String,
    role: String,
    pin: String,
}

/// A staff member as the list shows one.
struct Member {
    role: Option<StaffRole>,
    active: bool,
    body: Value,
}

impl Member {
    fn of(e: &Entry) -> Self {
        let body: Value = e.body.as_deref().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
        Self {
            role: body["role"].as_str().and_then(|role| StaffRole::parse(role).ok()),
            active: body["active"].as_bool().unwrap_or(true),
            body,
        }
    }
}

/// The page.
pub async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    render(move || {
        let Some(chosen) = chosen(&hq, &visit, ask.store.as_deref())? else { return Ok(no_store(&visit)) };
        Ok(list(&hq, &visit, &chosen, ask.saved.as_ref(), &StaffForm::default(), &Vec::new())?)
    })
    .await
}

fn role_word(visit: &Visit, role: Option<StaffRole>) -> &'static str {
    match role {
        Some(StaffRole::Cashier) => visit.t("收银员", "cashier"),
        Some(StaffRole::Manager) => visit.t("店长", "manager"),
        None => visit.t("其他", "other"),
    }
}

fn list(
    hq: &Hq,
    visit: &Visit,
    chosen: &Chosen,
    saved: Option<&String>,
    typed: &StaffForm,
    problems: &Problems,
) -> anyhow::Result<Markup> {
    let store = &chosen.store.code;
    let staff = rows::of_kind(&hq.reading().conn, store, "staff")?;
    let roles: Vec<(String, String)> = [StaffRole::Cashier, StaffRole::Manager]
        .map(|role| (role.word().into(), role_word(visit, Some(role)).into()))
        .into();
    let body = html! {
        (done(visit, saved))
        (refused(visit, problems))
        @if staff.is_empty() { p.notice { (visit.t("还没有员工。在这里添加，或者在款台添加后同步。", "No staff yet: add some here, or at a till and sync.")) } }
        @else { div.scroll { table {
            caption.unseen { (visit.t("员工", "Staff")) }
            thead { tr {
                th scope="col" { (visit.t("工号", "Code")) } th scope="col" { (visit.t("角色", "Role")) } th scope="col" { (visit.t("状态", "State")) }
                th scope="col" { (visit.t("最后修改", "Last change")) } th scope="col" { (visit.t("操作", "Action")) }
            } }
            tbody { @for entry in &staff { @let member = Member::of(entry); tr {
                td { (entry.key) }
                td { (role_word(visit, member.role)) }
                td { @if member.active { span.state.good { (visit.t("在用", "active")) } } @else { span.state.warn { (visit.t("已停用", "deactivated")) } } }
                td { (changed(visit, entry)) }
                td { (actions(visit, store, &entry.key, member.active)) }
            } } }
        } } }
        form.card.sheet-form method="post" action=(PATH) {
            h2 { (visit.t("添加员工", "Add a staff member")) }
            input type="hidden" name="store" value=(store);
            input type="hidden" name="act" value="add";
            (Field::text("code", visit.t("工号", "Code"), &typed.code).hint(visit.t("字母和数字，例如 c3", "letters and digits, as in c3")).show(problems))
            (fields::select("role", visit.t("角色", "Role"), None, Some(&typed.role), &roles))
            (Field::text("pin", visit.t("密码（4 到 8 位数字）", "PIN (4 to 8 digits)"), "").kind("password").show(problems))
            p.actions { button.main { (visit.t("添加", "Add")) } }
        }
    };
    Ok(frame(visit, chosen, PATH, body))
}

/// What can be done with a row; each opens before it is done.
fn actions(visit: &Visit, store: &str, code: &str, active: bool) -> Markup {
    let id = format!("pin-{code}");
    let hidden = |act: &str| {
        html! {
            input type="hidden" name="store" value=(store);
            input type="hidden" name="code" value=(code);
            input type="hidden" name="act" value=(act);
        }
    };
    html! {
        details {
            summary { (visit.t("换密码", "Change PIN")) }
            form.inline method="post" action=(PATH) {
                (hidden("pin"))
                label for=(id) { (visit.t("新密码", "New PIN")) }
                input id=(id) name="pin" type="password" autocomplete="off" required size="8";
                button { (visit.t("保存", "Save")) }
            }
        }
        @if active {
            details {
                summary { (visit.t("停用", "Deactivate")) }
                form.inline method="post" action=(PATH) { (hidden("stop")) button.danger { (visit.t("确定停用", "Deactivate now")) } }
            }
        } @else {
            form method="post" action=(PATH) { (hidden("start")) button.quiet { (visit.t("重新启用", "Activate again")) } }
        }
    }
}

/// Carries a form out, or shows the page again with what was typed, the PIN excepted.
pub async fn post(State(hq): Shared, visit: Visit, Form(typed): Form<StaffForm>) -> Answer {
    let kept = blocking(move || {
        let chosen = of_form(&hq, &visit, &typed.store)?;
        match keep(&hq, &visit, &chosen, &typed)? {
            Ok(()) => {
                let (store, code) = (words::encode(&chosen.store.code), words::encode(typed.code.trim()));
                Ok(Ok(format!("{PATH}?store={store}&saved={code}")))
            }
            Err(problems) => Ok(Err(list(&hq, &visit, &chosen, None, &typed, &problems)?)),
        }
    })
    .await?;
    Ok(match kept {
        Ok(address) => Redirect::to(&address).into_response(),
        Err(page) => Html(page.into_string()).into_response(),
    })
}

fn keep(hq: &Arc<Hq>, visit: &Visit, chosen: &Chosen, typed: &StaffForm) -> Result<Result<(), Problems>, Failure> {
    let (store, code) = (&chosen.store.code, typed.code.trim());
    let adds = typed.act == "add";
    let mut problems = Problems::new();
    let present = rows::find(&hq.reading().conn, store, "staff", code)?.filter(|e| e.body.is_some());
    if adds && domain::id::identifier(code).is_err() {
        problems.push((
            "code",
            visit
                .t(
                    "工号只用字母、数字、点、横线和下划线。",
                    "A code has letters, digits, dots, hyphens and underscores only.",
                )
                .into(),
        ));
    }
    if adds && present.is_some() {
        problems.push((
            "code",
            visit
                .t(
                    "这个工号已经有了，请换一个；要换密码请在列表里操作。",
                    "This code is taken; choose another, or change its PIN in the list.",
                )
                .into(),
        ));
    }
    if matches!(typed.act.as_str(), "add" | "pin") && check_pin(&typed.pin).is_err() {
        let field = if adds { "pin" } else { "" };
        problems.push((field, visit.t("密码是 4 到 8 位数字。", "A PIN has 4 to 8 digits.").into()));
    }
    if typed.act == "stop" && !another_manager(hq, store, code)? {
        problems.push((
            "",
            visit
                .t("这是最后一位店长，请先添加另一位再停用。", "This is the last manager: add another one first.")
                .into(),
        ));
    }
    if !problems.is_empty() {
        return Ok(Err(problems));
    }
    let hash = || sync::password::hash(&typed.pin).map_err(|err| Failure::Failed(anyhow::anyhow!(err)));
    let body = match (typed.act.as_str(), present.map(|e| Member::of(&e).body)) {
        ("add", None) => json!({ "role": typed.role, "pin_hash": hash()?, "active": true }),
        ("pin", Some(body)) => with(body, "pin_hash", json!(hash()?)),
        ("stop", Some(body)) => with(body, "active", json!(false)),
        ("start", Some(body)) => with(body, "active", json!(true)),
        _ => return Err(Failure::Missing(Box::new(visit.clone()))),
    };
    let put = shop::put(hq, &visit.person.name, store, "staff", code, Some(&body))?;
    Ok(put.map_err(|problem| vec![("", problem)]))
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    if let Some(fields) = body.as_object_mut() {
        fields.insert(name.into(), value);
    }
    body
}

/// Whether a store keeps a manager who may sign in, once this one is gone.
fn another_manager(hq: &Hq, store: &str, code: &str) -> anyhow::Result<bool> {
    let staff = rows::of_kind(&hq.reading().conn, store, "staff")?;
    let manages = |e: &Entry| {
        let member = Member::of(e);
        member.active && member.role == Some(StaffRole::Manager)
    };
    let this_one = staff.iter().any(|e| e.key == code && manages(e));
    Ok(!this_one || staff.iter().any(|e| e.key != code && manages(e)))
}
