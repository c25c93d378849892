//! A till that stands beside another (旁挂), and slips that were written by hand.

use domain::till::{Event, OpenSale};
use eframe::egui::{Key, Ui};

use crate::app::keys;
use crate::app::theme::size;
use crate::app::widgets::{
    Keys, Press, back_width, foot, foot_height, is_low, keypad, label, pad_dialog, title, typed_field,
};
use crate::app::worker::Counter;
use crate::app::{Scene, words};

/// What to take off in the other till, and the number of its receipt.
pub fn host(ui: &mut Ui, scene: &mut Scene<'_>, typed: &mut String) -> bool {
    let p = scene.p;
    keys::type_into(&mut scene.keys, typed, 40, |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'));
    let off = scene.snap.screen.open().map(take_off).unwrap_or_default();
    pad_dialog(ui, "beside", 560.0, p, |ui| {
        title(ui, scene.t("请在收银机减", "Take off at the other till"), p);
        label(ui, words::yuan(off), if is_low(ui.ctx()) { size::SUM } else { size::DUE }, p.vermilion);
        label(
            ui,
            scene.t("收银机出小票后，扫或输入它的小票号。", "Then scan or type the number of that till's receipt."),
            size::BODY,
            p.weak,
        );
        typed_field(ui, scene.t("收银机小票号", "Receipt number"), typed, scene.t("可以空着", "may be empty"), p);
        keypad(ui, Keys::Number, typed, 40, scene.lang);
        let enabled = !scene.is_waiting;
        // Three do not fit at the foot of a low page.
        let is_low = is_low(ui.ctx());
        let first = scene.t("先打凭条", "Print first");
        let is_printed = is_low && Press::new(first).enabled(enabled).show(ui);
        let by_key = keys::pressed(&mut scene.keys, Key::Enter) && enabled;
        foot(ui, |ui| {
            let leaves = Press::new(scene.t("返回", "Back")).key("Esc").size(back_width(ui), foot_height(ui)).show(ui);
            let is_asked = !is_low && Press::new(first).size(140.0, 52.0).enabled(enabled).show(ui);
            if is_asked || is_printed {
                scene.counter(Counter::TakeOffSlip);
            }
            let text = scene.t("登记，打惠民凭条", "Claim and print the slip");
            let press = Press::main(text).key("Enter").size(ui.available_width(), foot_height(ui)).enabled(enabled);
            if (press.show(ui) || by_key) && !leaves {
                let host_receipt = (!typed.is_empty()).then(|| typed.clone());
                scene.event(Event::Claim { host_receipt });
            }
            !leaves
        })
    })
}

/// What programmes and purses take off a basket.
pub fn take_off(sale: &OpenSale) -> domain::money::Money {
    sale.priced.as_ref().map(|priced| priced.totals.discount + priced.totals.purse).unwrap_or_default()
}

/// The number and date of a slip that was written by hand.
pub fn slip(ui: &mut Ui, scene: &mut Scene<'_>, no: &mut String, date: &mut String, in_date: &mut bool) -> bool {
    let p = scene.p;
    let takes = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let field = if *in_date { &mut *date } else { &mut *no };
    keys::type_into(&mut scene.keys, field, 32, takes);
    let down = keys::pressed(&mut scene.keys, Key::ArrowDown) || keys::pressed(&mut scene.keys, Key::ArrowUp);
    pad_dialog(ui, "slip", 560.0, p, |ui| {
        title(ui, scene.t("补录手工单", "Enter a manual slip"), p);
        label(
            ui,
            scene.t(
                "扫手工单上的条码，或输入单号；按单上的日期算优惠，总部审核后才付款。",
                "Scan the slip's bars or type its number. It is priced at its date, and headquarters looks at it.",
            ),
            size::BODY,
            p.weak,
        );
        let mut turn = down;
        for (name, text, hint, is_date) in [
            (scene.t("单号", "Number"), no.clone(), "M-S001-01-0001", false),
            (scene.t("日期", "Date"), date.clone(), "2026-11-24", true),
        ] {
            label(ui, name, size::SMALL, if *in_date == is_date { p.jade } else { p.weak });
            typed_field(ui, name, &text, hint, p);
            if *in_date != is_date {
                turn |= Press::new(&format!("{} {name}", scene.t("改", "Edit"))).key("↓").show(ui);
            }
        }
        let keys = if *in_date { Keys::Digits } else { Keys::Number };
        keypad(ui, keys, if *in_date { date } else { no }, 32, scene.lang);
        if turn {
            *in_date = !*in_date;
        }
        let enabled = !no.is_empty() && !scene.is_waiting;
        let by_key = keys::pressed(&mut scene.keys, Key::Enter) && enabled;
        foot(ui, |ui| {
            let leaves = Press::new(scene.t("返回", "Back")).key("Esc").size(back_width(ui), foot_height(ui)).show(ui);
            let press =
                Press::main(scene.t("开始补录", "Begin")).key("Enter").size(ui.available_width(), foot_height(ui));
            let pressed = press.enabled(enabled).show(ui) || by_key;
            if pressed && !leaves {
                if *in_date || date.len() >= 8 {
                    scene.event(Event::Slip { no: whole_number(scene, no), date: whole_date(date) });
                } else {
                    *in_date = true;
                }
            }
            !leaves
        })
    })
}

/// The last figures of a slip that this till printed mean the whole number.
fn whole_number(scene: &Scene<'_>, typed: &str) -> String {
    match (&scene.snap.store, &scene.snap.till) {
        (Some(store), Some(till)) if typed.len() <= 4 && typed.bytes().all(|b| b.is_ascii_digit()) => {
            format!("M-{store}-{till}-{typed:0>4}")
        }
        _ => typed.to_owned(),
    }
}

/// A date without its hyphens, as a keypad has none.
fn whole_date(typed: &str) -> String {
    if typed.len() == 8 && typed.bytes().all(|b| b.is_ascii_digit()) {
        format!("{}-{}-{}", &typed[..4], &typed[4..6], &typed[6..])
    } else {
        typed.to_owned()
    }
}
