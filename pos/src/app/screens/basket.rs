//! The basket: a line for each product, and what is being typed.

use domain::till::OpenSale;
use eframe::egui::{
    Align, CornerRadius, Layout, Rect, Response, Role, ScrollArea, Sense, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::sale;
use crate::app::command::Command;
use crate::app::theme::{RADIUS, ROW, size};
use crate::app::widgets::{Look, Press, card, figure_at, is_low, is_narrow, label, line, scroll_with, text_at};
use crate::app::{Scene, words};

/// Table, suggestions, entry.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>, sale: &OpenSale) {
    let p = scene.p;
    card(p).inner_margin(0).show(ui, |ui| {
        ui.set_min_size(ui.available_size());
        ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
        if !is_narrow(ui.ctx()) {
            head(ui, scene);
        }
        let foot = if is_low(ui.ctx()) { 60.0 } else { 72.0 };
        // As many as leave a line of the basket in sight.
        let fits = ((ui.available_height() - foot - ROW - 16.0) / 48.0).clamp(1.0, 6.0) as usize;
        let found = if scene.view.typed.is_empty() { 0 } else { scene.view.found.len().min(fits) };
        let suggested = if found == 0 { 0.0 } else { found as f32 * 48.0 + 16.0 };
        let room = (ui.available_height() - foot - suggested).max(ROW);
        ui.allocate_ui(vec2(ui.available_width(), room), |ui| {
            ui.set_min_height(room);
            if sale.lines.is_empty() { empty(ui, scene) } else { lines(ui, scene, sale) }
        });
        if found > 0 {
            ui.add_space(8.0);
            ui.indent("found", |ui| {
                ui.spacing_mut().item_spacing = vec2(0.0, 4.0);
                ui.set_width(ui.available_width() - 16.0);
                sale::suggestions(ui, scene, found);
            });
            ui.add_space(8.0);
        }
        entry(ui, scene, sale);
    });
}

/// Left edge of the name, right edges of the figures.
struct Columns {
    number: f32,
    name: f32,
    quantity: f32,
    price: f32,
    amount: f32,
}

fn columns(rect: Rect) -> Columns {
    let right = rect.right() - 20.0;
    let figure = (rect.width() * 0.14).clamp(96.0, 130.0);
    Columns {
        number: rect.left() + 40.0,
        name: rect.left() + 56.0,
        quantity: right - figure * 2.0,
        price: right - figure,
        amount: right,
    }
}

fn head(ui: &mut Ui, scene: &Scene<'_>) {
    let p = scene.p;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 40.0), Sense::hover());
    let c = columns(rect);
    let y = rect.center().y;
    text_at(ui, pos2(c.name, y), scene.t("品名", "Goods"), size::SMALL, p.weak, 200.0);
    for (x, text) in [
        (c.quantity, scene.t("数量", "Quantity")),
        (c.price, scene.t("单价", "Price")),
        (c.amount, scene.t("金额", "Amount")),
    ] {
        figure_at(ui, pos2(x, y), text, size::SMALL, p.weak);
    }
    ui.painter().hline(rect.x_range(), rect.bottom(), (1.0, p.line));
}

fn empty(ui: &mut Ui, scene: &mut Scene<'_>) {
    let p = scene.p;
    ui.with_layout(Layout::top_down(Align::Center), |ui| {
        ui.add_space((ui.available_height() / 2.0 - 60.0).max(8.0));
        label(ui, scene.t("请扫第一件商品", "Scan the first item"), size::SUM, p.ink);
        ui.add_space(8.0);
        let hint = scene.t(
            "扫商品条码，或刷爱心卡；也可以输入编号、条码或品名的拼音首字母，按 Enter。",
            "Scan goods or a card; or type a number, a barcode or pinyin initials and press Enter.",
        );
        label(ui, hint, size::BODY, p.weak);
        if scene.snap.is_beside {
            ui.add_space(16.0);
            if Press::new(scene.t("收起", "Put away")).key("Esc").size(180.0, 52.0).show(ui) {
                scene.view.front.lowers = true;
            }
        }
    });
}

fn lines(ui: &mut Ui, scene: &mut Scene<'_>, sale: &OpenSale) {
    let total = sale.lines.len();
    let mut area = ScrollArea::vertical().auto_shrink(false);
    if let Some(line) = scene.view.reveal.take()
        && let Some(at) = sale.lines.iter().position(|l| l.basket.line == line)
    {
        let height = ui.available_height();
        area = area.vertical_scroll_offset((at as f32 * ROW - height / 2.0).max(0.0));
    }
    scroll_with(ui, "basket", area, |area, ui| {
        area.show_rows(ui, ROW, total, |ui, range| {
            for row in range {
                one(ui, scene, sale, row);
            }
        })
    });
}

