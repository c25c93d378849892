//! What each call does, on the till's thread and with the window's own code.

use std::time::Instant;

use domain::money::Money;
use domain::resident::Credential;
use domain::role::StaffRole;
use domain::sale::{ReturnLine, Verified, VerifiedBy};
use domain::till::{Event, Refusal, Reply, Screen, Shift, Staff, Till};
use store::{ApiCall, StoredSale};

use super::basket::{fill, said};
use super::session::Sessions;
use super::{Answer, Call, Claim, Problem, Reversal, Wanted, answers};
use crate::effects::{Driver, Outside, failed};
use crate::shop::commands_log;

/// Where other tills' programs are served.
#[derive(Default)]
pub struct Desk {
    sessions: Sessions,
}

impl Desk {
    /// Answers a call. The basket that is open at the till stays as it is.
    pub fn answer(&mut self, driver: &mut Driver, call: Call, has_window: bool) -> Answer {
        match call {
            Call::Health => answers::health(driver, has_window),
            Call::Window { raise } if has_window => Ok(answers::window(raise)),
            Call::Window { .. } => Err(Problem::new(
                409,
                "no_window",
                "济惠没有开窗口，请打开济惠收银程序。",
                "There is no window; start the till's program.",
            )),
            Call::Verify { credential, by, household } => self.verify(driver, &credential, by, household.as_deref()),
            Call::Quote(wanted) => self.quote(driver, &wanted),
            Call::Claim(claim) => self.claim(driver, &claim),
            Call::Look { claim } => answers::standing(driver, &find(driver, &claim)?),
            Call::Reverse(reversal) => reverse(driver, &reversal),
        }
    }

    /// Lets holds of quotes go that are not needed any more.
    fn let_go(&mut self, driver: &mut Driver) {
        for hold in self.sessions.gone() {
            driver.holds.let_go(hold);
        }
    }

    /// Notes verifications that no claim came of; `all` where the program ends.
    pub fn tend(&mut self, driver: &mut Driver, all: bool) {
        for _ in 0..self.sessions.lapsed(Instant::now(), all) {
            if let Err(err) = driver.record_event("abandoned", serde_json::json!({ "at": "local_api" })) {
                commands_log(&format!("an event could not be recorded: {err:#}"));
            }
        }
        self.let_go(driver);
    }

    fn verify(
        &mut self,
        driver: &mut Driver,
        credential: &Credential,
        by: VerifiedBy,
        household: Option<&str>,
    ) -> Answer {
        beside(driver, "api", |driver| {
            let ask = |driver: &mut Driver, household: Option<String>| {
                said(driver.handle(Event::Verify { credential: Ok(credential.clone()), by, household }))
            };
            let mut reply = ask(driver, None)?;
            if let (Reply::Choose(list), Some(word)) = (&reply, household) {
                let named = list.iter().map(|(id, _)| id).find(|id| self.sessions.word_for(id) == word);
                let named = named.ok_or(Refusal::NotOneOfTheirHouseholds)?;
                reply = ask(driver, Some(named.clone()))?;
            }
            if let Reply::Choose(list) = &reply {
                return Ok(answers::choice(list.iter().map(|(id, name)| (self.sessions.word_for(id), name.clone()))));
            }
            let verified = driver.till.screen.open()?.verified.clone().ok_or(Refusal::NotVerified)?;
            if household.is_some_and(|word| self.sessions.word_for(&verified.entry.household) != word) {
                return Err(Refusal::NotOneOfTheirHouseholds.into());
            }
            let id = self.sessions.keep(verified, Instant::now());
            answers::verified(driver, &id)
        })
    }

    fn quote(&mut self, driver: &mut Driver, wanted: &Wanted) -> Answer {
        let verified = self.sessions.get(&wanted.verification, Instant::now())?;
        not_told(driver, &verified)?;
        let holding = self.sessions.holding(&wanted.verification);
        let quoted = beside(driver, "api", |driver| {
            let priced = fill(driver, verified, wanted, "api", holding)?;
            Ok((answers::quote(driver, &priced), driver.till.screen.open()?.held.clone()))
        });
        let held = quoted.as_ref().ok().and_then(|(_, held)| held.clone());
        self.sessions.keep_hold(&wanted.verification, held);
        self.let_go(driver);
        quoted.map(|(answer, _)| answer)
    }

