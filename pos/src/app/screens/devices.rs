//! The devices: which port, which protocol, whether each is there, and what it says when it is tried.

use eframe::egui::{ScrollArea, Ui};

use super::approve;
use crate::app::gear::setting_name;
use crate::app::theme::size;
use crate::app::view::{DevicePage, Page, Wanted};
use crate::app::widgets::{
    Look, Press, Signs, back_width, board, dialog, foot, foot_height, is_low, label, pair, room, rule, scroll, title,
};
use crate::app::worker::{Counter, Request};
use crate::app::{Scene, keys};
use crate::devices::{Kind, Port, Protocol, Setting, State, Status};

/// Time between two looks at what came, in seconds.
const LOOK: f64 = 0.5;
/// Speeds that such devices have, in bits a second.
const SPEEDS: [u32; 6] = [2_400, 4_800, 9_600, 19_200, 57_600, 115_200];

/// The page: kinds above, the chosen one below.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>, page: &mut DevicePage) -> bool {
    let p = scene.p;
    // What a device says must be seen while it says it.
    ui.ctx().request_repaint_after(std::time::Duration::from_millis(300));
    let now = ui.input(|i| i.time);
    if now - page.looked > LOOK {
        page.looked = now;
        scene.ask(Request::Look);
    }
    match &mut page.prefix {
        Some(prefix) => keys::type_into(&mut scene.keys, prefix, 8, |c| c.is_ascii_graphic()),
        None => letters(scene, page),
    }
    dialog(ui, "devices", 820.0, p, |ui| {
        if !is_low(ui.ctx()) {
            title(ui, scene.t("设备", "Devices"), p);
        }
        kinds(ui, scene, page);
        rule(ui, p);
        let height = if is_low(ui.ctx()) { f32::INFINITY } else { room(ui.ctx(), 300.0, 200.0) };
        scroll(ui, "device", ScrollArea::vertical().max_height(height), |ui| {
            ui.columns_const(|[left, right]| {
                choose(left, scene, page);
                state(right, scene, page);
            });
        });
        foot(ui, |ui| {
            let leaves = Press::new(scene.t("返回", "Back")).key("Esc").size(back_width(ui), foot_height(ui)).show(ui);
            if Press::new(scene.t("秤签格式", "Scale labels")).key("L").size(180.0, foot_height(ui)).show(ui) {
                scene.view.page = Page::Labels { typed: String::new() };
            }
            keep(ui, scene, page);
            !leaves
        })
    })
}

fn letters(scene: &mut Scene<'_>, page: &mut DevicePage) {
    for typed in std::mem::take(&mut scene.keys) {
        match typed {
            keys::Typed::Char('l' | 'L') => scene.view.page = Page::Labels { typed: String::new() },
            keys::Typed::Char(c @ '1'..='4') => {
                let at = c.to_digit(10).map_or(0, |n| n as usize - 1);
                *page = DevicePage::of(Kind::ALL[at], scene.snap);
            }
            other => scene.keys.push(other),
        }
    }
}

fn kinds(ui: &mut Ui, scene: &Scene<'_>, page: &mut DevicePage) {
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 24.0) / 4.0;
        for (kind, key) in Kind::ALL.into_iter().zip(["1", "2", "3", "4"]) {
            let look = if page.kind == kind { Look::Chosen } else { Look::Plain };
            let name = kind.name();
            let below = match status(scene, kind).map(|status| &status.state) {
                None => scene.t("没有设置", "not set"),
                Some(State::Connecting) => scene.t("正在连接", "connecting"),
                Some(State::Connected) => scene.t("已连接", "connected"),
                Some(State::Lost(_)) => scene.t("断开", "gone"),
            };
            let press = Press::new(name.of(scene.lang)).below(below).key(key).look(look).size(width, 60.0);
            if press.show(ui) && page.kind != kind {
                *page = DevicePage::of(kind, scene.snap);
            }
        }
    });
}

fn status<'a>(scene: &'a Scene<'_>, kind: Kind) -> Option<&'a Status> {
    scene.snap.devices.iter().find(|status| status.setting.kind == kind)
}

