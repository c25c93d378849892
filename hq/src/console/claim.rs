//! One claim: its lines as the till made them, beside headquarters' own answer.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use domain::barcode::ProductKey;
use maud::{Markup, html};
use serde_json::Value;

use super::review::{self, Around, Ask, Typed};
use super::{Answer, Asked, Failure, Shared, Visit, claims, page, show as render, words};
use crate::service::access::Place;
use crate::service::{Hq, catalogue, verify};
use crate::store::sql::Conn;
use crate::store::{claims as store, lists, pages, people, records};

/// The page.
pub async fn show(State(hq): Shared, visit: Visit, Path(id): Path<String>, Asked(ask): Asked<Ask>) -> Answer {
    render(move || page_of(&hq, visit, &id, &ask, None)).await
}

/// The page of a claim; `typed`: what was typed into a form on it that could not be done.
pub fn page_of(hq: &Hq, visit: Visit, id: &str, ask: &Ask, typed: Option<&Typed>) -> Result<Markup, Failure> {
    visit.must(Place::Claims)?;
    let visible = claims::visible(hq, &visit)?;
    let db = hq.reading();
    // Two tills may have sent the same id: the one that was asked for, or the first that the person may see.
    let mut found = None;
    for record in records::by_uuid(&db.conn, id)?.into_iter().filter(|r| r.kind == "claim") {
        let claim = store::of_record(&db.conn, record.id)?;
        let claim = claim.filter(|c| visible.as_ref().is_none_or(|stores| stores.contains(&c.store)));
        if found.is_none() || claim.as_ref().is_some_and(|claim| Some(claim.id) == ask.row) {
            found = claim.map(|claim| (record, claim)).or(found);
        }
    }
    let Some((record, claim)) = found else { return Err(Failure::Missing(Box::new(visit))) };
    let names = claim.household.as_deref().map(|h| people::of_household(&db.conn, h)).transpose()?.unwrap_or_default();
    let payload = verify::payload(&record.jws).unwrap_or_default();
    let shown = Names { goods: goods(&db.conn, &payload)?, programmes: catalogue::names(&db.conn)? };
    let returns = pages::returns(&db.conn, claim.id)?;
    drop(db);
    let around = Around::read(hq, &visit, ask, &record, &claim)?;
    let name = |line: &Value| shown.goods.get(code(line)).cloned().unwrap_or_else(|| code(line).to_owned());
    let amounts = review::lines(&payload, &parse(&claim.own), name);
    let body = html! {
        (around.top(&visit, ask, &claim))
        (decision(&visit, &claim))
        (review::form(&visit, ask, &claim, around.version, &amounts, typed))
        (review::section(&visit, &claim, around.version, &around.disputes, typed))
        (lines(&visit, &payload, &claim, &shown))
        (came_back(&visit, &payload, &returns, &shown))
        div.halves { (sums(&visit, &claim)) (facts(&visit, &record, &claim, &payload, &names)) }
        (around.below(&visit, &claim))
    };
    let title = claim.sale.clone().unwrap_or_else(|| claim.uuid.clone());
    let place = if ask.tab.is_some() && visit.person.role.may(Place::Review) { Place::Review } else { Place::Claims };
    Ok(page::page(&visit, place, &visit.lang.of(format!("申报 {title}"), format!("Claim {title}")), body))
}

fn fen(json: &Value, key: &str) -> i64 {
    let text = json.get(key).and_then(Value::as_str).unwrap_or("0");
    domain::money::Money::parse_signed(text).map(|money| money.fen_i64()).unwrap_or(0)
}

