//! Text for Chinese printers: GB18030 bytes, with a column for each byte.

use encoding_rs::GB18030;

/// What is printed in place of a character that printers do not have: 〓, the geta.
const GETA: char = '〓';

/// Makes text printable: no control characters, no characters of four bytes, and the characters
/// that printers show wrongly replaced by those that they know.
pub fn printable(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            '¥' => Some('￥'),
            '\u{a0}' | '\t' => Some(' '),
            '−' | '–' => Some('-'),
            '•' => Some('·'),
            c if c.is_control() || is_invisible(c) => None,
            // Private characters have two bytes too, but no printer has a shape for them.
            '\u{e000}'..='\u{f8ff}' => Some(GETA),
            c if bytes_of(c).len() > 2 => Some(GETA),
            c => Some(c),
        })
        .collect()
}

/// Marks that change direction, join letters or stand above one: they have no width of their own
/// and printers print boxes.
fn is_invisible(c: char) -> bool {
    matches!(u32::from(c), 0xAD | 0x0300..=0x036F | 0xE0000..=0xE01EF | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x2069 | 0xFE00..=0xFE0F | 0xFEFF)
}

/// The bytes of one character.
pub fn bytes_of(c: char) -> Vec<u8> {
    let mut buffer = [0; 4];
    let (bytes, _, _) = GB18030.encode(c.encode_utf8(&mut buffer));
    bytes.into_owned()
}

/// The bytes of printable text.
pub fn encode(text: &str) -> Vec<u8> {
    let (bytes, _, _) = GB18030.encode(text);
    bytes.into_owned()
}

/// Columns that printable text takes: as many as it has bytes.
pub fn columns(text: &str) -> usize {
    text.chars().map(|c| bytes_of(c).len()).sum()
}

/// Cuts text into lines of at most `width` columns, never through a character, and through a word
/// or before a closing bracket only where it is long.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for c in text.chars() {
        let wide = bytes_of(c).len();
        if used + wide > width && !line.is_empty() {
            let carried = if c == ' ' { String::new() } else { line.split_off(break_at(&line, c, width)) };
            lines.push(std::mem::replace(&mut line, carried));
            used = columns(&line);
            if c == ' ' {
                continue;
            }
        }
        line.push(c);
        used += wide;
    }
    lines.push(line);
    lines
}

/// Where in a full line the part starts that goes to the next line together with `next`.
fn break_at(line: &str, next: char, width: usize) -> usize {
    let mut after = next;
    for (at, c) in line.char_indices().rev() {
        if !holds(c, after) {
            return at + c.len_utf8();
        }
        // A word that is half as long as the line is cut.
        if columns(&line[at..]) > width / 2 {
            break;
        }
        after = c;
    }
    // A long word may be cut, a figure in it may not, unless nothing else stands on the line.
    if is_figure(next) { uncut(line) } else { line.len() }
}

/// Where the figure at the end of a line starts; the line's end where it ends in none, or is one.
fn uncut(line: &str) -> usize {
    match line.trim_end_matches(is_figure).len() {
        0 => line.len(),
        start => start,
    }
}

fn is_figure(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '.' | ',')
}

/// Whether two characters stay on one line: letters of a word, a bracket and what is inside.
fn holds(left: char, right: char) -> bool {
    let is_word = |c: char| c.is_ascii_graphic() || c == '×';
    is_word(left) && is_word(right) || "（《“".contains(left) || "）》”，。、：；！？".contains(right)
}
