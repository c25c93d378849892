//! Reading ESC/POS back: what a page says, how long it is, and whether a printer would choke on it.

use encoding_rs::GB18030;

/// Dots per millimetre of a 203 dpi printer.
const DOTS_PER_MM: usize = 8;

/// What bytes put on paper.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paper {
    /// Lines of text, centred ones not indented.
    pub lines: Vec<String>,
    /// Contents of QR codes.
    pub qr: Vec<String>,
    /// Length in dots.
    pub dots: usize,
    /// How often the paper is cut.
    pub cuts: usize,
    /// How often the drawer opens.
    pub drawer: usize,
    /// Offsets of bytes that are no command and no text.
    pub unknown: Vec<usize>,
}

impl Paper {
    /// The page as text.
    pub fn text(&self) -> String {
        let mut text = self.lines.join("\n");
        for qr in &self.qr {
            text.push_str("\n[QR] ");
            text.push_str(qr);
        }
        text.push('\n');
        text
    }

    /// Length in millimetres.
    pub fn mm(&self) -> usize {
        self.dots / DOTS_PER_MM
    }
}

/// Reads a job.
pub fn read(bytes: &[u8]) -> Paper {
    let mut reader =
        Reader { paper: Paper::default(), line: Vec::new(), spacing: 34, height: 1, qr: Vec::new(), module: 3 };
    let mut at = 0;
    while at < bytes.len() {
        at += reader.step(&bytes[at..], at);
    }
    if !reader.line.is_empty() {
        reader.end_line();
    }
    reader.paper
}

struct Reader {
    paper: Paper,
    line: Vec<u8>,
    spacing: usize,
    height: usize,
    qr: Vec<u8>,
    module: usize,
}

impl Reader {
    /// Takes one command, character or line end; how many bytes it took.
    fn step(&mut self, rest: &[u8], at: usize) -> usize {
        match *rest {
            [b'\n', ..] => {
                self.end_line();
                1
            }
            [0x1B, b'@', ..] => {
                (self.spacing, self.height) = (34, 1);
                2
            }
            [0x1B, b'd', n, ..] => {
                self.feed(n.into());
                3
            }
            [0x1B, b'3', n, ..] => {
                self.spacing = n.into();
                3
            }
            [0x1B, b'a' | b'E', _, ..] => 3,
            [0x1B, b'p', _, _, _, ..] => {
                self.paper.drawer += 1;
                5
            }
            [0x1C, b'&', ..] => 2,
            [0x1D, b'!', n, ..] => {
                self.height = usize::from(n & 0x07) + 1;
                3
            }
            [0x1D, b'V', 0x41 | 0x42, _, ..] => {
                self.paper.cuts += 1;
                4
            }
            [0x1D, b'(', b'k', low, high, ..] => self.code(rest, usize::from(low) + 256 * usize::from(high)),
            [b, ..] if b < 0x20 || b == 0x7F => {
                self.paper.unknown.push(at);
                1
            }
            [b, ..] if b < 0x80 => {
                self.line.push(b);
                1
            }
            [a, b, ..] => {
                self.line.extend([a, b]);
                2
            }
            _ => {
                self.paper.unknown.push(at);
                1
            }
        }
    }

    /// GS ( k: only QR codes.
    fn code(&mut self, rest: &[u8], len: usize) -> usize {
        let body = rest.get(5..5 + len).unwrap_or_default();
        match body {
            [0x31, 0x43, size] => self.module = (*size).into(),
            [0x31, 0x50, 0x30, data @ ..] => self.qr = data.to_vec(),
            [0x31, 0x51, 0x30] => {
                self.paper.qr.push(String::from_utf8_lossy(&self.qr).into_owned());
                self.paper.dots += modules(self.qr.len()) * self.module;
            }
            _ => {}
        }
        5 + len
    }

    fn end_line(&mut self) {
        let (text, _, _) = GB18030.decode(&self.line);
        self.paper.lines.push(text.into_owned());
        self.line.clear();
        self.paper.dots += self.spacing.max(24 * self.height);
    }

    fn feed(&mut self, lines: usize) {
        if !self.line.is_empty() {
            self.end_line();
        }
        self.paper.dots += lines * self.spacing;
    }
}

/// Modules on a side of a QR code (byte mode, level M) of so many bytes.
fn modules(bytes: usize) -> usize {
    const CAPACITY: [usize; 10] = [14, 26, 42, 62, 84, 106, 122, 152, 180, 213];
    let version = CAPACITY.iter().position(|capacity| bytes <= *capacity).unwrap_or(CAPACITY.len()) + 1;
    17 + 4 * version
}
