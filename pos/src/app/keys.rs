//! Keys that no text field takes.

use eframe::egui::{self, Event, Key};

/// A key that was pressed, after the scanner's were taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// A character.
    Char(char),
    /// A key that types nothing.
    Key(Key),
}

/// Takes the keys of this frame, unless a text field wants them. Enter and Space stay with a button
/// that has the focus; Escape and function keys always count.
pub fn take(ctx: &egui::Context) -> Vec<Typed> {
    let in_text = ctx.text_edit_focused();
    let on_button = ctx.memory(|memory| memory.focused().is_some()) && !in_text;
    let mut typed = Vec::new();
    ctx.input_mut(|input| {
        input.events.retain(|event| match event {
            Event::Text(text) if !(in_text || on_button && text == " ") => {
                typed.extend(text.chars().filter(|c| !c.is_control()).map(Typed::Char));
                false
            }
            Event::Key { key, pressed: true, modifiers, .. } if modifiers.is_none() || modifiers.shift_only() => {
                let counts = match key {
                    Key::Enter => !on_button,
                    Key::Escape | Key::ArrowUp | Key::ArrowDown | Key::PageUp | Key::PageDown => true,
                    Key::Backspace | Key::Delete | Key::Home | Key::End => !in_text,
                    _ => key.name().starts_with('F') && key.name().len() > 1,
                };
                if counts {
                    typed.push(Typed::Key(*key));
                }
                !counts
            }
            _ => true,
        });
    });
    typed
}

/// Types into a buffer of figures; the keys that are no figures are left.
pub fn type_into(typed: &mut Vec<Typed>, text: &mut String, most: usize, takes: impl Fn(char) -> bool) {
    typed.retain(|key| match key {
        Typed::Char(c) => {
            let c = domain::resident::half_width(&c.to_string()).chars().next().unwrap_or(*c);
            let taken = takes(c) && text.chars().count() < most;
            if taken {
                text.push(c);
            }
            !takes(c)
        }
        Typed::Key(Key::Backspace) => {
            text.pop();
            false
        }
        Typed::Key(_) => true,
    });
}

/// Whether a key was pressed; it is taken.
pub fn pressed(typed: &mut Vec<Typed>, key: Key) -> bool {
    let before = typed.len();
    typed.retain(|t| *t != Typed::Key(key));
    typed.len() < before
}

/// Whether this digit was typed.
pub fn digit(typed: &[Typed], digit: usize) -> bool {
    typed
        .iter()
        .any(|key| matches!(key, Typed::Char(c) if c.to_digit(10).and_then(|d| usize::try_from(d).ok()) == Some(digit)))
}
