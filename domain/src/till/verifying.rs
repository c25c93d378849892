//! The part of the state machine that knows a household: as long as its card was shown for this sale.

use super::Till;
use super::effect::{BeneficiaryView, Effect, Reply};
use super::event::{Context, Event, Looked};
use super::refusal::Refusal;
use super::screen::OpenSale;
use super::selling::{basket, date_of, reprice, show, unpaid};
use crate::money::Money;
use crate::pricing::{counting, fits};
use crate::programme::{Measure, Programme};
use crate::quantity::Quantity;
use crate::sale::{Verified, VerifiedBy};
use crate::usage::Amount;

pub fn step(till: &mut Till, event: Event, cx: &Context) -> Result<Vec<Effect>, Refusal> {
    match event {
        Event::Verify { credential, by, household } => {
            if till.store.is_none() {
                return Err(Refusal::NotEnrolled);
            }
            let sale = unpaid(till)?;
            let by = if sale.slip.is_some() { VerifiedBy::Slip } else { by };
            let date = date_of(sale, cx);
            let credential = credential.map_err(Refusal::BadCredential)?;
            Ok(vec![Effect::LookUp { credential, by, household, date }])
        }
        Event::Looked { found, by, household } => looked(till, found?, by, household, cx),
        Event::Unverify => {
            let mut effects = abandon(unpaid(till)?);
            forget(unpaid(till)?);
            effects.extend(show(till, cx)?);
            Ok(effects)
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
        _ => Ok(Vec::new()),
    }
}

fn looked(
    till: &mut Till,
    found: Looked,
    by: VerifiedBy,
    household: Option<String>,
    cx: &Context,
) -> Result<Vec<Effect>, Refusal> {
    let date = date_of(unpaid(till)?, cx);
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
    let is_other = sale.verified.as_ref().is_some_and(|v| v.entry.household != entry.household);
    let mut effects = if is_other { abandon(sale) } else { Vec::new() };
    // The same family is the same shopping: what is held for it stays held.
    let kept = if is_other { None } else { sale.claim.zip(Some(sale.held.take())) };
    forget(sale);
    (sale.claim, sale.held) = kept.map_or((Some(cx.id), None), |(claim, held)| (Some(claim), held));
    (sale.waived, sale.announced) = (Money::ZERO, None);
    sale.started_at.get_or_insert(cx.now);
    let Looked { roster_version, heard, online, .. } = found;
    // A slip was written without the till: nobody knew then what was used.
    let online = online && by != VerifiedBy::Slip;
    sale.verified = Some(Verified { entry, by, at: cx.now, roster_version, heard, online, used });
    reprice(till, cx)?;
    let view = view(till, cx)?;
    effects.push(Effect::Tell(Reply::Beneficiary(Box::new(view))));
    Ok(effects)
}

/// What follows of a verification that no claim comes of; nothing where nobody was verified.
pub fn abandon(sale: &OpenSale) -> Vec<Effect> {
    let gross = sale.priced.as_ref().map(|p| p.totals.gross).unwrap_or_default();
    abandon_with(sale, serde_json::json!({ "gross": gross }))
}

/// The same, with what the event says. What was held is let go, and named.
pub fn abandon_with(sale: &OpenSale, mut detail: serde_json::Value) -> Vec<Effect> {
    if sale.verified.is_none() {
        return Vec::new();
    }
    let mut effects = Vec::new();
    if let Some(held) = &sale.held {
        detail["hold"] = serde_json::json!(held.id);
        effects.push(Effect::LetGo { hold: held.id });
    }
    effects.push(Effect::Note { event: "abandoned", detail });
    effects
}

/// Forgets the household and everything that was said for it.
fn forget(sale: &mut OpenSale) {
    (sale.verified, sale.claim, sale.held, sale.no_hold) = (None, None, None, false);
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

/// Programmes that fit the verified household on the sale's date, declined or not.
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
