//! Taking payment: how, how much, and what to check before confirming.

use domain::money::Money;
use domain::tender::{TenderKind, quick_amounts};
use domain::till::{Event, OpenSale};
use eframe::egui::{Align, Key, Layout, Ui, vec2};

use crate::app::keys::{self, Typed};
use crate::app::theme::{TOUCH, size};
use crate::app::view::{Page, What};
use crate::app::widgets::{Keys, Look, Press, close_card, is_low, keypad, label, notice, pair, title, typed_field};
use crate::app::{Scene, words};

/// Means of payment in the order of their keys, which are letters: figures are amounts.
const KINDS: [(TenderKind, char); 5] = [
    (TenderKind::Cash, 'a'),
    (TenderKind::Wechat, 'b'),
    (TenderKind::Alipay, 'c'),
    (TenderKind::BankCard, 'd'),
    (TenderKind::ECny, 'e'),
];
/// Longest amount that is typed.
const MOST: usize = 9;

/// The page as it opens: cash, and the amount that is due.
pub fn page() -> Page {
    Page::Pay { kind: TenderKind::Cash, typed: String::new() }
}

/// The middle of the screen while paying.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>, sale: &OpenSale) {
    if keys::pressed(&mut scene.keys, Key::Escape) {
        // What was paid stays paid: only the whole sale can be dropped then.
        scene.view.page = if sale.tenders.is_empty() { Page::None } else { What::Clear.page() };
        return;
    }
    let Page::Pay { kind, typed } = &mut scene.view.page else { return };
    let (mut kind, mut typed) = (*kind, std::mem::take(typed));
    letters(scene, &mut kind, &mut typed);
    keys::type_into(&mut scene.keys, &mut typed, MOST, |c| Keys::Amount.takes(c));
    let p = scene.p;
    close_card(ui, p).show(ui, |ui| {
        ui.set_min_size(ui.available_size());
        let is_low = is_low(ui.ctx());
        let waives_by_key = sale.tenders.is_empty() && scene.keys.contains(&Typed::Char('-'));
        let (mut leaves, mut waives) = (false, waives_by_key);
        if is_low {
            ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
        } else {
            ui.horizontal(|ui| {
                title(ui, scene.t("收款", "Payment"), p);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    waives |= waive(ui, scene, sale);
                    leaves = Press::new(scene.t("返回", "Back")).key("Esc").show(ui);
                });
            });
        }
        kinds(ui, scene, &mut kind, &mut typed);
        if is_low {
            (leaves, waives) = low(ui, scene, sale, kind, &mut typed);
            waives |= waives_by_key;
        } else {
            roomy(ui, scene, sale, kind, &mut typed);
        }
        if leaves {
            scene.view.page = if sale.tenders.is_empty() { Page::None } else { What::Clear.page() };
        }
        if waives {
            scene.view.page = What::Waive.page();
        }
    });
    if keys::pressed(&mut scene.keys, Key::Enter) {
        confirm(scene, sale, kind, &typed);
    }
    if let Page::Pay { kind: kept, typed: text } = &mut scene.view.page {
        (*kept, *text) = (kind, typed);
    }
}

fn waive(ui: &mut Ui, scene: &Scene<'_>, sale: &OpenSale) -> bool {
    sale.tenders.is_empty() && Press::new(scene.t("让零", "Waive")).key("-").show(ui)
}

/// What is typed, and what is asked for while nothing is.
fn amount(ui: &mut Ui, scene: &Scene<'_>, sale: &OpenSale, kind: TenderKind, typed: &str) {
    let due = sale.due();
    let hint = words::figure(if kind == TenderKind::Cash { scene.snap.rounding.round(due) } else { due });
    typed_field(ui, scene.t("收到金额", "Amount"), typed, &hint, scene.p);
}

fn beside(ui: &mut Ui, scene: &Scene<'_>, sale: &OpenSale, kind: TenderKind, typed: &mut String) {
    match kind {
        TenderKind::Cash => cash(ui, scene, sale, typed),
        _ => elsewhere(ui, scene, sale, kind, typed),
    }
}

/// Amount and keypad at the left, what is usually given at the right.
fn roomy(ui: &mut Ui, scene: &Scene<'_>, sale: &OpenSale, kind: TenderKind, typed: &mut String) {
    ui.add_space(4.0);
    let width = ui.available_width();
    ui.horizontal_top(|ui| {
        ui.allocate_ui(vec2((width * 0.5).min(380.0), 300.0), |ui| {
            ui.vertical(|ui| {
                amount(ui, scene, sale, kind, typed);
                keypad(ui, Keys::Amount, typed, MOST, scene.lang);
            });
        });
        ui.add_space(8.0);
        ui.vertical(|ui| beside(ui, scene, sale, kind, typed));
    });
}

/// The keypad at the left, the amount and everything else at the right. Whether to leave, whether to waive.
fn low(ui: &mut Ui, scene: &Scene<'_>, sale: &OpenSale, kind: TenderKind, typed: &mut String) -> (bool, bool) {
    let (width, height) = (ui.available_width(), ui.available_height());
    ui.horizontal_top(|ui| {
        ui.allocate_ui(vec2((width * 0.46).min(320.0), height), |ui| {
            ui.vertical(|ui| keypad(ui, Keys::Amount, typed, MOST, scene.lang));
        });
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
            amount(ui, scene, sale, kind, typed);
            beside(ui, scene, sale, kind, typed);
            ui.with_layout(Layout::bottom_up(Align::LEFT), |ui| {
                ui.horizontal(|ui| {
                    let leaves = Press::new(scene.t("返回", "Back")).key("Esc").show(ui);
                    (leaves, waive(ui, scene, sale))
                })
                .inner
            })
            .inner
        })
        .inner
    })
    .inner
}

