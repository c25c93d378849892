//! What comes between the password and the console: the second step, a password of one's own, and the
//! password again before something sensitive.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::get;
use maud::{Markup, html};
use qrcode::{Color, EcLevel, QrCode};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::sign_in::{inside, turn};
use super::{Answer, Arrival, Asked, Failure, Origin, Shared, Visit, blocking, page};
use crate::service::session::{self, ChangeError, Due, SHORTEST_PASSWORD, SignInError};
use crate::service::{Hq, second};

/// Routes before and beside the console.
pub fn routes() -> Router<Arc<Hq>> {
    Router::new()
        .route("/console/sign-in/code", get(code).post(take_code))
        .route("/console/confirm", get(confirm).post(take_password))
        .route("/console/account/password", get(password).post(change))
        .route("/console/account/second-step", get(set_up).post(take_set_up))
}

/// Where what is to be done first is done.
pub fn place(due: Due) -> &'static str {
    match due {
        Due::Code => "/console/sign-in/code",
        Due::Password => "/console/account/password",
        Due::SetUp => "/console/account/second-step",
    }
}

/// A page with nothing else on it: nobody is quite inside yet.
fn alone(visit: &Visit, title: &str, note: Option<&str>, body: Markup) -> Markup {
    let lang = visit.lang;
    html! {
        (page::head(lang, title))
        body.alone { main {
            h1.brand { (page::mark()) "济惠" span { (visit.t("总部", "Headquarters")) } }
            h2 { (title) }
            @if let Some(note) = note { p.notice.warn role="alert" { (note) } }
            (body)
            form method="post" action="/console/sign-out" { button.quiet { (visit.t("退出", "Sign out")) } }
        } }
    }
}

fn refused(page: Markup) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, Html(page.into_string())).into_response()
}

/// Why a code or a password was not taken.
fn why(visit: &Visit, wrong: SignInError, zh: &'static str, en: &'static str) -> String {
    match wrong {
        SignInError::Wrong => visit.t(zh, en).to_owned(),
        SignInError::Wait(seconds) => visit.lang.of(
            format!("错误次数太多，请 {seconds} 秒后再试。"),
            format!("Too many wrong tries: wait {seconds} seconds."),
        ),
    }
}

/// A code as it was typed.
#[derive(Deserialize)]
pub struct Typed {
    code: String,
}

fn code_form(visit: &Visit, note: Option<&str>) -> Markup {
    alone(
        visit,
        visit.t("第二步", "Second step"),
        note,
        html! {
            form.card method="post" action="/console/sign-in/code" {
                label for="code" { (visit.t("手机验证器上的 6 位验证码，或一个备用码", "The 6 digits of your authenticator, or a recovery code")) }
                input id="code" name="code" autocomplete="one-time-code" spellcheck="false" required autofocus;
                button.main { (visit.t("登录", "Sign in")) }
            }
            p { small { (visit.t("手机丢了，备用码也没有了，请找系统管理员。", "Lost both telephone and recovery codes? Ask the administrator.")) } }
        },
    )
}

/// Asks for the code.
async fn code(here: Arrival) -> Answer {
    match here.due {
        Some(Due::Code) => Ok(Html(code_form(&here.visit, None).into_string()).into_response()),
        Some(Due::Password | Due::SetUp) | None => Ok(Redirect::to("/console").into_response()),
    }
}

/// Takes the code.
async fn take_code(State(hq): Shared, from: Origin, here: Arrival, Form(typed): Form<Typed>) -> Answer {
    let visit = here.visit;
    if here.due != Some(Due::Code) {
        return Ok(Redirect::to("/console").into_response());
    }
    let name = visit.person.name.clone();
    let address = from.text();
    match blocking(move || Ok(second::take(&hq, &here.token, &name, &typed.code, &address)?)).await? {
        Ok(()) => Ok(Redirect::to("/console").into_response()),
        Err(wrong) => {
            let note = why(
                &visit,
                wrong,
                "验证码不对或已经用过，请等下一个再输入。",
                "The code is wrong or was used: wait for the next one.",
            );
            Ok(refused(code_form(&visit, Some(&note))))
        }
    }
}

/// Where to go on.
#[derive(Default, Deserialize)]
pub struct Next {
    next: Option<String>,
}

fn confirm_form(visit: &Visit, next: &str, note: Option<&str>) -> Markup {
    alone(
        visit,
        visit.t("请再输一次密码", "Your password again"),
        note,
        html! {
            form.card method="post" action="/console/confirm" {
                p { (visit.t("这一步要确认是您本人。10 分钟内不会再问。", "This needs to be you. You are not asked again for 10 minutes.")) }
                input type="hidden" name="next" value=(next);
                input type="hidden" name="name" value=(visit.person.name) autocomplete="username";
                label for="password" { (visit.t("密码", "Password")) }
                input id="password" name="password" type="password" autocomplete="current-password" required autofocus;
                button.main { (visit.t("继续", "Go on")) }
            }
            p { a href="/console" { (visit.t("回到待办", "Back to what is to do")) } }
        },
    )
}

