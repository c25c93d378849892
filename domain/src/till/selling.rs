//! The part of the state machine that sells.

use super::effect::{BeneficiaryView, Effect, Finished, Reply};
use super::event::{Context, Event, Looked};
use super::refusal::Refusal;
use super::screen::{OpenSale, Parked, Screen};
use super::{MAX_CASH_FEN, MAX_LINES, Till};
use crate::basket::{Basket, BasketLine, SaleUnit};
use crate::money::{MAX_FEN, Money};
use crate::pricing::{counting, fits, price};
use crate::product::Product;
use crate::programme::{Measure, Programme};
use crate::quantity::Quantity;
use crate::sale::{Draft, Entry, SaleLine, Verified, VerifiedBy};
use crate::tender::{Tender, TenderKind};
use crate::time::business_date;
use crate::usage::Amount;

pub fn step(till: &mut Till, event: Event, cx: &Context) -> Result<Vec<Effect>, Refusal> {
    match event {
        Event::Scanned { code, entry } => {
            unpaid(till)?;
            Ok(vec![Effect::FindProduct { code, entry }])
        }
        Event::ProductFound { code, entry, found } => add_line(till, &code, entry, found?, cx),
        Event::SetQuantity { line, value } => {
            let sale = unpaid(till)?;
            let line = line_mut(sale, line)?;
            set_quantity(line, &value)?;
            show(till, cx)
        }
        Event::RemoveLine { line } => {
            let sale = unpaid(till)?;
            line_mut(sale, line)?;
            sale.lines.retain(|l| l.basket.line != line);
            show(till, cx)
        }
        Event::Verify { credential, by, household } => {
            if till.store.is_none() {
                return Err(Refusal::NotEnrolled);
            }
            unpaid(till)?;
            let credential = credential.map_err(Refusal::BadCredential)?;
            Ok(vec![Effect::LookUp { credential, by, household }])
        }
        Event::Looked { found, by, household } => looked(till, found?, by, household, cx),
        Event::Unverify => {
            let sale = unpaid(till)?;
            forget(sale);
            show(till, cx)
        }
        Event::Decline { programme } => {
            fitting_code(till, &programme, cx)?;
            let sale = unpaid(till)?;
            if !sale.decline.contains(&programme) {
                sale.decline.push(programme);
            }
            show(till, cx)
        }
        Event::Accept { programme } => {
            unpaid(till)?.decline.retain(|declined| *declined != programme);
            show(till, cx)
        }
        Event::Purse { programme, amount } => {
            let parsed = Money::parse(&amount).map_err(|_| Refusal::BadAmount(amount))?;
            if !fitting_code(till, &programme, cx)? {
                return Err(Refusal::UnknownProgramme(programme));
            }
            unpaid(till)?.purses.insert(programme, parsed);
            show(till, cx)
        }
        Event::Park => {
            let sale = unpaid(till)?;
            if sale.lines.is_empty() {
                return Err(Refusal::BasketEmpty);
            }
            let keep = |l: &SaleLine| (l.product.key.clone(), l.basket.quantity, l.entry);
            Ok(vec![Effect::Park(Box::new(Parked { n: 0, lines: sale.lines.iter().map(keep).collect() }))])
        }
        Event::WasParked(kept) => {
            kept?;
            *till.screen.sale()?.2 = OpenSale::default();
            show(till, cx)
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
        Event::Clear => clear(till, cx),
        Event::Pay { kind, amount, reference } => pay(till, kind, amount, reference, cx),
        Event::Committed(outcome) => committed(till, outcome),
        Event::SignIn { .. }
        | Event::SignOut
        | Event::PinChecked(_)
        | Event::OpenShift { .. }
        | Event::ShiftOpened(_)
        | Event::ShiftClosed
        | Event::Refreshed { .. } => Ok(Vec::new()),
    }
}

/// The open sale, as long as nothing was paid.
fn unpaid(till: &mut Till) -> Result<&mut OpenSale, Refusal> {
    let sale = till.screen.sale()?.2;
    if sale.tenders.is_empty() { Ok(sale) } else { Err(Refusal::PaymentStarted) }
}

fn line_mut(sale: &mut OpenSale, line: u32) -> Result<&mut SaleLine, Refusal> {
    sale.lines.iter_mut().find(|l| l.basket.line == line).ok_or(Refusal::UnknownLine(line))
}

fn set_quantity(line: &mut SaleLine, value: &str) -> Result<(), Refusal> {
    let bad = || Refusal::BadQuantity(value.into());
    let quantity = Quantity::parse(value).map_err(|_| bad())?;
    let pieces = line.basket.unit == SaleUnit::Piece;
    if quantity == Quantity::ZERO || (pieces && !quantity.is_whole()) {
        return Err(bad());
    }
    let changed = BasketLine { quantity, ..line.basket.clone() };
    if changed.gross().fen() > MAX_FEN {
        return Err(Refusal::LineTooLarge);
    }
    line.basket = changed;
    Ok(())
}

/// Adds a product, or one more piece of it where the basket has it already.
fn add_line(till: &mut Till, code: &str, entry: Entry, product: Product, cx: &Context) -> Result<Vec<Effect>, Refusal> {
    let unit_price = product.price.ok_or_else(|| Refusal::NoPrice(code.into()))?;
    let sale = unpaid(till)?;
    let same = |l: &&mut SaleLine| {
        l.product.key == product.key && l.basket.unit == SaleUnit::Piece && l.basket.unit_price == unit_price
    };
    if let Some(line) = sale.lines.iter_mut().find(same) {
        let more = (line.basket.quantity + Quantity::ONE).to_string();
        set_quantity(line, &more)?;
        return show(till, cx);
    }
    if sale.lines.len() >= MAX_LINES {
        return Err(Refusal::BasketFull);
    }
    sale.started_at.get_or_insert(cx.now);
    sale.next_line += 1;
    let basket = BasketLine {
        line: sale.next_line,
        product: product.key.clone(),
        group: product.group.clone(),
        unit: product.unit,
        content_kg: product.content_kg,
        unit_price,
        quantity: Quantity::ONE,
        amount: None,
        promotion: Money::ZERO,
        lowest_price_7d: None,
    };
    sale.lines.push(SaleLine { basket, product, at: cx.now, entry });
    show(till, cx)
}

fn looked(
    till: &mut Till,
    found: Looked,
    by: VerifiedBy,
    household: Option<String>,
    cx: &Context,
) -> Result<Vec<Effect>, Refusal> {
    let date = business_date(cx.now);
    let named = |(entry, _): &&(crate::household::RosterEntry, crate::usage::Used)| {
        household.as_ref().is_none_or(|h| *h == entry.household)
    };
    let choices: Vec<_> = found.entries.iter().filter(named).collect();
    if choices.is_empty() {
        return Err(if found.entries.is_empty() { Refusal::NotFound } else { Refusal::NotOneOfTheirHouseholds });
    }
    let eligible: Vec<_> = choices.iter().filter(|(entry, _)| entry.is_eligible(date)).collect();
    let (entry, used) = match eligible.as_slice() {
        [] => {
            let status = match choices[0].0.status {
                crate::household::Status::Active | crate::household::Status::Grace => "out of its dates",
                other => other.word(),
            };
            return Err(Refusal::NotEligible { status });
        }
        [one] => (one.0.clone(), one.1.clone()),
        several => {
            let list = several.iter().map(|(entry, _)| (entry.household.clone(), entry.name.clone())).collect();
            return Ok(vec![Effect::Tell(Reply::Choose(list))]);
        }
    };
    let sale = unpaid(till)?;
    forget(sale);
    sale.started_at.get_or_insert(cx.now);
    let Looked { roster_version, heard, online, .. } = found;
    sale.verified = Some(Verified { entry, by, at: cx.now, roster_version, heard, online, used });
    reprice(till, cx)?;
    let view = view(till, cx)?;
    Ok(vec![Effect::Tell(Reply::Beneficiary(Box::new(view)))])
}

/// Forgets the household and everything that was said for it.
fn forget(sale: &mut OpenSale) {
    sale.verified = None;
    sale.decline.clear();
    sale.purses.clear();
}

/// Whether a programme that fits the household (declined or not) is a purse; refused where none.
fn fitting_code(till: &Till, code: &str, cx: &Context) -> Result<bool, Refusal> {
    if till.screen.open()?.verified.is_none() {
        return Err(Refusal::NotVerified);
    }
    fitting(till, cx)?
        .into_iter()
        .find(|p| p.code == code)
        .map(Programme::is_purse)
        .ok_or_else(|| Refusal::UnknownProgramme(code.into()))
}

fn basket(till: &Till, cx: &Context) -> Result<Basket, Refusal> {
    let store = till.store.clone().unwrap_or_default();
    let sale = till.screen.open()?;
    Ok(Basket {
        store,
        business_date: business_date(cx.now),
        online: sale.verified.as_ref().is_none_or(|v| v.online),
        beneficiary: sale.verified.as_ref().map(|v| v.entry.beneficiary()),
        used: sale.verified.as_ref().map(|v| v.used.clone()).unwrap_or_default(),
        decline: sale.decline.clone(),
        purses: sale.purses.clone(),
        lines: sale.lines.iter().map(|l| l.basket.clone()).collect(),
    })
}

/// Prices the basket as it stands.
fn reprice(till: &mut Till, cx: &Context) -> Result<(), Refusal> {
    let basket = basket(till, cx)?;
    let priced = price(&till.programmes, &basket);
    till.screen.sale()?.2.priced = Some(priced);
    Ok(())
}

fn show(till: &mut Till, cx: &Context) -> Result<Vec<Effect>, Refusal> {
    reprice(till, cx)?;
    let priced = till.screen.sale()?.2.priced.clone().ok_or(Refusal::BasketEmpty)?;
    Ok(vec![Effect::Tell(Reply::Basket(priced))])
}

fn view(till: &Till, cx: &Context) -> Result<BeneficiaryView, Refusal> {
    let verified = till.screen.open()?.verified.clone().ok_or(Refusal::NotVerified)?;
    let programmes = fitting(till, cx)?
        .into_iter()
        .map(|p| (p.code.clone(), left(p, verified.entry.size, &verified.used)))
        .collect();
    Ok(BeneficiaryView {
        name: verified.entry.name,
        category: verified.entry.category,
        household: verified.entry.household,
        online: verified.online,
        programmes,
        heard: verified.heard,
    })
}

/// Programmes that fit the verified household today, declined or not.
pub fn fitting<'a>(till: &'a Till, cx: &Context) -> Result<Vec<&'a Programme>, Refusal> {
    let mut basket = basket(till, cx)?;
    basket.decline.clear();
    Ok(counting(&till.programmes, &basket).into_iter().filter(|p| fits(p, &basket)).collect())
}

