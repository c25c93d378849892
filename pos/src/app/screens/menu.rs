//! What is rare: the day, receipts, cash, and the window's own settings.

use domain::till::{Event, Screen};
use eframe::egui::{ScrollArea, Ui};

use super::shelf::Start;
use super::{approve, front};
use crate::app::Scene;
use crate::app::command::Command;
use crate::app::keys::Typed;
use crate::app::theme::{self, Theme, size};
use crate::app::view::{DevicePage, Page, Setup, Wanted, What};
use crate::app::widgets::{Press, dialog, foot, is_low, label, room, scroll, title};
use crate::app::worker::{Counter, Request};
use crate::daily;

/// The window's sizes, in percent.
const ZOOMS: [u16; 5] = [100, 125, 150, 175, 200];
/// Height of a row.
const ROW: f32 = 46.0;

/// Three columns: the day, cash and slips, settings. What a manager opens stands below the day.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>) -> bool {
    let p = scene.p;
    dialog(ui, "menu", 940.0, p, |ui| {
        let is_low = is_low(ui.ctx());
        if !is_low {
            title(ui, scene.t("菜单", "Menu"), p);
        }
        let height = if is_low { f32::INFINITY } else { room(ui.ctx(), 260.0, 160.0) };
        let stays = scroll(ui, "menu rows", ScrollArea::vertical().max_height(height), |ui| {
            ui.columns_const(|[left, middle, right]| {
                // Rows that are not always there come last, so that letters stay where they are.
                scene.view.letter.set(b'A');
                let stays = day(left, scene);
                let stays = settings(right, scene) && stays;
                if row(left, scene, scene.t("立即同步", "Sync now"), true) {
                    scene.ask(Request::Sync);
                }
                cash(middle, scene);
                let stays = front::rows(middle, scene) && stays;
                manager(left, scene);
                stays
            })
        });
        sync_line(ui, scene);
        copy_line(ui, scene);
        let press = Press::new(scene.t("返回", "Back")).key("Esc");
        stays && !foot(ui, |ui| press.size(ui.available_width(), 48.0).show(ui))
    })
}

/// A row of its column's width, with a letter of its own: whether it was touched, or its letter typed.
pub fn row(ui: &mut Ui, scene: &Scene<'_>, text: &str, enabled: bool) -> bool {
    let letter = char::from(scene.view.letter.get());
    scene.view.letter.set(scene.view.letter.get().saturating_add(1));
    row_of(ui, scene, letter, text, enabled)
}

/// The same with a sign of its own, which stays whatever rows there are.
fn row_of(ui: &mut Ui, scene: &Scene<'_>, letter: char, text: &str, enabled: bool) -> bool {
    let key = letter.to_string();
    let press = Press::new(text).key(&key).size(ui.available_width(), ROW).at_left().enabled(enabled);
    let typed = scene.keys.iter().any(|key| matches!(key, Typed::Char(c) if c.eq_ignore_ascii_case(&letter)));
    press.show(ui) || typed && enabled
}

fn day(ui: &mut Ui, scene: &mut Scene<'_>) -> bool {
    let sells = matches!(scene.snap.screen, Screen::Sale { .. });
    if row(ui, scene, scene.t("看小票、补打", "Receipts and reprints"), true) {
        scene.view.page = Page::Receipts { recent: Vec::new(), picked: None, paper: None };
        scene.counter(Counter::RecentSales);
    }
    if row(ui, scene, scene.t("班次汇总（X）", "Shift so far (X)"), sells) {
        scene.counter(Counter::XReport);
    }
    if row(ui, scene, scene.t("交班", "Close the shift"), sells) {
        scene.view.page = Page::Count { typed: String::new() };
    }
    if row(ui, scene, scene.t("日结（Z）", "Close the day (Z)"), !sells) {
        scene.counter(Counter::CloseDay);
    }
    if row(ui, scene, scene.t("换收银员", "Change cashier"), true) {
        scene.event(Event::SignOut);
        return false;
    }
    if row(ui, scene, Command::Lock.text(scene.lang), true) {
        scene.event(Event::Lock);
        return false;
    }
    true
}

fn cash(ui: &mut Ui, scene: &mut Scene<'_>) {
    let sale = scene.snap.screen.open().ok();
    let is_free = sale.is_some_and(|sale| sale.lines.is_empty() && sale.verified.is_none() && sale.slip.is_none());
    let moves = [
        ("现金存入", "Put cash in", What::CashIn),
        ("现金取出", "Take cash out", What::CashOut),
        ("作废上一单", "Void the last sale", What::VoidLast),
    ];
    // Beside another till there is no money to move.
    for (zh, en, what) in moves.into_iter().filter(|_| !scene.snap.is_beside) {
        if row(ui, scene, scene.t(zh, en), is_free) {
            scene.view.page = what.page();
        }
    }
    let sells = sale.is_some();
    if row(ui, scene, Command::Check.text(scene.lang), sells) {
        scene.view.page = Page::Check { typed: String::new(), found: None };
    }
    if row(ui, scene, scene.t("补录手工单", "Enter a manual slip"), is_free) {
        scene.view.page = Page::Slip { no: String::new(), date: String::new(), in_date: false };
    }
    let has_printer = scene.snap.printer.is_some() && scene.snap.store.is_some();
    if row(ui, scene, scene.t("打印空白手工单", "Print blank slips"), has_printer) {
        scene.counter(Counter::BlankSlips);
    }
}

