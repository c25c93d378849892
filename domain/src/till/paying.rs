//! The part of the state machine that takes payment.

use super::effect::{Effect, Finished, Reply};
use super::event::{Context, Event};
use super::refusal::Refusal;
use super::screen::{OpenSale, Screen};
use super::selling::{basket_on, date_of, reprice};
use super::{MAX_CASH_FEN, Till, holding};
use crate::money::Money;
use crate::sale::Draft;
use crate::tender::{Tender, TenderKind};

pub fn step(till: &mut Till, event: Event, cx: &Context) -> Result<Vec<Effect>, Refusal> {
    match event {
        Event::Announce => {
            announce(till, cx)?;
            let priced = till.screen.sale()?.2.priced.clone().ok_or(Refusal::BasketEmpty)?;
            Ok(vec![Effect::Tell(Reply::Announced(priced))])
        }
        Event::Pay { kind, amount, reference, seen } => {
            if till.is_beside {
                return Err(Refusal::OnlyBeside);
            }
            pay(till, kind, amount, reference, seen, cx)
        }
        Event::Claim { host_receipt } => claim(till, host_receipt, cx),
        Event::Committed(outcome) => committed(till, outcome),
        _ => Ok(Vec::new()),
    }
}

/// Fixes the sum that the customer is told. From here on it may fall, and never rises, whatever
/// midnight or a sync brings.
fn announce(till: &mut Till, cx: &Context) -> Result<(), Refusal> {
    let sale = till.screen.sale()?.2;
    if sale.lines.is_empty() {
        return Err(Refusal::BasketEmpty);
    }
    if !sale.tenders.is_empty() {
        return Ok(());
    }
    let (told, before, on, held) = (sale.announced, sale.priced.clone(), sale.priced_on, sale.held.clone());
    if told.is_some() && on == Some(date_of(sale, cx)) {
        return Ok(());
    }
    reprice(till, cx)?;
    let sale = till.screen.sale()?.2;
    if told.is_some_and(|told| sale.due() > told) {
        (sale.priced, sale.priced_on, sale.held) = (before, on, held);
    }
    sale.announced = Some(sale.due());
    Ok(())
}

fn pay(
    till: &mut Till,
    kind: TenderKind,
    amount: Option<String>,
    reference: Option<String>,
    seen: Option<Money>,
    cx: &Context,
) -> Result<Vec<Effect>, Refusal> {
    let rounding_rule = till.rounding;
    announce(till, cx)?;
    let sale = till.screen.sale()?.2;
    let due = sale.due();
    if seen.is_some_and(|seen| seen != due) {
        return Err(Refusal::TotalChanged(due.to_string()));
    }
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
    // Whoever gives all that is due need not round up.
    let asked = if (due..asked).contains(&amount) { due } else { asked };
    sale.tenders.push(Tender { kind, amount, reference });
    if amount < asked {
        return Ok(vec![Effect::Tell(Reply::Due(due - amount))]);
    }
    // Only cash can be rounded, and only cash gives change.
    commit(till, amount - asked, due - asked, None, cx)
}

/// Ends a sale that another till takes the payment for.
fn claim(till: &mut Till, host_receipt: Option<String>, cx: &Context) -> Result<Vec<Effect>, Refusal> {
    if !till.is_beside {
        return Err(Refusal::NotBeside);
    }
    let host_receipt = host_receipt.map(|n| n.trim().to_owned()).filter(|n| !n.is_empty());
    let is_odd = |n: &String| n.chars().count() > 40 || n.chars().any(char::is_control);
    if let Some(odd) = host_receipt.as_ref().filter(|n| is_odd(n)) {
        return Err(Refusal::UnknownSale(odd.chars().take(40).collect()));
    }
    announce(till, cx)?;
    let sale = till.screen.sale()?.2;
    let totals = sale.priced.as_ref().map(|p| p.totals).ok_or(Refusal::BasketEmpty)?;
    if (totals.discount + totals.purse).is_zero() {
        return Err(Refusal::NothingToClaim);
    }
    sale.tenders.push(Tender { kind: TenderKind::Host, amount: sale.due(), reference: None });
    commit(till, Money::ZERO, Money::ZERO, host_receipt, cx)
}

fn commit(
    till: &mut Till,
    change: Money,
    rounding: Money,
    host_receipt: Option<String>,
    cx: &Context,
) -> Result<Vec<Effect>, Refusal> {
    let draft = draft(till, change, rounding, host_receipt, cx)?;
    if let Screen::Sale { staff, shift, sale } = till.screen.clone() {
        till.screen = Screen::Committing { staff, shift, sale };
    }
    Ok(vec![Effect::Commit(Box::new(draft))])
}

fn draft(
    till: &mut Till,
    change: Money,
    rounding: Money,
    host_receipt: Option<String>,
    cx: &Context,
) -> Result<Draft, Refusal> {
    let date = till.screen.open()?.priced_on.ok_or(Refusal::BasketEmpty)?;
    let mut basket = basket_on(till, date)?;
    let hold = holding::cover(till.screen.open()?, &till.programmes, &basket).map(|held| held.id);
    let (staff, shift, sale) = till.screen.sale()?;
    let priced = sale.priced.clone().ok_or(Refusal::BasketEmpty)?;
    // A record says what it was priced with, and nothing that had no part in it.
    basket.used.0.retain(|_, limits| limits.values().any(|amount| !amount.is_zero()));
    let OpenSale { lines, verified, tenders, waived, slip, started_at, claim, .. } = sale.clone();
    Ok(Draft {
        id: claim.unwrap_or(cx.id),
        cashier: staff.code.clone(),
        shift: shift.id,
        started_at: started_at.unwrap_or(cx.now),
        at: cx.now,
        business_date: basket.business_date,
        basket,
        priced,
        lines,
        verified,
        hold,
        tenders,
        change,
        rounding,
        waived,
        slip,
        host_receipt,
    })
}

fn committed(till: &mut Till, outcome: Result<Finished, Refusal>) -> Result<Vec<Effect>, Refusal> {
    let Screen::Committing { staff, shift, sale } = till.screen.clone() else {
        return Ok(Vec::new());
    };
    let date = sale.priced_on.unwrap_or_default();
    let claimed_hold = holding::cover(&sale, &till.programmes, &basket_on(till, date)?);
    match outcome {
        Ok(finished) => {
            till.screen = Screen::Sale { staff, shift, sale: Box::default() };
            let mut effects = if finished.claims.is_empty() {
                // Verified, and no programme had part in it.
                super::verifying::abandon(&sale)
            } else {
                // What was held of another basket is not what was claimed.
                if claimed_hold.is_some() { Vec::new() } else { holding::let_go(&sale) }
            };
            effects.push(Effect::Tell(Reply::Sale(finished)));
            Ok(effects)
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
