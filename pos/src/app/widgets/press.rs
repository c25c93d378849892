//! The one button of the window: words, its key beside them, and a colour that says what it is for.

use eframe::egui::{self, Color32, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, vec2};

use super::{figure_at, fitted, line};
use crate::app::theme::{self, Palette, RADIUS, TOUCH, size};

/// What a button is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// The screen's main action; one a screen.
    Main,
    /// Everything else.
    Plain,
    /// What is chosen of several.
    Chosen,
    /// Takes something away.
    Danger,
}

/// A button.
#[derive(Debug, Clone, Copy)]
pub struct Press<'a> {
    text: &'a str,
    below: &'a str,
    key: &'a str,
    look: Look,
    size: Vec2,
    type_size: f32,
    enabled: bool,
    at_left: bool,
}

impl<'a> Press<'a> {
    /// A plain button.
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            below: "",
            key: "",
            look: Look::Plain,
            size: vec2(0.0, TOUCH),
            type_size: size::BODY,
            enabled: true,
            at_left: false,
        }
    }

    /// The screen's main action.
    pub fn main(text: &'a str) -> Self {
        Self { look: Look::Main, ..Self::new(text) }
    }

    /// Shows the key that does the same.
    pub fn key(self, key: &'a str) -> Self {
        Self { key, ..self }
    }

    /// A second line in small type.
    pub fn below(self, below: &'a str) -> Self {
        Self { below, ..self }
    }

    /// What it is for.
    pub fn look(self, look: Look) -> Self {
        Self { look, ..self }
    }

    /// Size in points; a width of 0 is what the words need.
    pub fn size(self, width: f32, height: f32) -> Self {
        Self { size: vec2(width, height), ..self }
    }

    /// Size of type.
    pub fn type_size(self, type_size: f32) -> Self {
        Self { type_size, ..self }
    }

    /// Whether it can be pressed.
    pub fn enabled(self, enabled: bool) -> Self {
        Self { enabled, ..self }
    }

    /// Words at the left instead of in the middle.
    pub fn at_left(self) -> Self {
        Self { at_left: true, ..self }
    }

    /// Puts it there; whether it was pressed.
    pub fn show(self, ui: &mut Ui) -> bool {
        self.response(ui).clicked()
    }

    /// Puts it there.
    pub fn response(self, ui: &mut Ui) -> Response {
        let p = theme::palette(ui.ctx());
        let mut size = self.size;
        if size.x == 0.0 {
            let words = line(ui, self.text, self.type_size, p.ink, f32::INFINITY).size().x;
            let key = line(ui, self.key, size::SMALL, p.ink, f32::INFINITY).size().x;
            size.x = words + key + if self.key.is_empty() { 32.0 } else { 44.0 };
        }
        let sense = if self.enabled { Sense::click() } else { Sense::hover() };
        let (rect, response) = ui.allocate_exact_size(size, sense);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, self.enabled, self.text));
        if response.gained_focus() {
            // Tab leads to what is out of sight too.
            response.scroll_to_me(None);
        }
        if ui.is_rect_visible(rect) {
            self.paint(ui, rect, &response, p);
        }
        response
    }

    fn colors(&self, p: Palette) -> (Color32, Color32, Color32) {
        match self.look {
            _ if !self.enabled => (p.ground, p.weak, p.line),
            Look::Main => (p.jade_fill, p.on_fill, p.jade_fill),
            Look::Plain => (p.paper, p.ink, p.line),
            Look::Chosen => (p.jade_soft, p.jade, p.jade),
            Look::Danger => (p.paper, p.vermilion, p.line),
        }
    }

    fn paint(&self, ui: &Ui, rect: egui::Rect, response: &Response, p: Palette) {
        let (mut fill, ink, border) = self.colors(p);
        if response.is_pointer_button_down_on() {
            fill = fill.lerp_to_gamma(p.ink, 0.18);
        } else if response.hovered() && self.enabled {
            fill = fill.lerp_to_gamma(p.ink, 0.05);
        }
        let border = if response.has_focus() { Stroke::new(3.0, p.amber) } else { Stroke::new(1.0, border) };
        ui.painter().rect(rect, RADIUS, fill, border, StrokeKind::Inside);
        let inner = rect.shrink2(vec2(if rect.width() < 100.0 { 3.0 } else { 12.0 }, 0.0));
        let key_width = line(ui, self.key, size::SMALL, ink, f32::INFINITY).size().x;
        let key_room = if self.key.is_empty() { 0.0 } else { key_width + 8.0 };
        let words = fitted(ui, self.text, self.type_size, ink, inner.width() - key_room);
        let x = if self.at_left {
            inner.left()
        } else {
            (inner.center().x - words.size().x / 2.0 - key_room / 2.0).max(inner.left())
        };
        let lift = if self.below.is_empty() { 0.0 } else { 9.0 };
        let words_end = x + words.size().x;
        let y = rect.center().y - words.size().y / 2.0 - lift;
        ui.painter().galley(egui::pos2(x, y), words, ink);
        if !self.below.is_empty() {
            let weak = if self.look == Look::Main { ink } else { p.weak };
            let small = fitted(ui, self.below, size::SMALL, weak, inner.width());
            let x = if self.at_left { inner.left() } else { inner.center().x - small.size().x / 2.0 };
            ui.painter().galley(egui::pos2(x, rect.center().y + 3.0), small, weak);
        }
        if !self.key.is_empty() {
            let weak = if matches!(self.look, Look::Main) { ink } else { p.weak };
            let end = if self.at_left { inner.right() } else { (words_end + 8.0 + key_width).min(inner.right()) };
            figure_at(ui, egui::pos2(end, rect.center().y - lift), self.key, size::SMALL, weak);
        }
    }
}
