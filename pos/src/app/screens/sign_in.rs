//! Who is at the till, and the PIN.

use domain::role::StaffRole;
use domain::till::Event;
use eframe::egui::{Key, ScrollArea, Ui, vec2};

use crate::app::theme::size;
use crate::app::widgets::{Keys, Look, Press, close_card, is_low, keypad, label, room, scroll, title, typed_field};
use crate::app::{Scene, keys};

/// Longest PIN.
const PIN: usize = 8;

/// Staff at the left, keypad at the right.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>) {
    let p = scene.p;
    if let [(only, _)] = scene.snap.staff.as_slice() {
        scene.view.sign_in.get_or_insert_with(|| only.clone());
    }
    ui.vertical_centered(|ui| {
        let height = ui.available_height();
        ui.add_space(((height - 520.0) / 2.0).max(0.0));
        ui.set_max_width(ui.available_width().min(760.0));
        close_card(ui, p).show(ui, |ui| {
            ui.columns_const(|[left, right]| {
                let heading = if scene.snap.is_locked {
                    scene.t("已锁屏，请选择工号", "Locked: who is back?")
                } else {
                    scene.t("请选择工号", "Who is at the till?")
                };
                title(left, heading, p);
                staff(left, scene);
                if is_low(right.ctx()) {
                    right.spacing_mut().item_spacing.y = 4.0;
                } else {
                    title(right, scene.t("输入密码", "Enter the PIN"), p);
                }
                pin(right, scene);
            });
        });
    });
}

fn staff(ui: &mut Ui, scene: &mut Scene<'_>) {
    let list = scene.snap.staff.clone();
    let at = list.iter().position(|(code, _)| scene.view.sign_in.as_ref() == Some(code));
    let last = list.len().saturating_sub(1);
    let before = scene.view.sign_in.clone();
    if keys::pressed(&mut scene.keys, Key::ArrowDown) {
        scene.view.sign_in = list.get(at.map_or(0, |at| (at + 1).min(last))).map(|(code, _)| code.clone());
    }
    if keys::pressed(&mut scene.keys, Key::ArrowUp) {
        scene.view.sign_in = list.get(at.map_or(last, |at| at.saturating_sub(1))).map(|(code, _)| code.clone());
    }
    let is_moved = before != scene.view.sign_in;
    let height = room(ui.ctx(), 150.0, 100.0);
    scroll(ui, "who", ScrollArea::vertical().max_height(height), |ui| people(ui, scene, list, is_moved));
}

fn people(ui: &mut Ui, scene: &mut Scene<'_>, list: Vec<(String, StaffRole)>, is_moved: bool) {
    for (code, role) in list {
        let chosen = scene.view.sign_in.as_ref() == Some(&code);
        let role = match role {
            StaffRole::Cashier => scene.t("收银员", "cashier"),
            StaffRole::Manager => scene.t("店长", "manager"),
        };
        let look = if chosen { Look::Chosen } else { Look::Plain };
        let width = ui.available_width() - 8.0;
        let response = Press::new(&code).below(role).look(look).size(width, 56.0).at_left().response(ui);
        if is_moved && chosen {
            response.scroll_to_me(None);
        }
        if response.clicked() {
            scene.view.sign_in = Some(code);
            scene.view.typed.clear();
        }
    }
}

fn pin(ui: &mut Ui, scene: &mut Scene<'_>) {
    keys::type_into(&mut scene.keys, &mut scene.view.typed, PIN, |c| Keys::Digits.takes(c));
    let dots = "●".repeat(scene.view.typed.len());
    let hint = scene.t("4 到 8 位数字", "4 to 8 digits");
    typed_field(ui, scene.t("密码", "PIN"), &dots, hint, scene.p);
    keypad(ui, Keys::Digits, &mut scene.view.typed, PIN, scene.lang);
    let enabled = scene.view.sign_in.is_some() && scene.view.typed.len() >= 4 && !scene.is_waiting;
    let by_key = keys::pressed(&mut scene.keys, Key::Enter) && enabled;
    let width = ui.available_width();
    let by_finger = Press::main(scene.t("登录", "Sign in"))
        .key("Enter")
        .size(width, if is_low(ui.ctx()) { 48.0 } else { 56.0 })
        .type_size(size::LINE)
        .enabled(enabled)
        .show(ui);
    if let (true, Some(staff)) = (by_key || by_finger, scene.view.sign_in.clone()) {
        let pin = std::mem::take(&mut scene.view.typed);
        scene.event(Event::SignIn { staff, pin });
    }
    ui.allocate_space(vec2(0.0, 4.0));
    if scene.view.sign_in.is_none() {
        label(
            ui,
            scene.t("先在左边选工号，或按上下键。", "Choose a name at the left first, or with the arrow keys."),
            size::SMALL,
            scene.p.weak,
        );
    }
}
