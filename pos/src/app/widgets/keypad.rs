//! Figures by finger. The same figures typed on a keyboard go to the same place.

use eframe::egui::{Ui, vec2};

use super::Press;
use crate::app::theme::{TOUCH, size};
use domain::lang::Lang;

/// Which keys a keypad has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// Digits.
    Digits,
    /// Digits and a point.
    Amount,
    /// Digits and the X that ends some ID numbers.
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

    fn corner(self) -> &'static str {
        match self {
            Self::Digits => "",
            Self::Amount => ".",
            Self::Number => "X",
        }
    }
}

/// Shows the keys, as wide as there is room; pressed ones go to `text`, up to `most` characters.
pub fn keypad(ui: &mut Ui, keys: Keys, text: &mut String, most: usize, lang: Lang) {
    let gap = 8.0;
    let width = (ui.available_width() - gap * 2.0) / 3.0;
    // On a small screen keys give way before anything is cut off.
    let height = ((ui.available_height() - gap * 3.0) / 4.0).clamp(TOUCH, 52.0);
    ui.spacing_mut().item_spacing = vec2(gap, gap);
    for row in [["7", "8", "9"], ["4", "5", "6"], ["1", "2", "3"], [keys.corner(), "0", "<"]] {
        ui.horizontal(|ui| {
            for key in row {
                match key {
                    "" => {
                        ui.add_space(width + gap);
                    }
                    "<" => {
                        if Press::new(lang.of("退格", "Erase")).size(width, height).show(ui) {
                            text.pop();
                        }
                    }
                    _ => {
                        if Press::new(key).type_size(size::TITLE).size(width, height).show(ui) && text.len() < most {
                            text.push_str(key);
                        }
                    }
                }
            }
        });
    }
}
