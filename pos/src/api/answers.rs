//! The documents that answer calls. What was made is answered from the store, so that the same call
//! again, even after a restart, is answered the same.

use chrono::TimeDelta;
use domain::lang::Lang;
use domain::money::Money;
use domain::pricing::Priced;
use domain::programme::Unit;
use domain::receipt::{Kind, Receipt};
use domain::till::family::family;
use domain::till::{Family, FamilyProgramme, LeftOver};
use domain::time::rfc3339;
use domain::words::{benefit, period};
use printers::Profile;
use serde_json::{Value, json};
use store::{StoredLine, StoredSale};
use sync::protocol::DecisionLine;

use super::session::VALID;
use super::{Answer, Problem};
use crate::app::words;
use crate::effects::{Driver, failed};

/// Width of a slip as text.
const COLUMNS: usize = 32;

/// `GET /v1/health`.
pub fn health(driver: &Driver, has_window: bool) -> Answer {
    let shop = &driver.shop;
    let (unsent, _) = shop.store.unsent().map_err(failed)?;
    Ok(json!({
        "program": "jihui-till",
        "version": env!("CARGO_PKG_VERSION"),
        "store": shop.identity.as_ref().map(|id| &id.store),
        "till": shop.identity.as_ref().map(|id| &id.till),
        "ready": shop.identity.is_some() && shop.store.list_version("roster").map_err(failed)?.is_some(),
        "online": shop.is_online().map_err(failed)?,
        "unsent": unsent,
        "window": has_window,
    }))
}

/// `POST /v1/window`.
pub fn window(raise: bool) -> Value {
    json!({ "raise": raise })
}

/// Several households may be meant.
pub fn choice(households: impl Iterator<Item = (String, String)>) -> Value {
    let households: Vec<Value> =
        households.map(|(household, name)| json!({ "household": household, "name": name })).collect();
    json!({ "verification": null, "households": households })
}

/// Somebody is verified in the driver's basket.
pub fn verified(driver: &Driver, id: &str) -> Answer {
    let cx = driver.context();
    let family = family(&driver.till, &cx).ok_or(domain::till::Refusal::NotVerified)?;
    let until = cx.now + TimeDelta::from_std(VALID).unwrap_or_default();
    Ok(json!({
        "verification": id,
        "valid_until": rfc3339(until),
        "name": family.name,
        "online": family.online,
        "programmes": programmes(&family),
        "households": [],
    }))
}

/// Name and category stay behind: the other till needs what is left, and no more.
fn programmes(family: &Family) -> Vec<Value> {
    family.programmes.iter().map(programme).collect()
}

fn programme(p: &FamilyProgramme) -> Value {
    json!({
        "code": p.code,
        "name": both(|lang| words::programme(lang, p)),
        "benefit": both(|lang| benefit(lang, p.benefit)),
        "purse": p.is_purse(),
        "declined": p.declined,
        "left": p.left.iter().map(left).collect::<Vec<_>>(),
    })
}

fn left(left: &LeftOver) -> Value {
    let unit = match left.unit {
        None => "yuan",
        Some(Unit::Kg) => "kg",
        Some(Unit::Piece) => "piece",
    };
    json!({ "amount": left.amount, "unit": unit, "per": both(|lang| period(lang, left.per).into()) })
}

fn both(words: impl Fn(Lang) -> String) -> Value {
    json!({ "zh": words(Lang::Zh), "en": words(Lang::En) })
}

/// `POST /v1/quotes`: the answer of spec/pricing.md, with words for people.
pub fn quote(driver: &Driver, priced: &Priced) -> Value {
    let mut answer = json!(priced);
    answer["take_off"] = json!(priced.totals.discount + priced.totals.purse);
    if let Some(lines) = answer["lines"].as_array_mut() {
        for (line, of) in lines.iter_mut().zip(&priced.lines) {
            line["words"] = both(|lang| match words::reason(lang, of) {
                Some(words) => words.into(),
                None => lang.of("享受全部优惠", "the full discount").into(),
            });
        }
    }
    let family = family(&driver.till, &driver.context());
    answer["left"] = json!(family.as_ref().map(programmes).unwrap_or_default());
    answer
}

