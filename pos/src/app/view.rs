//! What the window itself remembers: which page is open and what is being typed. Nothing of it is
//! the till's business.

use std::collections::BTreeMap;

use domain::money::Money;
use domain::product::Product;
use domain::quantity::Quantity;
use domain::resident::Credential;
use domain::returns::PayBack;
use domain::role::StaffRole;
use domain::sale::{Entry, VerifiedBy};
use domain::tender::TenderKind;
use domain::till::Action;
use eframe::egui::TextureHandle;
use printers::Profile;
use serde_json::Value;
use store::StoredSale;

use domain::lang::Lang;

use super::command::{Command, KeyMap};
use super::customer::Mode;
use super::screens::accounts::AccountPage;
use super::screens::shelf::{Shelf, Start};
use super::screens::shop_settings::SettingsPage;
use super::snapshot::Snapshot;
use super::theme::Theme;
use crate::counter::{Loose, Returned};
use crate::devices::{Kind, Port, Protocol, Setting, ports};

/// How one rule reads a code: the rule in both languages, and what it reads.
pub type Reading = (&'static str, &'static str, String);

/// Widget state of all screens.
#[derive(Default)]
pub struct View {
    /// The window's language.
    pub lang: Lang,
    /// Which colours.
    pub theme: Theme,
    /// Which key does what.
    pub keys: KeyMap,
    /// Whether the till makes sounds.
    pub sounds: bool,
    /// The page over the till's own screen.
    pub page: Page,
    /// Who is about to sign in.
    pub sign_in: Option<String>,
    /// Figures that are being typed on the till's own screen: PIN, float, code or initials.
    pub typed: String,
    /// Products that fit what is typed.
    pub found: Vec<Product>,
    /// What `found` was asked for.
    pub found_for: String,
    /// Which of `found` the arrow keys chose.
    pub choice: usize,
    /// The chosen line of the basket.
    pub selected: Option<u32>,
    /// The line just scanned, and when its flash ends (seconds of the window's clock).
    pub flash: Option<(u32, f64)>,
    /// A line that must come into sight.
    pub reveal: Option<u32>,
    /// The sentence at the bottom, and whether it is a refusal.
    pub said: Option<(String, bool)>,
    /// The sale that was just paid, until the next one begins.
    pub done: bool,
    /// How each rule reads the code that was tried last.
    pub readings: Option<(String, Vec<Reading>)>,
    /// What the reader for ID cards read when it was tried.
    pub card_read: Option<String>,
    /// The letter of the menu's next row.
    pub letter: std::cell::Cell<u8>,
    /// What a keyboard scanner is set to type before each code.
    pub wedge_prefix: String,
    /// The window itself, and the customers'.
    pub front: Front,
}

/// How the window stands on its desktop.
#[derive(Default)]
pub struct Front {
    /// Where customers see their amounts.
    pub customer: Mode,
    /// Where the customers' window opens: `x,y`, or empty.
    pub customer_at: String,
    /// Whether the machine is nothing but a till.
    pub is_kiosk: bool,
    /// A manager has allowed it to close.
    pub may_close: bool,
    /// The desktop's key that brings it up.
    pub hotkey: String,
    /// Whether the desktop does not give that key.
    pub key_refused: bool,
    /// Whether the window is to go away.
    pub lowers: bool,
}

