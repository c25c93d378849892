//! The part of the state machine that fills a basket.

use chrono::NaiveDate;

use super::effect::{Effect, Reply};
use super::event::{Context, Event, Found};
use super::refusal::Refusal;
use super::screen::{OpenSale, Parked, ParkedLine};
use super::{MAX_LINES, Till, changing, holding, paying, verifying};
use crate::basket::{Basket, BasketLine, SaleUnit};
use crate::id::identifier;
use crate::money::{MAX_FEN, Money};
use crate::pricing::price;
use crate::product::Product;
use crate::promotion;
use crate::quantity::Quantity;
use crate::sale::{Change, Entry, ManualSlip, SaleLine};
use crate::time::{business_date, parse_date};

pub use super::verifying::{fitting, left};

pub fn step(till: &mut Till, event: Event, cx: &Context) -> Result<Vec<Effect>, Refusal> {
    match event {
        Event::Scanned { code, entry, quantity } => {
            unpaid(till)?;
            Ok(vec![Effect::FindProduct { code, entry, quantity }])
        }
        Event::ProductFound { code, entry, quantity, found } => add(till, code, entry, quantity, found?, cx),
        Event::RepeatLast => repeat(till, cx),
        Event::SetQuantity { line, value } => {
            let sale = unpaid(till)?;
            let line = line_mut(sale, line)?;
            set_quantity(line, &value)?;
            show(till, cx)
        }
        Event::RemoveLine { line } => {
            let sale = unpaid(till)?;
            let gone = line_mut(sale, line)?.clone();
            sale.lines.retain(|l| l.basket.line != line);
            let detail = format!("{} × {}", gone.product.key.tagged(), gone.basket.quantity);
            let mut effects = vec![Effect::Remember { action: "remove_line", detail }];
            effects.extend(show(till, cx)?);
            Ok(effects)
        }
        Event::Park => park(till),
        Event::WasParked(kept) => {
            kept?;
            let sale = till.screen.sale()?.2;
            let mut effects = verifying::abandon(sale);
            *sale = OpenSale::default();
            effects.extend(show(till, cx)?);
            Ok(effects)
        }
        Event::Recall { n } => {
            if unpaid(till)?.lines.is_empty() {
                Ok(vec![Effect::Recall { n }])
            } else {
                Err(Refusal::BasketNotEmpty)
            }
        }
        Event::Recalled(parked) => {
            parked?;
            show(till, cx)
        }
        Event::Clear { reason } => clear(till, reason, cx),
        Event::Slip { no, date } => slip(till, &no, &date, cx),
        Event::Verify { .. }
        | Event::Looked { .. }
        | Event::Unverify
        | Event::Decline { .. }
        | Event::Accept { .. }
        | Event::Purse { .. } => verifying::step(till, event, cx),
        Event::Approve { .. } | Event::Approved { .. } | Event::Waive { .. } => changing::step(till, event, cx),
        Event::Announce | Event::Pay { .. } | Event::Claim { .. } | Event::Committed(_) => {
            paying::step(till, event, cx)
        }
        Event::SignIn { .. }
        | Event::SignOut
        | Event::Lock
        | Event::PinChecked(_)
        | Event::OpenShift { .. }
        | Event::ShiftOpened(_)
        | Event::ShiftClosed
        | Event::Held { .. }
        | Event::NotHeld { .. }
        | Event::MadeBeside { .. }
        | Event::Refreshed { .. } => Ok(Vec::new()),
    }
}

/// The open sale, as long as nothing was paid.
pub fn unpaid(till: &mut Till) -> Result<&mut OpenSale, Refusal> {
    let sale = till.screen.sale()?.2;
    if sale.tenders.is_empty() { Ok(sale) } else { Err(Refusal::PaymentStarted) }
}

pub fn line_mut(sale: &mut OpenSale, line: u32) -> Result<&mut SaleLine, Refusal> {
    sale.lines.iter_mut().find(|l| l.basket.line == line).ok_or(Refusal::UnknownLine(line))
}

