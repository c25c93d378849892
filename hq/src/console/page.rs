//! What stands around every page: the column of places, who is here, the title.

use axum::response::{Html, IntoResponse, Response};
use domain::disk::DiskTrouble;
use domain::lang::Lang;
use maud::{DOCTYPE, Markup, html};

use super::{Visit, words};
use crate::service::access::{Place, Role};

/// A page of a place.
pub fn page(visit: &Visit, place: Place, title: &str, body: Markup) -> Markup {
    let lang = visit.lang;
    let nav = html! {
        nav aria-label=(visit.t("位置", "Places")) {
            a.brand href="/console" { (mark()) "济惠" span { (visit.t("总部", "Headquarters")) } }
            ul {
                @for each in Place::ALL.into_iter().filter(|p| visit.person.role.may(*p)) {
                    li { a href=(each.path()) aria-current=[(each == place).then_some("page")] { (each.word(lang)) } }
                }
            }
            div.person {
                p { a href=(Place::Account.path()) aria-current=[(place == Place::Account).then_some("page")] title=(Place::Account.word(lang)) { strong { (visit.person.name) } } " " span { (visit.person.role.word(lang)) @if let Some(store) = &visit.person.store { " · " (store) } } }
                form method="post" action="/console/language" {
                    input type="hidden" name="lang" value=(lang.other().code());
                    input type="hidden" name="next" value=(visit.here);
                    button.quiet { (lang.of("English", "中文")) }
                }
                form method="post" action="/console/sign-out" { button.quiet { (visit.t("退出", "Sign out")) } }
            }
        }
    };
    html! {
        (head(lang, title))
        body.split {
            a.skip href="#main" { (visit.t("跳到正文", "Skip to content")) }
            (nav)
            main id="main" { h1 { (title) } (body) }
        }
    }
}

/// The house's mark; said nowhere, since its name stands beside it.
pub fn mark() -> Markup {
    html! {
        svg.mark viewBox="0 0 32 32" aria-hidden="true" {
            rect width="32" height="32" rx="8" {}
            path d="M16 25C9 20 6 16 6 12.5A5 5 0 0 1 16 11a5 5 0 0 1 10 1.5C26 16 23 20 16 25Z" {}
        }
    }
}

/// The same for the browser's tab.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='8' fill='%230f7b5f'/%3E%3Cpath fill='%23fff' d='M16 25C9 20 6 16 6 12.5A5 5 0 0 1 16 11a5 5 0 0 1 10 1.5C26 16 23 20 16 25Z'/%3E%3C/svg%3E";

/// The head of any page.
pub fn head(lang: Lang, title: &str) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(lang.of("zh-CN", "en"));
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) " · 济惠" }
            link rel="stylesheet" href="/console/style.css";
            link rel="icon" href=(ICON);
        }
    }
}

fn response(markup: Markup) -> Response {
    Html(markup.into_string()).into_response()
}

/// Another role's page: who can help.
pub fn forbidden(visit: &Visit, place: Place) -> Response {
    let lang = visit.lang;
    let who: Vec<&str> = Role::ALL.into_iter().filter(|role| role.may(place)).map(|role| role.word(lang)).collect();
    let body = html! {
        p.notice.warn {
            (lang.of(format!("您的角色（{}）不能打开“{}”。", visit.person.role.word(lang), place.word(lang)),
                format!("Your role ({}) cannot open “{}”. ", visit.person.role.word(lang), place.word(lang))))
            (lang.of(format!("需要时请找：{}。", who.join("、")), format!("Ask one of: {}.", who.join(", "))))
        }
        p { a href="/console" { (visit.t("回到待办", "Back to what is to do")) } }
    };
    response(page(visit, Place::Home, visit.t("不能打开这一页", "This page is not yours to open"), body))
}

/// Something that was not done, and why.
pub fn refused(visit: &Visit, place: Place, sentence: &str, back: &str) -> Response {
    let body = html! {
        p.notice.warn role="alert" { (words::half(visit.lang, sentence)) }
        p { a.button href=(back) { (visit.t("返回", "Back")) } }
    };
    let page = page(visit, place, visit.t("这一步没有做", "This was not done"), body);
    (axum::http::StatusCode::CONFLICT, response(page)).into_response()
}