/// Port, protocol and speed.
fn choose(ui: &mut Ui, scene: &mut Scene<'_>, page: &mut DevicePage) {
    let p = scene.p;
    label(ui, scene.t("串口", "Serial port"), size::SMALL, p.weak);
    let mut ports: Vec<Port> = page.ports.clone();
    if !page.path.is_empty() && ports.iter().all(|port| port.path != page.path) {
        ports.push(Port { path: page.path.clone(), name: String::new() });
    }
    if ports.is_empty() {
        label(
            ui,
            scene.t(
                "没有串口，请插上设备再打开这一页。",
                "No serial port; plug the device in and open this page again.",
            ),
            size::BODY,
            p.amber,
        );
    }
    for port in ports {
        let look = if page.path == port.path { Look::Chosen } else { Look::Plain };
        let press = Press::new(&port.path).below(&port.name).look(look).at_left();
        if press.size(ui.available_width() - 8.0, 48.0).show(ui) {
            page.path = port.path;
        }
    }
    if Press::new(scene.t("不用这个设备", "Not used"))
        .look(if page.path.is_empty() { Look::Chosen } else { Look::Plain })
        .show(ui)
    {
        page.path.clear();
    }
    label(ui, scene.t("协议", "Protocol"), size::SMALL, p.weak);
    ui.horizontal_wrapped(|ui| {
        for protocol in Protocol::of(page.kind) {
            let look = if page.protocol == protocol { Look::Chosen } else { Look::Plain };
            if Press::new(protocol.code()).look(look).show(ui) {
                page.protocol = protocol;
                page.baud = Setting::new(protocol, "").baud;
            }
        }
    });
    label(ui, scene.t("波特率", "Speed"), size::SMALL, p.weak);
    ui.horizontal_wrapped(|ui| {
        for speed in SPEEDS {
            let look = if page.baud == speed { Look::Chosen } else { Look::Plain };
            if Press::new(&speed.to_string()).look(look).show(ui) {
                page.baud = speed;
            }
        }
    });
}

/// Whether it is there, and what came from it.
fn state(ui: &mut Ui, scene: &mut Scene<'_>, page: &mut DevicePage) {
    let p = scene.p;
    label(ui, scene.t("试一试", "Try it"), size::SMALL, p.weak);
    let found = status(scene, page.kind).cloned();
    match found.as_ref().map(|status| &status.state) {
        None => label(ui, scene.t("先选串口，再保存。", "Choose a port and keep it."), size::BODY, p.weak),
        Some(State::Connecting) => label(ui, scene.t("正在连接…", "Connecting…"), size::BODY, p.weak),
        Some(State::Connected) => label(ui, scene.t("已连接。", "Connected."), size::BODY, p.jade),
        Some(State::Lost(why)) => label(ui, why.of(scene.lang), size::BODY, p.vermilion),
    }
    let hint = match page.kind {
        Kind::Scanner => scene.t("扫任何一个码，看读到什么。", "Scan anything and see what was read."),
        Kind::IdCard => scene.t(
            "把身份证放在阅读器上；这里只显示读到没有。",
            "Lay an ID card on the reader; only whether it was read is shown.",
        ),
        Kind::Scale => {
            scene.t("放上东西，看重量；动的时候不算数。", "Put something on; a weight that moves does not count.")
        }
        Kind::Display => {
            scene.t("按下面的键，看显示屏上是不是 88.88。", "Press below and see whether the display says 88.88.")
        }
    };
    label(ui, hint, size::BODY, p.weak);
    match page.kind {
        Kind::Scale => {
            let weight = scene.snap.weight;
            let text = weight.map_or_else(|| "—".into(), |w| format!("{} g", w.grams));
            let steady = weight.is_some_and(|w| w.is_steady);
            label(ui, text, size::SUM, if steady { p.jade } else { p.amber });
            if Press::new(scene.t("问一次重量", "Ask for a weight")).enabled(found.is_some()).show(ui) {
                scene.ask(Request::AskWeight);
            }
        }
        Kind::Display => {
            if Press::new(scene.t("显示 88.88", "Show 88.88")).enabled(found.is_some()).show(ui) {
                scene.ask(Request::TryDisplay);
            }
        }
        Kind::IdCard => {
            if let Some(said) = &scene.view.card_read {
                label(ui, said, size::LINE, p.jade);
            }
        }
        Kind::Scanner => {
            wedge(ui, scene, page);
            readings(ui, scene);
        }
    }
    if let Some(raw) = found.and_then(|status| status.last_raw) {
        label(ui, scene.t("刚收到的字节", "Bytes that just came"), size::SMALL, p.weak);
        label(ui, raw, size::SMALL, p.ink);
    }
}

