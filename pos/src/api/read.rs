//! Reading the bodies of calls: every refusal names its place, and none repeats a number that was shown.

use std::collections::BTreeMap;

use domain::basket::{SaleUnit, read_product};
use domain::id::{group_path, identifier};
use domain::json::{Node, Object, Refused, Unknown};
use domain::money::Money;
use domain::quantity::Quantity;
use domain::resident::{CardNumber, Credential, IdNumber};
use domain::sale::{ReturnLine, VerifiedBy};
use domain::till::{MAX_LINES, Refusal};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Call, Claim, Problem, Reversal, Wanted, WantedLine};

/// Who works at the other till, where its program does not say.
const SOMEONE: &str = "api";
const BASKET: [&str; 4] = ["verification", "lines", "decline", "purses"];

type Read = Result<Call, Problem>;

/// `POST /v1/verifications`.
pub fn verification(body: &Value) -> Read {
    let o = root(body).object(&["id_number", "card", "read_from", "household"])?;
    let credential = match (o.get_non_null("id_number"), o.get_non_null("card")) {
        (Some(number), None) => IdNumber::parse(number.text()?).map(Credential::Id),
        (None, Some(card)) => CardNumber::parse(card.text()?).map(Credential::Card),
        _ => return Err(o.refuse("must have exactly one of id_number and card").into()),
    };
    let credential = credential.map_err(|problem| Problem::from(Refusal::BadCredential(problem)))?;
    let is_read = o.get_non_null("read_from").map(|n| n.parse(reader)).transpose()?.unwrap_or(false);
    let by = match &credential {
        Credential::Card(_) => VerifiedBy::Card,
        Credential::Id(_) if is_read => VerifiedBy::IdCard,
        Credential::Id(_) => VerifiedBy::Typed,
    };
    let household = o.get_non_null("household").map(|n| n.parse(identifier)).transpose()?;
    Ok(Call::Verify { credential, by, household })
}

/// Whether an ID number was read from the card itself.
fn reader(text: &str) -> Result<bool, String> {
    match text {
        "id_card" => Ok(true),
        "typed" => Ok(false),
        _ => Err("must be id_card or typed".into()),
    }
}

/// `POST /v1/quotes`.
pub fn quote(body: &Value) -> Read {
    Ok(Call::Quote(wanted(&root(body).object(&BASKET)?)?))
}

/// `POST /v1/claims`.
pub fn claim(body: &Value) -> Read {
    let own = ["id", "expect", "host_receipt", "cashier", "print"];
    let o = root(body).object(&[&BASKET[..], &own].concat())?;
    Ok(Call::Claim(Box::new(Claim {
        id: o.need("id")?.parse(uuid_v7)?,
        body_hash: hash(body),
        basket: wanted(&o)?,
        expect: o.need("expect")?.object(&["take_off"])?.need("take_off")?.parse(Money::parse)?,
        host_receipt: o.need("host_receipt")?.parse(|text| words(text, 40))?,
        cashier: cashier(&o)?,
        prints: prints(&o)?,
    })))
}

/// `POST /v1/claims/{claim}/reversals`.
pub fn reversal(claim: String, body: &Value) -> Read {
    let o = root(body).object(&["id", "lines", "reason", "cashier", "print"])?;
    let line = |node: &Node<'_>| -> Result<ReturnLine, Refused> {
        let o = node.object(&["line", "quantity"])?;
        Ok(ReturnLine { line: o.need("line")?.count()?, quantity: o.need("quantity")?.parse(Quantity::parse)? })
    };
    Ok(Call::Reverse(Box::new(Reversal {
        id: o.need("id")?.parse(uuid_v7)?,
        body_hash: hash(&json!([claim, body])),
        claim,
        lines: o.need("lines")?.full_list()?.iter().map(line).collect::<Result<_, _>>()?,
        reason: o.need("reason")?.parse(|text| words(text, 60))?,
        cashier: cashier(&o)?,
        prints: prints(&o)?,
    })))
}

/// `POST /v1/window`.
pub fn window(body: &Value) -> Read {
    Ok(Call::Window { raise: root(body).object(&["raise"])?.need("raise")?.bool()? })
}

fn root(body: &Value) -> Node<'_> {
    Node::root("body", body, Unknown::Refuse)
}

fn cashier(o: &Object<'_>) -> Result<String, Refused> {
    let code = |text: &str| match identifier(text) {
        Ok(code) if code.len() <= 32 && !is_private(&code) => Ok(code),
        _ => Err("must be a staff code of at most 32 letters, digits, `_`, `-`, `.`".into()),
    };
    Ok(o.get_non_null("cashier").map(|n| n.parse(code)).transpose()?.unwrap_or_else(|| SOMEONE.into()))
}

fn prints(o: &Object<'_>) -> Result<bool, Refused> {
    Ok(o.opt("print", |n| n.bool())?.unwrap_or(false))
}

fn wanted(o: &Object<'_>) -> Result<Wanted, Refused> {
    let lines = o.need("lines")?;
    let nodes = lines.full_list()?;
    if nodes.len() > MAX_LINES {
        return Err(lines.refuse(format!("has more than {MAX_LINES} lines")));
    }
    let mut purses = BTreeMap::new();
    for (code, amount) in o.opt("purses", |n| n.entries())?.unwrap_or_default() {
        purses.insert(code.to_owned(), amount.parse(Money::parse)?);
    }
    Ok(Wanted {
        verification: o.need("verification")?.parse(|text| words(text, 64))?,
        lines: nodes.iter().map(wanted_line).collect::<Result<_, _>>()?,
        decline: o
            .opt("decline", |n| n.list()?.iter().map(|code| code.parse(identifier)).collect())?
            .unwrap_or_default(),
        purses,
    })
}

