//! The window. It paints what the till is and passes on what people do; `domain::till` decides and
//! the threads of `worker` and `drainer` work.
#![allow(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "positions on a screen; no amount is ever one of them"
)]

pub mod command;
pub mod customer;
pub(crate) mod drainer;
mod gear;
mod idle;
mod keys;
mod kiosk;
mod logic;
mod paperwork;
pub mod raise;
mod scan;
mod screens;
pub mod setup;
pub mod snapshot;
pub mod sound;
pub mod theme;
mod training;
mod trouble;
pub mod view;
mod widgets;
pub mod words;
pub mod worker;

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use domain::till::{Event, Refusal};
use eframe::egui;
use store::Lock;

use command::KeyMap;
use domain::lang::Lang;
use keys::Typed;
use scan::{Scanner, Scans};
use snapshot::Snapshot;
use theme::Palette;
use theme::Theme;
use view::View;
use worker::{Counter, Link, News, Request};

use crate::shop::Shop;

/// The window's program.
pub struct App {
    link: Link,
    scans: Scans,
    snap: Arc<Snapshot>,
    view: View,
    is_waiting: bool,
    customer: customer::Customer,
    /// What a window has that stands on a desktop; none in tests without one.
    desk: Option<raise::Desk>,
    player: Option<sound::Player>,
}

/// What a screen paints with, and where it leaves what people did.
struct Scene<'a> {
    snap: &'a Snapshot,
    view: &'a mut View,
    p: Palette,
    lang: Lang,
    /// Keys that nobody took yet.
    keys: Vec<Typed>,
    /// Whether a request is under way: what must not happen twice waits for it.
    is_waiting: bool,
    asks: Vec<Request>,
}

impl Scene<'_> {
    fn ask(&mut self, request: Request) {
        self.asks.push(request);
    }

    fn event(&mut self, event: Event) {
        self.asks.push(Request::Event(event));
    }

    fn counter(&mut self, work: Counter) {
        self.asks.push(Request::Counter(work));
    }

    fn refuse(&mut self, refusal: &Refusal) {
        logic::refuse(self.view, refusal);
    }

    fn t(&self, zh: &'static str, en: &'static str) -> &'static str {
        self.lang.of(zh, en)
    }
}

impl App {
    /// Opens a data folder. The caller holds its lock and gives the font.
    ///
    /// # Errors
    /// Where the folder's database cannot be opened, or a thread cannot start.
    pub fn new(ctx: &egui::Context, dir: &Path, font: &printers::font::Font) -> Result<Self> {
        theme::install(ctx, font);
        let scans = Scans::default();
        ctx.add_plugin(Scanner::new(Arc::clone(&scans)));
        let shop = Shop::open(dir)?;
        let setting = |name: &str| shop.store.setting(name).ok().flatten().unwrap_or_default();
        let mut view = View {
            lang: Lang::parse(&setting("ui_language")),
            theme: Theme::parse(&setting("ui_theme")),
            keys: KeyMap::parse(&setting("ui_keys")),
            sounds: setting("ui_sounds") != "off",
            wedge_prefix: setting("wedge_prefix"),
            front: front(&setting),
            ..View::default()
        };
        let zoom: f32 = setting("ui_zoom").parse().unwrap_or(1.0);
        ctx.set_zoom_factor(zoom.clamp(1.0, 2.0));
        let repaint = ctx.clone();
        let link = Link::start(shop, font.clone(), move || repaint.request_repaint_of(egui::ViewportId::ROOT))?;
        let (snap, _, _) = link.look();
        if snap.store.is_none() || snap.staff.is_empty() {
            view.page = view::Page::Setup(Box::new(view::Setup::new()));
        }
        theme::set(ctx, view.theme);
        let customer = customer::Customer::default();
        Ok(Self { link, scans, snap, view, is_waiting: false, customer, desk: None, player: None })
    }

    /// Takes its place on a desktop: the whole screen where that is wanted, calls, sounds.
    fn settle(&mut self, ctx: &egui::Context, dir: &Path) {
        if self.view.front.is_kiosk {
            kiosk::apply(ctx, true);
        }
        // Selling goes on without either.
        self.desk = raise::Desk::open(ctx, dir).map_err(|err| logged("raise", &err)).ok();
        self.player = sound::Player::start(dir).map_err(|err| logged("sound", &err)).ok();
    }

