//! The household: few words beside the basket, all of them on a page of their own.

use domain::till::{Event, Family, FamilyProgramme, OpenSale};
use eframe::egui::{Align, Layout, ScrollArea, Ui, vec2};

use super::{sale, side};
use crate::app::command::Command;
use crate::app::keys;
use crate::app::theme::{STEP, size};
use crate::app::view::Page;
use crate::app::widgets::{
    Keys, Look, Press, card, close_card, dialog_with, dot, foot, foot_height, is_low, label, pair, room, rule, scroll,
    title, typed_field,
};
use crate::app::{Scene, words};

/// Most programmes of the panel.
const SHOWN: usize = 3;
/// Height that the sums below need, and the panel without any programme.
const SUMS: f32 = 300.0;
const BARE: f32 = 120.0;
/// Height of a programme in the panel.
const EACH: f32 = 56.0;

/// The panel beside the basket. The queue may read it: no category, no reason.
pub fn panel(ui: &mut Ui, scene: &mut Scene<'_>, sale: &OpenSale) {
    let p = scene.p;
    let Some(family) = scene.snap.family.clone() else {
        close_card(ui, p).show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            if !is_low(ui.ctx()) {
                label(ui, scene.t("还没有核验家庭", "No household verified"), size::LINE, p.ink);
                label(
                    ui,
                    scene.t("刷爱心卡即可；没带卡按 F2 输入号码。", "Show a card, or press F2 and type a number."),
                    size::SMALL,
                    p.weak,
                );
            }
            let press = Press::new(scene.t("核验", "Verify")).key("F2").size(ui.available_width(), 48.0);
            if press.enabled(sale::allowed(scene, sale, Command::Verify)).show(ui) {
                sale::run(scene, sale, Command::Verify);
            }
        });
        return;
    };
    if is_low(ui.ctx()) {
        in_one(ui, scene, &family);
        return;
    }
    let room = ((ui.available_height() - SUMS - BARE) / EACH).clamp(0.0, SHOWN as f32) as usize;
    card(p).fill(p.jade_soft).stroke((1.0, p.jade)).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.horizontal(|ui| {
            dot(ui, p.jade);
            let who = scene.lang.of(
                format!("已核验 · {} · {}口", family.name, family.size),
                format!("Verified · {} · {} persons", family.name, family.size),
            );
            label(ui, who, size::LINE, p.jade);
        });
        // What this basket uses comes first: that is what a family asks about.
        let mut programmes: Vec<&FamilyProgramme> = family.programmes.iter().collect();
        programmes.sort_by_key(|p| (p.taken.is_zero(), !p.is_purse()));
        for programme in programmes.iter().take(room) {
            short(ui, scene, programme);
        }
        if family.programmes.is_empty() {
            label(ui, scene.t("今天没有可用的优惠项目。", "No programme fits today."), size::BODY, p.ink);
        }
        ui.horizontal(|ui| {
            let count = family.programmes.len();
            let text = scene.lang.of(format!("全部 {count} 个项目"), format!("All {count} programmes"));
            let width = ui.available_width() - 8.0;
            if Press::new(&text).key("F2").size(width * 0.6, 44.0).show(ui) {
                scene.view.page = Page::Family { category: false, purse: None };
            }
            let leave = Press::new(scene.t("退出核验", "End verification")).size(width * 0.4, 44.0);
            if leave.enabled(sale.tenders.is_empty()).show(ui) {
                scene.event(Event::Unverify);
            }
        });
    });
}

/// The panel of a low window: who is verified; everything else is on the page.
fn in_one(ui: &mut Ui, scene: &mut Scene<'_>, family: &Family) {
    let who = scene.lang.of(
        format!("已核验 · {} · {}口", family.name, family.size),
        format!("Verified · {} · {} persons", family.name, family.size),
    );
    let count = family.programmes.len();
    let below =
        scene.lang.of(format!("全部 {count} 个项目、退出核验"), format!("{count} programmes, end verification"));
    let press = Press::new(&who).below(&below).key("F2").look(Look::Chosen).size(ui.available_width(), 52.0);
    if press.show(ui) {
        scene.view.page = Page::Family { category: false, purse: None };
    }
}

