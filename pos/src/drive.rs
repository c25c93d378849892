//! The till without its window: one JSON command a line in, one JSON answer a line out
//! (spec/cli.md).

use std::io::{BufRead, Read as _, Write};
use std::time::Duration;

use anyhow::{Context as _, Result};
use domain::id::identifier;
use domain::json::{Node, Object, Refused, Unknown};
use domain::quantity::Quantity;
use domain::resident::{CardNumber, Credential, IdNumber};
use domain::sale::ReturnLine;
use domain::tender::TenderKind;
use domain::till::{Event, Refusal, Reply};
use serde_json::{Value, json};

use crate::commands;
use crate::effects::{Driver, entry_of, verified_by};
use crate::shop::commands_log;

/// Longest command.
const MAX_LINE: u64 = 64 * 1024;
/// Longest that `pay` and `reprint` wait to say whether the paper is out; the sale is safe before.
const PAPER: Duration = Duration::from_millis(1500);

/// Answers commands until the input ends.
pub fn run(driver: &mut Driver, mut input: impl BufRead, mut output: impl Write) -> Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        let count = (&mut input).take(MAX_LINE + 1).read_until(b'\n', &mut line).context("reading a command")?;
        if count == 0 {
            break;
        }
        let answer = if u64::try_from(count).is_ok_and(|count| count > MAX_LINE) {
            skip_line(&mut input)?;
            refuse("the command is longer than 64 KiB")
        } else if line.trim_ascii().is_empty() {
            continue;
        } else {
            command(driver, &line)
        };
        serde_json::to_writer(&mut output, &answer).context("writing an answer")?;
        output.write_all(b"\n").and_then(|()| output.flush()).context("writing an answer")?;
        // What was answered stays answered, whatever the disk does to the paper.
        if let Err(err) = driver.spool.pump(&driver.shop) {
            commands_log(&format!("the print queue: {err:#}"));
        }
    }
    Ok(())
}

fn skip_line(input: &mut impl BufRead) -> Result<()> {
    loop {
        let buffer = input.fill_buf().context("reading a command")?;
        let end = buffer.iter().position(|b| *b == b'\n');
        let count = end.map_or(buffer.len(), |i| i + 1);
        if count == 0 {
            return Ok(());
        }
        input.consume(count);
        if end.is_some() {
            return Ok(());
        }
    }
}

fn refuse(problem: impl std::fmt::Display) -> Value {
    json!({ "ok": false, "error": problem.to_string() })
}

fn command(driver: &mut Driver, line: &[u8]) -> Value {
    let value: Value = match serde_json::from_slice(line) {
        Ok(value) => value,
        Err(err) => return refuse(format!("not a JSON command: {err}")),
    };
    match dispatch(driver, &value) {
        Ok(answer) => answer,
        Err(refused) => refuse(refused),
    }
}

/// Fields of each command beside `do` and `manager`.
fn fields(name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "login" => &["staff", "pin"],
        "open_shift" => &["float"],
        "scan" => &["code"],
        "quantity" => &["line", "value"],
        "remove" => &["line"],
        "verify" => &["id_number", "card", "household"],
        "decline" => &["programme"],
        "purse" => &["programme", "amount"],
        "recall" => &["n"],
        "pay" => &["tender", "amount", "reference"],
        "return" => &["sale", "lines", "reason"],
        "reprint" => &["sale"],
        "close_shift" => &["counted"],
        "unverify" | "park" | "clear" | "x_report" | "close_day" | "sync" => &[],
        _ => return None,
    })
}

fn dispatch(driver: &mut Driver, value: &Value) -> Result<Value, Refused> {
    let root = Node::root("command", value, Unknown::Refuse);
    let name = value.get("do").and_then(Value::as_str).ok_or_else(|| root.refuse("`do` is missing"))?;
    let known = fields(name).ok_or_else(|| root.refuse(format!("there is no command `{name}`")))?;
    let o = root.object(&[known, &["do", "manager"]].concat())?;
    if let Some(manager) = o.get("manager") {
        let m = manager.object(&["staff", "pin"])?;
        if let Err(refusal) = driver.check_manager(m.need("staff")?.text()?, m.need("pin")?.text()?) {
            return Ok(refuse(refusal));
        }
    }
    let text = |field: &str| o.need(field)?.text().map(str::to_owned);
    let event = match name {
        "login" => Event::SignIn { staff: text("staff")?, pin: text("pin")? },
        "open_shift" => Event::OpenShift { float: text("float")? },
        "scan" => {
            let code = text("code")?;
            Event::Scanned { entry: entry_of(&code), code, quantity: None }
        }
        "quantity" => Event::SetQuantity { line: o.need("line")?.count()?, value: text("value")? },
        "remove" => Event::RemoveLine { line: o.need("line")?.count()? },
        "verify" => verify(&o)?,
        "unverify" => Event::Unverify,
        "decline" => Event::Decline { programme: text("programme")? },
        "purse" => Event::Purse { programme: text("programme")?, amount: text("amount")? },
        "park" => Event::Park,
        "recall" => Event::Recall { n: o.need("n")?.count()? },
        "clear" => Event::Clear { reason: None },
        "pay" => Event::Pay {
            kind: o.need("tender")?.parse(TenderKind::parse)?,
            amount: o.opt("amount", |n| n.text().map(str::to_owned))?,
            reference: o.get_non_null("reference").map(|n| n.parse(reference)).transpose()?,
            seen: None,
        },
        "return" => return take_back(driver, &o),
        other => return Ok(report(driver, other, &o)),
    };
    let reply = driver.handle(event);
    Ok(answer(driver, reply))
}

