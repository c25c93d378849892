//! A named manager allows one action, with a PIN.

use domain::role::StaffRole;
use domain::till::{Event, Screen};
use eframe::egui::{Key, Ui};

use crate::app::snapshot::Snapshot;
use crate::app::theme::size;
use crate::app::view::{Page, Wanted};
use crate::app::widgets::{
    Keys, Look, Press, back_width, foot, foot_height, is_low, keypad, label, pad_dialog, title, typed_field,
};
use crate::app::worker::{AccountQuery, Counter, Query, Request};
use crate::app::{Scene, keys};
use crate::counter::{Approval, CashKind};

/// Longest PIN.
const PIN: usize = 8;

/// Opens the page; the manager who is signed in, or the only one there is, is chosen already.
pub fn open(scene: &mut Scene<'_>, what: Wanted) {
    scene.view.page = page(scene.snap, what);
}

/// The page as it opens.
pub fn page(snap: &Snapshot, what: Wanted) -> Page {
    let managers: Vec<&String> = managers(snap);
    let present = match &snap.screen {
        Screen::NoShift { staff } | Screen::Sale { staff, .. } | Screen::Committing { staff, .. } => Some(&staff.code),
        Screen::SignIn => None,
    };
    let manager = managers
        .iter()
        .find(|code| Some(**code) == present)
        .or(if managers.len() == 1 { managers.first() } else { None })
        .map(|code| (*code).clone());
    Page::Approve { what, manager, pin: String::new() }
}

fn managers(snap: &Snapshot) -> Vec<&String> {
    snap.staff.iter().filter(|(_, role)| *role == StaffRole::Manager).map(|(code, _)| code).collect()
}

/// Managers at the left, keypad at the right.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>, what: &Wanted, manager: &mut Option<String>, pin: &mut String) -> bool {
    let p = scene.p;
    keys::type_into(&mut scene.keys, pin, PIN, |c| Keys::Digits.takes(c));
    let list: Vec<String> = managers(scene.snap).into_iter().cloned().collect();
    step(scene, &list, manager);
    pad_dialog(ui, "approve", 620.0, p, |ui| {
        title(ui, scene.t("请店长批准", "A manager allows it"), p);
        let scope = match what {
            Wanted::Shelf(_) => scene.t(
                "打开商品、促销和员工，退出或锁屏就失效，会记下是谁。",
                "Opens goods, promotions and staff until they are left or the till is locked; the name is kept.",
            ),
            Wanted::Accounts => scene.t(
                "打开账目与对账，退出或锁屏就失效，会记下是谁。",
                "Opens the store's accounts until they are left or the till is locked; the name is kept.",
            ),
            Wanted::Settings => scene.t(
                "打开门店设置，退出或锁屏就失效，会记下是谁。",
                "Opens the store's settings until they are left or the till is locked; the name is kept.",
            ),
            _ => scene.t("只批准这一次，会记下是谁。", "Once, for this only; the name is kept."),
        };
        label(ui, scope, size::BODY, p.weak);
        if is_low(ui.ctx()) {
            people(ui, scene, &list, manager);
            secret(ui, scene, pin);
        } else {
            ui.columns_const(|[left, right]| {
                people(left, scene, &list, manager);
                secret(right, scene, pin);
            });
        }
        let enabled = manager.is_some() && pin.len() >= 4 && !scene.is_waiting;
        let by_key = keys::pressed(&mut scene.keys, Key::Enter) && enabled;
        foot(ui, |ui| {
            let leaves = Press::new(scene.t("返回", "Back")).key("Esc").size(back_width(ui), foot_height(ui)).show(ui);
            let press = Press::main(scene.t("批准", "Allow")).key("Enter").size(ui.available_width(), foot_height(ui));
            if (press.enabled(enabled).show(ui) || by_key)
                && !leaves
                && let Some(staff) = manager.clone()
            {
                ask(scene, what.clone(), Approval { staff, pin: std::mem::take(pin) });
            }
            !leaves
        })
    })
}

fn people(ui: &mut Ui, scene: &Scene<'_>, list: &[String], manager: &mut Option<String>) {
    for code in list {
        let look = if manager.as_ref() == Some(code) { Look::Chosen } else { Look::Plain };
        let press = Press::new(code).below(scene.t("店长", "manager")).look(look).at_left();
        if press.size(ui.available_width() - 8.0, 56.0).show(ui) {
            *manager = Some(code.clone());
        }
    }
    if list.is_empty() {
        label(ui, scene.t("还没有登记店长。", "No manager is registered."), size::BODY, scene.p.vermilion);
    }
}

fn secret(ui: &mut Ui, scene: &Scene<'_>, pin: &mut String) {
    let hint = scene.t("店长的密码", "the manager's PIN");
    typed_field(ui, scene.t("密码", "PIN"), &"●".repeat(pin.len()), hint, scene.p);
    keypad(ui, Keys::Digits, pin, PIN, scene.lang);
}

fn step(scene: &mut Scene<'_>, list: &[String], manager: &mut Option<String>) {
    let at = list.iter().position(|code| manager.as_ref() == Some(code));
    let last = list.len().saturating_sub(1);
    if keys::pressed(&mut scene.keys, Key::ArrowDown) {
        *manager = list.get(at.map_or(0, |at| (at + 1).min(last))).cloned();
    }
    if keys::pressed(&mut scene.keys, Key::ArrowUp) {
        *manager = list.get(at.map_or(last, |at| at.saturating_sub(1))).cloned();
    }
}

fn ask(scene: &mut Scene<'_>, what: Wanted, approval: Approval) {
    match what {
        Wanted::Action(action) => scene.event(Event::Approve { manager: approval.staff, pin: approval.pin, action }),
        Wanted::CashOut { amount, reason } => {
            let kind = CashKind::Out;
            scene.counter(Counter::MoveCash { kind, amount, reason, approval: Some(approval) });
        }
        Wanted::VoidLast { reason } => scene.counter(Counter::VoidLast { reason, approval }),
        Wanted::Loose(loose) => scene.counter(Counter::Loose { loose, approval }),
        Wanted::Shelf(start) => scene.counter(Counter::Shelf(Query::Open { approval, start })),
        Wanted::Accounts => scene.counter(Counter::Accounts(AccountQuery::Open { approval, month: None })),
        Wanted::Settings => scene.counter(Counter::Settings(approval)),
        Wanted::Keep(name, value) => scene.ask(Request::KeepBy { approval, name, value }),
        Wanted::Close => scene.ask(Request::MayClose(approval)),
    }
}