/// One programme in the panel: its name, and what is left or was taken.
fn short(ui: &mut Ui, scene: &mut Scene<'_>, programme: &FamilyProgramme) {
    let p = scene.p;
    let name = words::programme(scene.lang, programme);
    if !programme.taken.is_zero() {
        pair(ui, &name, &words::off(programme.taken), size::BODY, p.ink);
    }
    let left: Vec<String> = programme.left.iter().map(|l| words::left(scene.lang, l, programme.is_purse())).collect();
    let text = if programme.declined {
        scene.t("这次不用", "not this time").to_owned()
    } else if left.is_empty() {
        words::benefit(scene.lang, programme.benefit)
    } else {
        left.join(scene.t("，", ", "))
    };
    if programme.taken.is_zero() {
        ui.horizontal(|ui| {
            let line = format!("{name}　{text}");
            if programme.is_purse() && !is_empty(programme) {
                let width = ui.available_width() - 88.0;
                let galley = crate::app::widgets::line(ui, &line, size::BODY, p.ink, width);
                let (rect, _) = ui.allocate_exact_size(vec2(width, 44.0), eframe::egui::Sense::hover());
                ui.painter().galley(rect.left_center() - vec2(0.0, galley.size().y / 2.0), galley, p.ink);
                if Press::new(scene.t("使用", "Use")).size(80.0, 44.0).show(ui) {
                    side::use_purse(scene, &programme.code, balance(programme));
                }
            } else {
                label(ui, line, size::BODY, p.ink);
            }
        });
    } else {
        label(ui, text, size::SMALL, p.weak);
    }
}

fn is_empty(programme: &FamilyProgramme) -> bool {
    programme.left.iter().any(|left| left.amount.milli() == 0)
}

/// The least that is left of a purse's limits: more can never be paid.
fn balance(programme: &FamilyProgramme) -> String {
    let least = programme.left.iter().min_by_key(|left| left.amount.milli());
    least.map_or_else(|| "9999.00".into(), |left| left.amount.to_string())
}

/// The page: each programme, what it gives, what is left, and whether the family wants it.
pub fn details(ui: &mut Ui, scene: &mut Scene<'_>, category: &mut bool, purse: &mut Option<(String, String)>) -> bool {
    let Some(family) = scene.snap.family.clone() else { return false };
    let p = scene.p;
    digits(scene, &family, purse);
    dialog_with(ui, purse.is_some(), "family", 680.0, p, |ui| {
        title(
            ui,
            &scene.lang.of(
                format!("{} · {}口", family.name, family.size),
                format!("{} · {} persons", family.name, family.size),
            ),
            p,
        );
        ui.horizontal(|ui| category_line(ui, scene, &family, category));
        rule(ui, p);
        let mut programmes = |ui: &mut Ui| {
            for (at, programme) in family.programmes.iter().enumerate() {
                full(ui, scene, (at, programme), purse);
                rule(ui, p);
            }
        };
        if is_low(ui.ctx()) {
            programmes(ui);
        } else {
            let height = room(ui.ctx(), 340.0, 140.0);
            scroll(ui, "programmes", ScrollArea::vertical().max_height(height), programmes);
        }
        if end(ui, scene) {
            return false;
        }
        ui.add_space(STEP);
        let by_key = keys::pressed(&mut scene.keys, eframe::egui::Key::Enter);
        foot(ui, |ui| {
            let printer = scene.snap.printer.is_some() && !scene.is_waiting;
            let quota = Press::new(scene.t("打印额度", "Print what is left")).key("P").size(200.0, foot_height(ui));
            let typed = scene.keys.iter().any(|k| matches!(k, keys::Typed::Char('p' | 'P')));
            if printer && (quota.enabled(printer).show(ui) || typed) {
                scene.counter(crate::app::worker::Counter::PrintQuota);
            }
            let size = (ui.available_width(), foot_height(ui));
            !(by_key || Press::main(scene.t("好了", "Done")).key("Enter").size(size.0, size.1).show(ui))
        })
    })
}

/// Ends the verification, where nothing is paid yet.
fn end(ui: &mut Ui, scene: &mut Scene<'_>) -> bool {
    let is_free = scene.snap.screen.open().is_ok_and(|sale| sale.tenders.is_empty());
    let by_key = is_free && scene.keys.iter().any(|k| matches!(k, keys::Typed::Char('x' | 'X')));
    let ends = Press::new(scene.t("退出核验", "End verification")).key("X").enabled(is_free).show(ui) || by_key;
    if ends {
        scene.event(Event::Unverify);
    }
    ends
}

