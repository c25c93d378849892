//! The customers' screen: what it may show, and the window that shows it.
//!
//! The whole queue can read it. So `Shown` holds amounts, the shop's name and the name of the goods
//! just entered; a household, a category, a programme, a limit or a receipt's number has no place in it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::lang::Lang;
use domain::money::Money;
use domain::till::{Finished, OpenSale, Screen};
use eframe::egui::{self, Rect, ViewportBuilder, ViewportCommand, ViewportId};

use super::snapshot::Snapshot;
use super::theme::Theme;
use super::view::{Page, View};
use super::worker::Request;
use super::{screens, words};
use crate::devices::Show;

/// How long thanks stay, in seconds.
const THANKS: f64 = 10.0;

/// What customers see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// Nobody is being served.
    Idle {
        /// The shop's name.
        store: String,
        /// What the shop has to say: a line about promotions.
        note: String,
    },
    /// Goods are being entered.
    Basket {
        /// What was entered last, where it is still there.
        line: Option<Goods>,
        /// What it comes to so far.
        sums: Sums,
    },
    /// The sum was told; money is being taken.
    Paying {
        /// What it comes to.
        sums: Sums,
        /// What was handed over so far.
        received: Money,
    },
    /// It is paid.
    Thanks {
        /// What was handed over and what came back; nothing where another till takes the money.
        paid: Option<(Money, Money)>,
    },
}

/// One line of the basket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goods {
    /// Name and specification.
    pub name: String,
    /// How much, with its unit.
    pub quantity: String,
    /// Price of one.
    pub price: Money,
    /// What the line comes to.
    pub amount: Money,
}

/// What a basket comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Before anything is taken off.
    pub total: Money,
    /// Off for anybody: promotions, and what the cashier waived.
    pub shop: Money,
    /// 惠民优惠, in one sum.
    pub discount: Money,
    /// 爱心卡支付.
    pub purse: Money,
    /// What is still to be paid.
    pub due: Money,
}

impl Shown {
    /// What a till shows to customers. `is_paying`: the page that takes money is open; `is_done`: the
    /// last sale is paid and nothing has happened since.
    pub fn of(snap: &Snapshot, is_paying: bool, is_done: bool) -> Self {
        let last = snap.last.as_ref().filter(|_| is_done);
        let mut shown = Self::of_screen(&snap.screen, last, &snap.store_name, is_paying);
        if let Self::Idle { note, .. } = &mut shown {
            note.clone_from(&snap.note);
        }
        shown
    }

    /// The same of its parts: `finished` is the sale just paid.
    pub fn of_screen(screen: &Screen, finished: Option<&Finished>, store: &str, is_paying: bool) -> Self {
        match screen {
            Screen::Sale { sale, .. } if !sale.lines.is_empty() => basket(sale, is_paying),
            Screen::Committing { sale, .. } => basket(sale, true),
            Screen::Sale { .. } => match finished {
                Some(finished) => Self::Thanks { paid: paid(finished) },
                None => Self::idle(store),
            },
            Screen::SignIn | Screen::NoShift { .. } => Self::idle(store),
        }
    }

    fn idle(store: &str) -> Self {
        Self::Idle { store: store.to_owned(), note: String::new() }
    }

    /// The same for the display on a pole, which has room for one figure.
    pub fn for_pole(&self) -> Show {
        match self {
            Self::Idle { .. } | Self::Thanks { paid: None } => Show::Welcome,
            Self::Basket { line: Some(line), sums } => Show::Line { price: line.amount, total: sums.due },
            Self::Basket { line: None, sums } => Show::Total(sums.due),
            Self::Paying { sums, received } if received.is_zero() => Show::Total(sums.due),
            Self::Paying { received, .. } => Show::Received(*received),
            Self::Thanks { paid: Some((_, change)) } => Show::Change(*change),
        }
    }
}

fn basket(sale: &OpenSale, is_paying: bool) -> Shown {
    let totals = sale.priced.as_ref().map(|priced| priced.totals).unwrap_or_default();
    let received: Money = sale.tenders.iter().map(|tender| tender.amount).sum();
    let sums = Sums {
        total: totals.gross,
        shop: totals.promotion + sale.waived,
        discount: totals.discount,
        purse: totals.purse,
        due: sale.due(),
    };
    if is_paying || !received.is_zero() {
        return Shown::Paying { sums, received };
    }
    let line = sale.lines.iter().find(|line| Some(line.basket.line) == sale.last);
    let line = line.map(|line| Goods {
        name: words::product(&line.product),
        quantity: words::quantity(line),
        price: line.basket.unit_price,
        amount: line.basket.gross(),
    });
    Shown::Basket { line, sums }
}

fn paid(finished: &Finished) -> Option<(Money, Money)> {
    let due = finished.totals.due - finished.waived - finished.rounding;
    (!finished.beside).then_some((due + finished.change, finished.change))
}

/// Where customers see it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// Nowhere.
    #[default]
    Off,
    /// In a window that is dragged to where they look.
    Window,
    /// On a whole screen.
    Full,
}

impl Mode {
    /// Reads the setting.
    pub fn parse(text: &str) -> Self {
        match text {
            "window" => Self::Window,
            "full" => Self::Full,
            _ => Self::Off,
        }
    }

    /// The setting.
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Window => "window",
            Self::Full => "full",
        }
    }

    /// The one after it.
    pub fn next(self) -> Self {
        match self {
            Self::Off => Self::Window,
            Self::Window => Self::Full,
            Self::Full => Self::Off,
        }
    }
}

