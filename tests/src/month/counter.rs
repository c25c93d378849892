//! One till and the person behind it.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use domain::money::Money;
use domain::quantity::Quantity;
use domain::resident::{CardNumber, Credential, IdNumber};
use domain::sale::ReturnLine;
use domain::tender::TenderKind;
use domain::till::{BeneficiaryView, Event, OpenSale, Refusal, Reply, Screen};
use pos::effects::{Driver, entry_of, verified_by};
use pos::outbox::StoreOutbox;
use pos::shop::Shop;
use store::Lock;

use super::clock::Clock;
use super::dice::Dice;
use super::inside::{Inside, Line};
use super::shelves::Wanted;
use crate::{Household, card_number, id_number};

/// Who is at the till, and their PIN; `cargo xtask demo` adds the same two.
pub const STAFF: [(&str, &str); 2] = [("demo", "1234"), ("manager", "5678")];
const REASONS: [&str; 4] = ["包装破损", "买错了", "临近保质期", "家人已经买了"];

/// A till at work.
pub struct Counter {
    driver: Driver,
    _lock: Lock,
    store: String,
    /// The line to headquarters.
    pub line: Line,
    /// How far its clock is ahead, in milliseconds.
    pub ahead_ms: i64,
    /// Receipts with goods that could come back: number, line.
    returnable: Vec<(String, u32)>,
}

impl Counter {
    /// Takes a till's folder.
    pub fn open(dir: &Path, headquarters: &Arc<Inside>) -> Result<Self> {
        let lock = Lock::take(dir)?;
        let shop = Shop::open(dir)?;
        let store = shop.enrolled()?.store.clone();
        let mut driver = Driver::start(shop)?;
        let line = Line::to(headquarters);
        driver.holds = line.holds(dir)?;
        Ok(Self { driver, _lock: lock, store, line, ahead_ms: 0, returnable: Vec::new() })
    }

    /// So many seconds pass.
    fn wait(&mut self, clock: &mut Clock, seconds: i64) {
        clock.wait(seconds);
        self.driver.move_clock(clock.offset_ms() + self.ahead_ms);
    }

    /// What the till answers; a refusal is a mistake of this program.
    fn ask(&mut self, event: Event) -> Result<Reply> {
        match self.driver.handle(event) {
            Reply::Refused(refusal) => bail!("the till of {} refused: {refusal}", self.store),
            reply => Ok(reply),
        }
    }

    fn sale(&self) -> Result<&OpenSale> {
        match &self.driver.till.screen {
            Screen::Sale { sale, .. } => Ok(sale),
            _ => bail!("the till of {} is not selling", self.store),
        }
    }

    /// One round with headquarters, as the till's window makes every few seconds.
    pub fn sync(&mut self, clock: &Clock) -> Result<()> {
        self.driver.move_clock(clock.offset_ms() + self.ahead_ms);
        if self.line.is_up() {
            sync::engine::round(&mut StoreOutbox::new(&mut self.driver.shop), &self.line)?;
            self.driver.refresh()?;
        }
        Ok(())
    }

    /// The line is back, and headquarters' time with it.
    pub fn comes_back(&mut self, clock: &Clock) -> Result<()> {
        self.line.set_up(true);
        self.sync(clock)?;
        self.ahead_ms = 0;
        Ok(())
    }

    /// Somebody signs in and opens the shift.
    pub fn open_shift(&mut self, clock: &mut Clock, is_manager: bool) -> Result<()> {
        let (staff, pin) = STAFF[usize::from(is_manager)];
        self.wait(clock, 20);
        if self.driver.cashier().as_deref() != Some(staff) {
            self.ask(Event::SignIn { staff: staff.into(), pin: pin.into() })?;
        }
        self.ask(Event::OpenShift { float: "200.00".into() })?;
        Ok(())
    }

    /// The drawer is counted, the shift and the day are closed.
    pub fn close(&mut self, clock: &mut Clock, dice: &mut Dice) -> Result<()> {
        self.wait(clock, 120);
        let report = self.driver.x_report().map_err(refused)?;
        let expected = Money::parse_signed(report["expected_cash"].as_str().unwrap_or_default());
        // Mostly the drawer is right; now and then some coins are missing or too many.
        let off = if dice.chance(15) { dice.between(-6, 6) * 50 } else { 0 };
        let counted = expected.map_err(anyhow::Error::msg)? + Money::from_fen(off.into());
        self.driver.close_shift(&counted.max(Money::ZERO).to_string(), None).map_err(refused)?;
        self.wait(clock, 60);
        self.driver.close_day().map_err(refused)?;
        Ok(())
    }

    /// Scans and weighs goods.
    pub fn scan(&mut self, clock: &mut Clock, dice: &mut Dice, basket: &[Wanted]) -> Result<()> {
        for wanted in basket {
            self.wait(clock, dice.between(2, 9));
            self.ask(Event::Scanned { entry: entry_of(&wanted.code), code: wanted.code.clone(), quantity: None })?;
            if let Some(value) = wanted.quantity.clone() {
                let line = self.sale()?.next_line;
                self.ask(Event::SetQuantity { line, value })?;
            }
        }
        Ok(())
    }

