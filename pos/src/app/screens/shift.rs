//! Opening a shift: how much cash is in the drawer.

use domain::till::Event;
use eframe::egui::{Key, Ui};

use crate::app::theme::size;
use crate::app::view::Page;
use crate::app::widgets::{Keys, Press, card, keypad, label, title, typed_field};
use crate::app::{Scene, keys};

/// Counts the float and opens the shift.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>) {
    let p = scene.p;
    ui.vertical_centered(|ui| {
        let height = ui.available_height();
        ui.add_space(((height - 560.0) / 2.0).max(0.0));
        ui.set_max_width(420.0);
        card(p).show(ui, |ui| {
            title(ui, scene.t("开班", "Open the shift"), p);
            label(ui, scene.t("钱箱里有多少备用金？", "How much cash is in the drawer?"), size::BODY, p.weak);
            if matches!(scene.view.page, Page::None) {
                keys::type_into(&mut scene.keys, &mut scene.view.typed, 9, |c| Keys::Amount.takes(c));
            }
            typed_field(ui, scene.t("备用金", "Float"), &scene.view.typed, "0.00", p);
            keypad(ui, Keys::Amount, &mut scene.view.typed, 9, scene.lang);
            let by_key = matches!(scene.view.page, Page::None) && keys::pressed(&mut scene.keys, Key::Enter);
            let width = ui.available_width();
            let press = Press::main(scene.t("开班", "Open the shift")).key("Enter").size(width, 56.0);
            let by_finger = press.type_size(size::LINE).enabled(!scene.is_waiting).show(ui);
            if (by_key || by_finger) && !scene.is_waiting {
                let typed = std::mem::take(&mut scene.view.typed);
                let float = if typed.is_empty() { "0".into() } else { typed };
                scene.event(Event::OpenShift { float });
            }
            ui.horizontal(|ui| {
                if Press::new(scene.t("菜单", "Menu")).key("F10").show(ui) || keys::pressed(&mut scene.keys, Key::F10)
                {
                    scene.view.page = Page::Menu;
                }
                if Press::new(scene.t("换人", "Sign out")).show(ui) {
                    scene.event(Event::SignOut);
                }
            });
        });
    });
}
