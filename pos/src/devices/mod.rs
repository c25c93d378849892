//! The till's serial devices: scanner, reader for ID cards, scale, the customer's display.
//!
//! Decoders and dialogues are pure; one thread for each device carries bytes between them and the
//! line. What a device tells comes out through one callback.

pub mod display;
pub mod id_card;
pub mod ports;
pub mod runner;
pub mod scale;
pub mod scanner;
pub mod sentence;
pub mod setting;
pub mod simulator;
pub mod talk;

use std::fmt;
use std::sync::Arc;

pub use display::Show;
pub use id_card::IdCard;
pub use ports::{Port, ports};
pub use sentence::Sentence;
pub use setting::{Kind, Protocol, Setting};

use runner::{Runner, Tell};
use talk::Order;

/// What a device tells the till.
#[derive(Clone, PartialEq, Eq)]
pub enum DeviceEvent {
    /// A code was scanned: a product, a receipt, a card, whatever the till waits for.
    Scanned(String),
    /// An ID card was laid down.
    Card(IdCard),
    /// An ID card gave no number, or the reader does not work.
    CardTrouble(Sentence),
    /// Another weight than before.
    Weight {
        /// In grams.
        grams: u32,
        /// It counts: stable, more than zero, and twice the same.
        stable: bool,
    },
    /// The scale gives no weight.
    ScaleTrouble(Sentence),
    /// A device came or went.
    State(Kind, State),
}

/// A scanned code may be a family's card: it goes into no log.
impl fmt::Debug for DeviceEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scanned(text) => write!(f, "Scanned({} bytes)", text.len()),
            Self::Card(_) => f.write_str("Card(****)"),
            Self::CardTrouble(sentence) => write!(f, "CardTrouble({sentence})"),
            Self::Weight { grams, stable } => write!(f, "Weight({grams} g, stable: {stable})"),
            Self::ScaleTrouble(sentence) => write!(f, "ScaleTrouble({sentence})"),
            Self::State(kind, state) => write!(f, "State({kind:?}, {state:?})"),
        }
    }
}

/// Whether a device is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Not tried yet.
    Connecting,
    /// Its line is open.
    Connected,
    /// Its line is not open, and why. It is tried again by itself.
    Lost(Sentence),
}

/// How a device is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// What it is and where.
    pub setting: Setting,
    /// Whether it is there.
    pub state: State,
    /// The last bytes that came within a minute, in hexadecimal, for the page that tries devices. It may
    /// be the number of a family's card: it is shown there and nowhere else. Of an ID card there is never any.
    pub last_raw: Option<String>,
}

/// The devices of a till. Dropping them closes their lines.
#[derive(Default)]
pub struct Devices {
    runners: Vec<Runner>,
}

impl Drop for Devices {
    fn drop(&mut self) {
        // All at once, so that the wait is that of the slowest.
        self.runners.iter_mut().for_each(Runner::stop);
    }
}

impl Devices {
    /// Starts all of them; `tell` is called from their threads and should not take long.
    pub fn start(settings: Vec<Setting>, tell: impl Fn(DeviceEvent) + Send + Sync + 'static) -> Self {
        let tell: Tell = Arc::new(tell);
        let start = |setting| Runner::start(setting, Arc::clone(&tell));
        Self { runners: settings.into_iter().map(start).collect() }
    }

    /// Shows something on the customer's display, if there is one.
    pub fn show(&self, show: Show) {
        self.order(Kind::Display, Order::Show(show));
    }

    /// Asks the scale for a weight, for at most ten seconds. The answer is a `Weight` or a
    /// `ScaleTrouble`; whether there is a scale at all.
    pub fn ask_weight(&self) -> bool {
        self.order(Kind::Scale, Order::AskWeight)
    }

    /// How each device is, in the order of the settings.
    pub fn status(&self) -> Vec<Status> {
        self.runners.iter().map(Runner::status).collect()
    }

    fn order(&self, kind: Kind, order: Order) -> bool {
        let mut there = self.runners.iter().filter(|runner| runner.kind() == kind).peekable();
        let is_there = there.peek().is_some();
        there.for_each(|runner| runner.order(order));
        is_there
    }
}
