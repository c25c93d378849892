//! A page that a manager opened with a PIN, and left.

use eframe::egui::Ui;

use super::Scene;

/// Seconds without a key or a touch after which it closes.
const LONGEST: f64 = 180.0;

/// When somebody last touched the page, in seconds of the window's clock.
#[derive(Default)]
pub struct Idle {
    touched: Option<f64>,
}

impl Idle {
    /// Whether the manager has gone.
    pub fn is_left(&mut self, ui: &Ui, scene: &Scene<'_>) -> bool {
        let (now, is_touched) = ui.input(|i| (i.time, !i.events.is_empty()));
        let touched = if is_touched || !scene.keys.is_empty() { now } else { self.touched.unwrap_or(now) };
        self.touched = Some(touched);
        now - touched > LONGEST
    }
}
