//! A bar chart as SVG: titled, described, and readable without its colours.

use maud::{Markup, html};

/// Height of the drawing area, in the chart's own units.
const HEIGHT: i64 = 180;
/// Width of a month.
const SLOT: i64 = 56;

/// Bars by month; amounts in fen, shown in yuan.
pub fn bars(title: &str, about: &str, months: &[(String, i64)]) -> Markup {
    let most = months.iter().map(|(_, fen)| *fen).max().unwrap_or(0).max(1);
    let width = SLOT * i64::try_from(months.len()).unwrap_or(12) + 16;
    html! {
        figure.chart {
            svg viewBox=(format!("0 0 {width} {}", HEIGHT + 56)) role="img" aria-labelledby="chart-title chart-about" {
                title id="chart-title" { (title) }
                desc id="chart-about" { (about) }
                line x1="0" y1=(HEIGHT + 24) x2=(width) y2=(HEIGHT + 24) class="axis" {}
                @for (i, (month, fen)) in (0_i64..).zip(months) {
                    @let tall = (fen * HEIGHT / most).max(i64::from(*fen > 0));
                    @let x = 16 + i * SLOT;
                    rect x=(x) y=(HEIGHT + 24 - tall) width="32" height=(tall) rx="3" {}
                    text x=(x + 16) y=(HEIGHT + 16 - tall) class="value" { (short(*fen)) }
                    text x=(x + 16) y=(HEIGHT + 44) { (month) }
                }
            }
            figcaption { (title) }
        }
    }
}

/// Whole yuan, in thousands from ten thousand on.
fn short(fen: i64) -> String {
    let yuan = (fen + 50) / 100;
    match yuan {
        0 => String::new(),
        1..10_000 => yuan.to_string(),
        _ => format!("{}.{}k", yuan / 1000, yuan % 1000 / 100),
    }
}
