//! The first start: from a language to the first sale, without a command line.

use eframe::egui::{CentralPanel, Frame, Margin, ScrollArea, Ui};

use super::setup_steps as steps;
use crate::app::theme::size;
use crate::app::view::{Page, Setup};
use crate::app::widgets::{Press, close_card, dot, is_low, label, notice, scroll, title};
use crate::app::{Scene, setup::Step};

/// The step at which the printer is set up.
pub const PRINTER: usize = 3;
/// The step that adds the manager.
pub const MANAGER: usize = 4;
/// The step that adds a cashier.
const CASHIER: usize = 5;
/// The last step.
const READY: usize = 6;

/// Goes on to the next step.
pub fn next(setup: &mut Setup) {
    setup.is_over = setup.alone;
    setup.step = (setup.step + 1).min(READY);
    setup.said = None;
    setup.staff.clear();
    setup.pins = Default::default();
}

/// The steps at the left, the open one in the middle.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>) {
    let Page::Setup(mut setup) = std::mem::take(&mut scene.view.page) else { return };
    let p = scene.p;
    let margin = if is_low(ui.ctx()) { 6 } else { 24 };
    let ground = Frame::new().fill(p.ground).inner_margin(Margin::same(margin));
    let stays = CentralPanel::no_frame().frame(ground).show(ui, |ui| {
        ui.vertical_centered(|ui| {
            ui.set_max_width(ui.available_width().min(760.0));
            if !setup.alone {
                progress(ui, scene, &setup);
            }
            scroll(ui, "setup", ScrollArea::vertical(), |ui| {
                close_card(ui, p)
                    .show(ui, |ui| {
                        ui.set_min_width(ui.available_width());
                        ui.with_layout(eframe::egui::Layout::top_down(eframe::egui::Align::LEFT), |ui| {
                            step(ui, scene, &mut setup)
                        })
                        .inner
                    })
                    .inner
            })
        })
        .inner
    });
    if stays.inner && matches!(scene.view.page, Page::None) {
        scene.view.page = Page::Setup(setup);
    }
}

fn names(scene: &Scene<'_>) -> [&'static str; 7] {
    [
        scene.t("语言", "Language"),
        scene.t("总部", "Headquarters"),
        scene.t("商品", "Goods"),
        scene.t("打印机", "Printer"),
        scene.t("店长", "Manager"),
        scene.t("收银员", "Cashier"),
        scene.t("完成", "Ready"),
    ]
}

fn progress(ui: &mut Ui, scene: &Scene<'_>, setup: &Setup) {
    let p = scene.p;
    ui.horizontal_wrapped(|ui| {
        for (i, name) in names(scene).into_iter().enumerate() {
            let color = if i <= setup.step { p.jade } else { p.weak };
            dot(ui, color);
            label(ui, name, size::BODY, color);
            ui.add_space(8.0);
        }
    });
    ui.add_space(8.0);
}

fn step(ui: &mut Ui, scene: &mut Scene<'_>, setup: &mut Setup) -> bool {
    let p = scene.p;
    let mut stays = true;
    match setup.step {
        0 => steps::language(ui, scene, setup),
        1 => steps::headquarters(ui, scene, setup),
        2 => steps::products(ui, scene, setup),
        PRINTER => steps::printer(ui, scene, setup),
        MANAGER | CASHIER => steps::staff(ui, scene, setup),
        _ => stays = ready(ui, scene),
    }
    if let Some(Err(problem)) = &setup.said {
        let text = scene.lang.of(format!("没有成功：{problem}"), format!("That did not work: {problem}"));
        notice(ui, &text, p.vermilion, p.vermilion_soft);
    }
    if scene.is_waiting {
        label(ui, scene.t("请稍等…", "One moment…"), size::BODY, p.weak);
    }
    if setup.is_over {
        return false;
    }
    if setup.alone {
        return !Press::new(scene.t("返回", "Back")).key("Esc").show(ui)
            && !crate::app::keys::pressed(&mut scene.keys, eframe::egui::Key::Escape);
    }
    let leaves = setup.step > 0 && setup.step < READY;
    ui.horizontal(|ui| {
        if leaves && Press::new(scene.t("上一步", "Back")).show(ui) {
            setup.step -= 1;
            setup.said = None;
        }
        let may_skip = match setup.step {
            1 => scene.snap.store.is_some(),
            2 => scene.snap.products > 0,
            PRINTER => true,
            MANAGER | CASHIER => !scene.snap.staff.is_empty(),
            _ => false,
        };
        if may_skip && Press::new(scene.t("跳过", "Skip")).show(ui) {
            next(setup);
        }
    });
    stays
}

fn ready(ui: &mut Ui, scene: &mut Scene<'_>) -> bool {
    let p = scene.p;
    title(ui, scene.t("可以收银了", "Ready to sell"), p);
    let snap = scene.snap;
    let store = format!("{}/{}", snap.store.clone().unwrap_or_default(), snap.till.clone().unwrap_or_default());
    for (name, figure) in [
        (scene.t("门店和款台", "Store and till"), store),
        (scene.t("商品", "Goods"), snap.products.to_string()),
        (scene.t("打印机", "Printer"), snap.printer.clone().unwrap_or_else(|| scene.t("没有", "none").into())),
        (scene.t("员工", "Staff"), snap.staff.iter().map(|(code, _)| code.as_str()).collect::<Vec<_>>().join(" ")),
    ] {
        crate::app::widgets::pair(ui, name, &figure, size::LINE, p.ink);
    }
    let press = Press::main(scene.t("去登录", "Sign in")).key("Enter").size(ui.available_width(), 56.0);
    let by_key = crate::app::keys::pressed(&mut scene.keys, eframe::egui::Key::Enter);
    !(press.show(ui) || by_key)
}

/// Asks the till to carry a step out.
pub fn perform(scene: &mut Scene<'_>, setup: &mut Setup, step: Step) {
    setup.said = None;
    scene.ask(crate::app::worker::Request::SetUp(step));
}
