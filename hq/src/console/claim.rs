//! One claim: its lines as the till made them, beside headquarters' own answer.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use domain::barcode::ProductKey;
use maud::{Markup, html};
use serde_json::Value;

use super::{Answer, Failure, Shared, Visit, claims, page, show as render, words};
use crate::service::access::Place;
use crate::service::verify;
use crate::store::{claims as store, lists, people, records};

/// The page.
pub async fn show(State(hq): Shared, visit: Visit, Path(id): Path<String>) -> Answer {
    visit.must(Place::Claims)?;
    render(move || {
        let visible = claims::visible(&hq, &visit)?;
        let db = hq.db();
        let record = records::by_uuid(&db.conn, &id)?.into_iter().find(|r| r.kind == "claim");
        let Some(record) = record else { return Err(Failure::Missing(Box::new(visit))) };
        let claim = store::of_till(&db.conn, record.till_id, &id)?;
        let claim = claim.filter(|c| visible.as_ref().is_none_or(|stores| stores.contains(&c.store)));
        let Some(claim) = claim else { return Err(Failure::Missing(Box::new(visit))) };
        let names =
            claim.household.as_deref().map(|h| people::of_household(&db.conn, h)).transpose()?.unwrap_or_default();
        let payload = verify::payload(&record.jws).unwrap_or_default();
        let goods = goods(&db.conn, &payload)?;
        drop(db);
        let body = html! {
            (decision(&visit, &claim))
            (lines(&visit, &payload, &claim, &goods))
            (facts(&visit, &record, &claim, &payload, &names))
        };
        let title = claim.sale.clone().unwrap_or_else(|| claim.uuid.clone());
        Ok(page::page(&visit, Place::Claims, &visit.lang.of(format!("申报 {title}"), format!("Claim {title}")), body))
    })
    .await
}

fn fen(json: &Value, key: &str) -> i64 {
    let text = json.get(key).and_then(Value::as_str).unwrap_or("0");
    domain::money::Money::parse_signed(text).map(|money| money.fen_i64()).unwrap_or(0)
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// What was decided and why, in sentences.
fn decision(visit: &Visit, claim: &store::Claim) -> Markup {
    let (totals, granted) = (parse(&claim.totals), parse(&claim.granted));
    let (asked, given) = (fen(&totals, "claim"), fen(&granted, "claim"));
    html! {
        section.card aria-label=(visit.t("决定", "Decision")) {
            p.figures {
                (page::state(visit.lang, &claim.state)) " "
                span { (visit.t("申报", "claimed")) " " strong { (words::yuan(asked)) } }
                span { (visit.t("核准", "granted")) " " strong { (words::yuan(given)) } }
                @if asked != given { span.less { (visit.t("差额", "difference")) " " (words::yuan(given - asked)) } }
            }
            @let codes = words::codes(&claim.reasons);
            @if codes.is_empty() {
                p { (visit.t("总部按同样的规则重新计算，结果一致。", "Headquarters priced it again by the same rules and came to the same.")) }
            } @else {
                ul { @for code in codes { li { strong { (code) } " " (words::reason(visit.lang, &code)) } } }
            }
        }
    }
}

/// Each line twice: as claimed, and as headquarters came to it.
fn lines(visit: &Visit, payload: &Value, claim: &store::Claim, goods: &BTreeMap<String, String>) -> Markup {
    let claimed = payload.get("lines").and_then(Value::as_array).cloned().unwrap_or_default();
    let own = parse(&claim.own);
    let own_of = |line: &Value| own.as_array().and_then(|list| list.iter().find(|o| o.get("line") == line.get("line")));
    html! {
        div.scroll { table {
            caption { (visit.t("明细：款台的计算，和总部自己的计算", "Lines: the till's answer, and headquarters' own")) }
            thead {
                tr { th rowspan="2" scope="col" { "#" } th rowspan="2" scope="col" { (visit.t("商品", "Goods")) }
                    th.number rowspan="2" scope="col" { (visit.t("数量", "Quantity")) } th.number rowspan="2" scope="col" { (visit.t("金额", "Amount")) }
                    th.group colspan="3" scope="colgroup" { (visit.t("款台", "Till")) } th.group colspan="4" scope="colgroup" { (visit.t("总部", "Headquarters")) } }
                tr { @for _ in 0..2 {
                        th scope="col" { (visit.t("项目", "Programme")) } th.number scope="col" { (visit.t("优惠", "Discount")) } th.number scope="col" { (visit.t("爱心卡", "Purse")) }
                    } th scope="col" { (visit.t("说明", "Result")) } }
            }
            tbody { @for line in &claimed { (one(visit, line, own_of(line), goods)) } }
        } }
        @if own.as_array().is_none_or(Vec::is_empty) {
            p.notice { (visit.t("这笔申报没有留下总部的逐行计算：它没有读懂，或者早于这项功能。", "No answer by line was kept: the claim could not be read, or is older than this.")) }
        }
    }
}

fn text<'a>(line: &'a Value, key: &str) -> &'a str {
    line.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Names of the claim's goods, by their codes.
