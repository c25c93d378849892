//! Rows of the menu about the window itself: the customers' screen, sounds, the whole screen, and
//! coming up beside another till.

use eframe::egui::Ui;

use super::approve;
use super::menu::row;
use crate::app::Scene;
use crate::app::customer::{self, Mode};
use crate::app::raise::HOTKEYS;
use crate::app::theme::size;
use crate::app::view::Wanted;
use crate::app::widgets::label;
use crate::app::worker::Request;

/// The rows. Whether the menu stays.
pub fn rows(ui: &mut Ui, scene: &mut Scene<'_>) -> bool {
    customers(ui, scene);
    let sounds =
        if scene.view.sounds { scene.t("声音：开", "Sounds: on") } else { scene.t("声音：关", "Sounds: off") };
    if row(ui, scene, sounds, true) {
        scene.view.sounds = !scene.view.sounds;
        scene.ask(Request::Keep("ui_sounds", if scene.view.sounds { "on" } else { "off" }.into()));
    }
    let is_kiosk = scene.view.front.is_kiosk;
    let kiosk = if is_kiosk {
        scene.t("退出专机模式", "End kiosk mode")
    } else {
        scene.t("专机模式（全屏）", "Kiosk mode (full screen)")
    };
    if row(ui, scene, kiosk, true) {
        approve::open(scene, Wanted::Keep("ui_kiosk", if is_kiosk { "off" } else { "on" }.into()));
    }
    let idle = scene.snap.screen.open().map_or(true, |sale| sale.lines.is_empty());
    if is_kiosk && row(ui, scene, scene.t("退出程序", "Quit"), idle) {
        approve::open(scene, Wanted::Close);
    }
    !scene.snap.is_beside || beside(ui, scene)
}

fn customers(ui: &mut Ui, scene: &mut Scene<'_>) {
    let text = match scene.view.front.customer {
        Mode::Off => scene.t("顾客屏：关", "Customers' screen: off"),
        Mode::Window => scene.t("顾客屏：窗口", "Customers' screen: window"),
        Mode::Full => scene.t("顾客屏：全屏", "Customers' screen: full"),
    };
    if !row(ui, scene, text, true) {
        return;
    }
    let mut next = scene.view.front.customer.next();
    if next == Mode::Full
        && let Some((theirs, ours)) = customer::places(ui.ctx())
    {
        if theirs.contains(ours.center()) || ours.contains(theirs.center()) {
            // It would cover the till.
            let zh = "顾客屏窗口还在收银屏上，先拖到第二块屏幕，再选全屏；现在已关闭。";
            let en =
                "The customers' window lies on the till's screen: drag it to the second screen first. It is off now.";
            scene.view.said = Some((scene.t(zh, en).into(), true));
            next = Mode::Off;
        } else {
            let at = format!("{:.0},{:.0}", theirs.left(), theirs.top());
            scene.view.front.customer_at.clone_from(&at);
            scene.ask(Request::Keep("ui_customer_at", at));
        }
    }
    scene.view.front.customer = next;
    scene.ask(Request::Keep("ui_customer", next.word().into()));
}

/// The key that brings the window up, and putting it away. Whether the menu stays.
fn beside(ui: &mut Ui, scene: &mut Scene<'_>) -> bool {
    let now = scene.view.front.hotkey.clone();
    let text = scene.lang.of(format!("唤出键 {now}"), format!("Key to come up: {now}"));
    if row(ui, scene, &text, true) {
        let at = HOTKEYS.iter().position(|key| *key == now).map_or(0, |at| at + 1);
        scene.view.front.hotkey = HOTKEYS.get(at).unwrap_or(&HOTKEYS[0]).to_string();
        scene.ask(Request::Keep("ui_hotkey", scene.view.front.hotkey.clone()));
    }
    if scene.view.front.key_refused {
        let zh = "这个桌面不让程序占用按键，或者键已被占用。请在系统的快捷键设置里绑定命令：jihui-till raise";
        let en = "This desktop gives programs no key, or the key is taken. Bind the command in its own key settings: jihui-till raise";
        label(ui, scene.t(zh, en), size::SMALL, scene.p.amber);
    }
    let lowers = row(ui, scene, scene.t("收起窗口", "Put the window away"), true);
    if lowers {
        scene.view.front.lowers = true;
    }
    !lowers
}