/// Figures use a programme or leave it, as its first button says.
fn digits(scene: &mut Scene<'_>, family: &Family, purse: &mut Option<(String, String)>) {
    if purse.is_some() {
        return;
    }
    for key in std::mem::take(&mut scene.keys) {
        let keys::Typed::Char(c) = key else {
            scene.keys.push(key);
            continue;
        };
        let at = c.to_digit(10).and_then(|n| usize::try_from(n).ok()?.checked_sub(1));
        match at.and_then(|at| family.programmes.get(at)) {
            Some(programme) => first(scene, programme),
            None if c == '*' || c == '×' => {
                let first = family.programmes.iter().find(|p| p.is_purse() && !is_empty(p));
                *purse = first.map(|programme| (programme.code.clone(), String::new()));
            }
            None => scene.keys.push(key),
        }
    }
}

/// What a programme's first button does.
fn first(scene: &mut Scene<'_>, programme: &FamilyProgramme) {
    let code = programme.code.clone();
    if programme.is_purse() {
        if programme.purse.is_some_and(|amount| !amount.is_zero()) {
            side::use_purse(scene, &code, "0".into());
        } else if !is_empty(programme) {
            side::use_purse(scene, &code, balance(programme));
        }
    } else if programme.declined {
        scene.event(Event::Accept { programme: code });
    } else {
        scene.event(Event::Decline { programme: code });
    }
}

fn category_line(ui: &mut Ui, scene: &Scene<'_>, family: &Family, shown: &mut bool) {
    let p = scene.p;
    let online = if family.online {
        scene.t("余额是刚从总部取得的。", "Balances are fresh from headquarters.")
    } else {
        scene.t("现在离线：只在离线额度内优惠。", "Offline: within the offline amounts.")
    };
    label(ui, online, size::BODY, p.weak);
    if *shown {
        label(ui, words::category(scene.lang, &family.category), size::BODY, p.ink);
    } else if Press::new(scene.t("看类别", "Show category")).show(ui) {
        *shown = true;
    }
}

fn full(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    (at, programme): (usize, &FamilyProgramme),
    purse: &mut Option<(String, String)>,
) {
    let p = scene.p;
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            controls(ui, scene, (at, programme), purse);
            ui.with_layout(Layout::top_down(Align::LEFT), |ui| {
                label(ui, words::programme(scene.lang, programme), size::LINE, p.ink);
                label(ui, words::benefit(scene.lang, programme.benefit), size::BODY, p.weak);
                for left in &programme.left {
                    label(ui, words::left(scene.lang, left, programme.is_purse()), size::BODY, p.ink);
                }
                if !programme.taken.is_zero() {
                    let text = scene.lang.of(
                        format!("这一单 {}", words::off(programme.taken)),
                        format!("this basket {}", words::off(programme.taken)),
                    );
                    label(ui, text, size::BODY, p.vermilion);
                }
            });
        });
    });
    if let Some((code, typed)) = purse
        && *code == programme.code
    {
        keys::type_into(&mut scene.keys, typed, 9, |c| Keys::Amount.takes(c));
        typed_field(ui, scene.t("这次付多少", "How much this time"), typed, &balance(programme), p);
        // Not inside a row: there the keys would be as high as one.
        crate::app::widgets::keypad(ui, Keys::Amount, typed, 9, scene.lang);
        let by_key = keys::pressed(&mut scene.keys, eframe::egui::Key::Enter);
        if by_key || Press::new(scene.t("就付这么多", "Pay this much")).key("Enter").look(Look::Chosen).show(ui) {
            let amount = if typed.is_empty() { balance(programme) } else { typed.clone() };
            side::use_purse(scene, &programme.code, amount);
            *purse = None;
        }
    }
}

fn controls(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    (at, programme): (usize, &FamilyProgramme),
    purse: &mut Option<(String, String)>,
) {
    let text = if programme.is_purse() {
        match programme.purse.is_some_and(|amount| !amount.is_zero()) {
            true => scene.t("不用", "Do not use"),
            false => scene.t("使用", "Use"),
        }
    } else if programme.declined {
        scene.t("恢复", "Use after all")
    } else {
        scene.t("这次不用", "Not this time")
    };
    let is_used = programme.purse.is_some_and(|amount| !amount.is_zero());
    let enabled = !programme.is_purse() || is_used || !is_empty(programme);
    let key = if at < 9 { (at + 1).to_string() } else { String::new() };
    if Press::new(text).key(&key).enabled(enabled).show(ui) {
        first(scene, programme);
    }
    if programme.is_purse() && Press::new(scene.t("改金额", "Amount")).key("*").enabled(!is_empty(programme)).show(ui)
    {
        *purse = Some((programme.code.clone(), String::new()));
    }
}
