//! The quote documents of pricing.md: programmes and basket in, answer out.

use serde_json::Value;

use crate::basket::Basket;
use crate::json::{Node, Refused, Unknown};
use crate::pricing::{Priced, price};
use crate::programme::{read_programme_list, read_programmes};

/// Prices a basket document by a programmes document (`{"programmes": […]}`).
pub fn quote(programmes: &Value, basket: &Value) -> Result<Priced, Refused> {
    let programmes = read_programmes(&Node::root("programmes file", programmes, Unknown::Refuse))?;
    let basket = Basket::read(&Node::root("basket", basket, Unknown::Refuse), &programmes)?;
    Ok(price(&programmes, &basket))
}

/// Prices one line of `--cases`: `{"programmes": […], "basket": {…}}`.
pub fn quote_case(case: &Value) -> Result<Priced, Refused> {
    let case = Node::root("case", case, Unknown::Refuse).object(&["programmes", "basket"])?;
    let programmes = read_programme_list(&case.need("programmes")?)?;
    let basket = Basket::read(&case.need("basket")?, &programmes)?;
    Ok(price(&programmes, &basket))
}
