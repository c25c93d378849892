//! Characters as the dots of a printer's cells, from an outline font.
#![expect(clippy::float_arithmetic, reason = "outlines are scaled in fractions of a dot; no money is near")]

use std::collections::HashMap;

use ab_glyph::{Font as _, FontRef, Glyph, OutlinedGlyph, PxScale, point};

use crate::font::Font;
use crate::reader::{CELL_HEIGHT, CELL_WIDTH};

/// Dots of an em: a hanzi fills its cell, and lines 28 dots apart do not touch.
const EM: u16 = 24;
/// Dots from the cell's top to the line that letters stand on.
const BASELINE: u8 = 20;
/// How much of a dot must be covered to be black.
const BLACK: u8 = 115;

/// Cells of one font, each drawn once.
pub(crate) struct Glyphs<'a> {
    face: Option<FontRef<'a>>,
    drawn: HashMap<(char, bool), Vec<bool>>,
}

impl<'a> Glyphs<'a> {
    pub(crate) fn new(font: &'a Font) -> Self {
        let face = FontRef::try_from_slice_and_index(&font.bytes, font.index).ok();
        Self { face, drawn: HashMap::new() }
    }

    /// A character's dots row by row: 24 rows of 12, or of 24 for a wide one. One that the font
    /// does not have is an empty box.
    pub(crate) fn cell(&mut self, c: char, wide: bool) -> &[bool] {
        let face = self.face.as_ref();
        self.drawn.entry((c, wide)).or_insert_with(|| {
            let width = if wide { 2 * CELL_WIDTH } else { CELL_WIDTH };
            match face {
                Some(face) if c.is_whitespace() || face.glyph_id(c).0 != 0 => draw(face, c, width),
                _ => hollow(width),
            }
        })
    }
}

fn draw(face: &FontRef<'_>, c: char, width: usize) -> Vec<bool> {
    let mut dots = vec![false; width * CELL_HEIGHT];
    let Some(outline) = outline(face, c, width) else {
        return if c.is_whitespace() { dots } else { hollow(width) };
    };
    let bounds = outline.px_bounds();
    let (left, top) = (whole(bounds.min.x), whole(bounds.min.y));
    // A stroke that reaches past the cell is moved in; what is larger than the cell is cut off.
    let (left, top) = (fit(left, whole(bounds.max.x), width), fit(top, whole(bounds.max.y), CELL_HEIGHT));
    outline.draw(|x, y, coverage| {
        let place = |at: i32, by: u32| usize::try_from(i64::from(at) + i64::from(by)).ok();
        if let (Some(x), Some(y)) = (place(left, x), place(top, y))
            && x < width
            && y < CELL_HEIGHT
            && coverage * 255.0 >= f32::from(BLACK)
        {
            dots[y * width + x] = true;
        }
    });
    dots
}

/// The character's outline, in the middle of its cell and no wider than it.
fn outline(face: &FontRef<'_>, c: char, width: usize) -> Option<OutlinedGlyph> {
    let units = face.units_per_em().filter(|units| *units > 0.0)?;
    let scale = f32::from(EM) * face.height_unscaled() / units;
    let cell = f32::from(u16::try_from(width).ok()?);
    let id = face.glyph_id(c);
    let advance = face.h_advance_unscaled(id) * f32::from(EM) / units;
    // Letters are made narrower until they fit a half-width cell.
    let squeeze = if advance > cell { cell / advance } else { 1.0 };
    let x = (cell - advance * squeeze) / 2.0;
    face.outline_glyph(Glyph {
        id,
        scale: PxScale { x: scale * squeeze, y: scale },
        position: point(x, BASELINE.into()),
    })
}

/// Where something from `from` to `to` starts so that it lies within a length.
fn fit(from: i32, to: i32, length: usize) -> i32 {
    let over = to - i32::try_from(length).unwrap_or(i32::MAX);
    if over > 0 { (from - over).max(0) } else { from.max(0) }
}

#[expect(clippy::cast_possible_truncation, reason = "bounds are whole and near the cell")]
fn whole(dots: impl Into<f64>) -> i32 {
    dots.into() as i32
}

fn hollow(width: usize) -> Vec<bool> {
    let (right, bottom) = (width - 2, CELL_HEIGHT - 4);
    let is_edge = |x: usize, y: usize| {
        (1..=right).contains(&x) && (3..=bottom).contains(&y) && (x == 1 || x == right || y == 3 || y == bottom)
    };
    (0..width * CELL_HEIGHT).map(|n| is_edge(n % width, n / width)).collect()
}
