//! Headquarters and tills under the model.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use domain::quantity::Quantity;
use domain::resident::{CardNumber, Credential, IdNumber};
use domain::sale::ReturnLine;
use domain::tender::TenderKind;
use domain::till::{Event, Refusal, Reply};
use hq::params;
use hq::service::access::Role;
use hq::service::decide::{self, Order, Seen};
use hq::service::session::Person;
use hq::service::settle::{make, steps};
use hq::store::claims::{self, Claim};
use hq::store::{reviews, settle};
use pos::effects::{entry_of, verified_by};
use tests::{Household, card_number, id_number};

use super::book::{Book, STEP_S, STORE_OF, State, Step, Verdict};
use crate::faults::Faults;
use crate::machine::Machine;
use crate::net::Net;
use crate::office::person;
use crate::template::{MADE_AT_MS, Template, till_dir};

const STORES: [&str; 2] = ["S001", "S002"];
/// The month that all of it is in.
const MONTH: &str = "2026-10";
/// Families of the roster: two for each case.
const FAMILIES: usize = 120;
/// Families that are left for one more case: those of either store take turns.
const ROOM: usize = 16;
/// Days that cases may take until the month ends.
const DAYS: i64 = 9;

pub struct Lab {
    // Dropped before the folder that they live in.
    machines: Vec<Machine>,
    net: Arc<Net>,
    stretches: u64,
    eggs: String,
    next: usize,
    template: Template,
}

impl Lab {
    pub fn open() -> Result<Self> {
        let template = Template::build_with([2, 1, 0], FAMILIES, "token.json", tests::cluster::is_wanted())?;
        let net = Net::open(template.place()?, &template.path().join("hq"), Faults::default(), 1, MADE_AT_MS)?;
        let mut machines = Vec::new();
        for (id, (store, till)) in template.tills.iter().enumerate() {
            let dir = till_dir(template.path(), store, till);
            machines.push(Machine::start(id, &format!("{store}/{till}"), dir, &net)?);
        }
        let csv = std::fs::read_to_string(tests::data().join("products.csv"))?;
        let eggs = csv.lines().find(|line| line.contains(",food/egg,")).and_then(|line| line.split(',').next());
        let eggs = eggs.context("eggs among the goods")?.to_owned();
        Ok(Self { machines, net, stretches: 1, eggs, next: 0, template })
    }

    /// Whether one more case fits into its month and its roster.
    pub fn has_room(&self) -> bool {
        let passed = self.net.state().now_ms - MADE_AT_MS;
        self.next + ROOM < self.template.families.len() && passed < DAYS * 86_400_000
    }

    /// Two families that nobody has seen before, with these home stores.
    pub fn begin(&mut self, homes: [usize; 2]) -> Result<[usize; 2]> {
        // A case that failed left something behind.
        self.end()?;
        let mut found = [0; 2];
        for (family, home) in found.iter_mut().zip(homes) {
            let fits = |f: &Household| f.home_store == Some(home + 1);
            let n = (self.next..self.template.families.len()).find(|n| fits(&self.template.families[*n]));
            *family = n.context("no families are left: make the roster longer")?;
            self.next = *family + 1;
        }
        for m in 0..3 {
            self.sync(m)?;
        }
        self.wait(STEP_S);
        Ok(found)
    }

    /// What is left over is settled, so that the next case begins with nothing; and headquarters looks at itself.
    pub fn end(&mut self) -> Result<()> {
        for m in 0..3 {
            self.sync(m)?;
        }
        let held: Vec<i64> = self.net.at_headquarters(|hq| {
            hq.db().conn.all("SELECT id FROM claims WHERE state = 'held'", params![], |row| row.get(0))
        })?;
        for id in held {
            self.decide(id, Verdict::Reject)?;
        }
        for store in 0..2 {
            self.settle(store)?;
        }
        match self.net.at_headquarters(hq::service::verify::verify)? {
            Ok(_) => Ok(()),
            Err(problem) => bail!("{problem}"),
        }
    }

    fn wait(&mut self, seconds: i64) {
        let mut state = self.net.state();
        let to = state.now_ms + seconds * 1000;
        state.advance(to);
    }

