//! What screens are made of.

mod board;
mod dialog;
mod fit;
mod keypad;
mod press;
mod scroll;

use std::sync::Arc;

use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::{self, Color32, Frame, Galley, Margin, Pos2, Role, Sense, Ui, WidgetInfo, vec2};

pub use board::{Field, Signs, board};
pub use dialog::{dialog, dialog_with, pad_dialog};
pub use fit::{back_width, fitted, foot, foot_height, is_low, is_narrow, room};
pub use keypad::{Keys, keypad};
pub use press::{Look, Press};
pub use scroll::{by_keys, is_scroll, scroll, scroll_with};

use super::theme::{self, Palette, RADIUS, STEP, size};

/// Text on one line, cut with an ellipsis where it is too long.
pub fn line(ui: &Ui, text: &str, size: f32, color: Color32, width: f32) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), theme::font(size), color);
    job.wrap = TextWrapping::truncate_at_width(width.max(0.0));
    ui.painter().layout_job(job)
}

/// Paints one line with its left end at `at`, in the middle of its height.
pub fn text_at(ui: &Ui, at: Pos2, text: &str, size: f32, color: Color32, width: f32) {
    let galley = line(ui, text, size, color, width);
    ui.painter().galley(at - vec2(0.0, galley.size().y / 2.0), galley, color);
}

/// Paints one line with its right end at `at`, in the middle of its height: figures line up.
pub fn figure_at(ui: &Ui, at: Pos2, text: &str, size: f32, color: Color32) {
    let galley = line(ui, text, size, color, f32::INFINITY);
    ui.painter().galley(at - vec2(galley.size().x, galley.size().y / 2.0), galley, color);
}

/// A label of a size and colour.
pub fn label(ui: &mut Ui, text: impl Into<String>, size: f32, color: Color32) {
    ui.label(egui::RichText::new(text.into()).font(theme::font(size)).color(color));
}

/// A name at the left and a figure at the right of the same line. Screen readers hear both.
pub fn pair(ui: &mut Ui, name: &str, figure: &str, size: f32, color: Color32) {
    let height = size * 1.45;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let figure_width = line(ui, figure, size, color, f32::INFINITY).size().x;
    text_at(ui, rect.left_center(), name, size, color, rect.width() - figure_width - STEP);
    figure_at(ui, rect.right_center(), figure, size, color);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name} {figure}")));
}

/// A panel: paper with a thin line around it.
pub fn card(p: Palette) -> Frame {
    Frame::new().fill(p.paper).stroke((1.0, p.line)).corner_radius(RADIUS).inner_margin(Margin::same(16))
}

/// A panel as close around its parts as the window's height asks for.
pub fn close_card(ui: &Ui, p: Palette) -> Frame {
    let margin = if is_low(ui.ctx()) { 8 } else { 16 };
    card(p).inner_margin(Margin::same(margin))
}

/// A sentence on a coloured ground.
pub fn notice(ui: &mut Ui, text: &str, ink: Color32, ground: Color32) {
    Frame::new().fill(ground).corner_radius(RADIUS).inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        label(ui, text, size::BODY, ink);
    });
}

/// A title.
pub fn title(ui: &mut Ui, text: &str, p: Palette) {
    label(ui, text, size::TITLE, p.ink);
}

/// What is being typed, large, in a frame that does not take the focus.
pub fn typed_field(ui: &mut Ui, name: &str, text: &str, hint: &str, p: Palette) {
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), if is_low(ui.ctx()) { 40.0 } else { 52.0 }), Sense::hover());
    ui.painter().rect(rect, RADIUS, p.ground, (1.0, p.line), egui::StrokeKind::Inside);
    let (shown, color) = if text.is_empty() { (hint, p.weak) } else { (text, p.ink) };
    let size = if text.is_empty() { size::BODY } else { size::TITLE };
    text_at(ui, rect.left_center() + vec2(12.0, 0.0), shown, size, color, rect.width() - 24.0);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name} {text}")));
}

/// A dot that goes with words.
pub fn dot(ui: &mut Ui, color: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(10.0, 10.0), Sense::hover());
    ui.painter().circle_filled(rect.center(), 5.0, color);
}

/// A thin line across.
pub fn rule(ui: &mut Ui, p: Palette) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.center().y, (1.0, p.line));
}
