//! An amount, a reason, or both: one page for all that must not happen without saying why.

use domain::money::Money;
use domain::sale::Change;
use domain::till::{Action, Event};
use eframe::egui::{Key, Ui};

use super::approve;
use crate::app::Scene;
use crate::app::keys::{self, Typed};
use crate::app::theme::size;
use crate::app::view::{Ask, Page, Wanted, What};
use crate::app::widgets::{
    Keys, Look, Press, back_width, dialog_with, foot, foot_height, is_low, keypad, label, title, typed_field,
};
use crate::app::worker::{Counter, Request};
use crate::counter::CashKind;

/// A reason in both languages; the record carries the first.
type Reason = (&'static str, &'static str);

const FOR_PRICE: &[Reason] =
    &[("价签不符", "Shelf label differs"), ("临期", "Near its date"), ("破损", "Damaged"), ("店长优惠", "Courtesy")];
const FOR_WAIVING: &[Reason] = &[("抹去零头", "Small change"), ("顾客零钱不够", "No coins")];
const FOR_CASH_IN: &[Reason] = &[("补零钱", "Change brought"), ("补备用金", "Float"), ("其他存入", "Other")];
const FOR_CASH_OUT: &[Reason] = &[
    ("上交营业款", "Takings handed over"),
    ("换零钱", "Change fetched"),
    ("付货款", "Goods paid"),
    ("其他取出", "Other"),
];
const FOR_DRAWER: &[Reason] =
    &[("换零钱", "Change"), ("核对现金", "Counting"), ("上一单找零", "Change of the last sale")];
const FOR_CLEARING: &[Reason] = &[
    ("顾客不要了", "Customer left"),
    ("扫错了", "Scanned wrongly"),
    ("换款台结账", "Goes to another till"),
    ("其他", "Other"),
];
const FOR_VOID: &[Reason] =
    &[("付款方式错", "Wrong payment"), ("商品错", "Wrong goods"), ("顾客反悔", "Customer changed mind")];
const FOR_COUNT: &[Reason] = &[
    ("找零差错", "Change given wrongly"),
    ("存取漏登记", "A move not entered"),
    ("假币或残币", "Bad notes"),
    ("原因不明", "Not known"),
];

impl What {
    /// Opens the page.
    pub fn page(self) -> Page {
        Page::Ask(Ask { what: self, typed: String::new(), reason: 0 })
    }

    fn heading(&self) -> (&'static str, &'static str) {
        match self {
            Self::Price { .. } => ("改单价", "Change the price"),
            Self::Off { .. } => ("这一行让利", "Take off this line"),
            Self::Waive => ("让零", "Waive a little"),
            Self::CashIn => ("现金存入", "Put cash in"),
            Self::CashOut => ("现金取出", "Take cash out"),
            Self::Drawer => ("开钱箱", "Open the drawer"),
            Self::Clear => ("整单取消？", "Drop the whole basket?"),
            Self::VoidLast => ("作废上一单？", "Void the last sale?"),
            Self::OverShort { .. } => ("点到的和应有的不一样", "The count is not what it should be"),
        }
    }

    fn hint(&self) -> (&'static str, &'static str) {
        match self {
            Self::Price { .. } => {
                ("新的单价，要店长输密码，记在小票上。", "The new price; a manager allows it with a PIN.")
            }
            Self::Off { .. } => {
                ("这一行减多少元，要店长输密码。", "Yuan off the line; a manager allows it with a PIN.")
            }
            Self::Waive => ("少收一点零头，由店里承担。", "A little less, at the store's cost."),
            Self::CashIn => ("放进钱箱多少元？", "How much goes in?"),
            Self::CashOut => ("从钱箱取多少元？要店长输密码。", "How much comes out? A manager allows it."),
            Self::Drawer => ("不收款，只开钱箱，会记下来。", "It opens without a sale, and that is kept."),
            Self::Clear => ("这一单的商品和核验都会清掉。", "Its goods and the verified household go."),
            Self::VoidLast => {
                ("全部退回，付的钱退给顾客，要店长输密码。", "All of it is reversed and the money given back.")
            }
            Self::OverShort { .. } => {
                ("请再数一遍；还是这么多，就选一个原因。", "Count again; if it is right, choose a reason.")
            }
        }
    }