    fn claim(&mut self, driver: &mut Driver, claim: &Claim) -> Answer {
        let id = claim.id.to_string();
        let call = ApiCall { kind: "claim".into(), body_hash: claim.body_hash.clone() };
        let made = driver.shop.store.number_of(&id).map_err(failed)?;
        if is_repeated(driver, &id, &call, made.is_some())? {
            return answers::claimed(&find(driver, &id)?);
        }
        let verified = self.sessions.get(&claim.basket.verification, Instant::now())?;
        not_told(driver, &verified)?;
        let household = verified.entry.household.clone();
        // A hold names the claim: the quote's goes, and this claim's own takes its place.
        self.sessions.keep_hold(&claim.basket.verification, None);
        self.let_go(driver);
        beside(driver, &claim.cashier, |driver| {
            let priced = fill(driver, verified, &claim.basket, &claim.cashier, (claim.id, None))?;
            let take_off = priced.totals.discount + priced.totals.purse;
            if take_off != claim.expect {
                return Err(Problem::changed(take_off));
            }
            if take_off == Money::ZERO {
                return Err(Refusal::NothingToClaim.into());
            }
            let event = Event::Claim { host_receipt: Some(claim.host_receipt.clone()) };
            let outside = Outside { id: claim.id, prints: claim.prints };
            make(driver, &id, &call, outside, |driver| said(driver.handle(event)).map(|_| ()))
        })?;
        self.sessions.end(&claim.basket.verification);
        driver.made_beside(&household)?;
        answers::claimed(&find(driver, &id)?)
    }
}

/// Refuses where the window told the same family a sum, which stands until it is paid or cleared.
fn not_told(driver: &Driver, verified: &Verified) -> Result<(), Problem> {
    let is_told = driver.till.screen.open().is_ok_and(|sale| {
        let is_theirs = |v: &Verified| v.entry.household == verified.entry.household;
        sale.announced.is_some() && sale.verified.as_ref().is_some_and(is_theirs)
    });
    if !is_told {
        return Ok(());
    }
    Err(Problem::new(
        409,
        "being_served",
        "这户人家正在济惠窗口结账，请先收完或清空那一单。",
        "This family is paying at Jihui's own window; finish or clear that basket first.",
    ))
}

fn reverse(driver: &mut Driver, reversal: &Reversal) -> Answer {
    let id = reversal.id.to_string();
    let call = ApiCall { kind: "reversal".into(), body_hash: reversal.body_hash.clone() };
    let made = driver.shop.store.return_of(&id).map_err(failed)?;
    if is_repeated(driver, &id, &call, made.is_some())? {
        return answers::reversed(driver, &id);
    }
    let sale = find(driver, &reversal.claim)?;
    // Read before headquarters is asked what came back elsewhere: a reversal that goes up meanwhile is
    // counted there and here.
    let (unsent, _) = driver.shop.store.unsent().map_err(failed)?;
    beside(driver, &reversal.cashier, |driver| {
        let outside = Outside { id: reversal.id, prints: reversal.prints };
        make(driver, &id, &call, outside, |driver| {
            match driver.take_back(&sale.number, &reversal.lines, &reversal.reason) {
                Ok(_) => Ok(()),
                Err(Refusal::ReturnTooMuch { .. }) if unsent > 0 && is_left(&sale, &reversal.lines) => {
                    Err(Refusal::Busy.into())
                }
                Err(refusal) => Err(refusal.into()),
            }
        })
    })?;
    answers::reversed(driver, &id)
}

/// Whether, by what this till knows, so much of a claim is still there.
fn is_left(sale: &StoredSale, lines: &[ReturnLine]) -> bool {
    let is_there = |wanted: &ReturnLine| {
        sale.lines.iter().any(|sold| sold.line == wanted.line && sold.returned + wanted.quantity <= sold.quantity)
    };
    lines.iter().all(is_there)
}

