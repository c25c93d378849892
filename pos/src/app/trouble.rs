//! A till that cannot be opened still has a window: it says why, and what to do.

use eframe::egui::{RichText, Ui};

use super::theme::{self, size};

/// Why the till did not open.
pub struct Trouble {
    said: String,
}

impl Trouble {
    /// A window that says this.
    pub fn new(said: String) -> Self {
        Self { said }
    }

    /// Paints it.
    pub fn paint(&self, ui: &mut Ui) {
        let p = theme::palette(ui.ctx());
        ui.vertical_centered(|ui| {
            ui.add_space(80.0);
            ui.set_max_width(760.0);
            ui.label(RichText::new("收银台没有打开 The till did not open").size(size::TITLE).color(p.ink));
            ui.add_space(24.0);
            ui.label(RichText::new(&self.said).size(size::BODY).color(p.ink));
        });
    }
}

impl eframe::App for Trouble {
    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        self.paint(ui);
    }
}