fn one(ui: &mut Ui, scene: &mut Scene<'_>, sale: &OpenSale, row: usize) {
    let Some(line) = sale.lines.get(row) else { return };
    let p = scene.p;
    let number = line.basket.line;
    let priced = sale.priced.as_ref().and_then(|priced| priced.lines.iter().find(|l| l.line == number));
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let flashes = scene.view.flash.is_some_and(|(lit, until)| lit == number && ui.input(|i| i.time) < until);
    if flashes {
        ui.ctx().request_repaint_after(std::time::Duration::from_millis(200));
        ui.painter().rect_filled(rect, CornerRadius::ZERO, p.flash);
    } else if scene.view.selected == Some(number) {
        ui.painter().rect_filled(rect, CornerRadius::ZERO, p.ground);
    }
    if scene.view.selected == Some(number) {
        let mark = Rect::from_min_size(rect.min, vec2(4.0, rect.height()));
        ui.painter().rect_filled(mark, CornerRadius::ZERO, p.jade);
    }
    let name = words::product(&line.product);
    let quantity = words::quantity(line);
    let gross = line.basket.gross();
    let note = priced.map(|priced| note(scene, line, priced)).unwrap_or_default();
    let spoken = format!("{} {name} {quantity} {} {note}", row + 1, words::figure(gross));
    if is_narrow(ui.ctx()) {
        // Quantity and price stand below the name.
        let price = words::figure(line.basket.unit_price);
        in_two(
            ui,
            scene,
            rect,
            (&format!("{}  {name}", row + 1), &words::figure(gross)),
            (&format!("{quantity} × {price}"), &note),
        );
        finish(ui, scene, (rect, &response), number, &spoken);
        return;
    }
    let c = columns(rect);
    let (y, below) = if note.is_empty() { (rect.center().y, 0.0) } else { (rect.top() + 18.0, rect.top() + 38.0) };
    figure_at(ui, pos2(c.number, y), &(row + 1).to_string(), size::SMALL, p.weak);
    let name_room = c.quantity - 90.0 - c.name;
    text_at(ui, pos2(c.name, y), &name, size::LINE, p.ink, name_room);
    figure_at(ui, pos2(c.quantity, y), &quantity, size::LINE, p.ink);
    figure_at(ui, pos2(c.price, y), &words::figure(line.basket.unit_price), size::LINE, p.weak);
    figure_at(ui, pos2(c.amount, y), &words::figure(gross), size::LINE, p.ink);
    if !note.is_empty() {
        let takes_off = priced.is_some_and(|l| !l.discount.is_zero() || !l.purse.is_zero());
        let color = if takes_off { p.vermilion } else { p.weak };
        text_at(ui, pos2(c.name, below), &note, size::SMALL, color, c.amount - c.name);
    }
    finish(ui, scene, (rect, &response), number, &spoken);
}

/// The line below a row, what is heard of it, and its choice.
fn finish(ui: &Ui, scene: &mut Scene<'_>, (rect, response): (Rect, &Response), number: u32, spoken: &str) {
    ui.painter().hline(rect.x_range(), rect.bottom(), (1.0, scene.p.line));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, spoken.trim()));
    if response.clicked() {
        scene.view.selected = Some(number);
    }
}

/// A row where columns do not fit: name and amount, below them quantity, price and note.
fn in_two(ui: &Ui, scene: &Scene<'_>, rect: Rect, (name, amount): (&str, &str), (each, note): (&str, &str)) {
    let p = scene.p;
    let (left, right) = (rect.left() + 12.0, rect.right() - 12.0);
    let (above, below) = (rect.top() + 17.0, rect.top() + 38.0);
    let amount_width = line(ui, amount, size::LINE, p.ink, f32::INFINITY).size().x;
    text_at(ui, pos2(left, above), name, size::BODY, p.ink, right - left - amount_width - 8.0);
    figure_at(ui, pos2(right, above), amount, size::LINE, p.ink);
    let each = line(ui, each, size::SMALL, p.ink, right - left);
    let note_left = left + each.size().x + 12.0;
    ui.painter().galley(pos2(left, below - each.size().y / 2.0), each, p.ink);
    text_at(ui, pos2(note_left, below), note, size::SMALL, p.vermilion, right - note_left);
}