fn settings(ui: &mut Ui, scene: &mut Scene<'_>) -> bool {
    shelf(ui, scene);
    looks(ui, scene);
    if row(ui, scene, scene.t("打印机", "Printer"), true) {
        scene.view.page = match scene.snap.profiles[0] {
            Some(profile) => Page::Printers { number: 1, profile },
            None => Page::Setup(Box::new(Setup { step: super::setup::PRINTER, alone: true, ..Setup::new() })),
        };
        return false;
    }
    if row(ui, scene, scene.t("设备", "Devices"), true) {
        scene.view.page = Page::Devices(DevicePage::of(crate::devices::Kind::Scanner, scene.snap));
    }
    if row(ui, scene, scene.t("按键设置", "Keys"), true) {
        scene.view.page = Page::KeyMap { chosen: None };
    }
    let training = if scene.snap.is_training {
        scene.t("结束训练", "End training")
    } else {
        scene.t("训练模式", "Training")
    };
    let signed_in = !matches!(scene.snap.screen, Screen::SignIn) && scene.snap.store.is_some();
    if row(ui, scene, training, signed_in && !scene.is_waiting) {
        scene.ask(Request::Train(!scene.snap.is_training));
    }
    let mode = if scene.snap.is_beside {
        scene.t("改为自己收款", "Take payments here")
    } else {
        scene.t("改为旁挂在收银机边", "Stand beside another till")
    };
    let idle = scene.snap.screen.open().map_or(true, |sale| sale.lines.is_empty());
    if row(ui, scene, mode, idle) {
        let value = if scene.snap.is_beside { "till" } else { "beside" };
        approve::open(scene, Wanted::Keep("mode", value.into()));
    }
    true
}

/// What came later than the letters: the store's accounts and its settings, a manager's.
fn manager(ui: &mut Ui, scene: &mut Scene<'_>) {
    if row_of(ui, scene, '1', scene.t("账目与对账", "Accounts"), scene.snap.store.is_some()) {
        approve::open(scene, Wanted::Accounts);
    }
    let idle = scene.snap.screen.open().map_or(true, |sale| sale.lines.is_empty());
    if row_of(ui, scene, '2', scene.t("门店设置", "Store settings"), idle) {
        approve::open(scene, Wanted::Settings);
    }
}

/// Goods and prices, promotions and staff: a manager's.
fn shelf(ui: &mut Ui, scene: &mut Scene<'_>) {
    if row(ui, scene, scene.t("商品与价格", "Goods and prices"), true) {
        approve::open(scene, Wanted::Shelf(Start::Goods));
    }
}

/// Language, colours, size and sounds: the window's own.
fn looks(ui: &mut Ui, scene: &mut Scene<'_>) {
    let language = scene.lang.of("English", "中文");
    if row(ui, scene, language, true) {
        scene.view.lang = scene.lang.other();
        scene.ask(Request::Keep("ui_language", scene.view.lang.code().into()));
    }
    let theme = match scene.view.theme.next() {
        Theme::Light => scene.t("浅色", "Light"),
        Theme::Dark => scene.t("深色", "Dark"),
        Theme::Contrast => scene.t("高对比", "High contrast"),
    };
    if row(ui, scene, theme, true) {
        scene.view.theme = scene.view.theme.next();
        theme::set(ui.ctx(), scene.view.theme);
        scene.ask(Request::Keep("ui_theme", scene.view.theme.word().into()));
    }
    let now = (ui.ctx().zoom_factor() * 100.0).round() as u16;
    let next = ZOOMS.into_iter().find(|zoom| *zoom > now).unwrap_or(ZOOMS[0]);
    let text = scene.lang.of(format!("字号 {now}% → {next}%"), format!("Size {now}% → {next}%"));
    if row(ui, scene, &text, true) {
        let zoom = f32::from(next) / 100.0;
        ui.ctx().set_zoom_factor(zoom);
        scene.ask(Request::Keep("ui_zoom", zoom.to_string()));
    }
}

/// How the last round with headquarters went, in words.
/// How the copies are, where that needs looking at.
fn copy_line(ui: &mut Ui, scene: &Scene<'_>) {
    let (zh, en, needs_look) = daily::sentence(&scene.snap.status.copies, scene.snap.now());
    if needs_look {
        label(ui, scene.lang.of(zh, en), size::SMALL, scene.p.amber);
    }
}

fn sync_line(ui: &mut Ui, scene: &Scene<'_>) {
    let p = scene.p;
    let status = &scene.snap.status;
    let text = match (&status.sync.error, status.sync.rounds) {
        (_, 0) => scene.t("还没有同步过。", "No sync yet.").to_owned(),
        (None, _) => scene.lang.of(
            format!("上次同步成功，待上传 {}。", status.unsent),
            format!("Last sync went well; {} to send.", status.unsent),
        ),
        (Some(problem), _) => scene.lang.of(
            format!("连不上总部，照常收银，记录都已存好，会自动再试。（{problem}）"),
            format!("Headquarters cannot be reached. Go on selling: everything is kept and will be sent. ({problem})"),
        ),
    };
    label(ui, text, size::SMALL, p.weak);
    if let Some(issued) = status.roster_issued {
        let days = (scene.snap.now().timestamp_millis() - issued) / 86_400_000;
        label(
            ui,
            scene.lang.of(format!("名册是 {days} 天前的。"), format!("The roster is {days} days old.")),
            size::SMALL,
            p.weak,
        );
    }
}
