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

/// Which characters a printer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// 6,763 hanzi, those in daily use.
    Gb2312,
    /// 20,902 hanzi and more.
    Gbk,
    /// All that two bytes can say in GB18030.
    Gb18030,
}

/// Two-byte characters of GB18030 that GBK printers do not have: the first byte, and the second from
/// and to.
const NOT_IN_GBK: [(u8, u8, u8); 8] = [
    (0xA2, 0xE3, 0xE3),
    (0xA6, 0xD9, 0xDF),
    (0xA6, 0xEC, 0xED),
    (0xA6, 0xF3, 0xF3),
    (0xA8, 0xBC, 0xBC),
    (0xA8, 0xBF, 0xBF),
    (0xA9, 0x89, 0x95),
    (0xFE, 0x50, 0xA0),
];
/// The same of GB2312, within its 94 times 94 places.
const NOT_IN_GB2312: [(u8, u8, u8); 4] =
    [(0xA2, 0xA1, 0xAA), (0xA2, 0xE3, 0xE3), (0xA6, 0xD9, 0xF5), (0xA8, 0xBB, 0xC0)];

impl Charset {
    /// Whether a printer with this set has a printable character.
    pub fn has(self, c: char) -> bool {
        let [lead, trail] = bytes_of(c)[..] else {
            return c.is_ascii();
        };
        let lacks =
            |ranges: &[(u8, u8, u8)]| ranges.iter().any(|(l, from, to)| *l == lead && (*from..=*to).contains(&trail));
        match self {
            Self::Gb2312 => (0xA1..=0xF7).contains(&lead) && trail >= 0xA1 && !lacks(&NOT_IN_GB2312),
            Self::Gbk => !lacks(&NOT_IN_GBK),
            Self::Gb18030 => true,
        }
    }
}

/// Printable text with 〓 for what a printer does not have; as wide as before.
pub fn narrow(text: &str, charset: Charset) -> String {
    text.chars().map(|c| if charset.has(c) { c } else { GETA }).collect()
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
