//! Letters by finger, for a till without a keyboard. Chinese names are typed on a keyboard, or on the
//! system's own; everything else can be written here.

use domain::lang::Lang;
use eframe::egui::{Context, Id, Response, TextEdit, Ui, vec2};

use super::fit::is_low;
use super::{Look, Press};
use crate::app::theme::{TOUCH, font, size};

/// Least width of a key, and the gap beside it.
const KEY: f32 = 44.0;
const GAP: f32 = 4.0;

/// What can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signs {
    /// The letters of a card or a receipt, where figures have a keypad of their own.
    Number,
    /// What products are looked for by: figures and initials.
    Search,
    /// Addresses, codes, specifications.
    All,
}

impl Signs {
    fn keys(self, is_upper: bool) -> Vec<char> {
        let letters = if is_upper { 'A'..='Z' } else { 'a'..='z' };
        match self {
            Self::Number => ('A'..='Z').chain("-./_".chars()).collect(),
            Self::Search => ('0'..='9').chain(letters).collect(),
            Self::All => ('0'..='9').chain(letters).chain("-._/:?=@".chars()).collect(),
        }
    }
}

fn letters_id() -> Id {
    Id::unique("keypad has letters")
}

/// Whether keypads of numbers show letters now.
pub fn has_letters(ctx: &Context) -> bool {
    ctx.data(|data| data.get_temp(letters_id())).unwrap_or(false)
}

/// Shows letters instead of figures, or figures again.
pub fn set_letters(ctx: &Context, on: bool) {
    ctx.data_mut(|data| data.insert_temp(letters_id(), on));
}

/// The keys; whether one was touched.
pub fn board(ui: &mut Ui, signs: Signs, text: &mut String, most: usize, lang: Lang) -> bool {
    let upper_id = Id::unique("board is upper");
    let is_upper: bool = ui.data(|data| data.get_temp(upper_id)).unwrap_or(false);
    let keys = signs.keys(is_upper);
    let count = keys.len() + 2;
    let room = ui.available_width();
    let fits = (1..=count).rev().find(|n| room >= *n as f32 * (KEY + GAP) - GAP).unwrap_or(1).min(14);
    let width = (room - GAP * (fits as f32 - 1.0)) / fits as f32;
    let before = text.clone();
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing = vec2(GAP, GAP);
        let cells: Vec<Option<char>> = keys.into_iter().map(Some).chain([None, None]).collect();
        for (row, cells) in cells.chunks(fits).enumerate() {
            ui.horizontal(|ui| {
                for (at, cell) in cells.iter().enumerate() {
                    let is_last = row * fits + at + 1 == count;
                    let press = |words: &str, ui: &mut Ui| Press::new(words).size(width, TOUCH).show(ui);
                    match cell {
                        Some(c) => {
                            if press(&c.to_string(), ui) && text.chars().count() < most {
                                text.push(*c);
                            }
                        }
                        None if is_last => {
                            if press(lang.of("退格", "Erase"), ui) {
                                text.pop();
                            }
                        }
                        None if signs == Signs::Number => {
                            if press("123", ui) {
                                set_letters(ui.ctx(), false);
                            }
                        }
                        None => {
                            let words = if is_upper { "abc" } else { "ABC" };
                            if press(words, ui) {
                                ui.data_mut(|data| data.insert_temp(upper_id, !is_upper));
                            }
                        }
                    }
                }
            });
        }
    });
    *text != before
}

/// A field that is typed into, and its keys for fingers where they are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// Name for people and screen readers.
    pub name: &'a str,
    /// What stands there while it is empty.
    pub hint: &'a str,
    /// What can be written by finger.
    pub signs: Signs,
    /// Longest text.
    pub most: usize,
    /// Whether what is typed stays hidden.
    pub is_secret: bool,
    /// Whether it is the page's only field, which keeps the focus.
    pub keeps_focus: bool,
}

impl Field<'_> {
    /// Puts it there; whether its text changed.
    pub fn show(self, ui: &mut Ui, text: &mut String, lang: Lang) -> bool {
        let open_id = Id::unique("board of");
        let is_open = ui.data(|data| data.get_temp::<String>(open_id)).as_deref() == Some(self.name);
        let words = lang.of("键盘", "Keys");
        let (response, turns) = ui
            .horizontal(|ui| {
                let response = self.edit(ui, text);
                let look = if is_open { Look::Chosen } else { Look::Plain };
                let press = Press::new(words).look(look).size(80.0, TOUCH).response(ui);
                (response, press.accessible_name(format!("{words} {}", self.name)).clicked())
            })
            .inner;
        // Asking before the window itself has the focus would cost all keys under X11.
        if self.keeps_focus && ui.input(|i| i.focused) && !response.has_focus() {
            response.request_focus();
        }
        if turns {
            let name = if is_open { String::new() } else { self.name.to_owned() };
            ui.data_mut(|data| data.insert_temp(open_id, name));
        }
        let by_finger = is_open && board(ui, self.signs, text, self.most, lang);
        response.changed() || by_finger
    }

    fn edit(self, ui: &mut Ui, text: &mut String) -> Response {
        let type_size = if is_low(ui.ctx()) { size::LINE } else { size::TITLE };
        let edit = TextEdit::singleline(text)
            .hint_text(self.hint.to_owned())
            .password(self.is_secret)
            .char_limit(self.most)
            .desired_width(ui.available_width() - 80.0 - 24.0)
            .min_size(vec2(0.0, TOUCH))
            .align(eframe::egui::Align2::LEFT_CENTER)
            .margin(eframe::egui::Margin::symmetric(8, 6))
            .font(font(type_size));
        ui.add(edit).accessible_name(self.name)
    }
}
