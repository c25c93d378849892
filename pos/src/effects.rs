//! Carrying out what the state machine asks for. The window and `drive` use the same code.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use chrono::NaiveDate;
use domain::household::RosterEntry;
use domain::label;
use domain::money::Money;
use domain::product::Product;
use domain::record::{RecordKind, claim_body, event_body};
use domain::resident::{CardNumber, Credential, IdNumber};
use domain::sale::{Draft, Entry, VerifiedBy};
use domain::tender::{self, TenderKind};
use domain::till::{
    Context, Effect, Event, Finished, Found, Looked, Parked, Refusal, Reply, Shift, Staff, Till, selling, update,
};
use serde_json::json;
use store::Sealed;
use sync::engine::{SyncError, Transport};
use sync::http::Http;
use sync::roster::{Slot, stretch};

use crate::outbox::StoreOutbox;
use crate::paper::{self, Letterhead};
use crate::seal::{Statement, movements, sign};
use crate::shop::{Shop, commands_log, fresh_id};
use crate::spool::Spool;

/// Longest that a family waits for headquarters to say whether it knows them.
const LOOKUP: Duration = Duration::from_millis(2500);
/// Over how long the store's own lowest price is looked for: 7 days (spec/pricing.md).
pub const LOWEST_OVER_MS: i64 = 7 * 86_400_000;

/// What the program of another till says of the one thing that it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outside {
    /// Id of the claim or the reversal: the same id again is the same again.
    pub id: uuid::Uuid,
    /// Whether paper comes out here.
    pub prints: bool,
}

/// The till with its workers.
pub struct Driver {
    /// Store, key and clock.
    pub shop: Shop,
    /// The state machine.
    pub till: Till,
    /// The print worker.
    pub spool: Spool,
    /// Set while another till's program makes a claim or a reversal. That till takes and gives the
    /// money, so no drawer opens here and no cash is counted.
    pub outside: Option<Outside>,
    /// Carries what a person waits for, instead of HTTP: the simulator's network.
    pub line: Option<Arc<dyn Transport + Send + Sync>>,
}

impl Driver {
    /// Starts a till in an opened folder. The caller holds the folder's lock.
    pub fn start(mut shop: Shop) -> Result<Self> {
        crate::outbox::notice_restore(&mut shop)?;
        shop.store.mark_interrupted_jobs()?;
        let till = Till::new(
            shop.identity.as_ref().map(|id| id.store.clone()),
            shop.programmes.clone(),
            shop.rounding()?,
            shop.store.open_shift_row()?,
        );
        let spool = Spool::start(shop.store.dir().to_path_buf())?;
        let mut driver = Self { shop, till, spool, outside: None, line: None };
        driver.take_in()?;
        Ok(driver)
    }

    /// Gives the state machine what the folder says.
    fn take_in(&mut self) -> Result<()> {
        self.till.rounding = self.shop.rounding()?;
        self.till.waive_up_to = self.shop.waive_up_to()?;
        self.till.is_beside = self.shop.is_beside()?;
        self.till.store = self.shop.identity.as_ref().map(|id| id.store.clone());
        let (programmes, promotions) = (self.shop.programmes.clone(), self.shop.promotions.clone());
        self.handle(Event::Refreshed { programmes, promotions });
        Ok(())
    }

