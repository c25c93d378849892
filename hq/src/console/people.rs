//! People who may sign in: added, changed and blocked by administrators.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Path, State};
use axum::response::{Html, IntoResponse as _, Redirect};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Answer, Failure, Shared, Visit, blocking, filled, form, page, show as render, words};
use crate::service::access::{Place, Role, Scope};
use crate::service::users::{self, Change, Rights, Wrong};
use crate::service::{Hq, second};
use crate::store::tills;
use crate::store::users::User;

/// Routes of the place.
pub fn routes() -> Router<Arc<Hq>> {
    Router::new()
        .route("/console/people", get(show).post(add))
        .route("/console/people/second-step", post(require))
        .route("/console/people/of/{name}", get(one).post(change))
}

/// What bounds somebody, in words.
pub fn scope(visit: &Visit, store: Option<&str>, district: Option<&str>) -> String {
    match (store, district) {
        (Some(store), _) => visit.lang.of(format!("门店 {store}"), format!("store {store}")),
        (None, Some(district)) => visit.lang.of(format!("地区 {district}"), format!("district {district}")),
        (None, None) => visit.t("全部", "everything").to_owned(),
    }
}

/// Stores that the administrator may give.
fn stores(hq: &Hq, visit: &Visit) -> anyhow::Result<Vec<(String, String)>> {
    let db = hq.reading();
    let scope = Scope::of(&db.conn, &visit.person)?;
    let seen = tills::stores(&db.conn)?.into_iter().filter(|store| scope.sees_store(&store.code));
    Ok(seen.map(|store| (store.code.clone(), format!("{} {}", store.code, store.name))).collect())
}

/// The page.
async fn show(State(hq): Shared, visit: Visit) -> Answer {
    visit.must(Place::People)?;
    render(move || list(&hq, &visit, &RightsForm::default(), None)).await
}

fn list(hq: &Hq, visit: &Visit, typed: &RightsForm, note: Option<&str>) -> Result<Markup, Failure> {
    let people = users::list(hq, &visit.person)?;
    let is_on = second::is_on(&hq.reading().conn)?;
    let stores = stores(hq, visit)?;
    let body = html! {
        @if let Some(note) = note { p.notice.warn role="alert" { (note) } }
        (table(visit, &people))
        section.card {
            h2 { (visit.t("添加人员", "Add somebody")) }
            form.sheet-form method="post" action=(Place::People.path()) {
                (form::text("name", visit.t("用户名", "Name"), typed.name.as_ref()))
                (rights_fields(visit, typed, &stores))
                div.actions { button.main { (visit.t("添加", "Add")) } }
            }
            p { small { (visit.t("密码由系统生成，只显示一次；本人第一次登录时换成自己的。", "The password is made here and shown once; the person replaces it at the first sign-in.")) } }
        }
        @if visit.person.district.is_none() { (requirement(visit, is_on)) }
    };
    Ok(page::page(visit, Place::People, Place::People.word(visit.lang), body))
}

fn rights_fields(visit: &Visit, typed: &RightsForm, stores: &[(String, String)]) -> Markup {
    let roles: Vec<_> = Role::ALL.iter().map(|role| (role.code().into(), role.word(visit.lang).into())).collect();
    html! {
        (form::select("role", visit.t("角色", "Role"), None, typed.role.as_ref(), &roles))
        (form::select("store", visit.t("门店（店长）", "Store (of a manager)"), Some("–"), typed.store.as_ref(), stores))
        (form::text("district", visit.t("地区代码（空着是全部）", "District code (empty: all)"), typed.district.as_ref()))
    }
}

fn requirement(visit: &Visit, is_on: bool) -> Markup {
    html! {
        section.card {
            h2 { (visit.t("登录第二步", "Second step of signing in")) }
            p {
                @if is_on { span.state.good { (visit.t("已要求", "required")) } " " } @else { span.state.warn { (visit.t("未要求", "not required")) } " " }
                (visit.t("审批人、出纳和系统管理员登录时，密码之外还要手机验证码。", "Approvers, payments clerks and administrators sign in with a code of their telephone besides the password."))
            }
            form method="post" action="/console/people/second-step" {
                input type="hidden" name="on" value=(if is_on { "0" } else { "1" });
                button { (if is_on { visit.t("不再要求", "Do not require it") } else { visit.t("要求第二步", "Require it") }) }
            }
        }
    }
}

