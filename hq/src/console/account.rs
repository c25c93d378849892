//! One's own account: who one is here, sessions, password, second step.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Redirect};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Answer, Arrival, Asked, Failure, Shared, Visit, blocking, page, second as pages, sign_in, words};
use crate::service::access::Place;
use crate::service::{Hq, second, session};
use crate::store::sessions::Session;
use crate::store::users;

/// Routes of the place.
pub fn routes() -> Router<Arc<Hq>> {
    Router::new()
        .route("/console/account", get(show))
        .route("/console/account/sign-out-everywhere", post(everywhere))
        .route("/console/account/recovery-codes", post(recovery))
        .route("/console/account/second-step-off", post(off))
}

/// What was done, said once.
#[derive(Default, Deserialize)]
pub struct Ask {
    done: Option<String>,
}

/// What is shown of the second step.
struct Second {
    is_on: bool,
    is_required: bool,
    codes_left: i64,
}

/// The page.
async fn show(State(hq): Shared, here: Arrival, Asked(ask): Asked<Ask>) -> Answer {
    let Arrival { visit, due: None, token } = here else { return Ok(Redirect::to("/console").into_response()) };
    super::show(move || {
        let sessions = session::own(&hq, &token, &visit.person.name)?;
        let db = hq.reading();
        let user = users::find(&db.conn, &visit.person.name)?;
        let user = user.ok_or_else(|| Failure::Missing(Box::new(visit.clone())))?;
        let second = Second {
            is_on: user.totp_enc.is_some(),
            is_required: second::is_required(&db.conn, visit.person.role)?,
            codes_left: users::recovery_left(&db.conn, &user.name)?,
        };
        drop(db);
        let body = html! {
            @match ask.done.as_deref() {
                Some("password") => p.notice.good role="status" { (visit.t("密码已更换，其他地方的登录已退出。", "Your password is changed, and other sessions have ended.")) },
                Some("off") => p.notice.good role="status" { (visit.t("登录第二步已取消。", "The second step is off.")) },
                _ => {},
            }
            div.halves { (me(&visit)) (second_step(&visit, &second)) }
            (own_sessions(&visit, &sessions))
        };
        Ok(page::page(&visit, Place::Account, Place::Account.word(visit.lang), body))
    })
    .await
}

fn me(visit: &Visit) -> Markup {
    let person = &visit.person;
    html! {
        section.card {
            h2 { (visit.t("我", "Me")) }
            dl {
                dt { (visit.t("用户名", "Name")) } dd { (person.name) }
                dt { (visit.t("角色", "Role")) } dd { (person.role.word(visit.lang)) }
                dt { (visit.t("范围", "Scope")) } dd { (super::people::scope(visit, person.store.as_deref(), person.district.as_deref())) }
            }
            p { a.button href="/console/account/password" { (visit.t("更换密码", "Change password")) } }
        }
    }
}

fn second_step(visit: &Visit, second: &Second) -> Markup {
    html! {
        section.card {
            h2 { (visit.t("登录第二步", "Second step of signing in")) }
            @if second.is_on {
                p { span.state.good { (visit.t("已设置", "set up")) } " " (visit.lang.of(format!("还有 {} 个备用码", second.codes_left), format!("{} recovery codes left", second.codes_left))) }
                div.inline {
                    form method="post" action="/console/account/recovery-codes" { button { (visit.t("换新的备用码", "New recovery codes")) } }
                    a.button href="/console/account/second-step" { (visit.t("换手机", "New telephone")) }
                    @if !second.is_required {
                        form method="post" action="/console/account/second-step-off" { button.danger { (visit.t("取消第二步", "Turn off")) } }
                    }
                }
            } @else {
                p { (visit.t("密码之外，再用手机上的验证码登录：密码被人知道了也进不来。", "Besides the password, a code of your telephone: then a password alone opens nothing.")) }
                p { a.button href="/console/account/second-step" { (visit.t("设置", "Set up")) } }
            }
        }
    }
}

fn own_sessions(visit: &Visit, sessions: &[(Session, bool)]) -> Markup {
    html! {
        div.scroll { table {
            caption { (visit.t("我的登录", "My sessions")) }
            thead { tr {
                th scope="col" { (visit.t("从哪里", "From")) } th scope="col" { (visit.t("开始", "Since")) }
                th scope="col" { (visit.t("最近使用", "Last used")) }
            } }
            tbody { @for (session, is_this) in sessions { tr {
                td { (if session.address.is_empty() { "–" } else { &session.address }) @if *is_this { " " span.state.good { (visit.t("现在这个", "this one")) } } }
                td.whole { (words::moment(session.created_at)) }
                td.whole { (words::moment(session.seen_at)) }
            } } }
        } }
        form method="post" action="/console/account/sign-out-everywhere" {
            button.danger { (visit.t("在所有地方退出", "Sign out everywhere")) }
        }
    }
}

/// Ends all of one's sessions.
async fn everywhere(State(hq): Shared, visit: Visit) -> Answer {
    blocking(move || Ok(session::sign_out_everywhere(&hq, &visit.person.name)?)).await?;
    Ok(sign_in::gone())
}

/// New recovery codes, shown once.
async fn recovery(State(hq): Shared, visit: Visit) -> Answer {
    visit.must_be_fresh(Place::Account.path())?;
    let name = visit.person.name.clone();
    match blocking(move || Ok(second::renew_codes(&hq, &name)?)).await? {
        Some(codes) => Ok(Html(pages::codes_page(&visit, &codes).into_string()).into_response()),
        None => Ok(Redirect::to(Place::Account.path()).into_response()),
    }
}

/// Takes one's second step away; a role that must have one sets it up anew at once.
async fn off(State(hq): Shared, visit: Visit) -> Answer {
    visit.must_be_fresh(Place::Account.path())?;
    blocking(move || Ok(second::remove_own(&hq, &visit.person.name)?)).await?;
    Ok(Redirect::to("/console/account?done=off").into_response())
}
