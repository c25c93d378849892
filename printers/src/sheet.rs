//! Blocks of a page that is being laid out: text that fits, figures at the right edge.

use crate::charset::{columns, printable, wrap};

/// One laid-out piece of paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A line of text.
    Text {
        /// Printable text of at most the paper's columns, divided by the size's width.
        text: String,
        /// How large.
        size: Size,
        /// In the middle.
        centred: bool,
        /// Heavier.
        bold: bool,
    },
    /// A QR code of ASCII text.
    Qr(String),
    /// EAN-13 of 13 digits, with the digits below.
    Ean13(String),
    /// Code 128 of printable ASCII, with the text below.
    Code128(String),
}

/// Size of characters. Printers agree only on once and twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// As any other.
    Normal,
    /// Twice as high.
    Tall,
    /// Twice as wide and high.
    Big,
}

impl Size {
    /// Times as wide.
    pub fn width(self) -> usize {
        if self == Self::Big { 2 } else { 1 }
    }
}

/// How a line looks beside its size.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Plain,
    Bold,
}

/// A page of so many columns.
pub(crate) struct Sheet {
    pub width: usize,
    pub blocks: Vec<Block>,
}

impl Sheet {
    pub(crate) fn new(width: usize) -> Self {
        Self { width, blocks: Vec::new() }
    }

    fn push(&mut self, text: String, size: Size, centred: bool, weight: Weight) {
        self.blocks.push(Block::Text { text, size, centred, bold: weight == Weight::Bold });
    }

    /// Text from the left edge.
    pub(crate) fn text(&mut self, text: &str) {
        self.sized(text, Size::Normal, Weight::Plain);
    }

    /// Text from the left edge, of any size.
    pub(crate) fn sized(&mut self, text: &str, size: Size, weight: Weight) {
        for line in wrap(&printable(text), self.width / size.width()) {
            self.push(line, size, false, weight);
        }
    }

    /// Text in the middle.
    pub(crate) fn centred(&mut self, text: &str, weight: Weight) {
        for line in wrap(&printable(text), self.width) {
            self.push(line, Size::Normal, true, weight);
        }
    }

    /// Text in the middle, as large as one line allows.
    pub(crate) fn title(&mut self, text: &str) {
        let text = printable(text);
        let size = if columns(&text) * 2 <= self.width { Size::Big } else { Size::Tall };
        for line in wrap(&text, self.width / size.width()) {
            self.push(line, size, true, Weight::Plain);
        }
    }

    /// A line across.
    pub(crate) fn rule(&mut self) {
        self.push("-".repeat(self.width), Size::Normal, false, Weight::Plain);
    }

    /// Text at the left, a figure at the right; on two lines where one is too short.
    pub(crate) fn pair(&mut self, left: &str, right: &str, weight: Weight) {
        self.sized_pair(left, right, Size::Normal, weight);
    }

    /// What everyone looks for: as large as it goes on one line.
    pub(crate) fn big_pair(&mut self, left: &str, right: &str) {
        let needed = columns(&printable(left)) + 1 + columns(&printable(right));
        let size = if needed * 2 <= self.width { Size::Big } else { Size::Tall };
        self.sized_pair(left, right, size, Weight::Plain);
    }

    fn sized_pair(&mut self, left: &str, right: &str, size: Size, weight: Weight) {
        let width = self.width / size.width();
        let (left, right) = (printable(left), printable(right));
        let mut lines = wrap(&left, width);
        let last = lines.pop().unwrap_or_default();
        for line in lines {
            self.push(line, size, false, weight);
        }
        let (used, needed) = (columns(&last), columns(&right));
        if used + 1 + needed <= width {
            let gap = " ".repeat(width - used - needed);
            self.push(format!("{last}{gap}{right}"), size, false, weight);
            return;
        }
        self.push(last, size, false, weight);
        for line in wrap(&right, width) {
            let gap = " ".repeat(width.saturating_sub(columns(&line)));
            self.push(format!("{gap}{line}"), size, false, weight);
        }
    }
}

/// Figures one beside the other, each at the right edge of its field; at least a space before each.
pub(crate) fn fields(figures: &[(&str, usize)]) -> String {
    let field = |(text, width): &(&str, usize)| {
        let text = printable(text);
        let gap = " ".repeat(width.saturating_sub(columns(&text)).max(1));
        format!("{gap}{text}")
    };
    figures.iter().map(field).collect()
}