/// A record's time as a clock on the wall shows it, in Shanghai.
fn time(text: &str) -> String {
    domain::time::parse_rfc3339(text).map_or_else(|_| text.to_owned(), |at| words::moment(at.timestamp_millis()))
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// What was decided and why, in sentences.
fn decision(visit: &Visit, claim: &store::Claim) -> Markup {
    let (totals, granted) = (parse(&claim.totals), parse(&claim.granted));
    let (asked, given) = (fen(&totals, "claim"), fen(&granted, "claim"));
    let sentence = match claim.state.as_str() {
        "accepted" => visit.t(
            "总部按同样的规则重新计算，全额核准。",
            "Headquarters priced it again by the same rules and grants all of it.",
        ),
        "adjusted" => visit.t(
            "总部按同样的规则重新计算，结果较低，按较低的核准；差额由门店承担，不向家庭追要。",
            "Headquarters came to less and grants the lower; the difference is the store's, never the family's.",
        ),
        "held" => visit.t(
            "等人决定。核准金额是现在放行会给的数；家庭已经享受的优惠不变。",
            "It waits for a person. Granted is what letting it go would give; the family keeps what it got.",
        ),
        "rejected" => visit.t("没有核准，原因如下。", "Nothing is granted, for these reasons."),
        "disputed" => visit.t("门店不同意，等审核员答复。", "The store does not agree; a reviewer answers."),
        "reviewed" => visit.t("审核员答复了门店的申诉。", "A reviewer answered the store's dispute."),
        _ => "",
    };
    let codes = words::codes(&claim.reasons);
    html! {
        section.card aria-label=(visit.t("决定", "Decision")) {
            p.figures {
                (page::state(visit.lang, &claim.state)) " "
                span { (visit.t("申报", "claimed")) " " strong { (words::yuan(asked)) } }
                span { (visit.t("核准", "granted")) " " strong { (words::yuan(given)) } }
                @if asked != given { span.less { (visit.t("差额", "difference")) " " (words::yuan(given - asked)) } }
            }
            p { (sentence) }
            @if !codes.is_empty() {
                ul { @for code in &codes { li { strong { (code) } " " (words::reason(visit.lang, code)) } } }
            }
            @if claim.state == "accepted" && codes.iter().any(|code| code == "R03") {
                p { (visit.t("超出的部分在离线额度以内：断网时款台不知道别处用了多少，照付。", "What was above is within the offline amount: without a line the till could not know what others used.")) }
            }
        }
    }
}

/// Each line twice: as claimed, and as headquarters came to it.
fn lines(visit: &Visit, payload: &Value, claim: &store::Claim, names: &Names) -> Markup {
    let claimed = payload.get("lines").and_then(Value::as_array).cloned().unwrap_or_default();
    let own = parse(&claim.own);
    let own_of = |line: &Value| own.as_array().and_then(|list| list.iter().find(|o| o.get("line") == line.get("line")));
    let pairs: Vec<(&Value, Option<&Value>)> = claimed.iter().map(|line| (line, own_of(line))).collect();
    let has_purse = pairs.iter().any(|(line, own)| fen(line, "purse") + own.map_or(0, |own| fen(own, "purse")) > 0);
    let (till, hq) = (visit.t("款台", "Till"), visit.t("总部", "Headquarters"));
    html! {
        div.scroll { table {
            caption { (visit.t("明细：款台的计算，和总部自己的计算", "Lines: the till's answer, and headquarters' own")) }
            thead {
                tr {
                    th rowspan="2" scope="col" { (visit.t("商品", "Goods")) }
                    th.number rowspan="2" scope="col" { (visit.t("数量", "Quantity")) }
                    th.number rowspan="2" scope="col" { (visit.t("金额", "Amount")) }
                    th rowspan="2" scope="col" { (visit.t("项目", "Programme")) }
                    th.group colspan="2" scope="colgroup" { (visit.t("惠民优惠", "Discount")) }
                    @if has_purse { th.group colspan="2" scope="colgroup" { (visit.t("爱心卡支付", "Value card")) } }
                    th.number.group rowspan="2" scope="col" { (visit.t("总部比款台", "Difference")) }
                }
                tr { @for _ in 0..(if has_purse { 2 } else { 1 }) { th.number.group scope="col" { (till) } th.number scope="col" { (hq) } } }
            }
            tbody { @for (line, own) in &pairs { (one(visit, line, *own, has_purse, names)) } }
        } }
        @if own.as_array().is_none_or(Vec::is_empty) {
            p.notice { (visit.t("这笔申报没有留下总部的逐行计算：它没有读懂，或者早于这项功能。", "No answer by line was kept: the claim could not be read, or is older than this.")) }
        }
    }
}

/// What was returned of it.
fn came_back(visit: &Visit, payload: &Value, returns: &[(String, String)], names: &Names) -> Markup {
    let sold = |number: u32| {
        let lines = payload.get("lines").and_then(Value::as_array).into_iter().flatten();
        lines.into_iter().find(|line| line.get("line").and_then(Value::as_u64) == Some(number.into()))
    };
    let state = |code: &str| match code {
        "accepted" => visit.t("已减去", "taken off"),
        "waiting" => visit.t("等待申报到达", "waits for its claim"),
        _ => visit.t("对不上，没有减去", "does not fit: not taken off"),
    };
    html! {
        @if !returns.is_empty() {
            div.scroll { table {
                caption { (visit.t("退货", "Returns")) }
                thead { tr {
                    th scope="col" { (visit.t("商品", "Goods")) } th.number scope="col" { (visit.t("数量", "Quantity")) }
                    th scope="col" { (visit.t("处理", "Outcome")) }
                } }
                tbody { @for (outcome, lines) in returns {
                    @for (number, quantity) in serde_json::from_str::<Vec<(u32, String)>>(lines).unwrap_or_default() { tr {
                        td { @match sold(number).map(code) { Some(code) => { (names.goods.get(code).map_or(code, String::as_str)) } None => { "#" (number) } } }
                        td.number { (quantity) } td { (state(outcome)) }
                    } }
                } }
            } }
        }
    }
}

/// Names of goods by their codes, and of programmes.
struct Names {
    goods: BTreeMap<String, String>,
    programmes: BTreeMap<String, (String, String)>,
}

impl Names {
    fn programme<'a>(&'a self, visit: &Visit, line: &'a Value) -> &'a str {
        let code = text(line, "programme");
        self.programmes.get(code).map_or(code, |(zh, en)| visit.lang.of(zh, en))
    }
}

/// The sums, as claimed and as granted.
fn sums(visit: &Visit, claim: &store::Claim) -> Markup {
    let (totals, granted) = (parse(&claim.totals), parse(&claim.granted));
    let rows = [
        ("discount", visit.t("惠民优惠", "Discount")),
        ("subsidy", visit.t("其中资金承担", "of it by the fund")),
        ("concession", visit.t("其中门店让利", "of it by the store")),
        ("purse", visit.t("爱心卡支付", "Value card")),
        ("claim", visit.t("申报金额", "Claimed from funds")),
    ];
    html! {
        div.scroll { table {
            caption { (visit.t("金额", "Amounts")) }
            thead { tr {
                td {} th.number scope="col" { (visit.t("申报", "Claimed")) } th.number scope="col" { (visit.t("核准", "Granted")) }
                th.number scope="col" { (visit.t("差额", "Difference")) }
            } }
            tbody { @for (key, name) in rows { tr {
                th scope="row" { (name) }
                td.number { (words::yuan(fen(&totals, key))) } td.number { (words::yuan(fen(&granted, key))) }
                td.number { (words::difference(fen(&granted, key) - fen(&totals, key))) }
            } } }
        } }
    }
}

fn text<'a>(line: &'a Value, key: &str) -> &'a str {
    line.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Names of the claim's goods, by their codes.
