//! From another till's basket to the state machine's: what that till does not say, the shop does.

use domain::barcode::ProductKey;
use domain::basket::{BasketLine, SaleUnit};
use domain::money::{MAX_FEN, Money};
use domain::pricing::Priced;
use domain::product::Product;
use domain::quantity::Quantity;
use domain::sale::{Change, Changed, Entry, SaleLine, Verified};
use domain::tender::looks_like_payment_code;
use domain::till::{Event, Held, Refusal, Reply, Screen};
use domain::time::business_date;
use uuid::Uuid;

use super::{Problem, Wanted, WantedLine};
use crate::effects::{Driver, LOWEST_OVER_MS, failed};

/// What a record says of a price that the other till decided.
const AT_THE_OTHER_TILL: &str = "收银机的价格";

/// Fills the driver's basket and prices it, as the window would when the sum is told: under the id that its
/// claim will have, and by what is held for that already.
pub fn fill(
    driver: &mut Driver,
    verified: Verified,
    wanted: &Wanted,
    cashier: &str,
    (claim, held): (Uuid, Option<Held>),
) -> Result<Priced, Problem> {
    let verified = freshened(driver, verified)?;
    let mut lines = Vec::with_capacity(wanted.lines.len());
    for (n, line) in (1_u32..).zip(&wanted.lines) {
        let line = completed(driver, n, line, cashier).map_err(|refusal| Problem::from(refusal).at_line(n))?;
        lines.push(line);
    }
    if let Screen::Sale { sale, .. } = &mut driver.till.screen {
        sale.started_at = Some(verified.at);
        sale.next_line = lines.last().map_or(0, |line| line.basket.line);
        sale.lines = lines;
        sale.verified = Some(verified);
        (sale.claim, sale.held) = (Some(claim), held);
    }
    for programme in &wanted.decline {
        said(driver.handle(Event::Decline { programme: programme.clone() }))?;
    }
    for (programme, amount) in &wanted.purses {
        let (programme, amount) = (programme.clone(), amount.to_string());
        said(driver.handle(Event::Purse { programme, amount }))?;
    }
    match said(driver.handle(Event::Announce))? {
        Reply::Announced(priced) => Ok(priced),
        _ => Err(Refusal::BasketEmpty.into()),
    }
}

/// A reply, or the problem that it is.
pub fn said(reply: Reply) -> Result<Reply, Problem> {
    match reply {
        Reply::Refused(refusal) => Err(refusal.into()),
        other => Ok(other),
    }
}

/// Who was verified, by what roster and balances say at this moment: something may have been bought
/// since, here or elsewhere.
fn freshened(driver: &Driver, verified: Verified) -> Result<Verified, Refusal> {
    let shop = &driver.shop;
    let date = business_date(shop.now());
    if let Some(days) = shop.roster_too_old().map_err(failed)? {
        return Err(Refusal::RosterTooOld { days });
    }
    if !verified.entry.is_eligible(date) {
        return Err(Refusal::NotEligible { status: "out of its dates" });
    }
    Ok(Verified {
        used: shop.store.used(&verified.entry, date, &shop.programmes).map_err(failed)?,
        heard: shop.store.heard().map_err(failed)?,
        online: shop.is_online().map_err(failed)?,
        ..verified
    })
}

fn completed(driver: &Driver, n: u32, wanted: &WantedLine, cashier: &str) -> Result<SaleLine, Refusal> {
    let code = wanted.key.parts().1;
    if looks_like_payment_code(&code) {
        return Err(Refusal::PaymentCode);
    }
    let product = product(driver, wanted)?.ok_or_else(|| Refusal::UnknownProduct(code.clone()))?;
    let unit_price = product.price.ok_or(Refusal::NoPrice(code))?;
    let since = driver.shop.now().timestamp_millis() - LOWEST_OVER_MS;
    let lowest = match wanted.lowest_price_7d {
        Some(given) => Some(given),
        None => driver.shop.store.lowest_price(&product.key, since).map_err(failed)?,
    };
    let promotion = wanted.promotion.unwrap_or_default();
    let line = BasketLine {
        line: n,
        product: product.key.clone(),
        group: product.group.clone(),
        unit: product.unit,
        content_kg: product.content_kg,
        unit_price,
        quantity: wanted.quantity,
        amount: wanted.amount,
        promotion,
        lowest_price_7d: lowest,
    };
    check(&line)?;
    // The other till's price is what its customers pay: the shop's own promotions have no part in it.
    let is_theirs = wanted.unit_price.is_some() || wanted.promotion.is_some();
    let changed = is_theirs.then(|| Changed {
        manager: cashier.into(),
        reason: AT_THE_OTHER_TILL.into(),
        change: Change::Off(promotion),
    });
    let entry = match wanted.key {
        ProductKey::Gtin(_) => Entry::Scan,
        ProductKey::Plu(_) => Entry::Plu,
    };
    Ok(SaleLine { basket: line, product, at: driver.shop.now(), entry, changed })
}

/// Headquarters' group first, then the shop's product, then what the caller says.
fn product(driver: &Driver, wanted: &WantedLine) -> Result<Option<Product>, Refusal> {
    let store = &driver.shop.store;
    let known = match store.product(&wanted.key).map_err(failed)? {
        Some(product) => Some(product),
        None => store.listed_product(&wanted.key).map_err(failed)?,
    };
    let nameless = |group: &String| Product {
        key: wanted.key.clone(),
        name: wanted.key.parts().1,
        spec: String::new(),
        unit_name: String::new(),
        unit: SaleUnit::Piece,
        content_kg: None,
        group: group.clone(),
        price: None,
        tax_rate: String::new(),
    };
    let is_listed = known.is_some();
    let Some(mut product) = known.or_else(|| wanted.group.as_ref().map(nameless)) else {
        return Ok(None);
    };
    if let Some(name) = wanted.name.as_ref().filter(|_| !is_listed) {
        product.name.clone_from(name);
    }
    if let Some(unit) = wanted.unit.filter(|unit| *unit != product.unit || product.unit_name.is_empty()) {
        product.unit = unit;
        product.unit_name.clear();
    }
    if product.unit_name.is_empty() {
        product.unit_name = unit_name(product.unit).into();
    }
    product.content_kg = product.content_kg.or(wanted.content_kg);
    product.price = wanted.unit_price.or(product.price);
    Ok(Some(product))
}

fn unit_name(unit: SaleUnit) -> &'static str {
    match unit {
        SaleUnit::Piece => "件",
        SaleUnit::Kg => "公斤",
        SaleUnit::Jin => "斤",
    }
}

fn check(line: &BasketLine) -> Result<(), Refusal> {
    let quantity = line.quantity;
    if quantity == Quantity::ZERO || (line.unit == SaleUnit::Piece && !quantity.is_whole()) {
        return Err(Refusal::BadQuantity(quantity.to_string()));
    }
    if line.content_kg == Some(Quantity::ZERO) {
        return Err(Refusal::BadQuantity("0".into()));
    }
    let gross: Money = line.gross();
    if gross.fen() > MAX_FEN {
        return Err(Refusal::LineTooLarge);
    }
    if line.promotion > gross {
        return Err(Refusal::BadAmount(line.promotion.to_string()));
    }
    Ok(())
}
