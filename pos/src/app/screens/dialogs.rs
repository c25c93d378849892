//! Small pages: verify, choose, quantity, search, parked baskets, clear.

use domain::product::Product;
use domain::resident::Credential;
use domain::sale::VerifiedBy;
use domain::till::Event;
use eframe::egui::{Key, ScrollArea, Ui};

use super::sale;
use crate::app::theme::size;
use crate::app::widgets::{
    Field, Keys, Look, Press, Signs, dialog, foot, is_low, keypad, label, pad_dialog, room, scroll, title, typed_field,
};
use crate::app::worker::Request;
use crate::app::{Scene, keys, logic, words};

/// Longest number of a card or an ID card.
const NUMBER: usize = 32;

/// Type a number, or scan a card.
pub fn verify(ui: &mut Ui, scene: &mut Scene<'_>, typed: &mut String, shown: &mut bool) -> bool {
    let p = scene.p;
    keys::type_into(&mut scene.keys, typed, NUMBER, |c| Keys::Number.takes(c));
    pad_dialog(ui, "verify", 460.0, p, |ui| {
        title(ui, scene.t("核验家庭", "Verify a household"), p);
        label(
            ui,
            scene.t(
                "请顾客出示爱心卡，扫一下即可。没带卡，请输入身份证号码。",
                "Scan the card. Without a card, type the ID number.",
            ),
            size::BODY,
            p.weak,
        );
        let text = if *shown { typed.to_uppercase() } else { masked(typed) };
        typed_field(ui, scene.t("号码", "Number"), &text, scene.t("卡号或身份证号码", "card or ID number"), p);
        keypad(ui, Keys::Number, typed, NUMBER, scene.lang);
        if scene.is_waiting {
            label(ui, scene.t("正在核验…", "Verifying…"), size::BODY, p.weak);
        }
        // Three do not fit at the foot of a low page.
        let is_low = is_low(ui.ctx());
        if is_low && eye(ui, scene, *shown) {
            *shown = !*shown;
        }
        foot(ui, |ui| {
            if Press::new(scene.t("返回", "Back")).key("Esc").size(110.0, height(is_low)).show(ui) {
                return false;
            }
            if !is_low && eye(ui, scene, *shown) {
                *shown = !*shown;
            }
            let enabled = typed.len() >= 4 && !scene.is_waiting;
            let by_key = keys::pressed(&mut scene.keys, Key::Enter) && enabled;
            let press = Press::main(scene.t("核验", "Verify")).key("Enter").size(ui.available_width(), height(is_low));
            if press.enabled(enabled).show(ui) || by_key {
                let credential = logic::credential(typed);
                let is_card = matches!(credential, Ok(Credential::Card(_)));
                let by = crate::effects::verified_by(is_card);
                scene.event(Event::Verify { credential, by, household: None });
            }
            true
        })
    })
}

fn eye(ui: &mut Ui, scene: &Scene<'_>, shown: bool) -> bool {
    let text = if shown { scene.t("遮住", "Hide") } else { scene.t("看号码", "Show") };
    Press::new(text).size(100.0, height(is_low(ui.ctx()))).show(ui)
}

/// Height of a page's buttons.
fn height(is_low: bool) -> f32 {
    if is_low { 48.0 } else { 56.0 }
}

/// The queue may see the screen: only the last four characters are readable.
fn masked(number: &str) -> String {
    let count = number.chars().count();
    number.to_uppercase().chars().enumerate().map(|(i, c)| if i + 4 < count { '•' } else { c }).collect()
}

/// A person who may shop for several households chooses one.
pub fn choose(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    credential: &Credential,
    by: VerifiedBy,
    list: &[(String, String)],
) -> bool {
    let p = scene.p;
    dialog(ui, "choose", 460.0, p, |ui| {
        title(ui, scene.t("这次为哪一户购买？", "For which household today?"), p);
        for (i, (household, name)) in list.iter().enumerate() {
            let tail: String = household.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
            let below = scene.lang.of(format!("户号尾号 {tail}"), format!("household …{tail}"));
            let key = if i < 9 { (i + 1).to_string() } else { String::new() };
            let typed = scene.keys.iter().any(|k| matches!(k, keys::Typed::Char(c) if c.to_string() == key));
            let press = Press::new(name).below(&below).key(&key).at_left().size(ui.available_width(), 60.0);
            if press.show(ui) || typed {
                scene.event(Event::Verify {
                    credential: Ok(credential.clone()),
                    by,
                    household: Some(household.clone()),
                });
                return false;
            }
        }
        !foot(ui, |ui| Press::new(scene.t("返回", "Back")).key("Esc").show(ui))
    })
}

