//! 可疑迹象: what each sign looks at, in words, and its figures.

use std::collections::BTreeMap;

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect};
use chrono::TimeDelta;
use maud::{Markup, html};
use serde_json::json;

use super::{Answer, Asked, Shared, Visit, filled, page};
use crate::console::{Failure, blocking, show as render};
use crate::service::access::{Place, Role};
use crate::service::signs::{self, LEARN, Number, Numbers, Set};
use crate::service::{Hq, now};
use crate::store::{audit, facts, people, reviews, users};

/// What the address says.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Ask {
    done: Option<String>,
}

/// The page.
pub async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Signs)?;
    render(move || {
        let said = if filled(ask.done.as_ref()).is_some() { None } else { Some("") };
        sheet(&hq, &visit, said)
    })
    .await
}

/// The page; `problem`: what could not be done, empty for nothing, none after something was saved.
fn sheet(hq: &Hq, visit: &Visit, problem: Option<&str>) -> Result<Markup, Failure> {
    let since = domain::time::business_date(now()) - TimeDelta::days(30);
    let db = hq.reading();
    let (set, learn_days) = signs::settings(&db.conn)?;
    let often = facts::how_often(&db.conn, &since.to_string())?;
    let own = reviews::own_households(&db.conn)?;
    drop(db);
    let may = matches!(visit.person.role, Role::Reviewer | Role::Admin);
    let learn = Numbers([(LEARN.key.to_owned(), learn_days)].into_iter().collect());
    let body = html! {
        @match problem {
            None => p.notice.good role="status" { (visit.t("已保存，从下一笔上传的申报开始。", "Saved; it holds from the next claim that comes.")) },
            Some("") => {},
            Some(problem) => p.notice.warn role="alert" { (problem) },
        }
        p { (visit.t("迹象只会让一笔申报等人看一看（R15），并写明为什么；从不停掉任何家庭的优惠。", "A sign only makes a claim wait for a person (R15) and says why; it never ends any family's help.")) }
        p { a.button href="/console/signs/goods" { (visit.t("申报与进货核对", "Claims held against what was bought")) } }
        section.card {
            h2 { (visit.t("新款台", "New tills")) }
            p { (visit.lang.of(format!("一台款台的第一笔申报以后 {learn_days} 天里，迹象先不拦：还没有可以比较的。"), format!("For {learn_days} days after a till's first claim signs hold nothing: there is nothing to compare with."))) }
            @if may { (figures(visit, "ALL", true, false, &[LEARN], &learn)) }
        }
        @for each in &set { (one(visit, each, often.get(each.sign.code).copied().unwrap_or(0), may)) }
        (households(visit, &own))
    };
    Ok(page::page(visit, Place::Signs, Place::Signs.word(visit.lang), body))
}

fn one(visit: &Visit, set: &Set, often: i64, may: bool) -> Markup {
    let sign = set.sign;
    let state = if set.is_on { ("good", visit.t("开着", "on")) } else { ("warn", visit.t("关着", "off")) };
    html! {
        section.card id=(sign.code) {
            h2 { (sign.code) " " (visit.t(sign.zh, sign.en)) " " span class={ "state " (state.0) } { (state.1) }
                " " small { (visit.lang.of(format!("最近 30 天拦下 {often} 笔"), format!("{often} claims held in 30 days"))) @if sign.is_daily { (visit.t("，每台款台每天最多一笔", ", one a till and day at most")) } } }
            p { (signs::example(visit.lang, sign, &set.numbers)) }
            @if may { (figures(visit, sign.code, set.is_on, true, sign.numbers, &set.numbers)) }
        }
    }
}