fn quantity_of(text: &str, unit: SaleUnit) -> Result<Quantity, Refusal> {
    let bad = || Refusal::BadQuantity(text.into());
    let quantity = Quantity::parse(text).map_err(|_| bad())?;
    if quantity == Quantity::ZERO || (unit == SaleUnit::Piece && !quantity.is_whole()) {
        return Err(bad());
    }
    Ok(quantity)
}

fn set_quantity(line: &mut SaleLine, value: &str) -> Result<(), Refusal> {
    let quantity = quantity_of(value, line.basket.unit)?;
    // A label's amount is for the label's quantity: another quantity is charged by price.
    let changed = BasketLine { quantity, amount: None, ..line.basket.clone() };
    line.basket = checked(changed)?;
    Ok(())
}

fn checked(line: BasketLine) -> Result<BasketLine, Refusal> {
    if line.gross().fen() > MAX_FEN { Err(Refusal::LineTooLarge) } else { Ok(line) }
}

/// Adds what a code stands for, or more of it where the basket has it already.
fn add(
    till: &mut Till,
    code: String,
    entry: Entry,
    quantity: Option<String>,
    found: Found,
    cx: &Context,
) -> Result<Vec<Effect>, Refusal> {
    let Found { product, label, lowest_price_7d } = found;
    let unit_price = product.price.ok_or_else(|| Refusal::NoPrice(code.clone()))?;
    let (quantity, amount, entry) = match (&label, quantity) {
        (Some(label), _) => {
            let (quantity, amount) = weighed(label, &product, unit_price).ok_or(Refusal::BadLabel(code))?;
            (quantity, amount, Entry::Label)
        }
        (None, Some(text)) => (quantity_of(&text, product.unit)?, None, entry),
        (None, None) if till.asks_weight && product.unit != SaleUnit::Piece => {
            unpaid(till)?;
            return Ok(vec![Effect::Tell(Reply::Weigh { code, entry, product: Box::new(product) })]);
        }
        (None, None) => (Quantity::ONE, None, entry),
    };
    let wanted = BasketLine {
        line: 0,
        product: product.key.clone(),
        group: product.group.clone(),
        unit: product.unit,
        content_kg: product.content_kg,
        unit_price,
        quantity,
        amount,
        promotion: Money::ZERO,
        lowest_price_7d,
    };
    push(till, SaleLine { basket: wanted, product, at: cx.now, entry, changed: None }, cx)?;
    show(till, cx)
}

/// Quantity in the product's unit and the label's amount, if it has one: that amount stands.
fn weighed(label: &crate::label::Label, product: &Product, unit_price: Money) -> Option<(Quantity, Option<Money>)> {
    let in_unit = |kg: Quantity| match product.unit {
        SaleUnit::Kg => Some(kg),
        SaleUnit::Jin => Some(Quantity::from_milli(kg.milli() * 2)),
        SaleUnit::Piece => None,
    };
    match (label.weight, label.amount) {
        (Some(kg), amount) => Some((in_unit(kg)?, amount)),
        (None, Some(amount)) if product.unit == SaleUnit::Piece => Some((Quantity::ONE, Some(amount))),
        // What was charged and what it costs say how much it was.
        (None, Some(amount)) if !unit_price.is_zero() => {
            let milli = (amount.fen() * 2000 + unit_price.fen()) / (unit_price.fen() * 2);
            (milli > 0).then(|| (Quantity::from_milli(milli), Some(amount)))
        }
        (None, _) => None,
    }
}

