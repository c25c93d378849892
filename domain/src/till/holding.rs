//! Holding a quota at headquarters while the family shops (spec/sync.md).
//!
//! A hold is for one basket. Its answer says what has really been used, and with it the same basket is
//! priced as online; a basket that has changed since is priced offline until it is held itself.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use super::effect::Effect;
use super::event::Context;
use super::screen::{OpenSale, Screen};
use super::selling::{basket_on, date_of, reprice};
use super::{Refusal, Till};
use crate::basket::{Basket, BasketLine};
use crate::money::Money;
use crate::pricing::{Priced, counting, fits, in_scope};
use crate::programme::Programme;
use crate::usage::{OFFLINE, Used};

/// A hold that ends sooner than this is asked for anew.
const RENEW: TimeDelta = TimeDelta::minutes(3);

/// What a hold is asked for: a basket, for a claim that is still to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldAsk {
    /// Id that the claim will have.
    pub claim: Uuid,
    /// Household.
    pub household: String,
    /// Whose card was shown.
    pub person: String,
    /// Date by which it is priced.
    pub business_date: NaiveDate,
    /// The lines that the claim will have: what else is bought is nobody's business.
    pub lines: Vec<BasketLine>,
    /// Programmes that the family does not want.
    pub decline: Vec<String>,
    /// How much to pay from each purse, at most.
    pub purses: BTreeMap<String, Money>,
}

/// What headquarters grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// What is really used of every limit, everywhere.
    pub used: Used,
    /// Until when the hold lives.
    pub expires_at: DateTime<Utc>,
    /// The most that a claim gets for each line.
    pub lines: Vec<GrantedLine>,
}

/// The most that a claim gets for one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantedLine {
    /// Line of the basket.
    pub line: u32,
    /// Taken off.
    pub discount: Money,
    /// Part of it that the fund repays.
    pub subsidy: Money,
    /// Paid by purses.
    pub purse: Money,
}

/// A hold that headquarters answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Id of the hold.
    pub id: Uuid,
    /// The basket that it is for.
    pub ask: HoldAsk,
    /// What is used by its answer.
    pub used: Used,
    /// Until when it lives.
    pub expires_at: DateTime<Utc>,
    /// Whether it prices nothing any more: the basket changed since, it lapsed, or another one was asked for and
    /// nobody knows whether that took its place. It is still let go.
    pub is_past: bool,
}

/// What a hold of this basket would be asked for; none where no programme would take anything off.
fn ask_for(sale: &OpenSale, programmes: &[Programme], basket: &Basket) -> Option<HoldAsk> {
    let (verified, claim) = (sale.verified.as_ref()?, sale.claim?);
    if sale.slip.is_some() {
        return None;
    }
    let fitting: Vec<_> = counting(programmes, basket).into_iter().filter(|p| fits(p, basket)).collect();
    let pays = |p: &Programme| !p.is_purse() || basket.purses.get(&p.code).is_some_and(|most| !most.is_zero());
    // An empty basket is asked for, too: the answer says what is left before anything is scanned.
    fitting.iter().any(|p| pays(p)).then_some(())?;
    Some(HoldAsk {
        claim,
        household: verified.entry.household.clone(),
        person: verified.entry.person.clone(),
        business_date: basket.business_date,
        lines: basket.lines.iter().filter(|line| fitting.iter().any(|p| in_scope(p, line))).cloned().collect(),
        decline: basket.decline.clone(),
        purses: basket.purses.clone(),
    })
}

/// The hold of exactly this basket.
pub fn cover<'a>(sale: &'a OpenSale, programmes: &[Programme], basket: &Basket) -> Option<&'a Held> {
    let held = sale.held.as_ref().filter(|held| !held.is_past)?;
    (ask_for(sale, programmes, basket)? == held.ask).then_some(held)
}

/// Notes a hold that is of another basket than this, or has lapsed: from here on the basket is priced offline until it
/// is held itself, also where it comes to be the same again. Headquarters may have been asked for another meanwhile.
pub fn outgrow(till: &mut Till, date: NaiveDate, cx: &Context) -> Result<(), Refusal> {
    let basket = basket_on(till, date)?;
    let is_covered = cover(till.screen.open()?, &till.programmes, &basket).is_some_and(|held| cx.now < held.expires_at);
    if !is_covered && let Some(held) = till.screen.sale()?.2.held.as_mut() {
        held.is_past = true;
    }
    Ok(())
}

/// What is to be held now: the newest basket, unless it is held, a hold of it does no good, or something
/// was paid.
pub fn wanted(till: &Till, cx: &Context) -> Option<HoldAsk> {
    let Screen::Sale { sale, .. } = &till.screen else { return None };
    sale.verified.as_ref()?;
    if till.is_training || till.store.is_none() || sale.no_hold || !sale.tenders.is_empty() {
        return None;
    }
    let ask = ask_for(sale, &till.programmes, &basket_on(till, date_of(sale, cx)).ok()?)?;
    let held = sale.held.as_ref().filter(|held| held.ask == ask && !held.is_past);
    // A sum that was told goes by the hold that it was told by: no other takes that one's place.
    let is_held = held.is_some_and(|held| sale.announced.is_some() || cx.now + RENEW < held.expires_at);
    (!is_held).then_some(ask)
}

/// Whether an answer is worth a customer's moment: no sum was told, and something may be taken off.
pub fn waits(till: &Till, cx: &Context) -> bool {
    let is_untold = matches!(&till.screen, Screen::Sale { sale, .. } if sale.announced.is_none());
    is_untold && wanted(till, cx).is_some_and(|ask| !ask.lines.is_empty())
}