/// What is left of each of a programme's limits.
pub fn left(p: &Programme, size: u32, used: &crate::usage::Used) -> Vec<(String, Amount)> {
    let left = |limit: &crate::programme::Limit| {
        let figure: Amount = match &limit.measure {
            Measure::Discount(table) => table.figure(size).unwrap_or_default().into(),
            Measure::Quantity(table, _) => table.figure(size).unwrap_or(Quantity::ZERO).into(),
        };
        let rest = figure.less(used.get(&p.code, &limit.id));
        let money = matches!(limit.measure, Measure::Discount(_));
        (limit.id.clone(), Amount::from_milli(rest.milli(), money))
    };
    p.limits.iter().map(left).collect()
}

fn clear(till: &mut Till, cx: &Context) -> Result<Vec<Effect>, Refusal> {
    let sale = till.screen.sale()?.2;
    let mut effects = Vec::new();
    let amount = sale.priced.as_ref().map(|p| p.totals.gross).unwrap_or_default();
    if sale.verified.is_some() {
        effects.push(Effect::Note { event: "abandoned", detail: amount.to_string() });
    } else if !sale.lines.is_empty() {
        effects.push(Effect::Note { event: "void", detail: amount.to_string() });
    }
    *sale = OpenSale::default();
    effects.extend(show(till, cx)?);
    Ok(effects)
}

