//! The form by which a reviewer decides on one claim, and what becomes of it.

use std::collections::BTreeMap;

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect};
use domain::lang::Lang;
use domain::money::Money;
use maud::{Markup, html};
use serde_json::Value;

use super::{Ask, Shared, Visit, claims, sentence, words};
use crate::console::At;
use crate::console::{Answer, Failure, blocking, claim};
use crate::service::access::{Place, Role};
use crate::service::decide::{self, NotDone, Order, Seen, Verdict};
use crate::store::claims::Claim;
use crate::store::{queue, reviews};

/// What was typed into the form, and why it was not done.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// The sentence.
    pub problem: String,
    /// Fields.
    pub pairs: Vec<(String, String)>,
}

impl Typed {
    fn field(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The form, for who may decide; its buttons are those of the claim's state.
pub fn form(visit: &Visit, ask: &Ask, claim: &Claim, version: u64, lines: &[Line], typed: Option<&Typed>) -> Markup {
    if visit.person.role != Role::Reviewer {
        return html! {};
    }
    let can = |verdict: &Verdict| verdict.from().contains(&claim.state.as_str());
    let by_line = can(&Verdict::Grant(BTreeMap::new())) || can(&Verdict::Uphold(BTreeMap::new()));
    let buttons = buttons(&claim.state);
    if buttons.is_empty() {
        return html! {};
    }
    let field = |name: &str| typed.and_then(|t| t.field(name)).unwrap_or_default();
    html! {
        section.card.decide aria-label=(visit.t("决定", "Decide")) {
            @if let Some(typed) = typed { p.notice.warn role="alert" { (typed.problem) } }
            form method="post" action={ "/console/review/claims/" (claim.id) } {
                (ask.hidden())
                input type="hidden" name="version" value=(version);
                input type="hidden" name="claim" value=(claim.uuid);
                div.inline {
                    label for="code" { (visit.t("原因代码", "Reason code")) }
                    select id="code" name="code" {
                        option value="" { "–" }
                        @for (code, zh, en) in words::REASONS { option value=(code) selected[field("code") == code] { (code) " " (visit.t(zh, en)) } }
                    }
                    label for="note" { (visit.t("原因（门店会看到）", "Why (the store reads it)")) }
                    input.wide id="note" name="note" maxlength="1000" autocomplete="off" value=(field("note"));
                }
                @if by_line { (amounts(visit, lines, claim.state == "disputed", typed)) }
                p.inline {
                    @for (verdict, key, zh, en, class) in buttons {
                        button class=(class) name="verdict" value=(verdict) accesskey=[(!key.is_empty()).then_some(key)] { (visit.t(zh, en)) @if !key.is_empty() { " " kbd { (key) } } }
                    }
                }
            }
        }
    }
}

type Button = (&'static str, &'static str, &'static str, &'static str, &'static str);

/// Buttons for a state: verdict, key, Chinese, English, class.
fn buttons(state: &str) -> Vec<Button> {
    let grant = ("grant", "", "按上面的金额核准", "Grant these amounts", "");
    let reject = ("reject", "r", "驳回", "Reject", "danger");
    let hold = ("hold", "h", "退回待审核", "Put back to held", "");
    match state {
        "held" => vec![("let_go", "a", "放行", "Let go", "main"), grant, reject],
        "adjusted" => vec![grant, reject, hold],
        "accepted" | "rejected" | "reviewed" => vec![hold],
        "disputed" => vec![
            ("uphold", "a", "申诉成立，按上面的金额核准", "Uphold: grant these amounts", "main"),
            ("refuse", "r", "不支持申诉", "Refuse the dispute", "danger"),
        ],
        _ => Vec::new(),
    }
}

/// A line that somebody may give less for.
pub struct Line {
    /// Number.
    pub line: u32,
    /// What was sold.
    pub name: String,
    /// Asked of funds.
    pub claimed: i64,
    /// Headquarters' own answer, in fen.
    pub own: i64,
}

/// An amount for each line that asks for money; what a fund does not pay needs none. Who is right in a
/// dispute gets all of it, unless that is changed.
fn amounts(visit: &Visit, lines: &[Line], is_dispute: bool, typed: Option<&Typed>) -> Markup {
    let asking: Vec<&Line> = lines.iter().filter(|line| line.claimed > 0).collect();
    html! {
        @if !asking.is_empty() {
            details open[typed.is_some()] {
                summary { (visit.t("按行写核准金额（不写的按申报）", "Amounts by line (as claimed, unless changed)")) }
                div.amounts { @for line in asking {
                    @let name = format!("line_{}", line.line);
                    @let value = typed.and_then(|t| t.field(&name)).map_or_else(|| plain(if is_dispute { line.claimed } else { line.claimed.min(line.own) }), str::to_owned);
                    label for=(name) { (line.name) " " small { (visit.t("申报 ", "claimed ")) (words::yuan(line.claimed)) } }
                    input id=(name) name=(name) inputmode="decimal" autocomplete="off" value=(value);
                } }
            }
        }
    }
}

fn plain(fen: i64) -> String {
    Money::from_fen(fen.into()).to_string()
}

/// The claim's lines, for the amounts.
pub fn lines(payload: &Value, own: &Value, name: impl Fn(&Value) -> String) -> Vec<Line> {
    let fen = |json: &Value, key: &str| {
        let text = json.get(key).and_then(Value::as_str).unwrap_or("0");
        Money::parse_signed(text).map_or(0, Money::fen_i64)
    };
    let asked = |line: &Value| fen(line, "subsidy") + fen(line, "purse");
    let of = |number: Option<&Value>| own.as_array().into_iter().flatten().find(|o| o.get("line") == number);
    let line = |line: &Value| {
        let number = u32::try_from(line.get("line")?.as_u64()?).ok()?;
        let own = of(line.get("line")).map_or(0, asked);
        Some(Line { line: number, name: name(line), claimed: asked(line), own })
    };
    payload.get("lines").and_then(Value::as_array).into_iter().flatten().filter_map(line).collect()
}

/// Reads what was decided.
fn order(pairs: &[(String, String)]) -> Result<Order, NotDone> {
    let field = |name: &str| pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim());
    let mut amounts = BTreeMap::new();
    for (key, value) in pairs {
        let Some(number) = key.strip_prefix("line_") else { continue };
        let Ok(line) = number.parse::<u32>() else { return Err(NotDone::Amount(0)) };
        match Money::parse(value.trim().trim_start_matches('¥')) {
            Ok(amount) => amounts.insert(line, amount),
            Err(_) => return Err(NotDone::Amount(line)),
        };
    }
    let verdict = match field("verdict") {
        "let_go" => Verdict::LetGo,
        "grant" => Verdict::Grant(amounts),
        "reject" => Verdict::Reject,
        "hold" => Verdict::Hold,
        "uphold" => Verdict::Uphold(amounts),
        "refuse" => Verdict::Refuse,
        _ => return Err(NotDone::Words),
    };
    let code = Some(field("code")).filter(|code| !code.is_empty()).map(Into::into);
    Ok(Order { verdict, code, note: field("note").into() })
}

/// Decides, and goes on to the next of the queue.
pub async fn post(
    State(hq): Shared,
    visit: Visit,
    At(row): At<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Answer {
    visit.must(Place::Review)?;
    let ask = Ask { row: Some(row), ..Ask::of_form(&pairs) };
    let (page, moved) = blocking(move || {
        let field = |name: &str| pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
        let version = field("version").parse().unwrap_or_default();
        let uuid = field("claim").to_owned();
        let seen = [Seen { id: row, version }];
        // Who comes after it is asked before it leaves the queue.
        let next = if ask.tab.is_some() { next(&hq, &visit, &ask, row)? } else { None };
        let done = match order(&pairs) {
            Ok(order) => decide::decide(&hq, &visit.person, &seen, &order)?,
            Err(why) => Err(why),
        };
        match done {
            Ok(done) => {
                let words = done.first().map(|d| told(visit.lang, d)).unwrap_or_default();
                let said = format!("done={}", words::encode(&words));
                let to = match (&ask.tab, next) {
                    (Some(_), Some((uuid, id))) => format!("{}&{said}", ask.claim(&uuid, id)),
                    (Some(_), None) => format!("/console/review{}&{said}", ask.query()),
                    (None, _) => format!("/console/claims/{}?row={row}&{said}", words::encode(&uuid)),
                };
                Ok((None, to))
            }
            Err(NotDone::Gone) => Err(Failure::Missing(Box::new(visit))),
            Err(why) => {
                let typed = Typed { problem: sentence(visit.lang, &why), pairs };
                Ok((Some(claim::page_of(&hq, visit, &uuid, &ask, Some(&typed))?), String::new()))
            }
        }
    })
    .await?;
    match page {
        Some(page) => Ok((StatusCode::CONFLICT, Html(page.into_string())).into_response()),
        None => Ok(Redirect::to(&moved).into_response()),
    }
}

fn told(lang: Lang, done: &decide::Decided) -> String {
    let (state, granted) = (words::state(lang, done.state), words::yuan(done.granted.fen_i64()));
    lang.of(format!("{state}，核准 {granted}"), format!("{state}, {granted} granted"))
}

/// The claim after one in the queue.
fn next(hq: &crate::service::Hq, visit: &Visit, ask: &Ask, row: i64) -> anyhow::Result<Option<(String, i64)>> {
    let filter = ask.filter(claims::visible(hq, visit)?);
    let db = hq.reading();
    if reviews::stands(&db.conn, row)?.is_none() {
        return Ok(None);
    }
    let risk = reviews::risk(&db.conn, row)?;
    Ok(queue::neighbours(&db.conn, &filter, row, risk)?.1)
}
