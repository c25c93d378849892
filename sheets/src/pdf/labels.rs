//! Shelf labels: a grid of them on A4, to print on label paper or to cut.

use domain::bars::{Bars, code128, ean13};
use domain::money::Money;

use super::canvas::{Canvas, Side, Style, mm10};
use super::ink::Ink;
use super::wrap::{cut, wrap};
use super::{Made, Paper, file};
use crate::font::Font;
use crate::sheet::grouped;

/// What one label says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Label {
    /// The product.
    pub name: String,
    /// Such as 5kg; may be empty.
    pub spec: String,
    /// Such as 袋; may be empty.
    pub unit: String,
    /// Captions (零售价, 惠民价, 凭核验) and amounts; the first three are printed.
    pub prices: Vec<(String, Money)>,
    /// The condition of a price, below the prices, in at most two lines; may be empty.
    pub note: String,
    /// A GTIN or a PLU, drawn as bars where they fit, and in figures; may be empty.
    pub code: String,
}

/// The paper's grid, in tenths of a millimetre.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Labels {
    /// Beside one another.
    pub columns: usize,
    /// Below one another.
    pub rows: usize,
    /// Of one label.
    pub width: u16,
    /// Of one label.
    pub height: u16,
    /// From the paper's edge to the first label.
    pub left: u16,
    /// From the paper's edge to the first label.
    pub top: u16,
    /// Between two labels beside one another.
    pub gap_x: u16,
    /// Between two labels below one another.
    pub gap_y: u16,
    /// Places of the first sheet that were used before.
    pub used: usize,
    /// Whether a thin line shows where to cut.
    pub frames: bool,
}

impl Labels {
    /// 24 labels of 70 × 36 mm, as label paper has them.
    pub const A4_3X8: Self = Self {
        columns: 3,
        rows: 8,
        width: 700,
        height: 360,
        left: 0,
        top: 45,
        gap_x: 0,
        gap_y: 0,
        used: 0,
        frames: false,
    };

    /// The labels as a file.
    ///
    /// # Errors
    /// Where the font cannot be used, or the grid does not fit on A4.
    pub fn to_pdf(&self, labels: &[Label], font: &Font) -> Result<Made, String> {
        let (wide, tall) = Paper::Portrait.size();
        let mut canvas = Canvas::new(Ink::new(font)?, wide, tall);
        let all = self.columns * self.rows;
        let end = |count: usize, one: u16, gap: u16, start: u16| {
            let count = i32::try_from(count).unwrap_or(i32::from(u16::MAX)).min(1000);
            mm10(i32::from(start) + count * i32::from(one) + (count - 1) * i32::from(gap))
        };
        let right = end(self.columns, self.width, self.gap_x, self.left);
        let bottom = end(self.rows, self.height, self.gap_y, self.top);
        if all == 0 || self.width < 300 || self.height < 200 || right > wide + 10 || bottom > tall + 10 {
            return Err("标签排不进 A4 纸，请改小标签或行列数。 \
                 The labels do not fit on A4: make them smaller or fewer (at least 30 × 20 mm each)"
                .into());
        }
        canvas.page();
        for (place, label) in (self.used % all..).zip(labels) {
            if place > self.used % all && place.is_multiple_of(all) {
                canvas.page();
            }
            let at = |index: usize, one: u16, gap: u16, start: u16| {
                let index = i32::try_from(index).unwrap_or(0);
                mm10(i32::from(start) + index * (i32::from(one) + i32::from(gap)))
            };
            let x = at(place % self.columns, self.width, self.gap_x, self.left);
            let y = at(place % all / self.columns, self.height, self.gap_y, self.top);
            let area = (x, y, mm10(self.width.into()), mm10(self.height.into()));
            if self.frames {
                canvas.frame(area, 6, 150);
            }
            draw(&mut canvas, area, label);
        }
        file(canvas, "")
    }
}

const SMALL: Style = Style::of(150);
const DIGITS: Style = Style::of(130);
const NOTE: Style = Style::of(130);

fn draw(canvas: &mut Canvas<'_>, (x, y, width, height): (i32, i32, i32, i32), label: &Label) {
    let pad = mm10(30);
    let (x, width) = (x + pad, width - 2 * pad);
    let (mut top, bottom) = (y + mm10(18), y + height - mm10(18));
    // One line if it fits, else two smaller ones.
    let large = Style::of(230).bold();
    let (style, most) =
        if canvas.ink.width(&label.name, large.size) <= width { (large, 1) } else { (Style::of(180).bold(), 2) };
    let lines = wrap(&canvas.ink, &label.name, style.size, width);
    for line in cut(&canvas.ink, lines, most, style.size, width) {
        canvas.text((x, top, width), Side::Left, &line, style);
        top += style.line();
    }
    let foot = code(canvas, (x, top, width, bottom), label);
    let lines = wrap(&canvas.ink, &label.note, NOTE.size, width);
    let lines = cut(&canvas.ink, lines, 2, NOTE.size, width);
    let lines: Vec<&String> = lines.iter().filter(|line| !line.is_empty()).collect();
    let end = foot - i32::try_from(lines.len()).unwrap_or(0) * NOTE.line();
    for (line, text) in (0..).zip(&lines) {
        canvas.text((x, end + line * NOTE.line(), width), Side::Left, text, NOTE);
    }
    prices(canvas, (x, top, width, end - top), label);
}