fn pay(
    till: &mut Till,
    kind: TenderKind,
    amount: Option<String>,
    reference: Option<String>,
    cx: &Context,
) -> Result<Vec<Effect>, Refusal> {
    let rounding_rule = till.rounding;
    let sale = till.screen.sale()?.2;
    if sale.lines.is_empty() {
        return Err(Refusal::BasketEmpty);
    }
    if sale.tenders.is_empty() {
        reprice(till, cx)?;
    }
    let sale = till.screen.sale()?.2;
    let total = sale.priced.as_ref().map(|p| p.totals.due).ok_or(Refusal::BasketEmpty)?;
    let due = total - sale.tenders.iter().map(|t| t.amount).sum();
    let asked = if kind == TenderKind::Cash { rounding_rule.round(due) } else { due };
    let amount = match amount {
        Some(text) => Money::parse(&text).map_err(|_| Refusal::BadAmount(text))?,
        None => asked,
    };
    if kind != TenderKind::Cash && amount > due {
        return Err(Refusal::TooMuch);
    }
    if amount.fen() > MAX_CASH_FEN.max(asked.fen()) {
        return Err(Refusal::CashTooMuch);
    }
    if amount.is_zero() && !asked.is_zero() {
        return Err(Refusal::BadAmount(amount.to_string()));
    }
    sale.tenders.push(Tender { kind, amount, reference });
    if amount < asked {
        return Ok(vec![Effect::Tell(Reply::Due(due - amount))]);
    }
    // Only cash can be rounded, and only cash gives change.
    let draft = finish(till, amount - asked, due - asked, cx)?;
    if let Screen::Sale { staff, shift, sale } = till.screen.clone() {
        till.screen = Screen::Committing { staff, shift, sale };
    }
    Ok(vec![Effect::Commit(Box::new(draft))])
}

