//! The right side: the family in few words, the sums, and the main button.

use domain::till::{Event, OpenSale};
use eframe::egui::{Align, Color32, Layout, Role, ScrollArea, Sense, Ui, WidgetInfo, vec2};

use super::{family, pay, sale};
use crate::app::command::Command;
use crate::app::theme::{STEP, size};
use crate::app::view::Page;
use crate::app::widgets::{Press, close_card, fitted, is_low, label, pair, rule, scroll};
use crate::app::{Scene, words};

/// Family above, sums below, the main button at the bottom: always in the same place.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>, sale: &OpenSale) {
    let is_low = is_low(ui.ctx());
    // While a low window takes payment the sums need the room.
    if !(is_low && matches!(scene.view.page, Page::Pay { .. })) {
        family::panel(ui, scene, sale);
        ui.add_space(if is_low { 0.0 } else { STEP });
    }
    let p = scene.p;
    close_card(ui, p).show(ui, |ui| {
        ui.set_min_size(ui.available_size());
        ui.with_layout(Layout::bottom_up(Align::LEFT), |ui| {
            main_button(ui, scene, sale);
            if is_low {
                ui.spacing_mut().item_spacing.y = STEP;
            } else {
                ui.add_space(STEP * 2.0);
            }
            due(ui, scene, sale, if is_low { 48.0 } else { 76.0 });
            rule(ui, p);
            sums(ui, scene, sale);
        });
    });
}

fn main_button(ui: &mut Ui, scene: &mut Scene<'_>, sale: &OpenSale) {
    let width = ui.available_width();
    if matches!(scene.view.page, Page::Pay { .. }) {
        pay::confirm_button(ui, scene, sale);
        return;
    }
    let enabled = sale::allowed(scene, sale, Command::Pay) && !scene.is_waiting;
    let text = if scene.snap.is_beside { scene.t("惠民凭条", "Slip") } else { scene.t("收款", "Pay") };
    let press = Press::main(text).key("+").size(width, main_height(ui)).type_size(size::TITLE);
    if press.enabled(enabled).show(ui) {
        sale::run(scene, sale, Command::Pay);
    }
}

/// Height of the main button.
pub fn main_height(ui: &Ui) -> f32 {
    if is_low(ui.ctx()) { 52.0 } else { 64.0 }
}

/// What is due, as large as fits: it is never cut.
fn due(ui: &mut Ui, scene: &Scene<'_>, sale: &OpenSale, height: f32) {
    let p = scene.p;
    let totals = sale.priced.as_ref().map(|priced| priced.totals).unwrap_or_default();
    let is_paid = !sale.tenders.is_empty();
    let (figure, color) = if scene.snap.is_beside {
        (words::figure(totals.discount + totals.purse), p.vermilion)
    } else {
        (words::figure(sale.due()), p.ink)
    };
    let name = match (scene.snap.is_beside, is_paid) {
        (true, _) => scene.t("收银机减", "Take off"),
        (false, false) => scene.t("应收", "Due"),
        (false, true) => scene.t("还应收", "Still due"),
    };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let large = if height < size::DUE * 1.2 { size::DUE * 0.8 } else { size::DUE };
    let words = fitted(ui, name, size::TITLE, p.ink, rect.width() * 0.36);
    let figure_room = rect.width() - words.size().x - STEP * 2.0;
    let sum = fitted(ui, &figure, large, color, figure_room);
    let at = |size: eframe::egui::Vec2, x: f32| eframe::egui::pos2(x, rect.bottom() - size.y);
    ui.painter().galley(at(words.size() + vec2(0.0, 6.0), rect.left()), words, p.ink);
    ui.painter().galley(at(sum.size(), rect.right() - sum.size().x), sum, color);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name} {figure}")));
}

/// From the bottom up: what was paid, what was taken off, the sum.
fn sums(ui: &mut Ui, scene: &Scene<'_>, sale: &OpenSale) {
    let p = scene.p;
    let totals = sale.priced.as_ref().map(|priced| priced.totals).unwrap_or_default();
    let mut rows: Vec<(&str, String, f32, Color32)> = Vec::new();
    for tender in sale.tenders.iter().rev() {
        rows.push((words::tender(scene.lang, tender.kind), words::off(tender.amount), size::BODY, p.weak));
    }
    for (name, amount, type_size, color) in [
        (scene.t("让零", "Waived"), sale.waived, size::BODY, p.weak),
        (scene.t("爱心卡支付", "Value card"), totals.purse, size::LINE, p.vermilion),
        (scene.t("惠民优惠", "Family discount"), totals.discount, size::LINE, p.vermilion),
        (scene.t("店内促销", "Shop promotion"), totals.promotion, size::LINE, p.vermilion),
    ] {
        if !amount.is_zero() {
            rows.push((name, words::off(amount), type_size, color));
        }
    }
    rows.push((scene.t("合计", "Total"), words::figure(totals.gross), size::LINE, p.ink));
    if is_low(ui.ctx()) {
        // What does not fit scrolls; the sum and what is due stay.
        ui.with_layout(Layout::top_down(Align::LEFT), |ui| {
            scroll(ui, "sums", ScrollArea::vertical().auto_shrink(false), |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                for (name, figure, _, color) in rows.iter().rev() {
                    pair(ui, name, figure, size::BODY, *color);
                }
            });
        });
        return;
    }
    for (name, figure, type_size, color) in rows {
        pair(ui, name, &figure, type_size, color);
    }
    let count = scene.lang.of(format!("{} 种", sale.lines.len()), format!("{} lines", sale.lines.len()));
    if !sale.lines.is_empty() {
        label(ui, count, size::SMALL, p.weak);
    }
}

/// Uses all that is left of a purse, or none of it.
pub fn use_purse(scene: &mut Scene<'_>, code: &str, amount: String) {
    scene.event(Event::Purse { programme: code.to_owned(), amount });
}
