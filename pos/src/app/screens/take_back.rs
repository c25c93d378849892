//! Taking goods back: find the sale, choose the goods, give the money back.

use std::collections::BTreeMap;

use domain::money::Money;
use domain::quantity::Quantity;
use domain::returns::PayBack;
use domain::sale::ReturnLine;
use eframe::egui::{Align, Key, Layout, ScrollArea, Ui};
use store::{StoredLine, StoredSale};

use super::loose;
use crate::app::theme::size;
use crate::app::view::{BackLines, TakeBack};
use crate::app::widgets::{
    Keys, Look, Press, Signs, back_width, board, dialog, foot, foot_height, is_low, keypad, label, pad_dialog, pair,
    room, rule, scroll, title, typed_field,
};
use crate::app::worker::Counter;
use crate::app::{Scene, keys, words};
use crate::counter::Returned;

/// Why goods come back: what the record carries, in both languages.
const REASONS: [(&str, &str); 4] =
    [("质量问题", "Quality"), ("买错了", "Wrong item"), ("临期或过期", "Past its date"), ("其他", "Other")];

/// The step that is open.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>, step: &mut TakeBack) -> bool {
    let p = scene.p;
    match step {
        TakeBack::Find { typed, recent } => pad_dialog(ui, "find sale", 760.0, p, |ui| find(ui, scene, typed, recent)),
        TakeBack::Lines(step) => dialog(ui, "return", 760.0, p, |ui| lines(ui, scene, step)),
        TakeBack::Loose { lines, typed, reason } => {
            pad_dialog(ui, "loose", 760.0, p, |ui| loose::show(ui, scene, (lines, typed), reason))
        }
        TakeBack::Exchanged => dialog(ui, "exchanged", 460.0, p, |ui| exchanged(ui, scene)),
        TakeBack::Done(returned) => dialog(ui, "returned", 460.0, p, |ui| done(ui, scene, returned)),
    }
}

