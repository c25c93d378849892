//! What a printer does with a job: each mark at its place on the paper, in dots. Text and picture
//! both come from here.

use std::borrow::Cow;

use qrcode::{Color, EcLevel, QrCode};

use crate::command::{self, Command, Justify, Raster};
use domain::bars::{self, Bars};

/// Dots across a half-width cell; a hanzi takes two.
pub(crate) const CELL_WIDTH: usize = 12;
/// Dots down a cell.
pub(crate) const CELL_HEIGHT: usize = 24;
/// Dots between the tops of two lines where nothing else was said: a sixth of an inch.
const SPACING: usize = 34;
/// Dots that a tear takes on the picture.
pub(crate) const CUT_HEIGHT: usize = 16;
/// Longest paper that is read, 8 m: three bytes can ask for more paper than a roll has.
pub(crate) const LONGEST: usize = 64_000;

/// A job on paper.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// From the top down.
    pub marks: Vec<Mark>,
    /// Dots of paper that were fed.
    pub height: usize,
    /// Dots of the widest line or code.
    pub widest: usize,
    /// How often the paper is cut.
    pub cuts: usize,
    /// How often the drawer opens.
    pub drawer: usize,
    /// Offsets of bytes that are neither command nor text, or past the longest paper.
    pub unknown: Vec<usize>,
    /// Offsets of what did not fit the paper's width.
    pub overlong: Vec<usize>,
}

/// One thing on paper; `x` and `y` are its upper left dot.
#[derive(Debug)]
pub(crate) enum Mark {
    Line(Line),
    Code(Code),
    Cut { y: usize },
}

/// Characters side by side, standing on one line.
#[derive(Debug, Default)]
pub(crate) struct Line {
    pub x: usize,
    pub y: usize,
    pub cells: Vec<Cell>,
    /// Whether these are the digits of a barcode.
    pub is_label: bool,
}

/// One character in its cell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell {
    pub c: char,
    pub wide: bool,
    pub bold: bool,
    /// How many times as wide and high.
    pub scale: (usize, usize),
}

/// Black and white modules, each `scale` dots wide and high.
#[derive(Debug)]
pub(crate) struct Code {
    pub x: usize,
    pub y: usize,
    pub scale: (usize, usize),
    /// Modules of a row.
    pub row: usize,
    /// The rows, black modules true.
    pub modules: Vec<bool>,
    pub content: Content,
}

/// What a code says.
#[derive(Debug)]
pub(crate) enum Content {
    Qr(String),
    Bars(String),
    Picture,
}

impl Cell {
    pub(crate) fn width(&self) -> usize {
        CELL_WIDTH * if self.wide { 2 } else { 1 } * self.scale.0
    }

    pub(crate) fn height(&self) -> usize {
        CELL_HEIGHT * self.scale.1
    }
}

impl Line {
    pub(crate) fn height(&self) -> usize {
        self.cells.iter().map(Cell::height).max().unwrap_or(0)
    }
}

impl Code {
    fn width(&self) -> usize {
        self.row * self.scale.0
    }

    fn height(&self) -> usize {
        self.modules.len() / self.row.max(1) * self.scale.1
    }
}

/// Reads a job for a paper of so many dots.
pub(crate) fn read(bytes: &[u8], dots: usize) -> Page {
    let mut reader = Reader { page: Page::default(), dots, mode: Mode::default(), cells: Vec::new(), at: 0 };
    while reader.at < bytes.len() {
        if reader.page.height > LONGEST {
            reader.page.unknown.push(reader.at);
            break;
        }
        let (command, taken) = command::next(&bytes[reader.at..], reader.mode.chinese);
        reader.obey(command);
        reader.at += taken;
    }
    reader.print_line(0);
    reader.page
}

/// What `ESC @` resets.
struct Mode<'a> {
    chinese: bool,
    spacing: usize,
    justify: Justify,
    bold: bool,
    scale: (usize, usize),
    qr: Cow<'a, [u8]>,
    qr_module: usize,
    qr_level: EcLevel,
    bar_height: usize,
    bar_module: usize,
    bar_label: u8,
}

impl Default for Mode<'_> {
    /// As Chinese models power up.
    fn default() -> Self {
        Self {
            chinese: true,
            spacing: SPACING,
            justify: Justify::Left,
            bold: false,
            scale: (1, 1),
            qr: Cow::default(),
            qr_module: 3,
            qr_level: EcLevel::L,
            bar_height: 162,
            bar_module: 3,
            bar_label: 0,
        }
    }
}

struct Reader<'a> {
    page: Page,
    dots: usize,
    mode: Mode<'a>,
    /// The line that is being filled.
    cells: Vec<Cell>,
    at: usize,
}

