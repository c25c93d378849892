//! Goods that come back without a receipt: scanned, priced at no more than today, allowed by a manager.

use domain::money::Money;
use domain::product::Product;
use domain::quantity::Quantity;
use eframe::egui::{Key, ScrollArea, Ui, vec2};

use super::{approve, take_back};
use crate::app::theme::size;
use crate::app::view::Wanted;
use crate::app::widgets::{
    Keys, Look, Press, back_width, foot, foot_height, is_low, keypad, label, pair, room, scroll, title, typed_field,
};
use crate::app::worker::Counter;
use crate::app::{Scene, keys, words};
use crate::counter::{Loose, LooseLine};

/// Scan the goods; Delete takes the last one out again.
pub fn show(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    (lines, typed): (&mut Vec<(Product, Quantity)>, &mut String),
    reason: &mut usize,
) -> bool {
    let p = scene.p;
    title(ui, scene.t("没有小票的退货", "Goods without a receipt"), p);
    label(
        ui,
        scene.t(
            "扫退回的商品。按不高于今天的价退，不含惠民优惠，要店长批准。",
            "Scan what came back. At most today's price, no programme has part in it, and a manager allows it.",
        ),
        size::BODY,
        p.weak,
    );
    entry(ui, scene, typed);
    if keys::pressed(&mut scene.keys, Key::Delete) {
        lines.pop();
    }
    let height = if is_low(ui.ctx()) { f32::INFINITY } else { room(ui.ctx(), 520.0, 90.0).min(140.0) };
    scroll(ui, "loose lines", ScrollArea::vertical().max_height(height), |ui| {
        let mut gone = None;
        for (i, (product, quantity)) in lines.iter().enumerate() {
            ui.horizontal(|ui| {
                if Press::new(scene.t("去掉", "Remove")).look(Look::Danger).show(ui) {
                    gone = Some(i);
                }
                let text = format!("{} × {quantity}", words::product(product));
                label(ui, text, size::LINE, p.ink);
            });
        }
        if let Some(at) = gone {
            lines.remove(at);
        }
    });
    let sum: Money = lines.iter().map(|(product, quantity)| cost(product, *quantity)).sum();
    pair(ui, scene.t("最多退", "At most"), &words::yuan(sum), size::TITLE, p.ink);
    take_back::reasons(ui, scene, reason);
    let enabled = !lines.is_empty() && !scene.is_waiting;
    let by_key = keys::pressed(&mut scene.keys, Key::Enter) && enabled;
    foot(ui, |ui| {
        let leaves = Press::new(scene.t("返回", "Back")).key("Esc").size(back_width(ui), foot_height(ui)).show(ui);
        let press = Press::main(scene.t("请店长批准", "Ask a manager"))
            .key("Enter")
            .size(ui.available_width(), foot_height(ui));
        if (press.enabled(enabled).show(ui) || by_key) && !leaves {
            let line = |(product, quantity): &(Product, Quantity)| LooseLine {
                code: product.key.parts().1,
                quantity: quantity.to_string(),
            };
            let loose = Loose { lines: lines.iter().map(line).collect(), reason: take_back::reason_of(*reason) };
            approve::open(scene, Wanted::Loose(loose));
            return false;
        }
        !leaves
    })
}

/// A code that is typed, where nothing can be scanned.
fn entry(ui: &mut Ui, scene: &mut Scene<'_>, typed: &mut String) {
    keys::type_into(&mut scene.keys, typed, 20, |c| Keys::Digits.takes(c));
    if is_low(ui.ctx()) {
        keypad(ui, Keys::Digits, typed, 20, scene.lang);
        code(ui, scene, typed);
        return;
    }
    ui.horizontal_top(|ui| {
        ui.allocate_ui(vec2(320.0, 216.0), |ui| {
            ui.vertical(|ui| keypad(ui, Keys::Digits, typed, 20, scene.lang));
        });
        ui.vertical(|ui| code(ui, scene, typed));
    });
}

fn code(ui: &mut Ui, scene: &mut Scene<'_>, typed: &mut String) {
    typed_field(ui, scene.t("条码或编号", "Code"), typed, scene.t("扫，或输入", "scan or type"), scene.p);
    let enabled = !typed.is_empty() && !scene.is_waiting;
    let by_key = enabled && keys::pressed(&mut scene.keys, Key::Enter);
    if Press::new(scene.t("加上", "Add")).key("Enter").size(160.0, 48.0).enabled(enabled).show(ui) || by_key {
        scene.counter(Counter::Check(std::mem::take(typed)));
    }
}

fn cost(product: &Product, quantity: Quantity) -> Money {
    let price = product.price.unwrap_or_default();
    price.times(quantity)
}
