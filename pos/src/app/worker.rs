//! The thread that owns the till. The window asks and looks; it never waits.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, Result};
use domain::money::Money;
use domain::product::Product;
use domain::resident::Credential;
use domain::sale::VerifiedBy;
use domain::till::{Event, Finished, Refusal, Reply};
use printers::font::Font;
use printers::picture::Picture;
use serde_json::Value;
use store::StoredSale;

use super::drainer::{Drainer, Sync};
use super::gear::Gear;
pub use super::paperwork::{AccountNews, AccountQuery, Counter, Query, ShelfNews};
use super::snapshot::{Face, Snapshot, Status};
use super::view::Checked;
use super::{paperwork, setup};
use crate::api::{Answer, Api, Call, Desk};
use crate::counter::{Approval, CashKind, Returned};
use crate::devices::{DeviceEvent, Sentence, Show};
use crate::effects::Driver;
use crate::shop::Shop;

/// Requests that may wait for the till; a scanner fills this only if the disk stands still.
const QUEUE: usize = 1024;
/// How long the till sleeps when nothing happens.
const IDLE: Duration = Duration::from_secs(30);

/// What the window asks for.
#[derive(Debug, Clone)]
pub enum Request {
    /// An event of the state machine.
    Event(Event),
    /// A code was scanned where goods and cards are both read, with how many of it.
    Scan(String, Option<String>),
    /// Find products; the answer carries the text.
    Search(String),
    /// Work of the counter beside selling.
    Counter(Counter),
    /// What a device said.
    Device(DeviceEvent),
    /// Ask the scale for a weight.
    AskWeight,
    /// Show a figure on the customer's display.
    TryDisplay,
    /// Look again at what is there.
    Look,
    /// Go into training, or come back.
    Train(bool),
    /// Talk to headquarters now.
    Sync,
    /// What the sync worker has to say.
    Synced(Sync),
    /// Headquarters said something about what is to be held.
    Held,
    /// A step of setting the till up.
    SetUp(setup::Step),
    /// Keep a setting of the window.
    Keep(&'static str, String),
    /// Close a window that only a manager closes.
    MayClose(Approval),
    /// Keep a setting that only a manager changes.
    KeepBy { approval: Approval, name: &'static str, value: String },
    /// What the program of another till asks through the local API, and where the answer goes.
    Api(Box<Call>, SyncSender<Answer>),
}

/// What the window is told.
#[derive(Debug)]
pub enum News {
    /// The state machine's answer to an event.
    Told(Reply),
    /// Several households may be meant; what was shown is kept until one is chosen.
    Choose { credential: Credential, by: VerifiedBy, list: Vec<(String, String)> },
    /// Products for a search.
    Found(String, Vec<Product>),
    /// A sale to take back from, and whether the cashier may choose to pay back in cash.
    Sale(Box<StoredSale>, bool),
    /// A sale of another till, and that till.
    OtherTill(Box<StoredSale>, String),
    /// About goods and prices, promotions and staff.
    Shelf(ShelfNews),
    /// About the store's accounts.
    Accounts(AccountNews),
    /// The latest sales: number, time in ms since 1970, due.
    Recent(Vec<(String, i64, Money)>),
    /// Goods came back.
    TakenBack(Returned),
    /// The store's settings, for the manager who opened them.
    Settings(Approval, Vec<(&'static str, String)>),
    /// The same goods went out again.
    Exchanged,
    /// Cash moved, or the drawer opened.
    Moved(CashKind, Money),
    /// What something costs.
    Checked(Box<Checked>),
    /// The count is not what the drawer should hold.
    CountDiffers(String),
    /// Paper is on its way.
    Printing,
    /// The window may close.
    MayClose,
    /// A setting was kept, and what it is now.
    Kept(&'static str, String),
    /// A scanner on a serial line read a code.
    Scanned(String),
    /// A card lies on the reader.
    CardShown(Credential),
    /// Something that a device has to say.
    Said(Sentence),
    /// How each rule reads a code.
    Readings(String, Vec<(&'static str, &'static str, String)>),
    /// A copy was queued: receipt number and number of the copy.
    Reprinted(String, u32),
    /// A receipt as it looks on paper.
    Paper(Picture),
    /// A report, with its kind.
    Report(&'static str, Value),
    /// A step of the setup is done, or is not.
    SetUp(setup::Step, Result<String, String>),
    /// A sentence about something that went wrong.
    Failed(Refusal),
    /// The other till's program wants the window up, or down.
    Raise(bool),
}

/// What the worker leaves for the window.
pub(super) struct Board {
    pub snapshot: Arc<Snapshot>,
    pub news: VecDeque<News>,
    /// Requests that are done.
    pub done: u64,
}

/// The window's end.
pub struct Link {
    requests: SyncSender<Request>,
    board: Arc<Mutex<Board>>,
    sent: u64,
}

impl Link {
    /// Starts the till of an opened folder and its sync worker; `font` draws receipts, and `wake` is
    /// called when there is news.
    pub fn start(shop: Shop, font: Font, wake: impl Fn() + Send + 'static) -> Result<Self> {
        let mut driver = Driver::start(shop)?;
        driver.till.asks_weight = true;
        driver.keep_copies();
        let noticed = driver.noticed.take();
        let (requests, todo) = sync_channel(QUEUE);
        let held = requests.clone();
        // A full queue looks at the answers anyway.
        driver.holds.call_on_answer(Box::new(move || drop(held.try_send(Request::Held))));
        let drainer = Drainer::start(driver.shop.store.dir(), requests.clone())?;
        let gear = Gear::start(&driver.shop, requests.clone());
        let products = driver.shop.store.product_count()?;
        let api = Api::start_if_on(&driver.shop, {
            let requests = requests.clone();
            move |call, reply| requests.try_send(Request::Api(Box::new(call), reply)).is_ok()
        });
        let mut worker = Worker {
            driver,
            real: None,
            drainer,
            gear,
            font,
            status: Status::default(),
            products,
            face: None,
            last: None,
            stale: false,
            desk: Desk::default(),
            _api: api,
        };
        let news = noticed.into_iter().map(News::Said).collect();
        let board = Board { snapshot: Arc::new(worker.snapshot()), news, done: 0 };
        let board = Arc::new(Mutex::new(board));
        let shared = Arc::clone(&board);
        std::thread::Builder::new()
            .name("till".into())
            .spawn(move || worker.run(&todo, &shared, &wake))
            .context("starting the till's thread")?;
        Ok(Self { requests, board, sent: 0 })
    }

    /// Asks for something; whether there was room for it.
    pub fn ask(&mut self, request: Request) -> bool {
        let taken = self.requests.try_send(request).is_ok();
        self.sent += u64::from(taken);
        taken
    }

    /// The till as it stands, the news since the last call, and whether a request is under way.
    pub fn look(&self) -> (Arc<Snapshot>, Vec<News>, bool) {
        let mut board = lock(&self.board);
        let news = board.news.drain(..).collect();
        (Arc::clone(&board.snapshot), news, board.done < self.sent)
    }

    /// Whether a request is under way.
    pub fn is_busy(&self) -> bool {
        lock(&self.board).done < self.sent
    }
}

/// A poisoned board is still a board: the worker replaces it whole.
fn lock(board: &Mutex<Board>) -> std::sync::MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

pub(super) struct Worker {
    pub driver: Driver,
    /// The till itself, while somebody learns on another folder.
    pub real: Option<Box<Driver>>,
    drainer: Drainer,
    /// Serial devices.
    pub gear: Gear,
    font: Font,
    pub status: Status,
    pub products: u32,
    /// The shop as it was read last; none where it must be read again.
    pub face: Option<Face>,
    /// The last sale, so that a receipt can be looked at and printed again.
    pub last: Option<Finished>,
    /// Whether lists came down that the till has not read yet.
    stale: bool,
    /// What the local API remembers of who was verified.
    desk: Desk,
    /// The local API, where it is on; it ends with the till's thread.
    _api: Option<Api>,
}

impl Worker {
    fn run(mut self, todo: &Receiver<Request>, board: &Mutex<Board>, wake: &dyn Fn()) {
        loop {
            let patience = self.driver.spool.next_look().unwrap_or(IDLE);
            let request = match todo.recv_timeout(patience) {
                Ok(request) => Some(request),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            // What other threads say was not asked for by the window.
            let is_own =
                |r: &Request| !matches!(r, Request::Synced(_) | Request::Held | Request::Device(_) | Request::Api(..));
            let counts = u64::from(request.as_ref().is_some_and(is_own));
            // What a try of the display shows stays until something happens.
            let is_trying = matches!(request, Some(Request::TryDisplay | Request::Look | Request::Held) | None);
            if request.as_ref().is_some_and(may_change_shop) {
                self.face = None;
            }
            let news = request.map(|request| self.answer(request)).unwrap_or_default();
            if let Err(err) = self.driver.spool.pump(&self.driver.shop) {
                crate::shop::commands_log(&format!("the print queue: {err:#}"));
            }
            self.driver.tend();
            self.desk.tend(self.real.as_deref_mut().unwrap_or(&mut self.driver), false);
            self.catch_up();
            let unsent = self.status.unsent;
            let snapshot = Arc::new(self.snapshot());
            if !is_trying {
                self.gear.follow(&snapshot);
            }
            if self.status.unsent > unsent {
                self.drainer.wake();
            }
            let mut board = lock(board);
            let changed = *board.snapshot != *snapshot || !news.is_empty() || counts > 0;
            board.snapshot = snapshot;
            board.news.extend(news);
            board.done += counts;
            drop(board);
            if changed {
                wake();
            }
        }
    }

    fn answer(&mut self, request: Request) -> Vec<News> {
        match request {
            Request::Event(event) => self.tell(event),
            Request::Scan(code, quantity) => {
                let event = self.driver.scanned(&code, quantity);
                self.tell(event)
            }
            Request::Search(text) => match self.driver.shop.store.search(&text) {
                Ok(found) => vec![News::Found(text, found)],
                Err(err) => vec![failed(err)],
            },
            Request::Sync => {
                self.drainer.wake();
                Vec::new()
            }
            Request::Synced(sync) => self.synced(sync),
            Request::Held => Vec::new(),
            Request::Device(event) => self.heard(event),
            Request::AskWeight => {
                self.gear.ask_weight();
                Vec::new()
            }
            Request::TryDisplay => {
                self.gear.show(Show::Total(Money::from_fen(8_888)));
                Vec::new()
            }
            Request::Look => Vec::new(),
            Request::Train(on) => match self.train(on) {
                Ok(()) => vec![News::Kept("training", String::new())],
                Err(refusal) => vec![News::Failed(refusal)],
            },
            Request::Keep(name, value) => match self.driver.shop.store.set_setting(name, &value) {
                Ok(()) => Vec::new(),
                Err(err) => vec![failed(err)],
            },
            Request::MayClose(approval) => vec![self.may_close(&approval)],
            Request::KeepBy { approval, name, value } => vec![self.keep_by(&approval, name, &value)],
            Request::SetUp(step) => {
                let done = setup::perform(self, &step).map_err(|err| format!("{err:#}"));
                self.drainer.wake();
                vec![News::SetUp(step, done)]
            }
            Request::Api(call, reply) => self.serve(*call, &reply),
            Request::Counter(work) => {
                let goes_up = work.goes_up();
                let news = paperwork::answer(&mut self.driver, &self.font, work);
                if goes_up {
                    self.stale = true;
                    self.products = self.driver.shop.store.product_count().unwrap_or(self.products);
                    self.drainer.wake();
                }
                vec![news]
            }
        }
    }

    fn keep_by(&mut self, approval: &Approval, name: &'static str, value: &str) -> News {
        let kept = self.driver.check_manager(&approval.staff, &approval.pin).and_then(|manager| {
            let now = self.driver.shop.now();
            let store = &mut self.driver.shop.store;
            store.keep_setting(name, value, &manager.code, now).map_err(crate::effects::failed)?;
            let detail = format!("{name} = {value}");
            let at = now.timestamp_millis();
            store.remember(at, Some(&manager.code), "setting", &detail).map_err(crate::effects::failed)?;
            if name.starts_with("device_") {
                self.gear.restart(&self.driver.shop);
            }
            self.driver.refresh().map_err(crate::effects::failed)
        });
        kept.map_or_else(News::Failed, |()| News::Kept(name, value.into()))
    }

    fn tell(&mut self, event: Event) -> Vec<News> {
        let shown = match &event {
            Event::Verify { credential: Ok(credential), by, .. } => Some((credential.clone(), *by)),
            _ => None,
        };
        let reply = self.driver.handle(event);
        self.tell_devices(&reply);
        if let (Reply::Choose(list), Some((credential, by))) = (&reply, shown) {
            return vec![News::Choose { credential, by, list: list.clone() }];
        }
        if let Reply::Sale(finished) = &reply {
            self.last = Some(finished.clone());
        }
        vec![News::Told(reply)]
    }

    /// Takes in what came down. A basket keeps the programmes that it was begun with until it is paid.
    fn catch_up(&mut self) {
        if self.real.is_some() {
            // What came down is the shop's; it is read when training ends.
            return;
        }
        let is_selling = self.driver.till.screen.open().is_ok_and(|sale| !sale.lines.is_empty());
        if !self.stale || is_selling {
            return;
        }
        self.stale = false;
        self.face = None;
        if let Err(err) = self.driver.refresh() {
            crate::shop::commands_log(&format!("what came down could not be read: {err:#}"));
        }
    }

    /// Answers another till's program. It always works on the till itself, also while somebody learns.
    fn serve(&mut self, call: Call, reply: &SyncSender<Answer>) -> Vec<News> {
        let news = match &call {
            Call::Window { raise } => vec![News::Raise(*raise)],
            _ => Vec::new(),
        };
        let driver = self.real.as_deref_mut().unwrap_or(&mut self.driver);
        let goes_up = call.goes_up();
        let answer = self.desk.answer(driver, call, true);
        if goes_up {
            self.drainer.wake();
        }
        if let Some(Err(err)) = self.real.as_mut().map(|real| real.spool.pump(&real.shop)) {
            crate::shop::commands_log(&format!("the print queue: {err:#}"));
        }
        // Whoever asked may have given up waiting; what was done stays done, and its id tells.
        reply.try_send(answer).ok();
        news
    }

    fn synced(&mut self, sync: Sync) -> Vec<News> {
        self.stale |= sync.error.is_none();
        self.status.sync = sync;
        self.notices()
    }

    /// What a person must hear.
    fn notices(&self) -> Vec<News> {
        let shop = self.real.as_deref().map_or(&self.driver.shop, |real| &real.shop);
        match crate::notice::take(shop) {
            Ok(sentences) => sentences.into_iter().map(News::Said).collect(),
            Err(err) => vec![failed(err)],
        }
    }
}

/// Whether a request may change what a setting or a sync says of the shop.
fn may_change_shop(request: &Request) -> bool {
    !matches!(
        request,
        Request::Api(..)
            | Request::Event(_)
            | Request::Scan(..)
            | Request::Search(_)
            | Request::Device(_)
            | Request::Look
            | Request::Held
            | Request::Sync
    )
}

fn failed(err: impl std::fmt::Display + 'static) -> News {
    News::Failed(crate::effects::failed(err))
}
