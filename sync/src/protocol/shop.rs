//! What the tills of one store share, and a sale of another till (docs/protocol.md).

use std::collections::BTreeMap;

use domain::barcode::ProductKey;
use domain::basket::SaleUnit;
use domain::id::{group_path, identifier};
use domain::json::{Node, Object, Refused, Unknown, plain};
use domain::label::Pattern;
use domain::money::Money;
use domain::product::Product;
use domain::promotion::Promotion;
use domain::quantity::Quantity;
use domain::returns::Parts;
use domain::role::StaffRole;
use domain::tender::CashRounding;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Most changes of one upload.
pub const MAX_CHANGES: usize = 500;
/// Most bytes of one shared thing.
pub const MAX_SHARED: usize = 16 * 1024;
/// Longest name of a product, in characters.
const MAX_NAME: usize = 200;
/// Longest value of a setting, in characters.
const MAX_VALUE: usize = 2000;
/// Longest telephone number, in characters.
const MAX_PHONE: usize = 40;

/// A change that a till sends; without a body it deletes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShopChange {
    pub id: String,
    pub kind: String,
    pub key: String,
    #[serde(default)]
    pub body: Option<Value>,
    pub at: String,
    pub by: String,
}

/// Body of `POST /v1/shop`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ShopChanges {
    pub changes: Vec<ShopChange>,
}

/// Answer to `POST /v1/shop`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShopTaken {
    pub version: u64,
    pub taken: Vec<String>,
}

/// A line of the shop list; what goes is named `kind/key`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShopLine {
    Put(ShopPut),
    Delete(String),
}

/// One shared thing as the list carries it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ShopPut {
    pub kind: String,
    pub key: String,
    pub body: Value,
    pub at: String,
    pub by: String,
    /// The till where it was entered; none: at headquarters.
    pub till: Option<String>,
}

/// A shared thing, read and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shared {
    /// A product with its price.
    Product(Product),
    /// A promotion; its document is one that can price.
    Promotion { code: String, document: Value },
    /// A staff member.
    Staff { code: String, role: StaffRole, pin_hash: String, active: bool },
    /// A setting.
    Setting { name: String, value: String },
}

/// Names of the settings that a store's tills share.
pub const SHARED_SETTINGS: [&str; 5] = ["rounding", "waive_up_to", "scale_patterns", "phone", "promotions_note"];

/// A kind and key as they are kept: products under their one tagged code.
pub fn shared_key(kind: &str, key: &str) -> Result<String, String> {
    match kind {
        "product" => Ok(ProductKey::parse_tagged(key)?.tagged()),
        "promotion" | "staff" => identifier(key),
        "setting" if SHARED_SETTINGS.contains(&key) => Ok(key.into()),
        "setting" => Err(format!("there is no shared setting `{}`", cut(key))),
        _ => Err(format!("there is no kind `{}` (product, promotion, staff, setting)", cut(kind))),
    }
}

/// Reads a shared thing, or says what is wrong with it.
pub fn read_shared(kind: &str, key: &str, body: &Value) -> Result<Shared, String> {
    let key = shared_key(kind, key)?;
    if body.to_string().len() > MAX_SHARED {
        return Err(format!("its body has more than {MAX_SHARED} bytes"));
    }
    let object = Node::root("body", body, Unknown::Ignore).object(&[]).map_err(|refused| refused.to_string())?;
    let read = match kind {
        "product" => product(&key, &object),
        "promotion" => promotion(key, body),
        "staff" => staff(key, &object),
        _ => object.need("value").and_then(|node| {
            let value = node.parse(|text| setting(&key, text))?;
            Ok(Shared::Setting { name: key.clone(), value })
        }),
    };
    read.map_err(|refused| refused.to_string())
}

fn cut(text: &str) -> String {
    text.chars().take(40).collect()
}

fn product(key: &str, o: &Object<'_>) -> Result<Shared, Refused> {
    let text = |name: &str| o.opt(name, |n| n.parse(|text| printable(text, MAX_NAME))).map(Option::unwrap_or_default);
    let rate = |text: &str| if text.is_empty() { Ok(String::new()) } else { tax_rate(text) };
    let content_kg = o.get_non_null("content_kg").map(|n| n.parse(Quantity::parse)).transpose()?;
    if content_kg == Some(Quantity::ZERO) {
        return Err(o.refuse("content_kg must be above 0"));
    }
    let name = o.need("name")?.parse(|text| printable(text, MAX_NAME))?;
    if name.trim().is_empty() {
        return Err(o.refuse("name is empty"));
    }
    Ok(Shared::Product(Product {
        key: ProductKey::parse_tagged(key).map_err(|problem| o.refuse(problem))?,
        name,
        spec: text("spec")?,
        unit_name: text("unit_name")?,
        unit: o.opt("unit", |n| n.parse(SaleUnit::parse))?.unwrap_or_default(),
        content_kg,
        group: o.need("group")?.parse(group_path)?,
        price: Some(o.need("price")?.parse(Money::parse)?),
        tax_rate: o.opt("tax_rate", |n| n.parse(rate))?.unwrap_or_default(),
    }))
}