fn find(ui: &mut Ui, scene: &mut Scene<'_>, typed: &mut String, recent: &[(String, i64, Money)]) -> bool {
    let p = scene.p;
    keys::type_into(&mut scene.keys, typed, 60, |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    title(ui, scene.t("退货：哪一张小票？", "Return: which receipt?"), p);
    if is_low(ui.ctx()) {
        number(ui, scene, typed);
        latest(ui, scene, recent, f32::INFINITY);
    } else {
        ui.columns_const(|[left, right]| {
            number(left, scene, typed);
            let is_elsewhere = scene.snap.store.as_ref().is_some_and(|store| typed.starts_with(&format!("{store}-")));
            if is_elsewhere {
                // The number of another till has letters in the middle.
                board(right, Signs::Number, typed, 60, scene.lang);
            } else {
                latest(right, scene, recent, room(right.ctx(), 260.0, 140.0).min(340.0));
            }
        });
    }
    foot(ui, |ui| {
        let leaves = Press::new(scene.t("返回", "Back")).key("Esc").size(back_width(ui), foot_height(ui)).show(ui);
        let without = Press::new(scene.t("没有小票", "No receipt"))
            .key("*")
            .size(ui.available_width().min(200.0), foot_height(ui));
        let by_key = scene.keys.iter().any(|key| matches!(key, keys::Typed::Char('*' | '×')));
        if without.show(ui) || by_key {
            scene.view.page = crate::app::view::Page::TakeBack(TakeBack::Loose {
                lines: Vec::new(),
                typed: String::new(),
                reason: 0,
            });
        }
        !leaves
    })
}

/// What a receipt of another till of the store begins with, for fingers.
fn of_this_store(ui: &mut Ui, scene: &Scene<'_>, typed: &mut String) {
    let Some(store) = &scene.snap.store else { return };
    ui.horizontal(|ui| {
        let beginning = format!("{store}-");
        if Press::new(&beginning).size(130.0, 44.0).show(ui) {
            *typed = beginning;
        }
        if Press::new("-").size(64.0, 44.0).show(ui) {
            typed.push('-');
        }
        label(ui, scene.t("别的款台的小票", "another till's receipt"), size::SMALL, scene.p.weak);
    });
}

/// The number's entry.
fn number(ui: &mut Ui, scene: &mut Scene<'_>, typed: &mut String) {
    let p = scene.p;
    let hint = scene.t("输入小票号，只输最后几位数字也可以。", "Type the receipt's number; its last digits will do.");
    label(ui, hint, size::BODY, p.weak);
    typed_field(ui, scene.t("小票号", "Receipt number"), typed, "S001-01-1-000001", p);
    of_this_store(ui, scene, typed);
    keypad(ui, Keys::Number, typed, 60, scene.lang);
    let enabled = !typed.is_empty() && !scene.is_waiting;
    let by_key = keys::pressed(&mut scene.keys, Key::Enter) && enabled;
    let press = Press::main(scene.t("找小票", "Find")).key("Enter").size(ui.available_width(), foot_height(ui));
    if press.enabled(enabled).show(ui) || by_key {
        scene.counter(Counter::FindSale(typed.clone()));
    }
}

/// The latest sales, for fingers.
fn latest(ui: &mut Ui, scene: &mut Scene<'_>, recent: &[(String, i64, Money)], height: f32) {
    label(ui, scene.t("最近的小票", "Latest receipts"), size::BODY, scene.p.weak);
    scroll(ui, "recent sales", ScrollArea::vertical().max_height(height), |ui| {
        for (number, at, due) in recent {
            let below = format!("{}   {}", words::moment(*at), words::yuan(*due));
            if Press::new(number).below(&below).at_left().size(ui.available_width() - 8.0, 56.0).show(ui) {
                scene.counter(Counter::FindSale(number.clone()));
            }
        }
    });
}

fn lines(ui: &mut Ui, scene: &mut Scene<'_>, step: &mut BackLines) -> bool {
    let p = scene.p;
    let BackLines { sale, till, back, reason, exchange, may_choose, pay_back } = step;
    let till = till.as_deref();
    title(ui, &scene.lang.of(format!("退货 {}", sale.number), format!("Return {}", sale.number)), p);
    if let Some(till) = till {
        let text = scene.lang.of(
            format!("款台 {till} 卖的。只有参加惠民优惠的商品能在这里退，一律退现金；其他的请到原款台。"),
            format!(
                "Sold at till {till}: paid back in cash here. What had no programme in it comes back at that till."
            ),
        );
        label(ui, text, size::BODY, p.weak);
    }
    let height = if is_low(ui.ctx()) { f32::INFINITY } else { room(ui.ctx(), 300.0, 140.0).min(320.0) };
    scroll(ui, "lines", ScrollArea::vertical().max_height(height), |ui| {
        for line in &sale.lines {
            one(ui, scene, line, back);
            rule(ui, p);
        }
    });
    by_figures(scene, sale, back);
    reasons(ui, scene, reason);
    if *may_choose && !*exchange {
        money(ui, scene, pay_back);
    }
    foot(ui, |ui| {
        let leaves = Press::new(scene.t("返回", "Back")).key("Esc").size(back_width(ui), foot_height(ui)).show(ui);
        // Only the till that sold it knows what to give again.
        if till.is_none() {
            let look = if *exchange { Look::Chosen } else { Look::Plain };
            let by_key = scene.keys.iter().any(|key| matches!(key, keys::Typed::Char('*' | '×')));
            if Press::new(scene.t("换同样的", "Same again")).key("*").look(look).size(160.0, foot_height(ui)).show(ui)
                || by_key
            {
                *exchange = !*exchange;
            }
        }
        let enabled = !back.is_empty() && !scene.is_waiting;
        let by_key = keys::pressed(&mut scene.keys, Key::Enter) && enabled;
        let text = if *exchange { scene.t("换货", "Exchange") } else { scene.t("退货", "Take back") };
        let press = Press::main(text).key("Enter").size(ui.available_width(), foot_height(ui));
        if press.enabled(enabled).show(ui) || by_key {
            let lines = back.iter().map(|(line, quantity)| ReturnLine { line: *line, quantity: *quantity }).collect();
            let (number, reason) = (sale.number.clone(), reason_of(*reason));
            scene.counter(match till {
                Some(_) => Counter::TakeBackForeign { number, lines, reason },
                None if *exchange => Counter::Exchange { number, lines, reason },
                None => Counter::TakeBack { number, lines, reason, pay_back: *pay_back },
            });
        }
        !leaves
    })
}

/// How the money goes back; the letters after those of the reasons choose too.
fn money(ui: &mut Ui, scene: &Scene<'_>, pay_back: &mut PayBack) {
    // Of letters that come in one frame the last counts.
    for key in &scene.keys {
        match key {
            keys::Typed::Char('e' | 'E') => *pay_back = PayBack::AsPaid,
            keys::Typed::Char('f' | 'F') => *pay_back = PayBack::Cash,
            keys::Typed::Char(_) | keys::Typed::Key(_) => {}
        }
    }
    ui.horizontal_wrapped(|ui| {
        for (way, letter, zh, en) in
            [(PayBack::AsPaid, "E", "按原付款方式退", "Back as it was paid"), (PayBack::Cash, "F", "退现金", "Cash")]
        {
            let look = if *pay_back == way { Look::Chosen } else { Look::Plain };
            if Press::new(scene.t(zh, en)).key(letter).look(look).show(ui) {
                *pay_back = way;
            }
        }
    });
}

/// Figures choose a line: each press takes one more of it back, and after the last none.
fn by_figures(scene: &mut Scene<'_>, sale: &StoredSale, back: &mut BTreeMap<u32, Quantity>) {
    scene.keys.retain(|key| {
        let keys::Typed::Char(c) = key else { return true };
        let Some(line) = c.to_digit(10).and_then(|n| sale.lines.get(n.checked_sub(1)? as usize)) else { return true };
        let left = line.quantity - line.returned;
        let step = if line.quantity.is_whole() { Quantity::ONE } else { left };
        let wanted = back.get(&line.line).copied().unwrap_or(Quantity::ZERO) + step;
        if wanted > left || left == Quantity::ZERO {
            back.remove(&line.line);
        } else {
            back.insert(line.line, wanted);
        }
        false
    });
}

/// Why goods come back; letters choose too.
pub(super) fn reasons(ui: &mut Ui, scene: &mut Scene<'_>, reason: &mut usize) {
    if !is_low(ui.ctx()) {
        label(ui, scene.t("原因", "Reason"), size::BODY, scene.p.weak);
    }
    ui.horizontal_wrapped(|ui| {
        for (i, ((zh, en), letter)) in REASONS.iter().zip('A'..='Z').enumerate() {
            let look = if *reason == i { Look::Chosen } else { Look::Plain };
            let typed = scene.keys.iter().any(|k| matches!(k, keys::Typed::Char(c) if c.eq_ignore_ascii_case(&letter)));
            if Press::new(scene.t(zh, en)).key(&letter.to_string()).look(look).show(ui) || typed {
                *reason = i;
            }
        }
    });
}

pub(super) fn reason_of(reason: usize) -> String {
    REASONS.get(reason).map_or("其他", |(zh, _)| zh).to_owned()
}

fn exchanged(ui: &mut Ui, scene: &mut Scene<'_>) -> bool {
    let p = scene.p;
    title(ui, scene.t("换货完成", "Exchanged"), p);
    let text = scene.t("换的是同样的商品，不收钱也不退钱，额度不变。", "The same goods: no money and no quota moves.");
    label(ui, text, size::BODY, p.weak);
    let by_key = keys::pressed(&mut scene.keys, Key::Enter);
    let press = Press::main(scene.t("好了", "Done")).key("Enter");
    !(foot(ui, |ui| press.size(ui.available_width(), foot_height(ui)).show(ui)) || by_key)
}

fn one(ui: &mut Ui, scene: &Scene<'_>, line: &StoredLine, back: &mut BTreeMap<u32, Quantity>) {
    let p = scene.p;
    let left = line.quantity - line.returned;
    let wanted = back.get(&line.line).copied().unwrap_or(Quantity::ZERO);
    // What is weighed comes back whole: nobody sells half of it again.
    let step = if line.quantity.is_whole() { Quantity::ONE } else { left };
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let name = &line.name;
            let plus = Press::new("＋").size(52.0, 48.0).enabled(wanted + step <= left && left > Quantity::ZERO);
            if plus.response(ui).accessible_name(format!("＋ {name}")).clicked() {
                back.insert(line.line, wanted + step);
            }
            label(ui, format!("{wanted}"), size::TITLE, p.ink);
            let minus = Press::new("−").size(52.0, 48.0).enabled(wanted > Quantity::ZERO);
            if minus.response(ui).accessible_name(format!("− {name}")).clicked() {
                let rest = wanted - step;
                if rest == Quantity::ZERO {
                    back.remove(&line.line)
                } else {
                    back.insert(line.line, rest)
                };
            }
            ui.with_layout(Layout::top_down(Align::LEFT), |ui| {
                label(ui, name, size::LINE, p.ink);
                let unit = &line.unit_name;
                let sold = scene.lang.of(
                    format!("买了 {}{unit}，还能退 {left}", line.quantity),
                    format!("bought {}{unit}, {left} can come back", line.quantity),
                );
                label(ui, sold, size::SMALL, p.weak);
            });
        });
    });
}