    /// Takes an event and carries out all that follows from it; the last thing that is told.
    pub fn handle(&mut self, event: Event) -> Reply {
        let mut told = Reply::Done;
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            let cx = self.context();
            for effect in update(&mut self.till, event, &cx) {
                match effect {
                    Effect::Tell(reply) => told = reply,
                    other => events.extend(self.perform(other)),
                }
            }
        }
        told
    }

    /// What a scan means where goods and cards are both read: goods first, then a benefit card.
    pub fn scanned(&self, code: &str, quantity: Option<String>) -> Event {
        let code = domain::resident::half_width(code.trim());
        // An ordinary barcode cannot be a card: it is looked up once, by the event.
        let sold = || self.shop.store.find_product(&code).ok().flatten().is_some();
        match CardNumber::parse(&code) {
            Ok(card) if looks_like_card(&card) && !sold() => {
                Event::Verify { credential: Ok(Credential::Card(card)), by: VerifiedBy::Card, household: None }
            }
            _ => Event::Scanned { entry: entry_of(&code), code, quantity },
        }
    }

    /// The clock and a fresh id.
    pub fn context(&self) -> Context {
        let now = self.shop.now();
        Context { now, id: self.outside.map_or_else(|| fresh_id(now), |outside| outside.id) }
    }

    /// The printer of a receipt, where paper is to come out.
    pub fn receipt_printer(&self) -> Result<Option<(printers::Target, printers::Profile)>, Refusal> {
        match self.outside {
            Some(Outside { prints: false, .. }) => Ok(None),
            Some(_) | None => self.shop.printer().map_err(failed),
        }
    }

    /// Says that programmes changed.
    pub fn refresh(&mut self) -> Result<()> {
        self.shop.reload()?;
        self.take_in()
    }

    fn perform(&mut self, effect: Effect) -> Option<Event> {
        Some(match effect {
            Effect::CheckPin { staff, pin } => Event::PinChecked(self.check_pin(&staff, &pin)),
            Effect::OpenShift { staff, float } => Event::ShiftOpened(self.open_shift(&staff, float)),
            Effect::FindProduct { code, entry, quantity } => {
                let found = self.find(&code);
                Event::ProductFound { code, entry, quantity, found }
            }
            Effect::CheckManager { manager, pin, action } => {
                Event::Approved { checked: self.check_manager(&manager, &pin), action }
            }
            Effect::LookUp { credential, by, household, date } => {
                let found = self.look_up(&credential, date);
                Event::Looked { found, by, household }
            }
            Effect::Park(basket) => Event::WasParked(self.park(&basket)),
            Effect::Recall { n } => Event::Recalled(self.recall(n)),
            Effect::Commit(draft) => Event::Committed(self.commit(&draft)),
            Effect::Note { event, detail } => {
                if let Err(err) = self.record_event(event, detail) {
                    commands_log(&format!("an event could not be recorded: {err:#}"));
                }
                return None;
            }
            Effect::Remember { action, detail } => {
                let at = self.shop.now().timestamp_millis();
                if let Err(err) = self.shop.store.remember(at, self.cashier().as_deref(), action, &detail) {
                    commands_log(&format!("the audit trail: {err}"));
                }
                return None;
            }
            Effect::Tell(_) => return None,
        })
    }

    fn check_pin(&mut self, staff: &str, pin: &str) -> Result<Staff, Refusal> {
        let found = self.shop.store.staff(staff).map_err(failed)?;
        match found {
            Some((role, hash)) if sync::password::verify(pin, &hash) => Ok(Staff { code: staff.into(), role }),
            _ => Err(Refusal::WrongPin),
        }
    }

    /// The staff member of a code and PIN who is a manager.
    pub fn check_manager(&mut self, staff: &str, pin: &str) -> Result<Staff, Refusal> {
        let staff = self.check_pin(staff, pin)?;
        if staff.role == domain::role::StaffRole::Manager { Ok(staff) } else { Err(Refusal::ManagerNeeded) }
    }

    fn open_shift(&mut self, staff: &str, float: Money) -> Result<Shift, Refusal> {
        let cx = self.context();
        let identity = self.shop.identity.clone().ok_or(Refusal::NotEnrolled)?;
        let body = event_body("shift_open", json!({ "float": float }));
        let mut seal = |head: &domain::record::Head| {
            let statement = Statement::plain(RecordKind::Event, cx.id, cx.now, Some(staff.into()), body.clone());
            Ok(sign(&identity, head, statement))
        };
        self.shop.store.open_shift(staff, float, cx.now.timestamp_millis(), &mut seal).map_err(failed)
    }

    /// Appends an event to the chain.
    pub fn record_event(&mut self, event: &str, detail: serde_json::Value) -> Result<()> {
        let cx = self.context();
        let identity = self.shop.enrolled()?.clone();
        let cashier = self.cashier();
        let statement =
            Statement::plain(RecordKind::Event, cx.id, cx.now, cashier.clone(), event_body(event, detail.clone()));
        Ok(self
            .shop
            .store
            .append(cashier.as_deref(), event, &detail.to_string(), |head| Ok(sign(&identity, head, statement)))?)
    }

    /// Staff code of whoever is signed in.
    pub fn cashier(&self) -> Option<String> {
        use domain::till::Screen;
        match &self.till.screen {
            Screen::SignIn => None,
            Screen::NoShift { staff } | Screen::Sale { staff, .. } | Screen::Committing { staff, .. } => {
                Some(staff.code.clone())
            }
        }
    }

    /// What a code stands for: a product of the shop first, else a label of its scale.
    pub fn find(&self, code: &str) -> Result<Found, Refusal> {
        let code = domain::resident::half_width(code.trim());
        let unknown = || match tender::looks_like_payment_code(&code) || IdNumber::parse(&code).is_ok() {
            // Neither a payment code nor an ID number is kept or shown.
            true => Refusal::PaymentCode,
            false => Refusal::UnknownProduct(code.chars().take(40).collect()),
        };
        let found = |product: Product, label| -> Result<Found, Refusal> {
            let since = self.shop.now().timestamp_millis() - LOWEST_OVER_MS;
            let lowest_price_7d = self.shop.store.lowest_price(&product.key, since).map_err(failed)?;
            Ok(Found { product, label, lowest_price_7d })
        };
        if let Some(product) = self.shop.store.find_product(&code).map_err(failed)? {
            return found(product, None);
        }
        let label = match label::read(&self.shop.patterns, &code) {
            None => return Err(unknown()),
            Some(Err(_)) => return Err(Refusal::BadLabel(code)),
            Some(Ok(label)) => label,
        };
        for item in label.codes() {
            if let Some(product) = self.shop.store.find_product(&item).map_err(failed)? {
                return found(product, Some(label));
            }
        }
        Err(Refusal::UnknownProduct(label.item))
    }

    fn park(&mut self, basket: &Parked) -> Result<u32, Refusal> {
        let at = self.shop.now().timestamp_millis();
        self.shop.store.park(basket, at).map_err(failed)
    }

    /// Puts a kept basket's goods, at today's prices, on the screen. It stays kept until all of it is
    /// there: a product that is gone meanwhile loses nobody's basket.
    fn recall(&mut self, n: u32) -> Result<Parked, Refusal> {
        let parked = self.shop.store.parked_basket(n).map_err(failed)?.ok_or(Refusal::NothingParked)?;
        let cx = self.context();
        let before = self.till.screen.clone();
        let mut restore = || -> Result<(), Refusal> {
            for line in &parked.lines {
                let product = self.shop.store.product(&line.product).map_err(failed)?;
                let product = product.ok_or_else(|| Refusal::UnknownProduct(line.product.parts().1))?;
                selling::restore_line(&mut self.till, product, line, &cx)?;
            }
            self.shop.store.unpark(n).map_err(failed)
        };
        if let Err(refusal) = restore() {
            self.till.screen = before;
            return Err(refusal);
        }
        Ok(parked)
    }

    /// What roster and balances say of a credential.
    fn look_up(&mut self, credential: &Credential, date: NaiveDate) -> Result<Looked, Refusal> {
        self.look_up_by(date, |salt| digest(credential.digest_input(), salt))
    }

    /// The same by the number's digest, which takes long: whoever has it already need not make it again.
    pub fn look_up_by(
        &mut self,
        date: NaiveDate,
        stretched: impl FnOnce(Vec<u8>) -> Result<[u8; 32], Refusal>,
    ) -> Result<Looked, Refusal> {
        if let Some(days) = self.shop.roster_too_old().map_err(failed)? {
            return Err(Refusal::RosterTooOld { days });
        }
        let setting = |name: &str| self.shop.store.setting(name).map_err(failed);
        let (Some(salt), Some(key)) = (setting("roster_salt")?, setting("roster_key")?) else {
            return Err(Refusal::NoRoster);
        };
        let (Some(salt), Some(key)) = (sync::from_b64(&salt), sync::from_b64(&key)) else {
            return Err(Refusal::NoRoster);
        };
        let s = stretched(salt)?;
        let slot = Slot::new(&s, &key);
        let entries = match self.shop.store.sealed(&slot.digest()).map_err(failed)? {
            Some(sealed) => slot.open(&sealed).map_err(Refusal::Failed)?,
            None if self.shop.is_training => Vec::new(),
            None => self.ask_headquarters(&s),
        };
        let mut with_used = Vec::with_capacity(entries.len());
        for entry in entries {
            let used = self.shop.store.used(&entry, date, &self.shop.programmes).map_err(failed)?;
            with_used.push((entry, used));
        }
        Ok(Looked {
            entries: with_used,
            roster_version: self.shop.store.list_version("roster").map_err(failed)?.unwrap_or(0),
            heard: self.shop.store.heard().map_err(failed)?,
            online: self.shop.is_online().map_err(failed)?,
        })
    }

    /// Asks for a family of another district. No answer in time is no entry: the family is told
    /// kindly, and pays the regular price.
    fn ask_headquarters(&mut self, s: &[u8; 32]) -> Vec<RosterEntry> {
        match self.ask(LOOKUP, |outbox, http| sync::engine::lookup(outbox, http, s)) {
            None => Vec::new(),
            Some(Ok(entries)) => entries.unwrap_or_default(),
            Some(Err(problem)) => {
                commands_log(&format!("headquarters was not asked about an unknown card: {problem}"));
                Vec::new()
            }
        }
    }

    /// Asks headquarters something that a person waits for, at most so long; why it did not answer. None:
    /// the till is not enrolled.
    pub(crate) fn ask<T>(
        &mut self,
        longest: Duration,
        ask: impl FnOnce(&mut StoreOutbox<'_>, &dyn Transport) -> Result<T, SyncError>,
    ) -> Option<Result<T, String>> {
        if let Some(line) = self.line.clone() {
            return Some(ask(&mut StoreOutbox::new(&mut self.shop), &*line).map_err(|err| err.to_string()));
        }
        let url = self.shop.identity.as_ref()?.hq_url.clone();
        let asked = Http::with_timeout(&url, longest)
            .and_then(|http| ask(&mut StoreOutbox::new(&mut self.shop), &http).map_err(|err| err.to_string()));
        Some(asked)
    }

    /// What the paper says of the shop.
    pub fn letterhead(&self) -> Result<Letterhead, Refusal> {
        Ok(Letterhead {
            store_name: self.shop.store_name().map_err(failed)?,
            phone: self.shop.store.setting("phone").map_err(failed)?.unwrap_or_default(),
            is_training: self.shop.is_training,
        })
    }

    fn commit(&mut self, draft: &Draft) -> Result<Finished, Refusal> {
        let identity = self.shop.identity.clone().ok_or(Refusal::NotEnrolled)?;
        if let Some(slip) = &draft.slip
            && self.shop.store.is_slip_used(&slip.no).map_err(failed)?
        {
            return Err(Refusal::SlipUsed(slip.no.clone()));
        }
        let printer = self.receipt_printer()?;
        let drawer = if draft.moves_cash() { self.shop.drawer().map_err(failed)? } else { None };
        let letterhead = self.letterhead()?;
        let programmes = &self.shop.programmes;
        let seal = |head: &domain::record::Head| {
            let number = identity.receipt_number(head);
            let record = claim_body(draft).map(|body| {
                let uses = draft.priced.lines.iter().filter(|l| l.claimed).flat_map(|l| &l.uses);
                let moved = movements(uses.map(|u| (u, u.amount.milli())), programmes, draft.business_date);
                let holder = draft.verified.as_ref().map(|v| (v.entry.household.clone(), v.entry.person.clone()));
                let statement = Statement {
                    // A slip's claim is made today; `slip` says by which date it was priced.
                    business_date: draft.slip.is_none().then_some(draft.business_date),
                    sale: Some(number.clone()),
                    claimed: draft.priced.totals.claim,
                    holder,
                    movements: moved,
                    ..Statement::plain(RecordKind::Claim, draft.id, draft.at, Some(draft.cashier.clone()), body)
                };
                sign(&identity, head, statement)
            });
            let address = record.as_ref().map(|r| paper::address(&identity, &r.uuid, &r.hash));
            let receipt = paper::of_sale(draft, &number, &identity, &letterhead, programmes, address);
            let bytes = printer.as_ref().map(|(_, profile)| printers::receipt_bytes(&receipt, *profile)).transpose()?;
            let receipt = serde_json::to_string(&receipt).map_err(|err| err.to_string())?;
            Ok(Sealed { number, record, receipt, paper: bytes, drawer: drawer.clone() })
        };
        let sealed = self.shop.store.commit(draft, seal).map_err(failed)?;
        Ok(Finished {
            number: sealed.number,
            totals: draft.priced.totals,
            change: draft.change,
            rounding: draft.rounding,
            waived: draft.waived,
            beside: draft.tenders.iter().any(|t| t.kind == TenderKind::Host),
            claims: if sealed.claimed { vec![draft.id.to_string()] } else { Vec::new() },
            job: sealed.job,
        })
    }
}