fn finish(till: &mut Till, change: Money, rounding: Money, cx: &Context) -> Result<Draft, Refusal> {
    let mut basket = basket(till, cx)?;
    let (staff, shift, sale) = till.screen.sale()?;
    let priced = sale.priced.clone().ok_or(Refusal::BasketEmpty)?;
    // A record says what it was priced with, and nothing that had no part in it.
    basket.used.0.retain(|_, limits| limits.values().any(|amount| !amount.is_zero()));
    Ok(Draft {
        id: cx.id,
        cashier: staff.code.clone(),
        shift: shift.id,
        started_at: sale.started_at.unwrap_or(cx.now),
        at: cx.now,
        business_date: basket.business_date,
        basket,
        priced,
        lines: sale.lines.clone(),
        verified: sale.verified.clone(),
        tenders: sale.tenders.clone(),
        change,
        rounding,
    })
}

fn committed(till: &mut Till, outcome: Result<Finished, Refusal>) -> Result<Vec<Effect>, Refusal> {
    let Screen::Committing { staff, shift, sale } = till.screen.clone() else {
        return Ok(Vec::new());
    };
    match outcome {
        Ok(finished) => {
            till.screen = Screen::Sale { staff, shift, sale: Box::default() };
            Ok(vec![Effect::Tell(Reply::Sale(finished))])
        }
        Err(refusal) => {
            // The last payment did not count: the sale is as it was before it.
            let mut sale = sale;
            sale.tenders.pop();
            till.screen = Screen::Sale { staff, shift, sale };
            Err(refusal)
        }
    }
}

/// Puts a recalled line back; the driver calls this once for each line that was kept.
pub fn restore_line(
    till: &mut Till,
    product: Product,
    quantity: Quantity,
    entry: Entry,
    cx: &Context,
) -> Result<(), Refusal> {
    let code = product.key.parts().1;
    add_line(till, &code, entry, product, cx)?;
    let sale = unpaid(till)?;
    let last = sale.lines.last_mut().ok_or(Refusal::BasketEmpty)?;
    set_quantity(last, &quantity.to_string())
}
