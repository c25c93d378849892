//! What stands around every screen: the status line above, sentences below.

use domain::till::Screen;
use eframe::egui::{Align, Area, Frame, Id, Layout, Margin, Order, Panel, Ui, pos2};
use printers::Condition;

use crate::app::Scene;
use crate::app::theme::{RADIUS, STEP, size};
use crate::app::widgets::{dot, fitted, is_low, is_narrow, label};
use crate::app::words;

/// Store, till, cashier; line, queue, printer; time.
pub fn header(ui: &mut Ui, scene: &Scene<'_>) {
    let p = scene.p;
    let (margin, height) = if is_low(ui.ctx()) { ((8, 2), 30.0) } else { ((16, 8), 44.0) };
    let margin = Margin::symmetric(margin.0, margin.1);
    let bar = Frame::new().fill(p.paper).stroke((1.0, p.line)).inner_margin(margin);
    Panel::top("header").frame(bar).show_separator_line(false).exact_size(height).show(ui, |ui| {
        if is_narrow(ui.ctx()) {
            ui.horizontal_centered(|ui| short(ui, scene));
            return;
        }
        ui.horizontal_centered(|ui| {
            label(ui, &scene.snap.store_name, size::BODY, p.ink);
            if let Some(till) = &scene.snap.till {
                label(ui, scene.lang.of(format!("{till} 号款台"), format!("till {till}")), size::BODY, p.weak);
            }
            if let Some(staff) = staff(&scene.snap.screen) {
                label(ui, scene.lang.of(format!("收银员 {staff}"), format!("cashier {staff}")), size::BODY, p.weak);
            }
            mode(ui, scene);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                label(ui, words::clock(scene.snap.now()), size::BODY, p.ink);
                status(ui, scene);
            });
        });
    });
}

/// Where not all of it fits: what is out of the ordinary has the room, and the store's name what is left.
fn short(ui: &mut Ui, scene: &Scene<'_>) {
    let p = scene.p;
    ui.spacing_mut().item_spacing.x = STEP * 2.0;
    let till = scene.snap.till.clone().unwrap_or_default();
    label(ui, format!("{till} {}", staff(&scene.snap.screen).unwrap_or_default()), size::BODY, p.ink);
    mode(ui, scene);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        label(ui, words::clock(scene.snap.now()), size::BODY, p.ink);
        status(ui, scene);
        let room = ui.available_width();
        let name = fitted(ui, &scene.snap.store_name, size::BODY, p.weak, room);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let (rect, _) = ui.allocate_exact_size(name.size(), eframe::egui::Sense::hover());
            ui.painter().galley(rect.min, name, p.weak);
        });
    });
}

/// What is out of the ordinary: training, a slip that is being entered, a till beside another.
fn mode(ui: &mut Ui, scene: &Scene<'_>) {
    let p = scene.p;
    let slip = scene.snap.screen.open().ok().and_then(|sale| sale.slip.clone());
    if scene.snap.is_training {
        label(ui, scene.t("训练：不作凭证", "TRAINING: no voucher"), size::LINE, p.vermilion);
    } else if let Some(slip) = slip {
        let text = scene
            .lang
            .of(format!("补录手工单 {} · {}", slip.no, slip.date), format!("Manual slip {} of {}", slip.no, slip.date));
        label(ui, text, size::BODY, p.amber);
    } else if scene.snap.is_beside {
        label(ui, scene.t("旁挂", "beside"), size::BODY, p.jade);
    }
}

fn staff(screen: &Screen) -> Option<&str> {
    match screen {
        Screen::SignIn => None,
        Screen::NoShift { staff } | Screen::Sale { staff, .. } | Screen::Committing { staff, .. } => Some(&staff.code),
    }
}

/// From right to left: printer, queue, line.
fn status(ui: &mut Ui, scene: &Scene<'_>) {
    let (p, status) = (scene.p, &scene.snap.status);
    ui.spacing_mut().item_spacing.x = STEP * 2.0;
    ui.add_space(STEP * 2.0);
    let (text, color) = if scene.snap.printer.is_none() {
        (scene.t("没有打印机", "no printer").to_owned(), p.amber)
    } else if status.unprinted + status.uncertain > 0 {
        let count = status.unprinted + status.uncertain;
        (scene.lang.of(format!("打印机：{count} 张没印出"), format!("printer: {count} not printed")), p.amber)
    } else if !matches!(scene.snap.condition, Condition::Ready | Condition::Unknown) {
        // Said before the customer waits: the sentence says what to do.
        (scene.snap.condition.sentence(scene.lang).to_owned(), p.amber)
    } else {
        (scene.t("打印机正常", "printer ready").to_owned(), p.weak)
    };
    // In little room the ordinary goes without saying.
    if !(is_narrow(ui.ctx()) && color == p.weak) {
        let galley = fitted(ui, &text, size::BODY, color, ui.available_width() * 0.6);
        ui.label(eframe::egui::WidgetText::Galley(galley));
    }
    if status.unsent > 0 {
        ui.add_space(STEP * 2.0);
        let text = scene.lang.of(format!("待上传 {}", status.unsent), format!("{} to send", status.unsent));
        label(ui, text, size::BODY, p.weak);
    }
    ui.add_space(STEP * 2.0);
    let (text, color) = match (&scene.snap.store, status.online) {
        (None, _) => (scene.t("未注册", "not enrolled"), p.amber),
        (_, true) => (scene.t("在线", "online"), p.jade),
        (_, false) if status.sync.rounds == 0 => (scene.t("正在连接", "connecting"), p.weak),
        // Offline is an ordinary state: the till works on, within the offline amounts.
        (_, false) => (scene.t("离线，照常收银", "offline, go on selling"), p.amber),
    };
    label(ui, text, size::BODY, color);
    dot(ui, color);
}

/// The last sentence, until the next thing happens. It lies over the table's head: nothing moves.
pub fn message(ui: &Ui, scene: &Scene<'_>) {
    let p = scene.p;
    let Some((text, is_refusal)) = &scene.view.said else { return };
    let screen = ui.content_rect();
    let area = Area::new(Id::unique("message")).order(Order::Tooltip).interactable(false);
    // A low page fills the window: there it lies over the status line.
    let top = if is_low(ui.ctx()) { 1.0 } else { 54.0 };
    area.fixed_pos(pos2(screen.left() + 12.0, screen.top() + top)).show(ui.ctx(), |ui| {
        let (ink, ground) = if *is_refusal { (p.vermilion, p.vermilion_soft) } else { (p.jade, p.jade_soft) };
        Frame::new()
            .fill(ground)
            .stroke((1.0, ink))
            .corner_radius(RADIUS)
            .inner_margin(if is_low(ui.ctx()) { Margin::symmetric(8, 2) } else { Margin::symmetric(16, 10) })
            .show(ui, |ui| {
                ui.set_max_width(screen.width() * if is_low(ui.ctx()) { 0.94 } else { 0.66 });
                label(ui, text, if is_low(ui.ctx()) { size::BODY } else { size::LINE }, ink);
            });
    });
}
