//! The page behind the code on a receipt: anyone may open it, and it says nothing about the person.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _};
use axum::routing::get;
use domain::lang::Lang;
use maud::{Markup, html};
use serde::Deserialize;

use super::{Answer, Asked, Shared, blocking, language, page, words};
use crate::service::Hq;
use crate::service::log::{About, Slip, slip};

pub fn routes() -> Router<Arc<Hq>> {
    Router::new().route("/r/{slip}", get(show))
}

/// The language that the address asks for.
#[derive(Default, Deserialize)]
pub struct Ask {
    lang: Option<String>,
}

/// What a slip is, or the one page for all that is not there.
pub async fn show(
    State(hq): Shared,
    headers: HeaderMap,
    address: Result<Path<String>, axum::extract::rejection::PathRejection>,
    Asked(ask): Asked<Ask>,
) -> Answer {
    let lang = ask.lang.as_deref().map_or_else(|| language(&headers), Lang::parse);
    let address = address.map(|Path(text)| text).unwrap_or_default();
    let found = blocking(move || Ok(slip(&hq, &address)?)).await?;
    Ok(match found {
        Some(slip) => Html(known(lang, &slip).into_string()).into_response(),
        None => (StatusCode::NOT_FOUND, Html(unknown(lang).into_string())).into_response(),
    })
}

fn frame(lang: Lang, title: &str, body: Markup) -> Markup {
    html! {
        (page::head(lang, title))
        body.alone.slip { main {
            p.brand { (page::mark()) "济惠" span { (lang.of("小票查验", "Check a slip")) } }
            h1 { (title) }
            (body)
            p { a href={ "?lang=" (lang.other().code()) } { (lang.of("English", "中文")) } }
        } }
    }
}

fn unknown(lang: Lang) -> Markup {
    let title = lang.of("没有找到这张小票", "No such slip");
    frame(
        lang,
        title,
        html! {
            p.notice.warn { (lang.of(
                "总部没有这样的记录。可能是地址不完整；也可能是收款台还没有连上网络，一般当天就会上传，请明天再扫一次。",
                "Headquarters has no such record. The address may be incomplete, or the till has no line yet: most send the same day, so scan again tomorrow.")) }
            p { (lang.of("几天以后仍然查不到，请拿着小票问门店，或打小票上的电话。", "If it is still not here after some days, ask the store, or call the number on the slip.")) }
        },
    )
}

fn known(lang: Lang, slip: &Slip) -> Markup {
    let title = match &slip.about {
        About::Claim { .. } => lang.of("这笔优惠已经申报", "This sale was claimed"),
        About::Reversal { .. } => lang.of("这是一笔退货", "This is a return"),
        About::Other(_) => lang.of("这是收款台自己的记录", "This is a till's own book-keeping"),
    };
    frame(
        lang,
        title,
        html! {
            div.card {
                dl {
                    (about(lang, &slip.about))
                    dt { (lang.of("门店", "Store")) } dd { (slip.store.1) " " small { (slip.store.0) } }
                    dt { (lang.of("款台", "Till")) } dd { (slip.till) }
                    @if let Some(number) = &slip.number { dt { (lang.of("小票号", "Receipt")) } dd { code { (number) } } }
                    dt { (lang.of("时间", "Time")) } dd { (moment(&slip.at)) }
                }
                @if matches!(slip.about, About::Other(_)) {
                    p { (lang.of("它不是一次购物，也没有向任何一方申报金额。", "Nothing was sold with it, and no money is claimed.")) }
                }
            }
            (proof(lang, slip))
        },
    )
}

fn about(lang: Lang, about: &About) -> Markup {
    match about {
        About::Claim { state, claimed, granted, returned } => html! {
            dt { (lang.of("门店申报", "Claimed by the store")) } dd { strong { "¥" (claimed) } }
            dt { (lang.of("现在", "Now")) } dd { (page::state(lang, state)) }
            @if let Some(granted) = granted { dt { (lang.of("总部核准", "Granted")) } dd { "¥" (granted) } }
            @if !returned.is_zero() { dt { (lang.of("后来退货冲回", "Given back by returns")) } dd { "¥" (returned) } }
        },
        About::Reversal { given_back, outcome } => html! {
            dt { (lang.of("冲回申报", "Given back of the claim")) } dd { strong { "¥" (given_back) } }
            dt { (lang.of("现在", "Now")) } dd { (page::state(lang, outcome)) }
        },
        About::Other(kind) => html! {
            dt { (lang.of("种类", "Kind")) } dd { (words::kind(lang, kind)) }
        },
    }
}

/// Where it is in the log, for who wants to check it.
fn proof(lang: Lang, slip: &Slip) -> Markup {
    let (proof, head) = (&slip.proof, &slip.head);
    html! {
        div.card {
            h2 { (lang.of("谁也改不了", "Nobody can change it")) }
            p { (lang.of(
                format!("总部的公开日志里有 {} 条记录，这是第 {} 条。总部对全部记录的指纹签了名：以后改一个字、少一条、换个次序，指纹就对不上，收款台和审计人员都会发现。", proof.size, proof.index + 1),
                format!("Headquarters' public log has {} records; this is number {}. Headquarters signed a fingerprint of all of them: whoever changes a letter, leaves one out or puts it elsewhere later is found out by tills and auditors.", proof.size, proof.index + 1))) }
            details {
                summary { (lang.of("自己验证", "Check it yourself")) }
                p { (lang.of(
                    "从“叶”开始，按 RFC 9162 第 2.1.3.2 节依次与“路径”里的每个值合并（SHA-256，前面加字节 01），得到的应当等于“根”；“签名”里写的也是这个根，用总部的公钥可以验证。小票上的 16 个字符是记录指纹的开头。审计人员可以用 jihui-verify 一次查完一段时间的全部记录。",
                    "Begin with the leaf and join it with each value of the path as RFC 9162, 2.1.3.2 says (SHA-256, after a byte 01): what comes out is the root. The signed head says the same root, and headquarters' public key shows that it is headquarters'. The 16 characters on the slip begin the record's hash. Auditors check all records of a period at once with jihui-verify.")) }
                dl {
                    dt { (lang.of("记录", "Record")) } dd { code { (slip.record) } }
                    dt { (lang.of("记录指纹", "Hash")) } dd { code { (slip.hash) } }
                    dt { (lang.of("叶", "Leaf")) } dd { code { (slip.leaf) } }
                    dt { (lang.of("位置", "Index")) } dd { (proof.index) }
                    dt { (lang.of("总数", "Size")) } dd { (proof.size) }
                    dt { (lang.of("路径", "Path")) } dd { @for hash in &proof.path { code { (hash) } br; } @if proof.path.is_empty() { "—" } }
                    dt { (lang.of("根", "Root")) } dd { code { (head.body.root) } }
                    dt { (lang.of("签名时间", "Signed")) } dd { (moment(&head.body.at)) }
                    dt { (lang.of("签名", "Signed head")) } dd { code { (head.jws) } }
                }
            }
        }
    }
}

/// `2026-11-24 14:32` of an RFC 3339 time.
fn moment(text: &str) -> String {
    domain::time::parse_rfc3339(text).map_or_else(|_| text.to_owned(), |at| words::moment(at.timestamp_millis()))
}