fn goods(conn: &rusqlite::Connection, payload: &Value) -> anyhow::Result<BTreeMap<String, String>> {
    let mut names = BTreeMap::new();
    for line in payload.get("lines").and_then(Value::as_array).into_iter().flatten() {
        let key = match (text(line, "barcode"), text(line, "plu")) {
            ("", plu) => ProductKey::plu(plu),
            (barcode, _) => ProductKey::barcode(barcode),
        };
        if let Ok(key) = key
            && let Some(name) = lists::product_name(conn, &key.tagged())?
        {
            names.insert(code(line).to_owned(), name);
        }
    }
    Ok(names)
}

/// Barcode or PLU.
fn code(line: &Value) -> &str {
    match text(line, "barcode") {
        "" => text(line, "plu"),
        barcode => barcode,
    }
}

fn one(visit: &Visit, line: &Value, own: Option<&Value>, goods: &BTreeMap<String, String>) -> Markup {
    let code = code(line);
    let difference =
        own.map_or(0, |own| fen(own, "discount") + fen(own, "purse") - fen(line, "discount") - fen(line, "purse"));
    html! {
        tr {
            td { (line.get("line").and_then(Value::as_u64).unwrap_or(0)) }
            td { (goods.get(code).map_or(code, String::as_str)) br; small { (code) " · " (text(line, "group")) } }
            td.number { (text(line, "quantity")) }
            td.number { (words::yuan(fen(line, "gross"))) }
            td { (text(line, "programme")) }
            td.number { (words::yuan(fen(line, "discount"))) }
            td.number { (words::yuan(fen(line, "purse"))) }
            @if let Some(own) = own {
                td { (text(own, "programme")) }
                td.number { (words::yuan(fen(own, "discount"))) }
                td.number { (words::yuan(fen(own, "purse"))) }
                td {
                    @if difference < 0 { span.less { (visit.t("少", "less")) " " (words::yuan(difference)) } }
                    @else if difference > 0 { span { (visit.t("多", "more")) " +" (words::yuan(difference)) } }
                    @else { (visit.t("一致", "the same")) }
                }
            } @else { td colspan="4" { "–" } }
        }
    }
}

/// Where it came from and what it stands on.
fn facts(
    visit: &Visit,
    record: &records::Record,
    claim: &store::Claim,
    payload: &Value,
    names: &[(i64, people::Member)],
) -> Markup {
    let person =
        names.iter().find(|(_, m)| Some(&m.entry.person) == claim.person.as_ref()).map(|(_, m)| m.entry.name.clone());
    let sees_families = visit.person.role.may(Place::Households);
    let by = match text(payload, "verified_by") {
        "card" => visit.t("爱心卡", "card"),
        "id_card" => visit.t("身份证读卡", "ID-card reader"),
        "typed" => visit.t("输入号码", "typed number"),
        "slip" => visit.t("手工凭条", "manual slip"),
        _ => "–",
    };
    let online = if payload.get("online") == Some(&Value::Bool(true)) {
        visit.t("联网", "online")
    } else {
        visit.t("离线", "offline")
    };
    html! {
        section.card {
            h2 { (visit.t("来源", "Where it comes from")) }
            dl {
                dt { (visit.t("门店和款台", "Store and till")) } dd { (claim.store) "/" (claim.till) }
                dt { (visit.t("营业日", "Business date")) } dd { (claim.business_date.as_deref().unwrap_or("–")) " " (text(payload, "at")) }
                dt { (visit.t("收银员", "Cashier")) } dd { (text(payload, "cashier")) }
                dt { (visit.t("家庭", "Household")) }
                dd {
                    @match (&claim.household, sees_families) {
                        (Some(id), true) => { a href={ "/console/households/" (id) } { (person.as_deref().unwrap_or(id)) } }
                        (Some(_), false) => { (person.as_deref().unwrap_or("***")) }
                        (None, _) => "–",
                    }
                    " · " (by) " · " (online)
                }
                dt { (visit.t("记录", "Record")) } dd { (visit.t("第", "no.")) " " (record.seq) " · " (record.epoch) @if record.branch { " · " (visit.t("分支", "branch")) } }
                dt { (visit.t("指纹", "Hash")) } dd { code { (record.hash) } }
                dt { (visit.t("签名", "Signature")) } dd {
                    @if words::codes(&record.reasons).iter().any(|code| code == "R10") { span.less { (visit.t("不对", "fails")) } }
                    @else { (visit.t("已核对", "verified when it came")) }
                }
            }
        }
    }
}
