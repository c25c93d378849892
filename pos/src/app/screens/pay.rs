//! Taking payment: how, how much, and what to check before confirming.

use domain::money::Money;
use domain::tender::{TenderKind, quick_amounts};
use domain::till::{Event, OpenSale};
use eframe::egui::{Align, Key, Layout, Ui, vec2};

use crate::app::keys::{self, Typed};
use crate::app::theme::size;
use crate::app::view::{Page, What};
use crate::app::widgets::{Keys, Look, Press, card, keypad, label, notice, title, typed_field};
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
    card(p).show(ui, |ui| {
        ui.set_min_size(ui.available_size());
        let mut leaves = false;
        let mut waives = sale.tenders.is_empty() && scene.keys.contains(&Typed::Char('-'));
        ui.horizontal(|ui| {
            title(ui, scene.t("收款", "Payment"), p);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if sale.tenders.is_empty() && Press::new(scene.t("让零", "Waive")).key("-").show(ui) {
                    waives = true;
                }
                leaves = Press::new(scene.t("返回", "Back")).key("Esc").show(ui);
            });
        });
        if leaves {
            scene.view.page = if sale.tenders.is_empty() { Page::None } else { What::Clear.page() };
        }
        if waives {
            scene.view.page = What::Waive.page();
        }
        kinds(ui, scene, &mut kind, &mut typed);
        ui.add_space(4.0);
        let width = ui.available_width();
        ui.horizontal_top(|ui| {
            let keypad_width = (width * 0.5).min(380.0);
            ui.allocate_ui(vec2(keypad_width, 300.0), |ui| {
                ui.vertical(|ui| {
                    let due = sale.due();
                    let hint =
                        words::figure(if kind == TenderKind::Cash { scene.snap.rounding.round(due) } else { due });
                    typed_field(ui, scene.t("收到金额", "Amount"), &typed, &hint, p);
                    keypad(ui, Keys::Amount, &mut typed, MOST, scene.lang);
                });
            });
            ui.add_space(8.0);
            ui.vertical(|ui| match kind {
                TenderKind::Cash => cash(ui, scene, sale, &mut typed),
                _ => elsewhere(ui, scene, sale, kind, &typed),
            });
        });
    });
    if keys::pressed(&mut scene.keys, Key::Enter) {
        confirm(scene, sale, kind, &typed);
    }
    if let Page::Pay { kind: kept, typed: text } = &mut scene.view.page {
        (*kept, *text) = (kind, typed);
    }
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
        for (each, letter) in KINDS {
            let look = if *kind == each { Look::Chosen } else { Look::Plain };
            let key = letter.to_ascii_uppercase().to_string();
            if Press::new(words::tender(scene.lang, each)).key(&key).look(look).size(width, 56.0).show(ui) {
                *kind = each;
                typed.clear();
            }
        }
    });
}

fn cash(ui: &mut Ui, scene: &Scene<'_>, sale: &OpenSale, typed: &mut String) {
    let p = scene.p;
    let asked = scene.snap.rounding.round(sale.due());
    label(ui, scene.t("顾客给了多少？", "How much did the customer give?"), size::BODY, p.weak);
    let width = ui.available_width();
    for pair in quick_amounts(asked).chunks(2) {
        ui.horizontal(|ui| {
            for amount in pair {
                let look = if *typed == amount.to_string() { Look::Chosen } else { Look::Plain };
                let text = words::yuan(*amount);
                let press = Press::new(&text).look(look).type_size(size::LINE).size((width - 8.0) / 2.0, 52.0);
                if press.show(ui) {
                    *typed = amount.to_string();
                }
            }
        });
    }
    ui.add_space(4.0);
    if let Ok(given) = Money::parse(typed)
        && given >= asked
    {
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
    let press = Press::main(text).key("Enter").size(ui.available_width(), 64.0).type_size(size::TITLE);
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
