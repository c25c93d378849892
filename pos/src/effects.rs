//! Carrying out what the state machine asks for. The window and `drive` use the same code.

mod commit;
mod look_up;

use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use domain::label;
use domain::money::Money;
use domain::product::Product;
use domain::record::{RecordKind, event_body};
use domain::resident::{CardNumber, Credential, IdNumber};
use domain::sale::{Entry, VerifiedBy};
use domain::tender;
use domain::till::{
    Context, Effect, Event, Found, Parked, Refusal, Reply, Shift, Staff, Till, holding, selling, update,
};
use serde_json::json;
use store::StoreError;
use sync::engine::Transport;

use crate::daily::CopyKeeper;
use crate::devices::Sentence;
use crate::holds::{Asker, Holds, PATIENCE};
use crate::paper::Letterhead;
use crate::pins::Pins;
use crate::seal::{Statement, sign};
use crate::shop::{Shop, commands_log, fresh_id};
use crate::spool::Spool;

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
    /// Who asks headquarters to hold baskets.
    pub holds: Box<dyn Holds>,
    /// The claim of the window's basket while another till's program is served: what headquarters says of it
    /// waits.
    pub aside: Option<uuid::Uuid>,
    /// Set while another till's program makes a claim or a reversal. That till takes and gives the
    /// money, so no drawer opens here and no cash is counted.
    pub outside: Option<Outside>,
    /// Wrong PINs in a row.
    pub pins: Pins,
    /// The copies of each day, where this run keeps them.
    pub daily: Option<CopyKeeper>,
    /// What was noticed at the start, for people.
    pub noticed: Option<Sentence>,
    /// Carries what a person waits for, instead of HTTP: the simulator's network.
    pub line: Option<Arc<dyn Transport + Send + Sync>>,
}

impl Driver {
    /// Starts a till in an opened folder. The caller holds the folder's lock.
    pub fn start(mut shop: Shop) -> Result<Self> {
        shop.store.look_over()?;
        let noticed = crate::outbox::notice_restore(&mut shop)?;
        shop.store.mark_interrupted_jobs()?;
        let till = Till::new(
            shop.identity.as_ref().map(|id| id.store.clone()),
            shop.programmes.clone(),
            shop.rounding()?,
            shop.store.open_shift_row()?,
        );
        let spool = Spool::start(shop.store.dir().to_path_buf())?;
        let holds = Box::new(Asker::new(shop.store.dir()));
        let mut driver = Self {
            shop,
            till,
            spool,
            holds,
            aside: None,
            outside: None,
            pins: Pins::default(),
            daily: None,
            noticed,
            line: None,
        };
        driver.take_in()?;
        Ok(driver)
    }

    /// Keeps a copy of each day from now on. Selling goes on without.
    pub fn keep_copies(&mut self) {
        match CopyKeeper::start(self.shop.store.dir()) {
            Ok(keeper) => self.daily = Some(keeper),
            Err(err) => commands_log(&format!("copies: {err:#}")),
        }
    }

    /// Gives the state machine what the folder says.
    fn take_in(&mut self) -> Result<()> {
        self.till.rounding = self.shop.rounding()?;
        self.till.waive_up_to = self.shop.waive_up_to()?;
        self.till.is_training = self.shop.is_training;
        self.till.is_beside = self.shop.is_beside()?;
        self.till.store = self.shop.identity.as_ref().map(|id| id.store.clone());
        let (programmes, promotions) = (self.shop.programmes.clone(), self.shop.promotions.clone());
        self.handle(Event::Refreshed { programmes, promotions });
        Ok(())
    }

    /// Takes an event and carries out all that follows from it; the last thing that is told. Payment waits
    /// a moment for headquarters, where that may answer.
    pub fn handle(&mut self, event: Event) -> Reply {
        if matches!(event, Event::Announce | Event::Pay { .. } | Event::Claim { .. }) {
            self.tend();
            if holding::waits(&self.till, &self.context()) {
                self.holds.wait(PATIENCE);
            }
        }
        self.take_answers();
        let told = self.carry_out(event);
        self.follow();
        told
    }

    /// Moves the clock until the folder is read again, as a simulated day does; nothing is written.
    pub fn move_clock(&mut self, offset_ms: i64) {
        self.shop.move_clock(offset_ms);
        self.holds.move_clock(offset_ms);
    }

    /// Takes in what headquarters said about holds, and asks for what is to be held now.
    pub fn tend(&mut self) {
        self.take_answers();
        self.follow();
    }

    fn take_answers(&mut self) {
        for answer in self.holds.answers(self.aside) {
            self.carry_out(answer);
        }
    }

    fn follow(&mut self) {
        match holding::wanted(&self.till, &self.context()) {
            Some(ask) => self.holds.want(ask),
            None => self.holds.rest(),
        }
    }

    fn carry_out(&mut self, event: Event) -> Reply {
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
        let now = self.shop.steady_now();
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
            Effect::LetGo { hold } => {
                self.holds.let_go(hold);
                return None;
            }
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
        let now = Instant::now();
        if let Some(wait) = self.pins.wait(staff, now) {
            return Err(Refusal::PinWait { seconds: wait.as_secs() + 1 });
        }
        let found = self.shop.store.staff(staff).map_err(failed)?;
        let right = found.filter(|(_, hash)| sync::password::verify(pin, hash));
        if self.pins.note(staff, right.is_some(), now) {
            let at = self.shop.now().timestamp_millis();
            let detail = json!({ "staff": staff }).to_string();
            self.shop.store.remember(at, self.cashier().as_deref(), "pin", &detail).map_err(failed)?;
        }
        right.map(|(role, _)| Staff { code: staff.into(), role }).ok_or(Refusal::WrongPin)
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

    /// What the paper says of the shop.
    pub fn letterhead(&self) -> Result<Letterhead, Refusal> {
        Ok(Letterhead {
            store_name: self.shop.store_name().map_err(failed)?,
            phone: self.shop.store.setting("phone").map_err(failed)?.unwrap_or_default(),
            is_training: self.shop.is_training,
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
pub fn failed(err: impl std::fmt::Display + 'static) -> Refusal {
    let any: &dyn std::any::Any = &err;
    let of_store = any.downcast_ref::<StoreError>().and_then(StoreError::disk);
    // What anyhow carries is the same error, with where it happened.
    let carried = any.downcast_ref::<anyhow::Error>().and_then(|err| err.downcast_ref::<StoreError>()?.disk());
    match of_store.or(carried) {
        Some(trouble) => {
            commands_log(&err.to_string());
            Refusal::Disk(trouble)
        }
        None => Refusal::Failed(err.to_string()),
    }
}
