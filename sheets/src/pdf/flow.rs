//! A document from top to bottom, page after page.

use super::canvas::{Canvas, Side, Style, mm10};
use super::ink::Ink;
use super::wrap::{cut, wrap};
use super::{Block, Document, Made, file};
use crate::font::Font;

const MARGIN: i32 = mm10(180);
/// Above the paper's end: small print and page number.
const FOOT: i32 = mm10(200);
const TITLE: Style = Style::of(340).bold();
const HEADING: Style = Style::of(240).bold();
pub(super) const BODY: Style = Style::of(200);
const CAPTION: Style = Style::of(200).gray();
const SMALL: Style = Style::of(150).gray();
/// Between blocks.
pub(super) const GAP: i32 = 120;

impl Document {
    /// The document as a file.
    ///
    /// # Errors
    /// Where the font cannot be used.
    pub fn to_pdf(&self, font: &Font) -> Result<Made, String> {
        let (width, height) = self.paper.size();
        let mut flow = Flow { canvas: Canvas::new(Ink::new(font)?, width, height), y: 0 };
        flow.page();
        for block in &self.blocks {
            flow.block(block);
        }
        let mut canvas = flow.canvas;
        let count = canvas.count();
        canvas.again(|canvas, page| self.foot(canvas, page, count));
        file(canvas, &self.title)
    }

    fn foot(&self, canvas: &mut Canvas<'_>, page: usize, count: usize) {
        let number = self.lang.of(format!("第 {page} 页 共 {count} 页"), format!("Page {page} of {count}"));
        let room = canvas.width - 2 * MARGIN;
        let aside = canvas.ink.width(&number, SMALL.size);
        let top = canvas.height - FOOT + GAP;
        canvas.text((MARGIN, top, room), Side::Right, &number, SMALL);
        if self.small_print.is_empty() {
            return;
        }
        let width = room - aside - 400;
        let lines = wrap(&canvas.ink, &self.small_print, SMALL.size, width);
        for (line, text) in (0..).zip(cut(&canvas.ink, lines, 2, SMALL.size, width)) {
            canvas.text((MARGIN, top + line * SMALL.line(), width), Side::Left, &text, SMALL);
        }
    }
}

/// The pen's place on its page.
pub(super) struct Flow<'a> {
    pub canvas: Canvas<'a>,
    /// Down from the paper's upper end.
    pub y: i32,
}

impl Flow<'_> {
    /// Between the margins.
    pub fn width(&self) -> i32 {
        self.canvas.width - 2 * MARGIN
    }

    pub fn left(&self) -> i32 {
        MARGIN
    }

    /// What a page has room for.
    pub fn page_room(&self) -> i32 {
        self.canvas.height - MARGIN - FOOT
    }

    pub fn page(&mut self) {
        self.canvas.page();
        self.y = MARGIN;
    }

    /// Whether so much fits under what stands on the page.
    pub fn fits(&self, height: i32) -> bool {
        self.y + height <= self.canvas.height - FOOT
    }

    /// A new page where so much does not fit.
    pub fn need(&mut self, height: i32) {
        if !self.fits(height) && self.y > MARGIN {
            self.page();
        }
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Title(text) => self.lines(text, TITLE, Side::Middle, 3),
            Block::Heading(text) => self.heading(text),
            Block::Paragraph(text) => self.lines(text, BODY, Side::Left, 0),
            Block::Pairs { columns, pairs } => self.pairs((*columns).max(1), pairs),
            Block::Table(sheet) => self.table(sheet),
            Block::Signatures(captions) => self.signatures(captions),
        }
        self.y += GAP;
    }

    pub fn heading(&mut self, text: &str) {
        self.lines(text, HEADING, Side::Left, 3);
    }

    /// Lines, the first of which never stands alone at a page's end: so many lines come with it.
    pub fn lines(&mut self, text: &str, style: Style, side: Side, with: i32) {
        let width = self.width();
        for (place, line) in (0..).zip(wrap(&self.canvas.ink, text, style.size, width)) {
            self.need(style.line() + if place == 0 { with * BODY.line() } else { 0 });
            self.canvas.text((MARGIN, self.y, width), side, &line, style);
            self.y += style.line();
        }
    }

    fn pairs(&mut self, columns: usize, pairs: &[(String, String)]) {
        let count = i32::try_from(columns).unwrap_or(1);
        let width = self.width() / count;
        let ink = &self.canvas.ink;
        let widest = pairs.iter().map(|(caption, _)| ink.width(caption, CAPTION.size)).max().unwrap_or(0);
        let aside = (widest + 160).min(width / 2);
        for row in pairs.chunks(columns) {
            let room = width - aside - 160;
            let cells: Vec<_> = row
                .iter()
                .map(|(caption, words)| {
                    let caption = wrap(&self.canvas.ink, caption, CAPTION.size, aside - 160);
                    (caption, wrap(&self.canvas.ink, words, BODY.size, room))
                })
                .collect();
            let tall = cells.iter().map(|(caption, words)| caption.len().max(words.len())).max().unwrap_or(1);
            let height = i32::try_from(tall).unwrap_or(1) * BODY.line();
            self.need(height);
            for (place, (caption, words)) in (0..).zip(&cells) {
                let x = MARGIN + place * width;
                for (style, x, width, lines) in [(CAPTION, x, aside, caption), (BODY, x + aside, room, words)] {
                    for (line, text) in (0..).zip(lines) {
                        self.canvas.text((x, self.y + line * BODY.line(), width), Side::Left, text, style);
                    }
                }
            }
            self.y += height + 40;
        }
    }

    fn signatures(&mut self, captions: &[String]) {
        let Ok(count) = i32::try_from(captions.len().max(1)) else { return };
        let height = BODY.line() * 5 / 2;
        self.need(height);
        let width = self.width() / count;
        let top = self.y + height - BODY.line();
        for (place, caption) in (0..).zip(captions) {
            let x = MARGIN + place * width;
            self.canvas.text((x, top, width), Side::Left, caption, BODY);
            let start = x + self.canvas.ink.width(caption, BODY.size) + 80;
            let under = top + BODY.line();
            self.canvas.line((start, under), (x + width - 240, under), 10, 0);
        }
        self.y += height;
    }
}