fn done(ui: &mut Ui, scene: &mut Scene<'_>, returned: &Returned) -> bool {
    let p = scene.p;
    let heading = if scene.snap.is_beside {
        scene.t("退货完成，请在收银机退款", "Done: give the money back at the other till")
    } else {
        scene.t("退货完成，请退给顾客", "Done: give back to the customer")
    };
    title(ui, heading, p);
    label(ui, words::yuan(returned.refund), size::DUE, p.ink);
    for (kind, amount) in &returned.tenders {
        let name = words::tender(scene.lang, *kind);
        let text = scene.lang.of(format!("退{name}"), format!("back by {name}"));
        pair(ui, &text, &words::yuan(*amount), size::LINE, p.ink);
    }
    label(
        ui,
        scene.t(
            "惠民优惠和爱心卡的部分已按规则退回，不退现金。",
            "Discounts and value-card payments went back by the rules, not in cash.",
        ),
        size::BODY,
        p.weak,
    );
    label(ui, &returned.number, size::SMALL, p.weak);
    let by_key = keys::pressed(&mut scene.keys, Key::Enter);
    let press = Press::main(scene.t("好了", "Done")).key("Enter");
    !(foot(ui, |ui| press.size(ui.available_width(), foot_height(ui)).show(ui)) || by_key)
}