fn state(visit: &Visit, user: &User) -> Markup {
    html! {
        @if user.blocked { span.state.bad { (visit.t("已停用", "blocked")) } }
        @else if user.must_change { span.state.warn { (visit.t("还没换密码", "has not chosen a password")) } }
        @else { span.state.good { (visit.t("可登录", "may sign in")) } }
    }
}

fn table(visit: &Visit, people: &[User]) -> Markup {
    html! {
        div.scroll { table {
            caption { (visit.lang.of(format!("共 {} 人", people.len()), format!("{} people", people.len()))) }
            thead { tr {
                th scope="col" { (visit.t("用户名", "Name")) } th scope="col" { (visit.t("角色", "Role")) }
                th scope="col" { (visit.t("范围", "Scope")) } th scope="col" { (visit.t("状态", "State")) }
                th scope="col" { (visit.t("第二步", "Second step")) } th scope="col" { (visit.t("最近登录", "Last sign-in")) }
            } }
            tbody { @for user in people { tr {
                td { a href={ "/console/people/of/" (words::encode(&user.name)) } { (user.name) } }
                td { (Role::parse(&user.role).map_or(user.role.as_str(), |role| role.word(visit.lang))) }
                td { (scope(visit, user.store.as_deref(), user.district.as_deref())) }
                td { (state(visit, user)) }
                td { (if user.totp_enc.is_some() { visit.t("有", "yes") } else { "–" }) }
                td.whole { (user.last_sign_in.map_or_else(|| visit.t("从未", "never").to_owned(), words::moment)) }
            } } }
        } }
    }
}

/// Role and scope as they were typed.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct RightsForm {
    name: Option<String>,
    role: Option<String>,
    store: Option<String>,
    district: Option<String>,
    what: Option<String>,
}

impl RightsForm {
    fn of(user: &User) -> Self {
        let (role, store, district) = (Some(user.role.clone()), user.store.clone(), user.district.clone());
        Self { role, store, district, ..Self::default() }
    }

    /// None: no role was chosen that there is.
    fn rights(&self) -> Option<Rights> {
        let role = Role::parse(self.role.as_deref()?)?;
        Some(Rights { role, store: filled(self.store.as_ref()), district: filled(self.district.as_ref()) })
    }
}

/// Adds somebody.
async fn add(State(hq): Shared, visit: Visit, Form(typed): Form<RightsForm>) -> Answer {
    visit.must(Place::People)?;
    visit.must_be_fresh(Place::People.path())?;
    render(move || {
        let Some(rights) = typed.rights() else {
            return list(&hq, &visit, &typed, Some(visit.t("请选择角色。", "Choose a role.")));
        };
        let name = typed.name.clone().unwrap_or_default();
        match users::add(&hq, &visit.person, &name, &rights)? {
            Ok(password) => Ok(given(&visit, name.trim(), &password)),
            Err(wrong) => list(&hq, &visit, &typed, Some(wrong.words(visit.lang))),
        }
    })
    .await
}

/// A password that was just made.
fn given(visit: &Visit, name: &str, password: &str) -> Markup {
    let body = html! {
        section.notice.good role="status" {
            p { (visit.lang.of(format!("{name} 的密码，只显示这一次；第一次登录时要换成自己的："), format!("Password of {name}. It is shown once, and replaced at the first sign-in:"))) }
            p.code { (password) }
        }
        p { a.button href=(Place::People.path()) { (visit.t("返回", "Back")) } }
    };
    page::page(visit, Place::People, Place::People.word(visit.lang), body)
}

/// One person.
async fn one(State(hq): Shared, visit: Visit, Path(name): Path<String>) -> Answer {
    visit.must(Place::People)?;
    render(move || person(&hq, &visit, &name, None)).await
}