/// A page over the till's own screen. It owns what is valid only while it is open.
#[derive(Default)]
pub enum Page {
    /// None.
    #[default]
    None,
    /// Setting the till up.
    Setup(Box<Setup>),
    /// Type the number of a card or an ID card.
    Verify { typed: String, shown: bool },
    /// Which household?
    Choose { credential: Credential, by: VerifiedBy, list: Vec<(String, String)> },
    /// The household's programmes.
    Family { category: bool, purse: Option<(String, String)> },
    /// A line's quantity.
    Quantity { line: u32, typed: String },
    /// How much of a product that is sold by weight.
    Weigh { code: String, entry: Entry, product: Box<Product>, typed: String, in_jin: bool },
    /// Something that needs an amount, a reason, or both.
    Ask(Ask),
    /// A manager allows it.
    Approve { what: Wanted, manager: Option<String>, pin: String },
    /// What something costs.
    Check { typed: String, found: Option<Box<Checked>> },
    /// A code that nothing has.
    Unknown { code: String },
    /// A till beside another one: what to take off there, and its receipt number.
    Beside { typed: String },
    /// A numbered slip that was written by hand: its number and date.
    Slip { no: String, date: String, in_date: bool },
    /// The serial devices.
    Devices(DevicePage),
    /// What the labels of the scale look like.
    Labels { typed: String },
    /// The printers: which one is shown, and what it can do.
    Printers { number: u8, profile: Profile },
    /// Which key does what.
    KeyMap { chosen: Option<Command> },
    /// Take payment.
    Pay { kind: TenderKind, typed: String },
    /// Find a product by its name.
    Search { text: String, found: Vec<Product>, choice: usize },
    /// Baskets that wait.
    Parked,
    /// Take goods back.
    TakeBack(TakeBack),
    /// Goods and prices, promotions and staff: a manager opened them.
    Shelf(Box<Shelf>),
    /// The store's accounts with headquarters: a manager opened them.
    Accounts(Box<AccountPage>),
    /// The store's settings: a manager opened them.
    Settings(Box<SettingsPage>),
    /// What is rare.
    Menu,
    /// Keys and hints.
    Help,
    /// Sales to look at and print again.
    Receipts { recent: Vec<(String, i64, Money)>, picked: Option<String>, paper: Option<TextureHandle> },
    /// Count the drawer.
    Count { typed: String },
    /// A report.
    Report(&'static str, Value),
}

/// One device on the page that sets and tries them.
pub struct DevicePage {
    /// Which.
    pub kind: Kind,
    /// Its port; empty where it is not used.
    pub path: String,
    /// How it speaks.
    pub protocol: Protocol,
    /// Bits a second.
    pub baud: u32,
    /// Ports of this machine.
    pub ports: Vec<Port>,
    /// The prefix of a keyboard scanner, while it is being typed.
    pub prefix: Option<String>,
    /// When the till was last asked what came, in seconds of the window's clock.
    pub looked: f64,
}

impl DevicePage {
    /// A device as it is set, or as it comes from the works.
    pub fn of(kind: Kind, snap: &Snapshot) -> Self {
        let set = snap.devices.iter().map(|status| &status.setting).find(|setting| setting.kind == kind);
        let usual = Protocol::of(kind).next().unwrap_or(Protocol::Lines);
        let setting = set.cloned().unwrap_or_else(|| Setting::new(usual, ""));
        let Setting { path, protocol, baud, .. } = setting;
        Self { kind, path, protocol, baud, ports: ports(), prefix: None, looked: 0.0 }
    }
}

/// Something that needs an amount, a reason, or both.
pub struct Ask {
    /// What.
    pub what: What,
    /// The amount that is being typed.
    pub typed: String,
    /// Which of the reasons.
    pub reason: usize,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Another price a unit.
    Price { line: u32 },
    /// Yuan off a line.
    Off { line: u32 },
    /// A small amount waived.
    Waive,
    /// Cash goes in.
    CashIn,
    /// Cash goes out.
    CashOut,
    /// The drawer opens.
    Drawer,
    /// The basket goes.
    Clear,
    /// The last sale is void.
    VoidLast,
    /// Why the drawer is over or short.
    OverShort { counted: String },
}

/// What a manager is to allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Something of the open sale.
    Action(Action),
    /// Something of the counter.
    CashOut { amount: String, reason: String },
    /// The last sale is void.
    VoidLast { reason: String },
    /// Goods without a receipt.
    Loose(Loose),
    /// Goods and prices, promotions and staff, until the pages are left.
    Shelf(Start),
    /// The store's accounts with headquarters, until the page is left.
    Accounts,
    /// The store's settings, until the page is left.
    Settings,
    /// Settings that only a manager changes.
    Keep(&'static str, String),
    /// A window that fills the screen closes.
    Close,
}

/// What something costs.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The product.
    pub product: Product,
    /// What its label charges.
    pub amount: Option<Money>,
    /// Promotions that cover it today: name and what they take off one unit; none where it takes a sum.
    pub promotions: Vec<(String, Option<Money>)>,
}

/// Taking goods back, step by step.
pub enum TakeBack {
    /// Which sale?
    Find { typed: String, recent: Vec<(String, i64, Money)> },
    /// Which goods, how many, and why?
    Lines(Box<BackLines>),
    /// Goods without a receipt: what, and why.
    Loose { lines: Vec<(Product, Quantity)>, typed: String, reason: usize },
    /// Exchanged: nothing is paid.
    Exchanged,
    /// It is done.
    Done(Returned),
}

/// Goods of a sale that come back.
pub struct BackLines {
    /// The sale.
    pub sale: Box<StoredSale>,
    /// Another till of the store that sold them, where it is one, and headquarters knows of it.
    pub till: Option<String>,
    /// How many of each line.
    pub back: BTreeMap<u32, Quantity>,
    /// Which of the reasons.
    pub reason: usize,
    /// Whether they are replaced by the same.
    pub exchange: bool,
    /// Whether the cashier may choose cash.
    pub may_choose: bool,
    /// What was chosen.
    pub pay_back: PayBack,
}

impl BackLines {
    /// A sale of which nothing is chosen yet.
    pub fn new(sale: Box<StoredSale>, till: Option<String>, may_choose: bool) -> Self {
        Self { sale, till, back: BTreeMap::new(), reason: 0, exchange: false, may_choose, pay_back: PayBack::AsPaid }
    }
}

/// Setting the till up, step by step.
#[derive(Debug, Default)]
pub struct Setup {
    /// Which step is shown.
    pub step: usize,
    /// Headquarters' address.
    pub url: String,
    /// Enrolment code.
    pub code: String,
    /// A product file.
    pub file: String,
    /// Product files that lie in the usual places.
    pub files: Vec<String>,
    /// How the printer is connected.
    pub link: PrinterLink,
    /// Its address.
    pub printer: String,
    /// Print queues of this machine, once they were looked for.
    pub queues: Option<Vec<String>>,
    /// Columns of its paper.
    pub columns: usize,
    /// Whether this is one step from the menu instead of the first start.
    pub alone: bool,
    /// Whether that one step is done.
    pub is_over: bool,
    /// Whether it is the second printer.
    pub second: bool,
    /// Whether a test page went out.
    pub tested: bool,
    /// Staff code.
    pub staff: String,
    /// PIN, twice.
    pub pins: [String; 2],
    /// What the last step said.
    pub said: Option<Result<String, String>>,
}

/// How a printer is connected.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum PrinterLink {
    /// Over the network.
    #[default]
    Network,
    /// On a serial port.
    Serial,
    /// A device file, such as a USB printer under Linux.
    Device,
    /// A print queue of Windows.
    Queue,
    /// Into a folder, as pictures.
    Virtual,
}

impl Setup {
    /// From the first step.
    pub fn new() -> Self {
        Self { url: "https://".into(), columns: 32, ..Self::default() }
    }

    /// The role of the staff member that the step adds.
    pub fn role(&self) -> StaffRole {
        if self.step == super::screens::setup::MANAGER { StaffRole::Manager } else { StaffRole::Cashier }
    }
}
