//! ESC/POS bytes as commands, one at a time: what a printer is told, before it is laid on paper.

use encoding_rs::GB18030;

/// One thing that a printer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command<'a> {
    /// A character; `wide` takes the cell of a hanzi.
    Char {
        c: char,
        wide: bool,
    },
    LineFeed,
    Reset,
    /// Dots between the tops of two lines; nothing means the printer's own.
    Spacing(Option<u8>),
    FeedLines(u8),
    FeedDots(u8),
    Bold(bool),
    Justify(Justify),
    /// How many times as wide and high, 1 to 8.
    Size {
        width: usize,
        height: usize,
    },
    /// Whether two bytes make a hanzi.
    Chinese(bool),
    Drawer,
    /// Cuts after so many dots.
    Cut {
        feed: u8,
    },
    QrModule(u8),
    QrLevel(u8),
    QrStore(&'a [u8]),
    QrPrint,
    BarHeight(u8),
    BarModule(u8),
    /// Where the digits stand: bit 0 above, bit 1 below.
    BarLabel(u8),
    Ean13(&'a [u8]),
    Code128(&'a [u8]),
    Raster(Raster<'a>),
    /// Known, and without effect on paper.
    Nothing,
    /// Neither command nor text.
    Unknown,
}

/// Where a line stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Justify {
    #[default]
    Left,
    Centre,
    Right,
}

/// A picture as sent: rows of whole bytes, the highest bit first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Raster<'a> {
    /// Bytes of a row, at least 1.
    pub row: usize,
    /// The rows.
    pub bits: &'a [u8],
    /// Times as wide and high: 1 or 2.
    pub scale: (usize, usize),
}

/// The command at the start of `rest` (not empty), and how many bytes it takes.
pub(crate) fn next(rest: &[u8], chinese: bool) -> (Command<'_>, usize) {
    match *rest {
        [b'\n', ..] => (Command::LineFeed, 1),
        [b'\r', ..] => (Command::Nothing, 1),
        // DLE EOT: a question, which `answer` deals with.
        [0x10, 0x04, 1..=4, ..] => (Command::Nothing, 3),
        [0x1B, ..] => esc(rest),
        [0x1C, b'&', ..] => (Command::Chinese(true), 2),
        [0x1C, b'.', ..] => (Command::Chinese(false), 2),
        [0x1D, ..] => gs(rest),
        [b @ b' '..=b'~', ..] => (Command::Char { c: b.into(), wide: false }, 1),
        // The second byte of a hanzi is never a digit or a control: there a hanzi was cut in two.
        [0x81..=0xFE, 0x40..=0x7E | 0x80..=0xFE, ..] if chinese => (hanzi(&rest[..2]), 2),
        _ => (Command::Unknown, 1),
    }
}

fn hanzi(pair: &[u8]) -> Command<'static> {
    let (text, _, broken) = GB18030.decode(pair);
    match text.chars().next() {
        Some(c) if !broken => Command::Char { c, wide: true },
        _ => Command::Unknown,
    }
}

fn esc(rest: &[u8]) -> (Command<'_>, usize) {
    match *rest {
        [_, b'@', ..] => (Command::Reset, 2),
        [_, b'2', ..] => (Command::Spacing(None), 2),
        [_, b'3', n, ..] => (Command::Spacing(Some(n)), 3),
        [_, b'd', n, ..] => (Command::FeedLines(n), 3),
        [_, b'J', n, ..] => (Command::FeedDots(n), 3),
        [_, b'E', n, ..] => (Command::Bold(n & 1 == 1), 3),
        [_, b'a', n, ..] => {
            let justify = match n {
                0 | b'0' => Justify::Left,
                1 | b'1' => Justify::Centre,
                2 | b'2' => Justify::Right,
                _ => return (Command::Unknown, 1),
            };
            (Command::Justify(justify), 3)
        }
        [_, b'p', _, _, _, ..] => (Command::Drawer, 5),
        _ => (Command::Unknown, 1),
    }
}

fn gs(rest: &[u8]) -> (Command<'_>, usize) {
    match *rest {
        [_, b'!', n, ..] => (Command::Size { width: usize::from(n >> 4 & 7) + 1, height: usize::from(n & 7) + 1 }, 3),
        [_, b'V', 0 | 1 | b'0' | b'1', ..] => (Command::Cut { feed: 0 }, 3),
        [_, b'V', b'A' | b'B', feed, ..] => (Command::Cut { feed }, 4),
        [_, b'h', n @ 1..=255, ..] => (Command::BarHeight(n), 3),
        [_, b'w', n @ 1..=6, ..] => (Command::BarModule(n), 3),
        [_, b'H', n, ..] => (Command::BarLabel(n & 3), 3),
        [_, b'f', _, ..] => (Command::Nothing, 3),
        // GS r, GS a: questions.
        [_, b'r' | b'a', _, ..] => (Command::Nothing, 3),
        [_, b'k', ..] => bars(rest),
        [_, b'(', b'k', low, high, ..] => {
            let len = usize::from(low) + 256 * usize::from(high);
            match rest.get(5..5 + len) {
                Some(body) => (code(body), 5 + len),
                None => (Command::Unknown, rest.len()),
            }
        }
        [_, b'v', b'0', m, x_low, x_high, y_low, y_high, ..] => {
            let (row, rows) =
                (usize::from(x_low) + 256 * usize::from(x_high), usize::from(y_low) + 256 * usize::from(y_high));
            let scale = (usize::from(m & 1) + 1, usize::from(m >> 1 & 1) + 1);
            match rest.get(8..8 + row * rows) {
                Some(bits) if !bits.is_empty() => (Command::Raster(Raster { row, bits, scale }), 8 + bits.len()),
                Some(_) => (Command::Nothing, 8),
                // A printer would wait for the rest and take what follows for dots.
                None => (Command::Unknown, rest.len()),
            }
        }
        _ => (Command::Unknown, 1),
    }
}

/// GS k: bars, ended by a zero (function A) or with their length before them (function B).
fn bars(rest: &[u8]) -> (Command<'_>, usize) {
    match *rest {
        [_, _, 2, ..] => match rest[3..].iter().position(|b| *b == 0) {
            Some(len) => (Command::Ean13(&rest[3..3 + len]), 4 + len),
            None => (Command::Unknown, 1),
        },
        [_, _, kind @ (67 | 73), len, ..] => match rest.get(4..4 + usize::from(len)) {
            Some(data) if kind == 67 => (Command::Ean13(data), 4 + data.len()),
            Some(data) => (Command::Code128(data), 4 + data.len()),
            None => (Command::Unknown, rest.len()),
        },
        _ => (Command::Unknown, 1),
    }
}

/// GS ( k: of the two-dimensional codes only QR.
fn code(body: &[u8]) -> Command<'_> {
    match body {
        [0x31, b'A', _, 0] => Command::Nothing,
        [0x31, b'C', size @ 1..=16] => Command::QrModule(*size),
        [0x31, b'E', level @ b'0'..=b'3'] => Command::QrLevel(level - b'0'),
        [0x31, b'P', b'0', data @ ..] => Command::QrStore(data),
        [0x31, b'Q', b'0'] => Command::QrPrint,
        _ => Command::Unknown,
    }
}
