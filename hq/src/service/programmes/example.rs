//! An example basket beside a draft, priced by the code that tills and headquarters run.

use anyhow::Result;
use domain::basket::Basket;
use domain::json::{Node, Unknown};
use domain::pricing::{Priced, counting, price};
use domain::product::ListedProduct;
use domain::programme::{Measure, Programme};
use domain::time::{Period, business_date};
use domain::usage::OFFLINE;
use serde_json::{Map, Value, json};

use super::check::{Problem, words};
use super::typed::Typed;
use super::{catalogue, earliest};
use crate::service::now;
use crate::store::sql::Conn;
use crate::store::{drafts, lists, tills};

/// The basket, before and after.
#[derive(Debug, Clone)]
pub struct Example {
    /// Name of each line's product.
    pub names: Vec<String>,
    /// By the versions in force on that date.
    pub before: Priced,
    /// With the draft.
    pub after: Priced,
    /// Whether the draft counts on that date.
    pub counts: bool,
}

/// Fields of an example that is begun: the draft's first day, a store and its district.
pub fn begin(conn: &Conn, typed: &mut Typed) -> Result<()> {
    if typed.get("try.date").is_empty() {
        let from = domain::time::parse_date(typed.get("valid_from")).unwrap_or_else(|_| earliest());
        typed.set("try.date", from.max(business_date(now())).to_string());
    }
    if typed.get("try.store").is_empty()
        && let Some(store) = tills::stores(conn)?.into_iter().next()
    {
        typed.set("try.district", store.district);
        typed.set("try.store", store.code);
    }
    if typed.get("try.category").is_empty() {
        let category = typed.categories().into_iter().next().unwrap_or_else(|| "urban_dibao".into());
        typed.set("try.category", category);
    }
    if typed.get("try.size").is_empty() {
        typed.set("try.size", "1");
    }
    Ok(())
}

/// Puts a product into the example, at what some store asks for it.
pub fn add(conn: &Conn, typed: &mut Typed, key: &str) -> Result<()> {
    let row = typed.rows("try.lines");
    let body: Option<Value> = drafts::any_price(conn, key)?.and_then(|body| serde_json::from_str(&body).ok());
    let asked = body.and_then(|body| body["price"].as_str().map(str::to_owned)).unwrap_or_default();
    typed.set(format!("try.lines[{row}].product"), key);
    typed.set(format!("try.lines[{row}].unit_price"), asked);
    typed.set(format!("try.lines[{row}].quantity"), "1");
    Ok(())
}

/// Prices the example; none: nothing is in it.
pub fn run(conn: &Conn, typed: &Typed, draft: &Programme) -> Result<Option<Result<Example, Vec<Problem>>>> {
    if typed.rows("try.lines") == 0 {
        return Ok(None);
    }
    let before: Vec<Programme> = catalogue::published(conn)?.into_iter().map(|(p, _)| p).collect();
    let after: Vec<Programme> = before.iter().chain([draft]).cloned().collect();
    let (document, names) = basket(conn, typed, draft)?;
    // Numbers of households are typed, too: a word in their place is refused by the reader.
    let basket = match Basket::read(&Node::root("try", &document, Unknown::Refuse), &after) {
        Ok(basket) => basket,
        Err(refused) => {
            let place = refused.place.replace("try.beneficiary.", "try.").replace("business_date", "date");
            let place = place.replace(&format!("try.purses.{}", draft.code), "try.purse");
            let place = place.replace(&format!("try.used.{}", draft.code), "try.used");
            let (zh, en) = words(&refused.problem);
            return Ok(Some(Err(vec![Problem::new(place, zh, en)])));
        }
    };
    let counts = counting(&after, &basket).iter().any(|p| p.code == draft.code && p.version == draft.version);
    Ok(Some(Ok(Example { names, before: price(&before, &basket), after: price(&after, &basket), counts })))
}

/// The limits of a programme of which something may be used before a sale: id, and whether in yuan.
pub fn used_fields(p: &Programme) -> Vec<(&str, bool)> {
    let limits = p.limits.iter().filter(|limit| limit.per != Period::Sale);
    let own = limits.map(|limit| (limit.id.as_str(), matches!(limit.measure, Measure::Discount(_))));
    own.chain(p.offline.map(|_| (OFFLINE, true))).collect()
}

/// The example as a basket's document, and the names of its goods.
fn basket(conn: &Conn, typed: &Typed, draft: &Programme) -> Result<(Value, Vec<String>)> {
    let (mut lines, mut names) = (Vec::new(), Vec::new());
    for row in 0..typed.rows("try.lines") {
        let field = |name: &str| typed.get(&format!("try.lines[{row}].{name}"));
        let key = field("product");
        let listed: Option<ListedProduct> =
            lists::product(conn, key)?.and_then(|document| serde_json::from_str(&document).ok());
        let mut line = Map::new();
        let (kind, code) = key.split_once(':').unwrap_or(("plu", key));
        line.insert("line".into(), (row + 1).into());
        line.insert(if kind == "barcode" { "barcode" } else { "plu" }.into(), code.into());
        line.insert("group".into(), listed.as_ref().map_or("other", |p| p.group.as_str()).into());
        if let Some(p) = &listed {
            line.insert("unit".into(), p.unit.clone().into());
            if let Some(content) = p.content_kg {
                line.insert("content_kg".into(), content.to_string().into());
            }
        }
        for (name, optional) in
            [("unit_price", false), ("quantity", false), ("promotion", true), ("lowest_price_7d", true)]
        {
            if !optional || !field(name).is_empty() {
                line.insert(name.into(), field(name).into());
            }
        }
        names.push(listed.map_or_else(|| code.to_owned(), |p| p.name));
        lines.push(Value::Object(line));
    }
    let mut used = Map::new();
    for (id, _) in used_fields(draft) {
        let typed = typed.get(&format!("try.used.{id}"));
        if !typed.is_empty() {
            used.insert(id.into(), typed.into());
        }
    }
    let size = typed.get("try.size");
    let mut beneficiary = json!({
        "household": "H0", "category": typed.get("try.category"), "district": typed.get("try.district"),
        "size": size.parse::<u32>().map_or_else(|_| size.into(), Value::from), "tags": typed.words("try.tags"),
    });
    if typed.ticked("try.home") {
        beneficiary["home_store"] = typed.get("try.store").into();
    }
    let mut document = json!({
        "store": typed.get("try.store"), "business_date": typed.get("try.date"), "online": !typed.ticked("try.offline"),
        "beneficiary": beneficiary, "lines": lines,
    });
    if !used.is_empty() {
        document["used"] = json!({draft.code.as_str(): used});
    }
    if draft.is_purse() && typed.ticked("try.purse") {
        document["purses"] = json!({draft.code.as_str(): typed.get("try.purse")});
    }
    Ok((document, names))
}
