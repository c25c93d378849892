//! Prices and discounts by hand, and small amounts waived.

use serde_json::json;

use super::Till;
use super::effect::Effect;
use super::event::{Action, Context, Event};
use super::refusal::Refusal;
use super::screen::Staff;
use super::selling::{line_mut, show, tell, unpaid};
use crate::basket::BasketLine;
use crate::money::{MAX_FEN, Money};
use crate::role::StaffRole;
use crate::sale::{Change, Changed};

/// Longest reason, in characters.
const LONGEST_REASON: usize = 60;

pub fn step(till: &mut Till, event: Event, cx: &Context) -> Result<Vec<Effect>, Refusal> {
    match event {
        Event::Approve { manager, pin, action } => {
            let sale = unpaid(till)?;
            let reason = match &action {
                Action::Change { line, reason, .. } => {
                    line_mut(sale, *line)?;
                    reason
                }
                Action::Waive { reason, .. } => reason,
            };
            if reason.trim().is_empty() || reason.chars().count() > LONGEST_REASON {
                return Err(Refusal::NoReason);
            }
            Ok(vec![Effect::CheckManager { manager, pin, action }])
        }
        Event::Approved { checked, action } => {
            let manager = checked?;
            if manager.role != StaffRole::Manager {
                return Err(Refusal::ManagerNeeded);
            }
            approved(till, &manager, action, cx)
        }
        Event::Waive { amount } => {
            let asked = Money::parse(&amount).map_err(|_| Refusal::BadAmount(amount))?;
            if asked > till.waive_up_to {
                return Err(Refusal::WaiveTooMuch(till.waive_up_to.to_string()));
            }
            waive(till, asked)
        }
        _ => Ok(Vec::new()),
    }
}

fn approved(till: &mut Till, manager: &Staff, action: Action, cx: &Context) -> Result<Vec<Effect>, Refusal> {
    match action {
        Action::Change { line, change, reason } => {
            let sale = unpaid(till)?;
            let line = line_mut(sale, line)?;
            let before = line.basket.unit_price;
            let code = line.product.key.tagged();
            match change {
                Change::Price(price) => {
                    let changed = BasketLine { unit_price: price, amount: None, ..line.basket.clone() };
                    if changed.gross().fen() > MAX_FEN {
                        return Err(Refusal::LineTooLarge);
                    }
                    line.basket = changed;
                }
                Change::Off(off) if off > line.basket.gross() => {
                    return Err(Refusal::BadAmount(off.to_string()));
                }
                Change::Off(_) => {}
            }
            line.changed = Some(Changed { manager: manager.code.clone(), reason: reason.clone(), change });
            let detail = json!({
                "manager": manager.code, "reason": reason, "product": code, "price": before, "change": change,
            });
            let mut effects = vec![Effect::Note { event: "override", detail }];
            effects.extend(show(till, cx)?);
            Ok(effects)
        }
        Action::Waive { amount, reason } => {
            let mut effects = waive(till, amount)?;
            let detail = json!({ "manager": manager.code, "reason": reason, "waived": amount });
            effects.insert(0, Effect::Note { event: "override", detail });
            Ok(effects)
        }
    }
}

/// Takes a small amount off what is due. Nothing is ever left to give back.
fn waive(till: &mut Till, amount: Money) -> Result<Vec<Effect>, Refusal> {
    let sale = unpaid(till)?;
    if sale.lines.is_empty() {
        return Err(Refusal::BasketEmpty);
    }
    if amount > sale.due() + sale.waived {
        return Err(Refusal::BadAmount(amount.to_string()));
    }
    sale.waived = amount;
    sale.announced = sale.announced.map(|_| sale.due());
    tell(till)
}