/// Whether another till took the money.
pub fn is_beside(sale: &StoredSale) -> bool {
    receipt(&sale.receipt).is_ok_and(|receipt| matches!(receipt.kind, Kind::Beside { .. }))
}

fn receipt(text: &str) -> Result<Receipt, Problem> {
    serde_json::from_str(text).map_err(|err| failed(err).into())
}

/// `POST /v1/claims`: nothing in it changes later.
pub fn claimed(sale: &StoredSale) -> Answer {
    let receipt = receipt(&sale.receipt)?;
    let sum = |part: &dyn Fn(&StoredLine) -> Money| -> Money { sale.lines.iter().map(part).sum() };
    let (discount, subsidy) = (sum(&|l| l.sold.discount), sum(&|l| l.sold.subsidy));
    let (purse, paid) = (sum(&|l| l.sold.purse()), sum(&|l| l.sold.paid));
    let left: Vec<Value> = receipt
        .left
        .iter()
        .map(|row| json!({ "programme": row.name, "period": row.period, "left": row.amount }))
        .collect();
    let host_receipt = match &receipt.kind {
        Kind::Beside { host_receipt } => host_receipt.clone(),
        Kind::Sale | Kind::Return { .. } | Kind::Void { .. } => None,
    };
    Ok(json!({
        "claim": sale.uuid,
        "number": sale.number,
        "at": rfc3339(receipt.at),
        "cashier": receipt.cashier,
        "host_receipt": host_receipt,
        "take_off": discount + purse,
        "totals": {
            "gross": sum(&|l| l.gross), "promotion": sum(&|l| l.promotion), "discount": discount,
            "subsidy": subsidy, "concession": discount - subsidy, "net": paid + purse, "purse": purse,
            "due": paid, "claim": subsidy + purse,
        },
        "left": left,
        "slip": slip(&receipt)?,
    }))
}

/// A receipt as it stands on narrow paper.
fn slip(receipt: &Receipt) -> Result<String, Problem> {
    let bytes = printers::receipt_bytes(receipt, Profile::with_columns(COLUMNS)).map_err(failed)?;
    Ok(printers::paper::read(&bytes).text())
}

/// `GET /v1/claims/{claim}`: the same, and how it stands now.
pub fn standing(driver: &Driver, sale: &StoredSale) -> Answer {
    let store = &driver.shop.store;
    let mut answer = claimed(sale)?;
    answer["lines"] = sale.lines.iter().map(line).collect();
    answer["reversals"] = json!(store.returns_of(sale.id).map_err(failed)?);
    answer["sent"] = json!(store.is_sent(&sale.uuid).map_err(failed)?);
    let decision = store.decision(&sale.uuid).map_err(failed)?;
    let decision = decision.and_then(|text| serde_json::from_str::<DecisionLine>(&text).ok());
    answer["decision"] = decision.map_or(Value::Null, |d| json!({ "state": d.state, "reasons": d.reasons }));
    Ok(answer)
}

fn line(line: &StoredLine) -> Value {
    json!({
        "line": line.line,
        "code": line.code,
        "name": line.name,
        "quantity": line.quantity,
        "returned": line.returned,
        "unit_price": line.unit_price,
        "gross": line.gross,
        "promotion": line.promotion,
        "programme": line.programme,
        "take_off": line.sold.discount + line.sold.purse(),
    })
}

/// `POST /v1/claims/{claim}/reversals`: nothing in it changes later.
pub fn reversed(driver: &Driver, id: &str) -> Answer {
    let found = driver.shop.store.return_of(id).map_err(failed)?;
    let found = found.ok_or_else(|| Problem::unknown("没有这一笔退货。", "There is no such reversal."))?;
    let receipt = receipt(&found.receipt)?;
    let back: Money = found.lines.iter().map(|(_, _, parts)| parts.discount + parts.purse()).sum();
    let lines: Vec<Value> = found
        .lines
        .iter()
        .map(|(line, quantity, parts)| {
            json!({ "line": line, "quantity": quantity, "take_off_back": parts.discount + parts.purse() })
        })
        .collect();
    Ok(json!({
        "reversal": found.uuid,
        "claim": found.sale,
        "number": found.number,
        "at": rfc3339(receipt.at),
        "take_off_back": back,
        "lines": lines,
        "slip": slip(&receipt)?,
    }))
}