    /// Takes in what the threads and the scanner have. Runs before each frame.
    pub fn logic(&mut self, ctx: &egui::Context) {
        self.guard_close(ctx);
        let (snap, news, is_waiting) = self.link.look();
        let before = std::mem::replace(&mut self.snap, snap);
        self.is_waiting = is_waiting;
        let mut sound = logic::mark_change(&mut self.view, &before, &self.snap, ctx.input(|i| i.time));
        let mut scanned: Vec<String> = Vec::new();
        for item in news {
            sound = sound.max(logic::sound(&item));
            match item {
                News::Scanned(code) => scanned.push(code),
                News::Raise(up) => self.raise(ctx, up),
                News::CardShown(credential) => {
                    if let Some(request) = logic::card_shown(&mut self.view, &self.snap, credential) {
                        self.ask(request);
                    }
                }
                other => logic::take(ctx, &mut self.view, &self.snap, other),
            }
        }
        let mut scans = self.scans.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let prefix = self.view.wedge_prefix.as_str();
        scanned.extend(scans.drain(..).map(|code| crate::devices::scanner::strip_prefix(&code, prefix).to_owned()));
        drop(scans);
        for code in scanned {
            match logic::scanned(&mut self.view, &self.snap, code) {
                Some(request) => self.ask(request),
                // The sentence says why.
                None if self.view.said.is_some() => sound = Some(sound::Sound::Attention),
                None => {}
            }
        }
        if let (Some(player), Some(sound), true) = (&self.player, sound, self.view.sounds) {
            player.play(sound);
        }
        self.follow_desk(ctx);
    }

    /// Paints the window and passes on what people did.
    pub fn paint(&mut self, ui: &mut egui::Ui) {
        let snap = Arc::clone(&self.snap);
        let mut scene = Scene {
            snap: &snap,
            p: theme::palette(ui.ctx()),
            lang: self.view.lang,
            view: &mut self.view,
            keys: keys::take(ui.ctx()),
            is_waiting: self.is_waiting,
            asks: Vec::new(),
        };
        screens::paint(ui, &mut scene);
        let asks = std::mem::take(&mut scene.asks);
        for request in asks {
            self.ask(request);
        }
        if std::mem::take(&mut self.view.front.lowers) {
            self.raise(ui.ctx(), false);
        }
        if let Some(request) = self.customer.follow(ui.ctx(), &mut self.view, &snap) {
            self.ask(request);
        }
        // The clock goes on without anybody touching anything.
        let to_minute = 60_000 - (snap.now().timestamp_millis().rem_euclid(60_000));
        ui.ctx().request_repaint_after(std::time::Duration::from_millis(to_minute.unsigned_abs()));
    }

    fn ask(&mut self, request: Request) {
        if self.link.ask(request) {
            self.is_waiting = true;
        } else {
            logic::refuse(&mut self.view, &Refusal::Busy);
        }
    }

    /// Changes language and theme without keeping them.
    pub fn show_in(&mut self, ctx: &egui::Context, language: &str, theme: Theme) {
        self.view.lang = Lang::parse(language);
        self.view.theme = theme;
        theme::set(ctx, theme);
    }

    /// Whether something that was asked for is not answered yet.
    pub fn is_waiting(&self) -> bool {
        self.is_waiting || self.link.is_busy()
    }

    /// The till as it is shown.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snap
    }

    /// What customers are shown, for a display on a pole too.
    pub fn shown(&self) -> customer::Shown {
        customer::Shown::of(&self.snap, matches!(self.view.page, view::Page::Pay { .. }), self.view.done)
    }
}

/// How the window was left.
fn front(setting: &dyn Fn(&str) -> String) -> view::Front {
    let hotkey = Some(setting("ui_hotkey")).filter(|key| !key.is_empty());
    view::Front {
        customer: customer::Mode::parse(&setting("ui_customer")),
        customer_at: setting("ui_customer_at"),
        is_kiosk: setting("ui_kiosk") == "on",
        hotkey: hotkey.unwrap_or_else(|| raise::HOTKEYS[0].to_owned()),
        ..view::Front::default()
    }
}

fn logged(what: &str, err: &std::io::Error) {
    crate::shop::commands_log(&format!("{what}: {err}"));
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _: &mut eframe::Frame) {
        Self::logic(self, ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        self.paint(ui);
    }
}

/// Opens the window of a data folder and stays until it is closed.
///
/// # Errors
/// Where the folder is in use, no Chinese font is installed, or there is no display.
pub fn run(dir: &Path) -> Result<()> {
    let _lock = Lock::take(dir)?;
    let font = printers::font::system().map_err(anyhow::Error::msg)?;
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("济惠收银台 Jihui")
            .with_app_id("jihui-till")
            .with_inner_size([1366.0, 768.0])
            .with_min_inner_size([1000.0, 640.0]),
        ..Default::default()
    };
    let folder = dir.to_path_buf();
    let created = move |cc: &eframe::CreationContext<'_>| -> Result<Box<dyn eframe::App>, Box<dyn std::error::Error + Send + Sync>> {
        match App::new(&cc.egui_ctx, &folder, &font) {
            Ok(mut app) => {
                app.settle(&cc.egui_ctx, &folder);
                Ok(Box::new(app))
            }
            // Nobody reads the standard error of a window.
            Err(err) => {
                let said = format!("{err:#}");
                crate::shop::commands_log(&said);
                Ok(Box::new(trouble::Trouble::new(said)))
            }
        }
    };
    eframe::run_native("jihui-till", options, Box::new(created)).map_err(|err| {
        anyhow::anyhow!("窗口打不开，请检查显示器和显卡驱动。 The window cannot open; check display and driver: {err}")
    })
}
