//! Signing in and out, and the language.

use axum::extract::{Extension, Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use domain::lang::Lang;
use maud::{Markup, html};
use serde::Deserialize;
use tokio::sync::{Semaphore, SemaphorePermit};
use zeroize::Zeroizing;

use super::{
    Answer, Arrival, Asked, Failure, LANGUAGE, Origin, SESSION, Shared, Tls, blocking, cookie, language, page,
};
use crate::service::session::{self, LONGEST_MS, SignInError};

/// So many sign-ins wait; more are asked to come again. Sales come in by the same threads.
static WAITING: Semaphore = Semaphore::const_new(32);
/// Wrong passwords from one address in a minute, whatever the names: more than people mistype, and
/// few enough that nobody fills the queue.
const SIGN_INS_A_MINUTE: u32 = 60;
/// One password is checked at a time, and whoever waits holds no thread: memory that many threads
/// took for it would stay with them.
static TURN: Semaphore = Semaphore::const_new(1);

/// Where the sign-in page goes on to, and why it is there.
#[derive(Default, Deserialize)]
pub struct Ask {
    next: Option<String>,
    expired: Option<String>,
}

/// Only a path of the console is gone on to.
pub fn inside(next: Option<&str>) -> &str {
    let is_inside = |path: &&str| {
        (*path == "/console" || path.starts_with("/console/") || path.starts_with("/console?"))
            && !path.chars().any(|c| c.is_control() || c == '\\')
    };
    next.filter(is_inside).unwrap_or("/console")
}

/// The form.
pub async fn show(headers: HeaderMap, Asked(ask): Asked<Ask>) -> Response {
    let lang = language(&headers);
    let had = cookie(&headers, SESSION).is_some();
    let note = (had && ask.expired.is_some()).then(|| {
        lang.of(
            "有一阵没有操作，已为您退出，请重新登录，会回到刚才的页面。",
            "You were signed out after a while without use. Sign in again and go on where you were.",
        )
        .to_owned()
    });
    Html(form(lang, inside(ask.next.as_deref()), "", note.as_deref()).into_string()).into_response()
}

fn form(lang: Lang, next: &str, name: &str, note: Option<&str>) -> Markup {
    html! {
        (page::head(lang, lang.of("登录", "Sign in")))
        body.alone {
            main {
                h1.brand { (page::mark()) "济惠" span { (lang.of("总部", "Headquarters")) } }
                @if let Some(note) = note { p.notice.warn role="alert" { (note) } }
                form.card method="post" action="/console/sign-in" {
                    input type="hidden" name="next" value=(next);
                    label for="name" { (lang.of("用户名", "Name")) }
                    input id="name" name="name" value=(name) autocomplete="username" required autofocus[name.is_empty()];
                    label for="password" { (lang.of("密码", "Password")) }
                    input id="password" name="password" type="password" autocomplete="current-password" required autofocus[!name.is_empty()];
                    button.main { (lang.of("登录", "Sign in")) }
                }
                form method="post" action="/console/language" {
                    input type="hidden" name="lang" value=(lang.other().code());
                    input type="hidden" name="next" value={ "/console/sign-in?next=" (super::words::encode(next)) };
                    button.quiet { (lang.of("English", "中文")) }
                }
            }
        }
    }
}

/// Name and password as they were sent.
#[derive(Deserialize)]
pub struct Sent {
    name: String,
    password: Zeroizing<String>,
    next: Option<String>,
}

/// Checks them.
pub async fn post(
    State(hq): Shared,
    Extension(tls): Extension<Tls>,
    from: Origin,
    headers: HeaderMap,
    Form(sent): Form<Sent>,
) -> Answer {
    let lang = language(&headers);
    let next = inside(sent.next.as_deref()).to_owned();
    let (name, password) = (sent.name.trim().to_owned(), sent.password);
    let asked = name.clone();
    let wait = |seconds: i64| {
        lang.of(
            format!("错误次数太多，请 {seconds} 秒后再试；忘记密码请找系统管理员。"),
            format!(
                "Too many wrong tries: wait {seconds} seconds. If the password is forgotten, ask the administrator."
            ),
        )
    };
    let now = crate::store::now_ms();
    if let Err(seconds) = hq.rates.sign_ins.take(from.0, SIGN_INS_A_MINUTE, now) {
        let page = Html(form(lang, &next, &name, Some(&wait(seconds))).into_string());
        return Ok((StatusCode::TOO_MANY_REQUESTS, page).into_response());
    }
    let Some(turn) = turn().await else {
        let note =
            lang.of("现在登录的人太多，请过一会儿再试。", "Too many people sign in right now: try again in a moment.");
        let page = Html(form(lang, &next, &name, Some(note)).into_string());
        return Ok((StatusCode::SERVICE_UNAVAILABLE, page).into_response());
    };
    let check = move || {
        // The turn ends with the check, not with a browser that goes away.
        let _turn = turn;
        let done = session::sign_in(&hq, &asked, &password, &from.text())?;
        if done.is_ok() {
            hq.rates.sign_ins.give_back(from.0);
        }
        Ok(done)
    };
    let done = blocking(check).await?;
    let note = match done {
        Ok(token) => {
            let secure = if tls.0 || is_https(&headers) { "; Secure" } else { "" };
            let age = LONGEST_MS / 1000;
            let cookie = format!("{SESSION}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}");
            return Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&next)).into_response());
        }
        Err(SignInError::Wrong) => {
            lang.of("用户名或密码不对，请重新输入。", "Name or password is wrong; enter them again.").to_owned()
        }
        Err(SignInError::Wait(seconds)) => wait(seconds),
    };
    let page = Html(form(lang, &next, &name, Some(&note)).into_string());
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// Waits until a password may be checked; nothing where too many wait.
pub async fn turn() -> Option<(SemaphorePermit<'static>, SemaphorePermit<'static>)> {
    let waiting = WAITING.try_acquire().ok()?;
    Some((waiting, TURN.acquire().await.ok()?))
}

/// Behind a proxy that answers by TLS, and says so.
fn is_https(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").and_then(|h| h.to_str().ok()).is_some_and(|proto| proto.starts_with("https"))
}

/// Ends the session.
pub async fn out(State(hq): Shared, here: Arrival) -> Answer {
    blocking(move || Ok(session::sign_out(&hq, &here.token, &here.visit.person.name)?)).await?;
    Ok(gone())
}

/// To the door, without the cookie.
pub fn gone() -> Response {
    let gone = format!("{SESSION}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    ([(header::SET_COOKIE, gone)], Redirect::to("/console/sign-in")).into_response()
}

/// A language and where to go on.
#[derive(Deserialize)]
pub struct Chosen {
    lang: String,
    next: Option<String>,
}

/// Keeps the language for a year.
pub async fn set_language(Form(chosen): Form<Chosen>) -> Result<Response, Failure> {
    let cookie = format!("{LANGUAGE}={}; Path=/; SameSite=Lax; Max-Age=31536000", Lang::parse(&chosen.lang).code());
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(inside(chosen.next.as_deref()))).into_response())
}
