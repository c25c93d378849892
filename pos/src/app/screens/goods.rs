//! Pages about one product: its weight, its price, a code that nothing has.

use domain::basket::SaleUnit;
use domain::product::Product;
use domain::quantity::Quantity;
use domain::sale::Entry;
use domain::till::Event;
use eframe::egui::{Key, Ui};

use super::shelf::Start;
use crate::app::keys::{self, Typed};
use crate::app::theme::size;
use crate::app::view::{Checked, Page, Wanted};
use crate::app::widgets::{
    Keys, Look, Press, back_width, dialog, dialog_with, foot, foot_height, keypad, label, pad_dialog, pair, title,
    typed_field,
};
use crate::app::{Scene, words};

/// How much of a product that is sold by weight: typed in 公斤 or 斤, or from the scale.
pub fn weigh(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    (code, entry): (&str, Entry),
    product: &Product,
    typed: &mut String,
    in_jin: &mut bool,
) -> bool {
    let p = scene.p;
    keys::type_into(&mut scene.keys, typed, 9, |c| Keys::Amount.takes(c));
    let mut turn = scene.keys.iter().any(|key| matches!(key, Typed::Char('*' | '×')));
    pad_dialog(ui, "weigh", 460.0, p, |ui| {
        title(ui, &words::product(product), p);
        let unit = if product.unit == SaleUnit::Jin { scene.t("斤", "jin") } else { scene.t("公斤", "kg") };
        let price = product.price.map(words::yuan).unwrap_or_default();
        label(ui, format!("{price} / {unit}"), size::LINE, p.weak);
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 8.0) / 2.0;
            let look = |chosen: bool| if chosen { Look::Chosen } else { Look::Plain };
            for (text, jin) in [(scene.t("公斤", "kg"), false), (scene.t("斤", "jin (500 g)"), true)] {
                let press = Press::new(text).key("*").look(look(*in_jin == jin)).size(width, 44.0);
                turn |= press.show(ui) && *in_jin != jin;
            }
        });
        scale(ui, scene, typed, *in_jin);
        typed_field(ui, scene.t("重量", "Weight"), typed, "0.000", p);
        keypad(ui, Keys::Amount, typed, 9, scene.lang);
        let wanted = in_unit(typed, *in_jin, product.unit);
        let amount = wanted.zip(product.price).map(|(quantity, price)| words::yuan(price.times(quantity)));
        pair(ui, scene.t("金额", "Amount"), &amount.unwrap_or_default(), size::LINE, p.ink);
        let enabled = wanted.is_some() && !scene.is_waiting;
        let by_key = keys::pressed(&mut scene.keys, Key::Enter) && enabled;
        foot(ui, |ui| {
            let leaves = Press::new(scene.t("返回", "Back")).key("Esc").size(back_width(ui), foot_height(ui)).show(ui);
            let press = Press::main(scene.t("放进去", "Add")).key("Enter").size(ui.available_width(), foot_height(ui));
            if let (true, Some(quantity)) = ((press.enabled(enabled).show(ui) || by_key) && !leaves, wanted) {
                let quantity = Some(quantity.to_string());
                scene.event(Event::Scanned { code: code.to_owned(), entry, quantity });
            }
            if turn {
                *in_jin = !*in_jin;
            }
            !leaves
        })
    })
}

/// What the scale says, where there is one; `S` or a touch takes it once it stands still.
fn scale(ui: &mut Ui, scene: &mut Scene<'_>, typed: &mut String, in_jin: bool) {
    let Some(weight) = scene.snap.weight else { return };
    let kg = Quantity::from_milli(weight.grams.into());
    let shown = if in_jin { Quantity::from_milli(kg.milli() * 2) } else { kg };
    let text = if weight.is_steady {
        scene.lang.of(format!("秤上 {shown}，取用"), format!("Scale: {shown}, take it"))
    } else {
        scene.lang.of(format!("秤上 {shown}，还在动"), format!("Scale: {shown}, still moving"))
    };
    let by_key = scene.keys.iter().any(|key| matches!(key, Typed::Char('s' | 'S')));
    let press = Press::new(&text).key("S").look(Look::Chosen).size(ui.available_width(), 48.0);
    if (press.enabled(weight.is_steady).show(ui) || by_key) && weight.is_steady {
        *typed = shown.to_string();
    }
}

/// A typed weight in the product's own unit.
fn in_unit(typed: &str, in_jin: bool, unit: SaleUnit) -> Option<Quantity> {
    let quantity = Quantity::parse(typed).ok().filter(|quantity| *quantity > Quantity::ZERO)?;
    Some(match (in_jin, unit) {
        (false, SaleUnit::Jin) => Quantity::from_milli(quantity.milli() * 2),
        (true, SaleUnit::Kg) => Quantity::from_milli((quantity.milli() + 1) / 2),
        (true, SaleUnit::Jin) | (false, SaleUnit::Kg) | (_, SaleUnit::Piece) => quantity,
    })
}

