//! Which key does what: so that the keys of the till that was here before still work.

use eframe::egui::{Key, Ui};

use crate::app::Scene;
use crate::app::command::{Command, KeyMap, is_function};
use crate::app::keys::{self, Typed};
use crate::app::theme::size;
use crate::app::widgets::{Look, Press, back_width, dialog, foot, foot_height, label, title};
use crate::app::worker::Request;

/// Keys that a finger can choose.
const FUNCTION_KEYS: [Key; 12] =
    [Key::F1, Key::F2, Key::F3, Key::F4, Key::F5, Key::F6, Key::F7, Key::F8, Key::F9, Key::F10, Key::F11, Key::F12];

/// Choose a command, then press its new key. The arrow keys choose too.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>, chosen: &mut Option<Command>) -> bool {
    let p = scene.p;
    let movable: Vec<Command> = Command::all().filter(|command| command.is_movable()).collect();
    for (arrow, down) in [(Key::ArrowDown, true), (Key::ArrowUp, false)] {
        if keys::pressed(&mut scene.keys, arrow) {
            let at = chosen.and_then(|command| movable.iter().position(|one| *one == command));
            let last = movable.len().saturating_sub(1);
            let next = at.map_or(0, |at| if down { (at + 1).min(last) } else { at.saturating_sub(1) });
            *chosen = movable.get(next).copied();
        }
    }
    if let Some(command) = *chosen {
        let pressed = scene.keys.iter().find_map(|key| match key {
            Typed::Key(key) if is_function(*key) => Some(*key),
            Typed::Key(_) | Typed::Char(_) => None,
        });
        if let Some(key) = pressed {
            scene.keys.clear();
            scene.view.keys.put(command, key);
            *chosen = None;
            keep(scene);
        }
    }
    let by_sign = scene.keys.iter().any(|key| matches!(key, Typed::Char('*' | '×')));
    dialog(ui, "key map", 640.0, p, |ui| {
        title(ui, scene.t("按键设置", "Keys"), p);
        let hint = scene.t("点一个功能，再按 F1 到 F12 里的一个键。", "Choose a command, then press one of F1 to F12.");
        label(ui, hint, size::BODY, p.weak);
        for pair in movable.chunks(2) {
            ui.horizontal(|ui| {
                let width = (ui.available_width() - 8.0) / 2.0;
                for command in pair {
                    let look = if *chosen == Some(*command) { Look::Chosen } else { Look::Plain };
                    let key = if *chosen == Some(*command) { "?" } else { scene.view.keys.shown(*command) };
                    let press = Press::new(command.text(scene.lang)).key(key).look(look).at_left().size(width, 44.0);
                    if press.show(ui) {
                        *chosen = Some(*command);
                    }
                }
            });
        }
        if let Some(command) = *chosen {
            for six in FUNCTION_KEYS.chunks(6) {
                ui.horizontal(|ui| {
                    let width = (ui.available_width() - 8.0 * 5.0) / 6.0;
                    for key in six {
                        if Press::new(key.name()).size(width, 44.0).show(ui) {
                            scene.view.keys.put(command, *key);
                            *chosen = None;
                            keep(scene);
                        }
                    }
                });
            }
        }
        foot(ui, |ui| {
            let leaves = Press::new(scene.t("返回", "Back")).key("Esc").size(back_width(ui), foot_height(ui)).show(ui);
            if Press::new(scene.t("恢复原样", "As it was")).key("*").size(200.0, foot_height(ui)).show(ui) || by_sign
            {
                scene.view.keys = KeyMap::default();
                *chosen = None;
                keep(scene);
            }
            !leaves
        })
    })
}

fn keep(scene: &mut Scene<'_>) {
    let text = scene.view.keys.text();
    scene.ask(Request::Keep("ui_keys", text));
}