    fn reasons(&self) -> &'static [Reason] {
        match self {
            Self::Price { .. } | Self::Off { .. } => FOR_PRICE,
            Self::Waive => FOR_WAIVING,
            Self::CashIn => FOR_CASH_IN,
            Self::CashOut => FOR_CASH_OUT,
            Self::Drawer => FOR_DRAWER,
            Self::Clear => FOR_CLEARING,
            Self::VoidLast => FOR_VOID,
            Self::OverShort { .. } => FOR_COUNT,
        }
    }

    fn takes_amount(&self) -> bool {
        matches!(self, Self::Price { .. } | Self::Off { .. } | Self::Waive | Self::CashIn | Self::CashOut)
    }

    fn is_danger(&self) -> bool {
        matches!(self, Self::Clear | Self::VoidLast)
    }
}

/// The page.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>, ask: &mut Ask) -> bool {
    let p = scene.p;
    if ask.what.takes_amount() {
        keys::type_into(&mut scene.keys, &mut ask.typed, 9, |c| Keys::Amount.takes(c));
    }
    letters(scene, ask);
    let has_amount = ask.what.takes_amount();
    dialog_with(ui, has_amount, "ask", if has_amount { 620.0 } else { 460.0 }, p, |ui| {
        let (zh, en) = ask.what.heading();
        title(ui, scene.t(zh, en), p);
        let (zh, en) = ask.what.hint();
        label(ui, scene.t(zh, en), size::BODY, p.weak);
        if ask.what == What::Clear && is_paid(scene) {
            let text =
                scene.t("已经收了一部分钱，取消后请把钱退给顾客。", "Part of it was paid: give that money back.");
            label(ui, text, size::BODY, p.vermilion);
        }
        if ask.what.takes_amount() && is_low(ui.ctx()) {
            typed_field(ui, scene.t("金额", "Amount"), &ask.typed, "0.00", p);
            keypad(ui, Keys::Amount, &mut ask.typed, 9, scene.lang);
            tabs(ui, scene, ask);
            reasons(ui, scene, ask);
        } else if ask.what.takes_amount() {
            ui.columns_const(|[left, right]| {
                typed_field(left, scene.t("金额", "Amount"), &ask.typed, "0.00", p);
                keypad(left, Keys::Amount, &mut ask.typed, 9, scene.lang);
                tabs(right, scene, ask);
                reasons(right, scene, ask);
            });
        } else {
            reasons(ui, scene, ask);
        }
        buttons(ui, scene, ask)
    })
}

fn is_paid(scene: &Scene<'_>) -> bool {
    scene.snap.screen.open().is_ok_and(|sale| !sale.tenders.is_empty())
}

/// A price and a discount are two ways to the same: one key changes between them.
fn tabs(ui: &mut Ui, scene: &mut Scene<'_>, ask: &mut Ask) {
    let (What::Price { line } | What::Off { line }) = ask.what else { return };
    let is_price = matches!(ask.what, What::Price { .. });
    let mut turn = scene.keys.iter().any(|key| matches!(key, Typed::Char('*' | '×')));
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 8.0) / 2.0;
        let look = |chosen: bool| if chosen { Look::Chosen } else { Look::Plain };
        turn |= Press::new(scene.t("改单价", "Price")).key("*").look(look(is_price)).size(width, 44.0).show(ui)
            && !is_price;
        turn |=
            Press::new(scene.t("减金额", "Off")).key("*").look(look(!is_price)).size(width, 44.0).show(ui) && is_price;
    });
    if turn {
        ask.what = if is_price { What::Off { line } } else { What::Price { line } };
    }
}