    fn sync(&mut self, m: usize) -> Result<()> {
        let moved = self.machines[m].round(&mut self.stretches)??;
        ensure!(moved.unsent == 0 && moved.heard, "{moved:?}");
        Ok(())
    }

    /// The model has taken the step already.
    pub fn apply(&mut self, families: [usize; 2], ids: &mut Vec<String>, book: &Book, step: &Step) -> Result<()> {
        match *step {
            Step::Sell { till, family, pieces, line } => {
                ids.extend(self.sell(till, families[family], pieces, line)?);
            }
            Step::Wait(minutes) => self.wait(minutes * 60),
            Step::TakeBack { claim, pieces } => {
                if let Some(n) = book.named(claim) {
                    self.take_back(book.claims[n].till, &ids[n], pieces)?;
                }
            }
            Step::Sync(till) => self.sync(till)?,
            Step::Decide { claim, verdict } => {
                if let Some(found) = book.named(claim).map(|n| self.claim(&ids[n])).transpose()?.flatten() {
                    self.decide(found.id, verdict)?;
                }
            }
            Step::Settle(store) => {
                let before = self.owed(store)?;
                let made = self.settle(store)?;
                let due = book.statement.map(|sum| sum - before);
                ensure!(made == due.map(|due| due.max(0)), "the statement is {made:?}, the model's {due:?}");
                let (owed, expected) = (self.owed(store)?, due.map_or(before, |due| (-due).max(0)));
                ensure!(owed == expected, "the store owes {owed}, by the model {expected}");
            }
        }
        self.wait(STEP_S);
        Ok(())
    }

    fn sell(&mut self, m: usize, family: usize, pieces: i64, line: bool) -> Result<Option<String>> {
        let family = self.template.families[family].clone();
        let person = family.people.first().context("a family has somebody")?;
        let machine = &mut self.machines[m];
        machine.open_shift()?;
        let code = self.eggs.clone();
        machine.handle(Event::Scanned { entry: entry_of(&code), code, quantity: Some(pieces.to_string()) })?;
        let credential = if person.has_card {
            CardNumber::parse(&card_number(family.n)).map(Credential::Card)
        } else {
            IdNumber::parse(&id_number(person.n)).map(Credential::Id)
        };
        let by = verified_by(person.has_card);
        match machine.handle(Event::Verify { credential, by, household: None })? {
            Reply::Beneficiary(_) => {}
            other => bail!("a family is not served: {other:?}"),
        }
        let pay = Event::Pay { kind: TenderKind::Cash, amount: None, reference: None, seen: None };
        if !line {
            self.net.state().cut.insert(m);
        }
        let told = machine.handle(pay);
        self.net.state().cut.clear();
        match told? {
            Reply::Sale(sold) => Ok(sold.claims.into_iter().next()),
            other => bail!("a sale does not end: {other:?}"),
        }
    }

    fn take_back(&mut self, m: usize, id: &str, pieces: i64) -> Result<()> {
        let number = self.machines[m].said(id)?["sale"].as_str().context("a receipt number")?.to_owned();
        let lines = [ReturnLine { line: 1, quantity: Quantity::from_milli((pieces * 1000).into()) }];
        match self.machines[m].driver()?.take_back(&number, &lines, "买错了") {
            Ok(_) | Err(Refusal::ReturnTooMuch { .. }) => Ok(()),
            Err(refusal) => bail!("{number}: {refusal}"),
        }
    }

    fn claim(&self, id: &str) -> Result<Option<Claim>> {
        self.net.at_headquarters(|hq| {
            let db = hq.db();
            let row: Option<i64> =
                db.conn.optional("SELECT id FROM claims WHERE uuid = ?1", params![id], |row| row.get(0))?;
            row.map(|row| claims::by_id(&db.conn, row)).transpose().map(Option::flatten)
        })
    }