/// A promotion that prices, under its own code. The document stays as it was sent: a newer till may
/// have said more in it.
fn promotion(code: String, body: &Value) -> Result<Shared, Refused> {
    let node = Node::root("body", body, Unknown::Ignore);
    let read = Promotion::read(&node)?;
    if read.code != code {
        return Err(node.refuse(format!("its code `{}` is not its key `{}`", cut(&read.code), cut(&code))));
    }
    Ok(Shared::Promotion { code, document: body.clone() })
}

/// As a product file has it: `9%` or `0.09`.
fn tax_rate(text: &str) -> Result<String, String> {
    plain(text.strip_suffix('%').unwrap_or(text), 4, 1_000_000, "100").map(|_| text.into())
}

fn staff(code: String, o: &Object<'_>) -> Result<Shared, Refused> {
    let hash = |text: &str| {
        let fits = text.len() <= 256 && crate::password::is_hash(text);
        if fits { Ok(text.to_owned()) } else { Err("pin_hash is no Argon2 hash".into()) }
    };
    Ok(Shared::Staff {
        code,
        role: o.need("role")?.parse(StaffRole::parse)?,
        pin_hash: o.need("pin_hash")?.parse(hash)?,
        active: o.opt("active", |n| n.bool())?.unwrap_or(true),
    })
}

fn setting(name: &str, text: &str) -> Result<String, String> {
    match name {
        "rounding" => CashRounding::parse(text).map(|_| text.into()),
        "waive_up_to" => Money::parse(text).map(|money| money.to_string()),
        "phone" => printable(text, MAX_PHONE),
        "scale_patterns" => Pattern::parse_list(text).and_then(|_| at_most(text, MAX_VALUE)),
        _ => at_most(text, MAX_VALUE),
    }
}

fn at_most(text: &str, most: usize) -> Result<String, String> {
    if text.chars().count() <= most { Ok(text.into()) } else { Err(format!("has at most {most} characters")) }
}

fn printable(text: &str, most: usize) -> Result<String, String> {
    if text.chars().count() <= most && !text.chars().any(char::is_control) {
        Ok(text.into())
    } else {
        Err(format!("has at most {most} printable characters"))
    }
}

/// Answer of `GET /v1/sales`: a claimed sale of any till of the own store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignSale {
    pub number: String,
    pub till: String,
    pub claim: String,
    pub business_date: String,
    pub at: String,
    pub lines: Vec<ForeignLine>,
}

/// A line of it, as claimed, with what came back so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignLine {
    pub line: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barcode: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plu: Option<String>,
    pub unit_price: Money,
    pub unit: String,
    pub quantity: Quantity,
    pub gross: Money,
    pub promotion: Money,
    pub net: Money,
    pub purse: Money,
    pub purses: BTreeMap<String, Money>,
    pub discount: Money,
    pub subsidy: Money,
    pub programme: Option<String>,
    /// How much of it came back.
    pub returned: Quantity,
    /// What was given back with it.
    pub reversed: Parts,
}

impl ForeignLine {
    /// The figures that a return divides, as sold.
    pub fn sold(&self) -> Parts {
        Parts {
            discount: self.discount,
            subsidy: self.subsidy,
            paid: self.net - self.purse,
            purses: self.purses.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_cannot_be_sold_or_signed_in_with_is_refused() {
        let good = json!({"name": "大米", "group": "food/grain", "price": "3.50"});
        assert!(matches!(read_shared("product", "barcode:6900000000014", &good), Ok(Shared::Product(_))));
        for (field, wrong) in
            [("price", json!("-1")), ("price", json!(3.5)), ("group", json!("a b")), ("name", json!(" "))]
        {
            let mut body = good.clone();
            body[field] = wrong;
            assert!(read_shared("product", "plu:10001", &body).is_err(), "{body}");
        }
        assert!(read_shared("product", "barcode:6900000000015", &good).is_err(), "a wrong check digit");
        assert!(read_shared("staff", "c1", &json!({"role": "cashier", "pin_hash": "1234"})).is_err());
        assert!(read_shared("setting", "hq_url", &json!({"value": "https://example.org"})).is_err());
        assert!(read_shared("setting", "scale_patterns", &json!({"value": domain::label::USUAL})).is_ok());
        assert!(read_shared("setting", "scale_patterns", &json!({"value": "21IIIII"})).is_err());
        assert!(read_shared("roster", "p1", &json!({})).is_err());
    }

    #[test]
    fn a_promotion_that_prices_nothing_is_refused() {
        let good = json!({
            "code": "p1", "name": "大米特价", "valid_from": "2026-11-01", "valid_to": "2026-11-30",
            "scope": {"include": ["group:food/grain"]}, "unit_price": "19.90", "said_by_a_newer_till": 1,
        });
        let document = match read_shared("promotion", "p1", &good) {
            Ok(Shared::Promotion { document, .. }) => document,
            other => panic!("{other:?}"),
        };
        assert_eq!(document, good);
        assert!(read_shared("promotion", "p2", &good).is_err(), "another code than its key");
        for (field, wrong) in [
            ("unit_price", json!("-1")),
            ("amount_off", json!("1.00")),
            ("valid_from", json!("2026-12-01")),
            ("scope", json!({"include": []})),
            ("scope", json!({"include": ["barcode:6900000000015"]})),
            ("name", json!("")),
            ("x", json!("长".repeat(MAX_SHARED / 3))),
        ] {
            let mut body = good.clone();
            body[field] = wrong;
            assert!(read_shared("promotion", "p1", &body).is_err(), "{field}");
        }
    }
}