/// Letters choose a reason: figures are amounts.
fn letters(scene: &mut Scene<'_>, ask: &mut Ask) {
    let count = ask.what.reasons().len();
    scene.keys.retain(|key| {
        let Typed::Char(c) = key else { return true };
        let at = ('a'..='z').position(|letter| letter == c.to_ascii_lowercase()).filter(|at| *at < count);
        if let Some(at) = at {
            ask.reason = at;
        }
        at.is_none()
    });
}

fn reasons(ui: &mut Ui, scene: &Scene<'_>, ask: &mut Ask) {
    label(ui, scene.t("原因", "Reason"), size::BODY, scene.p.weak);
    // Two beside each other where the window is low.
    let columns = if is_low(ui.ctx()) { 2 } else { 1 };
    let all: Vec<(usize, (&Reason, char))> = ask.what.reasons().iter().zip('A'..='Z').enumerate().collect();
    for row in all.chunks(columns) {
        ui.horizontal(|ui| {
            let gap = ui.spacing().item_spacing.x * (columns - 1) as f32;
            let width = (ui.available_width() - gap) / columns as f32;
            for (i, ((zh, en), letter)) in row {
                let look = if ask.reason == *i { Look::Chosen } else { Look::Plain };
                let key = letter.to_string();
                if Press::new(scene.t(zh, en)).key(&key).look(look).at_left().size(width, 44.0).show(ui) {
                    ask.reason = *i;
                }
            }
        });
    }
}

fn buttons(ui: &mut Ui, scene: &mut Scene<'_>, ask: &Ask) -> bool {
    let enabled = !scene.is_waiting && (!ask.what.takes_amount() || !ask.typed.is_empty());
    let by_key = keys::pressed(&mut scene.keys, Key::Enter) && enabled;
    foot(ui, |ui| {
        let leaves = Press::new(scene.t("返回", "Back")).key("Esc").size(back_width(ui), foot_height(ui)).show(ui);
        let (zh, en) = if ask.what.is_danger() { ask.what.heading() } else { ("确定", "Confirm") };
        let text = scene.t(zh, en).trim_end_matches(['？', '?']);
        let look = if ask.what.is_danger() { Look::Danger } else { Look::Main };
        let press =
            Press::new(text).look(look).key("Enter").size(ui.available_width(), foot_height(ui)).enabled(enabled);
        if (press.show(ui) || by_key) && !leaves {
            confirm(scene, ask);
        }
        !leaves
    })
}

fn confirm(scene: &mut Scene<'_>, ask: &Ask) {
    let reason = ask.what.reasons().get(ask.reason).map_or("其他", |(zh, _)| zh).to_owned();
    let amount = ask.typed.clone();
    match &ask.what {
        What::Price { line } => change(scene, *line, &amount, reason, Change::Price),
        What::Off { line } => change(scene, *line, &amount, reason, Change::Off),
        What::Waive => match Money::parse(&amount) {
            Ok(asked) if asked > scene.snap.waive_up_to => {
                approve::open(scene, Wanted::Action(Action::Waive { amount: asked, reason }));
            }
            _ => scene.event(Event::Waive { amount }),
        },
        What::CashIn => scene.counter(Counter::MoveCash { kind: CashKind::In, amount, reason, approval: None }),
        What::CashOut => approve::open(scene, Wanted::CashOut { amount, reason }),
        What::Drawer => scene.counter(Counter::MoveCash { kind: CashKind::Open, amount, reason, approval: None }),
        What::Clear => scene.event(Event::Clear { reason: Some(reason) }),
        What::VoidLast => approve::open(scene, Wanted::VoidLast { reason }),
        What::OverShort { counted } => {
            scene.ask(Request::Counter(Counter::CloseShift { counted: counted.clone(), reason: Some(reason) }));
        }
    }
}

fn change(scene: &mut Scene<'_>, line: u32, amount: &str, reason: String, change: fn(Money) -> Change) {
    match Money::parse(amount) {
        Ok(money) => {
            approve::open(scene, Wanted::Action(Action::Change { line, change: change(money), reason }));
        }
        Err(_) => scene.refuse(&domain::till::Refusal::BadAmount(amount.into())),
    }
}
