//! The paper as a picture, dot for dot as a 203 dpi printer burns it.

use crate::font::Font;
use crate::glyph::Glyphs;
use crate::reader::{self, CELL_HEIGHT, CUT_HEIGHT, Cell, Code, Line, Mark};

/// Dots per metre of a 203 dpi printer.
const PER_METRE: u32 = 7992;
/// Widest paper that is drawn, in dots.
const WIDEST: usize = 4096;
/// Dots of a dash of the tear line, and of the gap after it.
const DASH: usize = 12;

const BLACK: u8 = 0;
const WHITE: u8 = 255;

/// Drawn paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Dots across.
    pub width: usize,
    /// Dots down.
    pub height: usize,
    /// Row by row, a byte a dot: 0 black, 255 white.
    pub dots: Vec<u8>,
}

/// Draws a job on a paper of so many dots (`Profile::dots`). What does not fit goes where a
/// printer would put it; nothing in the bytes can make it fail.
pub fn draw(bytes: &[u8], dots: usize, font: &Font) -> Picture {
    let width = dots.clamp(1, WIDEST);
    let page = reader::read(bytes, width);
    let height = page.height.clamp(1, reader::LONGEST);
    let mut picture = Picture { width, height, dots: vec![WHITE; width * height] };
    let mut glyphs = Glyphs::new(font);
    for mark in &page.marks {
        match mark {
            Mark::Line(line) => picture.line(line, &mut glyphs),
            Mark::Code(code) => picture.code(code),
            Mark::Cut { y } => picture.tear(*y),
        }
    }
    picture
}

impl Picture {
    /// The picture as a PNG of black and white that knows its size on paper; empty where `dots`
    /// is not `width` times `height`.
    pub fn png(&self) -> Vec<u8> {
        self.encode().unwrap_or_default()
    }

    fn encode(&self) -> Result<Vec<u8>, png::EncodingError> {
        let side = |dots: usize| u32::try_from(dots).unwrap_or(0);
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, side(self.width), side(self.height));
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: PER_METRE, yppu: PER_METRE, unit: png::Unit::Meter }));
        let pack = |eight: &[u8]| (0..8).fold(0, |byte, bit| byte << 1 | eight.get(bit).map_or(0, |dot| dot >> 7));
        let rows = self.dots.chunks(self.width.max(1));
        let packed: Vec<u8> = rows.flat_map(|row| row.chunks(8).map(pack)).collect();
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&packed)?;
        writer.finish()?;
        Ok(bytes)
    }

    fn line(&mut self, line: &Line, glyphs: &mut Glyphs<'_>) {
        let bottom = line.y + line.height();
        let mut x = line.x;
        for cell in &line.cells {
            self.cell(x, bottom - cell.height(), cell, glyphs);
            x += cell.width();
        }
    }

    fn cell(&mut self, x: usize, y: usize, cell: &Cell, glyphs: &mut Glyphs<'_>) {
        let dots = glyphs.cell(cell.c, cell.wide);
        let row = dots.len() / CELL_HEIGHT;
        for (n, _) in dots.iter().enumerate().filter(|(_, black)| **black) {
            let (across, down) = (n % row, n / row);
            self.block((x, y), (across, down), cell.scale);
            // Bold burns each dot twice, one to the right.
            if cell.bold && across + 1 < row {
                self.block((x, y), (across + 1, down), cell.scale);
            }
        }
    }

    fn code(&mut self, code: &Code) {
        for (n, _) in code.modules.iter().enumerate().filter(|(_, black)| **black) {
            self.block((code.x, code.y), (n % code.row, n / code.row), code.scale);
        }
    }

    /// A dashed line, in the middle of the room that a cut takes.
    fn tear(&mut self, y: usize) {
        let y = y + CUT_HEIGHT / 2;
        for x in (0..self.width).filter(|x| x % (2 * DASH) < DASH) {
            self.block((x, y), (0, 0), (1, 1));
        }
    }

    /// Blackens one module of `scale` dots; what lies outside the paper is lost.
    fn block(&mut self, from: (usize, usize), module: (usize, usize), scale: (usize, usize)) {
        let (left, top) = (from.0 + module.0 * scale.0, from.1 + module.1 * scale.1);
        let right = (left + scale.0).min(self.width);
        for y in top..(top + scale.1).min(self.height) {
            if left < right {
                self.dots[y * self.width + left..y * self.width + right].fill(BLACK);
            }
        }
    }
}