/// Bars and figures at the label's foot, specification and unit beside them; where that begins.
fn code(canvas: &mut Canvas<'_>, (x, top, width, bottom): (i32, i32, i32, i32), label: &Label) -> i32 {
    let spec = match (label.spec.as_str(), label.unit.as_str()) {
        ("", "") => String::new(),
        ("", unit) => format!("单位：{unit}"),
        (spec, "") => spec.into(),
        (spec, unit) => format!("{spec} / {unit}"),
    };
    let figures = bottom - DIGITS.line();
    let drawn = bars(&label.code).and_then(|bars| module(&bars, width).map(|module| (bars, module)));
    let Some((bars, module)) = drawn else {
        canvas.text((x, figures, width), Side::Left, &label.code, DIGITS);
        canvas.text((x, figures, width), Side::Right, &spec, SMALL);
        return figures - 20;
    };
    let tall = ((bottom - top) / 4).clamp(mm10(35), mm10(90));
    let start = figures - tall;
    let mut at = x + QUIET * module;
    for run in bars.modules.chunk_by(|a, b| a == b) {
        let wide = i32::try_from(run.len()).unwrap_or(0) * module;
        if run.first() == Some(&true) {
            canvas.fill((at, start, wide, tall), 0);
        }
        at += wide;
    }
    let whole = at - x + QUIET * module;
    canvas.text((x, figures, whole), Side::Middle, &label.code, DIGITS);
    let room = width - whole;
    let style = if room < canvas.ink.width(&spec, SMALL.size) { DIGITS } else { SMALL };
    let lines = cut(&canvas.ink, wrap(&canvas.ink, &spec, style.size, room), 2, style.size, room);
    let count = i32::try_from(lines.len()).unwrap_or(1);
    for (line, text) in (0..).zip(&lines) {
        canvas.text((x + whole, bottom - (count - line) * style.line(), room), Side::Right, text, style);
    }
    start - 30
}

/// Light modules before and behind the bars.
const QUIET: i32 = 9;

/// EAN-13 for what a tin carries, Code 128 for a shop's own number.
fn bars(code: &str) -> Option<Bars> {
    let figures = code.bytes().all(|b| b.is_ascii_digit());
    match code.len() {
        // UPC-A is an EAN-13 that begins with 0.
        12 if figures => ean13(format!("0{code}").as_bytes()),
        13 if figures => ean13(code.as_bytes()),
        1..=20 => code128(format!("{{B{code}").as_bytes()),
        _ => None,
    }
}

/// Width of a bar: 0.25 to 0.33 mm, so that any scanner reads it; none where the label is too narrow.
fn module(bars: &Bars, width: i32) -> Option<i32> {
    let modules = i32::try_from(bars.modules.len()).ok()? + 2 * QUIET;
    Some((width / modules).min(19)).filter(|module| *module >= 14)
}

/// Beside one another, as large as they can stand.
fn prices(canvas: &mut Canvas<'_>, (x, top, width, height): (i32, i32, i32, i32), label: &Label) {
    let prices = label.prices.get(..3).unwrap_or(&label.prices);
    let Ok(count) = i32::try_from(prices.len().max(1)) else { return };
    let each = width / count;
    let room = each - if count > 1 { 160 } else { 0 };
    let tallest = ((height - SMALL.line()) * 5 / 7).clamp(160, 640);
    let texts: Vec<String> = prices.iter().map(|(_, amount)| format!("¥{}", grouped(&amount.to_string()))).collect();
    // One size for all of them.
    let widest = texts.iter().map(|text| canvas.ink.width(text, 1000)).max().unwrap_or(1).max(1);
    let size = (room * 1000 / widest).clamp(120, tallest);
    for ((place, (caption, _)), text) in (0..).zip(prices).zip(&texts) {
        let x = x + place * each;
        canvas.text((x, top, room), Side::Left, caption, SMALL);
        let style = Style::of(size).bold();
        let left = height - SMALL.line() - style.line();
        canvas.text((x, top + SMALL.line() + left.max(0) / 2, room), Side::Left, text, style);
    }
}
