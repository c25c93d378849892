//! Lines of text: between ideographs anywhere, never within a word or a figure, never before a closing mark.

use super::ink::Ink;

const CLOSING: &str = "，。、；：？！）》」』】”’％%,.;:?!)]}…";
const OPENING: &str = "（《「『【“‘([{¥￥";

/// The lines of a text of this width; one line at least.
pub(super) fn wrap(ink: &Ink<'_>, text: &str, size: i32, width: i32) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let paragraph = paragraph.replace(char::is_control, " ");
        if ink.width(&paragraph, size) <= width {
            lines.push(paragraph);
            continue;
        }
        let mut line = String::new();
        for piece in pieces(&paragraph) {
            if ink.width(&format!("{line}{}", piece.trim_end()), size) <= width {
                line.push_str(&piece);
            } else if ink.width(piece.trim_end(), size) <= width {
                lines.push(std::mem::replace(&mut line, piece));
            } else {
                // Longer than a line: broken where it must be.
                for c in piece.chars() {
                    if !line.is_empty() && ink.width(&format!("{line}{c}"), size) > width {
                        lines.push(std::mem::take(&mut line));
                    }
                    line.push(c);
                }
            }
        }
        lines.push(line);
    }
    lines.iter_mut().for_each(|line| line.truncate(line.trim_end().len()));
    lines.retain(|line| !line.is_empty());
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

/// What a line is not broken within.
pub(super) fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut before: Option<char> = None;
    for c in text.chars() {
        let is_word = |c: char| c.is_ascii_graphic();
        let joins = before.is_some_and(|b| {
            is_word(b) && is_word(c) || CLOSING.contains(c) || OPENING.contains(b) || c == ' ' && b != ' '
        });
        match pieces.last_mut() {
            Some(last) if joins => last.push(c),
            _ => pieces.push(c.into()),
        }
        before = Some(c);
    }
    pieces
}

/// At most so many lines; an ellipsis says that there was more.
pub(super) fn cut(ink: &Ink<'_>, mut lines: Vec<String>, most: usize, size: i32, width: i32) -> Vec<String> {
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            while !last.is_empty() && ink.width(&format!("{last}…"), size) > width {
                last.pop();
            }
            last.push('…');
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_figures_and_marks_hold_together() {
        assert_eq!(
            super::pieces("应付（含税）1,234.50元。 Thank you"),
            ["应", "付", "（含", "税）", "1,234.50", "元。 ", "Thank ", "you"]
        );
    }
}