fn wanted_line(node: &Node<'_>) -> Result<WantedLine, Refused> {
    let o = node.object(&[
        "barcode",
        "plu",
        "name",
        "group",
        "unit",
        "content_kg",
        "unit_price",
        "quantity",
        "amount",
        "promotion",
        "lowest_price_7d",
    ])?;
    if let Some(plu) = o.get("plu")
        && plu.text().is_ok_and(is_private)
    {
        return Err(plu.refuse("looks like an ID number and was not kept"));
    }
    let money = |name: &str| o.opt(name, |n| n.parse(Money::parse));
    Ok(WantedLine {
        key: read_product(&o)?,
        name: o.opt("name", |n| n.parse(|text| words(text, 60)))?,
        group: o.opt("group", |n| n.parse(group_path))?,
        unit: o.opt("unit", |n| n.parse(SaleUnit::parse))?,
        content_kg: o.opt("content_kg", |n| n.parse(Quantity::parse))?,
        unit_price: money("unit_price")?,
        quantity: o.need("quantity")?.parse(Quantity::parse)?,
        amount: money("amount")?,
        promotion: money("promotion")?,
        lowest_price_7d: money("lowest_price_7d")?,
    })
}

/// Words that are kept: printable, and no ID number among them.
fn words(text: &str, most: usize) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > most || text.chars().any(char::is_control) {
        return Err(format!("must be 1 to {most} printable characters"));
    }
    if is_private(text) {
        return Err("has something like an ID number in it and was not kept".into());
    }
    Ok(text.into())
}

fn is_private(text: &str) -> bool {
    let is_number = |w: &[u8]| std::str::from_utf8(w).is_ok_and(|t| IdNumber::parse(t).is_ok());
    domain::resident::half_width(text).as_bytes().windows(18).any(is_number)
}

fn uuid_v7(text: &str) -> Result<Uuid, String> {
    let id = Uuid::try_parse(text).ok().filter(|id| id.get_version_num() == 7 && id.to_string() == text);
    id.ok_or_else(|| "must be a UUID of version 7, in small letters".into())
}

/// Hash of a body; the order of its fields does not count.
fn hash(body: &Value) -> String {
    sync::sha256(sorted(body).as_bytes())
}

fn sorted(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let fields: BTreeMap<&String, String> = map.iter().map(|(name, value)| (name, sorted(value))).collect();
            format!("{fields:?}")
        }
        Value::Array(items) => format!("{:?}", items.iter().map(sorted).collect::<Vec<_>>()),
        plain => plain.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01938f3e-0000-7000-8000-000000000001";

    fn refused(read: Read) -> Problem {
        read.unwrap_err()
    }

    #[test]
    fn a_wrong_body_is_refused_at_its_place() {
        let line = json!({"barcode": "6900000000014", "quantity": "1"});
        let good = json!({"id": ID, "verification": "v", "lines": [line], "expect": {"take_off": "1.00"}, "host_receipt": "7"});
        assert!(claim(&good).is_ok());
        let wrong = |field: &str, value: Value| {
            let mut body = good.clone();
            body[field] = value;
            refused(claim(&body)).en
        };
        assert!(wrong("id", json!("01938f3e-0000-4000-8000-000000000001")).contains("body.id"));
        assert!(wrong("lines", json!([])).contains("body.lines"));
        assert!(wrong("lines", json!([{"quantity": "1"}])).contains("body.lines[0]"));
        assert!(wrong("lines", json!([{"plu": "1", "quantity": "-1"}])).contains("body.lines[0].quantity"));
        assert!(wrong("more", json!(1)).contains("more"));
        assert!(wrong("host_receipt", json!("")).contains("host_receipt"));
        assert!(wrong("expect", json!({})).contains("take_off"));
        assert!(wrong("lines", Value::Array(vec![line.clone(); MAX_LINES + 1])).contains("lines"));
    }

    #[test]
    fn no_id_number_is_kept_or_repeated() {
        let number = format!("37081119650307001{}", domain::resident::check_character("37081119650307001"));
        for body in [json!({"id_number": format!("{number}0")}), json!({"id_number": number, "card": number})] {
            let problem = refused(verification(&body));
            assert!(!format!("{problem:?}").contains(&number[..17]), "{problem:?}");
        }
        let call = verification(&json!({"id_number": number, "read_from": "id_card"})).unwrap();
        assert!(matches!(call, Call::Verify { by: VerifiedBy::IdCard, .. }));
        assert!(!format!("{call:?}").contains(&number));
        let body = json!({"id": ID, "lines": [{"line": 1, "quantity": "1"}], "reason": format!("退 {number}")});
        assert!(!format!("{:?}", refused(reversal("1".into(), &body))).contains(&number));
        let body = json!({"verification": "v", "lines": [{"plu": number, "quantity": "1"}]});
        assert!(!format!("{:?}", refused(quote(&body))).contains(&number));
    }

    #[test]
    fn the_hash_is_of_what_is_said_and_not_of_its_order() {
        let one: Value = serde_json::from_str(r#"{"a": 1, "b": 2}"#).unwrap();
        let two: Value = serde_json::from_str(r#"{"b": 2, "a": 1}"#).unwrap();
        assert_eq!(hash(&one), hash(&two));
        assert_ne!(hash(&one), hash(&json!({"a": 1})));
    }
}
