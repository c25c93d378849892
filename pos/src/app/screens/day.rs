//! Counting the drawer, and reports.

use eframe::egui::{Key, Ui};
use serde_json::Value;

use crate::app::theme::size;
use crate::app::widgets::{
    Keys, Press, back_width, dialog, foot, foot_height, keypad, label, pad_dialog, pair, rule, title, typed_field,
};
use crate::app::worker::Counter;
use crate::app::{Scene, keys};
use crate::counter::slips;
use crate::daily;

/// A blind count: what should be there is told afterwards.
pub fn count(ui: &mut Ui, scene: &mut Scene<'_>, typed: &mut String) -> bool {
    let p = scene.p;
    keys::type_into(&mut scene.keys, typed, 9, |c| Keys::Amount.takes(c));
    pad_dialog(ui, "count", 400.0, p, |ui| {
        title(ui, scene.t("交班点钱", "Count the drawer"), p);
        label(
            ui,
            scene.t("数一数钱箱里的现金，连备用金一起。", "Count all cash in the drawer, the float too."),
            size::BODY,
            p.weak,
        );
        typed_field(ui, scene.t("现金", "Cash"), typed, "0.00", p);
        keypad(ui, Keys::Amount, typed, 9, scene.lang);
        let enabled = !typed.is_empty() && !scene.is_waiting;
        let by_key = keys::pressed(&mut scene.keys, Key::Enter) && enabled;
        foot(ui, |ui| {
            let leaves = Press::new(scene.t("返回", "Back"))
                .key("Esc")
                .size(back_width(ui).min(120.0), foot_height(ui))
                .show(ui);
            let press = Press::main(scene.t("交班", "Close the shift"))
                .key("Enter")
                .size(ui.available_width(), foot_height(ui));
            if press.enabled(enabled).show(ui) || by_key {
                scene.counter(Counter::Count(typed.clone()));
            }
            !leaves
        })
    })
}

/// Amounts by means of payment.
fn means(ui: &mut Ui, scene: &Scene<'_>, (zh, en): (&str, &str), amounts: Vec<(String, String, String)>) {
    if amounts.is_empty() {
        return;
    }
    rule(ui, scene.p);
    label(ui, scene.lang.of(zh, en), size::SMALL, scene.p.weak);
    for (zh, en, amount) in amounts {
        pair(ui, &scene.lang.of(zh, en), &amount, size::BODY, scene.p.ink);
    }
}

/// The day is closed, and its copy is on its way: what the last one was, and whether one failed.
fn copies(ui: &mut Ui, scene: &Scene<'_>) {
    let (zh, en, needs_look) = daily::sentence(&scene.snap.status.copies, scene.snap.now());
    rule(ui, scene.p);
    label(ui, scene.lang.of(zh, en), size::SMALL, if needs_look { scene.p.amber } else { scene.p.weak });
}

/// A report as a list of names and figures.
pub fn report(ui: &mut Ui, scene: &mut Scene<'_>, kind: &'static str, report: &Value) -> bool {
    let p = scene.p;
    let heading = match kind {
        "x" => scene.t("班次汇总", "Shift so far"),
        "shift" => scene.t("交班完成", "The shift is closed"),
        _ => scene.t("日结完成", "The day is closed"),
    };
    dialog(ui, "report", 460.0, p, |ui| {
        title(ui, heading, p);
        for (zh, en, figure) in slips::rows(kind, report) {
            pair(ui, scene.t(zh, en), &figure.replace('-', "−"), size::BODY, p.ink);
        }
        means(ui, scene, ("收款方式", "Taken by"), slips::tenders(report));
        means(ui, scene, ("退款方式", "Paid back by"), slips::refunded(report));
        if !matches!(kind, "x" | "shift") {
            copies(ui, scene);
        }
        let by_key = keys::pressed(&mut scene.keys, Key::Enter);
        let has_printer = scene.snap.printer.is_some();
        let prints_by_key = scene.keys.iter().any(|key| matches!(key, keys::Typed::Char('p' | 'P')));
        foot(ui, |ui| {
            let press = Press::new(scene.t("打印", "Print")).key("P").size(140.0, foot_height(ui));
            if has_printer && (press.show(ui) || prints_by_key) {
                scene.counter(Counter::PrintReport(kind, report.clone()));
            }
            let press = Press::main(scene.t("好了", "Done")).key("Enter").size(ui.available_width(), foot_height(ui));
            !(press.show(ui) || by_key)
        })
    })
}