fn figures(visit: &Visit, code: &str, is_on: bool, can_be_off: bool, all: &[Number], values: &Numbers) -> Markup {
    html! {
        form.inline method="post" action="/console/signs" {
            input type="hidden" name="sign" value=(code);
            @for n in all {
                @let id = format!("{code}-{}", n.key);
                label for=(id) { (visit.t(n.zh, n.en)) }
                input.short id=(id) name=(n.key) type="number" min=(n.least) max=(n.most) value=(values.get(n.key)) required;
            }
            @if can_be_off {
                label { input.pick type="checkbox" name="on" value="1" checked[is_on]; " " (visit.t("打开", "on")) }
            } @else { input type="hidden" name="on" value="1"; }
            button { (visit.t("保存", "Save")) }
        }
    }
}

/// Households of people who work here: they decide on no claim of them.
fn households(visit: &Visit, own: &[(String, String)]) -> Markup {
    let may = visit.person.role == Role::Admin;
    html! {
        section.card {
            h2 { (visit.t("工作人员自己的家庭", "Own households of people who work here")) }
            p { (visit.t("登记以后，本人不能决定自己家的申报。", "Once noted, they decide on no claim of their own household.")) }
            @if !own.is_empty() { ul { @for (user, household) in own { li {
                form.inline method="post" action="/console/signs/own" {
                    span { (user) " · " code { (household) } }
                    input type="hidden" name="user" value=(user); input type="hidden" name="household" value=(household); input type="hidden" name="drop" value="1";
                    @if may { button.quiet { (visit.t("取消登记", "Remove")) } }
                }
            } } } }
            @if may {
                form.inline method="post" action="/console/signs/own" {
                    label for="user" { (visit.t("用户名", "User")) } input id="user" name="user" required autocomplete="off";
                    label for="household" { (visit.t("户号（H 开头）", "Household (H…)")) } input id="household" name="household" required autocomplete="off";
                    button { (visit.t("登记", "Note")) }
                }
            }
        }
    }
}

/// Sets a sign's figures.
pub async fn post(State(hq): Shared, visit: Visit, Form(pairs): Form<Vec<(String, String)>>) -> Answer {
    visit.must(Place::Signs)?;
    changed(
        blocking(move || {
            let field = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim());
            let numbers: BTreeMap<String, i64> =
                pairs.iter().filter_map(|(key, value)| Some((key.clone(), value.trim().parse().ok()?))).collect();
            let code = field("sign").unwrap_or_default().to_owned();
            match signs::set(&hq, &visit.person, &code, field("on").is_some(), &numbers)? {
                Ok(()) => Ok(None),
                Err(problem) => sheet(&hq, &visit, Some(&problem)).map(Some),
            }
        })
        .await?,
    )
}

/// Notes that a household is somebody's own, or that it is not.
pub async fn own(State(hq): Shared, visit: Visit, Form(pairs): Form<Vec<(String, String)>>) -> Answer {
    visit.must(Place::Signs)?;
    if visit.person.role != Role::Admin {
        return Err(Failure::Forbidden(Box::new(visit), Place::Tills));
    }
    changed(
        blocking(move || {
            let field = |name: &str| pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim());
            let (user, household) = (field("user"), field("household"));
            let is_known = {
                let db = hq.reading();
                users::find(&db.conn, user)?.is_some() && people::is_household(&db.conn, household)?
            };
            if !is_known {
                let problem =
                    visit.t("没有这个用户或这一户，请核对。", "There is no such user or household: check them.");
                return sheet(&hq, &visit, Some(problem)).map(Some);
            }
            let is_gone = !field("drop").is_empty();
            let db = hq.db();
            let tx = db.begin()?;
            if is_gone {
                reviews::drop_own(&tx, user, household)?
            } else {
                reviews::put_own(&tx, user, household)?
            }
            let detail = json!({"user": user, "household": household, "own": !is_gone});
            audit(&tx, &visit.person.name, "own household", &detail.to_string())?;
            tx.commit()?;
            Ok(None)
        })
        .await?,
    )
}

fn changed(page: Option<Markup>) -> Answer {
    match page {
        None => Ok(Redirect::to("/console/signs?done=1").into_response()),
        Some(page) => Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page.into_string())).into_response()),
    }
}
