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
use crate::app::widgets::{Press, dialog, label, title};
use crate::app::worker::{Counter, Request};

/// The window's sizes, in percent.
const ZOOMS: [u16; 4] = [100, 125, 150, 200];
/// Height of a row.
const ROW: f32 = 46.0;

/// Three columns: the day, cash and slips, settings.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>) -> bool {
    let p = scene.p;
    dialog(ui, "menu", 940.0, p, |ui| {
        title(ui, scene.t("菜单", "Menu"), p);
        let room = ui.ctx().content_rect().height() - 260.0;
        let stays = ScrollArea::vertical().max_height(room.max(160.0)).show(ui, |ui| {
            ui.columns_const(|[left, middle, right]| {
                let stays = day(left, scene);
                cash(middle, scene);
                let stays = front::rows(middle, scene) && stays;
                settings(right, scene) && stays
            })
        });
        sync_line(ui, scene);
        let width = ui.available_width();
        let back = Press::new(scene.t("返回", "Back")).key("Esc").size(width, 48.0).show(ui);
        stays.inner && !back
    })
}

/// A row of its column's width.
pub fn wide<'a>(ui: &Ui, text: &'a str) -> Press<'a> {
    Press::new(text).size(ui.available_width(), ROW).at_left()
}

fn day(ui: &mut Ui, scene: &mut Scene<'_>) -> bool {
    let sells = matches!(scene.snap.screen, Screen::Sale { .. });
    if wide(ui, scene.t("看小票、补打", "Receipts and reprints")).show(ui) {
        scene.view.page = Page::Receipts { recent: Vec::new(), picked: None, paper: None };
        scene.counter(Counter::RecentSales);
    }
    if wide(ui, scene.t("班次汇总（X）", "Shift so far (X)")).enabled(sells).show(ui) {
        scene.counter(Counter::XReport);
    }
    if wide(ui, scene.t("交班", "Close the shift")).enabled(sells).show(ui) {
        scene.view.page = Page::Count { typed: String::new() };
    }
    if wide(ui, scene.t("日结（Z）", "Close the day (Z)")).enabled(!sells).show(ui) {
        scene.counter(Counter::CloseDay);
    }
    if wide(ui, scene.t("换收银员", "Change cashier")).show(ui) {
        scene.event(Event::SignOut);
        return false;
    }
    let lock = wide(ui, Command::Lock.text(scene.lang)).key(scene.view.keys.shown(Command::Lock));
    if lock.show(ui) {
        scene.event(Event::Lock);
        return false;
    }
    true
}

fn cash(ui: &mut Ui, scene: &mut Scene<'_>) {
    let sale = scene.snap.screen.open().ok();
    let is_free = sale.is_some_and(|sale| sale.lines.is_empty() && sale.verified.is_none() && sale.slip.is_none());
    let takes_money = is_free && !scene.snap.is_beside;
    for (zh, en, what) in [
        ("现金存入", "Put cash in", What::CashIn),
        ("现金取出", "Take cash out", What::CashOut),
        ("作废上一单", "Void the last sale", What::VoidLast),
    ] {
        if wide(ui, scene.t(zh, en)).enabled(takes_money).show(ui) {
            scene.view.page = what.page();
        }
    }
    let check = wide(ui, Command::Check.text(scene.lang)).key(scene.view.keys.shown(Command::Check));
    if check.enabled(sale.is_some()).show(ui) {
        scene.view.page = Page::Check { typed: String::new(), found: None };
    }
    if wide(ui, scene.t("补录手工单", "Enter a manual slip")).enabled(is_free).show(ui) {
        scene.view.page = Page::Slip { no: String::new(), date: String::new(), in_date: false };
    }
    let has_printer = scene.snap.printer.is_some() && scene.snap.store.is_some();
    if wide(ui, scene.t("打印空白手工单", "Print blank slips")).enabled(has_printer).show(ui) {
        scene.counter(Counter::BlankSlips);
    }
}

fn settings(ui: &mut Ui, scene: &mut Scene<'_>) -> bool {
    shelf(ui, scene);
    looks(ui, scene);
    if wide(ui, scene.t("打印机", "Printer")).show(ui) {
        scene.view.page = match scene.snap.profiles[0] {
            Some(profile) => Page::Printers { number: 1, profile },
            None => Page::Setup(Box::new(Setup { step: super::setup::PRINTER, alone: true, ..Setup::new() })),
        };
        return false;
    }
    if wide(ui, scene.t("设备", "Devices")).show(ui) {
        scene.view.page = Page::Devices(DevicePage::of(crate::devices::Kind::Scanner, scene.snap));
    }
    if wide(ui, scene.t("按键设置", "Keys")).show(ui) {
        scene.view.page = Page::KeyMap { chosen: None };
    }
    let training = if scene.snap.is_training {
        scene.t("结束训练", "End training")
    } else {
        scene.t("训练模式", "Training")
    };
    let signed_in = !matches!(scene.snap.screen, Screen::SignIn) && scene.snap.store.is_some();
    if wide(ui, training).enabled(signed_in && !scene.is_waiting).show(ui) {
        scene.ask(Request::Train(!scene.snap.is_training));
    }
    let mode = if scene.snap.is_beside {
        scene.t("改为自己收款", "Take payments here")
    } else {
        scene.t("改为旁挂在收银机边", "Stand beside another till")
    };
    let idle = scene.snap.screen.open().map_or(true, |sale| sale.lines.is_empty());
    if wide(ui, mode).enabled(idle).show(ui) {
        let value = if scene.snap.is_beside { "till" } else { "beside" };
        approve::open(scene, Wanted::Keep("mode", value.into()));
    }
    if wide(ui, scene.t("立即同步", "Sync now")).show(ui) {
        scene.ask(Request::Sync);
    }
    true
}

/// Goods and prices, promotions and staff: a manager's.
fn shelf(ui: &mut Ui, scene: &mut Scene<'_>) {
    let by_key = scene.keys.iter().any(|key| matches!(key, Typed::Char('g' | 'G')));
    if wide(ui, scene.t("商品与价格", "Goods and prices")).key("G").show(ui) || by_key {
        approve::open(scene, Wanted::Shelf(Start::Goods));
    }
}

/// Language, colours, size and sounds: the window's own.
fn looks(ui: &mut Ui, scene: &mut Scene<'_>) {
    let language = scene.lang.of("English", "中文");
    if wide(ui, language).show(ui) {
        scene.view.lang = scene.lang.other();
        scene.ask(Request::Keep("ui_language", scene.view.lang.code().into()));
    }
    let theme = match scene.view.theme.next() {
        Theme::Light => scene.t("浅色", "Light"),
        Theme::Dark => scene.t("深色", "Dark"),
        Theme::Contrast => scene.t("高对比", "High contrast"),
    };
    if wide(ui, theme).show(ui) {
        scene.view.theme = scene.view.theme.next();
        theme::set(ui.ctx(), scene.view.theme);
        scene.ask(Request::Keep("ui_theme", scene.view.theme.word().into()));
    }
    let now = (ui.ctx().zoom_factor() * 100.0).round() as u16;
    let next = ZOOMS.into_iter().find(|zoom| *zoom > now).unwrap_or(ZOOMS[0]);
    let text = scene.lang.of(format!("字号 {now}% → {next}%"), format!("Size {now}% → {next}%"));
    if wide(ui, &text).show(ui) {
        let zoom = f32::from(next) / 100.0;
        ui.ctx().set_zoom_factor(zoom);
        scene.ask(Request::Keep("ui_zoom", zoom.to_string()));
    }
}

/// How the last round with headquarters went, in words.
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
