//! A form of the manager's pages: its rows at the left, what the chosen one takes at the right. Arrow
//! keys go from row to row; letters choose, figures and words are typed.

use eframe::egui::{Key, ScrollArea, Ui};

use crate::app::Scene;
use crate::app::keys::{self, Typed};
use crate::app::theme::size;
use crate::app::widgets::{Field, Keys, Look, Press, Signs, is_low, keypad, label, room, scroll, typed_field};

/// A form.
pub struct Form {
    /// Its rows.
    pub rows: Vec<Row>,
    /// The chosen one.
    pub at: usize,
    /// The one that was chosen in the last frame: what is chosen in a new one comes into sight.
    seen: Option<usize>,
}

/// A row of it.
pub struct Row {
    /// By which the page finds it.
    pub id: &'static str,
    /// Name in both languages.
    pub name: (&'static str, &'static str),
    /// What it takes.
    pub cell: Cell,
    /// Whether it is there now.
    pub is_shown: bool,
}

/// What a row takes.
pub enum Cell {
    /// Figures. What was there before gives way to the first key.
    Figures { text: String, keys: Keys, most: usize, is_fresh: bool },
    /// A PIN.
    Secret(String),
    /// Words, with an input method.
    Words { text: String, most: usize },
    /// One of several: value and words.
    Choice { options: Vec<(String, String)>, at: usize },
    /// A date, typed or one of the days: words and date.
    Date { text: String, is_fresh: bool, days: Vec<(String, String)> },
}

impl Row {
    /// A row that is there.
    pub fn new(id: &'static str, name: (&'static str, &'static str), cell: Cell) -> Self {
        Self { id, name, cell, is_shown: true }
    }
}

impl Cell {
    /// An amount.
    pub fn amount(text: String) -> Self {
        Self::Figures { text, keys: Keys::Amount, most: 9, is_fresh: true }
    }

    /// One of several.
    pub fn choice(options: Vec<(String, String)>, value: &str) -> Self {
        let at = options.iter().position(|(one, _)| one == value).unwrap_or(0);
        Self::Choice { options, at }
    }

    fn shown(&self) -> String {
        match self {
            Self::Figures { text, .. } | Self::Words { text, .. } | Self::Date { text, .. } => text.clone(),
            Self::Secret(text) => "●".repeat(text.len()),
            Self::Choice { options, at } => options.get(*at).map(|(_, words)| words.clone()).unwrap_or_default(),
        }
    }

    fn value(&self) -> &str {
        match self {
            Self::Figures { text, .. } | Self::Words { text, .. } | Self::Date { text, .. } | Self::Secret(text) => {
                text
            }
            Self::Choice { options, at } => options.get(*at).map_or("", |(value, _)| value),
        }
    }
}

impl Form {
    /// A form with its first row chosen.
    pub fn new(rows: Vec<Row>) -> Self {
        Self { rows, at: 0, seen: None }
    }

    /// What a row holds.
    pub fn value(&self, id: &str) -> &str {
        self.rows.iter().find(|row| row.id == id).map_or("", |row| row.cell.value())
    }

    /// A row.
    pub fn row(&mut self, id: &str) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| row.id == id)
    }

    /// Chooses a row.
    pub fn choose(&mut self, id: &str) {
        self.at = self.rows.iter().position(|row| row.id == id).unwrap_or(self.at);
    }

    fn step(&mut self, is_down: bool) {
        let shown: Vec<usize> = (0..self.rows.len()).filter(|i| self.rows[*i].is_shown).collect();
        let next =
            if is_down { shown.iter().find(|i| **i > self.at) } else { shown.iter().rev().find(|i| **i < self.at) };
        self.at = next.copied().unwrap_or(self.at);
    }
}

/// Shows it.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>, form: &mut Form) {
    if keys::pressed(&mut scene.keys, Key::ArrowDown) {
        form.step(true);
    }
    if keys::pressed(&mut scene.keys, Key::ArrowUp) {
        form.step(false);
    }
    ui.columns_const(|[left, right]| {
        let Form { rows, at, seen } = form;
        for (i, row) in rows.iter().enumerate().filter(|(_, row)| row.is_shown) {
            let look = if i == *at { Look::Chosen } else { Look::Plain };
            let (shown, width) = (row.cell.shown(), left.available_width() - 8.0);
            let name = scene.t(row.name.0, row.name.1);
            if Press::new(name).below(&shown).look(look).at_left().size(width, 52.0).show(left) {
                *at = i;
            }
        }
        label(left, scene.t("↑ ↓ 换一项", "↑ ↓ go from row to row"), size::SMALL, scene.p.weak);
        let is_new = seen.replace(*at) != Some(*at);
        if let Some(row) = rows.get_mut(*at) {
            editor(right, scene, row, is_new);
        }
    });
}