/// Reads a place on the screens: `x,y`.
pub fn place(text: &str) -> Option<egui::Pos2> {
    let (x, y) = text.split_once(',')?;
    let number = |text: &str| text.trim().parse::<i16>().ok().map(f32::from);
    Some(egui::pos2(number(x)?, number(y)?))
}

/// The window's id.
pub fn id() -> ViewportId {
    ViewportId::from_hash_of("customer")
}

/// Where the customers' window and the till's are; none where the desktop does not say.
pub fn places(ctx: &egui::Context) -> Option<(Rect, Rect)> {
    ctx.input(|i| {
        let rect = |id| i.raw.viewports.get(&id).and_then(|info| info.outer_rect);
        Some((rect(id())?, rect(ViewportId::ROOT)?))
    })
}

/// The customers' window. It is painted when what it shows changes, and not with the till's.
#[derive(Default)]
pub struct Customer {
    board: Arc<Mutex<Board>>,
    /// Where it was placed when it opened.
    at: Option<egui::Pos2>,
    is_open: bool,
    /// When the sale was paid that thanks are for (seconds of the window's clock).
    thanked: Option<f64>,
}

/// What its painter reads.
#[derive(Clone, PartialEq)]
struct Board {
    shown: Shown,
    lang: Lang,
    theme: Theme,
    mode: Mode,
    /// Where it is to stand, until it was told: a window manager may place new windows as it likes.
    at: Option<egui::Pos2>,
    /// What it was told last of filling the screen.
    fills: bool,
    /// Somebody closed it.
    is_closed: bool,
}

impl Default for Board {
    fn default() -> Self {
        let shown = Shown::idle("");
        let (lang, theme, mode) = (Lang::default(), Theme::default(), Mode::default());
        Self { shown, lang, theme, mode, at: None, fills: false, is_closed: false }
    }
}

fn lock(board: &Mutex<Board>) -> MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Customer {
    /// Keeps the window as the settings want it; runs with each frame of the till's window. What was
    /// changed at the window itself must be kept.
    pub fn follow(&mut self, ctx: &egui::Context, view: &mut View, snap: &Snapshot) -> Option<Request> {
        let mode = view.front.customer;
        if mode == Mode::Off {
            self.is_open = false;
            return None;
        }
        if !self.is_open {
            self.is_open = true;
            self.at = place(&view.front.customer_at);
            *lock(&self.board) = Board { at: self.at, ..Board::default() };
        }
        let is_done = self.thanks(ctx, view.done);
        let shown = Shown::of(snap, matches!(view.page, Page::Pay { .. }), is_done);
        let mut board = lock(&self.board);
        if std::mem::take(&mut board.is_closed) {
            view.front.customer = Mode::Off;
            return Some(Request::Keep("ui_customer", Mode::Off.word().into()));
        }
        let now = Board { shown, lang: view.lang, theme: view.theme, mode, ..board.clone() };
        if *board != now {
            *board = now;
            ctx.request_repaint_of(id());
        }
        drop(board);
        let board = Arc::clone(&self.board);
        ctx.show_viewport_deferred(id(), self.builder(mode), move |ui, _| paint(ui, &board));
        None
    }

    /// Whether thanks are still due.
    fn thanks(&mut self, ctx: &egui::Context, done: bool) -> bool {
        if !done {
            self.thanked = None;
            return false;
        }
        let now = ctx.input(|i| i.time);
        let left = *self.thanked.get_or_insert(now) + THANKS - now;
        if left > 0.0 {
            ctx.request_repaint_after(std::time::Duration::from_secs_f64(left));
        }
        left > 0.0
    }

    fn builder(&self, mode: Mode) -> ViewportBuilder {
        let builder = ViewportBuilder::default()
            .with_title("济惠顾客屏")
            .with_app_id("jihui-till")
            .with_inner_size([1024.0, 600.0])
            .with_min_inner_size([480.0, 320.0])
            .with_decorations(mode != Mode::Full)
            .with_active(false);
        match self.at {
            Some(at) => builder.with_position(at),
            None => builder,
        }
    }
}

fn paint(ui: &mut egui::Ui, board: &Mutex<Board>) {
    // Where a desktop has no windows it lies inside the till's.
    let is_own = ui.viewport_id() == id();
    let (now, at, fills) = {
        let mut board = lock(board);
        // A window that fills the wrong screen must not hold anybody up.
        let is_full = board.mode == Mode::Full;
        let leaves = ui.input(|i| {
            let twice = i.pointer.button_double_clicked(egui::PointerButton::Primary);
            i.viewport().close_requested() || (is_full && twice)
        });
        if is_own && leaves {
            board.is_closed = true;
            ui.request_repaint_of(ViewportId::ROOT);
        }
        let was = std::mem::replace(&mut board.fills, is_full);
        let at = board.at.take().filter(|_| is_own);
        (board.clone(), at, (is_own && was != is_full).then_some(is_full))
    };
    if let Some(at) = at {
        ui.send_viewport_cmd(ViewportCommand::OuterPosition(at));
    }
    if let Some(fills) = fills {
        // Asked once the window stands: it fills the screen that it stands on.
        ui.send_viewport_cmd(ViewportCommand::Fullscreen(fills));
    }
    screens::customer::show(ui, &now.shown, now.lang);
}

#[cfg(test)]
#[path = "customer_tests.rs"]
mod tests;