/// The chosen line's quantity.
pub fn quantity(ui: &mut Ui, scene: &mut Scene<'_>, line: u32, typed: &mut String) -> bool {
    let p = scene.p;
    keys::type_into(&mut scene.keys, typed, 9, |c| Keys::Amount.takes(c));
    pad_dialog(ui, "quantity", 380.0, p, |ui| {
        title(ui, scene.t("改数量", "Quantity"), p);
        typed_field(ui, scene.t("数量", "Quantity"), typed, scene.t("件数，或公斤数", "pieces, or weight"), p);
        keypad(ui, Keys::Amount, typed, 9, scene.lang);
        let enabled = !typed.is_empty() && !scene.is_waiting;
        let by_key = keys::pressed(&mut scene.keys, Key::Enter) && enabled;
        foot(ui, |ui| {
            let leaves = Press::new(scene.t("返回", "Back")).key("Esc").size(110.0, 48.0).show(ui);
            let press = Press::main(scene.t("确定", "Set")).key("Enter").size(ui.available_width(), 48.0);
            if press.enabled(enabled).show(ui) || by_key {
                scene.event(Event::SetQuantity { line, value: typed.clone() });
            }
            !leaves
        })
    })
}

/// Find goods by name. Here, and only here, a Chinese input method is welcome.
pub fn search(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    text: &mut String,
    found: &mut Vec<Product>,
    choice: &mut usize,
) -> bool {
    let p = scene.p;
    let before = *choice;
    if keys::pressed(&mut scene.keys, Key::ArrowDown) {
        *choice = (*choice + 1).min(found.len().saturating_sub(1));
    }
    if keys::pressed(&mut scene.keys, Key::ArrowUp) {
        *choice = choice.saturating_sub(1);
    }
    let moved = *choice != before;
    let by_key = keys::pressed(&mut scene.keys, Key::Enter);
    dialog(ui, "search", 620.0, p, |ui| {
        let is_low = is_low(ui.ctx());
        if !is_low {
            title(ui, scene.t("查商品", "Find goods"), p);
        }
        let hint = scene.t("品名、拼音首字母、编号", "name, pinyin initials or number");
        let field = Field { name: hint, hint, signs: Signs::Search, most: 40, is_secret: false, keeps_focus: true };
        if field.show(ui, text, scene.lang) {
            found.clear();
            scene.ask(Request::Search(text.clone()));
        }
        let mut picked = None;
        let height = if is_low { f32::INFINITY } else { room(ui.ctx(), 300.0, 140.0).min(380.0) };
        scroll(ui, "found", ScrollArea::vertical().max_height(height), |ui| {
            for (i, product) in found.iter().enumerate() {
                let look = if i == *choice { Look::Chosen } else { Look::Plain };
                let name = words::product(product);
                let below =
                    format!("{}   {}", product.price.map(words::yuan).unwrap_or_default(), product.key.parts().1);
                let press = Press::new(&name).below(&below).look(look).at_left().size(ui.available_width() - 8.0, 56.0);
                let response = press.response(ui);
                if moved && i == *choice {
                    response.scroll_to_me(None);
                }
                if response.clicked() {
                    picked = Some(product.key.clone());
                }
            }
        });
        if found.is_empty() && !text.is_empty() && !scene.is_waiting {
            label(ui, scene.t("没有找到，换个说法试试。", "Nothing found; try other words."), size::BODY, p.weak);
        }
        if by_key {
            picked = picked.or_else(|| found.get(*choice).map(|product| product.key.clone()));
        }
        if let Some(key) = picked {
            sale::pick(scene, &key);
            return false;
        }
        !foot(ui, |ui| Press::new(scene.t("返回", "Back")).key("Esc").show(ui))
    })
}

/// Baskets that wait.
pub fn parked(ui: &mut Ui, scene: &mut Scene<'_>) -> bool {
    let p = scene.p;
    let list = scene.snap.parked.clone();
    dialog(ui, "parked", 460.0, p, |ui| {
        title(ui, scene.t("取单", "Parked baskets"), p);
        if list.is_empty() {
            label(ui, scene.t("没有挂着的单。", "No basket waits."), size::BODY, p.weak);
        }
        for (i, (n, at, lines)) in list.into_iter().enumerate() {
            let text = scene.lang.of(format!("{n} 号 · {lines} 种商品"), format!("No. {n} · {lines} lines"));
            let key = if i < 9 { (i + 1).to_string() } else { String::new() };
            let press = Press::new(&text).below("").key(&key).at_left().size(ui.available_width(), 56.0);
            let typed = scene.keys.iter().any(|k| matches!(k, keys::Typed::Char(c) if c.to_string() == key));
            if press.show(ui) || typed {
                scene.event(Event::Recall { n });
            }
            label(ui, words::moment(at), size::SMALL, p.weak);
        }
        !foot(ui, |ui| Press::new(scene.t("返回", "Back")).key("Esc").show(ui))
    })
}