fn editor(ui: &mut Ui, scene: &mut Scene<'_>, row: &mut Row, is_new: bool) {
    let name = scene.t(row.name.0, row.name.1);
    match &mut row.cell {
        Cell::Figures { text, keys, most, is_fresh } => figures(ui, scene, name, (text, is_fresh), (*keys, *most)),
        Cell::Secret(text) => {
            keys::type_into(&mut scene.keys, text, 8, |c| Keys::Digits.takes(c));
            let hint = scene.t("4 到 8 位数字", "4 to 8 digits");
            typed_field(ui, name, &"●".repeat(text.len()), hint, scene.p);
            keypad(ui, Keys::Digits, text, 8, scene.lang);
        }
        Cell::Words { text, most } => words(ui, scene, name, text, *most),
        Cell::Choice { options, at } => choice(ui, scene, options, at, is_new),
        Cell::Date { text, is_fresh, days } => {
            ui.horizontal_wrapped(|ui| {
                for ((words, date), letter) in days.iter().zip('A'..='Z') {
                    let key = letter.to_string();
                    let typed =
                        scene.keys.iter().any(|k| matches!(k, Typed::Char(c) if c.eq_ignore_ascii_case(&letter)));
                    let press = Press::new(words).below(date).key(&key).size(150.0, 52.0);
                    if press.show(ui) || typed {
                        text.clone_from(date);
                        *is_fresh = true;
                    }
                }
            });
            figures(ui, scene, name, (text, is_fresh), (Keys::Digits, 10));
        }
    }
}

/// What was there before gives way to the first key.
fn figures(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    name: &str,
    (text, is_fresh): (&mut String, &mut bool),
    (pad, most): (Keys, usize),
) {
    let is_date = most == 10;
    let before = if *is_fresh { String::new() } else { text.clone() };
    let mut typed = before.clone();
    keys::type_into(&mut scene.keys, &mut typed, most, |c| pad.takes(c) || (is_date && c == '-'));
    typed_field(ui, name, if typed == before { text } else { &typed }, "", scene.p);
    keypad(ui, pad, &mut typed, most, scene.lang);
    if typed != before {
        *text = typed;
        *is_fresh = false;
    }
}

/// Here a Chinese input method is welcome.
fn words(ui: &mut Ui, scene: &Scene<'_>, name: &str, text: &mut String, most: usize) {
    let field = Field { name, hint: "", signs: Signs::All, most, is_secret: false, keeps_focus: true };
    field.show(ui, text, scene.lang);
    label(ui, scene.t("打字填写。", "Type it."), size::SMALL, scene.p.weak);
}

/// Letters choose, and `+` and `-` go on and back where there are more than letters.
fn choice(ui: &mut Ui, scene: &mut Scene<'_>, options: &[(String, String)], at: &mut usize, is_new: bool) {
    let mut moved = is_new;
    let last = options.len().saturating_sub(1);
    scene.keys.retain(|key| {
        let Typed::Char(c) = key else { return true };
        let to = match c {
            '+' | '＋' => Some((*at + 1).min(last)),
            '-' | '－' => Some(at.saturating_sub(1)),
            c => ('a'..='z').position(|letter| letter == c.to_ascii_lowercase()).filter(|to| *to <= last),
        };
        if let Some(to) = to {
            *at = to;
            moved = true;
        }
        to.is_none()
    });
    let letters: Vec<String> = ('A'..='Z').map(String::from).collect();
    let height = if is_low(ui.ctx()) { f32::INFINITY } else { room(ui.ctx(), 300.0, 160.0).min(420.0) };
    scroll(ui, "choices", ScrollArea::vertical().max_height(height), |ui| {
        for (i, (_, words)) in options.iter().enumerate() {
            let look = if i == *at { Look::Chosen } else { Look::Plain };
            let key = letters.get(i).map_or("", String::as_str);
            let width = ui.available_width() - 8.0;
            let response = Press::new(words).key(key).look(look).at_left().size(width, 46.0).response(ui);
            if response.clicked() {
                *at = i;
            }
            if moved && i == *at {
                response.scroll_to_me(None);
            }
        }
    });
    if options.len() > letters.len() {
        label(ui, scene.t("＋ － 往下、往上", "+ and - go down and up"), size::SMALL, scene.p.weak);
    }
}