fn person(hq: &Hq, visit: &Visit, name: &str, note: Option<&str>) -> Result<Markup, Failure> {
    let found = users::list(hq, &visit.person)?.into_iter().find(|user| user.name == name);
    let Some(user) = found else { return Err(Failure::Missing(Box::new(visit.clone()))) };
    let typed = RightsForm::of(&user);
    let body = html! {
        @if let Some(note) = note { p.notice.warn role="alert" { (note) } }
        section.card { dl {
            dt { (visit.t("状态", "State")) } dd { (state(visit, &user)) }
            dt { (visit.t("最近登录", "Last sign-in")) } dd { (user.last_sign_in.map_or_else(|| visit.t("从未", "never").to_owned(), words::moment)) }
        } p { a href={ "/console/audit?who=" (words::encode(name)) } { (visit.t("这个人做过的事", "What this person did")) } } }
        @if user.name == visit.person.name {
            p.notice { (Wrong::Own.words(visit.lang)) }
        } @else {
            section.card {
                h2 { (visit.t("角色和范围", "Role and scope")) }
                form.sheet-form method="post" {
                    input type="hidden" name="what" value="rights";
                    (rights_fields(visit, &typed, &stores(hq, visit)?))
                    div.actions { button.main { (visit.t("保存", "Save")) } " " small { (visit.t("保存后这个人要重新登录。", "The person signs in again after it.")) } }
                }
            }
            section.card {
                h2 { (visit.t("登录", "Signing in")) }
                div.inline {
                    (button(visit.t("生成新密码", "Make a new password"), "password", false))
                    @if user.totp_enc.is_some() { (button(visit.t("取消第二步（手机丢了）", "Take the second step away (telephone lost)"), "second-step", false)) }
                    @if user.blocked { (button(visit.t("恢复登录", "Let in again"), "unblock", false)) }
                    @else { (button(visit.t("停用", "Block"), "block", true)) }
                }
            }
        }
    };
    Ok(page::page(visit, Place::People, name, body))
}

fn button(word: &str, what: &str, is_danger: bool) -> Markup {
    html! {
        form method="post" {
            input type="hidden" name="what" value=(what);
            button.danger[is_danger] { (word) }
        }
    }
}

/// Changes somebody.
async fn change(State(hq): Shared, visit: Visit, Path(name): Path<String>, Form(typed): Form<RightsForm>) -> Answer {
    visit.must(Place::People)?;
    let here = format!("/console/people/of/{}", words::encode(&name));
    visit.must_be_fresh(&here)?;
    let change = match typed.what.as_deref() {
        Some("rights") => typed.rights().map(Change::Rights),
        Some("password") => Some(Change::Password),
        Some("second-step") => Some(Change::SecondStep),
        Some("block") => Some(Change::Blocked(true)),
        Some("unblock") => Some(Change::Blocked(false)),
        Some(_) | None => None,
    };
    let Some(change) = change else { return Err(Failure::Missing(Box::new(visit))) };
    let page = blocking(move || match users::change(&hq, &visit.person, &name, &change)? {
        Ok(Some(password)) => Ok(Some(given(&visit, &name, &password))),
        Ok(None) => Ok(None),
        Err(Wrong::Missing) => Err(Failure::Missing(Box::new(visit))),
        Err(wrong) => Ok(Some(person(&hq, &visit, &name, Some(wrong.words(visit.lang)))?)),
    });
    match page.await? {
        Some(page) => Ok(Html(page.into_string()).into_response()),
        None => Ok(Redirect::to(&here).into_response()),
    }
}

/// Whether the second step is to be required.
#[derive(Deserialize)]
pub struct Requirement {
    on: String,
}

/// Requires the second step, or does not any more.
async fn require(State(hq): Shared, visit: Visit, Form(asked): Form<Requirement>) -> Answer {
    visit.must(Place::People)?;
    visit.must_be_fresh(Place::People.path())?;
    let who = visit.clone();
    let done = blocking(move || Ok(second::require(&hq, &who.person, asked.on == "1")?)).await?;
    if done { Ok(Redirect::to(Place::People.path()).into_response()) } else { Err(Failure::Missing(Box::new(visit))) }
}
