//! A bar chart as SVG: titled, described, and readable without its colours.

use maud::{Markup, html};

/// Height of the drawing area, in the chart's own units.
const HEIGHT: i64 = 200;
/// Room above it, for the figure of the tallest bar.
const ABOVE: i64 = 28;
/// Room to the left, for the figures of the lines.
const LEFT: i64 = 56;
/// Width of all bars together; few of them stand no wider apart than months of a year.
const ALL: i64 = 936;
const SLOT: i64 = 78;

/// One bar: its name, and its parts from below, in fen.
pub struct Bar {
    /// Beneath it.
    pub name: String,
    /// Parts.
    pub parts: [i64; 3],
}

impl Bar {
    fn sum(&self) -> i64 {
        self.parts.iter().sum()
    }
}

/// Bars in yuan; `id` tells a page's charts apart.
pub fn bars(id: &str, title: &str, about: &str, series: &[&str; 3], bars: &[Bar]) -> Markup {
    let top = round_up(bars.iter().map(Bar::sum).max().unwrap_or(0).max(10_000));
    let count = i64::try_from(bars.len()).unwrap_or(12).max(1);
    let slot = (ALL / count).min(SLOT);
    let width = LEFT + (slot * count).max(SLOT * 6);
    let y = |fen: i64| ABOVE + HEIGHT - fen.max(0) * HEIGHT / top;
    html! {
        figure.chart {
            figcaption { strong { (title) } @for (i, name) in series.iter().enumerate() { span.key { span class=(format!("swatch part{i}")) {} (name) } } }
            svg viewBox=(format!("0 0 {width} {}", ABOVE + HEIGHT + 28)) role="img" aria-labelledby=(format!("{id}-title {id}-about")) {
                title id=(format!("{id}-title")) { (title) }
                desc id=(format!("{id}-about")) { (about) }
                @for step in 0..=4 {
                    @let fen = top * step / 4;
                    line x1=(LEFT) y1=(y(fen)) x2=(width) y2=(y(fen)) class="axis" {}
                    text x=(LEFT - 8) y=(y(fen) + 4) class="scale" { (short(fen)) }
                }
                @for (i, bar) in (0_i64..).zip(bars) { (one(bar, (LEFT + i * slot + slot / 4, slot / 2), &y)) }
            }
        }
    }
}

/// One bar from `x`, so wide. Narrow ones leave their figure to the table and to the title under the pointer.
fn one(bar: &Bar, (x, wide): (i64, i64), y: &dyn Fn(i64) -> i64) -> Markup {
    let mut below = 0;
    let parts: Vec<(usize, i64, i64)> = bar
        .parts
        .iter()
        .enumerate()
        .map(|(i, part)| {
            let from = y(below);
            below += part;
            (i, y(below), from)
        })
        .collect();
    html! {
        g.month {
            title { (bar.name) " " (super::words::yuan(bar.sum())) }
            @for (i, upper, lower) in parts { @if lower > upper { rect x=(x) y=(upper) width=(wide) height=(lower - upper) class=(format!("part{i}")) {} } }
            @if bar.sum() > 0 && wide >= SLOT / 2 { text x=(x + wide / 2) y=(y(bar.sum()) - 8) class="value" { (short(bar.sum())) } }
            text x=(x + wide / 2) y=(ABOVE + HEIGHT + 20) { (short_name(&bar.name)) }
        }
    }
}

/// The next of 1, 2, 4 or 8 times a power of ten: its quarters are round, too.
fn round_up(fen: i64) -> i64 {
    let mut power = 1;
    while power * 10 <= fen {
        power *= 10;
    }
    [1, 2, 4, 8, 10].into_iter().map(|times| times * power).find(|round| *round >= fen).unwrap_or(fen)
}

/// A name that fits beneath a bar.
fn short_name(name: &str) -> String {
    let long = name.chars().count() > 6 && !name.is_ascii() || name.len() > 10;
    if long { name.chars().take(5).chain(['…']).collect() } else { name.to_owned() }
}

/// Whole yuan, with commas.
fn short(fen: i64) -> String {
    let text = super::words::yuan((fen + 50) / 100 * 100);
    text.trim_end_matches(".00").trim_start_matches('¥').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{round_up, short};

    #[test]
    fn scales_end_at_round_figures() {
        for (fen, top) in [(10_000, 10_000), (10_001, 20_000), (801_600, 1_000_000), (399_999, 400_000)] {
            assert_eq!(round_up(fen), top, "{fen}");
        }
        assert_eq!(short(1_234_550), "12,346");
        assert_eq!(short(0), "0");
    }
}