/// There is no such thing.
pub fn missing(visit: &Visit) -> Response {
    let body = html! {
        p.notice.warn { (visit.t("没有找到。地址可能不完整，或者它不在您能看到的范围内。", "Not found: the address may be incomplete, or it is not yours to see.")) }
        p { a href="/console" { (visit.t("回到待办", "Back to what is to do")) } }
    };
    response(page(visit, Place::Home, visit.t("没有找到", "Not found"), body))
}

/// A form that did not come from this console.
pub fn foreign() -> Response {
    let (zh, en) = ("这一步没有做", "This was not done");
    response(html! {
        (head(Lang::Zh, &format!("{zh} {en}")))
        body.alone { main { h1 { (zh) " " (en) }
            p { "这个请求不是从本网站的页面发来的，为安全起见没有执行。请回到控制台，在页面上再做一次。" }
            p lang="en" { "The request came from another site's page, so it was refused. Go back to the console and do it there." }
            p { a href="/console" { "待办 To do" } }
        } }
    })
}

/// Something broke.
pub fn failed() -> Response {
    response(html! {
        (head(Lang::Zh, "出错了 Something went wrong"))
        body.alone { main { h1 { "出错了 Something went wrong" }
            p { "刚才这一步没有做完，数据没有变。请过一会儿再试；还不行，请把时间告诉系统管理员。" }
            p lang="en" { "The last step was not done and nothing changed. Try again later; if it stays so, tell the administrator the time." }
            p { a href="/console" { "待办 To do" } }
        } }
    })
}

/// The disk keeps nothing: what was done is as it was.
pub fn disk(trouble: DiskTrouble) -> Response {
    let (zh, en) = match trouble {
        DiskTrouble::Full => (
            "总部的磁盘已满，刚才这一步没有保存，数据没有变。请系统管理员腾出空间，再做一次。",
            "Headquarters' disk is full; the last step was not kept and nothing changed. The administrator makes room; then do it again.",
        ),
        DiskTrouble::ReadOnly => (
            "总部的数据现在不能写入，刚才这一步没有保存，数据没有变。请系统管理员检查磁盘，再做一次。",
            "Headquarters' data cannot be written; the last step was not kept and nothing changed. The administrator looks at the disk; then do it again.",
        ),
        DiskTrouble::Failing => (
            "总部的磁盘读写出错，刚才这一步没有保存。请再做一次；还不行，请系统管理员检查磁盘。",
            "Headquarters' disk failed; the last step was not kept. Do it again; if it stays so, the administrator looks at the disk.",
        ),
        DiskTrouble::Damaged => (
            "总部的数据文件有损坏，刚才这一步没有保存。请马上告诉系统管理员：停下服务，用每日备份恢复。",
            "Headquarters' data file is damaged; the last step was not kept. Tell the administrator at once: stop the service and put back a daily copy.",
        ),
    };
    response(html! {
        (head(Lang::Zh, "现在不能保存 Nothing can be kept right now"))
        body.alone { main { h1 { "现在不能保存 Nothing can be kept right now" }
            p { (zh) }
            p lang="en" { (en) }
            p { a href="/console" { "待办 To do" } }
        } }
    })
}

/// A state with its colour and its word.
pub fn state(lang: Lang, code: &str) -> Markup {
    let class = match code {
        "accepted" | "reviewed" | "batched" | "approved" | "settled" | "paid" | "confirmed" | "current" => "good",
        "adjusted" | "held" | "disputed" | "pending" => "warn",
        _ => "bad",
    };
    html! { span class=(format!("state {class}")) { (words::state(lang, code)) } }
}

/// Links to the pages before and after of a list.
pub fn paging(visit: &Visit, at: i64, rows: i64, all: i64, address: &dyn Fn(i64) -> String) -> Markup {
    let last = (all.max(1) - 1) / rows;
    html! {
        @if last > 0 {
            p.paging {
                @if at > 0 { a rel="prev" href=(address(at - 1)) { (visit.t("上一页", "Previous")) } }
                span { (at + 1) " / " (last + 1) }
                @if at < last { a rel="next" href=(address(at + 1)) { (visit.t("下一页", "Next")) } }
            }
        }
    }
}
