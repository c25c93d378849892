//! What is rare: the day, receipts, sync, and the window's own settings.

use domain::till::{Event, Screen};
use eframe::egui::{Theme, Ui};

use crate::app::Scene;
use crate::app::theme::size;
use crate::app::view::{Page, Setup};
use crate::app::widgets::{Press, dialog, label, title};
use crate::app::worker::Request;

/// The window's sizes, in percent.
const ZOOMS: [u16; 4] = [100, 125, 150, 200];

/// Two columns: the day at the left, settings at the right.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>) -> bool {
    let p = scene.p;
    dialog(ui, "menu", 640.0, p, |ui| {
        title(ui, scene.t("菜单", "Menu"), p);
        let stays = ui.columns_const(|[left, right]| {
            let stays = day(left, scene);
            settings(right, scene) && stays
        });
        sync_line(ui, scene);
        let width = ui.available_width();
        let back = Press::new(scene.t("返回", "Back")).key("Esc").size(width, 48.0).show(ui);
        stays && !back
    })
}

fn wide<'a>(ui: &Ui, text: &'a str) -> Press<'a> {
    Press::new(text).size(ui.available_width(), 52.0).at_left()
}

fn day(ui: &mut Ui, scene: &mut Scene<'_>) -> bool {
    let sells = matches!(scene.snap.screen, Screen::Sale { .. });
    if wide(ui, scene.t("看小票、补打", "Receipts and reprints")).show(ui) {
        scene.view.page = Page::Receipts { recent: Vec::new(), picked: None, paper: None };
        scene.ask(Request::RecentSales);
    }
    if wide(ui, scene.t("班次汇总（X）", "Shift so far (X)")).enabled(sells).show(ui) {
        scene.ask(Request::XReport);
    }
    if wide(ui, scene.t("交班", "Close the shift")).enabled(sells).show(ui) {
        scene.view.page = Page::Count { typed: String::new() };
    }
    if wide(ui, scene.t("日结（Z）", "Close the day (Z)")).enabled(!sells).show(ui) {
        scene.ask(Request::CloseDay);
    }
    if wide(ui, scene.t("换收银员", "Change cashier")).show(ui) {
        scene.event(Event::SignOut);
        return false;
    }
    true
}

fn settings(ui: &mut Ui, scene: &mut Scene<'_>) -> bool {
    let language = scene.lang.of("English", "中文");
    if wide(ui, language).show(ui) {
        scene.view.lang = scene.lang.other();
        scene.ask(Request::Keep("ui_language", scene.view.lang.code().into()));
    }
    let theme = if scene.view.dark { scene.t("浅色", "Light") } else { scene.t("深色", "Dark") };
    if wide(ui, theme).show(ui) {
        scene.view.dark = !scene.view.dark;
        ui.ctx().set_theme(if scene.view.dark { Theme::Dark } else { Theme::Light });
        scene.ask(Request::Keep("ui_theme", if scene.view.dark { "dark" } else { "light" }.into()));
    }
    let now = (ui.ctx().zoom_factor() * 100.0).round() as u16;
    let next = ZOOMS.into_iter().find(|zoom| *zoom > now).unwrap_or(ZOOMS[0]);
    let text = scene.lang.of(format!("字号 {now}% → {next}%"), format!("Size {now}% → {next}%"));
    if wide(ui, &text).show(ui) {
        let zoom = f32::from(next) / 100.0;
        ui.ctx().set_zoom_factor(zoom);
        scene.ask(Request::Keep("ui_zoom", zoom.to_string()));
    }
    if wide(ui, scene.t("打印机", "Printer")).show(ui) {
        let printer = Setup { step: super::setup::PRINTER, alone: true, ..Setup::new() };
        scene.view.page = Page::Setup(Box::new(printer));
        return false;
    }
    if wide(ui, scene.t("立即同步", "Sync now")).show(ui) {
        scene.ask(Request::Sync);
    }
    true
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