/// An acquirer's number; a payment code or anything long is not kept.
fn reference(text: &str) -> Result<String, String> {
    if text.len() <= 64 && !text.chars().any(char::is_control) {
        Ok(text.into())
    } else {
        Err("must be at most 64 printable characters".into())
    }
}

fn verify(o: &Object<'_>) -> Result<Event, Refused> {
    let household = o.opt("household", |n| n.parse(identifier))?;
    let (credential, card) = match (o.get("id_number"), o.get("card")) {
        (Some(number), None) => (IdNumber::parse(number.text()?).map(Credential::Id), false),
        (None, Some(card)) => (CardNumber::parse(card.text()?).map(Credential::Card), true),
        _ => return Err(o.refuse("must have exactly one of id_number and card")),
    };
    Ok(Event::Verify { credential, by: verified_by(card), household })
}

fn take_back(driver: &mut Driver, o: &Object<'_>) -> Result<Value, Refused> {
    let mut lines = Vec::new();
    for node in o.need("lines")?.full_list()? {
        let line = node.object(&["line", "quantity"])?;
        lines.push(ReturnLine {
            line: line.need("line")?.count()?,
            quantity: line.need("quantity")?.parse(Quantity::parse)?,
        });
    }
    let reason = o.need("reason")?.parse(reference)?;
    Ok(match driver.take_back(o.need("sale")?.text()?, &lines, &reason) {
        Ok(returned) => {
            let printed = printed(driver, returned.job);
            json!({
                "ok": true, "refund": returned.refund, "reversals": returned.reversals,
                "number": returned.number, "printed": printed,
            })
        }
        Err(refusal) => refuse(refusal),
    })
}

fn report(driver: &mut Driver, name: &str, o: &Object<'_>) -> Value {
    let counted = o.get("counted").and_then(|n| n.text().ok()).map(str::to_owned);
    let made = match name {
        "x_report" => driver.x_report(),
        "close_shift" => match counted {
            Some(counted) => driver.close_shift(&counted, None),
            None => return refuse("command: `counted` is missing"),
        },
        "close_day" => driver.close_day(),
        "reprint" => return reprint(driver, o),
        _ => {
            return match commands::sync::round(&mut driver.shop).and_then(|moved| driver.refresh().map(|()| moved)) {
                Ok(moved) => json!({ "ok": true, "moved": moved }),
                Err(err) => refuse(format!("{err:#}")),
            };
        }
    };
    match made {
        Ok(report) => json!({ "ok": true, "report": report }),
        Err(refusal) => refuse(refusal),
    }
}

fn reprint(driver: &mut Driver, o: &Object<'_>) -> Value {
    let Some(number) = o.get("sale").and_then(|n| n.text().ok()).map(str::to_owned) else {
        return refuse("command: `sale` is missing");
    };
    match driver.reprint(&number) {
        Ok((copy, job)) => {
            let printed = printed(driver, Some(job));
            json!({ "ok": true, "report": { "sale": number, "copy": copy, "printed": printed } })
        }
        Err(err) => refuse(format!("{err:#}")),
    }
}

fn printed(driver: &mut Driver, job: Option<i64>) -> bool {
    let Some(job) = job else { return false };
    driver.spool.wait(&driver.shop, job, PAPER).unwrap_or(false)
}

fn answer(driver: &mut Driver, reply: Reply) -> Value {
    match reply {
        Reply::Done => json!({ "ok": true }),
        Reply::Basket(priced) | Reply::Announced(priced) => json!({ "ok": true, "basket": priced }),
        Reply::Weigh { code, .. } => refuse(Refusal::BadQuantity(code)),
        Reply::Due(due) => json!({ "ok": true, "due": due }),
        Reply::Refused(refusal) => refuse(refusal),
        Reply::Choose(list) => {
            let list: Vec<Value> =
                list.into_iter().map(|(household, name)| json!({ "household": household, "name": name })).collect();
            json!({ "ok": true, "choose": list })
        }
        Reply::Beneficiary(view) => {
            let programmes: Vec<Value> = view
                .programmes
                .iter()
                .map(|(code, left)| {
                    let left: serde_json::Map<String, Value> =
                        left.iter().map(|(id, amount)| (id.clone(), json!(amount))).collect();
                    json!({ "code": code, "left": left })
                })
                .collect();
            json!({ "ok": true, "beneficiary": {
                "name": view.name, "category": view.category, "household": view.household,
                "online": view.online, "programmes": programmes,
            }})
        }
        Reply::Sale(sale) => {
            let printed = printed(driver, sale.job);
            json!({ "ok": true, "sale": {
                "number": sale.number, "totals": sale.totals, "change": sale.change,
                "rounding": sale.rounding, "claims": sale.claims, "printed": printed,
            }})
        }
    }
}