fn goods(conn: &Conn, payload: &Value) -> anyhow::Result<BTreeMap<String, String>> {
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

/// How much more or less headquarters came to. Another programme's discount grants nothing to the
/// one that was claimed.
fn compare(line: &Value, own: &Value) -> i64 {
    let same = text(line, "programme") == text(own, "programme");
    let discount = if same || text(line, "programme").is_empty() { fen(own, "discount") } else { 0 };
    discount + fen(own, "purse") - fen(line, "discount") - fen(line, "purse")
}

fn one(visit: &Visit, line: &Value, own: Option<&Value>, has_purse: bool, names: &Names) -> Markup {
    let code = code(line);
    let amount = |key: &str| own.map_or_else(|| "–".to_owned(), |own| words::yuan(fen(own, key)));
    let (claimed, counted) = (names.programme(visit, line), own.map_or("", |own| names.programme(visit, own)));
    html! {
        tr {
            td { (names.goods.get(code).map_or(code, String::as_str)) br; small { (code) " · " (text(line, "group")) } }
            td.number { (text(line, "quantity")) }
            td.number { (words::yuan(fen(line, "gross"))) }
            td { (claimed) @if own.is_some() && claimed != counted { br; small.less { (visit.t("总部：", "headquarters: ")) (if counted.is_empty() { visit.t("没有项目", "none") } else { counted }) } } }
            td.number.group { (words::yuan(fen(line, "discount"))) } td.number { (amount("discount")) }
            @if has_purse { td.number.group { (words::yuan(fen(line, "purse"))) } td.number { (amount("purse")) } }
            td.number.group {
                @match own.map(|own| compare(line, own)) {
                    None => "–",
                    Some(0) => { (visit.t("一致", "the same")) }
                    Some(fen) if fen < 0 => {
                        span.less { (visit.t("少", "less")) " " (words::yuan(fen)) }
                        @if claimed != counted { br; small { (visit.t("项目不同，不核准", "another programme: not granted")) } }
                    }
                    Some(fen) => { (visit.t("多", "more")) " +" (words::yuan(fen)) }
                }
            }
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
                dt { (visit.t("营业日", "Business date")) } dd { (claim.business_date.as_deref().unwrap_or("–")) }
                dt { (visit.t("时间", "Time")) } dd { (time(text(payload, "at"))) }
                dt { (visit.t("收银员", "Cashier")) } dd { (text(payload, "cashier")) }
                dt { (visit.t("家庭", "Household")) }
                dd {
                    @match (&claim.household, sees_families) {
                        (Some(id), true) => { a href={ "/console/households/" (id) } { (person.as_deref().unwrap_or(id)) } }
                        (Some(_), false) if visit.person.role.sees_names() => { (person.as_deref().unwrap_or("***")) }
                        (Some(_), false) => "***",
                        (None, _) => "–",
                    }
                    " · " (by) " · " (online)
                }
                dt { (visit.t("链上位置", "Place in the chain")) } dd { (claim.store) "/" (claim.till) " · " (visit.t("段", "epoch")) " " (record.epoch) " · " (visit.lang.of(format!("第 {} 条", record.seq), format!("record {}", record.seq))) @if record.branch { " · " (visit.t("分支", "branch")) } }
                dt { (visit.t("指纹", "Hash")) } dd { code { (record.hash) } }
                dt { (visit.t("签名", "Signature")) } dd {
                    @if words::codes(&record.reasons).iter().any(|code| code == "R10") { span.less { (visit.t("不对", "fails")) } }
                    @else { (visit.t("已核对", "verified when it came")) }
                }
            }
        }
    }
}
