//! Keys and hints.

use eframe::egui::{Key, Ui, vec2};

use crate::app::command::Command;
use crate::app::theme::size;
use crate::app::widgets::{Press, dialog, foot, label, text_at, title};
use crate::app::{Scene, keys};

/// Every command with its key.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>) -> bool {
    let p = scene.p;
    dialog(ui, "help", 620.0, p, |ui| {
        title(ui, scene.t("按键", "Keys"), p);
        for command in Command::all() {
            let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), eframe::egui::Sense::hover());
            let at = |x: f32| rect.left_center() + vec2(x, 0.0);
            text_at(ui, at(0.0), scene.view.keys.shown(command), size::BODY, p.jade, 60.0);
            text_at(ui, at(64.0), command.text(scene.lang), size::BODY, p.ink, 110.0);
            text_at(ui, at(184.0), command.purpose(scene.lang), size::BODY, p.weak, rect.width() - 184.0);
        }
        let hints = scene.t(
            "扫码枪随时可用，不用先点输入框。拼音首字母：xtdbdm 就是杏坛东北大米。Tab 在按钮间移动，PgUp、PgDn 和方向键翻页，Esc 退出。",
            "The scanner works at any time. Pinyin initials: xtdbdm is 杏坛东北大米. Tab moves between buttons, PgUp, PgDn and the arrow keys scroll, Esc leaves.",
        );
        label(ui, hints, size::BODY, p.weak);
        let by_key = keys::pressed(&mut scene.keys, Key::Enter);
        let press = Press::main(scene.t("知道了", "Done")).key("Enter");
        !(foot(ui, |ui| press.size(ui.available_width(), 48.0).show(ui)) || by_key)
    })
}