/// Whether an id made the same before; refused where it made, or is kept for, something else.
fn is_repeated(driver: &Driver, id: &str, call: &ApiCall, is_made: bool) -> Result<bool, Problem> {
    let known = driver.shop.store.api_call(id).map_err(failed)?;
    match known {
        Some(known) if is_made && known == *call => Ok(true),
        Some(known) if !is_made && known.kind == call.kind => Ok(false),
        None if !is_made && driver.shop.store.record_of(id).map_err(failed)?.is_none() => Ok(false),
        Some(_) | None => Err(Problem::conflict()),
    }
}

/// Makes something under the caller's id. What was asked is kept before, so that no crash leaves a
/// claim whose body nobody knows.
fn make(
    driver: &mut Driver,
    id: &str,
    call: &ApiCall,
    outside: Outside,
    work: impl FnOnce(&mut Driver) -> Result<(), Problem>,
) -> Result<(), Problem> {
    needs_shift(driver)?;
    driver.shop.store.keep_api_call(id, call, driver.shop.now().timestamp_millis()).map_err(failed)?;
    driver.outside = Some(outside);
    let done = work(driver);
    driver.outside = None;
    done
}

/// A claim that was made beside another till. What was paid here goes back here, by the window.
fn find(driver: &Driver, claim: &str) -> Result<StoredSale, Problem> {
    let store = &driver.shop.store;
    let number = store.number_of(claim).map_err(failed)?;
    let sale = store.sale(number.as_deref().unwrap_or(claim)).map_err(failed)?;
    sale.filter(answers::is_beside).ok_or_else(|| {
        Problem::unknown("这台款台没有这一笔，请核对编号。", "This till has no such claim; check its id or number.")
    })
}

/// Works on a till of its own, with nobody's basket in it, and puts the window's back.
fn beside<T>(
    driver: &mut Driver,
    cashier: &str,
    work: impl FnOnce(&mut Driver) -> Result<T, Problem>,
) -> Result<T, Problem> {
    if driver.shop.identity.is_none() {
        return Err(Refusal::NotEnrolled.into());
    }
    let open = driver.shop.store.open_shift_row().map_err(failed)?;
    // Until something is made, a basket needs no shift that is really open.
    let shift = open.clone().unwrap_or(Shift { id: 0, float: Money::ZERO });
    let staff = Staff { code: cashier.into(), role: StaffRole::Cashier };
    let own = Till {
        screen: Screen::Sale { staff, shift, sale: Box::default() },
        programmes: driver.shop.programmes.clone(),
        promotions: driver.shop.promotions.clone(),
        open_shift: open,
        is_beside: true,
        asks_weight: false,
        is_locked: false,
        ..Till::new(driver.till.store.clone(), Vec::new(), driver.till.rounding, None)
    };
    driver.tend();
    let windows = std::mem::replace(&mut driver.till, own);
    driver.aside = windows.screen.open().ok().and_then(|sale| sale.claim);
    let done = work(driver);
    driver.aside = None;
    let own = std::mem::replace(&mut driver.till, windows);
    if done.is_err()
        && let Ok(Some(held)) = own.screen.open().map(|sale| &sale.held)
    {
        driver.holds.let_go(held.id);
    }
    driver.tend();
    if let Some(shift) = own.open_shift.filter(|_| driver.till.open_shift.is_none()) {
        // Whoever signs in next goes on in this shift; whoever is waiting for one has it now.
        driver.till.open_shift = Some(shift.clone());
        driver.handle(Event::ShiftOpened(Ok(shift)));
    }
    done
}

/// Opens a shift without cash where none is open: the money is in the other till.
fn needs_shift(driver: &mut Driver) -> Result<(), Problem> {
    if driver.till.open_shift.is_some() {
        return Ok(());
    }
    let Screen::Sale { staff, sale, .. } = driver.till.screen.clone() else {
        return Err(Refusal::NotSignedIn.into());
    };
    driver.till.screen = Screen::NoShift { staff };
    said(driver.handle(Event::OpenShift { float: Money::ZERO.to_string() }))?;
    if let Screen::Sale { sale: opened, .. } = &mut driver.till.screen {
        *opened = sale;
    }
    Ok(())
}
