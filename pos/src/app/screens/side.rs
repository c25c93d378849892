//! The right side: the family in few words, the sums, and the main button.

use domain::money::Money;
use domain::till::{Event, OpenSale};
use eframe::egui::{Align, Layout, Ui, vec2};

use super::{family, pay, sale};
use crate::app::command::Command;
use crate::app::theme::{STEP, size};
use crate::app::view::Page;
use crate::app::widgets::{Press, card, label, pair, rule};
use crate::app::{Scene, words};

/// Family above, sums below, the main button at the bottom: always in the same place.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>, sale: &OpenSale) {
    family::panel(ui, scene, sale);
    ui.add_space(STEP);
    let p = scene.p;
    card(p).show(ui, |ui| {
        ui.set_min_size(ui.available_size());
        ui.with_layout(Layout::bottom_up(Align::LEFT), |ui| {
            main_button(ui, scene, sale);
            ui.add_space(STEP * 2.0);
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
    let press = Press::main(text).key("+").size(width, 64.0).type_size(size::TITLE);
    if press.enabled(enabled).show(ui) {
        sale::run(scene, sale, Command::Pay);
    }
}

/// From the bottom up: what is due, what was taken off, the sum.
fn sums(ui: &mut Ui, scene: &mut Scene<'_>, sale: &OpenSale) {
    let p = scene.p;
    let totals = sale.priced.as_ref().map(|priced| priced.totals).unwrap_or_default();
    let paid: Money = sale.tenders.iter().map(|t| t.amount).sum();
    ui.allocate_ui(vec2(ui.available_width(), 76.0), |ui| {
        ui.with_layout(Layout::right_to_left(Align::Max), |ui| {
            let (figure, color) = if scene.snap.is_beside {
                (words::figure(totals.discount + totals.purse), p.vermilion)
            } else {
                (words::figure(sale.due()), p.ink)
            };
            label(ui, figure, size::DUE, color);
            ui.with_layout(Layout::left_to_right(Align::Max), |ui| {
                let text = match (scene.snap.is_beside, paid.is_zero()) {
                    (true, _) => scene.t("收银机减", "Take off"),
                    (false, true) => scene.t("应收", "Due"),
                    (false, false) => scene.t("还应收", "Still due"),
                };
                label(ui, text, size::TITLE, p.ink);
            });
        });
    });
    rule(ui, p);
    for tender in sale.tenders.iter().rev() {
        pair(ui, words::tender(scene.lang, tender.kind), &words::off(tender.amount), size::BODY, p.weak);
    }
    if !sale.waived.is_zero() {
        pair(ui, scene.t("让零", "Waived"), &words::off(sale.waived), size::BODY, p.weak);
    }
    if !totals.purse.is_zero() {
        pair(ui, scene.t("爱心卡支付", "Value card"), &words::off(totals.purse), size::LINE, p.vermilion);
    }
    if !totals.discount.is_zero() {
        pair(ui, scene.t("惠民优惠", "Family discount"), &words::off(totals.discount), size::LINE, p.vermilion);
    }
    if !totals.promotion.is_zero() {
        pair(ui, scene.t("店内促销", "Shop promotion"), &words::off(totals.promotion), size::LINE, p.vermilion);
    }
    pair(ui, scene.t("合计", "Total"), &words::figure(totals.gross), size::LINE, p.ink);
    let count = scene.lang.of(format!("{} 种", sale.lines.len()), format!("{} lines", sale.lines.len()));
    if !sale.lines.is_empty() {
        label(ui, count, size::SMALL, p.weak);
    }
}

/// Uses all that is left of a purse, or none of it.
pub fn use_purse(scene: &mut Scene<'_>, code: &str, amount: String) {
    scene.event(Event::Purse { programme: code.to_owned(), amount });
}
