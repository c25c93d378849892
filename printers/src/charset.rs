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
            c if bytes_of(c).len() > 2 => Some(GETA),
            c => Some(c),
        })
        .collect()
}

/// Marks that change direction or join letters: they have no width and printers print boxes.
fn is_invisible(c: char) -> bool {
    matches!(u32::from(c), 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x2069 | 0xFE00..=0xFE0F | 0xFEFF)
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

/// Cuts text into lines of at most `width` columns, never through a character.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for c in text.chars() {
        let wide = bytes_of(c).len();
        if used + wide > width {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            line.push(c);
        }
        used += wide;
    }
    lines
}