/// Puts a line in; pieces of the same price make one line.
fn push(till: &mut Till, mut line: SaleLine, cx: &Context) -> Result<(), Refusal> {
    let sale = unpaid(till)?;
    let merges = line.basket.unit == SaleUnit::Piece && line.basket.amount.is_none() && line.changed.is_none();
    let same = |l: &&mut SaleLine| {
        l.product.key == line.product.key
            && l.basket.unit_price == line.basket.unit_price
            && l.basket.amount.is_none()
            && l.changed.is_none()
    };
    if merges && let Some(present) = sale.lines.iter_mut().find(same) {
        let more = BasketLine { quantity: present.basket.quantity + line.basket.quantity, ..present.basket.clone() };
        if more.quantity.milli() > crate::quantity::MAX_MILLI {
            return Err(Refusal::LineTooLarge);
        }
        present.basket = checked(more)?;
        sale.last = Some(present.basket.line);
        return Ok(());
    }
    if sale.lines.len() >= MAX_LINES {
        return Err(Refusal::BasketFull);
    }
    line.basket = checked(line.basket)?;
    sale.started_at.get_or_insert(cx.now);
    sale.next_line += 1;
    line.basket.line = sale.next_line;
    sale.last = Some(sale.next_line);
    sale.lines.push(line);
    Ok(())
}

/// The line entered last once more: one more piece, or the same weight again.
fn repeat(till: &mut Till, cx: &Context) -> Result<Vec<Effect>, Refusal> {
    let sale = unpaid(till)?;
    let last = sale.last.and_then(|last| sale.lines.iter().find(|l| l.basket.line == last));
    let mut again = last.cloned().ok_or(Refusal::NothingToRepeat)?;
    if again.basket.unit == SaleUnit::Piece && again.basket.amount.is_none() {
        again.basket.quantity = Quantity::ONE;
    }
    if again.changed.take().is_some() {
        // What a manager allowed was for one line.
        again.basket.unit_price = again.product.price.unwrap_or(again.basket.unit_price);
    }
    again.at = cx.now;
    push(till, again, cx)?;
    show(till, cx)
}

fn park(till: &mut Till) -> Result<Vec<Effect>, Refusal> {
    let sale = unpaid(till)?;
    if sale.lines.is_empty() {
        return Err(Refusal::BasketEmpty);
    }
    if sale.slip.is_some() {
        return Err(Refusal::SlipOpen);
    }
    let keep = |l: &SaleLine| ParkedLine {
        product: l.product.key.clone(),
        quantity: l.basket.quantity,
        entry: l.entry,
        amount: l.basket.amount,
        changed: l.changed.clone(),
        unit_price: l.changed.as_ref().map(|_| l.basket.unit_price).filter(|price| Some(*price) != l.product.price),
    };
    Ok(vec![Effect::Park(Box::new(Parked { n: 0, lines: sale.lines.iter().map(keep).collect() }))])
}

/// Puts a recalled line back; the driver calls this once for each line that was kept.
pub fn restore_line(till: &mut Till, product: Product, kept: &ParkedLine, cx: &Context) -> Result<(), Refusal> {
    let unit_price = product.price.ok_or_else(|| Refusal::NoPrice(product.key.parts().1))?;
    let by_hand = kept.changed.as_ref().and_then(|changed| match changed.change {
        Change::Price(price) => Some(price),
        Change::Off(_) => None,
    });
    let basket = BasketLine {
        line: 0,
        product: product.key.clone(),
        group: product.group.clone(),
        unit: product.unit,
        content_kg: product.content_kg,
        unit_price: kept.unit_price.or(by_hand).unwrap_or(unit_price),
        quantity: kept.quantity,
        amount: kept.amount,
        promotion: Money::ZERO,
        lowest_price_7d: None,
    };
    let line = SaleLine { basket, product, at: cx.now, entry: kept.entry, changed: kept.changed.clone() };
    push(till, line, cx)
}

/// The basket was written on a numbered slip: it is priced at the slip's date.
fn slip(till: &mut Till, no: &str, date: &str, cx: &Context) -> Result<Vec<Effect>, Refusal> {
    let sale = unpaid(till)?;
    if !sale.lines.is_empty() || sale.verified.is_some() {
        return Err(Refusal::BasketNotEmpty);
    }
    let bad = |text: &str| Refusal::BadSlip(text.chars().take(40).collect());
    let no = identifier(no.trim()).map_err(|_| bad(no))?;
    let date = parse_date(date.trim()).map_err(|_| bad(date))?;
    if no.len() > 32 || date > business_date(cx.now) {
        return Err(bad(&format!("{no} {date}")));
    }
    sale.slip = Some(ManualSlip { no, date });
    show(till, cx)
}