/// Asks for the password again.
async fn confirm(visit: Visit, Asked(next): Asked<Next>) -> Response {
    Html(confirm_form(&visit, inside(next.next.as_deref()), None).into_string()).into_response()
}

/// A password and where to go on.
#[derive(Deserialize)]
pub struct Sent {
    password: Zeroizing<String>,
    next: Option<String>,
}

/// Takes the password.
async fn take_password(State(hq): Shared, from: Origin, here: Arrival, Form(sent): Form<Sent>) -> Answer {
    let Arrival { visit, due: None, token } = here else { return Ok(Redirect::to("/console").into_response()) };
    let next = inside(sent.next.as_deref()).to_owned();
    let Some(turn) = turn().await else { return busy(&visit) };
    let (name, address) = (visit.person.name.clone(), from.text());
    let check = move || {
        let _turn = turn;
        Ok(session::confirm(&hq, &token, &name, &sent.password, &address)?)
    };
    match blocking(check).await? {
        Ok(()) => Ok(Redirect::to(&next).into_response()),
        Err(wrong) => {
            let note = why(&visit, wrong, "密码不对，请重新输入。", "The password is wrong: type it again.");
            Ok(refused(confirm_form(&visit, &next, Some(&note))))
        }
    }
}

/// Too many passwords are checked right now.
fn busy(visit: &Visit) -> Answer {
    let title = visit.t("请过一会儿再试", "Try again in a moment");
    let body = html! { p { (visit.t("现在登录的人太多。", "Too many people sign in right now.")) } };
    Ok((StatusCode::SERVICE_UNAVAILABLE, Html(alone(visit, title, None, body).into_string())).into_response())
}

fn password_form(visit: &Visit, due: bool, note: Option<&str>) -> Markup {
    let title = visit.t("换一个自己的密码", "A password of your own");
    alone(
        visit,
        title,
        note,
        html! {
            @if due { p { (visit.t("您的密码是别人设的，请先换一个只有您知道的。", "Somebody else made your password: first choose one that only you know.")) } }
            form.card method="post" action="/console/account/password" {
                input type="hidden" name="name" value=(visit.person.name) autocomplete="username";
                label for="old" { (visit.t("现在的密码", "Present password")) }
                input id="old" name="old" type="password" autocomplete="current-password" required autofocus;
                label for="new" { (visit.lang.of(format!("新密码，至少 {SHORTEST_PASSWORD} 个字符"), format!("New password, at least {SHORTEST_PASSWORD} characters"))) }
                input id="new" name="new" type="password" autocomplete="new-password" minlength=(SHORTEST_PASSWORD) required;
                label for="again" { (visit.t("再输一次新密码", "New password again")) }
                input id="again" name="again" type="password" autocomplete="new-password" required;
                button.main { (visit.t("保存", "Save")) }
            }
            @if !due { p { a href="/console/account" { (visit.t("回到我的账户", "Back to my account")) } } }
        },
    )
}

/// The form for a new password of one's own.
async fn password(here: Arrival) -> Answer {
    match here.due {
        Some(due @ (Due::Code | Due::SetUp)) => Err(Failure::First(due)),
        due @ (Some(Due::Password) | None) => {
            Ok(Html(password_form(&here.visit, due.is_some(), None).into_string()).into_response())
        }
    }
}

/// Old and new password.
#[derive(Deserialize)]
pub struct Passwords {
    old: Zeroizing<String>,
    new: Zeroizing<String>,
    again: Zeroizing<String>,
}

/// Takes the new password.
async fn change(State(hq): Shared, from: Origin, here: Arrival, Form(sent): Form<Passwords>) -> Answer {
    let Arrival { visit, due, token } = here;
    if let Some(due @ (Due::Code | Due::SetUp)) = due {
        return Err(Failure::First(due));
    }
    if sent.new != sent.again {
        let note = visit.t("两次输入的新密码不一样，请重新输入。", "The new passwords differ: type them again.");
        return Ok(refused(password_form(&visit, due.is_some(), Some(note))));
    }
    let Some(turn) = turn().await else { return busy(&visit) };
    let (name, address) = (visit.person.name.clone(), from.text());
    let check = move || {
        let _turn = turn;
        Ok(session::change_password(&hq, &token, &name, (&sent.old, &sent.new), &address)?)
    };
    let note = match blocking(check).await? {
        Ok(()) => return Ok(Redirect::to("/console/account?done=password").into_response()),
        Err(ChangeError::Old(wrong)) => {
            why(&visit, wrong, "现在的密码不对，请重新输入。", "The present password is wrong: type it again.")
        }
        Err(ChangeError::Short) => visit.lang.of(
            format!("新密码太短，至少 {SHORTEST_PASSWORD} 个字符。"),
            format!("The new password is too short: at least {SHORTEST_PASSWORD} characters."),
        ),
        Err(ChangeError::Same) => {
            visit.t("新密码和现在的一样，请换一个。", "The new password is the present one: choose another.").to_owned()
        }
    };
    Ok(refused(password_form(&visit, due.is_some(), Some(&note))))
}