    /// Shows a card or types a number; whether the family is given something today.
    pub fn verify(&mut self, clock: &mut Clock, dice: &mut Dice, family: &Household) -> Result<bool> {
        self.wait(clock, dice.between(4, 12));
        self.sync(clock)?;
        let Some(person) = dice.pick(&family.people) else { return Ok(false) };
        let card = person.has_card && dice.chance(80);
        let credential = if card {
            CardNumber::parse(&card_number(family.n)).map(Credential::Card)
        } else {
            IdNumber::parse(&id_number(person.n)).map(Credential::Id)
        };
        let mut household = None;
        loop {
            let (credential, by) = (credential.clone(), verified_by(card));
            match self.driver.handle(Event::Verify { credential, by, household: household.clone() }) {
                Reply::Beneficiary(view) => return self.wishes(dice, &view).map(|()| true),
                // Whoever shops for two households says for which.
                Reply::Choose(list) => household = dice.pick(&list).map(|(household, _)| household.clone()),
                Reply::Refused(Refusal::NotEligible { .. }) => return Ok(false),
                Reply::Refused(refusal) => bail!("the till of {} refused: {refusal}", self.store),
                _ => bail!("a verification was answered strangely"),
            }
        }
    }

    /// Some pay from their value card; a few keep a programme for another day.
    fn wishes(&mut self, dice: &mut Dice, view: &BeneficiaryView) -> Result<()> {
        let has = |code: &str| view.programmes.iter().any(|(programme, _)| programme == code);
        if has("CARD") && dice.chance(60) {
            let amount = format!("{}.00", dice.between(2, 8) * 5);
            self.ask(Event::Purse { programme: "CARD".into(), amount })?;
        }
        if has("RICE") && dice.chance(4) {
            self.ask(Event::Decline { programme: "RICE".into() })?;
        }
        Ok(())
    }

    /// The customer has left the purse at home: the basket waits, and comes back.
    pub fn park(&mut self, clock: &mut Clock, dice: &mut Dice) -> Result<()> {
        self.ask(Event::Park)?;
        self.wait(clock, dice.between(120, 400));
        self.ask(Event::Recall { n: 1 })?;
        Ok(())
    }

    /// The customer does not want it after all.
    pub fn clear(&mut self, clock: &mut Clock) -> Result<()> {
        self.wait(clock, 8);
        self.ask(Event::Clear { reason: None })?;
        Ok(())
    }

    /// Takes the money; whether the sale made a claim.
    pub fn pay(&mut self, clock: &mut Clock, dice: &mut Dice, is_family: bool) -> Result<bool> {
        self.wait(clock, dice.between(6, 25));
        // The sum is told, which waits for headquarters, before anybody counts money.
        self.ask(Event::Announce)?;
        let due = self.sale()?.priced.as_ref().map(|priced| priced.totals.due).unwrap_or_default();
        let pieces: Vec<u32> = (self.sale()?.lines.iter())
            .filter(|line| line.basket.quantity.is_whole())
            .map(|line| line.basket.line)
            .collect();
        let cash_share = if is_family { 50 } else { 24 };
        let cash = due.is_zero() || dice.chance(cash_share);
        let mut left = due;
        if cash && due.fen() > 2_000 && dice.chance(5) {
            // Part by phone, the rest in cash.
            let part = Money::from_fen(1_000);
            self.ask(Event::Pay {
                kind: TenderKind::Wechat,
                amount: Some(part.to_string()),
                reference: None,
                seen: None,
            })?;
            left = due - part;
        }
        let kind = if cash { TenderKind::Cash } else { electronic(dice) };
        let amount = cash.then(|| notes(left, dice).to_string());
        let reference = (!cash).then(|| format!("DEMO{:012}", dice.between(1, 999_999_999_999)));
        let Reply::Sale(sale) = self.ask(Event::Pay { kind, amount, reference, seen: None })? else {
            bail!("{due} were paid, and the till of {} wants more", self.store);
        };
        if let Some(line) = dice.pick(&pieces) {
            self.returnable.push((sale.number, *line));
        }
        Ok(!sale.claims.is_empty())
    }

    /// One piece of a recent sale comes back; whether there was any.
    pub fn take_back(&mut self, clock: &mut Clock, dice: &mut Dice) -> Result<bool> {
        self.wait(clock, 40);
        let recent = self.returnable.len().saturating_sub(12);
        let Some((number, line)) = dice.pick(&self.returnable[recent..]).cloned() else { return Ok(false) };
        self.returnable.retain(|(other, _)| *other != number);
        let reason = dice.pick(&REASONS).copied().unwrap_or_default();
        let lines = [ReturnLine { line, quantity: Quantity::ONE }];
        self.driver.take_back(&number, &lines, reason).map_err(refused)?;
        Ok(true)
    }
}

fn refused(refusal: Refusal) -> anyhow::Error {
    anyhow::anyhow!("the till refused: {refusal}")
}

fn electronic(dice: &mut Dice) -> TenderKind {
    match dice.between(1, 100) {
        1..=58 => TenderKind::Wechat,
        59..=86 => TenderKind::Alipay,
        87..=94 => TenderKind::BankCard,
        _ => TenderKind::ECny,
    }
}

/// What people hold out: coins to the fen, or the next note that is enough.
fn notes(due: Money, dice: &mut Dice) -> Money {
    const NOTES: [i128; 5] = [100, 1_000, 2_000, 5_000, 10_000];
    let enough: Vec<Money> = NOTES.iter().map(|note| Money::from_fen((due.fen() + note - 1) / note * note)).collect();
    dice.pick(&enough).copied().filter(|_| dice.chance(90)).unwrap_or(due)
}