/// A scanner that types like a keyboard may be set to type something before each code.
fn wedge(ui: &mut Ui, scene: &mut Scene<'_>, page: &mut DevicePage) {
    let kept = scene.view.wedge_prefix.clone();
    let Some(prefix) = &mut page.prefix else {
        let none = scene.t("没有", "none");
        let shown = if kept.is_empty() { none } else { kept.as_str() };
        let text = format!("{}: {shown}", scene.t("键盘扫码枪的前缀", "Prefix of a keyboard scanner"));
        if Press::new(&text).show(ui) {
            page.prefix = Some(kept);
        }
        return;
    };
    let hint = scene.t("按枪的说明书输入，空着就是没有", "as its manual says; empty is none");
    crate::app::widgets::typed_field(ui, scene.t("前缀", "Prefix"), prefix, hint, scene.p);
    board(ui, Signs::All, prefix, 8, scene.lang);
    let by_key = keys::pressed(&mut scene.keys, eframe::egui::Key::Enter);
    if Press::new(scene.t("用这个前缀", "Use it")).key("Enter").show(ui) || by_key {
        approve::open(scene, Wanted::Keep("wedge_prefix", prefix.clone()));
    }
}

/// How each rule reads the code that was scanned last.
pub fn readings(ui: &mut Ui, scene: &Scene<'_>) {
    let p = scene.p;
    let Some((code, lines)) = &scene.view.readings else { return };
    label(ui, code, size::LINE, p.ink);
    for (zh, en, text) in lines {
        pair(ui, scene.t(zh, en), text, size::BODY, p.ink);
    }
}

fn keep(ui: &mut Ui, scene: &mut Scene<'_>, page: &DevicePage) {
    let setting = Setting { baud: page.baud, ..Setting::new(page.protocol, page.path.clone()) };
    let line = if page.path.is_empty() { String::new() } else { setting.to_string() };
    let is_new = status(scene, page.kind).map_or(!line.is_empty(), |status| status.setting.to_string() != line);
    let by_key = keys::pressed(&mut scene.keys, eframe::egui::Key::Enter) && is_new;
    let press = Press::main(scene.t("保存", "Keep")).key("Enter").size(ui.available_width(), foot_height(ui));
    if press.enabled(is_new && !scene.is_waiting).show(ui) || by_key {
        approve::open(scene, Wanted::Keep(setting_name(page.kind), line));
    }
}

/// What the labels of the shop's scale look like, and a try of each.
pub fn labels(ui: &mut Ui, scene: &mut Scene<'_>, typed: &mut String) -> bool {
    let p = scene.p;
    keys::type_into(&mut scene.keys, typed, 18, |c| c.is_ascii_digit() || "IPWCipwc".contains(c));
    *typed = typed.to_uppercase();
    let patterns = scene.snap.patterns.clone();
    dialog(ui, "labels", 640.0, p, |ui| {
        title(ui, scene.t("秤签格式", "Scale labels"), p);
        label(
            ui,
            scene.t(
                "2 开头的数字是前缀，I 货号，W 重量（克），P 金额（分），C 校验位。扫一张秤签，看每种格式怎么读。",
                "Digits are the prefix (from 2), I the item, W grams, P fen, C the check digit. Scan a label to see how each pattern reads it.",
            ),
            size::BODY,
            p.weak,
        );
        let mut kept = patterns.clone();
        let before = kept.len();
        for pattern in &patterns {
            ui.horizontal(|ui| {
                if Press::new(scene.t("去掉", "Remove")).look(Look::Danger).show(ui) {
                    kept.retain(|one| one != pattern);
                }
                label(ui, pattern, size::LINE, p.ink);
            });
        }
        crate::app::widgets::typed_field(ui, scene.t("新的格式", "New pattern"), typed, "21IIIIIWWWWWC", p);
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 8.0 * 14.0) / 15.0;
            for key in ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "I", "W", "P", "C", "←"] {
                if Press::new(key).size(width, 44.0).show(ui) {
                    match key {
                        "←" => drop(typed.pop()),
                        _ if typed.len() < 18 => typed.push_str(key),
                        _ => {}
                    }
                }
            }
        });
        let read = domain::label::Pattern::parse(typed);
        if let (Err(problem), true) = (&read, typed.len() >= 13) {
            label(ui, problem, size::SMALL, p.vermilion);
        }
        readings(ui, scene);
        let by_key = keys::pressed(&mut scene.keys, eframe::egui::Key::Enter);
        foot(ui, |ui| {
            let leaves = Press::new(scene.t("返回", "Back")).key("Esc").size(back_width(ui), foot_height(ui)).show(ui);
            let press = Press::main(scene.t("加上", "Add")).key("Enter").size(ui.available_width(), foot_height(ui));
            let adds = press.enabled(read.is_ok()).show(ui) || by_key;
            if let (true, Ok(pattern)) = (adds && !leaves, read) {
                kept.push(pattern.text().into());
            }
            if kept.len() != before {
                approve::open(scene, Wanted::Keep("scale_patterns", kept.join(" ")));
            }
            !leaves
        })
    })
}

/// Asks how each rule reads a code.
pub fn read(code: String) -> Request {
    Request::Counter(Counter::Read(code))
}
