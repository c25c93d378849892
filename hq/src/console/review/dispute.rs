//! The store's manager says that a decision is wrong; pictures of slips.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use maud::{Markup, html};

use super::super::multipart;
use super::{Answer, Ask, Shared, Typed, Visit, claims, sentence, words};
use crate::console::At;
use crate::console::{Failure, blocking, claim};
use crate::service::access::{Place, Role};
use crate::service::decide::{NotDone, Seen, may_become};
use crate::service::dispute::{self, Objection};
use crate::store::claims::{self as books, Claim};
use crate::store::disputes::{self, Dispute};

/// What the store said and what was answered; the form, for its manager.
pub fn section(visit: &Visit, claim: &Claim, version: u64, all: &[Dispute], typed: Option<&Typed>) -> Markup {
    let can = visit.person.role == Role::Manager && may_become(&claim.state, "disputed");
    html! {
        @for d in all { (shown(visit, d)) }
        @if can {
            details.card open[typed.is_some()] {
                summary { (visit.t("不同意？提出申诉", "Not right? Dispute it")) }
                @if let Some(typed) = typed { p.notice.warn role="alert" { (typed.problem) } }
                form method="post" action={ "/console/disputes/" (claim.id) } enctype="multipart/form-data" {
                    input type="hidden" name="version" value=(version);
                    input type="hidden" name="claim" value=(claim.uuid);
                    p { label for="dispute-note" { (visit.t("为什么不同意", "Why")) }
                        input id="dispute-note" name="note" maxlength="1000" required autocomplete="off"; }
                    p { label for="picture" { (visit.t("小票照片（JPEG 或 PNG，不超过 2 MB；可以不附）", "Picture of the slip (JPEG or PNG, at most 2 MB; may be left out)")) }
                        input id="picture" type="file" name="picture" accept="image/jpeg,image/png"; }
                    button.main { (visit.t("提出申诉", "Dispute")) }
                }
            }
        }
    }
}

fn shown(visit: &Visit, d: &Dispute) -> Markup {
    let (class, state) = match d.state.as_str() {
        "upheld" => ("good", visit.t("申诉成立", "upheld")),
        "refused" => ("bad", visit.t("不支持", "refused")),
        _ => ("warn", visit.t("等待答复", "waits for an answer")),
    };
    html! {
        section.card aria-label=(visit.t("申诉", "Dispute")) {
            h2 { (visit.t("门店申诉", "The store's dispute")) " " span class={ "state " (class) } { (state) } }
            p { (words::moment(d.at)) " · " (d.who) }
            p.wrap { (d.note) }
            @if !d.picture_type.is_empty() {
                a href={ "/console/disputes/" (d.id) "/picture" } { img.slip src={ "/console/disputes/" (d.id) "/picture" } alt=(visit.t("小票照片", "picture of the slip")); }
            }
            @if !d.answer.is_empty() { p.wrap { strong { (visit.t("答复：", "Answer: ")) } (d.answer) } }
        }
    }
}

/// Takes a dispute.
pub async fn post(
    State(hq): Shared,
    visit: Visit,
    At(row): At<i64>,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Answer {
    let (page, to) = blocking(move || {
        let body = body.unwrap_or_default();
        let fields = multipart::fields(&headers, &body);
        let find = |name: &str| fields.iter().find(|field| field.name == name);
        let text = |name: &str| find(name).map(|f| f.text().trim().to_owned()).unwrap_or_default();
        let picture = find("picture").filter(|f| f.file.is_some() && !f.bytes.is_empty());
        let objection = Objection {
            letter: format!("console-{}", sync::random_base32(16)),
            by: String::new(),
            note: text("note"),
            picture: picture.map(|f| f.bytes.to_vec()),
            name: picture.and_then(|f| f.file.clone()).unwrap_or_default(),
        };
        // A form that is larger than a picture may be has no field that could be read.
        let done = match text("version").parse() {
            Ok(version) => dispute::by_manager(&hq, &visit.person, Seen { id: row, version }, &objection)?,
            Err(_) => Err(NotDone::Picture),
        };
        let uuid = match text("claim") {
            uuid if uuid.is_empty() => books::by_id(&hq.reading().conn, row)?.map(|c| c.uuid).unwrap_or_default(),
            uuid => uuid,
        };
        match done {
            Ok(()) => Ok((None, format!("/console/claims/{}?row={row}", words::encode(&uuid)))),
            Err(NotDone::Gone | NotDone::Role) => Err(Failure::Missing(Box::new(visit))),
            Err(why) => {
                let typed = Typed { problem: sentence(visit.lang, &why), pairs: Vec::new() };
                let ask = Ask { row: Some(row), ..Ask::default() };
                Ok((Some(claim::page_of(&hq, visit, &uuid, &ask, Some(&typed))?), String::new()))
            }
        }
    })
    .await?;
    match page {
        Some(page) => Ok((StatusCode::CONFLICT, Html(page.into_string())).into_response()),
        None => Ok(Redirect::to(&to).into_response()),
    }
}

/// A picture of a slip, as what its bytes were found to be and nothing else.
pub async fn picture(State(hq): Shared, visit: Visit, At(id): At<i64>) -> Answer {
    visit.must(Place::Claims)?;
    let (kind, bytes) = blocking(move || {
        let visible = claims::visible(&hq, &visit)?;
        let db = hq.reading();
        let found = disputes::picture(&db.conn, id)?;
        let Some((dispute, Some(bytes))) = found else { return Err(Failure::Missing(Box::new(visit))) };
        let claim = books::by_id(&db.conn, dispute.claim_id)?;
        drop(db);
        let seen = claim.is_some_and(|c| visible.is_none_or(|stores| stores.contains(&c.store)));
        match dispute::picture_type(&bytes).filter(|_| seen) {
            Some(kind) => Ok((kind, bytes)),
            None => Err(Failure::Missing(Box::new(visit))),
        }
    })
    .await?;
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, "inline; filename=\"slip\"")];
    Ok(Response::into_response((headers, Body::from(bytes)).into_response()))
}