/// What something costs: nothing is sold.
pub fn check(ui: &mut Ui, scene: &mut Scene<'_>, typed: &mut String, found: Option<&Checked>) -> bool {
    let p = scene.p;
    keys::type_into(&mut scene.keys, typed, 20, |c| Keys::Digits.takes(c));
    if !typed.is_empty() && keys::pressed(&mut scene.keys, Key::Enter) {
        scene.counter(crate::app::worker::Counter::Check(std::mem::take(typed)));
    }
    dialog_with(ui, found.is_none(), "check", 520.0, p, |ui| {
        title(ui, scene.t("查价", "Price check"), p);
        let Some(found) = found else {
            label(ui, scene.t("扫一下商品，或输入编号。", "Scan something, or type its number."), size::LINE, p.weak);
            typed_field(ui, scene.t("条码或编号", "Code"), typed, scene.t("扫，或输入", "scan or type"), p);
            keypad(ui, Keys::Digits, typed, 20, scene.lang);
            return foot(ui, |ui| {
                let leaves =
                    Press::new(scene.t("返回", "Back")).key("Esc").size(back_width(ui), foot_height(ui)).show(ui);
                let press =
                    Press::main(scene.t("看价钱", "Look")).key("Enter").size(ui.available_width(), foot_height(ui));
                if press.enabled(!typed.is_empty()).show(ui) {
                    scene.counter(crate::app::worker::Counter::Check(std::mem::take(typed)));
                }
                !leaves
            });
        };
        label(ui, words::product(&found.product), size::LINE, p.ink);
        let price = found.amount.or(found.product.price).map(words::yuan).unwrap_or_default();
        label(ui, price, size::DUE, p.ink);
        let unit = &found.product.unit_name;
        if !unit.is_empty() {
            label(ui, scene.lang.of(format!("每{unit}"), format!("each {unit}")), size::BODY, p.weak);
        }
        for (name, off) in &found.promotions {
            let off = off.map(words::off).unwrap_or_default();
            pair(ui, name, &off, size::LINE, p.vermilion);
        }
        label(ui, found.product.key.parts().1, size::SMALL, p.weak);
        label(ui, scene.t("接着扫下一件也可以。", "Or scan the next one."), size::SMALL, p.weak);
        foot(ui, |ui| {
            let leaves = Press::new(scene.t("返回", "Back")).key("Esc").size(back_width(ui), foot_height(ui)).show(ui);
            let by_key = keys::pressed(&mut scene.keys, Key::Enter);
            let press =
                Press::main(scene.t("买这一件", "Sell it")).key("Enter").size(ui.available_width(), foot_height(ui));
            if (press.show(ui) || by_key) && !leaves {
                super::sale::pick(scene, &found.product.key);
                return false;
            }
            !leaves
        })
    })
}

/// A code that nothing has: what to do is chosen, nothing is guessed.
pub fn unknown(ui: &mut Ui, scene: &mut Scene<'_>, code: &str) -> bool {
    let p = scene.p;
    dialog(ui, "unknown", 520.0, p, |ui| {
        title(ui, scene.t("没有这个商品", "No such product"), p);
        label(ui, code, size::LINE, p.ink);
        let text = scene.t("没有加进这一单。请选一样：", "It was not added. Choose:");
        label(ui, text, size::BODY, p.weak);
        let width = ui.available_width();
        let by_key = keys::pressed(&mut scene.keys, Key::Enter);
        let choice = |letter: char, text: &str, below: &str, ui: &mut Ui| {
            let typed = scene.keys.iter().any(|k| matches!(k, Typed::Char(c) if c.eq_ignore_ascii_case(&letter)));
            let key = letter.to_string();
            Press::new(text).below(below).key(&key).at_left().size(width, 60.0).show(ui) || typed
        };
        let lang = scene.lang;
        let search = choice(
            'A',
            lang.of("按名称找", "Find it by name"),
            lang.of("也许换了条码", "perhaps its barcode changed"),
            ui,
        );
        let again = choice(
            'B',
            lang.of("再扫一次", "Scan it again"),
            lang.of("也许扫得不清楚", "perhaps it was read badly"),
            ui,
        );
        let new = choice(
            'C',
            lang.of("新商品，请店长加上", "It is new: the manager adds it"),
            lang.of("店长输密码，条码已填好", "with a PIN; the code is filled in"),
            ui,
        );
        if new {
            super::approve::open(scene, Wanted::Shelf(Start::Add(code.to_owned())));
            return false;
        }
        if search {
            scene.view.page = Page::Search { text: String::new(), found: Vec::new(), choice: 0 };
            return false;
        }
        let leaves =
            foot(ui, |ui| Press::new(scene.t("返回", "Back")).key("Esc").size(ui.available_width(), 48.0).show(ui));
        !(again || by_key || leaves)
    })
}
