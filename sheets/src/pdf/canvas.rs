//! Pages to draw on. Lengths are twips (1/20 of a point, 0.018 mm), whole numbers, counted from the upper left corner.

use pdf_writer::types::TextRenderingMode;
use pdf_writer::{Content, Name, Str};

use super::ink::Ink;

/// Twips of so many tenths of a millimetre.
pub(super) const fn mm10(tenths: i32) -> i32 {
    tenths * 1440 / 254
}

/// Where text stands within its width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Middle,
    Right,
}

/// How text is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub size: i32,
    pub bold: bool,
    /// 0 is black, 255 white.
    pub gray: u8,
}

impl Style {
    pub const fn of(size: i32) -> Self {
        Self { size, bold: false, gray: 0 }
    }

    pub const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub const fn gray(self) -> Self {
        Self { gray: 90, ..self }
    }

    /// From one line to the next.
    pub const fn line(self) -> i32 {
        self.size * 7 / 5
    }
}

/// The pages of a document, one of them under the pen.
pub(super) struct Canvas<'a> {
    pub ink: Ink<'a>,
    pub width: i32,
    pub height: i32,
    pages: Vec<Content>,
}

impl<'a> Canvas<'a> {
    pub fn new(ink: Ink<'a>, width: i32, height: i32) -> Self {
        Self { ink, width, height, pages: Vec::new() }
    }

    /// A new page, under the pen.
    pub fn page(&mut self) {
        let mut page = Content::new();
        page.transform([0.05, 0.0, 0.0, 0.05, 0.0, 0.0]);
        self.pages.push(page);
    }

    pub fn count(&self) -> usize {
        self.pages.len()
    }

    /// The pages in turn, each once more under the pen; for what needs to know how many there are.
    pub fn again(&mut self, mut draw: impl FnMut(&mut Self, usize)) {
        let pages = std::mem::take(&mut self.pages);
        let mut done = Vec::with_capacity(pages.len());
        for (number, page) in (1..).zip(pages) {
            self.pages = vec![page];
            draw(self, number);
            done.append(&mut self.pages);
        }
        self.pages = done;
    }

    pub fn into_parts(self) -> (Ink<'a>, Vec<Content>) {
        (self.ink, self.pages)
    }

    /// One line of text in a box: its left end, its top and its width.
    pub fn text(&mut self, (x, top, width): (i32, i32, i32), side: Side, text: &str, style: Style) {
        if text.is_empty() {
            return;
        }
        let room = width - self.ink.width(text, style.size);
        let x = match side {
            Side::Left => x,
            Side::Middle => x + room / 2,
            Side::Right => x + room,
        };
        let glyphs = self.ink.encode(text);
        // Ideographs hang a little below the line that letters stand on.
        let y = self.height - top - (style.line() - style.size) / 2 - style.size * 22 / 25;
        let Some(page) = self.pages.last_mut() else { return };
        page.set_fill_gray(gray(style.gray)).begin_text().set_font(Name(b"F"), unit(style.size));
        if style.bold {
            page.set_stroke_gray(gray(style.gray)).set_line_width(unit((style.size / 35).max(1)));
            page.set_text_rendering_mode(TextRenderingMode::FillStroke);
        }
        page.next_line(unit(x), unit(y)).show(Str(&glyphs));
        if style.bold {
            page.set_text_rendering_mode(TextRenderingMode::Fill);
        }
        page.end_text();
    }

    /// A line, `thick` twips.
    pub fn line(&mut self, from: (i32, i32), to: (i32, i32), thick: i32, shade: u8) {
        let height = self.height;
        let Some(page) = self.pages.last_mut() else { return };
        page.set_stroke_gray(gray(shade)).set_line_width(unit(thick));
        page.move_to(unit(from.0), unit(height - from.1)).line_to(unit(to.0), unit(height - to.1)).stroke();
    }

    /// A filled box: left, top, width, height.
    pub fn fill(&mut self, (x, top, width, tall): (i32, i32, i32, i32), shade: u8) {
        let y = self.height - top - tall;
        let Some(page) = self.pages.last_mut() else { return };
        page.set_fill_gray(gray(shade)).rect(unit(x), unit(y), unit(width), unit(tall)).fill_nonzero();
    }

    /// The frame of a box: left, top, width, height.
    pub fn frame(&mut self, (x, top, width, tall): (i32, i32, i32, i32), thick: i32, shade: u8) {
        let y = self.height - top - tall;
        let Some(page) = self.pages.last_mut() else { return };
        page.set_stroke_gray(gray(shade)).set_line_width(unit(thick));
        page.rect(unit(x), unit(y), unit(width), unit(tall)).stroke();
    }
}

/// As the format wants it: a page is at most 16838 twips high.
pub(super) fn unit(twips: i32) -> f32 {
    let max = if twips < 0 { i16::MIN } else { i16::MAX };
    f32::from(i16::try_from(twips).unwrap_or(max))
}

fn gray(shade: u8) -> f32 {
    // Tenths are enough, and short in the file.
    match shade {
        0 => 0.0,
        1..=100 => 0.35,
        101..=180 => 0.6,
        181..=240 => 0.93,
        241..=255 => 1.0,
    }
}
