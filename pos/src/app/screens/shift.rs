//! Opening a shift: how much cash is in the drawer.

use domain::till::Event;
use eframe::egui::{Key, Ui};

use crate::app::theme::size;
use crate::app::view::Page;
use crate::app::widgets::{Keys, Press, close_card, is_low, keypad, label, title, typed_field};
use crate::app::{Scene, keys};

/// Counts the float and opens the shift.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>) {
    let p = scene.p;
    ui.vertical_centered(|ui| {
        let height = ui.available_height();
        let is_low = is_low(ui.ctx());
        ui.add_space(((height - 560.0) / 2.0).max(0.0));
        ui.set_max_width(ui.available_width().min(if is_low { 620.0 } else { 420.0 }));
        close_card(ui, p).show(ui, |ui| {
            if matches!(scene.view.page, Page::None) {
                keys::type_into(&mut scene.keys, &mut scene.view.typed, 9, |c| Keys::Amount.takes(c));
            }
            if is_low {
                ui.columns_const(|[left, right]| {
                    ask(left, scene);
                    opens(left, scene);
                    others(left, scene);
                    keypad(right, Keys::Amount, &mut scene.view.typed, 9, scene.lang);
                });
            } else {
                ask(ui, scene);
                keypad(ui, Keys::Amount, &mut scene.view.typed, 9, scene.lang);
                opens(ui, scene);
                others(ui, scene);
            }
        });
    });
}

fn ask(ui: &mut Ui, scene: &Scene<'_>) {
    let p = scene.p;
    title(ui, scene.t("开班", "Open the shift"), p);
    label(ui, scene.t("钱箱里有多少备用金？", "How much cash is in the drawer?"), size::BODY, p.weak);
    typed_field(ui, scene.t("备用金", "Float"), &scene.view.typed, "0.00", p);
}

fn opens(ui: &mut Ui, scene: &mut Scene<'_>) {
    let by_key = matches!(scene.view.page, Page::None) && keys::pressed(&mut scene.keys, Key::Enter);
    let press = Press::main(scene.t("开班", "Open the shift")).key("Enter").size(ui.available_width(), 56.0);
    let by_finger = press.type_size(size::LINE).enabled(!scene.is_waiting).show(ui);
    if (by_key || by_finger) && !scene.is_waiting {
        let typed = std::mem::take(&mut scene.view.typed);
        let float = if typed.is_empty() { "0".into() } else { typed };
        scene.event(Event::OpenShift { float });
    }
}

fn others(ui: &mut Ui, scene: &mut Scene<'_>) {
    ui.horizontal(|ui| {
        if Press::new(scene.t("菜单", "Menu")).key("F10").show(ui) || keys::pressed(&mut scene.keys, Key::F10) {
            scene.view.page = Page::Menu;
        }
        if Press::new(scene.t("换人", "Sign out")).show(ui) {
            scene.event(Event::SignOut);
        }
    });
}