    /// Whether it can be decided so is headquarters' to say.
    fn decide(&self, id: i64, verdict: Verdict) -> Result<()> {
        let verdict = match verdict {
            Verdict::LetGo => decide::Verdict::LetGo,
            Verdict::Reject => decide::Verdict::Reject,
            Verdict::Hold => decide::Verdict::Hold,
        };
        let order = Order { verdict, code: Some("R15".into()), note: "模型".into() };
        self.net.at_headquarters(|hq| {
            let version = { reviews::stands(&hq.db().conn, id)?.map_or(0, |(_, version)| version) };
            decide::decide(hq, &person("fuhe", Role::Reviewer), &[Seen { id, version }], &order)?.ok();
            Ok(())
        })
    }

    /// What a store owes after its newest statement.
    fn owed(&self, store: usize) -> Result<i64> {
        let newest = self.net.at_headquarters(|hq| settle::newest(&hq.db().conn, "CITY", STORES[store]))?;
        Ok(newest.map_or(0, |batch| batch.owed))
    }

    /// A statement through all its steps; what is paid by it, if there was anything to state.
    fn settle(&self, store: usize) -> Result<Option<i64>> {
        let done = |told: Result<Result<(), String>>| told?.map_err(anyhow::Error::msg);
        self.net.at_headquarters(|hq| {
            let Ok(number) = make::make(hq, &person("kuaiji", Role::Accountant), "CITY", STORES[store], MONTH)? else {
                return Ok(None);
            };
            let batch = { settle::batch(&hq.db().conn, &number)?.context("a statement just made")? };
            done(steps::check(hq, &person("fuhe", Role::Reviewer), &number))?;
            done(steps::approve(hq, &person("shenpi1", Role::Approver), &number))?;
            let reference = format!("BANK-{number}");
            let payment = steps::Payment { number: number.clone(), reference, date: format!("{MONTH}-20") };
            done(steps::pay(hq, &person("chuna", Role::Payer), &[payment]))?;
            let manager = Person { store: Some(STORES[store].into()), ..person("dianzhang", Role::Manager) };
            done(steps::confirm(hq, &manager, &number))?;
            Ok(Some(batch.payable))
        })
    }

    /// Every claim stands as the model says, and every balance is what it counts.
    pub fn compare(&mut self, families: [usize; 2], ids: &[String], book: &Book) -> Result<()> {
        ensure!(ids.len() == book.claims.len(), "{} claims, the model has {}", ids.len(), book.claims.len());
        let mut households: [Option<String>; 2] = [None, None];
        for (id, claim) in ids.iter().zip(&book.claims) {
            let said = self.machines[claim.till].said(id)?;
            households[claim.family] = said["household"].as_str().map(Into::into);
            ensure!(said["hold"].is_string() == claim.held, "hold {}, the model {claim:?}", said["hold"]);
            let claimed = format!("{}.{:02}", claim.claimed / 100, claim.claimed % 100);
            ensure!(said["totals"]["claim"] == claimed, "claimed {}, the model {claim:?}", said["totals"]);
            let Some(found) = self.claim(id)? else {
                ensure!(claim.state == State::AtTill, "headquarters has no {claim:?}");
                continue;
            };
            let states: &[&str] = match claim.state {
                State::AtTill => &[],
                State::Accepted => &["accepted"],
                State::Adjusted => &["adjusted"],
                State::Held => &["held"],
                State::Rejected => &["rejected"],
                State::Settled => &["batched", "approved", "paid", "confirmed"],
            };
            ensure!(states.contains(&found.state.as_str()), "{} {}, the model {claim:?}", found.state, found.reasons);
            let granted = if claim.state == State::Held { claim.offer.unwrap_or(0) } else { claim.counted };
            ensure!(found.granted_fen == granted, "granted {}, the model {claim:?}", found.granted_fen);
            ensure!(STORES[STORE_OF[claim.till]] == found.store, "a claim of another store");
        }
        for (family, household) in households.iter().enumerate() {
            let Some(household) = household else { continue };
            let key = hq::store::holds::Key {
                person: String::new(),
                programme: "TOKEN".into(),
                limit: "month".into(),
                period: MONTH.into(),
            };
            let used = self.net.at_headquarters(|hq| claims::used(&hq.db().conn, household, 0, &[key]))?;
            let used = used.first().map_or(0, |(used, _)| *used);
            let expected = book.used(family) * 10;
            ensure!(used == expected, "family {}: {used} used, the model {expected}", families[family]);
        }
        Ok(())
    }
}
