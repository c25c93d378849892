//! Figures by finger. The same figures typed on a keyboard go to the same place.

use eframe::egui::{Ui, vec2};

use super::Press;
use super::board::{self, Signs, board};
use super::fit::{Places, fixed, is_low};
use crate::app::theme::{TOUCH, size};
use domain::lang::Lang;

/// Which keys a keypad has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// Digits.
    Digits,
    /// Digits and a point.
    Amount,
    /// Digits and the X that ends some ID numbers; letters on another board.
    Number,
}

impl Keys {
    /// Whether a typed character belongs here.
    pub fn takes(self, c: char) -> bool {
        match self {
            Self::Digits => c.is_ascii_digit(),
            Self::Amount => c.is_ascii_digit() || c == '.',
            // Cards may have letters.
            Self::Number => c.is_ascii_alphanumeric() || c == '-',
        }
    }

    fn last_row(self) -> &'static [&'static str] {
        match self {
            Self::Digits => &["", "0", "<"],
            Self::Amount => &[".", "0", "<"],
            Self::Number => &["X", "0", LETTERS, "<"],
        }
    }
}

/// The key that shows letters.
const LETTERS: &str = "ABC";

/// Shows the keys, as wide as there is room; pressed ones go to `text`, up to `most` characters. On a
/// low page they have a place of their own.
pub fn keypad(ui: &mut Ui, keys: Keys, text: &mut String, most: usize, lang: Lang) {
    match Places::of(ui).and_then(|places| places.pad) {
        Some(place) => fixed(ui, place, false, |ui| pad(ui, keys, text, most, lang)),
        None => pad(ui, keys, text, most, lang),
    }
}

fn pad(ui: &mut Ui, keys: Keys, text: &mut String, most: usize, lang: Lang) {
    if keys == Keys::Number && board::has_letters(ui.ctx()) {
        board(ui, Signs::Number, text, most, lang);
        return;
    }
    let is_low = is_low(ui.ctx());
    let gap = if is_low { 4.0 } else { 8.0 };
    // On a small screen keys give way before anything is cut off.
    let most_height = if is_low && !ui.available_height().is_finite() { TOUCH } else { 52.0 };
    let height = ((ui.available_height() - gap * 3.0) / 4.0).clamp(TOUCH, most_height);
    let room = ui.available_width();
    ui.spacing_mut().item_spacing = vec2(gap, gap);
    for row in [&["7", "8", "9"], &["4", "5", "6"], &["1", "2", "3"], keys.last_row()] {
        let count = row.len() as f32;
        let width = (room - gap * (count - 1.0)) / count;
        ui.horizontal(|ui| {
            for key in row.iter().copied() {
                match key {
                    "" => {
                        ui.add_space(width + gap);
                    }
                    "<" => {
                        if Press::new(lang.of("退格", "Erase")).size(width, height).show(ui) {
                            text.pop();
                        }
                    }
                    LETTERS => {
                        if Press::new(key).size(width, height).show(ui) {
                            board::set_letters(ui.ctx(), true);
                        }
                    }
                    _ => {
                        let press = Press::new(key).type_size(size::TITLE).size(width, height);
                        if press.show(ui) && text.chars().count() < most {
                            text.push_str(key);
                        }
                    }
                }
            }
        });
    }
}