impl<'a> Reader<'a> {
    fn obey(&mut self, command: Command<'a>) {
        match command {
            Command::Char { c, wide } => self.put(c, wide),
            Command::LineFeed => self.feed_lines(1),
            Command::Reset => {
                self.cells.clear();
                self.mode = Mode::default();
            }
            Command::Spacing(n) => self.mode.spacing = n.map_or(SPACING, usize::from),
            Command::FeedLines(n) => self.feed_lines(n.into()),
            Command::FeedDots(n) => {
                self.print_line(0);
                self.page.height += usize::from(n);
            }
            Command::Bold(bold) => self.mode.bold = bold,
            Command::Justify(justify) => self.mode.justify = justify,
            Command::Size { width, height } => self.mode.scale = (width, height),
            Command::Chinese(on) => self.mode.chinese = on,
            Command::Drawer => self.page.drawer += 1,
            Command::Cut { feed } => {
                self.print_line(0);
                let y = self.page.height + usize::from(feed);
                self.page.marks.push(Mark::Cut { y });
                self.page.height = y + CUT_HEIGHT;
                self.page.cuts += 1;
            }
            Command::QrModule(n) => self.mode.qr_module = n.into(),
            Command::QrLevel(n) => {
                self.mode.qr_level = [EcLevel::L, EcLevel::M, EcLevel::Q, EcLevel::H][usize::from(n & 3)];
            }
            Command::QrStore(data) => self.mode.qr = data.into(),
            Command::QrPrint => self.qr(),
            Command::BarHeight(n) => self.mode.bar_height = n.into(),
            Command::BarModule(n) => self.mode.bar_module = n.into(),
            Command::BarLabel(n) => self.mode.bar_label = n,
            Command::Ean13(data) => self.bars(bars::ean13(data)),
            Command::Code128(data) => self.bars(bars::code128(data)),
            Command::Raster(raster) => self.raster(raster),
            Command::Nothing => {}
            Command::Unknown => self.page.unknown.push(self.at),
        }
    }

    /// Puts a character on the line; where it is full, the line is printed first.
    fn put(&mut self, c: char, wide: bool) {
        let cell = Cell { c, wide, bold: self.mode.bold, scale: self.mode.scale };
        if self.used() + cell.width() > self.dots {
            self.page.overlong.push(self.at);
            self.print_line(self.mode.spacing);
        }
        self.cells.push(cell);
    }

    fn used(&self) -> usize {
        self.cells.iter().map(Cell::width).sum()
    }

    /// Prints what is on the line, if anything, and feeds at least `feed` dots.
    fn print_line(&mut self, feed: usize) {
        if self.cells.is_empty() {
            return;
        }
        let (x, y) = (self.indent(self.used()), self.page.height);
        self.page.widest = self.page.widest.max(self.used());
        let line = Line { x, y, cells: std::mem::take(&mut self.cells), is_label: false };
        self.page.height += feed.max(line.height());
        self.page.marks.push(Mark::Line(line));
    }

    fn feed_lines(&mut self, lines: usize) {
        let mut left = lines;
        if !self.cells.is_empty() {
            self.print_line(self.mode.spacing);
            left = left.saturating_sub(1);
        } else if lines == 1 {
            self.page.marks.push(Mark::Line(Line { y: self.page.height, ..Line::default() }));
        }
        self.page.height += left * self.mode.spacing;
    }

    fn indent(&self, width: usize) -> usize {
        let free = self.dots.saturating_sub(width);
        match self.mode.justify {
            Justify::Left => 0,
            Justify::Centre => free / 2,
            Justify::Right => free,
        }
    }

    fn qr(&mut self) {
        let Ok(code) = QrCode::with_error_correction_level(&self.mode.qr, self.mode.qr_level) else {
            self.page.unknown.push(self.at);
            return;
        };
        let content = Content::Qr(String::from_utf8_lossy(&self.mode.qr).into_owned());
        let scale = (self.mode.qr_module, self.mode.qr_module);
        let modules = code.to_colors().into_iter().map(|color| color == Color::Dark).collect();
        self.code(scale, code.width(), modules, content);
    }

    fn bars(&mut self, bars: Option<Bars>) {
        let Some(Bars { modules, text }) = bars else {
            self.page.unknown.push(self.at);
            return;
        };
        self.print_line(0);
        if modules.len() * self.mode.bar_module > self.dots {
            // Neither bars nor digits come out.
            self.page.overlong.push(self.at);
            return;
        }
        let label: Vec<Cell> = text.chars().map(|c| Cell { c, wide: false, bold: false, scale: (1, 1) }).collect();
        let scale = (self.mode.bar_module, self.mode.bar_height);
        let shown = self.mode.bar_label;
        if shown & 1 == 1 {
            self.label(&label);
        }
        self.code(scale, modules.len(), modules, Content::Bars(text));
        if shown & 2 == 2 {
            self.label(&label);
        }
    }

    fn label(&mut self, cells: &[Cell]) {
        let (x, y) = (self.indent(cells.iter().map(Cell::width).sum()), self.page.height);
        self.page.marks.push(Mark::Line(Line { x, y, cells: cells.to_vec(), is_label: true }));
        self.page.height += CELL_HEIGHT;
    }

    fn raster(&mut self, raster: Raster<'_>) {
        let modules = raster.bits.iter().flat_map(|b| (0..8).rev().map(move |bit| b >> bit & 1 == 1)).collect();
        self.code(raster.scale, raster.row * 8, modules, Content::Picture);
    }

    /// Prints a code below what is on the line. Printers leave out a code that is too wide for the
    /// paper, and cut a picture off.
    fn code(&mut self, scale: (usize, usize), row: usize, modules: Vec<bool>, content: Content) {
        self.print_line(0);
        let mut code = Code { x: 0, y: self.page.height, scale, row, modules, content };
        self.page.widest = self.page.widest.max(code.width());
        if code.width() > self.dots {
            self.page.overlong.push(self.at);
            if !matches!(code.content, Content::Picture) {
                return;
            }
        }
        code.x = self.indent(code.width());
        self.page.height += code.height();
        self.page.marks.push(Mark::Code(code));
    }
}