fn set_up_form(visit: &Visit, offer: &second::Offer, due: bool, note: Option<&str>) -> Markup {
    alone(
        visit,
        visit.t("设置登录第二步", "Set up the second step"),
        note,
        html! {
            @if due { p { (visit.t("您的角色登录时要有第二步，请先设置。", "Your role needs a second step to sign in: set it up first.")) } }
            section.card {
                p { (visit.t("用手机上的验证器（如微软或谷歌身份验证器）扫这个码：", "Scan this with an authenticator on your telephone (Microsoft's, Google's or another):")) }
                (picture(visit, &offer.uri))
                p { (visit.t("扫不了就手工输入这个密钥：", "Or type this key:")) }
                p { code { (offer.secret) } }
            }
            form.card method="post" action="/console/account/second-step" {
                label for="code" { (visit.t("验证器现在显示的 6 位数字", "The 6 digits that it shows now")) }
                input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required;
                button.main { (visit.t("确认", "Confirm")) }
            }
            @if !due { p { a href="/console/account" { (visit.t("回到我的账户", "Back to my account")) } } }
        },
    )
}

/// A QR code, black on white in any scheme of colours: telephones read no other.
fn picture(visit: &Visit, text: &str) -> Markup {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::M) else { return html! {} };
    let width = code.width();
    let dark = code.to_colors().into_iter().enumerate().filter(|(_, colour)| *colour == Color::Dark);
    let path: String = dark.map(|(n, _)| format!("M{} {}h1v1h-1z", n % width + 4, n / width + 4)).collect();
    let side = width + 8;
    html! {
        svg.qr viewBox=(format!("0 0 {side} {side}")) role="img" aria-label=(visit.t("验证器要扫的二维码", "QR code for the authenticator")) shape-rendering="crispEdges" {
            rect width=(side) height=(side) fill="#fff" {}
            path d=(path) fill="#000" {}
        }
    }
}

/// Who may set up a second step now: somebody who must, or who typed the password lately.
fn may_set_up(here: &Arrival) -> Result<(), Failure> {
    match here.due {
        Some(due @ (Due::Code | Due::Password)) => Err(Failure::First(due)),
        Some(Due::SetUp) => Ok(()),
        None => here.visit.must_be_fresh("/console/account/second-step"),
    }
}

/// Shows the secret that is offered.
async fn set_up(State(hq): Shared, here: Arrival) -> Answer {
    may_set_up(&here)?;
    let due = here.due.is_some();
    super::show(move || {
        let offer = second::offer(&hq, &here.visit.person.name)?;
        let offer = offer.ok_or_else(|| Failure::Missing(Box::new(here.visit.clone())))?;
        Ok(set_up_form(&here.visit, &offer, due, None))
    })
    .await
}

/// Sets it up, where a code of it was typed, and shows the recovery codes once.
async fn take_set_up(State(hq): Shared, here: Arrival, Form(typed): Form<Typed>) -> Answer {
    may_set_up(&here)?;
    let due = here.due.is_some();
    let Arrival { visit, .. } = here;
    let again = visit.clone();
    let done = blocking(move || match second::set_up(&hq, &visit.person.name, &typed.code)? {
        Ok(codes) => Ok(Ok(codes)),
        Err(wrong) => Ok(Err((wrong, second::offer(&hq, &visit.person.name)?))),
    });
    match done.await? {
        Ok(codes) => Ok(Html(codes_page(&again, &codes).into_string()).into_response()),
        Err((_, None)) => Err(Failure::Missing(Box::new(again))),
        Err((wrong, Some(offer))) => {
            let note = why(
                &again,
                wrong,
                "验证码不对。请核对手机的时间，再输入现在显示的数字。",
                "The code is wrong: check the telephone's clock, and type what it shows now.",
            );
            Ok(refused(set_up_form(&again, &offer, due, Some(&note))))
        }
    }
}

/// Recovery codes, shown once.
pub fn codes_page(visit: &Visit, codes: &[String]) -> Markup {
    alone(
        visit,
        visit.t("备用码", "Recovery codes"),
        None,
        html! {
            p.notice.good role="status" { (visit.t("登录第二步已设置。", "The second step is set up.")) }
            section.card {
                p { (visit.t("手机不在身边时，每个备用码可以代替验证码用一次。只显示这一次，请打印或抄下来，和手机分开放。", "Without your telephone each of these stands for a code, once. They are shown only now: print or note them, and keep them apart from the telephone.")) }
                ul.codes { @for code in codes { li { code { (code) } } } }
            }
            p { a.button href="/console" { (visit.t("已经记下，继续", "I have noted them: go on")) } }
        },
    )
}
