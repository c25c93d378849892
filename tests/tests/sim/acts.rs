//! What people do at the tills.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use domain::money::Money;
use domain::quantity::Quantity;
use domain::resident::{CardNumber, Credential, IdNumber};
use domain::sale::ReturnLine;
use domain::tender::TenderKind;
use domain::till::{Event, Finished, Refusal, Reply, Screen};
use domain::time::business_date;
use pos::counter::Returned;
use pos::effects::{entry_of, verified_by};
use serde_json::Value;
use tests::month::shelves::Shopper;
use tests::{card_number, id_number};

use crate::ledger::{Entry, Receipt, WentBy};
use crate::planted;
use crate::rig::Rig;
use crate::world::{Failure, Outcome, World, fails};

fn fen(said: &Value, name: &str) -> i64 {
    let text = said["totals"][name].as_str().unwrap_or("0");
    Money::parse_signed(text).unwrap_or_default().fen_i64()
}

impl World<'_> {
    /// Somebody comes to a till with a basket.
    pub fn sell(&mut self, m: usize) -> Outcome {
        self.machines[m].open_shift()?;
        if self.rig == Rig::LosesUnflushed {
            self.machines[m].keep_unflushed()?;
        }
        let is_family = self.dice.chance(70);
        let shopper = match is_family {
            false => Shopper::Passer,
            true if self.dice.chance(30) => Shopper::Larder,
            true => Shopper::Family,
        };
        let mut basket = self.shelves.basket(shopper, &mut self.dice);
        let most = usize::try_from(self.dice.between(1, 6)).unwrap_or(1);
        basket.truncate(most);
        for wanted in basket {
            let (entry, code) = (entry_of(&wanted.code), wanted.code.clone());
            match self.machines[m].handle(Event::Scanned { entry, code, quantity: None })? {
                Reply::Refused(refusal) => return fails("served", format!("till {m}: {}: {refusal}", wanted.code)),
                _ => self.wait(3),
            }
            if let Some(value) = wanted.quantity {
                let line = self.machines[m].sale()?.next_line;
                self.must(m, Event::SetQuantity { line, value })?;
            }
        }
        if is_family {
            self.verify(m)?;
        }
        if self.dice.chance(3) {
            self.say(m, "the basket is given up");
            return self.must(m, Event::Clear { reason: Some("不要了".into()) });
        }
        if self.dice.chance(10) {
            // The till talks to headquarters while the basket is open.
            self.round(m)?;
            if self.machines[m].sale()?.lines.is_empty() {
                return Ok(());
            }
        }
        self.wait(8);
        self.pay(m)
    }

    fn must(&mut self, m: usize, event: Event) -> Outcome {
        let shown = format!("{event:?}");
        match self.machines[m].handle(event)? {
            Reply::Refused(refusal) => fails("served", format!("till {m}: {shown}: {refusal}")),
            _ => Ok(()),
        }
    }

    /// A card is shown or a number typed. Nobody is turned away: who is not known pays the regular price.
    fn verify(&mut self, m: usize) -> Outcome {
        let families = &self.template.families;
        let Some(family) = self.dice.pick(families) else { return Ok(()) };
        let Some(person) = self.dice.pick(&family.people) else { return Ok(()) };
        let by_card = person.has_card && self.dice.chance(70);
        let credential = if by_card {
            CardNumber::parse(&card_number(family.n)).map(Credential::Card)
        } else {
            IdNumber::parse(&id_number(person.n)).map(Credential::Id)
        };
        let (by, mut household) = (verified_by(by_card), None);
        self.wait(5);
        for _ in 0..2 {
            let event = Event::Verify { credential: credential.clone(), by, household: household.take() };
            match self.machines[m].handle(event)? {
                Reply::Choose(list) => household = self.dice.pick(&list).map(|(household, _)| household.clone()),
                Reply::Beneficiary(view) => {
                    let has = |code: &str| view.programmes.iter().any(|(programme, _)| programme == code);
                    if has("CARD") && self.dice.chance(35) {
                        let amount = format!("{}.50", self.dice.between(2, 14));
                        self.must(m, Event::Purse { programme: "CARD".into(), amount })?;
                    }
                    if has("EGG") && self.dice.chance(5) {
                        self.must(m, Event::Decline { programme: "EGG".into() })?;
                    }
                    return Ok(());
                }
                Reply::Refused(refusal) => {
                    self.say(m, &format!("a family is not verified: {refusal}"));
                    return Ok(());
                }
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    fn pay(&mut self, m: usize) -> Outcome {
        if self.machines[m].rig == Rig::OneFenMore {
            planted::one_fen_more(self.machines[m].sale()?);
        }
        let verified = self.machines[m].sale()?.verified.clone();
        let lines = self.machines[m].sale()?.lines.iter().map(|l| (l.basket.line, milli(l.basket.quantity))).collect();
        let cash = self.dice.chance(60);
        let due = self.machines[m].sale()?.priced.as_ref().map(|priced| priced.totals.due).unwrap_or_default();
        if cash && due.fen() > 1_500 && self.dice.chance(15) {
            let amount = Some("10.00".into());
            self.must(m, Event::Pay { kind: TenderKind::Wechat, amount, reference: None, seen: None })?;
        }
        let cash = cash || due.is_zero();
        let kind = if cash { TenderKind::Cash } else { TenderKind::Wechat };
        let reference = (!cash).then(|| format!("SIM{:012}", self.dice.between(1, 999_999_999)));
        let sold = match self.machines[m].handle(Event::Pay { kind, amount: None, reference, seen: None })? {
            Reply::Sale(sold) => sold,
            other => return fails("served", format!("till {m}: {due} were paid, and it says {other:?}")),
        };
        let takes_off = !sold.totals.discount.is_zero() || !sold.totals.purse.is_zero();
        if takes_off != (sold.claims.len() == 1) {
            return fails(
                "once",
                format!("sale {} took {} off and made {:?}", sold.number, sold.totals.discount, sold.claims),
            );
        }
        self.ledger.sales += 1;
        let (number, claimed) = (sold.number.clone(), takes_off);
        self.ledger.receipts.push(Receipt { machine: m, number, lines, claimed });
        if let (Some(id), Some(verified)) = (sold.claims.first(), verified) {
            self.write_down(m, &sold, id, &verified.entry)?;
        }
        planted::after_sale(&mut self.machines[m], &sold)?;
        Ok(())
    }

    fn write_down(
        &mut self,
        m: usize,
        sold: &Finished,
        id: &str,
        entry: &domain::household::RosterEntry,
    ) -> Result<(), Failure> {
        let said = self.machines[m].said(id)?;
        let machine = &self.machines[m];
        let start = format!("{}|", entry.household);
        let heard: BTreeMap<String, i64> = machine
            .knowledge
            .used
            .iter()
            .filter(|(key, _)| key.starts_with(&start))
            .map(|(k, v)| (k.clone(), *v))
            .collect();
        let went_by = WentBy {
            stretch: machine.knowledge.stretch,
            heard,
            online: said["online"] == true,
            hold: said["hold"].as_str().map(Into::into),
            size: entry.size,
            at_home: entry.home_store.as_deref() == Some(machine.store()),
        };
        let fen = sold.totals.claim.fen_i64() - if machine.rig == Rig::OneFenMore { 1 } else { 0 };
        let till = machine.name.clone();
        self.say(
            m,
            &format!(
                "sale {} claims {}{}",
                sold.number,
                sold.totals.claim,
                if went_by.online { " online" } else { "" }
            ),
        );
        self.ledger.entries.push(Entry {
            till,
            id: id.into(),
            of: None,
            date: said["business_date"].as_str().unwrap_or_default().into(),
            fen,
            number: sold.number.clone(),
            disks: BTreeSet::from([m]),
            went_by: Some(went_by),
        });
        Ok(())
    }

    /// Goods come back: to the till that sold them, or to another of its store.
    pub fn take_back(&mut self, m: usize, elsewhere: bool) -> Outcome {
        self.machines[m].open_shift()?;
        let store = self.machines[m].store().to_owned();
        let machines = &self.machines;
        let fits = |r: &&Receipt| match elsewhere {
            true => r.claimed && r.machine != m && machines[r.machine].store() == store,
            false => r.machine == m,
        };
        let recent: Vec<Receipt> = self.ledger.receipts.iter().rev().filter(fits).take(12).cloned().collect();
        let Some(receipt) = self.dice.pick(&recent).cloned() else { return Ok(()) };
        let mut lines = Vec::new();
        for (line, sold) in &receipt.lines {
            if !lines.is_empty() && self.dice.chance(40) {
                continue;
            }
            let is_whole = sold % 1000 == 0;
            let back = match (is_whole, self.dice.chance(50)) {
                (_, true) => *sold,
                (true, false) => self.dice.between(1, sold / 1000) * 1000,
                (false, false) => (self.dice.between(1, *sold) / 5 * 5).max(5).min(*sold),
            };
            lines.push(ReturnLine { line: *line, quantity: Quantity::from_milli(back.into()) });
        }
        let driver = self.machines[m].driver()?;
        let done = if elsewhere {
            driver.take_back_foreign(&receipt.number, &lines[..1], "买错了")
        } else {
            driver.take_back(&receipt.number, &lines, "买错了")
        };
        self.returned(m, &receipt.number, done)
    }

    /// The last sale of the shift was a mistake.
    pub fn void(&mut self, m: usize) -> Outcome {
        self.machines[m].open_shift()?;
        let done = self.machines[m].driver()?.void_last("打错了", None);
        self.returned(m, "the last", done)
    }

    fn returned(&mut self, m: usize, number: &str, done: Result<Returned, Refusal>) -> Outcome {
        let returned = match done {
            Ok(returned) => returned,
            Err(refusal) => {
                self.say(m, &format!("{number} is not taken back: {refusal}"));
                return Ok(());
            }
        };
        for id in &returned.reversals {
            let said = self.machines[m].said(id)?;
            self.say(m, &format!("{number} comes back in part: {}", said["totals"]["claim"]));
            self.ledger.entries.push(Entry {
                till: self.machines[m].name.clone(),
                id: id.clone(),
                of: said["of"].as_str().map(Into::into),
                date: said["business_date"].as_str().unwrap_or_default().into(),
                fen: fen(&said, "claim"),
                number: returned.number.clone(),
                disks: BTreeSet::from([m]),
                went_by: None,
            });
        }
        Ok(())
    }

    /// The drawer is counted; sometimes the day ends as well.
    pub fn close(&mut self, m: usize) -> Outcome {
        if !matches!(self.machines[m].driver()?.till.screen, Screen::Sale { .. }) {
            return Ok(());
        }
        let driver = self.machines[m].driver()?;
        let report = driver.x_report().map_err(|refusal| anyhow::anyhow!("{refusal}"))?;
        let counted = Money::parse_signed(report["expected_cash"].as_str().unwrap_or("0")).unwrap_or_default();
        if let Err(refusal) = driver.close_shift(&counted.max(Money::ZERO).to_string(), None) {
            return fails("served", format!("till {m}: the shift does not close: {refusal}"));
        }
        self.wait(60);
        let date = business_date(self.machines[m].driver()?.context().now).to_string();
        match self.machines[m].driver()?.close_day() {
            Ok(report) => self.day_fits(m, &date, &report["sums"]),
            Err(refusal) => {
                self.say(m, &format!("the day is not closed: {refusal}"));
                Ok(())
            }
        }
    }

    /// The day's sums are those of the day's claims less what came back, to the fen.
    fn day_fits(&mut self, m: usize, date: &str, sums: &Value) -> Outcome {
        self.say(m, &format!("closes {date}"));
        if !self.faults.keeps_disks() {
            return Ok(());
        }
        let own = self.ledger.entries.iter().filter(|e| e.disks.contains(&m) && e.date == date);
        let expected: i64 = own.map(|e| if e.of.is_some() { -e.fen } else { e.fen }).sum();
        let sum = |name: &str| Money::parse_signed(sums[name].as_str().unwrap_or("0")).map(|m| m.fen_i64());
        let told = sum("subsidy").map_err(anyhow::Error::msg)? + sum("purse").map_err(anyhow::Error::msg)?;
        if told == expected {
            return Ok(());
        }
        fails(
            "day",
            format!("till {m} closes {date} with {told} fen of subsidy and purse; its receipts have {expected}"),
        )
    }
}

fn milli(quantity: Quantity) -> i64 {
    i64::try_from(quantity.milli()).unwrap_or(0)
}