fn letters(scene: &mut Scene<'_>, kind: &mut TenderKind, typed: &mut String) {
    scene.keys.retain(|key| {
        let chosen = KINDS.iter().find(|(_, letter)| matches!(key, Typed::Char(c) if c.eq_ignore_ascii_case(letter)));
        if let Some((chosen, _)) = chosen {
            *kind = *chosen;
            typed.clear();
        }
        chosen.is_none()
    });
}

fn kinds(ui: &mut Ui, scene: &Scene<'_>, kind: &mut TenderKind, typed: &mut String) {
    ui.horizontal(|ui| {
        let gap = ui.spacing().item_spacing.x;
        let width = (ui.available_width() - gap * 4.0) / 5.0;
        let height = if is_low(ui.ctx()) { TOUCH } else { 56.0 };
        for (each, letter) in KINDS {
            let look = if *kind == each { Look::Chosen } else { Look::Plain };
            let key = letter.to_ascii_uppercase().to_string();
            if Press::new(words::tender(scene.lang, each)).key(&key).look(look).size(width, height).show(ui) {
                *kind = each;
                typed.clear();
            }
        }
    });
}

fn cash(ui: &mut Ui, scene: &Scene<'_>, sale: &OpenSale, typed: &mut String) {
    let p = scene.p;
    let asked = scene.snap.rounding.round(sale.due());
    let is_low = is_low(ui.ctx());
    if !is_low {
        label(ui, scene.t("顾客给了多少？", "How much did the customer give?"), size::BODY, p.weak);
    }
    let (columns, gap, height) = if is_low { (3, 4.0, TOUCH) } else { (2, 8.0, 52.0) };
    let width = (ui.available_width() - gap * (columns - 1) as f32) / columns as f32;
    for row in quick_amounts(asked).chunks(columns) {
        ui.horizontal(|ui| {
            for amount in row {
                let look = if *typed == amount.to_string() { Look::Chosen } else { Look::Plain };
                let text = words::yuan(*amount);
                let press = Press::new(&text).look(look).type_size(size::LINE).size(width, height);
                if press.show(ui) {
                    *typed = amount.to_string();
                }
            }
        });
    }
    if let Ok(given) = Money::parse(typed)
        && given >= asked
    {
        if is_low {
            pair(ui, scene.t("找零", "Change"), &words::yuan(given - asked), size::TITLE, p.ink);
            return;
        }
        ui.add_space(4.0);
        label(ui, scene.t("找零", "Change"), size::BODY, p.weak);
        label(ui, words::yuan(given - asked), size::SUM, p.ink);
    } else if !typed.is_empty() {
        let rest = Money::parse(typed).map(|given| asked - given).unwrap_or(asked);
        label(
            ui,
            scene.lang.of(
                format!("还差 {}", words::yuan(rest)),
                format!("{} short: take the rest otherwise", words::yuan(rest)),
            ),
            size::BODY,
            p.amber,
        );
    }
}

/// Money that arrives elsewhere: the till only notes it.
fn elsewhere(ui: &mut Ui, scene: &Scene<'_>, sale: &OpenSale, kind: TenderKind, typed: &str) {
    let p = scene.p;
    let amount = words::yuan(Money::parse(typed).unwrap_or_else(|_| sale.due()));
    let text = match (scene.lang, kind) {
        (domain::lang::Lang::Zh, TenderKind::BankCard) => format!("请在刷卡机上收 {amount}，出单后按确认。"),
        (domain::lang::Lang::Zh, _) => format!("请在扫码盒或收款码收 {amount}，听到到账播报后按确认。"),
        (domain::lang::Lang::En, TenderKind::BankCard) => {
            format!("Take {amount} on the card terminal; confirm when its slip is out.")
        }
        (domain::lang::Lang::En, _) => {
            format!("Take {amount} with the payment box or code; confirm when it announces the money.")
        }
    };
    notice(ui, &text, p.amber, p.amber_soft);
}

/// The main button while paying.
pub fn confirm_button(ui: &mut Ui, scene: &mut Scene<'_>, sale: &OpenSale) {
    let Page::Pay { kind, typed } = &scene.view.page else { return };
    let (kind, typed) = (*kind, typed.clone());
    let text = if kind == TenderKind::Cash {
        scene.t("确认收款", "Confirm cash")
    } else {
        scene.t("已到账，确认", "Money is in: confirm")
    };
    let enabled = !scene.is_waiting && !sale.lines.is_empty();
    let press =
        Press::main(text).key("Enter").size(ui.available_width(), super::side::main_height(ui)).type_size(size::TITLE);
    if press.enabled(enabled).show(ui) {
        confirm(scene, sale, kind, &typed);
    }
}

/// Confirms once: nothing more can be paid until the till has answered.
fn confirm(scene: &mut Scene<'_>, sale: &OpenSale, kind: TenderKind, typed: &str) {
    if scene.is_waiting || scene.asks.iter().any(|ask| matches!(ask, crate::app::Request::Event(Event::Pay { .. }))) {
        return;
    }
    let amount = (!typed.is_empty()).then(|| typed.to_owned());
    // What was on the screen when the key was pressed: a second press finds another sum, and pays nothing.
    scene.event(Event::Pay { kind, amount, reference: None, seen: Some(sale.due()) });
}