/// Cards that headquarters prints, and older ones with letters; a wrong barcode is neither.
fn looks_like_card(card: &CardNumber) -> bool {
    card.is_strong() || card.secret().bytes().any(|b| b.is_ascii_alphabetic())
}

/// How a typed or scanned code came in.
pub fn entry_of(code: &str) -> Entry {
    if domain::barcode::ProductKey::barcode(code).is_ok() { Entry::Scan } else { Entry::Plu }
}

/// How a household was verified, by what was shown.
pub fn verified_by(card: bool) -> VerifiedBy {
    if card { VerifiedBy::Card } else { VerifiedBy::Typed }
}

/// A failure of store or workers, in the words of a refusal.
pub fn failed(err: impl std::fmt::Display) -> Refusal {
    Refusal::Failed(err.to_string())
}

/// Argon2id on a thread of its own: tens of milliseconds that the main thread does not spend.
fn digest(number: String, salt: Vec<u8>) -> Result<[u8; 32], Refusal> {
    let worker =
        std::thread::Builder::new().name("digest".into()).spawn(move || stretch(&number, &salt)).map_err(failed)?;
    match worker.join() {
        Ok(s) => s.map_err(Refusal::Failed),
        Err(_) => Err(Refusal::Failed("the digest worker stopped".into())),
    }
}
