//! Reading ESC/POS back: what a page says, how long it is, and whether a printer would choke on it.

use crate::reader::{self, CELL_WIDTH, CUT_HEIGHT, Content, Line, Mark};

/// Dots per millimetre of a 203 dpi printer.
const DOTS_PER_MM: usize = 8;
/// Wider than any line: what was sent on one line stays one.
const ENDLESS: usize = 1 << 20;
/// Dots across the papers that there are, the narrowest first.
const WIDTHS: [usize; 3] = [384, 512, 576];

/// What bytes put on paper.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paper {
    /// Lines of text, not indented.
    pub lines: Vec<String>,
    /// Contents of QR codes.
    pub qr: Vec<String>,
    /// Digits of barcodes.
    pub bars: Vec<String>,
    /// Length in dots.
    pub dots: usize,
    /// How often the paper is cut.
    pub cuts: usize,
    /// How often the drawer opens.
    pub drawer: usize,
    /// Offsets of bytes that are no command and no text.
    pub unknown: Vec<usize>,
    /// Offsets at which a line was too long for the paper.
    pub overlong: Vec<usize>,
    text: String,
}

impl Paper {
    /// The page as text, centred lines in the middle.
    pub fn text(&self) -> String {
        self.text.clone()
    }

    /// Length in millimetres.
    pub fn mm(&self) -> usize {
        self.dots / DOTS_PER_MM
    }

    /// Whether nothing came out and no drawer opened: the job was a question.
    pub fn is_blank(&self) -> bool {
        self.dots == 0 && self.drawer == 0 && self.unknown.is_empty()
    }
}

/// Reads a job as it was sent, however wide the paper.
pub fn read(bytes: &[u8]) -> Paper {
    let mut paper = read_on(bytes, ENDLESS);
    paper.text = read_on(bytes, width_of(bytes)).text;
    paper
}

/// Reads a job for a paper of so many dots: longer lines go on below, as on a printer.
pub fn read_on(bytes: &[u8], dots: usize) -> Paper {
    let page = reader::read(bytes, dots);
    let mut paper = Paper {
        dots: page.height - page.cuts * CUT_HEIGHT,
        cuts: page.cuts,
        drawer: page.drawer,
        unknown: page.unknown,
        overlong: page.overlong,
        ..Paper::default()
    };
    for (n, mark) in page.marks.iter().enumerate() {
        let row = match mark {
            Mark::Line(line) if line.is_label => continue,
            Mark::Line(line) => {
                let text: String = line.cells.iter().map(|cell| cell.c).collect();
                let row = format!("{}{text}", " ".repeat(indent(line)));
                paper.lines.push(text);
                row
            }
            Mark::Code(code) => match &code.content {
                Content::Qr(text) => {
                    paper.qr.push(text.clone());
                    format!("[QR] {text}")
                }
                Content::Bars(text) => {
                    paper.bars.push(text.clone());
                    format!("[条码] {text}")
                }
                // One picture comes in many bands.
                Content::Picture if n > 0 && is_picture(&page.marks[n - 1]) => continue,
                Content::Picture => "[图]".into(),
            },
            Mark::Cut { .. } if n + 1 == page.marks.len() => continue,
            Mark::Cut { .. } => "- - - - - - - - - - - - - - - -".into(),
        };
        paper.text.push_str(&row);
        paper.text.push('\n');
    }
    paper
}

/// The narrowest paper in dots that takes a job's lines whole, else the widest.
pub fn width_of(bytes: &[u8]) -> usize {
    let widest = reader::read(bytes, ENDLESS).widest;
    WIDTHS.into_iter().find(|dots| widest <= *dots).unwrap_or(WIDTHS[WIDTHS.len() - 1])
}

fn is_picture(mark: &Mark) -> bool {
    matches!(mark, Mark::Code(code) if matches!(code.content, Content::Picture))
}

fn indent(line: &Line) -> usize {
    line.x / CELL_WIDTH
}