/// Headquarters holds a basket. It is priced by that only where it is still the same, and where a sum
/// that was told does not rise; else the hold is let go.
pub fn held(till: &mut Till, id: Uuid, ask: HoldAsk, grant: Grant, cx: &Context) -> Result<Vec<Effect>, Refusal> {
    let gone = Ok(vec![Effect::LetGo { hold: id }]);
    let Screen::Sale { sale, .. } = &till.screen else { return gone };
    if sale.claim != Some(ask.claim) {
        return gone;
    }
    let now = basket_on(till, date_of(sale, cx))?;
    let present = ask_for(sale, &till.programmes, &now);
    let (is_same, has_next, before) = (present.as_ref() == Some(&ask), present.is_some(), sale.clone());
    let Grant { used, expires_at, lines } = grant;
    let answer = Held { id, ask, used, expires_at, is_past: false };
    let is_told = before.announced.is_some();
    let sale = till.screen.sale()?.2;
    if !is_same {
        if is_told || !has_next {
            return gone;
        }
        // The next hold of this claim takes its place.
        sale.held = Some(answer);
        reprice(till, cx)?;
        return Ok(Vec::new());
    }
    if sale.tenders.is_empty() {
        sale.held = Some(answer);
        know(sale);
        reprice(till, cx)?;
        let sale = till.screen.sale()?.2;
        // Nothing is ever left to give back.
        sale.waived = sale.waived.min(sale.due() + sale.waived);
        let has_risen = before.announced.is_some_and(|told| sale.due() > told);
        if !has_risen && sale.priced.as_ref().is_some_and(|priced| is_granted(priced, &lines)) {
            sale.announced = before.announced.map(|_| sale.due());
            return Ok(Vec::new());
        }
    }
    if !is_told {
        // Headquarters would cut this claim: its own knowledge of what is used is as good offline.
        let sale = till.screen.sale()?.2;
        (sale.held, sale.no_hold) = (None, true);
        reprice(till, cx)?;
    } else {
        // What was told stands, by what it was priced with: the claim says that, and names no newer hold.
        *till.screen.sale()?.2 = OpenSale { no_hold: true, ..*before };
    }
    Ok(vec![Effect::LetGo { hold: id }, Effect::Note { event: "abandoned", detail: json!({ "hold": id }) }])
}

/// Nobody holds this basket: it is priced offline, and what is shown is what the till knows by itself. An older hold
/// of the claim prices nothing any more, since this one may have taken its place; a sum that was told stands.
pub fn not_held(till: &mut Till, ask: &HoldAsk, cx: &Context) -> Result<(), Refusal> {
    let Screen::Sale { sale, .. } = &till.screen else { return Ok(()) };
    if sale.claim != Some(ask.claim) {
        return Ok(());
    }
    let is_told = sale.announced.is_some() || !sale.tenders.is_empty();
    let basket = basket_on(till, date_of(sale, cx))?;
    if is_told && cover(sale, &till.programmes, &basket).is_some() {
        return Ok(());
    }
    let sale = till.screen.sale()?.2;
    if let Some(verified) = sale.verified.as_mut() {
        verified.online = false;
    }
    if !is_told && let Some(held) = sale.held.as_mut() {
        held.is_past = true;
        reprice(till, cx)?;
    }
    Ok(())
}

/// A claim of the same household was made beside this basket: headquarters judges the next by a hold only if it had
/// this one. A sum that was told stays.
pub fn made_beside(till: &mut Till, household: &str, used: Used, cx: &Context) -> Result<Vec<Effect>, Refusal> {
    let Screen::Sale { sale, .. } = &mut till.screen else { return Ok(Vec::new()) };
    let gone = let_go(sale);
    match &mut sale.verified {
        Some(verified) if verified.entry.household == household && sale.announced.is_none() => {
            (verified.used, verified.online) = (used, false);
        }
        Some(_) | None => return Ok(Vec::new()),
    }
    sale.held = None;
    reprice(till, cx)?;
    Ok(gone)
}

/// Lets the sale's hold go, where it has one.
pub fn let_go(sale: &OpenSale) -> Vec<Effect> {
    sale.held.as_ref().map(|held| Effect::LetGo { hold: held.id }).into_iter().collect()
}

/// From here on the household's usage is what headquarters said. The offline amount is the till's own.
fn know(sale: &mut OpenSale) {
    let (Some(verified), Some(held)) = (&mut sale.verified, &sale.held) else { return };
    let mut used = held.used.clone();
    used.0.retain(|_, limits| {
        limits.remove(OFFLINE);
        !limits.is_empty()
    });
    for (code, limits) in &verified.used.0 {
        if let Some(own) = limits.get(OFFLINE) {
            used.0.entry(code.clone()).or_default().insert(OFFLINE.into(), *own);
        }
    }
    (verified.used, verified.online) = (used, true);
}

/// Whether a claim of this would get all of it by the hold.
fn is_granted(priced: &Priced, granted: &[GrantedLine]) -> bool {
    priced.lines.iter().filter(|line| line.claimed).all(|own| {
        let most = granted.iter().find(|line| line.line == own.line);
        let (discount, subsidy, purse) = most.map(|m| (m.discount, m.subsidy, m.purse)).unwrap_or_default();
        own.discount <= discount && own.subsidy <= subsidy && own.purse <= purse
    })
}
