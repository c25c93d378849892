//! What people do at the tills.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use domain::money::Money;
use domain::quantity::Quantity;
use domain::resident::{CardNumber, Credential, IdNumber};
use domain::sale::ReturnLine;
use domain::tender::TenderKind;
use domain::till::{Event, Finished, Refusal, Reply, Screen};
use domain::time::{business_date, parse_rfc3339};
use pos::counter::Returned;
use pos::effects::{entry_of, verified_by};
use serde_json::Value;
use tests::month::shelves::Shopper;
use tests::{Household, card_number, id_number};

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
        let done = self.serve(m);
        self.unless_off(m, done)
    }

    fn serve(&mut self, m: usize) -> Outcome {
        self.begin(m)?;
        let shopper = match self.dice.chance(70) {
            false => Shopper::Passer,
            true if self.dice.chance(30) => Shopper::Larder,
            true => Shopper::Family,
        };
        let family = if matches!(shopper, Shopper::Passer) { None } else { self.somebody() };
        let is_early = self.dice.chance(40);
        if let Some(family) = family.as_ref().filter(|_| is_early) {
            self.verify(m, family)?;
            self.may_hold(m, 60)?;
        }
        self.fill(m, shopper)?;
        if let Some(family) = &family {
            if !is_early {
                self.verify(m, family)?;
            }
            self.may_hold(m, 40)?;
            self.change_mind(m)?;
        }
        if self.dice.chance(3) {
            self.say(m, "the basket is given up");
            return self.must(m, Event::Clear { reason: Some("不要了".into()) });
        }
        if self.dice.chance(10) {
            // The till talks to headquarters while the basket is open.
            self.round(m)?;
        }
        if family.is_some() && self.dice.chance(4) {
            self.say(m, "the family goes back for something");
            self.wait(16 * 60);
        }
        self.wait(8);
        self.pay(m)
    }

    /// One family at two tills: what one of them holds is not there for the other.
    pub fn sell_at_two(&mut self, m: usize) -> Outcome {
        let others: Vec<usize> = (0..self.machines.len()).filter(|other| *other != m).collect();
        let (Some(n), Some(family)) = (self.dice.pick(&others).copied(), self.somebody()) else { return Ok(()) };
        for till in [m, n] {
            let done = self.serve_until_held(till, &family);
            self.unless_off(till, done)?;
        }
        if self.dice.chance(15) {
            let minutes = self.dice.between(5, 20);
            self.wait(minutes * 60);
        }
        let order = if self.dice.chance(50) { [m, n] } else { [n, m] };
        for till in order {
            let done = self.pay(till);
            self.unless_off(till, done)?;
            self.wait(20);
        }
        Ok(())
    }

    fn serve_until_held(&mut self, m: usize, family: &Household) -> Outcome {
        self.begin(m)?;
        self.fill(m, Shopper::Larder)?;
        self.verify(m, family)?;
        self.may_hold(m, 80)
    }

    /// Somebody is at the till; its program may stop before any of its calls.
    fn begin(&mut self, m: usize) -> Outcome {
        self.machines[m].open_shift()?;
        if self.rig == Rig::LosesUnflushed {
            self.machines[m].keep_unflushed()?;
        } else if self.faults.crashes_till && self.dice.chance(8) {
            let calls = self.dice.between(0, 4);
            let (folder, image) = (self.machines[m].dir.clone(), self.machines[m].crash_image());
            self.net.crash_after(m, calls, &folder, &image);
        }
        Ok(())
    }

    /// A till that stopped while somebody was served has sold nothing; it runs again.
    fn unless_off(&mut self, m: usize, done: Outcome) -> Outcome {
        // A crash that did not come does not come later.
        self.net.take_crash(m);
        if std::mem::take(&mut self.machines[m].went_off) {
            self.say(m, "runs again; nothing was sold");
            return Ok(());
        }
        done
    }

    /// A family; some of them shop more than others.
    fn somebody(&mut self) -> Option<Household> {
        let families = &self.template.families;
        let most = if self.dice.chance(40) { families.len().min(3) } else { families.len() };
        self.dice.pick(&families[..most]).cloned()
    }

    fn fill(&mut self, m: usize, shopper: Shopper) -> Outcome {
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
        Ok(())
    }

    /// The till asks headquarters to hold the basket while it is filled.
    fn may_hold(&mut self, m: usize, chance: i64) -> Outcome {
        if self.dice.chance(chance) {
            let is_held = self.machines[m].hold()?;
            if !is_held {
                // No answer takes its time: no two requests of a till are made in the same millisecond.
                self.wait(1);
            }
        }
        Ok(())
    }

    /// One more of something, and perhaps one less again.
    fn change_mind(&mut self, m: usize) -> Outcome {
        if !self.dice.chance(12) {
            return Ok(());
        }
        let lines: Vec<(u32, i64)> =
            self.machines[m].sale()?.lines.iter().map(|l| (l.basket.line, milli(l.basket.quantity))).collect();
        let Some((line, before)) = self.dice.pick(&lines).copied().filter(|(_, q)| q % 1000 == 0) else {
            return Ok(());
        };
        let pieces = before / 1000;
        self.must(m, Event::SetQuantity { line, value: (pieces + 1).to_string() })?;
        self.may_hold(m, 60)?;
        if self.dice.chance(60) {
            self.must(m, Event::SetQuantity { line, value: pieces.to_string() })?;
        }
        Ok(())
    }

    fn must(&mut self, m: usize, event: Event) -> Outcome {
        let shown = format!("{event:?}");
        match self.machines[m].handle(event)? {
            Reply::Refused(refusal) => fails("served", format!("till {m}: {shown}: {refusal}")),
            _ => Ok(()),
        }
    }

    /// A card is shown or a number typed. Nobody is turned away: who is not known pays the regular price.
    fn verify(&mut self, m: usize, family: &Household) -> Outcome {
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
        if self.machines[m].sale()?.lines.is_empty() {
            // It was started again meanwhile.
            return Ok(());
        }
        if self.machines[m].rig == Rig::UnderAnotherHold {
            planted::under_another_hold(&mut self.machines[m])?;
        }
        self.must(m, Event::Announce)?;
        let (told_in_time, learned) = self.told(m)?;
        if !self.online && self.dice.chance(4) {
            let minutes = self.dice.between(1, 18);
            self.wait(minutes * 60);
        }
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
            if let Some(went_by) = self.ledger.entries.last_mut().and_then(|entry| entry.went_by.as_mut()) {
                went_by.told_in_time = told_in_time;
                if went_by.hold.is_none() {
                    went_by.lower(&learned);
                }
            }
        }
        planted::after_sale(&mut self.machines[m], &sold)?;
        if self.is_prompt { self.round(m) } else { Ok(()) }
    }

    /// Of a sum that was just told: whether the hold that it goes by lives; and what headquarters said meanwhile is
    /// used of the family's limits, by which the till prices also where it holds nothing.
    fn told(&mut self, m: usize) -> Result<(bool, Vec<(String, i64)>), Failure> {
        let driver = self.machines[m].driver()?;
        let (now, programmes) = (driver.context().now, driver.till.programmes.clone());
        let sale = self.machines[m].sale()?;
        let told_in_time = sale.held.as_ref().is_some_and(|held| now < held.expires_at);
        let Some(verified) = sale.verified.as_ref().filter(|_| sale.held.is_some() || sale.no_hold) else {
            return Ok((told_in_time, Vec::new()));
        };
        let date = business_date(now);
        let mut learned = Vec::new();
        for programme in &programmes {
            for limit in &programme.limits {
                let Some(period) = limit.per.key(date) else { continue };
                let person = if limit.per_person { verified.entry.person.as_str() } else { "" };
                let key = format!("{}|{person}|{}|{}|{period}", verified.entry.household, programme.code, limit.id);
                learned.push((key, verified.used.get(&programme.code, &limit.id).milli()));
            }
        }
        Ok((told_in_time, learned))
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
            told_in_time: false,
            at_ms: parse_rfc3339(said["at"].as_str().unwrap_or_default()).map_or(0, |at| at.timestamp_millis()),
            size: entry.size,
            at_home: entry.home_store.as_deref() == Some(machine.store()),
        };
        let fen = sold.totals.claim.fen_i64() - if machine.rig == Rig::OneFenMore { 1 } else { 0 };
        let till = machine.name.clone();
        let day = self.business_day(m)?;
        self.say(
            m,
            &format!("sale {} claims {}{}", sold.number, sold.totals.claim, if went_by.online { " held" } else { "" }),
        );
        self.ledger.entries.push(Entry {
            till,
            id: id.into(),
            of: None,
            date: said["business_date"].as_str().unwrap_or_default().into(),
            day,
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

    /// The business date at a till.
    fn business_day(&mut self, m: usize) -> Result<String, Failure> {
        Ok(business_date(self.machines[m].driver()?.context().now).to_string())
    }

    fn returned(&mut self, m: usize, number: &str, done: Result<Returned, Refusal>) -> Outcome {
        let returned = match done {
            Ok(returned) => returned,
            Err(refusal) => {
                self.say(m, &format!("{number} is not taken back: {refusal}"));
                return Ok(());
            }
        };
        let day = self.business_day(m)?;
        for id in &returned.reversals {
            let said = self.machines[m].said(id)?;
            self.say(m, &format!("{number} comes back in part: {}", said["totals"]["claim"]));
            self.ledger.entries.push(Entry {
                till: self.machines[m].name.clone(),
                id: id.clone(),
                of: said["of"].as_str().map(Into::into),
                date: said["business_date"].as_str().unwrap_or_default().into(),
                day: day.clone(),
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
        let date = self.business_day(m)?;
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
        let own = self.ledger.entries.iter().filter(|e| e.disks.contains(&m) && e.day == date);
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