/// The date by which the open sale is priced.
pub fn date_of(sale: &OpenSale, cx: &Context) -> NaiveDate {
    sale.slip.as_ref().map_or_else(|| business_date(cx.now), |slip| slip.date)
}

pub fn basket(till: &Till, cx: &Context) -> Result<Basket, Refusal> {
    basket_on(till, date_of(till.screen.open()?, cx))
}

/// The basket as it is priced on a date: by the answer of the hold that it has, else offline.
pub fn basket_on(till: &Till, date: NaiveDate) -> Result<Basket, Refusal> {
    let store = till.store.clone().unwrap_or_default();
    let sale = till.screen.open()?;
    let mut basket = Basket {
        store,
        business_date: date,
        online: sale.verified.is_none() || (till.is_training && sale.slip.is_none()),
        beneficiary: sale.verified.as_ref().map(|v| v.entry.beneficiary()),
        used: sale.verified.as_ref().map(|v| v.used.clone()).unwrap_or_default(),
        decline: sale.decline.clone(),
        purses: sale.purses.clone(),
        lines: sale.lines.iter().map(|l| l.basket.clone()).collect(),
    };
    if let Some(held) = holding::cover(sale, &till.programmes, &basket) {
        (basket.online, basket.used) = (true, held.used.clone());
    }
    Ok(basket)
}

/// Prices the basket as it stands: promotions first, then programmes.
pub fn reprice(till: &mut Till, cx: &Context) -> Result<(), Refusal> {
    let promotions = std::mem::take(&mut till.promotions);
    let date = till.screen.open().map(|sale| date_of(sale, cx));
    if let (Ok(date), Ok((_, _, sale))) = (&date, till.screen.sale()) {
        promotion::apply(&promotions, *date, &mut sale.lines);
    }
    till.promotions = promotions;
    if let Ok(date) = date {
        holding::outgrow(till, date, cx)?;
    }
    let basket = basket(till, cx)?;
    let priced = price(&till.programmes, &basket);
    let sale = till.screen.sale()?.2;
    sale.priced = Some(priced);
    sale.priced_on = Some(basket.business_date);
    Ok(())
}

/// Prices a changed basket. What was waived or announced was so for the basket before.
pub fn show(till: &mut Till, cx: &Context) -> Result<Vec<Effect>, Refusal> {
    let sale = till.screen.sale()?.2;
    (sale.waived, sale.announced, sale.no_hold) = (Money::ZERO, None, false);
    reprice(till, cx)?;
    tell(till)
}

pub fn tell(till: &mut Till) -> Result<Vec<Effect>, Refusal> {
    let priced = till.screen.sale()?.2.priced.clone().ok_or(Refusal::BasketEmpty)?;
    Ok(vec![Effect::Tell(Reply::Basket(priced))])
}

fn clear(till: &mut Till, reason: Option<String>, cx: &Context) -> Result<Vec<Effect>, Refusal> {
    let sale = till.screen.sale()?.2;
    let mut effects = Vec::new();
    let gross = sale.priced.as_ref().map(|p| p.totals.gross).unwrap_or_default();
    // What was paid already is given back by hand: the event says how much, by what.
    let mut detail = serde_json::json!({ "gross": gross, "reason": reason });
    if !sale.tenders.is_empty() {
        detail["given_back"] = serde_json::json!(sale.tenders);
    }
    if sale.verified.is_some() {
        effects.extend(verifying::abandon_with(sale, detail));
    } else if !sale.lines.is_empty() {
        effects.push(Effect::Note { event: "void", detail });
    }
    *sale = OpenSale::default();
    effects.extend(show(till, cx)?);
    Ok(effects)
}