/// What was taken off a line and why, in one sentence.
fn note(scene: &Scene<'_>, sold: &domain::sale::SaleLine, line: &domain::pricing::PricedLine) -> String {
    let mut parts = Vec::new();
    if let Some(changed) = &sold.changed {
        let (who, why) = (&changed.manager, &changed.reason);
        let off = if line.promotion.is_zero() { String::new() } else { format!(" {}", words::off(line.promotion)) };
        parts.push(scene.lang.of(format!("店长改价（{why}，{who}）{off}"), format!("Price by {who} ({why}){off}")));
    } else if !line.promotion.is_zero() {
        parts.push(format!("{} {}", scene.t("店内促销", "Shop promotion"), words::off(line.promotion)));
    }
    if !line.discount.is_zero() {
        let family = scene.snap.family.as_ref();
        let programme = family.and_then(|f| f.programmes.iter().find(|p| Some(&p.code) == line.programme.as_ref()));
        let name = programme.map(|p| words::programme(scene.lang, p)).unwrap_or_default();
        parts.push(scene.lang.of(
            format!("惠民优惠（{name}） {}", words::off(line.discount)),
            format!("Family discount ({name}) {}", words::off(line.discount)),
        ));
    }
    if !line.purse.is_zero() {
        parts.push(format!("{} {}", scene.t("爱心卡支付", "Value card"), words::off(line.purse)));
    }
    if scene.snap.family.is_some() {
        parts.extend(words::reason(scene.lang, line).map(str::to_owned));
    }
    parts.join(" · ")
}

/// What is being typed, and what can be done with the chosen line.
fn entry(ui: &mut Ui, scene: &mut Scene<'_>, sale: &OpenSale) {
    let p = scene.p;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ui.available_height().max(ROW)), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.top(), (1.0, p.line));
    let inner = rect.shrink2(if is_low(ui.ctx()) { vec2(8.0, 8.0) } else { vec2(16.0, 12.0) });
    let is_narrow = is_narrow(ui.ctx());
    // What is typed needs the whole width of a narrow window.
    let has_line = sale::allowed(scene, sale, Command::Remove)
        && scene.view.selected.is_some()
        && (!is_narrow || scene.view.typed.is_empty());
    let wide = if is_narrow { 84.0 } else { 116.0 };
    let buttons = if has_line { 132.0 + wide * 2.0 } else { 0.0 };
    let field = Rect::from_min_max(inner.min, pos2(inner.right() - buttons, inner.max.y));
    ui.painter().rect(field, RADIUS, p.ground, (1.0, p.line), eframe::egui::StrokeKind::Inside);
    let typed = scene.view.typed.clone();
    let hint = if is_narrow && has_line {
        scene.t("编号、条码", "number")
    } else {
        scene.t("编号、条码或拼音首字母", "number, barcode or initials")
    };
    let (text, color) = if typed.is_empty() { (hint, p.weak) } else { (typed.as_str(), p.ink) };
    text_at(ui, field.left_center() + vec2(12.0, 0.0), text, size::BODY, color, field.width() - 24.0);
    let id = ui.scope_id().with("entry");
    let heard = ui.interact(field, id, Sense::hover());
    heard.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{} {typed}", scene.t("输入", "Entry"))));
    if !has_line {
        return;
    }
    let right = Rect::from_min_max(pos2(field.right() + 8.0, inner.top()), inner.max);
    let builder = eframe::egui::UiBuilder::new().max_rect(right).layout(Layout::left_to_right(Align::Center));
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        line_buttons(ui, scene, sale, vec2(wide, right.height()));
    });
}

fn line_buttons(ui: &mut Ui, scene: &mut Scene<'_>, sale: &OpenSale, wide: Vec2) {
    let Some(line) = sale.lines.iter().find(|l| Some(l.basket.line) == scene.view.selected) else { return };
    let (number, quantity, height) = (line.basket.line, line.basket.quantity, wide.y);
    let one = domain::quantity::Quantity::ONE;
    let set = |scene: &mut Scene<'_>, value: String| {
        scene.event(domain::till::Event::SetQuantity { line: number, value });
    };
    if Press::new("−").size(48.0, height).enabled(quantity > one).show(ui) {
        set(scene, (quantity - one).to_string());
    }
    if Press::new("＋").size(48.0, height).show(ui) {
        set(scene, (quantity + one).to_string());
    }
    for command in [Command::Quantity, Command::Remove] {
        let look = if command == Command::Remove { Look::Danger } else { Look::Plain };
        let press =
            Press::new(command.text(scene.lang)).key(scene.view.keys.shown(command)).look(look).size(wide.x, height);
        if press.show(ui) {
            sale::run(scene, sale, command);
        }
    }
}
